"""How a reference may go on: after ``$``, after ``$steps.``, after ``$steps.train.``, down to what a response holds.

>>> split_reference("$steps.train.FinalMetricDataList['rm")
Typed(root='steps', parts=('train', 'FinalMetricDataList'), opener="['", partial='rm', start=34)
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sm_pipeline_widgets.definition.assist_api import Member, first_sentence, member_at, members_of, response_of
from sm_pipeline_widgets.definition.assist_values import Item
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.lint_requests import BASELINES
from sm_pipeline_widgets.definition.references import SERVICE_VARIABLES
from sm_pipeline_widgets.definition.secrets import is_secret_name
from sm_pipeline_widgets.definition.source import MappingNode, SequenceNode
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.steps.base import named
from sm_pipeline_widgets.definition.steps.control import branch_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.assist_outline import Outline
    from sm_pipeline_widgets.definition.assist_values import Surroundings
    from sm_pipeline_widgets.definition.spec import StepSpec

Parts = tuple[str | int, ...]

_WORD = r"[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*"
_NAME = re.compile(_WORD)
_BEGIN = re.compile(r"\$\{?(?P<root>[A-Za-z_]\w*)?")
_PART = re.compile(rf"\.(?P<name>{_WORD})|\[(?P<index>\d+)\]|\['(?P<single>[^']*)'\]|\[\"(?P<double>[^\"]*)\"\]")
_REST = re.compile(r"(?P<opener>\.|\['|\[\"|\[)(?P<partial>[^\]'\"\s]*)")
_DOLLAR = re.compile(r"\$\{?(?:[A-Za-z_]\w*(?:\.[\w-]*|\[[^\]\s]*\]?)*)?\Z")
_NAMES_OF = {
    "outputs": "outputs",
    "inputs": "inputs",
    "metrics": "metrics",
    "best_hyperparameters": "ranges",
    "NAME": "outputs",
    "PROPERTY_FILE": "property_files",
}
"""Placeholders of the step table's outputs, and the key that declares the names."""
_KEYED_BY = {
    "ProcessingInputs": ("inputs",),
    "Outputs": ("outputs",),
    "FinalMetricDataList": ("metrics",),
    "InputDataConfig": ("inputs",),
}
"""Lists of a response whose entries are found by a name, and the key that declares the names."""
PLAIN_TYPES = (str, int, float, bool, list, dict, tuple)
ROOTS = {
    "parameters": "a parameter of the pipeline",
    "steps": "what a step gives",
    "execution": "facts of the run",
    "target": "where the pipeline runs",
    "vars": "a variable of the notebook",
    "item": "the item of this iteration",
}


class Typed(NamedTuple):
    """A reference as far as it is typed: what is complete, what opened the last part, and that part's beginning."""

    root: str
    parts: Parts
    opener: str
    partial: str
    start: int


def reference_start(text: str) -> int | None:
    """The offset of the dollar of the reference a text ends in the middle of; None when it does not."""
    found = _DOLLAR.search(text)
    if found is None:
        return None
    dollars = len(text[: found.start() + 1]) - len(text[: found.start() + 1].rstrip("$"))
    return found.start() if dollars % 2 else None


def split_reference(text: str) -> Typed:
    """Take apart a reference that is still being typed; `start` is the offset of the last part's beginning."""
    begin = _BEGIN.match(text)
    at = begin.end() if begin is not None else 0
    root = (begin["root"] or "") if begin is not None else ""
    if at == len(text):
        return Typed("", (), "$", root, at - len(root))
    parts: list[str | int] = []
    while (part := _PART.match(text, at)) and not (part.end() == len(text) and part["name"] is not None):
        index = part["index"]
        parts.append(int(index) if index is not None else part["name"] or part["single"] or part["double"] or "")
        at = part.end()
    rest = _REST.match(text, at)
    if rest is None:
        return Typed(root, tuple(parts), "", "", len(text))
    return Typed(root, tuple(parts), rest["opener"], rest["partial"], rest.start("partial"))


def continued(typed: Typed, outline: Outline, step: str | None, around: Surroundings) -> Iterator[Item]:
    """What may follow, as texts for the last part."""
    if typed.opener == "$":
        looped = step is not None and step in outline.looped
        names = [root for root in ROOTS if root != "item" or looped]
        yield from (Item(root, ROOTS[root]) for root in names)
        return
    for item in _below(typed.root, typed.parts, outline, step, around):
        name = item.text
        if typed.opener == "." and _writable(name):
            yield item
        elif typed.opener.startswith("["):
            quote = typed.opener[1:] or "'"
            if not name.isdigit() and quote not in name and not name.endswith("]"):
                yield Item(("" if typed.opener[1:] else quote) + name + quote + "]", item.says)
            elif name.isdigit() and not typed.opener[1:]:
                yield Item(f"{name}]", item.says)


def _writable(name: str) -> bool:
    return all(_NAME.fullmatch(part) for part in re.sub(r"\[[^\]]*\]", "", name).split("."))


def _below(root: str, parts: Parts, outline: Outline, step: str | None, around: Surroundings) -> Iterator[Item]:
    if root == "steps":
        yield from _steps(parts, outline, step)
    elif root == "vars":
        yield from _variables(parts, around)
    elif root == "item":
        yield from _items(parts, outline, step)
    elif parts:
        return
    elif root == "parameters":
        for parameter in outline.spec.parameters.values():
            shown = parameter.has_default and not is_secret_name(parameter.name)
            default = f" = {parameter.default}" if shown else ""
            yield Item(parameter.name, f"{parameter.type}{default}"[:60])
    elif root == "execution":
        yield from (Item(name, f"the run's {service}") for name, service in SERVICE_VARIABLES.items())
    elif root == "target":
        # A role or bucket is an address: what it is suffices.
        yield from (Item(fact.name, f"the target's {fact.name}") for fact in dataclasses.fields(TargetFacts))


def _variables(parts: Parts, around: Surroundings) -> Iterator[Item]:
    value: Any = dict(around.variables)
    for part in parts:
        value = value.get(part) if isinstance(value, dict) else None
    for name, inner in [*value.items()] if isinstance(value, dict) else ():
        if isinstance(name, str) and not name.startswith("_") and type(inner) in PLAIN_TYPES:
            yield Item(name, type(inner).__name__)


def _items(parts: Parts, outline: Outline, step: str | None) -> Iterator[Item]:
    loop = outline.step(outline.looped.get(step or "", ""))
    items = loop.node("items") if loop is not None else None
    if isinstance(items, SequenceNode) and not parts:
        fields = [key for item in items.values if isinstance(item, MappingNode) for key, _ in item.items()]
        yield from (Item(name, "a field of the item") for name in dict.fromkeys(fields))


def _steps(parts: Parts, outline: Outline, step: str | None) -> Iterator[Item]:
    if not parts:
        for name in outline.may_name(step):
            yield Item(name, f"{outline.type_of(name) or 'step'} step")
        return
    found = outline.step(str(parts[0]))
    if found is not None:
        yield from outputs_of(found, parts[1:], outline)


def outputs_of(step: StepSpec, parts: Parts, outline: Outline) -> Iterator[Item]:
    """What a step gives at a path behind its name: friendly outputs first, then the service's own paths."""
    loop = _through_loop(step, parts, outline)
    if loop is not None:
        inner, rest = loop
        yield from (inner if inner is not None else ())
        if isinstance(rest, tuple):
            return
    if not parts:
        yield from friendly(step, outline)
        yield from _response(step, ())
    elif parts[0] in named(step.node("property_files")):
        yield from _in_file(step, parts, outline)
    elif str(parts[0])[:1].isupper():
        yield from _response(step, parts)
    elif len(parts) == 1:
        key = _NAMES_OF.get(str(parts[0]))
        told = next((doc for name, doc in dict(step_type(step.type).outputs).items() if name == f"{parts[0]}.NAME"), "")
        if key is not None and told:
            yield from (Item(name, told.rstrip(".")) for name in named(step.node(key)))


def _through_loop(step: StepSpec, parts: Parts, outline: Outline) -> tuple[list[Item] | None, Parts] | None:
    """What lies behind ``selected`` and ``iterations[K].STEP`` of a ForEach; None for everything else."""
    if step.type != "ForEach" or not parts or parts[0] not in ("selected", "iterations"):
        return None
    bodies = [name.text for name in branch_names(step, "body")]
    if parts[0] == "selected":
        body, rest = (bodies[0] if len(bodies) == 1 else ""), parts[1:]
        select = step.node("select")
        if isinstance(select, MappingNode):
            texts = [getattr(value, "text", "") for _, value in select.items()]
            body = next((name for name in bodies if any(f"steps.{name}." in text for text in texts)), body)
    elif len(parts) < 2:
        return [Item("0", "the first iteration")], ()
    elif len(parts) == 2:
        return [Item(name, f"{outline.type_of(name)} step of the body") for name in bodies], ()
    else:
        body, rest = str(parts[2]), parts[3:]
    inner = outline.step(body)
    return ([*outputs_of(inner, rest, outline)] if inner is not None and inner is not step else None), ()


def friendly(step: StepSpec, outline: Outline) -> Iterator[Item]:
    """The outputs a step has by friendly names, with what each is."""
    del outline
    for output, doc in dict(step_type(step.type).outputs).items():
        says = doc.rstrip(".")
        first, _, rest = output.partition(".")
        key = _NAMES_OF.get(first)
        if first == "PROPERTY_FILE":
            for name in named(step.node("property_files")):
                yield Item(name, "property file")
        elif first == "NAME":
            yield from (Item(name, says) for name in named(step.node("outputs")))
        elif rest == "NAME" and key is not None:
            yield from (Item(f"{first}.{name}", says) for name in named(step.node(key)))
        elif rest:
            yield Item(first.replace("[K]", "[0]"), says)
        else:
            yield Item(output.replace("[K]", "[0]"), says)


def _in_file(step: StepSpec, parts: Parts, outline: Outline) -> Iterator[Item]:
    """The paths into a property file that the text itself uses."""
    begin = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in parts) + "."
    for path in sorted(outline.used.get(step.name, ())):
        if path.startswith(begin) and len(path) > len(begin):
            rest = re.split(r"[.\[]", path[len(begin) :])[0]
            if rest:
                yield Item(rest, "used elsewhere in this text")


def _response(step: StepSpec, parts: Parts) -> Iterator[Item]:
    """The service's own paths."""
    if step.type in BASELINES and not parts:
        yield from (Item(name, "S3 URI") for name in BASELINES[step.type])
    if step.type in ("Lambda", "Callback"):
        if not parts:
            yield from (Item(f"OutputParameters['{name}']", "output") for name in named(step.node("outputs")))
        return
    here = member_at(response_of(step.type), parts)
    if here is None:
        return
    if here.kind == "list":
        yield from (
            Item(name, f"by its {here.named}") for name in _declared(step, here, str(parts[-1] if parts else ""))
        )
        yield Item("0", "the first entry")
    for name, member in members_of(here).items():
        yield from _members(step, name, member)


def _members(step: StepSpec, name: str, member: Member) -> Iterator[Item]:
    says = f"{member.kind}: {first_sentence(member.documentation, 60)}"
    yield from (Item(f"{name}['{one}']", f"{name} by name") for one in _declared(step, member, name))
    if member.kind == "list":
        yield Item(f"{name}[0]", says)
    else:
        yield Item(name, says)


def _declared(step: StepSpec, member: Member, name: str) -> list[str]:
    keys = _KEYED_BY.get(name, ()) if member.named or name == "Outputs" else ()
    names = [one for key in keys for one in named(step.node(key))]
    return [one for one in names if "'" not in one]
