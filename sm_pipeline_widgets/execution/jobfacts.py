"""The few facts of a job that help to understand its failure, as (name, value) pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.execution.state import StepState

TIMED_OUT = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})


def job_facts(step: StepState, job: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the job was: attempt, status, machine, image, command, hyperparameters, inputs and outputs."""
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
    yield from _places(job)
    check = _mapping(step.metadata.get("QualityCheck") or step.metadata.get("ClarifyCheck"))
    if check.get("ViolationReport"):
        yield "violation report", str(check["ViolationReport"])


def _machine(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    resources = _mapping(job.get("ResourceConfig")) or _mapping(
        _mapping(job.get("ProcessingResources")).get("ClusterConfig")
    )
    if resources.get("InstanceType"):
        yield "machine", f"{resources.get('InstanceCount', 1)} of {resources['InstanceType']}"


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


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
