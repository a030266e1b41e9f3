"""A pipeline's runs: read page by page, as far as somebody looks, and filtered by state and parameters."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.errors import is_not_there
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, UsageError
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.view.runs_table import RunRow, runs_html, runs_text
from sm_pipeline_widgets.view.words import EXECUTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.pipelines import ExecutionSummary
    from sm_pipeline_widgets.aws.target import Target

SHOWN = 20
MOST_LOOKED_AT = 1000
_AT_ONCE = 4
"""Requests for parameters at a time; each run's parameters are a request of their own."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of a pipeline. ``parameters`` is None where they could not be read."""

    arn: str
    status: str
    started: datetime | None
    display_name: str
    reason: str
    parameters: Mapping[str, str] | None
    target: Target

    def attach(self) -> Execution:
        """The execution itself, to watch, read or explain."""
        return Execution.attach(self.arn, self.target)


class History:
    """The runs of one pipeline, newest first. Iterating reads on; what was read is kept.

    A notebook shows the first twenty as a table.
    """

    def __init__(self, runs: Iterator[PastRun], title: str) -> None:
        self._runs = runs
        self._read: list[PastRun] = []
        self._title = title
        self.shown = SHOWN

    def __iter__(self) -> Iterator[PastRun]:
        for at in itertools.count():
            if at >= len(self._read):
                following = next(self._runs, None)
                if following is None:
                    return
                self._read.append(following)
            yield self._read[at]

    def first(self, count: int) -> tuple[PastRun, ...]:
        """The newest `count` of them."""
        return tuple(itertools.islice(self, count))

    def __str__(self) -> str:
        rows = self._rows()
        return f"{self._title}\n{runs_text(rows, datetime.now(UTC))}" if rows else f"{self._title}: none."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = self._rows()
        bundle = {"text/plain": str(self)}
        return {**bundle, "text/html": runs_html(rows, datetime.now(UTC))} if rows else bundle

    def _rows(self) -> list[RunRow]:
        found = self.first(self.shown)
        return [RunRow(one.arn, one.status, one.started, one.display_name, one.parameters) for one in found]


def executions(
    pipeline: Pipeline | str,
    target: Target | None = None,
    *,
    status: str | None = None,
    where: Mapping[str, object] | None = None,
    parameters: bool = True,
    look_at: int = MOST_LOOKED_AT,
) -> History:
    """The runs of a pipeline, newest first.

    Parameters
    ----------
    pipeline
        A pipeline, its name or its ARN.
    target
        The engine on this machine when None.
    status
        Only runs of this state: ``succeeded``, ``failed``, ``running``, or as the API spells it.
    where
        Only runs with these values of parameters; ``0.2`` finds ``0.20`` too.
    parameters
        Read each run's parameters (one request each).
    look_at
        The most runs to look at. With `where`, each costs a request.

    Raises
    ------
    UsageError
        There is no such pipeline at the target, or no such state.
    """
    target = target or connect("local")
    name = pipeline if isinstance(pipeline, str) else pipeline.name
    wanted = _status(status) if status else None
    found = _summaries(target, name, min(look_at, pipelines.PAGE) if where or wanted else SHOWN)
    picked = (one for one in itertools.islice(found, look_at) if wanted is None or one.status == wanted)
    runs = _with_parameters(target, picked) if parameters or where else (_run(target, one, None) for one in picked)
    kept = (one for one in runs if _fits(one, where or {}))
    told = [f"status {status}"] if status else []
    told += [f"{key}={value}" for key, value in (where or {}).items()]
    extra = f" with {', '.join(told)} (of the newest {look_at})" if told else ""
    return History(kept, f"Runs of `{name}` at {target.words}{extra}")


def _summaries(target: Target, name: str, page: int) -> Iterator[ExecutionSummary]:
    """The runs, once the first page has shown that there is such a pipeline."""
    found = pipelines.iter_executions(target, name, page)
    try:
        first = next(found, None)
    except ServiceError as error:
        if not is_not_there(error):
            raise
        fix = "`%pipeline list` shows the pipelines that are there."
        raise UsageError(f"Target `{target.name}` has no pipeline `{name}`.", fix) from None
    return itertools.chain([first], found) if first is not None else iter(())


def _with_parameters(target: Target, found: Iterator[ExecutionSummary]) -> Iterator[PastRun]:
    def read(one: ExecutionSummary) -> PastRun:
        try:
            return _run(target, one, pipelines.parameters(target, one.arn))
        except (PipelineWidgetsError, NotImplementedError):  # the row says that they are not known
            return _run(target, one, None)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while chunk := tuple(itertools.islice(found, _AT_ONCE)):
            yield from pool.map(read, chunk)


def _run(target: Target, one: ExecutionSummary, parameters: Mapping[str, str] | None) -> PastRun:
    return PastRun(one.arn, one.status, one.started, one.display_name, one.reason, parameters, target)


def _fits(run: PastRun, where: Mapping[str, object]) -> bool:
    return all(run.parameters is not None and _same(run.parameters.get(name), str(at)) for name, at in where.items())


def _same(value: str | None, wanted: str) -> bool:
    if value is None:
        return False
    if value.lower() == wanted.lower() and value.lower() in {"true", "false"}:
        return True
    try:
        return value == wanted or float(value) == float(wanted)
    except ValueError:
        return False


def _status(word: str) -> str:
    """A state by our word or the API's."""
    known = {words: status.value for status, words in EXECUTION_WORDS.items()}
    known |= {status.value.lower(): status.value for status in ExecutionStatus}
    key = word.strip().lower()
    if key not in known:
        raise UsageError(f"No run has the status `{word}`.", did_you_mean(key, known, f"There are {listed(known)}."))
    return known[key]
