r"""Help in the cell language: what the word at a cursor is, what it becomes, and what is wrong with it. Pure.

>>> explain("steps:\n  a:\n    type: Fail", 24).title
'type: Fail'
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_api import (
    Member,
    key_member,
    member_at,
    plain_text,
    response_of,
)
from sm_pipeline_widgets.definition.assist_cursor import locate
from sm_pipeline_widgets.definition.assist_outline import Outline, read_outline
from sm_pipeline_widgets.definition.assist_slots import Kind, Slot, member_of_path, slot_at
from sm_pipeline_widgets.definition.assist_spot import Role, Spot
from sm_pipeline_widgets.definition.assist_values import Surroundings
from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.compile import Compiled, compilation, compile_spec
from sm_pipeline_widgets.definition.expressions import parse_path, step_of
from sm_pipeline_widgets.definition.images import UnknownImageError, resolve_image
from sm_pipeline_widgets.definition.references import Reference, ReferenceSyntaxError, match_reference
from sm_pipeline_widgets.definition.secrets import is_secret_name
from sm_pipeline_widgets.definition.source import Span
from sm_pipeline_widgets.definition.spec import StepSpec, read_spec
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, step_type
from sm_pipeline_widgets.definition.steps.examples import example
from sm_pipeline_widgets.definition.values import StepContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.errors import Problem

_WORD_END = re.compile(r"[\w.\-:/]*")
_MOST_CHOICES = 12
_NOWHERE = Span(0, 0, 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of help: what it is about, and what is said; `code` when it is quoted from the text or definition."""

    about: str
    says: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Help:
    """What is said about one place: the problems there, a title, one sentence, facts, and the API's documentation."""

    title: str
    sentence: str = ""
    facts: tuple[Fact, ...] = ()
    documentation: str = ""
    problems: tuple[Problem, ...] = ()


def explain(text: str, cursor: int, around: Surroundings | None = None) -> Help | None:
    """What is known of the word at an offset of a text; None when that is nothing. Problems come first."""
    around = around or Surroundings()
    cursor = min(max(cursor, 0), len(text))
    compiled = compile_spec(
        read_spec(text), around.name, facts=around.facts, read_code=around.read_code, variables=around.variables
    )
    problems = tuple(_problems_at(text, cursor, compiled))
    found = _Place(text, cursor, around, compiled).explained()
    if found is not None:
        return replace(found, problems=problems)
    return Help("", problems=problems) if problems else None


def _problems_at(text: str, cursor: int, compiled: Compiled) -> Iterator[Problem]:
    line = text.count("\n", 0, cursor) + 1
    column = cursor - (text.rfind("\n", 0, cursor) + 1) + 1
    for problem in compiled.problems:
        if problem.line is None or problem.column is None:
            continue
        end = problem.end_line or problem.line, problem.end_column or problem.column
        if (problem.line, problem.column) <= (line, column) <= max(end, (problem.line, problem.column)):
            yield problem


class _Place:
    """Everything at hand while one place is explained."""

    def __init__(self, text: str, cursor: int, around: Surroundings, compiled: Compiled) -> None:
        self.text = text
        self.cursor = cursor
        self.around = around
        self.compiled = compiled
        behind = _WORD_END.match(text, cursor)
        end = behind.end() if behind is not None else cursor
        while end > cursor and text[end - 1] in ":.":
            end -= 1
        self.spot: Spot = locate(text, end)
        self.outline: Outline = read_outline(text, end)
        path = self.spot.path
        self.step = str(path[1]) if len(path) > 1 and path[0] == "steps" else None
        self.type = self.spot.given.get("type", "") if len(path) == 2 else ""
        self.type = self.type or (self.outline.type_of(self.step) if self.step else "")

    def explained(self) -> Help | None:
        spot = self.spot
        reference = self.reference()
        if reference is not None and spot.role is not Role.NOTHING:
            return self.of_reference(reference)
        if spot.role in (Role.KEY, Role.EITHER) and spot.prefix:
            return self.of_key((*spot.path, spot.prefix))
        if spot.role is Role.VALUE and spot.path:
            return self.of_value()
        return None

    # -- keys -------------------------------------------------------------------------------------------------

    def of_key(self, path: tuple[str | int, ...]) -> Help | None:
        key = str(path[-1])
        if len(path) == 2 and path[0] == "steps":
            return self.of_step(key)
        if len(path) == 2 and path[0] == "parameters":
            return self.of_parameter(key)
        owner = slot_at(path[:-1], self.type)
        slot = slot_at(path, self.type)
        doc = owner.keys.get(key)
        member = slot.member or member_of_path(path, self.type)
        if doc is None and member is None:
            return None
        doc = "" if slot.member is not None else doc
        facts = [*self.key_facts(path, slot, member)]
        documentation = plain_text(member.documentation) if member is not None else ""
        return Help(key, doc or "", tuple(facts), documentation)

    def key_facts(self, path: tuple[str | int, ...], slot: Slot, member: Member | None) -> Iterator[Fact]:
        key = str(path[-1])
        if member is not None:
            yield Fact("Type", member.says)
        choices = list(slot.choices) or list(member.allowed if member is not None else ())
        if choices:
            more = f" and {len(choices) - _MOST_CHOICES} more" if len(choices) > _MOST_CHOICES else ""
            yield Fact("One of" if slot.closed else "Such as", ", ".join(choices[:_MOST_CHOICES]) + more)
        if self.step is not None and len(path) == 3:
            yield from self.setting(key)
        if self.step is not None and len(path) == 3 and example(self.type, key):
            yield Fact("Example", example(self.type, key), code=True)
        made = key_member(self.type, (key,)) if self.step is not None and len(path) == 3 and self.type else None
        if made is not None:
            yield Fact("Becomes", _dotted(made), code=True)

    def setting(self, key: str) -> Iterator[Fact]:
        """What is filled in when the key is left out, or was."""
        details = [one for one in self.compiled.details.get(self.step or "", ()) if one.key == key]
        if details:
            yield Fact("Now", f"{details[0].value} ({details[0].origin})")
            return
        default = built_in(self.type).get(key)
        if default is not None:
            yield Fact("Default", default)

    def of_step(self, name: str) -> Help:
        row = step_type(self.outline.type_of(name))
        facts = []
        if row.name:
            facts.append(Fact("Type", f"{row.name}: {row.doc}"))
        before = sorted(self.outline.before.get(name, ()))
        after = sorted(one for one, earlier in self.outline.before.items() if name in earlier)
        facts += [Fact("After", ", ".join(before))] if before else []
        facts += [Fact("Before", ", ".join(after))] if after else []
        facts += [Fact("Gives", ", ".join(dict(row.outputs)))] if dict(row.outputs) else []
        return Help(name, "A step.", tuple(facts))

    def of_parameter(self, name: str) -> Help | None:
        parameter = self.outline.spec.parameters.get(name)
        if parameter is None:
            return None
        facts = [Fact("Type", parameter.type)]
        shown = parameter.has_default and not is_secret_name(name)
        facts += [Fact("Default", str(parameter.default))] if shown else []
        facts += [Fact("One of", ", ".join(parameter.enum))] if parameter.enum else []
        facts.append(Fact("Used as", f"$parameters.{name}", code=True))
        return Help(name, parameter.description or "A parameter of the pipeline.", tuple(facts))

    # -- values -----------------------------------------------------------------------------------------------

    def of_value(self) -> Help | None:
        path, word = self.spot.path, self.spot.prefix.strip()
        key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        if self.step is not None and path[2:] == ("type",):
            return self.of_type(word)
        kind = slot_at(path, self.type).kind
        if kind is Kind.STEP and word in self.outline.spec.steps:
            return self.of_step(word)
        if kind is Kind.IMAGE and word:
            return self.of_image(word)
        names = path[: len(path) - next((at for at, part in enumerate(reversed(path)) if isinstance(part, str)), 0)]
        told = self.of_key(names)
        if told is None:
            return None
        member = member_of_path(path, self.type)
        if kind is Kind.INSTANCE and word and member is not None:
            fits = "yes" if word in member.allowed else "no, not among those this botocore knows"
            return Help(f"{key}: {word}", "An instance type.", (Fact("Taken by the API", fits), *told.facts),
                        told.documentation)  # fmt: skip
        return replace(told, title=f"{key}: {word}" if word and len(word) < 40 else told.title)

    def of_type(self, name: str) -> Help | None:
        if name not in KNOWN_TYPES:
            return None
        row = step_type(name)
        facts = [Fact(key, doc) for key, doc in row.keys.items()]
        gives = [Fact(f"$steps.NAME.{output}", doc) for output, doc in dict(row.outputs).items()]
        sentence = row.doc if row.keys else f"{row.doc} Put the API's members under `arguments:`."
        return Help(f"type: {name}", sentence, (*facts, *gives))

    def of_image(self, word: str) -> Help:
        try:
            uri = resolve_image(word, self.around.facts.region)
        except UnknownImageError as error:
            return Help(f"image: {word}", error.message, (Fact("Instead", error.fix),))
        return Help(f"image: {word}", "A container image.", (Fact("Resolves to", uri, code=True),))

    # -- references -------------------------------------------------------------------------------------------

    def reference(self) -> Reference | None:
        """The reference the cursor stands in."""
        start = self.text.rfind("\n", 0, self.cursor) + 1
        end = self.text.find("\n", self.cursor)
        line = self.text[start : end if end >= 0 else len(self.text)]
        at = 0
        while (at := line.find("$", at)) >= 0:
            if line.startswith("$$", at):
                at += 2
                continue
            try:
                found = match_reference(line, at)
            except ReferenceSyntaxError:
                found = None
            if found is not None and at <= self.cursor - start <= at + len(found.text):
                return found
            at += len(found.text) if found is not None else 1
        return None

    def of_reference(self, reference: Reference) -> Help:
        work = compilation(
            self.around.name, self.outline.spec, facts=self.around.facts, variables=self.around.variables
        )
        step = self.outline.step(self.step or "") or StepSpec("", "", _NOWHERE, {})
        try:
            meaning = StepContext(step, work, ()).resolve(reference)
        except ReferenceMeaningError as error:
            return Help(reference.text, error.message, (Fact("Instead", error.fix),) if error.fix else ())
        # What a notebook's variable holds may be a secret; its type tells enough.
        is_variable = reference.root == "vars"
        facts = [
            Fact("Type", type(meaning).__name__)
            if is_variable
            else Fact("Becomes", json.dumps(meaning, ensure_ascii=False), code=True)
        ]
        facts += self.meaning_facts(reference, meaning)
        return Help(reference.text, self.output_doc(reference), tuple(facts))

    def meaning_facts(self, reference: Reference, meaning: Json) -> Iterator[Fact]:
        names = reference.names
        if reference.root == "parameters" and names:
            parameter = self.outline.spec.parameters[str(names[0])]
            yield Fact("Type", parameter.type)
            if parameter.has_default and not is_secret_name(parameter.name):
                yield Fact("Default", str(parameter.default))
        if reference.root != "steps" or not isinstance(meaning, dict):
            return
        producer = self.outline.spec.steps[str(names[0])]
        yield Fact("Made by", f"{producer.name}, {step_type(producer.type).name} step")
        get = meaning.get("Get")
        found = step_of(get, self.outline.spec.steps) if isinstance(get, str) else None
        member = member_at(response_of(producer.type), parse_path(found[1])) if found is not None else None
        if member is not None:
            yield Fact("Type", member.says)

    def output_doc(self, reference: Reference) -> str:
        if reference.root != "steps":
            told = {"parameters": "A parameter.", "execution": "A fact of the run.", "vars": "A notebook variable.",
                    "target": "Filled in for the target.", "item": "The item of this iteration."}  # fmt: skip
            return told.get(reference.root, "")
        row = step_type(self.outline.type_of(str(reference.names[0])))
        second = str(reference.names[1]) if len(reference.names) > 1 else ""
        docs = dict(row.outputs)
        found = next((doc for output, doc in docs.items() if re.split(r"[.\[]", output)[0] == second), "")
        return found or ("" if second[:1].isupper() else docs.get("PROPERTY_FILE.path", docs.get("NAME", "")))


def _dotted(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


@cache
def built_in(type_name: str) -> dict[str, str]:
    """What a step that says nothing is given."""
    text = json.dumps({"steps": {"s": {"type": type_name}}})
    work = compile_spec(read_spec(text), "p")
    return {one.key: one.value for one in work.details.get("s", ()) if one.origin == "built in"}
