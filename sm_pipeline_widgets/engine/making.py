"""New jobs as records, whoever asks for them: a step, a client's Create call, a tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sm_pipeline_widgets.engine import keeping, models, shapes
from sm_pipeline_widgets.engine.container import own_entry_point
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.names import derived_text
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus, Transition
from sm_pipeline_widgets.engine.transform import MODEL
from sm_pipeline_widgets.engine.tuning import TUNING
from sm_pipeline_widgets.engine.wire import operation_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.store import Store

_ARN_WORDS = {
    JobKind.TRAINING: "training-job",
    JobKind.PROCESSING: "processing-job",
    JobKind.TRANSFORM: "transform-job",
    JobKind.TUNING: "hyper-parameter-tuning-job",
}


class Maker(keeping.Keeper, Protocol):
    """What making takes: a step's ``Services`` are such."""


def make_job(
    maker: Maker,
    kind: JobKind,
    name: str,
    request: Mapping[str, Any],
    *,
    execution: str = "",
    step: str = "",
    is_taken: bool = False,
) -> JobRecord:
    """The record of a job that begins now.

    Parameters
    ----------
    is_taken
        Whether a job of another kind has the name.

    Raises
    ------
    ServiceException
        The model of a Transform job is not there.
    """
    now = maker.clock()
    return JobRecord(
        name=f"{name}+{kind}" if is_taken else name,
        kind=kind,
        arn=maker.arn(_ARN_WORDS[kind], name),
        execution=execution,
        step=step,
        request=request,
        status=JobStatus.IN_PROGRESS,
        created=now,
        modified=now,
        stream=_stream(kind, name, int(now)),
        transitions=(Transition("Starting", now),),
        details=_details(maker, kind, request),
    )


def _details(maker: Maker, kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """A batch transform goes on with the model it began with, whatever becomes of that."""
    if kind is not JobKind.TRANSFORM:
        return {}
    model = keeping.require(maker, models.MODEL, str(request.get("ModelName")))
    return {MODEL: {**model.record, "ModelName": model.name}}


def request_problem(kind: JobKind, request: Mapping[str, Any]) -> str:
    """Why Create…Job would refuse: a number where it wants a string, more inputs or longer values than it takes.

    Patterns are not checked: names of images and roles that AWS would not know are of use on this machine.
    """
    operation = f"Create{kind}Job"
    shape = operation_model("sagemaker", operation).input_shape
    try:
        shapes.check_sizes(shape, shapes.from_json(shape, request))
    except ServiceException as error:
        return f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
    return ""


def runnable_problem(kind: JobKind, request: Mapping[str, Any]) -> str:
    """Why a job's container cannot be started without its image, or nothing."""
    if kind not in (JobKind.TRAINING, JobKind.PROCESSING):
        return ""
    missing = own_entry_point(kind, request)
    return f"{missing}, and the image's own entry point is not here" if missing else ""


def tuned_by(store: Store, tuning: JobRecord) -> list[JobRecord]:
    """The training jobs that a tuning began, oldest first."""
    names = [name for _stream, name, _created in store.streams(JobKind.TRAINING, f"{tuning.api_name}-")]
    found = [job for name in names if (job := store.job(name)) is not None]
    return sorted((job for job in found if job.details.get(TUNING) == tuning.arn), key=lambda job: job.name)


def _stream(kind: JobKind, name: str, now: int) -> str:
    host = f"i-{derived_text(name, 17)}" if kind is JobKind.TRANSFORM else "algo-1"
    return f"{name}/{host}-{now}"
