"""One step of any finished execution, on this machine: its request, its real inputs, and what one would change of it.

What the step read is copied into the engine's S3 once; where the run was the engine's own it is there already.
"""

from __future__ import annotations

import difflib
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from IPython.display import display, update_display

from sm_pipeline_widgets.api.asking import typed_answer
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.execution import Execution, run
from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws.datasets import Bucket, Dataset, copy_dataset, list_dataset, newer
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.step_code import read_stored, store
from sm_pipeline_widgets.definition.code import parse_code
from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError
from sm_pipeline_widgets.execution.arguments import resolved
from sm_pipeline_widgets.execution.failure import parameter_values
from sm_pipeline_widgets.execution.replay import JobRequest, request_of, sampled, with_code
from sm_pipeline_widgets.execution.submitting import Asks, Question
from sm_pipeline_widgets.view.replay_text import Outcome, outcomes_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mypy_boto3_s3 import S3Client

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.replay import JobInput, Sampled
    from sm_pipeline_widgets.execution.state import StepState

LIMIT = 500 * 1024 * 1024
"""Bytes of inputs from which on somebody is asked before they are copied."""
PREFIX = "sm-pipeline-widgets/replay"
"""Below this prefix of the engine's bucket lie copied inputs, changed programs and results."""
DIFFERENT_LINES = 40
MOST_LINES = 20_000
LONGEST_SECONDS = 86_400.0
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different from the original: nothing, by default.

    Parameters
    ----------
    code
        ``cell:NAME``, or the path of a file or folder, that takes the program's place.
    parameters
        Hyperparameters of a Training step; options of a Processing step's command line, without their dashes.
    environment
        Variables.
    sample
        How much of the data: a number of objects of each input, or a part between 0 and 1; all of it when None.
    """

    code: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    sample: Sampled = None


class Replay:
    """A step that runs again on this machine, and the run it is a repetition of.

    Attributes
    ----------
    execution
        The new run: one step, at the engine of this machine.
    original, step
        The execution and the step that is repeated.
    notes
        What a person should know of it: data that has changed since, a sample that was taken.
    """

    def __init__(self, execution: Execution, original: Execution, step: str, notes: tuple[str, ...]) -> None:
        self.execution = execution
        self.original = original
        self.step = step
        self.notes = notes

    def __repr__(self) -> str:
        return f"Replay({self.step!r} of {self.original.arn!r}: {self.execution!r})"

    def _ipython_display_(self) -> None:
        """Show itself live where IPython shows a value."""
        self.display()

    def display(self, *, compares: bool = True) -> None:
        """Show the new run live, and below it both runs beside each other once it has ended."""
        from sm_pipeline_widgets.api.show import show  # noqa: PLC0415 - showing needs this module

        for note in self.notes:
            print(f"Note: {note}")  # noqa: T201 - beside the view
        show(self.execution)
        if not compares:
            return
        place = uuid.uuid4().hex
        display({"text/plain": f"Beside the original: {self.original.arn}"}, raw=True, display_id=place)
        threading.Thread(target=self._compare_in, args=(place,), daemon=True).start()

    def _compare_in(self, place: str) -> None:
        self.wait(LONGEST_SECONDS)
        with suppress(PipelineWidgetsError):
            if self.execution.status.is_end:
                update_display({"text/plain": self.comparison()}, raw=True, display_id=place)

    def wait(self, timeout: float | None = None) -> Replay:
        """Block until the new run has ended, or `timeout` seconds have passed."""
        self.execution.wait(timeout)
        return self

    def comparison(self) -> str:
        """Outcome, duration, metrics and the differing log lines of both runs, as text."""
        both = [_outcome("original", self.original, self.step), _outcome("replay", self.execution, self.step)]
        return outcomes_text(self.step, both, self.notes, self.log_difference())

    def log_difference(self, most: int = DIFFERENT_LINES) -> tuple[str, ...]:
        """The lines that only one of the two logs has, as a unified difference; at most so many."""
        before, after = (_texts(execution, self.step) for execution in (self.original, self.execution))
        lines = difflib.unified_diff(before, after, "original", "replay", lineterm="", n=1)
        return tuple(islice(lines, most))


def replay(
    execution: Execution,
    step: str,
    changes: Changes | None = None,
    *,
    target: Target | None = None,
    code: CodeBook | None = None,
    limit: int = LIMIT,
    yes: bool = False,
    ask: Callable[[Question], bool] | None = None,
) -> Replay:
    """Run one step of an execution again on this machine, with what it was given.

    Parameters
    ----------
    target
        The engine of this machine when None.
    code
        Knows the cells that `changes.code` may name.
    limit
        Bytes of inputs from which on somebody is asked before they are copied; `yes` says so beforehand.

    Raises
    ------
    UsageError
        The step cannot be replayed: it is no job, its data is gone, a change does not fit; or the answer was no.
    UnansweredError
        Nobody could be asked.
    TargetError, ServiceError
        One of the targets cannot be used, or refuses.
    """
    local = target or connect("local")
    request = original_request(execution, step)
    bucket = Bucket(local.s3, local.ensure_bucket(create=True))
    made = _Replayed(execution, request, changes or Changes(), local, bucket)
    pipeline, notes = made.pipeline(_Limit(limit, ask or typed_answer, yes=yes), code or CodeBook())
    started = run(pipeline, local, display_name=_display_name(f"replay of {step}"))
    return Replay(started, execution, step, notes)


def original_request(execution: Execution, step: str) -> JobRequest:
    """What a step asked the service for.

    Raises
    ------
    UsageError
        There is no such step, it has not run, or it is none that can be replayed.
    """
    state = execution.step(step)
    job = TargetSource(execution.target).describe_job(state.metadata) if state.metadata else {}
    return request_of(step, state.type, job, {} if job else _arguments(execution, step))


def _arguments(execution: Execution, step: str) -> Mapping[str, Any]:
    """The step's arguments of the definition, with the run's parameters filled in."""
    state = execution.state
    placed = next((at for at in iter_steps(state.definition) if at.name == step), None)
    found = resolved(own_part(placed.step).get("Arguments"), parameter_values(state)) if placed is not None else None
    return found if isinstance(found, dict) else {}


def replay_name(pipeline: str, step: str) -> str:
    """What the pipeline of a replay is called: the same for the same step, so that its runs stand together."""
    text = "".join(at if at.isalnum() and at.isascii() else "-" for at in f"replay-{pipeline}-{step}")
    return text[:200].strip("-")


@dataclass(frozen=True, slots=True)
class _Limit:
    size: int
    ask: Callable[[Question], bool]
    yes: bool

    def check(self, datasets: Sequence[Dataset]) -> None:
        """Ask before much is copied."""
        size = sum(one.size for one in datasets)
        if size <= self.size or self.yes:
            return
        places = "\n".join(f"{one.size / _MB:,.0f} MB in {len(one.objects):,} objects: {one.uri}" for one in datasets)
        title = f"Copy {size / _MB:,.0f} MB of inputs to this machine? (A sample is less: `--sample 0.1`.)"
        if not self.ask(Question(Asks.DATA, title, places, "Copy")):
            raise UsageError(f"You said no to: {title}", "Nothing was copied or started.")


@dataclass(frozen=True, slots=True)
class _Replayed:
    """A replay in the making."""

    execution: Execution
    request: JobRequest
    changes: Changes
    local: Target
    bucket: Bucket

    def pipeline(self, limit: _Limit, book: CodeBook) -> tuple[Pipeline, tuple[str, ...]]:
        """The pipeline of one step, and what is to be known of it."""
        name = replay_name(self.execution.state.pipeline, self.request.step)
        changed = self.request.changed(self.changes.parameters, self.changes.environment)
        data, notes = self._data()
        limit.check(data)
        uris = {
            one.uri: copy_dataset(self._s3, one, self.bucket, f"{PREFIX}/data") for one in (*data, *self._programs())
        }
        moved = changed.moved(uris, f"s3://{self.bucket.name}/{PREFIX}/{name}/{uuid.uuid4().hex[:12]}")
        if self.changes.code is not None:
            moved = with_code(moved, self._changed_code(self.changes.code, book))
        return Pipeline.from_definition(moved.definition(), name), tuple(notes)

    @property
    def _s3(self) -> S3Client:
        return self.execution.target.s3

    @property
    def _is_there(self) -> bool:
        """Whether the run was the engine's own, so that all it read lies where it is needed."""
        return self.execution.target.place == self.local.place

    @property
    def _program_uris(self) -> set[str]:
        code = self.request.code
        return {at.uri for at in self.request.inputs if at.is_code} | ({code.uri} if code else set())

    def _programs(self) -> list[Dataset]:
        return [] if self._is_there else [list_dataset(self._s3, uri) for uri in sorted(self._program_uris)]

    def _data(self) -> tuple[list[Dataset], list[str]]:
        """What of the data is copied, and what is to be known of it."""
        programs = self._program_uris
        inputs = {at.uri: at for at in self.request.inputs if at.uri not in programs}
        if self._is_there and self.changes.sample is None:
            return [], []
        for at in inputs.values():
            _refuse_lists(at)
        notes: list[str] = []
        datasets = [_taken(list_dataset(self._s3, uri), self.changes.sample, notes) for uri in inputs]
        started = self.execution.step(self.request.step).started
        late = newer(datasets, started) if started is not None else 0
        if late:
            were = "was" if late == 1 else "were"
            notes.append(f"{late} of the objects it reads {were} written after the original run began.")
        return datasets, notes

    def _changed_code(self, code: str, book: CodeBook) -> str:
        if self.request.code is None:
            return ""  # `with_code` says why that cannot be
        stored = read_stored(self._s3, self.request.code).with_program(book.find(parse_code(code)))
        return store(self.bucket, f"{PREFIX}/code", stored)


def _refuse_lists(at: JobInput) -> None:
    if at.data_type != "S3Prefix":
        raise UsageError(
            f"Input `{at.name}` is a {at.data_type}, which names its objects in a file: it cannot be copied here.",
            "Give the step an input that is a prefix.",
        )


def _taken(dataset: Dataset, sample: Sampled, notes: list[str]) -> Dataset:
    objects, part = sampled(list(dataset.objects), sample, lambda one: one.is_text)
    taken = Dataset(dataset.uri, tuple(objects), dataset.is_object, part)
    if part < 1:
        notes.append(f"of {dataset.uri} it reads the first {part:.0%}.")
    elif len(objects) < len(dataset.objects):
        notes.append(f"of {dataset.uri} it reads {len(objects)} of {len(dataset.objects)} objects.")
    return taken


def _display_name(text: str) -> str:
    return "".join(at if at.isalnum() and at.isascii() else "-" for at in text)[:82].strip("-")


def _outcome(name: str, execution: Execution, step: str) -> Outcome:
    state = execution.step(step)
    job = TargetSource(execution.target).describe_job(state.metadata) if state.metadata else {}
    metrics = {str(at["MetricName"]): float(at["Value"]) for at in job.get("FinalMetricDataList") or ()}
    return Outcome(name, state.status, _seconds(state), state.reason, metrics, execution.target.words)


def _seconds(state: StepState) -> float | None:
    return (state.ended - state.started).total_seconds() if state.started and state.ended else None


def _texts(execution: Execution, step: str) -> list[str]:
    lines: Iterable[str] = (line.text for line in execution.logs(step))
    return list(islice(lines, MOST_LINES))
