"""Rules of single families of steps that no shape of SageMaker's own API holds (``sagemaker.md`` §1.5 - §1.7).

EMR Serverless and Bedrock are other services with models of their own; check steps, loops and lineage have rules beside
their requests; calls need an address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.document import Document, dicts
from sm_pipeline_widgets.definition.findings import Finding, Path, problem
from sm_pipeline_widgets.definition.lint_requests import BEDROCK
from sm_pipeline_widgets.definition.service_shapes import EXPRESSIONS, check_request, knows
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sm_pipeline_widgets.definition.graph import PlacedStep
    from sm_pipeline_widgets.definition.lint_requests import Meanings

    Rule = Callable[[PlacedStep, Mapping[str, Any], Meanings], Iterator[Finding]]

CHECK_TYPES = {
    "QualityCheck": ("DATA_QUALITY", "MODEL_QUALITY"),
    "ClarifyCheck": ("DATA_BIAS", "MODEL_BIAS", "MODEL_EXPLAINABILITY"),
}
_CHECK_SWITCHES = ("SkipCheck", "FailOnViolation", "RegisterNewBaseline")
_NOT_OF_CHECK = {"QualityCheck": ("ModelName",), "ClarifyCheck": ("SuppliedBaselineStatistics",)}
MAX_ITEMS = 100
MAX_CONCURRENCY = 50
LINEAGE = {
    "Actions": ("CreateAction", 5),
    "Artifacts": ("CreateArtifact", 5),
    "Contexts": ("CreateContext", 5),
}
MAX_ASSOCIATIONS = 10
OUTPUT_TYPES = ("String", "Integer", "Float", "Boolean")
_MUST_BE_PARAMETER = ("ModelName", "ModelDeploymentName")
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:.+")
_QUEUE = re.compile(r"https://.+")


def families(document: Document, meanings: Meanings) -> Iterator[Finding]:
    """The rules of each step's own family."""
    for at in document.placed:
        rule, arguments = _RULES.get(at.type), at.step.get("Arguments")
        if rule is not None:
            given = arguments if isinstance(arguments, dict) else {}
            for found in rule(at, given, meanings):
                yield found._replace(step=at.name)


def _emr_serverless(_at: PlacedStep, arguments: Mapping[str, Any], meanings: Meanings) -> Iterator[Finding]:
    config = arguments.get("ApplicationConfig")
    if ("ApplicationId" in arguments) == (config is not None):
        message = "an EMR Serverless step runs in an application that is there (`ApplicationId`) or makes one "
        message += "(`ApplicationConfig`)"
        yield problem("emr-cluster", message, "Give exactly one of the two.", ("Arguments",))
    for member in ("ExecutionRoleArn", "JobConfig"):
        if member not in arguments:
            yield problem("missing-member", f"`{member}` is missing", "The service requires it.", ("Arguments",))
    if not knows("emr-serverless", "StartJobRun"):
        return
    given = (
        ("JobConfig", "StartJobRun", frozenset({"applicationId", "clientToken", "executionRoleArn"})),
        ("ApplicationConfig", "CreateApplication", frozenset({"clientToken"})),
    )
    for member, operation, optional in given:
        value = arguments.get(member)
        if isinstance(value, dict):
            for found in check_request("emr-serverless", operation, value, meanings.kind, optional):
                yield found._replace(path=("Arguments", member, *found.path))


def _check(at: PlacedStep, _arguments: Mapping[str, Any], meanings: Meanings) -> Iterator[Finding]:
    kind, allowed = at.step.get("CheckType"), CHECK_TYPES[at.type]
    if isinstance(kind, str) and kind not in allowed:
        fix = did_you_mean(kind, allowed, f"It takes {listed(allowed)}.")
        yield problem("wrong-value", f"a {at.type} step does not check `{kind}`", fix, ("CheckType",))
    elif kind is None:
        yield problem("missing-member", "`CheckType` is missing", f"It is one of {listed(allowed)}.", ("CheckType",))
    for member in _NOT_OF_CHECK[at.type]:
        if at.step.get(member) is not None:
            message = f"a {at.type} step has no `{member}`"
            yield problem("unknown-member", message, "Remove it.", (member,))._replace(on_key=True)
    for member in _CHECK_SWITCHES:
        value = at.step.get(member)
        known = meanings.kind(value) if isinstance(value, dict) else "boolean" if isinstance(value, bool) else "other"
        if value is not None and known not in ("boolean", None):
            fix = "Write `true` or `false`, or use a parameter of type Boolean."
            yield problem("wrong-type", f"`{member}` takes `true` or `false`", fix, (member,))


def _loop(_at: PlacedStep, arguments: Mapping[str, Any], _meanings: Meanings) -> Iterator[Finding]:
    items, most = arguments.get("IterableItems"), arguments.get("MaxConcurrency")
    here: Path = ("Arguments",)
    if items is None:
        yield problem("missing-member", "`IterableItems` is missing", "Say what to loop over: `items: [a, b]`.", here)
    elif isinstance(items, list) and not 1 <= len(items) <= MAX_ITEMS:
        message = f"the loop has {len(items)} items; the service takes 1 to {MAX_ITEMS}"
        fix = "Split it, or let a step give the items as a JSON list in a text."
        yield problem("wrong-length", message, fix, (*here, "IterableItems"))
    elif isinstance(items, list):
        for index, item in enumerate(items):
            if isinstance(item, list) or (isinstance(item, dict) and not EXPRESSIONS.intersection(item)):
                fix = "Write each item as text; JSON in a text can be read with `$item.NAME`."
                message = "an item of a loop is a list or a mapping; the service takes single values"
                yield problem("nested-argument", message, fix, (*here, "IterableItems", index))
    elif not isinstance(items, dict):
        fix = "For example `items: [a, b]`, or a reference to a text that holds a JSON list."
        yield problem("wrong-type", "`IterableItems` takes a list", fix, (*here, "IterableItems"))
    if isinstance(most, int) and not isinstance(most, bool) and not 1 <= most <= MAX_CONCURRENCY:
        message = f"`MaxConcurrency` is {most}"
        yield problem("out-of-range", message, f"The service takes 1 to {MAX_CONCURRENCY}.", (*here, "MaxConcurrency"))
    body = dicts(arguments.get("ForEachBody"))
    if not body:
        yield problem("missing-member", "the loop has no steps", "Name them: `body: [score]`.", (*here, "ForEachBody"))
    yield from _selector(arguments.get("Selector"), [str(step.get("Name")) for step in body])


def _selector(selector: Any, body: list[str]) -> Iterator[Finding]:
    field = selector.get("Field") if isinstance(selector, dict) else None
    get = field.get("Get") if isinstance(field, dict) else None
    path: Path = ("Arguments", "Selector", "Field")
    if isinstance(get, str) and not any(get.startswith(f"IterationOutput.{name}.") for name in body):
        fix = f"It begins with `IterationOutput.NAME.`; the loop's steps are {listed(body)}."
        yield problem("wrong-expression", f"`{get}` is no output of a step of the loop", fix, path)


def _lineage(_at: PlacedStep, arguments: Mapping[str, Any], meanings: Meanings) -> Iterator[Finding]:
    for member, (operation, most) in LINEAGE.items():
        entities = dicts(arguments.get(member))
        if len(entities) > most:
            message = f"the step makes {len(entities)} {member.lower()}; the service takes {most}"
            yield problem("too-many", message, "Use a second Lineage step.", ("Arguments", member))
        for index, entity in enumerate(entities):
            for found in check_request("sagemaker", operation, entity, meanings.kind):
                yield found._replace(path=("Arguments", member, index, *found.path))
    associations = dicts(arguments.get("Associations"))
    if len(associations) > MAX_ASSOCIATIONS:
        message = f"the step makes {len(associations)} associations; the service takes {MAX_ASSOCIATIONS}"
        yield problem("too-many", message, "Use a second Lineage step.", ("Arguments", "Associations"))
    for member in arguments:
        if member not in (*LINEAGE, "Associations"):
            known = (*LINEAGE, "Associations")
            fix = did_you_mean(member, known, f"It has {listed(known)}.")
            yield problem("unknown-member", f"a Lineage step has no `{member}`", fix, ("Arguments", member))


def _call(at: PlacedStep, _arguments: Mapping[str, Any], _meanings: Meanings) -> Iterator[Finding]:
    member, form, looks = {
        "Lambda": ("FunctionArn", _FUNCTION, "arn:aws:lambda:us-east-1:111122223333:function:NAME"),
        "Callback": ("SqsQueueUrl", _QUEUE, "https://sqs.us-east-1.amazonaws.com/111122223333/NAME"),
    }[at.type]
    address = at.step.get(member)
    if address is None:
        yield problem("missing-member", f"`{member}` is missing", f"It looks like `{looks}`.", (member,))
    elif isinstance(address, str) and not form.fullmatch(address):
        message = f"`{member}` cannot be `{address[:60]}`"
        yield problem("wrong-pattern", message, f"It looks like `{looks}`.", (member,))
    seen: set[str] = set()
    for index, output in enumerate(dicts(at.step.get("OutputParameters"))):
        name, kind = output.get("OutputName"), output.get("OutputType", "String")
        path: Path = ("OutputParameters", index)
        if isinstance(kind, str) and kind not in OUTPUT_TYPES:
            fix = did_you_mean(kind, OUTPUT_TYPES, f"It is one of {listed(OUTPUT_TYPES)}.")
            yield problem("wrong-value", f"`{kind}` is no type of an output", fix, path)
        if isinstance(name, str) and name in seen:
            yield problem("duplicate-name", f"two of the step's outputs are called `{name}`", "Rename one.", path)
        seen.add(str(name))


def _bedrock(at: PlacedStep, arguments: Mapping[str, Any], meanings: Meanings) -> Iterator[Finding]:
    operation, _ = BEDROCK[at.type]
    for member in _MUST_BE_PARAMETER:
        if isinstance(arguments.get(member), str) and at.type in ("BedrockCustomModel", "BedrockCustomModelDeployment"):
            message = f"`{member}` is the same in every run, but Bedrock makes each name only once"
            fix = "Declare a parameter for it and give a new value with each run."
            yield problem("wrong-value", message, fix, ("Arguments", member), Severity.WARNING)
    if not knows("bedrock", operation):
        return
    # Bedrock's own members begin with a small letter, a pipeline's with a capital. Warnings alone: these step types
    # stand in a branch of the SDK that was never released.
    for found in check_request(
        "bedrock", operation, _small(arguments), meanings.kind, frozenset({"clientRequestToken"})
    ):
        path = tuple(part if isinstance(part, int) else part[:1].upper() + part[1:] for part in found.path)
        fix = re.sub(r"`[a-z]", lambda match: match[0].upper(), found.fix) if found.on_key else found.fix
        yield found._replace(path=("Arguments", *path), fix=fix, severity=Severity.WARNING)


def _small(value: Any) -> Any:
    if isinstance(value, dict) and not (len(value) == 1 and EXPRESSIONS.intersection(value)):
        return {key[:1].lower() + key[1:]: _small(inner) for key, inner in value.items()}
    return [_small(item) for item in value] if isinstance(value, list) else value


_RULES: Mapping[str, Rule] = {
    "EMRServerless": _emr_serverless,
    "QualityCheck": _check,
    "ClarifyCheck": _check,
    "ForEach": _loop,
    "Lineage": _lineage,
    "Lambda": _call,
    "Callback": _call,
    **dict.fromkeys(BEDROCK, _bedrock),
}
