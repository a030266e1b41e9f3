"""What is known of why a step failed, from every layer that says something: the most precise words first.

A failure passes from the program to its container, to the job, to the step; each says less of it than the one before,
or wraps its words once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.exit_words import exit_words
from sm_pipeline_widgets.execution.jobfacts import TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.execution.death import Death
    from sm_pipeline_widgets.execution.exit_words import ExitFacts
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import StepState

ARGUMENTS_REFUSED = 2


def reasons_of(
    step: StepState,
    job: Mapping[str, Any],
    said: service_words.ServiceWords,
    *,
    how: Death | None,
    facts: ExitFacts,
    tail: Sequence[LogLine],
) -> tuple[str, ...]:
    """What is known of why, the most precise words first, none said twice."""
    fail = step.metadata.get("Fail")
    of_job = str(job.get("FailureReason") or "")
    of_step = "" if of_job and of_job in step.reason else step.reason  # the job's, wrapped once more
    candidates = [
        how.words if how else "",
        str(fail.get("ErrorMessage") or "") if isinstance(fail, dict) else "",
        service_words.raised_in(said.error),
        said.error,
        str(job.get("ExitMessage") or ""),
        _limit_words(job),
        _refusal(said, tail) if how is None else "",
        _exit_words(said, facts, tail) if how is None else "",
        of_job,
        of_step,
    ]
    kept: list[str] = []
    for text in (each.strip() for each in candidates):
        if text and not any(text in other for other in kept):
            kept.append(text)
    return tuple(kept)


def _exit_words(said: service_words.ServiceWords, facts: ExitFacts, tail: Sequence[LogLine]) -> str:
    """What an exit code says; for one that says little, with the last thing the program wrote."""
    code = said.exit_code
    if code is None or not said.says_only_exit:
        return ""
    meaning = exit_words(code, facts)
    last = next((line.text.strip() for line in reversed(tail) if line.text.strip()), "")
    wrote = f'; the last line it wrote was "{last}"' if last and code not in service_words.TELLING else ""
    return f"exit code {code}: {meaning}{wrote}"


def _refusal(said: service_words.ServiceWords, tail: Sequence[LogLine]) -> str:
    """What a parser of arguments said before it ended the program: ``train.py: error: unrecognized arguments: --x``."""
    last = next((line.text.strip() for line in reversed(tail) if line.text.strip()), "")
    return last if said.exit_code == ARGUMENTS_REFUSED and ": error: " in last else ""


def _limit_words(job: Mapping[str, Any]) -> str:
    if job.get("SecondaryStatus") not in TIMED_OUT:
        return ""
    condition = job.get("StoppingCondition")
    seconds = condition.get("MaxRuntimeInSeconds") if isinstance(condition, dict) else None
    allowed = f" ({seconds} s)" if seconds else ""
    waited = job.get("SecondaryStatus") == "MaxWaitTimeExceeded"
    return "it waited too long for a spot machine" if waited else f"it ran longer than it may{allowed} and was stopped"
