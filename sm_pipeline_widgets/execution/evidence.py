"""The texts of one failure by which a known cause may be recognised, each with where it stood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.causes import Evidence, Seen, is_harmless
from sm_pipeline_widgets.execution.jobfacts import history
from sm_pipeline_widgets.execution.lanes import lanes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sm_pipeline_widgets.execution.death import Death
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import StepState

_LAST_STATUSES = 2
"""What a job went through long before it failed did not end it."""
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception): ")


def evidence(
    step: StepState,
    job: Mapping[str, Any],
    how: Death | None,
    *,
    error: str,
    tail: Sequence[LogLine],
) -> list[Evidence]:
    """Every text there is, the most precise first; `error` is the message the program left to the service."""
    return [
        *_raised(how, error),
        *(Evidence(text, Seen.STATUS) for text in _statuses(job)),
        *(Evidence(text, Seen.REASON) for text in _said(step, job)),
        *_log(how, tail),
    ]


def _raised(how: Death | None, error: str) -> Iterator[Evidence]:
    if how is not None:
        yield from (Evidence(text, Seen.RAISED) for text in _by_place(how))
        yield from (Evidence(text, Seen.RAISED) for text in (how.words, *reversed(how.followed)))
    if error:
        yield Evidence(error, Seen.RAISED)


def _by_place(how: Death) -> Iterator[str]:
    """What an exception means at the place where Python raised it, though its words do not say so."""
    last = how.frames[-1] if how.frames else None
    if last is None:
        return
    if last.function == "_execute_child" and last.file.endswith("subprocess.py"):
        yield how.words.replace("[Errno 2] No such file or directory", "No such program")
    if last.function == "__getitem__" and (last.file == "<frozen os>" or last.file.endswith("/os.py")):
        yield how.words.replace("KeyError: ", "KeyError: environment variable ")


def _said(step: StepState, job: Mapping[str, Any]) -> list[str]:
    """The service's own words, not those that were put together out of the log."""
    return [str(text) for text in (job.get("FailureReason"), job.get("ExitMessage"), step.reason) if text]


def _statuses(job: Mapping[str, Any]) -> Iterator[str]:
    if job.get("SecondaryStatus"):
        yield str(job["SecondaryStatus"])
    for moment in history(job)[-_LAST_STATUSES:]:
        yield f"{moment.status}: {moment.message}"


def _log(how: Death | None, tail: Sequence[LogLine]) -> Iterator[Evidence]:
    """The log's last lines; where no traceback was whole, a line that names an exception counts as one."""
    for lane in lanes(tail):
        for text in lane.texts:
            if text.strip() and not is_harmless(text):
                is_raised = how is None and _RAISED.match(text) is not None
                yield Evidence(text, Seen.RAISED if is_raised else Seen.LOG)
