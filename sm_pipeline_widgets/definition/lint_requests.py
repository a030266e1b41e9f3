"""A step's arguments against the request its type makes, and property paths against the responses they walk.

Which request and response belong to a type, and which members are refused, is ``sagemaker.md`` §1.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import Document, dicts, find_path
from sm_pipeline_widgets.definition.expressions import parse_path, step_of
from sm_pipeline_widgets.definition.findings import problem
from sm_pipeline_widgets.definition.graph import dependencies, own_part
from sm_pipeline_widgets.definition.references import SERVICE_VARIABLES
from sm_pipeline_widgets.definition.service_shapes import (
    PropertyPathError,
    check_request,
    kind_at,
    knows,
    output_shape,
)
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sm_pipeline_widgets.definition.findings import Finding
    from sm_pipeline_widgets.definition.graph import PlacedStep


@dataclass(frozen=True, slots=True)
class Api:
    """What a type of step calls: the operation, members it need not give, and members the service refuses."""

    create: str
    describe: str
    optional: frozenset[str] = frozenset()
    refused: tuple[str, ...] = ()


def _api(create: str, describe: str, *optional: str, refused: tuple[str, ...] = ()) -> Api:
    return Api(create, describe, frozenset(optional), refused)


_PROCESSING = _api("CreateProcessingJob", "DescribeProcessingJob", "ProcessingJobName")
APIS = {
    "Processing": _PROCESSING,
    "QualityCheck": _PROCESSING,
    "ClarifyCheck": _PROCESSING,
    "Training": _api("CreateTrainingJob", "DescribeTrainingJob", "TrainingJobName"),
    "Transform": _api("CreateTransformJob", "DescribeTransformJob", "TransformJobName"),
    "Tuning": _api("CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "AutoML": _api(
        "CreateAutoMLJob",
        "DescribeAutoMLJob",
        "AutoMLJobName",
        refused=("ModelDeployConfig", "GenerateCandidateDefinitionsOnly"),
    ),
    "Model": _api("CreateModel", "DescribeModel", "ModelName"),
    "RegisterModel": _api("CreateModelPackage", "DescribeModelPackage", refused=("ModelPackageName",)),
    "EndpointConfig": _api(
        "CreateEndpointConfig",
        "DescribeEndpointConfig",
        "EndpointConfigName",
        refused=("DataCaptureConfig", "ExplainerConfig"),
    ),
    "Endpoint": _api("CreateEndpoint", "DescribeEndpoint", refused=("DeploymentConfig",)),
    "InferenceComponent": _api("CreateInferenceComponent", "DescribeInferenceComponent"),
    "Job": _api("CreateJob", "DescribeJob", "JobName"),
}
"""The types whose arguments are a request of the SageMaker API."""

BEDROCK = {
    "BedrockCustomModel": ("CreateCustomModel", "GetCustomModel"),
    "BedrockCustomModelDeployment": ("CreateCustomModelDeployment", "GetCustomModelDeployment"),
    "BedrockModelImport": ("CreateModelImportJob", "GetModelImportJob"),
    "BedrockProvisionedModelThroughput": ("CreateProvisionedModelThroughput", "GetProvisionedModelThroughput"),
}
"""Types that call Bedrock, with the operations; their members begin with a capital in a pipeline."""

BASELINES = {
    "QualityCheck": (
        "CalculatedBaselineConstraints",
        "CalculatedBaselineStatistics",
        "BaselineUsedForDriftCheckConstraints",
        "BaselineUsedForDriftCheckStatistics",
    ),
    "ClarifyCheck": ("CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints"),
}
_TUNING_LIST = "ListTrainingJobsForHyperParameterTuningJob"
_AUTOML_REPORTS = ("ModelInsightsJsonReportPath", "ExplainabilityJsonReportPath")
_FOR_EACH = (
    "Status", "InputItemCount", "TotalStepCount", "SucceededStepCount", "FailedStepCount", "StoppedStepCount",
    "IterationOutputs", "Selected",
)  # fmt: skip
_PARAMETER_KINDS = {"String": "string", "Integer": "integer", "Float": "float", "Boolean": "boolean"}
_VARIABLES = tuple(SERVICE_VARIABLES.values())
_ROOTS = ("Parameters", "Steps", "Execution")
_OTHER_ROOTS = ("ForEach", "IterationOutput", "PipelineExperimentConfig")
_TIMES = ("StartDateTime", "CurrentDateTime")

_FORMS = {
    "Get": '`{"Get": "Parameters.NAME"}`',
    "Std:Join": '`{"Std:Join": {"On": "/", "Values": [...]}}`',
    "Std:JsonGet": '`{"Std:JsonGet": {"PropertyFile": {"Get": "Steps.NAME.PropertyFiles.FILE"}, "Path": "a.b"}}`',
}

Meaning = tuple[str | None, "Finding | None"]
"""What a Get will be, and what is wrong with it."""


class Meanings:
    """What each ``Get`` of a document means, found once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._known: dict[str, Meaning] = {}

    def __call__(self, get: str) -> Meaning:
        if get not in self._known:
            self._known[get] = self._find(get)
        return self._known[get]

    def kind(self, expression: Any) -> str | None:
        """The kind of an expression, for the checks of shapes."""
        get = expression.get("Get")
        if isinstance(get, str):
            return self(get)[0]
        return "string" if "Std:Join" in expression else None

    def _find(self, get: str) -> Meaning:
        root, _, rest = get.partition(".")
        if root == "Parameters":
            return self._parameter(rest)
        if root == "Execution":
            return self._variable(rest)
        if root == "Steps":
            found = step_of(get, self.document.steps)
            if found is None:
                name = rest.split(".")[0]
                fix = did_you_mean(name, self.document.steps, f"The steps are {listed(self.document.steps)}.")
                return None, problem("unknown-step", f"`{get}`: there is no step `{name}`", fix)
            try:
                return self._property(*found), None
            except PropertyPathError as error:
                return None, problem("unknown-property", f"`{get}`: {error.message}", error.fix)
        if root not in _OTHER_ROOTS:
            message = f"`{get}` begins with nothing that a `Get` can read"
            fix = did_you_mean(root, _ROOTS, f"It begins with {listed(_ROOTS)}.")
            return None, problem("unknown-root", message, fix, severity=Severity.WARNING)
        return None, None

    def _parameter(self, name: str) -> Meaning:
        parameter = self.document.parameters.get(name)
        if parameter is None:
            known = self.document.parameters
            fix = did_you_mean(
                name, known, f"There are {listed(known)}." if known else "Declare it below `parameters:`."
            )
            return None, problem("unknown-parameter", f"there is no parameter `{name}`", fix)
        return _PARAMETER_KINDS.get(str(parameter.get("Type", "String"))), None

    def _variable(self, name: str) -> Meaning:
        if name not in _VARIABLES:
            fix = did_you_mean(name, _VARIABLES, f"There are {listed(_VARIABLES)}.")
            return None, problem("unknown-variable", f"an execution has no `{name}`", fix)
        return (None if name in _TIMES else "string"), None

    def _property(self, name: str, path: str) -> str | None:
        step = self.document.steps[name]
        try:
            parts = parse_path(path)
        except ValueError:
            return None  # such as an unescaped quote inside a key, which the service takes
        if not parts:
            raise PropertyPathError("this is a whole step", "Say which of its properties.")
        if parts[0] == "PropertyFiles":
            _property_file(step, parts)
            return None
        rule = _RULES.get(str(step.get("Type")))
        return rule(step, parts) if rule is not None else None


def _property_file(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> None:
    files = [str(one.get("PropertyFileName")) for one in dicts(step.get("PropertyFiles"))]
    if len(parts) < 2 or str(parts[1]) not in files:
        name = str(parts[1]) if len(parts) > 1 else ""
        none = "Declare it on that step (`property_files: {NAME: OUTPUT/FILE}`)."
        fix = did_you_mean(name, files, f"It has {listed(files)}." if files else none)
        raise PropertyPathError(f"step `{step['Name']}` declares no property file `{name}`", fix)


def _of_response(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    kind, first = str(step["Type"]), parts[0]
    if kind in BASELINES:
        return _one_of(step, parts, BASELINES[kind])
    if kind == "AutoML" and first == "BestCandidateProperties":
        return _one_of(step, parts[1:] or ("",), _AUTOML_REPORTS)
    if kind == "Tuning" and first == "TrainingJobSummaries":
        shape = output_shape("sagemaker", _TUNING_LIST)
    else:
        shape = output_shape("sagemaker", APIS[kind].describe)
    if kind == "Job" and first == "JobConfigDocument":
        return None
    return kind_at("sagemaker", shape, parts) if shape is not None else None


def _one_of(step: Mapping[str, Any], parts: tuple[str | int, ...], known: tuple[str, ...]) -> str:
    if parts[0] not in known:
        fix = did_you_mean(str(parts[0]), known, f"It has {listed(known)}.")
        raise PropertyPathError(f"step `{step['Name']}` ({step['Type']}) has no `{parts[0]}`", fix)
    return "string"


def _of_outputs(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    declared = {str(one.get("OutputName")): one for one in dicts(step.get("OutputParameters"))}
    if parts[0] != "OutputParameters" or len(parts) < 2:
        fix = f"Its outputs are {listed(f'OutputParameters[{name!r}]' for name in declared)}."
        raise PropertyPathError(f"step `{step['Name']}` ({step['Type']}) has no `{parts[0]}`", fix if declared else "")
    name = str(parts[1])
    if name not in declared:
        fix = did_you_mean(name, declared, f"It declares {listed(declared)}." if declared else "Declare it there.")
        raise PropertyPathError(f"step `{step['Name']}` declares no output `{name}`", fix)
    if len(parts) > 2:
        message = f"the output `{name}` of `{step['Name']}` is one value; `{parts[2]}` leads nowhere"
        raise PropertyPathError(message, "Return what lies inside it as an output of its own.")
    return _PARAMETER_KINDS.get(str(declared[name].get("OutputType", "String")))


def _of_condition(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    _one_of(step, parts, ("Outcome",))
    return None


def _of_nothing(step: Mapping[str, Any], _parts: tuple[str | int, ...]) -> str | None:
    raise PropertyPathError(f"a {step['Type']} step has no properties", "Remove the reference.")


def _of_emr(_step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    if parts[0] == "ClusterId" or not knows("emr", "DescribeStep"):
        return "string"
    return kind_at("emr", "Step", parts)


def _of_emr_serverless(_step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    shape = output_shape("emr-serverless", "GetJobRun")
    return kind_at("emr-serverless", shape, parts) if shape is not None else None


def _of_lineage(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    _one_of(step, parts, ("ActionArns", "ArtifactArns", "ContextArns", "Associations"))
    return "string" if len(parts) == 2 else None


def _of_bedrock(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    shape = output_shape("bedrock", BEDROCK[str(step["Type"])][1])
    small = tuple(part if isinstance(part, int) else part[:1].lower() + part[1:] for part in parts)
    return kind_at("bedrock", shape, small) if shape is not None else None


def _of_loop(step: Mapping[str, Any], parts: tuple[str | int, ...]) -> str | None:
    _one_of(step, parts, _FOR_EACH)
    return None


_RULES: dict[str, Callable[[Mapping[str, Any], tuple[str | int, ...]], str | None]] = {
    **dict.fromkeys(APIS, _of_response),
    "Lambda": _of_outputs,
    "Callback": _of_outputs,
    "Condition": _of_condition,
    "Fail": _of_nothing,
    "Cleanup": _of_nothing,
    "EMR": _of_emr,
    "ForEach": _of_loop,
    "EMRServerless": _of_emr_serverless,
    "Lineage": _of_lineage,
    **dict.fromkeys(BEDROCK, _of_bedrock),
}


# -- the rules ------------------------------------------------------------------------------------------------------


def requests(document: Document, meanings: Meanings) -> Iterator[Finding]:
    """Arguments that the API would refuse."""
    for at in document.placed:
        api = APIS.get(at.type)
        arguments = at.step.get("Arguments")
        if api is None or not isinstance(arguments, dict):
            continue
        for member in api.refused:
            if member in arguments:
                message = f"`{member}` cannot be given in a pipeline, though the API itself takes it"
                yield problem("refused-member", message, "Remove it.", ("Arguments", member), step=at.name)._replace(
                    on_key=True
                )
        for found in check_request("sagemaker", api.create, arguments, meanings.kind, api.optional):
            path = ("Arguments", *found.path)
            yield found._replace(step=at.name, path=path)


def references(document: Document, meanings: Meanings) -> Iterator[Finding]:
    """Expressions that lead nowhere."""
    for at, seen in zip(document.placed, document.scans, strict=True):
        for get in dict.fromkeys(seen.gets):
            wrong = meanings(get)[1]
            if wrong is not None:
                yield wrong._replace(step=at.name, path=find_path(own_part(at.step), {"Get": get}) or ())
        for expression in seen.malformed:
            path = find_path(own_part(at.step), expression) or ()
            yield problem("wrong-expression", f"`{next(iter(expression))}` is not written as the service reads it",
                          f"It reads like {_FORMS[next(iter(expression))]}.", path, step=at.name)  # fmt: skip
        for read in seen.reads:
            yield from _read(at, read, document)


def _read(at: PlacedStep, read: Mapping[str, Any], document: Document) -> Iterator[Finding]:
    path = find_path(own_part(at.step), {"Std:JsonGet": read}) if not isinstance(read.get("Path"), str) else None
    if path is not None:
        fix = "Read the whole value and choose in the step's code, or write the path out."
        message = "the path into a property file must be plain text; the service takes no expression there"
        yield problem("file-path", message, fix, path, step=at.name)
    file = read.get("PropertyFile")
    get = file.get("Get") if isinstance(file, dict) else None
    found = step_of(get, document.steps) if isinstance(get, str) else None
    if found is not None and not found[1].startswith("PropertyFiles"):
        where = find_path(own_part(at.step), {"Std:JsonGet": read}) or ()
        fix = "It reads like `Steps.NAME.PropertyFiles.FILE`."
        yield problem("file-path", f"`{get}` is no property file", fix, where, step=at.name)


def order(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """``DependsOn`` that names no step, or one step for two reasons."""
    for at in document.placed:
        triggers: dict[str, str] = {}
        for index, (name, trigger) in enumerate(dependencies(at.step)):
            if triggers.setdefault(name, trigger) != trigger:
                message = f"the step waits for `{name}` to end in two ways (`{triggers[name]}` and `{trigger}`)"
                yield problem("depends-twice", message, "Keep one of them.", ("DependsOn", index), step=at.name)
            if name not in document.steps:
                fix = did_you_mean(name, document.steps, f"The steps are {listed(document.steps)}.")
                message = f"there is no step `{name}` to depend on"
                yield problem("unknown-step", message, fix, ("DependsOn", index), step=at.name)
