"""What a compile has in hand, what it collects, and what a reference means to it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.references import SERVICE_VARIABLES, Reference
from sm_pipeline_widgets.definition.source import Json, MappingNode, Scalar
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.code import CodeFacts, CodeReader, CodeRef
    from sm_pipeline_widgets.definition.facts import TargetFacts
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec
    from sm_pipeline_widgets.errors import Problem

ROOTS = ("parameters", "steps", "execution", "item", "target", "vars")


_OUTPUT = re.compile(r"Steps\.(?P<step>.+)\.OutputParameters\['(?P<name>.+)'\]")
_FACTS = ("bucket", "role", "region", "account")
_NUMBERS = (".Value", "Count", ".ModelPackageVersion", "InSeconds")


class ReferenceMeaningError(ValueError):
    """A reference that is written correctly but names nothing that exists."""

    def __init__(self, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True)
class CodeUse:
    """A step's code: what was asked for, what was found, and in which form the step takes it."""

    ref: CodeRef
    facts: CodeFacts
    form: str  # "files" or "archive"


@dataclass(frozen=True, slots=True)
class Detail:
    """One setting of a step as compiled, and who said so: ``step``, ``defaults`` or ``built in``."""

    key: str
    value: str
    origin: str


ReferToStep = Callable[["StepSpec", Reference], Json]
"""What ``$steps.NAME.…`` means for a step; raises :class:`ReferenceMeaningError`."""


@dataclass(slots=True)
class Compilation:
    """Everything one compile has in hand, and what it collects on the way."""

    name: str
    spec: PipelineSpec
    facts: TargetFacts
    read_code: CodeReader
    variables: Mapping[str, Any]
    refer_to_step: ReferToStep
    looped: Mapping[str, str] = field(default_factory=dict)
    """The steps that stand in a ForEach, each with the ForEach's name."""
    problems: list[Problem] = field(default_factory=list)
    code: dict[str, CodeUse] = field(default_factory=dict)
    details: dict[str, list[Detail]] = field(default_factory=dict)

    def resolve(self, reference: Reference) -> Json:
        """The definition's expression (or, for ``target`` and ``vars``, the value) of a reference."""
        root, names = reference.root, reference.names
        if root == "parameters":
            return {"Get": f"Parameters.{self._known('parameter', names, self.spec.parameters)}"}
        if root == "steps":
            name = self._known("step", names, self.spec.steps, nested=True)
            return self.refer_to_step(self.spec.steps[name], reference)
        if root == "execution":
            return _execution(names)
        if root == "target":
            return str(getattr(self.facts, self._known("fact of a target", names, _FACTS)))
        if root == "vars":
            return _variable(reference, self.variables)
        if root == "item":
            fix = "List the step under the `body` of a ForEach, or name what is meant: `$parameters.NAME`."
            raise ReferenceMeaningError("wrong-place", "`$item` exists only inside a ForEach step", fix)
        fix = did_you_mean(root, ROOTS, f"References begin with {listed(ROOTS)}; a literal dollar is written `$$`.")
        raise ReferenceMeaningError("unknown-root", f"`{reference.text}` does not begin with something known", fix)

    def _known(self, what: str, names: tuple[str | int, ...], known: Collection[str], *, nested: bool = False) -> str:
        if not names:
            raise ReferenceMeaningError("incomplete-reference", f"the name of a {what} must follow", listed(known))
        name = str(names[0])
        if name not in known:
            fix = did_you_mean(name, known, f"There are {listed(known)}." if known else f"Declare it below `{what}s:`.")
            raise ReferenceMeaningError(f"unknown-{what.split(maxsplit=1)[0]}", f"there is no {what} `{name}`", fix)
        if len(names) > 1 and not nested:
            raise ReferenceMeaningError("unknown-property", f"a {what} has no parts: `{names[1]}` leads nowhere")
        return name

    def may_be_number(self, expression: dict[str, Json]) -> bool:
        """Whether a property could be something else than text: an item, a metric, a count, a declared output."""
        get = expression.get("Get")
        if not isinstance(get, str) or get.startswith(("Parameters.", "Execution.")):
            return False
        output = _OUTPUT.fullmatch(get)
        if output is None:
            return get.startswith("ForEach.CurrentItem") or get.endswith(_NUMBERS)
        step = self.spec.steps.get(output["step"])
        outputs = step.node("outputs") if step is not None else None
        kind = outputs.get(output["name"]) if isinstance(outputs, MappingNode) else None
        return isinstance(kind, Scalar) and kind.text.lower() in ("integer", "float", "boolean")

    def parameter_type(self, expression: Json) -> str | None:
        """The declared type of a bare parameter reference, None for anything else."""
        get = expression.get("Get") if isinstance(expression, dict) and len(expression) == 1 else None
        if not isinstance(get, str) or not get.startswith("Parameters."):
            return None
        parameter = self.spec.parameters.get(get.removeprefix("Parameters."))
        return parameter.type if parameter is not None else None


def _execution(names: tuple[str | int, ...]) -> Json:
    known = {**SERVICE_VARIABLES, **{service: service for service in SERVICE_VARIABLES.values()}}
    name = str(names[0]) if names else ""
    if len(names) != 1 or name not in known:
        fix = did_you_mean(name, known, f"There are {listed(SERVICE_VARIABLES)}.")
        raise ReferenceMeaningError("unknown-variable", f"an execution has no `{'.'.join(map(str, names))}`", fix)
    return {"Get": f"Execution.{known[name]}"}


def _variable(reference: Reference, variables: Mapping[str, Any]) -> Json:
    names = reference.names
    if not names or names[0] not in variables:
        name = str(names[0]) if names else ""
        fix = did_you_mean(name, variables, "Run the cell that sets it first.")
        raise ReferenceMeaningError("unknown-variable", f"the notebook has no variable `{name}`", fix)
    value = variables[str(names[0])]
    for inner in names[1:]:
        try:
            value = value[inner]
        except (KeyError, IndexError, TypeError) as error:
            message = f"`{reference.text}`: there is no `{inner}` in it"
            raise ReferenceMeaningError("unknown-variable", message) from error
    try:
        plain_value: Json = json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        fix = "Only text, numbers, booleans, and lists and dicts of them can stand in a definition."
        message = f"`{reference.text}` is a {type(value).__name__}"
        raise ReferenceMeaningError("wrong-kind", message, fix) from error
    return plain_value
