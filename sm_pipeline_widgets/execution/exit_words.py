"""What an exit code says in words, given what is known of the job it ended.

The same code means different things: 137 after a stop is the end of the two minutes' grace, at the time limit it is the
limit, otherwise most often memory.

>>> exit_words(137, ExitFacts(machine="ml.m5.large"))
'it was killed, most often because memory ran out (it ran on ml.m5.large)'
>>> exit_words(143, ExitFacts(is_stopped=True))
'it ended when the step was stopped'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.jobfacts import TIMED_OUT, machine_of, seconds_allowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.execution.state import StepState

KILLED, ENDED = 137, 143
_NEARLY = 0.99
"""Share of the allowed time after which an end counts as the limit's: clocks of job and container differ a little."""


@dataclass(frozen=True, slots=True)
class ExitFacts:
    """What bears on an exit code: the machine, seconds run and allowed, and whether the step was stopped."""

    machine: str = ""
    ran: float | None = None
    allowed: float | None = None
    is_stopped: bool = False
    is_over_time: bool = False

    @property
    def is_ended_from_outside(self) -> bool:
        """Whether the program did not end by itself."""
        at_limit = self.ran is not None and self.allowed is not None and self.ran >= self.allowed * _NEARLY
        return self.is_stopped or self.is_over_time or at_limit


def exit_facts(step: StepState, job: Mapping[str, Any]) -> ExitFacts:
    """The facts of a step and its job's description."""
    status = next((str(value) for name, value in job.items() if name.endswith("JobStatus")), "")
    ran = (step.ended - step.started).total_seconds() if step.started and step.ended else None
    is_over_time = job.get("SecondaryStatus") in TIMED_OUT
    return ExitFacts(
        machine=machine_of(job),
        ran=ran,
        allowed=seconds_allowed(job),
        is_stopped=status in {"Stopped", "Stopping"} and not is_over_time,
        is_over_time=is_over_time,
    )


def exit_words(code: int, facts: ExitFacts) -> str:
    """What an exit code says, in words."""
    if code in (KILLED, ENDED) and facts.is_ended_from_outside:
        return _ended_from_outside(code, facts)
    meaning = service_words.exit_meaning(code)
    if code == KILLED and facts.machine:
        return f"{meaning} (it ran on {facts.machine})"
    return meaning


def _ended_from_outside(code: int, facts: ExitFacts) -> str:
    how = "was killed" if code == KILLED else "ended"
    late = ", since it had not ended by itself within its grace time" if code == KILLED else ""
    if facts.is_stopped:
        return f"it {how} when the step was stopped{late}"
    allowed = f" of {facts.allowed:.0f} s" if facts.allowed is not None else ""
    return f"it {how} when its time limit{allowed} was over{late}"
