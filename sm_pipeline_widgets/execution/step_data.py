"""What a step read and what it left: names, as a person says them, and where they lie.

>>> places_of({"ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"}})
{'model': 's3://b/model.tar.gz'}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def places_of(job: Mapping[str, Any]) -> dict[str, str]:
    """``s3://`` places by ``input:NAME``, ``output:NAME``, ``model``, ``output``.

    Parameters
    ----------
    job
        A Describe answer of a training, processing or transform job.
    """
    found: dict[str, str] = {}
    for channel in job.get("InputDataConfig") or ():
        source = (channel.get("DataSource") or {}).get("S3DataSource") or {}
        _note(found, f"input:{channel.get('ChannelName')}", source.get("S3Uri"))
    for entry in job.get("ProcessingInputs") or ():
        _note(found, f"input:{entry.get('InputName')}", (entry.get("S3Input") or {}).get("S3Uri"))
    for entry in (job.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
        _note(found, f"output:{entry.get('OutputName')}", (entry.get("S3Output") or {}).get("S3Uri"))
    data = ((job.get("TransformInput") or {}).get("DataSource") or {}).get("S3DataSource") or {}
    _note(found, "input", data.get("S3Uri"))
    _note(found, "output", (job.get("TransformOutput") or {}).get("S3OutputPath"))
    _note(found, "model", (job.get("ModelArtifacts") or {}).get("S3ModelArtifacts"))
    base = (job.get("OutputDataConfig") or {}).get("S3OutputPath")
    if base and job.get("TrainingJobName"):
        _note(found, "output", f"{str(base).rstrip('/')}/{job['TrainingJobName']}/output/output.tar.gz")
    _note(found, "checkpoints", (job.get("CheckpointConfig") or {}).get("S3Uri"))
    return found


def place_of(step: str, what: str, places: Mapping[str, str]) -> str:
    """Where that lies; ``train`` alone is an output of that name, or else an input.

    Raises
    ------
    UsageError
        The step has nothing of that name.
    """
    for name in (what, f"output:{what}", f"input:{what}"):
        if name in places:
            return places[name]
    otherwise = f"It has {listed(places)}." if places else "It has no job, so nothing of it lies in S3."
    raise UsageError(f"Step `{step}` has no `{what}`.", did_you_mean(what, places, otherwise))


def _note(found: dict[str, str], name: str, uri: Any) -> None:
    if uri:
        found[name] = str(uri)
