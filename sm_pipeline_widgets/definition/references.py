"""References in the cell language: ``$steps.prepare.outputs.train``, ``${parameters['max rmse']}``, ``$$``.

Knows how they are written. What they mean - which Get, Join or JsonGet - is decided when the text is compiled.

>>> parse_template("rmse was ${steps.evaluate.metrics.rmse}.")[1].path
(Part(value='evaluate', bracket=False), Part(value='metrics', bracket=False), Part(value='rmse', bracket=False))
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = r"[A-Za-z0-9_]+(?:-+[A-Za-z0-9_]+)*"
_ROOT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(
    rf"""\.(?P<name>{_NAME})|\[(?P<index>\d+)\]|\[(?P<single>'[^']*')\]|\[(?P<double>"[^"]*")\]""",
)

SERVICE_VARIABLES = {
    "id": "PipelineExecutionId",
    "arn": "PipelineExecutionArn",
    "pipeline_name": "PipelineName",
    "pipeline_arn": "PipelineArn",
    "started": "StartDateTime",
    "now": "CurrentDateTime",
    "training_job": "TrainingJobName",
    "processing_job": "ProcessingJobName",
}
"""Friendly names below ``$execution`` and the service's variables; the service's own spellings work as well."""


class Part(NamedTuple):
    """One step of a path: a member (``.name``), or an index or key in brackets."""

    value: str | int
    bracket: bool = False


class Reference(NamedTuple):
    """A reference as written: ``text`` with its dollar, ``offset`` in the scalar, and its path below the root."""

    root: str
    path: tuple[Part, ...]
    text: str
    offset: int

    @property
    def names(self) -> tuple[str | int, ...]:
        return tuple(part.value for part in self.path)


class ReferenceSyntaxError(ValueError):
    """A dollar that begins no reference, or a reference that does not end; ``offset`` says where."""

    def __init__(self, message: str, offset: int, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.fix = fix


def parse_template(text: str) -> list[str | Reference]:
    """Split a text into literal stretches (with ``$$`` already a single dollar) and references.

    Raises
    ------
    ReferenceSyntaxError
        A ``${`` is not closed, or holds something that is no reference.
    """
    parts: list[str | Reference] = []
    literal: list[str] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        literal.append(text[at:dollar])
        if text.startswith("$$", dollar):
            literal.append("$")
            at = dollar + 2
            continue
        reference = match_reference(text, dollar)
        if reference is None:
            literal.append("$")
            at = dollar + 1
            continue
        if any(literal):
            parts.append("".join(literal))
        literal = []
        parts.append(reference)
        at = dollar + len(reference.text)
    literal.append(text[at:])
    if any(literal) or not parts:
        parts.append("".join(literal))
    return parts


def match_reference(text: str, at: int) -> Reference | None:
    """The reference whose dollar stands at `at`; None when that dollar is only a dollar (``$5``)."""
    braced = text.startswith("${", at)
    begin = at + (2 if braced else 1)
    root = _ROOT.match(text, begin)
    if root is None:
        if braced:
            raise ReferenceSyntaxError(
                "`${` begins a reference, but no name follows", at, "Write `$$` for a literal dollar."
            )
        return None
    end, path = _path(text, root.end())
    if braced:
        if not text.startswith("}", end):
            shown = text[at : end + 12]
            fix = "Close it with `}`; a part that is not letters, digits, `_` or `-` goes into brackets: `['it s']`."
            raise ReferenceSyntaxError(f"the reference `{shown}` is not closed", at, fix)
        end += 1
    return Reference(root[0], path, text[at:end], at)


def render_reference(root: str, path: tuple[Part, ...], *, braced: bool) -> str | None:
    """The reference as text, or None when some key cannot be written in it (it holds both kinds of quote)."""
    written = [root]
    for part in path:
        if isinstance(part.value, int):
            written.append(f"[{part.value}]")
        elif not part.bracket and re.fullmatch(_NAME, part.value):
            written.append(f".{part.value}")
        elif "'" not in part.value:
            written.append(f"['{part.value}']")
        elif '"' not in part.value:
            written.append(f'["{part.value}"]')
        else:
            return None
    inner = "".join(written)
    return f"${{{inner}}}" if braced else f"${inner}"


def service_path(path: tuple[Part, ...]) -> str:
    """The path as the service writes it behind a step's name: ``.A.B['key'][0]``."""
    return "".join(
        f"[{part.value}]" if isinstance(part.value, int) else f"['{part.value}']" if part.bracket else f".{part.value}"
        for part in path
    )


def _path(text: str, at: int) -> tuple[int, tuple[Part, ...]]:
    parts: list[Part] = []
    while match := _PART.match(text, at):
        if match["name"] is not None:
            parts.append(Part(match["name"]))
        elif match["index"] is not None:
            parts.append(Part(int(match["index"]), bracket=True))
        else:
            parts.append(Part((match["single"] or match["double"])[1:-1], bracket=True))
        at = match.end()
    return at, tuple(parts)
