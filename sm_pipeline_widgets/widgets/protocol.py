"""Every value and message that crosses between kernel and page for the execution view, and how each is made.

The twin of ``labextension/src/protocol.ts``: the same names, in the same order (of failures:
``failure_messages``). Knows the package's values and JSON's
types; knows nothing of comms and widgets. Names that come from outside travel as values in lists, never as keys.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from sm_pipeline_widgets.execution.log_notes import log_note
from sm_pipeline_widgets.view.machine import millis
from sm_pipeline_widgets.view.redact import redacted, without_keys
from sm_pipeline_widgets.widgets.log_messages import LogRequest, LogRow, read_log_request
from sm_pipeline_widgets.widgets.run_messages import RunRequest, read_run_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.errors import Problem
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.metrics import Series
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState
    from sm_pipeline_widgets.execution.timeline import Bar
    from sm_pipeline_widgets.view.picture import Node, Picture

MAX_LINE = 16_384
"""Characters of a log line that are sent; the page shows fewer and says how many more there are."""

Pair = tuple[str, str]


class StepFact(TypedDict):
    """What is known of a step before anything runs; ``id`` is its node on the canvas.

    ``status`` is ``waiting``, or in a comparison what became of the step.
    """

    name: str
    id: str | None
    type: str
    status: str


class StepRow(TypedDict):
    """Where one step stands; times are milliseconds since the epoch.

    ``ready`` is when the last step it waits for had ended; ``activity`` is what its job does now, in words;
    ``log_note`` says why its log shows no lines, where the page does not know by itself.
    """

    name: str
    type: str
    status: str
    started: int | None
    ended: int | None
    reason: str
    attempts: int
    because: list[str]
    cached_from: str | None
    job_arn: str | None
    ready: int | None
    is_critical: bool
    activity: str
    log_note: str


OUTPUT_MIME = "application/vnd.sm-pipeline-widgets.view+json"
"""The MIME type of a view in a notebook's output; ``liveOutput.ts`` renders it."""


class LiveOutput(TypedDict):
    """What stands under :data:`OUTPUT_MIME`: the widget to show where its kernel still knows it."""

    model_id: str


class RunFact(TypedDict):
    """Where the execution stands; ``status`` is the API's word, '' when nothing was ever run."""

    status: str
    started: int | None
    ended: int | None
    reason: str
    display_name: str
    arn: str
    now: int
    health: str


class RunState(TypedDict):
    """The whole state, as a page that comes late is given it."""

    run: RunFact
    steps: list[StepRow]


class ProblemFact(TypedDict):
    """One problem of the text."""

    code: str
    severity: str
    message: str
    fix: str
    step: str | None
    line: int | None
    column: int | None


class StepDetails(TypedDict):
    """What the definition says of one step."""

    step: str
    pairs: list[Pair]


class ActionFact(TypedDict):
    """A button; ``reason`` says why it cannot be pressed now."""

    name: str
    label: str
    confirm: bool
    reason: str


class MetricFact(TypedDict):
    """A metric of a step: milliseconds since the epoch and values, in the order of time."""

    step: str
    name: str
    points: list[tuple[int, float]]


# kernel → page


class StateMessage(TypedDict):
    """What one poll changed."""

    kind: Literal["state"]
    run: RunFact
    steps: list[StepRow]


class MetricsMessage(TypedDict):
    """The metrics that changed, each whole."""

    kind: Literal["metrics"]
    metrics: list[MetricFact]


class NewsMessage(TypedDict):
    """Everything that one poll changed, in one message: first the parts in their order, then synced values."""

    kind: Literal["news"]
    parts: list[Any]
    synced: dict[str, Any]


class ActionDoneMessage(TypedDict):
    """A button's action has returned, or failed with `error`."""

    kind: Literal["action_done"]
    name: str
    error: str


# page → kernel


class ActionMessage(TypedDict):
    """A button was pressed."""

    kind: Literal["action"]
    name: str


class SightMessage(TypedDict):
    """Whether a person has a view before their eyes; said again from time to time while it is so."""

    kind: Literal["sight"]
    view: str
    is_seen: bool


class PaceMessage(TypedDict):
    """The fewest seconds between two questions that whoever looks wants to be asked; 0: as is found right."""

    kind: Literal["pace"]
    seconds: float


PageMessage = LogRequest | RunRequest | ActionMessage | SightMessage | PaceMessage
SLOWEST_PACE = 3600.0


def read_page_message(content: Any) -> PageMessage | None:
    """The message if it is one of ours and well formed, else None: a page is not trusted to speak correctly."""
    match content:
        case {"kind": "action", "name": str()}:
            return cast(ActionMessage, content)
        case {"kind": "sight", "view": str(), "is_seen": bool()}:
            return cast(SightMessage, content)
        case {"kind": "pace", "seconds": int() | float() as seconds} if 0 <= seconds <= SLOWEST_PACE:
            return cast(PaceMessage, content)
    return read_log_request(content) or read_run_request(content)


def wire_text(text: str, limit: int | None = None) -> str:
    """Text that any JSON encoder accepts: lone surrogates become escapes, and what is past `limit` is left out."""
    kept = text if limit is None or len(text) <= limit else text[:limit]
    return kept if kept.isascii() else kept.encode("utf-8", "backslashreplace").decode("utf-8")


def step_facts(picture: Picture) -> list[StepFact]:
    """The picture's nodes as rows of the table, in the definition's order."""
    return [_step_fact(node, "waiting") for node in picture.nodes]


def compared_facts(picture: Picture, changes: Mapping[str, str]) -> list[StepFact]:
    """The picture's nodes as rows of the table, with what became of each step."""
    return [_step_fact(node, changes.get(node.name, "unchanged")) for node in picture.nodes]


def _step_fact(node: Node, status: str) -> StepFact:
    return StepFact(name=wire_text(node.name), id=node.id, type=wire_text(node.type), status=status)


def step_row(step: StepState, bar: Bar | None = None, activity: str = "") -> StepRow:
    """One step's state, its place in the run's time, and what its job does now."""
    return StepRow(
        name=wire_text(step.name),
        type=wire_text(step.type),
        status=step.status.value,
        started=millis(step.started),
        ended=millis(step.ended),
        reason=wire_text(step.reason, MAX_LINE),
        attempts=step.attempts,
        because=[wire_text(name) for name in step.because],
        cached_from=step.cached_from,
        job_arn=step.job_arn,
        ready=None if bar is None else millis(bar.ready),
        is_critical=bar is not None and bar.is_critical,
        activity=wire_text(activity, MAX_LINE),
        log_note=wire_text(log_note(step, has_lines=False), MAX_LINE) if step.started is not None else "",
    )


def run_fact(state: ExecutionState, now: datetime, health: str) -> RunFact:
    """The execution's own state."""
    return RunFact(
        status=state.status.value,
        started=millis(state.started),
        ended=millis(state.ended),
        reason=wire_text(state.reason, MAX_LINE),
        display_name=wire_text(state.display_name),
        arn=state.arn,
        now=int(now.timestamp() * 1000),
        health=wire_text(health, MAX_LINE),
    )


def problem_fact(problem: Problem) -> ProblemFact:
    """One problem, its place included."""
    return ProblemFact(
        code=problem.code,
        severity=problem.severity.value,
        message=wire_text(problem.message, MAX_LINE),
        fix=wire_text(problem.fix, MAX_LINE),
        step=None if problem.step is None else wire_text(problem.step),
        line=problem.line,
        column=problem.column,
    )


def pairs(values: Iterable[tuple[str, str]]) -> list[Pair]:
    """Names and values, secrets hidden."""
    return [(wire_text(name), wire_text(redacted(name, value), MAX_LINE)) for name, value in values]


def details_facts(details: Mapping[str, Sequence[tuple[str, str]]]) -> list[StepDetails]:
    """What the definition says of each step."""
    return [StepDetails(step=wire_text(step), pairs=pairs(values)) for step, values in details.items()]


def log_rows(lines: Iterable[LogLine]) -> list[LogRow]:
    """Log lines as rows."""
    return [(line.time, wire_text(line.stream), wire_text(without_keys(line.text), MAX_LINE)) for line in lines]


def metric_fact(series: Series) -> MetricFact:
    """One metric; what no number of JSON can say is left out."""
    points = [(point.time, point.value) for point in series.points if math.isfinite(point.value)]
    return MetricFact(step=wire_text(series.step), name=wire_text(series.name, 300), points=points)
