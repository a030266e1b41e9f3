"""A pipeline's graph as Mermaid, which GitHub, GitLab and many wikis draw where it stands in a Markdown file.

Whatever a step is called, the text stays one diagram: every character that Mermaid could take for its own is written
as a character reference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.picture import NAME_LENGTH, readable, shorten
from sm_pipeline_widgets.view.redact import without_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.steps import Family
    from sm_pipeline_widgets.view.picture import Edge, Node, NodeState, Picture

SHAPES: dict[Family, tuple[str, str]] = {
    "job": ("(", ")"),
    "decision": ("{{", "}}"),
    "model": ("[(", ")]"),
    "call": ("[/", "/]"),
    "loop": ("[[", "]]"),
    "end": ("([", "])"),
    "other": ("[", "]"),
}
LINES = {"data": "-->", "branch": "-->", "order": "-.->"}
_PLAIN = frozenset(" _-.,/")
_AFTERWARDS = re.compile(r"\$(?=\$)|\bfa\w?:(?=fa-)")
"""What Mermaid takes for a formula or an icon even as character references; an invisible space parts it."""


def mermaid(picture: Picture, title: str, states: Mapping[str, NodeState] | None = None) -> str:
    """The picture as a flowchart; `states` are added to the steps they belong to."""
    lines = [f"%% {comment(title)}", "flowchart TD"]
    lines += [f"    {_node(node, (states or {}).get(node.id))}" for node in picture.nodes]
    lines += [f"    {_edge(edge)}" for edge in picture.edges]
    return "\n".join(lines) + "\n"


def label(text: str) -> str:
    """A text between Mermaid's quotes: letters and digits as they are, all else as ``#58;``."""
    shown = _AFTERWARDS.sub("\\g<0>\u200b", shorten(readable(without_keys(text)), NAME_LENGTH))
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in shown)


def comment(text: str) -> str:
    """A text in a comment, which ends with its line; braces would begin a directive."""
    return readable(without_keys(text)).translate({ord("{"): "(", ord("}"): ")"})


def _node(node: Node, state: NodeState | None) -> str:
    opening, closing = SHAPES[node.family]
    words = [label(node.name) or "(no name)", label(node.type), label(state.word) if state else ""]
    return f'{node.id}{opening}"{"<br>".join(word for word in words if word)}"{closing}'


def _edge(edge: Edge) -> str:
    word = f"|{edge.label}|" if edge.label else ""
    return f"{edge.source} {LINES[edge.kind]}{word} {edge.target}"
