"""What single types of steps ask for beside the shapes of an API (``sagemaker.md`` §1.5, §2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import Document, dicts
from sm_pipeline_widgets.definition.findings import Finding, Path, problem
from sm_pipeline_widgets.definition.service_shapes import EXPRESSIONS, check_request, checker, knows
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sm_pipeline_widgets.definition.lint_requests import Meanings

_ORDERED = ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
CONDITION_TYPES = ("Equals", *_ORDERED, "In", "Not", "Or")
_OTHER_SPELLINGS = ("NotEquals", "NotIn")  # the JSON schema's, which no SDK writes (sagemaker.md §1.8)
_ARTICLES = {"string": "text", "number": "a number", "boolean": "a boolean"}
_ONE_TYPE = "Make both of one type: quote the number, or declare the parameter as Integer or Float."
_NOT_OF_A_CLUSTER = ("Name", "Steps", "AutoTerminationPolicy")
_NOT_OF_INSTANCES = ("KeepJobFlowAliveWhenNoSteps", "TerminationProtected")


def types(document: Document, meanings: Meanings) -> Iterator[Finding]:
    """The rules of each step's own type."""
    for at in document.placed:
        rule, arguments = _RULES.get(at.type), at.step.get("Arguments")
        if rule is not None and isinstance(arguments, dict):
            for found in rule(arguments, meanings):
                yield found._replace(step=at.name, path=("Arguments", *found.path))


def _condition(arguments: Mapping[str, Any], meanings: Meanings) -> Iterator[Finding]:
    for index, one in enumerate(dicts(arguments.get("Conditions"))):
        yield from _comparison(one, ("Conditions", index), meanings)


def _comparison(one: Mapping[str, Any], path: Path, meanings: Meanings) -> Iterator[Finding]:
    kind = one.get("Type")
    if kind == "Not" and isinstance(one.get("Condition"), dict):
        yield from _comparison(one["Condition"], (*path, "Condition"), meanings)
    elif kind == "Or":
        for index, inner in enumerate(dicts(one.get("Conditions"))):
            yield from _comparison(inner, (*path, "Conditions", index), meanings)
    elif kind == "In" and "QueryValue" in one and isinstance(one.get("Values"), list):
        left = _kind(one["QueryValue"], meanings)
        others = {_kind(value, meanings) for value in one["Values"]}
        if left is not None and others and None not in others and left not in others:
            message = f"{_ARTICLES[left]} is never one of values that are {_ARTICLES[str(min(others, key=str))]}"
            yield problem("compared-types", message, _ONE_TYPE, path, Severity.WARNING)
    elif kind in CONDITION_TYPES:
        left, right = _kind(one.get("LeftValue"), meanings), _kind(one.get("RightValue"), meanings)
        if left is not None and right is not None and left != right:
            message = f"{_ARTICLES[left]} is compared with {_ARTICLES[right]}, and neither is made into the other"
            yield problem("compared-types", message, _ONE_TYPE, path,
                          Severity.WARNING)  # fmt: skip
    elif isinstance(kind, str) and kind not in _OTHER_SPELLINGS:
        fix = did_you_mean(kind, CONDITION_TYPES, f"There are {listed(CONDITION_TYPES)}.")
        yield problem("condition-type", f"`{kind}` is not a type of condition", fix, (*path, "Type"))


def _kind(value: Any, meanings: Meanings) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    known = meanings.kind(value) if isinstance(value, dict) else None
    return "number" if known in ("integer", "float") else known if known in _ARTICLES else None


def _payload(arguments: Mapping[str, Any], _meanings: Meanings) -> Iterator[Finding]:
    for key, value in arguments.items():
        if isinstance(value, list) or (isinstance(value, dict) and not (len(value) == 1 and set(value) <= EXPRESSIONS)):
            message = f"`{key}` is not a single value; the service passes on text, numbers and booleans only"
            fix = "Pass it as JSON in a text and read it there with `json.loads`."
            yield problem("nested-argument", message, fix, (key,), Severity.WARNING)


def _emr(arguments: Mapping[str, Any], meanings: Meanings) -> Iterator[Finding]:
    config = arguments.get("ClusterConfig")
    if ("ClusterId" in arguments) == (config is not None):
        message = "an EMR step runs on a cluster that is there (`ClusterId`) or makes one (`ClusterConfig`)"
        yield problem("emr-cluster", message, "Give exactly one of the two.")
    if not knows("emr", "RunJobFlow"):
        return
    jar = arguments.get("StepConfig")
    if isinstance(jar, dict) and isinstance(jar.get("HadoopJarStep"), dict):
        for found in checker("emr", "HadoopJarStepConfig")(jar["HadoopJarStep"], meanings.kind):
            yield found.below("HadoopJarStep").below("StepConfig")
    if not isinstance(config, dict):
        return
    for found in check_request("emr", "RunJobFlow", config, meanings.kind, frozenset({"Name"})):
        yield found.below("ClusterConfig")
    for member in _NOT_OF_A_CLUSTER:
        if member in config:
            message = f"`{member}` cannot be given in a pipeline; the step itself sets it"
            yield problem("refused-member", message, "Remove it.", ("ClusterConfig", member))._replace(on_key=True)
    instances = config.get("Instances")
    yield from _instances(instances)
    for member in _NOT_OF_INSTANCES:
        if isinstance(instances, dict) and member in instances:
            message = f"`{member}` cannot be given in a pipeline; the cluster lives as long as the step"
            path = ("ClusterConfig", "Instances", member)
            yield problem("refused-member", message, "Remove it.", path)._replace(on_key=True)


def _instances(instances: Any) -> Iterator[Finding]:
    if isinstance(instances, dict) and ("InstanceGroups" in instances) == ("InstanceFleets" in instances):
        message = "a cluster consists of `InstanceGroups` or of `InstanceFleets`"
        yield problem("emr-cluster", message, "Give exactly one of the two.", ("ClusterConfig", "Instances"))


def _automl(arguments: Mapping[str, Any], _meanings: Meanings) -> Iterator[Finding]:
    config = arguments.get("AutoMLJobConfig")
    mode = config.get("Mode") if isinstance(config, dict) else None
    if isinstance(mode, str) and mode != "ENSEMBLING":
        message = f"the mode of AutoML in a pipeline is `ENSEMBLING`, not `{mode}`"
        yield problem("wrong-value", message, "Write `ENSEMBLING`.", ("AutoMLJobConfig", "Mode"))


_RULES: Mapping[str, Callable[[Mapping[str, Any], Meanings], Iterator[Finding]]] = {
    "Condition": _condition,
    "Lambda": _payload,
    "Callback": _payload,
    "EMR": _emr,
    "AutoML": _automl,
}
