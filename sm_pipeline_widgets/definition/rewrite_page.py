"""A text that is to be edited: read once, with what its lines and its values' ends are.

Offsets are those of the text without a byte order mark; :mod:`rewrite` puts that back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sm_pipeline_widgets.definition.source import Entry, MappingNode, Node, Scalar, SequenceNode, Source, read_source
from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec, spec_of
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.edits import Path

BREAKS = "\r\n\x85\u2028\u2029"
"""What ends a line in YAML 1.1."""
_BREAK = re.compile(f"\r\n|[{BREAKS}]")
_DEFAULT_UNIT = 2


class Splice(NamedTuple):
    """A stretch of the text and what takes its place; its line breaks become the text's when it is applied."""

    start: int
    end: int
    new: str


# Not frozen with slots: a page keeps what it has found out.
@dataclass
class Page:
    """A text as it was read, and what is known of it.

    Parameters
    ----------
    text
        Without a byte order mark.
    """

    text: str
    source: Source
    spec: PipelineSpec

    @cached_property
    def newline(self) -> str:
        """The line break the text uses; that of its first line."""
        found = re.search("\r\n|[\r\n]", self.text)
        return found[0] if found else "\n"

    @property
    def root(self) -> MappingNode | None:
        """The top level; None in a text without any value."""
        root = self.source.root
        return root if isinstance(root, MappingNode) else None

    @cached_property
    def unit(self) -> int:
        """How many columns a level of steps is further in than the one above."""
        steps = self.node(("steps",))
        for entry in steps.entries if isinstance(steps, MappingNode) and not steps.flow else ():
            inner = entry.value
            if isinstance(inner, MappingNode) and not inner.flow and inner.entries:
                found = inner.entries[0].key.span.column - entry.key.span.column
                return found if found > 0 else _DEFAULT_UNIT
            return max(entry.key.span.column - self.indent(), _DEFAULT_UNIT)
        return _DEFAULT_UNIT

    def indent(self) -> int:
        """The column of the top-level keys, from 1."""
        root = self.root
        return root.entries[0].key.span.column if root is not None and root.entries else 1

    def node(self, path: Path) -> Node | None:
        """What stands at a path from the top of the text."""
        node: Node | None = self.source.root
        for part in path:
            node = child(node, part)
        return node

    def entry(self, path: Path) -> Entry | None:
        """The key and value at a path; None when nothing is there, or an item of a list."""
        holder = self.node(path[:-1])
        if not isinstance(holder, MappingNode):
            return None
        return next((entry for entry in holder.entries if entry.key.text == path[-1]), None)

    def entries(self, path: Path) -> tuple[Entry, ...]:
        """The keys and values at a path, none where there is no mapping."""
        node = self.node(path)
        return node.entries if isinstance(node, MappingNode) else ()

    def is_flow(self, path: Path) -> bool:
        """Whether what stands at a path stands inside brackets, or is in brackets."""
        nodes = (self.node(path[:length]) for length in range(len(path) + 1))
        return any(isinstance(node, MappingNode | SequenceNode) and node.flow for node in nodes)

    def step(self, name: str) -> StepSpec:
        """A step.

        Raises
        ------
        EditRefusedError
            There is none of that name, or it does not stand under it.
        """
        found = self.spec.steps.get(name)
        if found is None:
            fix = did_you_mean(name, self.spec.steps, f"There are {listed(self.spec.steps)}.")
            raise EditRefusedError(f"there is no step `{name}`", fix if self.spec.steps else "Add it first.")
        return found

    def written_step(self, name: str) -> StepSpec:
        """A step whose keys can be edited: not one that is given as its JSON."""
        step = self.step(name)
        if step.literal is not None:
            fix = "Edit what stands under its `definition:`, or write the step with keys."
            raise EditRefusedError(f"step `{name}` is given as its JSON under `definition:`", fix)
        return step

    def mention_place(self, start: int) -> tuple[int, int]:
        """Line and column, from 1, of an offset."""
        begin = line_start(self.text, start)
        return len(_BREAK.findall(self.text, 0, begin)) + 1, start - begin + 1


# The text an edit made is the one the next edit begins with.
@lru_cache(maxsize=4)
def read_page(text: str) -> Page:
    """Read a text that is to be edited.

    Raises
    ------
    EditRefusedError
        It is not YAML as the reader takes it: what lies behind an error cannot be known.
    """
    source = read_source(text)
    if source.problems:
        first = source.problems[0]
        what = "cannot be read" if first.line is not None else "the text cannot be read"
        raise EditRefusedError(f"{what}: {first.message}", first.fix or "Correct it first.", line=first.line)
    root = source.root
    if root is not None and not isinstance(root, MappingNode) and not (isinstance(root, Scalar) and not root.text):
        fix = "Put `steps:` in front, and each step below it."
        raise EditRefusedError("the text holds something else than a pipeline's keys and values", fix)
    spec = spec_of(source)
    if spec.literal is not None:
        fix = "Write the pipeline as a text first: `Pipeline.to_yaml()`, or `%pipeline import`."
        raise EditRefusedError("this pipeline is given as its JSON under `definition:`", fix)
    page = Page(text, source, spec)
    marked = _marked_key(page)
    if marked is not None:
        fix = "Write it as `KEY: VALUE`."
        raise EditRefusedError("begins a key with `?`, which is not edited", fix, line=marked.span.line)
    return page


def _marked_key(page: Page) -> Scalar | None:
    """The first key of the pipeline or of a step that is marked by ``?``."""
    if not re.search(r"^ *\? ", page.text, re.MULTILINE):
        return None
    steps = page.entries(("steps",))
    inner = [entry for step in steps for entry in page.entries(("steps", step.key.text))]
    keys = (entry.key for entry in (*page.entries(()), *steps, *inner))
    return next(
        (
            key
            for key in keys
            if page.text[line_start(page.text, key.span.start) : key.span.start].lstrip(" ").startswith("? ")
        ),
        None,
    )


def last_scalar(node: Node | None) -> Scalar | None:
    """The value a text ends with."""
    while isinstance(node, MappingNode | SequenceNode):
        if node.flow:
            return None
        inner = [entry.value for entry in node.entries] if isinstance(node, MappingNode) else node.values
        node = inner[-1] if inner else None
    return node


def child(node: Node | None, part: str | int) -> Node | None:
    """What stands under a key or at an index."""
    if isinstance(node, MappingNode):
        return node.get(str(part))
    if isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.values):
        return node.values[part]
    return None


def is_empty(node: Node | None) -> bool:
    """Whether nothing is there: no node, or a key without a value (``null`` is a value)."""
    return node is None or (isinstance(node, Scalar) and not node.text and not node.style)


def node_end(text: str, node: Node) -> int:
    """Where what was written of a node ends; a block's own mark lies behind the comments that follow it."""
    if isinstance(node, Scalar):
        return _scalar_end(text, node)
    if node.flow:
        return node.span.end
    if isinstance(node, MappingNode):
        return entry_end(text, node.entries[-1]) if node.entries else node.span.start
    return node_end(text, node.values[-1]) if node.values else node.span.start


def entry_end(text: str, entry: Entry) -> int:
    """Where what was written of a key and its value ends."""
    if is_empty(entry.value):
        return after_colon(text, entry)
    return max(node_end(text, entry.value), entry.key.span.end)


def after_colon(text: str, entry: Entry) -> int:
    """The offset behind a key's colon; behind the key where it has none (``{a, b}``)."""
    found = re.compile(r"[ \t]*:").match(text, entry.key.span.end)
    return found.end() if found else entry.key.span.end


def _scalar_end(text: str, node: Scalar) -> int:
    if node.style not in ("|", ">"):
        return node.span.end
    written = text[node.span.start : node.span.end]
    header = re.match(r"[|>][-+0-9]*", written)
    if header is not None and "+" in header[0]:
        # Blank lines are part of it; only the last line's break is not.
        return node.span.start + len(re.sub(rf"(\r\n|[{BREAKS}])\Z", "", written))
    return node.span.start + len(written.rstrip(f" {BREAKS}"))


def line_start(text: str, at: int) -> int:
    """The offset at which the line of an offset begins."""
    while at > 0 and text[at - 1] not in BREAKS:
        at -= 1
    return at


def last_line(text: str, at: int) -> int:
    """The offset at which the line before an offset begins, which is a line's beginning or the end of the text."""
    if at > 0 and text[at - 1] in BREAKS:
        at -= 2 if text[max(at - 2, 0) : at] == "\r\n" else 1
    return line_start(text, at)


def line_end(text: str, at: int) -> int:
    """The offset at which the line of an offset ends, before its break."""
    found = _BREAK.search(text, at)
    return found.start() if found else len(text)


def next_line(text: str, at: int) -> int:
    """The offset behind the break that ends the line of an offset."""
    found = _BREAK.search(text, at)
    return found.end() if found else len(text)
