r"""Completion in the cell language: a text and a cursor to what fits there. Pure; files and variables are handed in.

>>> [item.text for item in complete("steps:\n  a:\n    type: Tra", 26).items]
['Training', 'Transform']
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_cursor import locate
from sm_pipeline_widgets.definition.assist_outline import Outline, read_outline
from sm_pipeline_widgets.definition.assist_references import continued, friendly, reference_start, split_reference
from sm_pipeline_widgets.definition.assist_slots import Kind, Slot, member_of_path, slot_at
from sm_pipeline_widgets.definition.assist_spot import Role, Spot
from sm_pipeline_widgets.definition.assist_values import MOST, Completions, Item, Surroundings, fitting, written
from sm_pipeline_widgets.definition.images import PROCESSORS, aliases
from sm_pipeline_widgets.definition.source import Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps.base import DEFAULT_INSTANCE, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sm_pipeline_widgets.definition.assist_spot import Path
    from sm_pipeline_widgets.definition.spec import StepSpec

HOLDS_LINES = {"steps", "parameters", "defaults", "arguments"}
"""Keys whose value stands on the lines below."""
_S3 = re.compile(r"S3 (URI|prefix)")
_OPERAND = re.compile(
    r"""\$\{[^}]*\}|\$[\w.\-\[\]'"]+|'[^']*'|"[^"]*"|[-+]?\d[\w.]*|true|false|null|\)|\]|[\w.]+""",
)
COMPARE = {
    "==": "equal", "!=": "not equal", "<": "less", "<=": "at most", ">": "more", ">=": "at least",
    "in": "one of a list", "not in": "none of a list",
}  # fmt: skip
JOIN = {"and": "both must hold", "or": "one must hold"}


def complete(text: str, cursor: int, around: Surroundings | None = None) -> Completions:
    """What fits at an offset of a text.

    Parameters
    ----------
    text
        The cell's text without the magic's line; it need not be YAML yet.
    cursor
        The offset in code points.
    around
        What the text may name that does not stand in it.
    """
    spot = locate(text, cursor)
    if spot.role is Role.NOTHING or spot.inside_word:
        return Completions(spot.start)
    return _At(text, spot, around or Surroundings()).completions()


class _At:
    """Everything at hand while one place is completed."""

    def __init__(self, text: str, spot: Spot, around: Surroundings) -> None:
        self.spot = spot
        self.around = around
        self.text = text
        self.cursor = spot.start + len(spot.prefix)
        self.outline: Outline = read_outline(text, self.cursor)
        path = spot.path
        self.step = str(path[1]) if len(path) > 1 and path[0] == "steps" else None
        written_type = spot.given.get("type", "") if len(path) == 2 else ""
        self.type = written_type or (self.outline.type_of(self.step) if self.step else "")
        self.slot: Slot = slot_at(path, self.type)

    def completions(self) -> Completions:
        spot = self.spot
        if spot.role is Role.KEY:
            return self.given(spot.start, self.keys(), spot.prefix)
        if spot.role is Role.VALUE or (not spot.given and not self.slot.keys):
            return self.value()
        if spot.given or not spot.path or isinstance(spot.path[-1], str):
            return self.given(spot.start, self.keys(), spot.prefix)
        # An entry of a list: a value, or the first of several keys.
        found = self.value()
        return (
            replace(found, items=found.items + fitting(self.keys(), spot.prefix))
            if found.start == spot.start
            else found
        )

    def given(self, start: int, items: Iterable[Item], typed: str) -> Completions:
        return Completions(start, fitting(items, typed))

    # -- keys -------------------------------------------------------------------------------------------------

    def keys(self) -> Iterator[Item]:
        taken = set(self.spot.given)
        for key, doc in self.slot.keys.items():
            if key not in taken:
                yield Item(self.as_key(key), doc)
        if self.spot.path[2:] == ("hyperparameters",) and not self.spot.quote and not self.spot.followed:
            for name, parameter in self.outline.spec.parameters.items():
                if name not in taken and re.fullmatch(r"\w+", name):
                    yield Item(f"{name}: $parameters.{name}", f"the {parameter.type} parameter")

    def as_key(self, key: str) -> str:
        spot = self.spot
        behind = self.text[self.cursor : self.cursor + 1]
        close = spot.quote if behind != spot.quote else ""
        if spot.followed or (spot.quote and not close):
            return key + (close if spot.followed else "")
        lines = key in HOLDS_LINES and not spot.flow
        return f"{key}{close}:" + ("" if lines else " ")

    # -- values -----------------------------------------------------------------------------------------------

    def value(self) -> Completions:
        spot, typed = self.spot, self.spot.prefix
        dollar = reference_start(typed)
        if dollar is not None:
            return self.reference(dollar)
        if spot.quote == "|" or self.slot.kind is Kind.TEXT:
            return Completions(spot.start)
        if self.slot.kind is Kind.CONDITION:
            return self.condition()
        if self.slot.kind is Kind.CODE and spot.quote != "|":
            return self.given(spot.start, self.code(), typed)
        items = [Item(word, says) for word, says in self.choices()]
        items += [Item(text, item.says) for item in self.names() if (text := written(item.text, spot)) is not None]
        return self.given(spot.start, self.listed(items), typed)

    def listed(self, items: list[Item]) -> Iterator[Item]:
        """On a line of its own, an entry of a list begins with a dash."""
        dash = self.spot.role is Role.EITHER and isinstance(self.spot.path[-1:][0] if self.spot.path else 0, str)
        is_list = self.slot.each is not None and self.slot.kind is not Kind.PLAIN
        for item in items:
            yield Item(f"- {item.text}", item.says) if dash and is_list else item

    def choices(self) -> Iterator[tuple[str, str]]:
        yield from self.slot.choices.items()
        if not self.slot.choices and self.slot.kind is Kind.PLAIN and self.slot.member is None:
            member = member_of_path(self.spot.path, self.type)
            if member is not None and member.kind == "list":
                return
            words = member.allowed if member is not None else ()
            words = words or (("true", "false") if member is not None and member.kind == "boolean" else ())
            yield from ((word, "") for word in words)

    def names(self) -> Iterator[Item]:
        kind = self.slot.kind
        if kind is Kind.STEP:
            yield from self.steps()
        elif kind is Kind.IMAGE:
            yield from images(self.spot.prefix)
        elif kind is Kind.INSTANCE:
            yield from instance_types(self.spot.path, self.type)
        elif kind is Kind.OUTPUT_FILE:
            outputs = named(step.node("outputs")) if (step := self.outline.step(self.step or "")) else []
            yield from (Item(f"{name}/", "a file in this output") for name in outputs)
        if self.may_refer():
            yield from islice(self.references(), MOST)

    def may_refer(self) -> bool:
        path = self.spot.path
        names_something = self.slot.kind not in (Kind.STEP, Kind.OUTPUT_FILE) and path[2:3] != ("type",)
        return self.step is not None and len(path) > 2 and names_something

    def steps(self) -> Iterator[Item]:
        taken: set[str] = set()
        step = self.outline.step(self.step or "")
        key = str(self.spot.path[2]) if len(self.spot.path) > 2 else ""
        node = step.node(key) if step is not None else None
        if isinstance(node, SequenceNode):
            taken = {item.text for item in node.values if isinstance(item, Scalar)} - {self.spot.prefix}
        allowed = self.outline.may_name(self.step) if key == "depends_on" else list(self.outline.spec.steps)
        for name in allowed:
            if name != self.step and name not in taken:
                yield Item(name, f"{self.outline.type_of(name) or 'step'} step")

    def references(self) -> Iterator[Item]:
        """Whole references that may stand here, so that nobody has to know how they begin."""
        if self.slot.kind is Kind.URI or self.slot.kind is Kind.PLAIN:
            wants = _S3 if self.slot.kind is Kind.URI else re.compile("name") if self.is_model_name() else None
            for name in reversed(self.outline.may_name(self.step)) if wants is not None else ():
                step = self.outline.spec.steps[name]
                for item in friendly(step, self.outline):
                    if wants is not None and wants.search(item.says) and re.fullmatch(r"[\w-]+", name):
                        yield Item(f"$steps.{name}.{item.text}", item.says)
        if not self.slot.choices:
            for name, parameter in self.outline.spec.parameters.items():
                if re.fullmatch(r"\w+", name):
                    yield Item(f"$parameters.{name}", f"{parameter.type} parameter")

    def is_model_name(self) -> bool:
        return self.spot.path[2:] in (("model",), ("config",))

    def reference(self, dollar: int) -> Completions:
        spot = self.spot
        typed = split_reference(spot.prefix[dollar:])
        items = continued(typed, self.outline, self.step, self.around)
        if spot.quote == "'":
            items = (replace(item, text=item.text.replace("'", '"')) for item in items)
        fits = (item for item in items if item.text != typed.partial and self.stands(item.text))
        return self.given(spot.start + dollar + typed.start, fits, typed.partial)

    def stands(self, text: str) -> bool:
        """Whether a part of a reference can stand where the text has got to: brackets and quotes may not."""
        spot = self.spot
        if spot.quote in ("'", '"') and spot.quote in text:
            return False
        return not (spot.flow and not spot.quote and ("[" in text or "]" in text))

    def code(self) -> Iterator[Item]:
        spot = self.spot
        for name in self.around.cells:
            yield Item(f"cell:{name}", "a %%step cell")
        folder = spot.prefix.rpartition("/")[0]
        folder = f"{folder}/" if folder else ""
        if folder.startswith(("/", "~", "s3:")):
            return
        for name in self.around.files(folder):
            text = written(folder + name, spot)
            if text is not None:
                yield Item(text, "folder" if name.endswith("/") else "file")

    def condition(self) -> Completions:
        spot = self.spot
        word = re.search(r"[^\s()\[\],]*\Z", spot.prefix)
        at = word.start() if word is not None else len(spot.prefix)
        before = spot.prefix[:at].rstrip()
        typed = spot.prefix[at:]
        items: list[Item]
        if _awaits_operator(before):
            clause = re.split(r"\b(?:and|or)\b", before)[-1]
            compared = re.search(r"[=<>]|\bin\b", clause) is not None
            items = [Item(sign, says) for sign, says in (JOIN if compared else {**COMPARE, **JOIN}).items()]
        else:
            steps = (self.outline.spec.steps[name] for name in reversed(self.outline.may_name(self.step)))
            items = [item for step in steps for item in self.measured(step)]
            items += [
                Item(f"$parameters.{name}", f"{parameter.type} parameter")
                for name, parameter in self.outline.spec.parameters.items()
            ]
            items += [Item("not", "the opposite"), Item("true"), Item("false")]
            items += [Item(f"$steps.{name}.", f"{self.outline.type_of(name)} step") for name in
                      self.outline.may_name(self.step)]  # fmt: skip
        fits = (item for item in items if spot.quote or self.plain_here(before + item.text))
        return self.given(spot.start + at, fits, typed)

    def measured(self, step: StepSpec) -> Iterator[Item]:
        """What a condition most often asks of a step: values in its property files, and its metrics."""
        for name in named(step.node("property_files")):
            paths = sorted(path for path in self.outline.used.get(step.name, ()) if path.startswith(f".{name}."))
            yield from (Item(f"$steps.{step.name}{path}", "in a property file") for path in paths)
            if not paths:
                yield Item(f"$steps.{step.name}.{name}.", "property file")
        if step.type == "Training":
            for name in named(step.node("metrics")):
                yield Item(f"$steps.{step.name}.metrics.{name}", "metric")

    def plain_here(self, text: str) -> bool:
        spot = self.spot
        return written(text, spot) == text or bool(text and spot.prefix[:1] not in "!>%")


def _awaits_operator(before: str) -> bool:
    """Whether a condition has a whole operand before the cursor."""
    last = None
    for found in re.finditer(rf"(?:{_OPERAND.pattern})|\S", before):
        last = found[0]
    if last is None or last in ("and", "or", "not", "in"):
        return False
    return _OPERAND.fullmatch(last) is not None


def images(typed: str) -> Iterator[Item]:
    """Image aliases; behind an alias's colon its versions, the newest first."""
    name, colon, _ = typed.partition(":")
    if not colon:
        for alias, versions in aliases().items():
            newest = next((one for one in reversed(list(versions)) if one), "")
            yield Item(alias, f"newest is {newest}" if newest else "image")
        return
    for version, image in reversed([*aliases().get(name, {}).items()]):
        if version:
            yield Item(f"{name}:{version}", f"{image.repository} {version}")
        for processor in PROCESSORS if version else ():
            if processor in image.tags and len([one for one in image.tags if one]) > 1:
                yield Item(f"{name}:{version}-{processor}", f"for {processor}")


def instance_types(path: Path, type_name: str) -> Iterator[Item]:
    """The instance types that the API takes at a place, the built-in one first."""
    member = member_of_path(path, type_name)
    request = member_of_path(("steps", "", "instance"), "Training") if member is None else member
    names = [name for name in (request.allowed if request is not None else ()) if name.startswith("ml.")]
    if DEFAULT_INSTANCE in names:
        yield Item(DEFAULT_INSTANCE, "when left out")
    yield from (Item(name, "instance type") for name in sorted(names, key=_natural))


def _natural(name: str) -> tuple[str, int, str]:
    family, _, size = name.rpartition(".")
    number = re.match(r"\d+", size)
    sizes = ("nano", "micro", "small", "medium", "large", "xlarge")
    return family, int(number[0]) + len(sizes) if number else sizes.index(size) if size in sizes else 0, size
