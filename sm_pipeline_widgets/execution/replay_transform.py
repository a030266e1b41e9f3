"""A Transform step as a replay needs it: its data, its model with artefacts and image, and where results go.

Pure. Its request carries the model's (CreateModel) under :data:`MODEL`, so that everything it reads is found in one
value; a pipeline of it has two steps, the model and the transform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.job_places import CodePlace, JobInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MODEL = "Model"
_LONGEST_NAME = 50
_DIRECTORY, _PROGRAM = "SAGEMAKER_SUBMIT_DIRECTORY", "SAGEMAKER_PROGRAM"
_TAKEN = ("ContainerHostname", "Image", "ModelDataUrl", "ModelDataSource", "Environment", "Mode")


def model_request(step: str, described: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateModel request of a model that was described.

    Raises
    ------
    UsageError
        It is none that this machine could serve: there is none, or what it is made of is not said.
    """
    containers = described.get("Containers") or [described.get("PrimaryContainer")]
    if not all(isinstance(one, dict) and one.get("Image") for one in containers):
        known = "is made of a model package" if any(containers) else "is gone"
        raise UsageError(
            f"The model of Transform step `{step}` {known}, so the step cannot be replayed.",
            "Run the step that creates the model and this one again: `%pipeline run NAME --from STEP`.",
        )
    made = [{key: one[key] for key in _TAKEN if one.get(key)} for one in containers]
    role = {"ExecutionRoleArn": described["ExecutionRoleArn"]} if described.get("ExecutionRoleArn") else {}
    return {"Containers": made, **role} if len(made) > 1 else {"PrimaryContainer": made[0], **role}


def inputs(arguments: Mapping[str, Any]) -> Iterator[JobInput]:
    """What the job transforms, then the artefacts and programs of its model."""
    source = ((arguments.get("TransformInput") or {}).get("DataSource") or {}).get("S3DataSource") or {}
    if source.get("S3Uri"):
        at = ("TransformInput", "DataSource", "S3DataSource", "S3Uri")
        yield JobInput("input", str(source["S3Uri"]), str(source.get("S3DataType") or "S3Prefix"), "", at)
    for place, container in _containers(arguments):
        if container.get("ModelDataUrl"):
            yield _model(str(container["ModelDataUrl"]), (*place, "ModelDataUrl"))
        source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        if source.get("S3Uri"):
            yield _model(str(source["S3Uri"]), (*place, "ModelDataSource", "S3DataSource", "S3Uri"))
        if _lies_in_s3(container):
            uri = str(container["Environment"][_DIRECTORY])
            yield JobInput("code", uri, "S3Prefix", "", (*place, "Environment", _DIRECTORY))


def code(arguments: Mapping[str, Any]) -> CodePlace | None:
    """The program of its (first) server: an archive of its own, or a folder in the model's archive."""
    place, container = next(_containers(arguments), ((), {}))
    program = str((container.get("Environment") or {}).get(_PROGRAM) or "")
    if _lies_in_s3(container):
        uri = str(container["Environment"][_DIRECTORY])
        return CodePlace(uri, program, is_archive=True, place=(*place, "Environment", _DIRECTORY))
    uri = str(container.get("ModelDataUrl") or "")
    entry = f"code/{program or 'inference.py'}"
    return CodePlace(uri, entry, is_archive=True, place=(*place, "ModelDataUrl")) if uri else None


def move_results(arguments: dict[str, Any], results: str) -> None:
    """Have it write below another place."""
    kept = {key: value for key, value in (arguments.get("TransformOutput") or {}).items() if key != "KmsKeyId"}
    arguments["TransformOutput"] = {**kept, "S3OutputPath": results}


def steps(name: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The model and the transform, as steps of a definition."""
    model = f"{name[:_LONGEST_NAME]}-model"
    own = {key: value for key, value in arguments.items() if key != MODEL}
    own["ModelName"] = {"Get": f"Steps.{model}.ModelName"}
    return [
        {"Name": model, "Type": "Model", "Arguments": dict(arguments[MODEL])},
        {"Name": name, "Type": "Transform", "Arguments": own},
    ]


def _model(uri: str, place: tuple[str | int, ...]) -> JobInput:
    return JobInput("model", uri, "S3Prefix", "", place, is_whole=True)


def _containers(arguments: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    model = arguments.get(MODEL) or {}
    if model.get("PrimaryContainer"):
        yield (MODEL, "PrimaryContainer"), model["PrimaryContainer"]
    for number, container in enumerate(model.get("Containers") or ()):
        yield (MODEL, "Containers", number), container


def _lies_in_s3(container: Mapping[str, Any]) -> bool:
    return str((container.get("Environment") or {}).get(_DIRECTORY) or "").startswith("s3://")
