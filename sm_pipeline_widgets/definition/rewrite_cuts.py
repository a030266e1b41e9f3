"""Taking out what refers to something: the entry, the item of a list, the term of a condition - no more and no less."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.rewrite_mentions import Form, Hit
from sm_pipeline_widgets.definition.rewrite_tree import cut, set_entry
from sm_pipeline_widgets.definition.source import MappingNode, Scalar, SequenceNode
from sm_pipeline_widgets.definition.values import is_expression_node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.rewrite_page import Page, Splice

_TOLD = ("message", "description", "display_name", "package_description")
"""Keys whose text is for people: it stays without the reference."""
_ARGUMENTS = ("args", "command", "spark", "ContainerArguments", "ContainerEntrypoint")
"""Lists of a program's arguments."""
_WORD = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\$\{[^}]*\}|\$(?:\w|[.-](?=\w)|\['[^']*'\]|\["[^"]*"\]|\[\d+\])*"""
    r"""|(?P<open>[(\[])|(?P<close>[)\]])|(?P<word>\w+)|.""",
    re.DOTALL,
)


@dataclass(slots=True)
class Cuts:
    """What is to be taken out, gathered by where it stands."""

    page: Page
    paths: set[Path] = field(default_factory=set)
    texts: dict[Path, str] = field(default_factory=dict)
    emptied: set[Path] = field(default_factory=set)
    kept: list[Hit] = field(default_factory=list)

    def take(self, hits: Iterable[Hit]) -> None:
        """Decide for each hit what goes with it."""
        told: dict[Path, list[Hit]] = {}
        for hit in hits:
            if hit.form in (Form.REFERENCE, Form.CONDITION) and self._is_told(hit):
                told.setdefault(hit.path, []).append(hit)
            elif self._is_branch(hit.path):
                self.emptied.add(hit.path)  # `then: register` is a list of one
            elif (unit := self._unit(hit)) is not None:
                self.paths |= {unit, *self._flag_of(unit)}
            else:
                self.kept.append(hit)
        for path, found in told.items():
            self._without(path, found)

    def splices(self) -> list[Splice]:
        """The splices that take it all out."""
        splices = [one for path, text in self.texts.items() for one in set_entry(self.page, path, text)]
        holders: dict[Path, set[str | int]] = {}
        for path in self._closed():
            holders.setdefault(path[:-1], set()).add(path[-1])
        for path in self.emptied:
            splices += set_entry(self.page, path, [])
        for holder, parts in holders.items():
            splices += cut(self.page, holder, parts)
        return splices

    def _closed(self) -> set[Path]:
        """The paths, a holder in place of all it holds; branches that lose all stay as empty lists."""
        closed = set(self.paths)
        changed = True
        while changed:
            changed = False
            for holder in {path[:-1] for path in closed}:
                if self._is_floor(holder) or not self._all_gone(holder, closed):
                    continue
                closed = {path for path in closed if path[: len(holder)] != holder}
                (self.emptied if self._is_branch(holder) else closed).add(holder)
                changed = True
                break
        # What stands inside something that goes needs no cut of its own.
        return {path for path in closed if not any(path[:length] in closed for length in range(1, len(path)))}

    def _all_gone(self, holder: Path, closed: set[Path]) -> bool:
        node = self.page.node(holder)
        if isinstance(node, MappingNode):
            return all((*holder, key) in closed for key, _ in node.items())
        return isinstance(node, SequenceNode) and all((*holder, index) in closed for index in range(len(node.values)))

    def _is_floor(self, holder: Path) -> bool:
        return len(holder) == 0 or holder == ("steps",) or (holder[0] == "steps" and len(holder) == 2)

    def _is_branch(self, path: Path) -> bool:
        if len(path) != 3 or path[0] != "steps":
            return False
        step = self.page.spec.steps.get(str(path[1]))
        return step is not None and path[2] in HOLDERS.get(step.type, ())

    def _is_told(self, hit: Hit) -> bool:
        return hit.form is Form.CONDITION or (len(hit.path) == 3 and hit.path[2] in _TOLD)

    def _unit(self, hit: Hit) -> Path | None:
        """The path of what goes with a hit; None where nothing can be taken out."""
        if len(hit.path) > 2 and hit.path[2] == "definition":
            return None
        for length in range(1, len(hit.path)):
            node = self.page.node(hit.path[:length])
            if node is not None and is_expression_node(node):
                return self._whole(hit.path[:length])
        if hit.form is Form.NAME and hit.path[-1] in ("step", "Step"):
            return hit.path[:-1]
        return self._whole(hit.path)

    def _whole(self, path: Path) -> Path:
        return path[:-1] if path[-1] == "uri" else path

    def _flag_of(self, path: Path) -> set[Path]:
        """The flag in front of an argument (``--model``), which means nothing without it."""
        if len(path) < 2 or path[-2] not in _ARGUMENTS or not isinstance(path[-1], int) or path[-1] == 0:
            return set()
        before = (*path[:-1], path[-1] - 1)
        flag = self.page.node(before)
        is_flag = isinstance(flag, Scalar) and re.fullmatch(r"--?[A-Za-z][\w.-]*", flag.text) is not None
        return {before} if is_flag else set()

    def _without(self, path: Path, hits: list[Hit]) -> None:
        node = hits[0].node
        stretches = {(hit.offset, hit.offset + len(hit.shown)) for hit in hits}
        if hits[0].form is Form.CONDITION:
            left = pruned(node.text, stretches)
        else:
            left = node.text
            for start, end in sorted(stretches, reverse=True):
                left = left[:start] + left[end:]
            left = re.sub(r"\s+(?=[,.;:]|$)| +(?= )", "", left).strip() if left.strip(" .:,;-") else None
        if left is None:
            self.paths.add(path)
        else:
            self.texts[path] = left


def pruned(text: str, stretches: set[tuple[int, int]]) -> str | None:
    """A condition without the terms that hold certain stretches; None when no term stays.

    >>> pruned("$a < 1 and ($b or not $c)", {(12, 14)})
    '$a < 1 and (not $c)'
    """
    return _pruned(text, 0, stretches)


def _pruned(text: str, offset: int, stretches: set[tuple[int, int]]) -> str | None:
    if not any(offset <= start < offset + len(text) for start, _ in stretches):
        return text.strip()
    for word in ("or", "and"):
        parts = _split(text, word)
        if len(parts) > 1:
            left = [_pruned(part, offset + at, stretches) for at, part in parts]
            kept = [one for one in left if one is not None]
            return f" {word} ".join(kept) if kept else None
    negated = re.match(r"\s*not\b\s*", text)
    if negated:
        inner = _pruned(text[negated.end() :], offset + negated.end(), stretches)
        return f"not {inner}" if inner is not None else None
    begin = len(text) - len(text.lstrip())
    stripped = text.strip()
    if stripped.startswith("(") and stripped.endswith(")") and _is_one_bracket(stripped):
        inner = _pruned(stripped[1:-1], offset + begin + 1, stretches)
        return f"({inner})" if inner is not None else None
    return None


def _split(text: str, word: str) -> list[tuple[int, str]]:
    """The parts of an expression between a word outside of brackets, with their offsets."""
    depth, begin, parts = 0, 0, []
    for token in _WORD.finditer(text):
        depth += bool(token["open"]) - bool(token["close"])
        if depth == 0 and token["word"] == word:
            parts.append((begin, text[begin : token.start()]))
            begin = token.end()
    return [*parts, (begin, text[begin:])]


def _is_one_bracket(text: str) -> bool:
    depth = 0
    for token in _WORD.finditer(text):
        depth += bool(token["open"]) - bool(token["close"])
        if depth == 0 and token.end() < len(text):
            return False
    return True
