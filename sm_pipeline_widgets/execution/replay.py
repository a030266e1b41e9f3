"""One step of a run made into a job of its own: the same request, with its data, its code and its results elsewhere.

Pure: reads Describe answers and requests; what lies in S3 is fetched and put by others.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sm_pipeline_widgets.definition.service_shapes import service
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution import replay_transform as transform
from sm_pipeline_widgets.execution.job_places import CodePlace, JobInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")
TYPES = ("Training", "Processing", "Transform")
"""Types of steps that can be replayed: those that are one job with inputs, code and outputs."""
PROGRAM, SUBMITTED = "sagemaker_program", "sagemaker_submit_directory"
_JOBS = {":training-job/": "Training", ":processing-job/": "Processing", ":transform-job/": "Transform"}
_NOT_TAKEN = frozenset(
    {"TrainingJobName", "ProcessingJobName", "TransformJobName", "DataCaptureConfig"}
    | {"Tags", "ExperimentConfig", "VpcConfig", "NetworkConfig"}
    | {"CheckpointConfig", "ProfilerConfig", "ProfilerRuleConfigurations", "DebugHookConfig", "DebugRuleConfigurations"}
    | {"TensorBoardOutputConfig", "InfraCheckConfig", "RemoteDebugConfig", "EnableNetworkIsolation"}
)
"""Members of a request that speak of the job's name and of AWS's networks and tools."""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a step asked the service for, with every value filled in."""

    step: str
    type: str
    arguments: Mapping[str, Any]

    @property
    def inputs(self) -> tuple[JobInput, ...]:
        """Everything it reads from S3."""
        if self.type == "Transform":
            return tuple(transform.inputs(self.arguments))
        return tuple(_training_inputs(self.arguments) if self.type == "Training" else _processing_inputs(self))

    @property
    def code(self) -> CodePlace | None:
        """Its program, where that lies in S3 in a way that is known."""
        if self.type == "Transform":
            return transform.code(self.arguments)
        return _submitted(self.arguments) or _code_input(self)

    def moved(self, uris: Mapping[str, str], results: str) -> JobRequest:
        """The same, reading from other places and writing below `results` (an ``s3://`` prefix without a slash).

        Parameters
        ----------
        uris
            New places by old ones; an input that is not named stays where it is.
        """
        arguments = copy.deepcopy(dict(self.arguments))
        for at in self.inputs:
            _put(arguments, at.place, uris.get(at.uri, at.uri))
        if self.code is not None and self.code.place[0] == "HyperParameters":
            _put(arguments, self.code.place, json.dumps(uris.get(self.code.uri, self.code.uri)))
        if self.type == "Training":
            arguments["OutputDataConfig"] = {"S3OutputPath": results}
        elif self.type == "Transform":
            transform.move_results(arguments, results)
        for output in _outputs(arguments):
            output["S3Output"]["S3Uri"] = f"{results}/{output.get('OutputName', 'output')}"
        return JobRequest(self.step, self.type, arguments)

    def changed(self, parameters: Mapping[str, object], environment: Mapping[str, object]) -> JobRequest:
        """The same, given other values.

        Parameters
        ----------
        parameters
            Hyperparameters of a Training step; of a Processing step what its command line says behind ``--NAME``.
        environment
            Variables of the job.

        Raises
        ------
        UsageError
            A Processing step's command line has no such option.
        """
        arguments = copy.deepcopy(dict(self.arguments))
        if environment:
            arguments["Environment"] = {**(arguments.get("Environment") or {}), **_texts(environment)}
        if self.type == "Training" and parameters:
            arguments["HyperParameters"] = {**(arguments.get("HyperParameters") or {}), **_texts(parameters)}
        elif parameters and self.type == "Transform":
            raise UsageError(
                f"Step `{self.step}` is a Transform step, which has no hyperparameters.",
                "A variable of its model's server is changed with `--env NAME=VALUE`.",
            )
        elif parameters:
            application = dict(arguments["AppSpecification"])
            application["ContainerArguments"] = _with_options(application.get("ContainerArguments") or [], parameters)
            arguments["AppSpecification"] = application
        return JobRequest(self.step, self.type, arguments)

    def definition(self) -> dict[str, Any]:
        """A pipeline of this one step; of a Transform step also of its model, which it needs."""
        own = {"Name": self.step, "Type": self.type, "Arguments": dict(self.arguments)}
        steps = transform.steps(self.step, self.arguments) if self.type == "Transform" else [own]
        return {"Version": "2020-12-01", "Parameters": [], "Steps": steps}


def request_of(
    step: str,
    type_: str,
    job: Mapping[str, Any],
    arguments: Mapping[str, Any],
    model: Mapping[str, Any] | None = None,
) -> JobRequest:
    """What a step asked for.

    Parameters
    ----------
    job
        The Describe answer of its job; empty when there never was one.
    arguments
        Its arguments of the definition with everything filled in that is known, for when there is no job.
    model
        The Describe answer of a Transform job's model.

    Raises
    ------
    UsageError
        It is no step that runs one job which this machine could run, or its job never was and some of its values are
        not known.
    """
    kind = _kind(type_, job)
    if kind not in TYPES:
        raise UsageError(
            f"Step `{step}` is a {type_} step, and only {listed(TYPES)} steps can be replayed.",
            "`%pipeline run NAME --select STEP` runs others again, with what came before reused.",
        )
    if not job:
        _refuse_unknown(step, arguments)
    source = job or arguments
    taken = service("sagemaker")["shapes"][f"Create{kind}JobRequest"]["members"].keys() - _NOT_TAKEN
    found = {name: copy.deepcopy(value) for name, value in source.items() if name in taken and value not in (None, "")}
    if kind == "Transform":
        found[transform.MODEL] = transform.model_request(step, model or {})
    return JobRequest(step, kind, found)


def with_code(request: JobRequest, uri: str) -> JobRequest:
    """The same with its program at another place, in the form it had."""
    code = request.code
    if code is None:
        raise UsageError(
            f"Where the program of step `{request.step}` lies is not known, so it cannot be replaced.",
            "Replay it as it is, or give the step a `code:`.",
        )
    arguments = copy.deepcopy(dict(request.arguments))
    _put(arguments, code.place, json.dumps(uri) if code.place[0] == "HyperParameters" else uri)
    return JobRequest(request.step, request.type, arguments)


def _kind(type_: str, job: Mapping[str, Any]) -> str:
    arn = str(job.get("TrainingJobArn") or job.get("ProcessingJobArn") or job.get("TransformJobArn") or "")
    return next((kind for part, kind in _JOBS.items() if part in arn), "" if arn else type_)


def _refuse_unknown(step: str, arguments: Mapping[str, Any]) -> None:
    unknown = sorted(set(_unknown(arguments)))
    if unknown:
        raise UsageError(
            f"The job of step `{step}` was never created, and what it would have been given is not known:"
            f" {', '.join(unknown)}.",
            "Run the steps before it to success first.",
        )


_UNKNOWN = re.compile(r"steps\.[\w-]+\.\S+")


def _unknown(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _UNKNOWN.findall(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _unknown(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _unknown(inner)


def _training_inputs(arguments: Mapping[str, Any]) -> Iterator[JobInput]:
    for number, channel in enumerate(arguments.get("InputDataConfig") or ()):
        source = (channel.get("DataSource") or {}).get("S3DataSource") or {}
        name = str(channel.get("ChannelName", number))
        if source.get("S3Uri"):
            place = ("InputDataConfig", number, "DataSource", "S3DataSource", "S3Uri")
            kind = str(source.get("S3DataType") or "S3Prefix")
            yield JobInput(name, str(source["S3Uri"]), kind, f"/opt/ml/input/data/{name}", place)


def _processing_inputs(request: JobRequest) -> Iterator[JobInput]:
    for number, entry in enumerate(request.arguments.get("ProcessingInputs") or ()):
        source = entry.get("S3Input") or {}
        name = str(entry.get("InputName", number))
        if source.get("S3Uri"):
            kind = str(source.get("S3DataType") or "S3Prefix")
            place = ("ProcessingInputs", number, "S3Input", "S3Uri")
            yield JobInput(name, str(source["S3Uri"]), kind, str(source.get("LocalPath") or ""), place)


def _submitted(arguments: Mapping[str, Any]) -> CodePlace | None:
    """Script mode's program: an archive named in the hyperparameters."""
    hyperparameters = arguments.get("HyperParameters") or {}
    uri, entry = script_mode_text(hyperparameters.get(SUBMITTED)), script_mode_text(hyperparameters.get(PROGRAM))
    return CodePlace(uri, entry, is_archive=True, place=("HyperParameters", SUBMITTED)) if uri and entry else None


def _code_input(request: JobRequest) -> CodePlace | None:
    """A program that is an input: what the command names below that input's folder."""
    code = next((at for at in request.inputs if at.name == "code"), None)
    if code is None:
        return None
    is_archive = code.uri.endswith(".tar.gz")
    entry = next(_below(code.local, _command(request.arguments)), "")
    if not entry and not is_archive and not code.uri.endswith("/"):
        entry = code.uri.rpartition("/")[2]
    return CodePlace(code.uri, entry, is_archive, code.place)


def _command(arguments: Mapping[str, Any]) -> Iterator[str]:
    specification = arguments.get("AppSpecification") or arguments.get("AlgorithmSpecification") or {}
    for member in ("ContainerEntrypoint", "ContainerArguments"):
        yield from (str(part) for part in specification.get(member) or ())


def _below(folder: str, words: Iterator[str]) -> Iterator[str]:
    for word in words:
        if folder and word.startswith(f"{folder.rstrip('/')}/"):
            yield word[len(folder.rstrip("/")) + 1 :]


def _outputs(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for output in (arguments.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
        if output.get("S3Output"):
            yield output


def _with_options(words: list[Any], parameters: Mapping[str, object]) -> list[str]:
    found = [str(word) for word in words]
    for name, value in parameters.items():
        option = f"--{name.lstrip('-')}"
        joined = next((at for at, word in enumerate(found) if word.startswith(f"{option}=")), None)
        if joined is not None:
            found[joined] = f"{option}={value}"
        elif option in found[:-1]:
            found[found.index(option) + 1] = str(value)
        else:
            given = " ".join(found) or "nothing"
            raise UsageError(
                f"The step's command line has no `{option}` to change (it is given: {given}).",
                "A variable of its environment is changed with `--env NAME=VALUE`.",
            )
    return found


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}


def script_mode_text(value: Any) -> str:
    """What a hyperparameter of script mode says: it is JSON in a text, or a text that is none."""
    try:
        return str(json.loads(value))
    except (TypeError, ValueError):
        return str(value or "")


def _put(value: Any, place: tuple[str | int, ...], new: object) -> None:
    for key in place[:-1]:
        value = value[key]
    value[place[-1]] = new


Sampled = int | float | None
"""How much of the data is taken: all, that many objects of each input, or that part of them (0 to 1)."""


def sampled(objects: list[T], sample: Sampled, is_text: Callable[[T], bool]) -> tuple[list[T], float]:
    """The objects that are taken, in their order and spread evenly, and the part of the lines taken of each.

    Of a single object that is text by lines, a part is taken of its lines.

    >>> sampled(["a", "b", "c", "d"], 2, lambda _name: False)
    (['a', 'c'], 1.0)
    >>> sampled(["a.csv"], 0.1, lambda name: name.endswith(".csv"))
    (['a.csv'], 0.1)
    """
    if sample is None or not objects:
        return objects, 1.0
    is_part = isinstance(sample, float)
    if sample <= 0 or (is_part and sample > 1):
        raise UsageError(
            f"A sample of {sample} is none.", "Give a number of objects (10), or a part between 0 and 1 (0.1)."
        )
    if is_part and len(objects) == 1:
        return objects, float(sample) if is_text(objects[0]) else 1.0
    wanted = max(1, round(len(objects) * sample)) if is_part else min(int(sample), len(objects))
    return [objects[at * len(objects) // wanted] for at in range(wanted)], 1.0
