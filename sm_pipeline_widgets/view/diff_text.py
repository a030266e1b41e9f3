"""What differs between two pipelines, as plain text: the counts first, then parameter by parameter and step by step.

Says values in the words of the cell language, long ones with their middle left out, secrets hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compare import Change
from sm_pipeline_widgets.definition.compare_values import ABSENT, ORDER
from sm_pipeline_widgets.definition.spoken import Speaker, speaker
from sm_pipeline_widgets.view.picture import readable, shorten
from sm_pipeline_widgets.view.redact import redacted, redacted_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sm_pipeline_widgets.definition.compare import Difference, EdgeChange, Position, StepChange
    from sm_pipeline_widgets.definition.compare_values import ValueChange

SIGNS = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~", Change.UNCHANGED: "="}
LONGEST = 60
"""Characters of a value; what is longer loses its middle, or what both sides share."""
NOTHING = "(nothing)"


@dataclass(frozen=True, slots=True)
class Voices:
    """Who says the values of each side: a friendly name may stand for something in one of them only."""

    before: Speaker
    after: Speaker

    @classmethod
    def of(cls, before: Mapping[str, Any], after: Mapping[str, Any]) -> Voices:
        return cls(speaker(before), speaker(after))


@dataclass(frozen=True, slots=True)
class Said:
    """A value change in words; an empty side says that nothing stands there."""

    path: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}: {self.values}"

    @property
    def values(self) -> str:
        """Both sides; where they look the same because they are hidden, that they differ."""
        if self.before == self.after:
            return f"changed, {self.before or NOTHING}"
        return f"{self.before or NOTHING} → {self.after or NOTHING}"


def difference_text(difference: Difference, voices: Voices, before: str, after: str) -> str:
    """The whole difference.

    Parameters
    ----------
    before, after
        What the two sides are called: ``diabetes (deployed)``.
    """
    title = readable(f"{before} → {after}")
    if difference.is_same:
        return f"{title}\nThe definitions are identical ({_count(len(difference.steps), 'step')})."
    sections = (_section(heading, lines) for heading, lines in _sections(difference, voices))
    parts = [f"{title}\n{summary(difference)}", *sections]
    return "\n\n".join(part for part in parts if part)


def summary(difference: Difference) -> str:
    """The counts in one line: ``1 step added, 2 changed, 4 unchanged; 1 parameter changed``."""
    if difference.is_same:
        return "identical"
    steps = [f"{difference.count(change)} {change}" for change in Change if difference.count(change)]
    said = [f"{_plural(difference.steps, 'step')}: {', '.join(steps)}"] if steps else []
    parameters = [one.change for one in difference.parameters]
    changes = [f"{parameters.count(change)} {change}" for change in Change if change in parameters]
    if set(parameters) - {Change.UNCHANGED}:
        said.append(f"parameters: {', '.join(changes)}")
    if difference.settings:
        said.append(f"{_count(len(difference.settings), 'other setting')}")
    return "; ".join(said)


def step_words(step: StepChange) -> str:
    """What became of a step as a whole: ``renamed from a, moved from the top level to gate then``."""
    words = [f"renamed from {step.was}"] if step.was is not None else []
    if step.moved is not None:
        words.append(f"moved from {_position(step.moved[0])} to {_position(step.moved[1])}")
    if step.change in (Change.ADDED, Change.REMOVED) and step.at.parent is not None:
        words.append(f"in {_position(step.at)}")
    return readable(", ".join(words))


def said(change: ValueChange, voices: Voices) -> Said:
    """A value change in words, as short as it can be told."""
    is_condition = change.path == "Conditions"
    texts = [
        "" if value is ABSENT else _value(change.path, value, voice, is_condition=is_condition)
        for value, voice in ((change.before, voices.before), (change.after, voices.after))
    ]
    path = "the condition" if is_condition else change.path
    return Said(readable(_without_order(path)), *_shortened(*texts))


def _sections(difference: Difference, voices: Voices) -> Iterator[tuple[str, list[str]]]:
    settings = [f"  ~ {said(change, voices)}" for change in difference.settings]
    yield "Pipeline", settings
    yield "Parameters", [line for one in difference.parameters for line in _parameter(one, voices)]
    yield "Steps", [line for step in difference.steps for line in _step(step, voices)]
    yield "Order", [f"  {SIGNS[edge.change]} {_edge(edge)}" for edge in _told_edges(difference)]


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


def _parameter(one: Any, voices: Voices) -> Iterator[str]:
    if one.change is Change.UNCHANGED:
        return
    yield f"  {SIGNS[one.change]} {readable(one.name)}"
    for change in parameter_values(one):
        yield f"      {_with_name(one.name, change, voices)}"


def parameter_values(one: Any) -> tuple[ValueChange, ...]:
    """The values of a parameter that changed; of one that came or went its sign says enough."""
    return tuple(one.values) if one.change is Change.CHANGED else ()


def _with_name(name: str, change: ValueChange, voices: Voices) -> Said:
    """A parameter's value, hidden if the parameter's name says so."""
    told = said(change, voices)
    hide = {side: redacted(name, text) for side, text in (("before", told.before), ("after", told.after))}
    return Said(told.path, hide["before"], hide["after"])


def parameter_words(one: Any, voices: Voices) -> str:
    """A parameter's change in one line."""
    return "; ".join(str(_with_name(one.name, change, voices)) for change in parameter_values(one)) or one.change.value


def _step(step: StepChange, voices: Voices) -> Iterator[str]:
    if step.change is Change.UNCHANGED:
        return
    words = step_words(step)
    yield readable(f"  {SIGNS[step.change]} {step.name or '(no name)'} ({step.type})") + (f": {words}" if words else "")
    for change in step.values:
        yield f"      {said(change, voices)}"


def _told_edges(difference: Difference) -> list[EdgeChange]:
    """The edges between steps that are on both sides; those of steps that came or went are told by these."""
    whole = {step.name for step in difference.steps if step.change in (Change.CHANGED, Change.UNCHANGED)}
    return [
        edge for edge in difference.edges if edge.change is not Change.UNCHANGED and {edge.source, edge.target} <= whole
    ]


def _edge(edge: EdgeChange) -> str:
    kinds = [" and ".join(kinds) for kinds in (edge.before, edge.after) if kinds]
    return readable(f"{edge.source} → {edge.target} ({' → '.join(kinds)})")


def _position(at: Position) -> str:
    if at.parent is None:
        return "the top level"
    return f"the loop {at.parent}" if at.branch == "body" else f"{at.parent} {at.branch or ''}".strip()


def _value(path: str, value: Any, voice: Speaker, *, is_condition: bool) -> str:
    if path.endswith(ORDER) and isinstance(value, list):
        return ", ".join(map(str, value))
    safe = redacted_value(path, value)
    if isinstance(value, str) and safe != value:
        return str(safe)
    return readable(voice.condition(safe) if is_condition else voice.say(safe)) or "''"


def _without_order(path: str) -> str:
    return f"{path.removesuffix(ORDER).rstrip('.')} in another order" if path.endswith(ORDER) else path


def _shortened(before: str, after: str) -> tuple[str, str]:
    """Both sides short enough to read: what long texts have in common at their ends gives way first."""
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    if not before or not after:
        return shorten(before, LONGEST), shorten(after, LONGEST)
    start = _shared(before, after)
    end = min(_shared(before[::-1], after[::-1]), min(len(before), len(after)) - start)
    kept = 12  # characters of what is shared that stay, so that one sees where the difference lies
    cut_start, cut_end = max(0, start - kept), max(0, end - kept)
    return (_middle(before, cut_start, cut_end), _middle(after, cut_start, cut_end))


def _middle(text: str, start: int, end: int) -> str:
    inner = text[start : len(text) - end]
    return f"{'…' if start else ''}{shorten(inner, LONGEST)}{'…' if end else ''}"


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plural(things: tuple[Any, ...], noun: str) -> str:
    return noun if len(things) == 1 else f"{noun}s"
