"""Known causes of failure, recognised by the words they leave, each with what to do next.

Matches the rows of ``execution.catalogue`` against the texts of a failure. A cause is a hint: it shows the line it was
recognised by, and is never shown in place of the failure itself. What no row knows stays unknown.

>>> find_causes([Evidence("MemoryError: Unable to allocate 9 GiB", Seen.RAISED)])[0].title
'Memory ran out.'
>>> find_causes([Evidence("WARNING: pip: No matching distribution found for x, retrying", Seen.LOG)])
()
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.catalogue import data, definition, machine, packages, python_code, service
from sm_pipeline_widgets.execution.catalogue.row import Confidence, Known, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["CATALOGUE", "Cause", "Confidence", "Evidence", "Seen", "Surroundings", "find_causes", "is_harmless"]

CATALOGUE: tuple[Known, ...] = (
    *machine.ROWS, *python_code.ROWS, *packages.ROWS, *data.ROWS, *service.ROWS, *definition.ROWS,
)  # fmt: skip
"""Every known failure; of one family the more specific first."""

LONGEST_LINE = 300
"""Characters of the line a cause was recognised by that are shown."""
_LONGEST_SEARCHED = 2000
_LONGEST_WORD = 200
_SURE = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.POSSIBLE: 2}
_SAID_FIRST = {Seen.RAISED: 0, Seen.STATUS: 1, Seen.REASON: 2, Seen.LOG: 3}
_GROUP = re.compile(r"\{(\w+)\}")
# A line of a log that says it is a warning, or that something is tried again, is nobody's death.
_HARMLESS = re.compile(
    r"\b(?:warn(?:ing)?|debug|info|retry(?:ing)?|retried|will retry|attempt \d+|fall(?:ing)? ?back|ignor(?:ed|ing)|"
    r"skipp(?:ed|ing)|recovered|deprecat\w+|succe(?:ss|eded)\w*|disabled|not required|optional)\b|\w*Warning:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text of a failure, and where it stood."""

    text: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is known of the step: its type, exit code and how many seconds it ran.

    ``is_ended_from_outside`` says that it was stopped, or over its time: its exit code then says nothing of itself.
    """

    type: str = ""
    exit_code: int | None = None
    seconds: float | None = None
    is_ended_from_outside: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """What probably happened, what to do, and the line it was recognised by.

    ``name`` is the row's, and its heading in docs/failures.md; ``snippet`` a policy or command to copy; ``is_general``
    says that it adds little to what the failure itself says.
    """

    title: str
    fix: str
    evidence: str
    name: str = ""
    confidence: Confidence = Confidence.CERTAIN
    seen: Seen | None = None
    snippet: str = ""
    source: str = ""
    is_general: bool = False


@dataclass(frozen=True, slots=True)
class _Match:
    row: Known
    cause: Cause
    place: int


def find_causes(
    texts: Sequence[str | Evidence], around: Surroundings | None = None, most: int = 3
) -> tuple[Cause, ...]:
    """The known causes that the texts speak of, the most specific first; general ones only where there is no other.

    A plain text counts as seen anywhere.
    """
    known = around or Surroundings()
    usable = [text for text in texts if _is_evidence(text)]
    found = list(_first_of_family(_matches(usable, known)))
    # an exit code of its own says more than that there was an error
    by_exit = [match for match in found if match.row.exits]
    telling = [match for match in found if not match.row.is_general] or by_exit or found
    telling.sort(key=lambda match: (_SURE[match.row.confidence], match.place))
    return tuple(match.cause for match in telling[:most])


def is_harmless(line: str) -> bool:
    """Whether a line of a log says of itself that it is no failure: a warning, something tried again or left out."""
    return _HARMLESS.search(line[:_LONGEST_SEARCHED]) is not None


def _is_evidence(text: str | Evidence) -> bool:
    return isinstance(text, str) or text.seen is not Seen.LOG or not is_harmless(text.text)


def _matches(texts: Sequence[str | Evidence], around: Surroundings) -> Iterator[_Match]:
    for row in CATALOGUE:
        if row.types and around.type not in row.types:
            continue
        if row.seconds and (around.seconds or 0) < row.seconds:
            continue
        if around.is_ended_from_outside and around.exit_code in row.exits:
            continue
        if row.context is not None and not any(row.context.search(_text(text)) for text in texts):
            continue
        match = _match(row, texts, around)
        if match is not None:
            yield match


def _match(row: Known, texts: Sequence[str | Evidence], around: Surroundings) -> _Match | None:
    for text in texts:
        seen = text.seen if isinstance(text, Evidence) else None
        if row.pattern is None or (seen is not None and seen not in row.seen):
            continue
        found = row.pattern.search(_text(text))
        if found is not None:
            return _Match(row, _cause(row, found, seen), _SAID_FIRST.get(seen or Seen.RAISED, 0))
    if around.exit_code is not None and around.exit_code in row.exits:
        return _Match(row, _cause(row, None, Seen.REASON, f"exit code {around.exit_code}"), _SAID_FIRST[Seen.REASON])
    return None


def _first_of_family(matches: Iterable[_Match]) -> Iterator[_Match]:
    families: set[str] = set()
    for match in matches:
        if match.row.family and match.row.family in families:
            continue
        families.add(match.row.family)
        yield match


def _cause(row: Known, found: re.Match[str] | None, seen: Seen | None, evidence: str = "") -> Cause:
    groups = {name: (value or "")[:_LONGEST_WORD] for name, value in found.groupdict().items()} if found else {}
    return Cause(
        title=" ".join(_filled(row.title, groups).split()),
        fix=_filled(row.fix, groups),
        evidence=_line_of(found) if found else evidence,
        name=row.name,
        confidence=row.confidence,
        seen=seen,
        snippet=_filled(row.snippet, {name: value or name.upper() for name, value in groups.items()}),
        source=row.source,
        is_general=row.is_general,
    )


def _filled(template: str, groups: dict[str, str]) -> str:
    """The template with the groups' texts; braces that name no group (of JSON) stay."""
    return _GROUP.sub(lambda match: groups.get(match[1], match[0]), template)


def _line_of(found: re.Match[str]) -> str:
    """The line that holds the beginning of a match, cut around it where it is long."""
    text, at = found.string, found.start()
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else len(text)]
    if len(line) <= LONGEST_LINE:
        return line.strip()
    cut = max(0, min(at - start - LONGEST_LINE // 3, len(line) - LONGEST_LINE))
    shown = line[cut : cut + LONGEST_LINE].strip()
    return f"{'…' if cut else ''}{shown}{'…' if cut + LONGEST_LINE < len(line) else ''}"


def _text(text: str | Evidence) -> str:
    return (text.text if isinstance(text, Evidence) else text)[:_LONGEST_SEARCHED]
