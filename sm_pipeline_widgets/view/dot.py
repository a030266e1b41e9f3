"""A pipeline's graph in Graphviz's language, for ``dot -Tpdf`` and the many tools that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.picture import NAME_LENGTH, readable, shorten
from sm_pipeline_widgets.view.redact import without_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.definition.steps import Family
    from sm_pipeline_widgets.view.picture import Edge, Node, NodeState, Picture

SHAPES: dict[Family, str] = {
    "job": 'shape=box, style="rounded"',
    "decision": "shape=hexagon",
    "model": "shape=note",
    "call": "shape=parallelogram",
    "loop": "shape=box3d",
    "end": "shape=octagon",
    "other": "shape=box",
}


def dot(picture: Picture, title: str, states: Mapping[str, NodeState] | None = None) -> str:
    """The picture as a digraph; `states` are added to the steps they belong to."""
    lines = [
        f"digraph {quoted(title)} {{",
        "    rankdir=TB;",
        '    node [fontname="Helvetica,Arial,sans-serif", fontsize=11];',
        '    edge [fontname="Helvetica,Arial,sans-serif", fontsize=10];',
        *(f"    {_node(node, (states or {}).get(node.id))}" for node in picture.nodes),
        *(f"    {_edge(edge)}" for edge in picture.edges),
        "}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""A text inside DOT's quotes: ``\N`` and ``&lt;`` mean something in labels, so backslash and ampersand go too."""
    shown = shorten(readable(without_keys(text)), NAME_LENGTH)
    return shown.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def quoted(text: str) -> str:
    """A text as a DOT string."""
    return f'"{escaped(text)}"'


def _node(node: Node, state: NodeState | None) -> str:
    words = [escaped(node.name) or "(no name)", escaped(node.type), escaped(state.word) if state else ""]
    text = "\\n".join(word for word in words if word)
    return f'{node.id} [label="{text}", {SHAPES[node.family]}];'


def _edge(edge: Edge) -> str:
    settings = [f'label="{edge.label}"'] if edge.label else []
    settings += ["style=dashed"] if edge.kind == "order" else []
    told = f" [{', '.join(settings)}]" if settings else ""
    return f"{edge.source} -> {edge.target}{told};"
