"""Cleanup: deletes what earlier steps left in S3, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.steptypes.base import Done, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.transfer import split_uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Task


def run(task: Task) -> Done:
    """Delete the named objects of each source; a source that did not succeed is skipped."""
    cleaned: list[str] = []
    skipped: list[str] = []
    failed: list[dict[str, str]] = []
    for source in (task.arguments.get("Resources") or {}).get("S3") or []:
        name = str(source.get("StepName"))
        if name not in task.scope.steps:
            skipped.append(name)
            continue
        problem = _cleaned(task, task.scope.steps[name], source)
        if problem:
            failed.append({"StepName": name, "ErrorCode": "ValidationException", "ErrorMessage": problem})
        else:
            cleaned.append(name)
    metadata = {"Cleanup": {"CleanedSteps": cleaned, "FailedSteps": failed, "SkippedSteps": skipped}}
    if failed:
        words = "; ".join(f"{at['StepName']}: {at['ErrorMessage']}" for at in failed)
        return Done.failed(f"ClientError: Cleanup failed for {words}", metadata)
    return Done.succeeded(metadata, {})


def _cleaned(task: Task, properties: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    """Delete what a source names; why not, if it cannot be."""
    roots = [root.rstrip("/") for root in output_roots(properties)]
    wanted = [str(uri) for uri in source.get("S3Uris") or []]
    if not roots:
        return "the step has no output in S3"
    if not wanted and "TrainingJobName" not in properties:
        return "S3Uris are needed for every source but Training"
    outside = [uri for uri in wanted if not any(uri == root or uri.startswith(root + "/") for root in roots)]
    if outside:
        return f"{outside[0]} does not lie below the step's output ({', '.join(roots)})"
    objects = task.services.objects
    for uri in wanted:
        objects.delete(*split_uri(uri))
    for root in () if wanted else roots:
        bucket, prefix = split_uri(root + "/")
        for key in [info.key for info in objects.iter(bucket, prefix)]:
            objects.delete(bucket, key)
    return ""


def output_roots(properties: Mapping[str, Any]) -> Iterator[str]:
    """Where a finished job's output lies."""
    if "TrainingJobName" in properties:
        yield f"{str(properties['OutputDataConfig']['S3OutputPath']).rstrip('/')}/{properties['TrainingJobName']}"
    for output in (properties.get("ProcessingOutputConfig") or {}).get("Outputs") or []:
        if "S3Output" in output:
            yield str(output["S3Output"]["S3Uri"])
    if "TransformOutput" in properties:
        yield str(properties["TransformOutput"]["S3OutputPath"])


CLEANUP = StepType(
    name="Cleanup",
    run=run,
    parity=Parity(ParityStatus.SAME, "Objects of Training, Processing and Transform steps; only below their outputs."),
)
