"""The few facts of a job that help to understand its failure, as (name, value) pairs, and how far it came.

Reads a Describe answer, or a step's arguments where no job came to be: both name their members alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sm_pipeline_widgets.execution.state import StepState

TIMED_OUT = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
_OF_THE_PACKAGE = ("SM_INPUT_", "SM_OUTPUT_")
"""Variables that say where inputs and outputs lie, which are told as inputs and outputs."""


class Stage(StrEnum):
    """How far a step came before it failed, in words."""

    REFUSED = "its job was never created: the service refused the request"
    MACHINE = "its machine was never ready"
    IMAGE = "its image was not there yet: the program never started"
    DATA = "its data was not there yet: the program never started"
    PROGRAM = "its program ran"
    RESULTS = "its program had ended: its results were being written"
    UNKNOWN = ""


_STAGES = {
    "Pending": Stage.MACHINE,
    "Starting": Stage.MACHINE,
    "LaunchingMLInstances": Stage.MACHINE,
    "PreparingTrainingStack": Stage.IMAGE,
    "DownloadingTrainingImage": Stage.IMAGE,
    "Downloading": Stage.DATA,
    "Training": Stage.PROGRAM,
    "Uploading": Stage.RESULTS,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a job's status history: what it was, from when to when, and what the service said of it."""

    status: str
    started: datetime | None = None
    ended: datetime | None = None
    message: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it lasted; None where an end is missing."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None


def history(job: Mapping[str, Any]) -> tuple[Moment, ...]:
    """The job's status history, oldest first; only training jobs have one."""
    entries = job.get("SecondaryStatusTransitions") or ()
    return tuple(
        Moment(
            str(entry.get("Status", "")),
            entry.get("StartTime"),
            entry.get("EndTime"),
            str(entry.get("StatusMessage") or ""),
        )
        for entry in entries
        if isinstance(entry, dict)
    )


def stage(step: StepState, job: Mapping[str, Any], *, has_run: bool, has_failed: bool) -> Stage:
    """How far the step came.

    `has_run` says that its program left something behind, `has_failed` that it failed itself: a job goes on to write
    its results then too.
    """
    if step.type in {"Fail", "Condition"}:
        return Stage.UNKNOWN
    if not step.metadata:
        return Stage.REFUSED
    known = [_STAGES[moment.status] for moment in history(job) if moment.status in _STAGES]
    if known:
        # a job goes on to write its results also when its program failed, or was ended at its time limit
        is_past = known[-1] is Stage.RESULTS and (has_failed or job.get("SecondaryStatus") in TIMED_OUT)
        return Stage.PROGRAM if is_past else known[-1]
    return Stage.PROGRAM if has_run else Stage.UNKNOWN


def machine_of(job: Mapping[str, Any]) -> str:
    """The instance type, or empty."""
    return str(_resources(job).get("InstanceType") or "")


def seconds_allowed(job: Mapping[str, Any]) -> float | None:
    """How many seconds the job may run, or None where nothing says so."""
    seconds = _mapping(job.get("StoppingCondition")).get("MaxRuntimeInSeconds")
    return float(seconds) if isinstance(seconds, (int, float)) else None


def job_facts(step: StepState, job: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the job was: attempt, status, machine, image, command, hyperparameters, variables, inputs and outputs."""
    return tuple(_facts(step, job))


def _facts(step: StepState, job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if step.attempts > 1:
        yield "attempt", str(step.attempts)
    if job.get("SecondaryStatus") not in {None, "Failed", "Stopped"}:
        yield "job status", str(job["SecondaryStatus"])
    yield from _machine(job)
    yield from _program(job)
    for name, value in _mapping(job.get("HyperParameters")).items():
        if not name.startswith("sagemaker_"):
            yield f"hyperparameter {name}", str(value)
    for name, value in _mapping(job.get("Environment")).items():
        if not name.startswith(_OF_THE_PACKAGE):
            yield f"variable {name}", str(value)
    yield from _places(job)
    yield from _called(step)
    check = _mapping(step.metadata.get("QualityCheck") or step.metadata.get("ClarifyCheck"))
    if check.get("ViolationReport"):
        yield "violation report", str(check["ViolationReport"])


def _machine(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    resources = _resources(job)
    if resources.get("InstanceType"):
        yield "machine", f"{resources.get('InstanceCount', 1)} of {resources['InstanceType']}"
    allowed = seconds_allowed(job)
    if allowed is not None:
        yield "time limit", f"{allowed:.0f} s"
    if job.get("RoleArn"):
        yield "role", str(job["RoleArn"])


def _resources(job: Mapping[str, Any]) -> Mapping[str, Any]:
    return (
        _mapping(job.get("ResourceConfig"))
        or _mapping(job.get("TransformResources"))
        or _mapping(_mapping(job.get("ProcessingResources")).get("ClusterConfig"))
    )


def _program(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    processing = _mapping(job.get("AppSpecification"))
    training = _mapping(job.get("AlgorithmSpecification"))
    image = processing.get("ImageUri") or training.get("TrainingImage")
    if image:
        yield "image", str(image)
    program = processing or training
    command = [*(program.get("ContainerEntrypoint") or ()), *(program.get("ContainerArguments") or ())]
    if command:
        yield "command", " ".join(str(part) for part in command)


def _places(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for channel in job.get("InputDataConfig") or ():
        source = _mapping(_mapping(channel.get("DataSource")).get("S3DataSource"))
        if source.get("S3Uri"):
            yield f"input {channel.get('ChannelName')}", str(source["S3Uri"])
    for given in job.get("ProcessingInputs") or ():
        uri = _mapping(given.get("S3Input")).get("S3Uri")
        if uri and given.get("InputName") != "code":  # the command names it
            yield f"input {given.get('InputName')}", str(uri)
    for made in _mapping(job.get("ProcessingOutputConfig")).get("Outputs") or ():
        uri = _mapping(made.get("S3Output")).get("S3Uri")
        if uri:
            yield f"output {made.get('OutputName')}", str(uri)


def _called(step: StepState) -> Iterator[tuple[str, str]]:
    """What a step without a job of its own called, and where that writes its log."""
    for member, key, name in (
        ("Lambda", "Arn", "function"),
        ("Callback", "SqsQueueUrl", "queue"),
        ("EMR", "ClusterId", "cluster"),
        ("EMR", "LogFilePath", "log"),
        ("EMRServerless", "ApplicationId", "application"),
        ("EMRServerless", "LogFilePath", "log"),
        ("Athena", "QueryExecutionId", "query"),
    ):
        value = _mapping(step.metadata.get(member)).get(key)
        if value:
            yield name, str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
