r"""What can stand in a field of a form: words, fitting parameters, outputs of earlier steps, the run's facts.

>>> text = "parameters: {rows: 5, kind: csv}\nsteps:\n  a: {type: Training}\n"
>>> [option.text for option in field_options(text, ["a"], ("count",), "$par")]
['$parameters.rows']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_api import first_sentence, member_at, request_of
from sm_pipeline_widgets.definition.assist_complete import images, instance_types
from sm_pipeline_widgets.definition.assist_outline import read_outline
from sm_pipeline_widgets.definition.assist_references import continued, reference_start, split_reference
from sm_pipeline_widgets.definition.assist_slots import Kind, Slot, key_slot, slot_at
from sm_pipeline_widgets.definition.assist_values import Surroundings
from sm_pipeline_widgets.definition.connections import Gives, Output, outputs_of, takes_at
from sm_pipeline_widgets.definition.form_kinds import STEP_LISTS, allowed, kind_of, kind_of_member
from sm_pipeline_widgets.definition.form_values import FieldKind
from sm_pipeline_widgets.definition.references import SERVICE_VARIABLES
from sm_pipeline_widgets.definition.rewrite_order import waits_for
from sm_pipeline_widgets.definition.rewrite_page import read_page
from sm_pipeline_widgets.definition.secrets import is_secret_name
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.definition.steps.foreach import looped_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec

MOST = 300
_NAME = re.compile(r"[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*")


class Group(StrEnum):
    """What an option is."""

    VALUE = "value"
    PARAMETER = "parameter"
    OUTPUT = "output"
    EXECUTION = "execution"


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can stand in a field: the text to write, how it is shown, and what it is."""

    text: str
    label: str
    group: Group
    says: str = ""


_FITS = {
    FieldKind.INTEGER: ("Integer",),
    FieldKind.NUMBER: ("Integer", "Float"),
    FieldKind.BOOLEAN: ("Boolean",),
    FieldKind.TEXT: ("String",),
    FieldKind.CHOICE: ("String",),
    FieldKind.CODE: (),
    FieldKind.STEPS: (),
}
"""The types of parameters that fit a field; every type fits the others."""
_ALL = ("String", "Integer", "Float", "Boolean")
_SINGLE = (FieldKind.INTEGER, FieldKind.NUMBER, FieldKind.BOOLEAN, FieldKind.CHOICE)
_NO_REFERENCE = ("type", "cache", "retry", "definition", "defaults", "local", "property_files")


def field_options(
    text: str, steps: Sequence[str], path: Path, typed: str, around: Surroundings | None = None
) -> tuple[Option, ...]:
    """What fits a field of these steps (of the pipeline without any) and holds what was typed.

    Raises
    ------
    EditRefusedError
        The text cannot be read, or there is no such step.
    """
    around = around or Surroundings()
    page = read_page(text)
    found = [page.written_step(name) for name in steps]
    dollar = reference_start(typed)
    if dollar is not None and found and len(split_reference(typed[dollar:]).parts) > 0:
        return tuple(_continued(text, found[0].name, typed, dollar, around))[:MOST]
    if not found:
        return _fitting(_pipeline_options(page.spec, path, around, typed), typed)
    several = [list(_Options(page.spec, step, path, around).options(typed)) for step in found]
    others = [{option.text for option in options} for options in several[1:]]
    return _fitting((one for one in several[0] if all(one.text in other for other in others)), typed)


def _fitting(options: Iterator[Option], typed: str) -> tuple[Option, ...]:
    """Those that begin with what was typed, then those that hold it."""
    every, folded = list({one.text: one for one in reversed([*options])}.values())[::-1], typed.strip().casefold()
    begins = [one for one in every if one.text.casefold().startswith(folded)]
    holds = [one for one in every if one not in begins and folded in f"{one.text} {one.says}".casefold()]
    return tuple([*begins, *holds][:MOST])


def _continued(text: str, step: str, typed: str, dollar: int, around: Surroundings) -> Iterator[Option]:
    """How a reference that is being typed may go on."""
    begun = split_reference(typed[dollar:])
    outline = read_outline(text, 0)
    groups = {"parameters": Group.PARAMETER, "steps": Group.OUTPUT}
    head = typed[: dollar + begun.start]
    for item in continued(begun, outline, step, around):
        if item.text.casefold().startswith(begun.partial.casefold()):
            whole = head + item.text
            yield Option(whole, whole, groups.get(begun.root, Group.EXECUTION), item.says)


def _pipeline_options(spec: PipelineSpec, path: Path, around: Surroundings, typed: str) -> Iterator[Option]:
    """What fits a setting of the whole pipeline: words; parameters where steps share a key."""
    slot = slot_at(path, "")
    if path[:1] == ("parameters",):
        parameter = spec.parameters.get(str(path[1])) if len(path) > 1 else None
        words = parameter.enum if parameter is not None and path[2:] == ("default",) else tuple(slot.choices)
        yield from (Option(word, word, Group.VALUE) for word in words)
        return
    inner = path[1:] if path[0] == "defaults" and len(path) > 1 else path
    kind = kind_of(inner, "Processing", slot, None)
    yield from _words(inner, "Processing", slot, kind, around=around, typed=typed)
    if path[0] == "defaults":
        yield from _parameters(spec, kind, inner)


class _Options:
    """Everything at hand while the options of one step's field are listed."""

    def __init__(self, spec: PipelineSpec, step: StepSpec, path: Path, around: Surroundings) -> None:
        self.spec, self.step, self.path, self.around = spec, step, path, around
        self.slot = key_slot(step.type, str(path[0]))
        for part in path[1:]:
            self.slot = self.slot.child(part)
        member = member_at(request_of(step.type), path[1:]) if path[0] == "arguments" else None
        self.kind = kind_of_member(member, None) if member is not None else kind_of(path, step.type, self.slot, None)

    def options(self, typed: str) -> Iterator[Option]:
        if self.path[0] in STEP_LISTS:
            yield from self.steps()
            return
        yield from _words(self.path, self.step.type, self.slot, self.kind, around=self.around, typed=typed)
        if self.path[0] in _NO_REFERENCE or self.kind in (FieldKind.CODE, FieldKind.STEPS):
            return
        outputs = list(self.outputs())
        fits_well = self.kind not in _SINGLE
        yield from outputs if fits_well else ()
        yield from _parameters(self.spec, self.kind, self.path)
        yield from () if fits_well else outputs
        if self.step.name in looped_steps(self.spec.steps.values()):
            yield Option("$item", "$item", Group.EXECUTION, "the item of this iteration")
        if self.kind in (FieldKind.TEXT, FieldKind.ANY) and self.slot.kind is not Kind.CODE:
            yield from _run_facts()

    def steps(self) -> Iterator[Option]:
        """Steps it could wait for, or hold in a branch."""
        key = str(self.path[0])
        held = {name.text for branch in ("then", "else", "body") for name in branch_names(self.step, branch)}
        names = self.earlier() if key == "depends_on" else [one for one in self.spec.steps if one not in held]
        for name in names:
            if name != self.step.name:
                yield Option(name, name, Group.VALUE, f"{self.spec.steps[name].type or 'step'} step")

    def earlier(self) -> list[str]:
        """The steps that do not wait for this one."""
        before = waits_for(self.spec)
        after, pending = {self.step.name}, [self.step.name]
        followers: dict[str, list[str]] = {}
        for name, earlier in before.items():
            for one in earlier:
                followers.setdefault(one, []).append(name)
        while pending:
            fresh = [name for name in followers.get(pending.pop(), ()) if name not in after]
            after.update(fresh)
            pending += fresh
        return [name for name in self.spec.steps if name not in after]

    def outputs(self) -> Iterator[Option]:
        """Outputs of earlier steps that fit; the nearest step's first."""
        for name in reversed(self.earlier()):
            source = self.spec.steps[name]
            if not _NAME.fullmatch(name) or source.literal is not None:
                continue
            for output in outputs_of(source):
                if takes_at(source, output, self.step, self.path, is_text=self.kind is not FieldKind.BOOLEAN):
                    yield from self.option(source, output)

    def option(self, source: StepSpec, output: Output) -> Iterator[Option]:
        text = f"$steps.{source.name}.{output.path}"
        if output.gives is Gives.FILE:
            # which value of the file is for the person to say
            yield Option(f"{text}.", f"{text}.…", Group.OUTPUT, "a value in this property file: type its path")
        else:
            yield Option(text, text, Group.OUTPUT, f"{output.says}, {source.type} step")


def _words(
    path: Path, type_name: str, slot: Slot, kind: FieldKind, *, around: Surroundings, typed: str
) -> Iterator[Option]:
    """Words, images, instance types, code: what a literal here can be."""
    for word in allowed(path, type_name, slot) or (("true", "false") if kind is FieldKind.BOOLEAN else ()):
        yield Option(word, word, Group.VALUE, slot.choices.get(word, ""))
    if slot.kind is Kind.IMAGE:
        yield from (Option(item.text, item.text, Group.VALUE, item.says) for item in images(typed))
    elif slot.kind is Kind.INSTANCE:
        items = instance_types(("steps", "", *path), type_name)
        yield from (Option(item.text, item.text, Group.VALUE, item.says) for item in items)
    elif slot.kind is Kind.CODE and slot.member is None:
        yield from (Option(f"cell:{name}", f"cell:{name}", Group.VALUE, "a %%step cell") for name in around.cells)
        folder = typed.rpartition("/")[0]
        if not folder.startswith(("/", "~", "s3:")):
            prefix = f"{folder}/" if folder else ""
            for name in around.files(prefix):
                says = "folder" if name.endswith("/") else "file"
                yield Option(prefix + name, prefix + name, Group.VALUE, says)
    if slot.member is not None and slot.member.kind == "string" and slot.member.allowed and not slot.choices:
        yield from (Option(word, word, Group.VALUE) for word in slot.member.allowed)


def _parameters(spec: PipelineSpec, kind: FieldKind, path: Path) -> Iterator[Option]:
    fits = _FITS.get(kind, _ALL)
    if path[0] in ("then", "else", "body"):
        return
    for name, one in spec.parameters.items():
        if one.type in fits and re.fullmatch(r"\w+", name):
            default = f", default {one.default}" if one.has_default and not is_secret_name(name) else ""
            says = f"{one.type} parameter{default}"
            says += f": {first_sentence(one.description)}" if one.description else ""
            yield Option(f"$parameters.{name}", f"$parameters.{name}", Group.PARAMETER, says)


def _run_facts() -> Iterator[Option]:
    for name, service in SERVICE_VARIABLES.items():
        yield Option(f"$execution.{name}", f"$execution.{name}", Group.EXECUTION, f"the run's {service}")
