"""One step of any finished execution, on this machine: its request, its real inputs, and what one would change of it.

Planned first: what it will read, copy and run is known before anything is copied. What the step read is copied into the
engine's S3 once; where the run was the engine's own it is there already.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.asking import typed_answer
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.execution import run
from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.api.replay_changes import Changes
from sm_pipeline_widgets.api.replay_code import other_code
from sm_pipeline_widgets.api.replayed import Replay
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws.datasets import Bucket, Dataset, copy_dataset, list_dataset, newer, not_copied
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.step_code import store
from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.errors import ServiceError, UsageError
from sm_pipeline_widgets.execution.arguments import arguments_of
from sm_pipeline_widgets.execution.beside import Changed, Given, changed_arguments
from sm_pipeline_widgets.execution.failure import parameter_values
from sm_pipeline_widgets.execution.replay import JobRequest, request_of, sampled, with_code
from sm_pipeline_widgets.execution.submitting import Asks, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.replay_code import OtherCode
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.job_places import JobInput
    from sm_pipeline_widgets.execution.replay import Sampled

LIMIT = 500 * 1024 * 1024
"""Bytes of inputs from which on somebody is asked before they are copied."""
PREFIX = "sm-pipeline-widgets/replay"
"""Below this prefix of the engine's bucket lie copied inputs, changed programs and results."""
_MB = 1_000_000
_LONGEST_NAME, _LONGEST_DISPLAY_NAME = 200, 82


@dataclass(frozen=True, slots=True)
class PlannedReplay:
    """A replay that could be started: printing it says what it will copy and reuse, and what it will run.

    ``code`` is what runs in place of the step's program, where that differs; ``data`` is everything the step reads that
    is not on this machine's engine yet or not in this form, its program and model included; ``notes`` are what is to be
    known of it.
    """

    execution: Execution
    request: JobRequest
    changes: Changes
    local: Target
    bucket: Bucket
    code: OtherCode | None = None
    data: tuple[Dataset, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"· {line}" for line in self._facts())])

    @property
    def title(self) -> str:
        run_id = self.execution.arn.rpartition("/")[2]
        return f"Runs `{self.request.step}` of run {run_id} again, alone, on the engine of this machine."

    @property
    def missing(self) -> tuple[Dataset, ...]:
        """What has to be copied: of each dataset the objects that are not there from an earlier replay."""
        left = (replace(one, objects=not_copied(one, self.bucket, f"{PREFIX}/data")) for one in self.data)
        return tuple(one for one in left if one.objects)

    @property
    def changed(self) -> tuple[Changed, ...]:
        """What the step is given differently."""
        request, changes = self.request, self.changes
        other = request.changed(changes.parameters, changes.environment)
        code = (Changed("code", self.code.entry, self.code.name),) if self.code is not None else ()
        return (*code, *changed_arguments(request.arguments, other.arguments))

    def question(self, limit: int = LIMIT) -> Question | None:
        """What is asked before much is copied; None where it is not much."""
        data = self.missing
        size = sum(one.size for one in data)
        if size <= limit:
            return None
        places = "\n".join(f"{_size(one.size)} in {len(one.objects):,} objects: {one.uri}" for one in data)
        title = f"Copy {_size(size)} of inputs to this machine? (A sample is less: `--sample 0.1`.)"
        return Question(Asks.DATA, title, places, "Copy")

    def start(self) -> Replay:
        """Copy what is not there, and run it.

        Raises
        ------
        UsageError, TargetError, ServiceError
            Something of it is gone, does not fit or is refused.
        """
        request = self.request
        name = replay_name(self.execution.state.pipeline, request.step)
        uris = {one.uri: copy_dataset(self._s3, one, self.bucket, f"{PREFIX}/data") for one in self.data}
        results = f"s3://{self.bucket.name}/{PREFIX}/{name}/{uuid.uuid4().hex[:12]}"
        moved = request.changed(self.changes.parameters, self.changes.environment).moved(uris, results)
        if self.code is not None:
            moved = with_code(moved, store(self.bucket, f"{PREFIX}/code", self.code.stored))
        pipeline = Pipeline.from_definition(moved.definition(), name)
        started = run(pipeline, self.local, display_name=_plain(f"replay of {request.step}")[:_LONGEST_DISPLAY_NAME])
        given = Given(self.changed, self.notes, self.code.difference if self.code is not None else "")
        return Replay(started, self.execution, request.step, given)

    @property
    def _s3(self) -> S3Client:
        return self.execution.target.s3

    def _facts(self) -> Iterator[str]:
        yield from (f"{one.name}: {one.after} instead of {one.before or 'nothing'}" for one in self.changed)
        if self.code is None:
            yield "code: your newest is what ran then" if self.changes.code else "code: as it was in that run"
        data, missing = self.data, self.missing
        if not data:
            yield "reads what that run read: it lies on this machine already"
        for one in data:
            left = sum(each.size for each in missing if each.uri == one.uri)
            is_missing = any(each.uri == one.uri for each in missing)
            words = f"copies {_size(left)}" if is_missing else "there already from an earlier replay, used again"
            yield f"reads {one.uri} ({len(one.objects):,} objects, {_size(one.size)}): {words}"
        yield from self.notes
        yield "writes to the engine's own bucket, nothing to where the original wrote"


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
    planned = plan_replay(execution, step, changes, target=target, code=code)
    question = None if yes else planned.question(limit)
    if question is not None and not (ask or typed_answer)(question):
        raise UsageError(f"You said no to: {question.title}", "Nothing was copied or started.")
    return planned.start()


def plan_replay(
    execution: Execution,
    step: str,
    changes: Changes | None = None,
    *,
    target: Target | None = None,
    code: CodeBook | None = None,
) -> PlannedReplay:
    """What a replay would read, copy and run; nothing is copied or started. As :func:`replay`."""
    local = target or connect("local")
    request, wanted = original_request(execution, step), changes or Changes()
    bucket = Bucket(local.s3, local.ensure_bucket(create=True))
    request.changed(wanted.parameters, wanted.environment)  # says what does not fit
    s3, book = execution.target.s3, code or CodeBook()
    other = other_code(s3, request, wanted.code, book) if wanted.code is not None else None
    data, notes = _data(execution, request, wanted.sample, is_there=execution.target.place == local.place)
    return PlannedReplay(execution, request, wanted, local, bucket, other, data, notes)


def original_request(execution: Execution, step: str) -> JobRequest:
    """What a step asked the service for.

    Raises
    ------
    UsageError
        There is no such step, it has not run, or it is none that can be replayed.
    """
    state, job = execution.step(step), execution.job(step)
    if job:
        return request_of(step, state.type, job, {}, _model_of(execution, job))
    definition = execution.state.definition
    placed = next((at for at in iter_steps(definition) if at.name == step), None)
    known = parameter_values(execution.state)
    arguments = arguments_of(own_part(placed.step), known) if placed is not None else {}
    return request_of(step, state.type, job, arguments, _model_of(execution, arguments))


def _model_of(execution: Execution, job: Mapping[str, object]) -> Mapping[str, object]:
    """The model that a Transform job names; empty where there is none, or it is gone."""
    name = job.get("ModelName")
    if not isinstance(name, str) or name.startswith("steps."):
        return {}
    try:
        return TargetSource(execution.target).describe_job({"Model": {"Arn": f"model/{name}"}})
    except ServiceError as error:
        if error.code not in {"ValidationException", "ResourceNotFound"}:
            raise
        return {}


def replay_name(pipeline: str, step: str) -> str:
    """What the pipeline of a replay is called: the same for the same step, so that its runs stand together."""
    return _plain(f"replay-{pipeline}-{step}")[:_LONGEST_NAME].strip("-")


def _plain(text: str) -> str:
    """The text as a name the service takes."""
    return re.sub(r"[^A-Za-z0-9]", "-", text).strip("-")


def _size(count: float) -> str:
    return f"{count / _MB:,.1f} MB" if count >= _MB / 10 else f"{count:,.0f} bytes"


def _data(
    execution: Execution, request: JobRequest, sample: Sampled, *, is_there: bool
) -> tuple[tuple[Dataset, ...], tuple[str, ...]]:
    """What has to be copied of what a step reads, and what is to be known of it.

    Parameters
    ----------
    is_there
        Whether the run was the engine's own, so that all it read lies where it is needed.
    """
    s3, code = execution.target.s3, request.code
    programs = {at.uri for at in request.inputs if at.is_code or at.is_whole} | ({code.uri} if code else set())
    whole = () if is_there else tuple(list_dataset(s3, uri) for uri in sorted(programs))
    if is_there and sample is None:
        return (), ()
    inputs = {at.uri: at for at in request.inputs if at.uri not in programs}
    for at in inputs.values():
        _refuse_lists(at)
    notes: list[str] = []
    data = [_taken(list_dataset(s3, uri), sample, notes) for uri in inputs]
    started = execution.step(request.step).started
    late = newer(data, started) if started is not None else 0
    if late:
        were = "was" if late == 1 else "were"
        notes.append(f"{late} of the objects it reads {were} written after the original run began.")
    return (*data, *whole), tuple(notes)


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
