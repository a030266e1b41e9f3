"""What text and Markdown say of a failure in the same words: how far it came, causes, statuses, first errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.causes import Confidence
from sm_pipeline_widgets.execution.jobfacts import Stage
from sm_pipeline_widgets.view.picture import duration

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.causes import Cause
    from sm_pipeline_widgets.execution.failure import RootFailure
    from sm_pipeline_widgets.execution.first_errors import HostError

_SURE = {Confidence.CERTAIN: "", Confidence.LIKELY: "Likely: ", Confidence.POSSIBLE: "Perhaps: "}


def how_far(root: RootFailure) -> str:
    """How far the step came, where that is not evident from its log; and on which host it failed."""
    told = "" if root.stage in (Stage.PROGRAM, Stage.UNKNOWN) else f"How far it came: {root.stage}."
    host = f"On {root.host}, the first of its hosts to fail." if root.host else ""
    return " ".join(part for part in (told, host) if part)


def cause_title(cause: Cause) -> str:
    """A cause's title, with how sure it is."""
    return f"{_SURE[cause.confidence]}{cause.title}"


def cause_evidence(cause: Cause) -> str:
    """By what a cause was recognised: ``seen in the log: …``; empty for one that is evident."""
    return f"seen in {cause.seen}: {cause.evidence}" if cause.seen is not None and cause.evidence else ""


def statuses(root: RootFailure) -> list[str]:
    """The job's statuses, one a line: ``0:12  Downloading  Downloading input data``."""
    lines = []
    for moment in root.history:
        time = duration(moment.seconds) if moment.seconds is not None else ""
        lines.append("  ".join(part for part in (time.rjust(7), moment.status, moment.message) if part).rstrip())
    return lines


def error_title(error: HostError) -> str:
    """Where a host's log first speaks of an error."""
    lines = f", after {error.before:,} line{'s' if error.before != 1 else ''}" if error.before else ""
    return f"The first error of {error.stream}{lines}:"
