"""The picture as a standalone SVG: for saved notebooks, GitHub, reports and readers without a kernel.

Draws what the live canvas draws, from the same picture and the same glyphs. Holds no script and no link. Its ink is
the colour of the text around it, so it reads in light and dark; as a file of its own it follows the reader's wish,
and where a sanitiser strips that, it is black on white. States are told by glyph, outline and word.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import Severity
from sm_pipeline_widgets.view.glyphs import STATE_GLYPHS, TYPE_GLYPHS, Stroke
from sm_pipeline_widgets.view.picture import faded_edges, label_place, readable, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.view.picture import Edge, Node, NodeState, Picture

FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
MARGIN = 16
INK = "currentColor"
STYLE = (
    "svg:root { color: #1f2328; background: #fff } "
    "@media (prefers-color-scheme: dark) { svg:root { color: #e6e6e6; background: #111 } }"
)
"""For the picture as a file or an image of its own; inside a page ``:root`` is the page, and its ink is used."""
ACCENTS = {
    **dict.fromkeys(("starting", "running"), "#2188d9"),
    **dict.fromkeys(("succeeded", "cached", "reused"), "#3a9a45"),
    "failed": "#dc4338",
    "stopping": "#d9820f",
    "added": "#3a9a45",
    "removed": "#dc4338",
    "changed": "#d9820f",
}
CUTS = {"decision": 14, "call": 10, "model": 12, "end": 10}
RADII = {"job": 6, "loop": 6}
PADDING = {"decision": 16, "call": 16}
STRONG, MUTED = 0.87, 0.62
PALE = ("skipped", "blocked")
ACTIVE = ("starting", "running", "failed", "stopping", "added", "removed", "changed")
TITLE_LENGTH = 200


def render_svg(picture: Picture, states: Mapping[str, NodeState] | None = None, title: str = "Pipeline graph") -> str:
    """Draw a picture, and the states of its nodes if there are any."""
    states = states or {}
    faded = faded_edges(picture, states)
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{-MARGIN} {-MARGIN} {width} {height}" role="img" font-family="{escape(FONT)}" '
        f'style="max-width:100%;height:auto">'
    )
    parts = [
        opening,
        f"<title>{_text(title)}</title><style>{STYLE}</style>",
        f'<g stroke="{INK}" stroke-width="1.25" fill="none">',
        *(_edge(edge, is_faded=edge.id in faded) for edge in picture.edges),
        "</g>",
        f'<g fill="{INK}" font-size="11">',
        *(_edge_label(edge, is_faded=edge.id in faded) for edge in picture.edges if edge.label),
        *(_card(node, states.get(node.id)) for node in picture.nodes),
        "</g></svg>",
    ]
    return "\n".join(parts)


def _text(text: str, length: int = TITLE_LENGTH) -> str:
    return escape(shorten(readable(text), length))


def outline(node: Node) -> str:
    """The card's shape as path data; the family tells it. The twin of ``outline`` in ``canvasStyle.ts``."""
    left, top = node.x - node.w // 2, node.y - node.h // 2
    right, bottom = left + node.w, top + node.h
    cut = CUTS.get(node.family, 0)
    if node.family == "decision":
        upper = f"M{left + cut} {top}H{right - cut}L{right} {node.y}"
        return f"{upper}L{right - cut} {bottom}H{left + cut}L{left} {node.y}z"
    if node.family == "call":
        return f"M{left + cut} {top}H{right}L{right - cut} {bottom}H{left}z"
    if node.family == "model":
        return f"M{left} {top}H{right - cut}L{right} {top + cut}V{bottom}H{left}z"
    if node.family == "end":
        return (
            f"M{left + cut} {top}H{right - cut}L{right} {top + cut}V{bottom - cut}L{right - cut} {bottom}"
            f"H{left + cut}L{left} {bottom - cut}V{top + cut}z"
        )
    r = RADII.get(node.family, 1)
    return (
        f"M{left + r} {top}H{right - r}a{r} {r} 0 0 1 {r} {r}V{bottom - r}a{r} {r} 0 0 1 -{r} {r}"
        f"H{left + r}a{r} {r} 0 0 1 -{r} -{r}V{top + r}a{r} {r} 0 0 1 {r} -{r}z"
    )


def _card(node: Node, state: NodeState | None) -> str:
    word = state.word if state else ""
    note = state.note if state and state.note != word else ""
    said = ", ".join(filter(None, (node.name, node.type, word, note)))
    left, right, top = node.x - node.w // 2, node.x + node.w // 2, node.y - node.h // 2
    padding = PADDING.get(node.family, 10)
    pale = 0.6 if word in PALE else 1
    x = left + padding + 24
    parts = [
        f"<g><title>{_text(said)}</title>",
        _body(node, word),
        _glyph(TYPE_GLYPHS.get(node.type, TYPE_GLYPHS[""]), (left + padding, node.y - 8), INK, MUTED * pale),
        f'<text x="{x}" y="{top + 19}" font-size="13" opacity="{STRONG * pale:.2g}">{_text(node.label)}</text>',
        f'<text x="{x}" y="{top + 34}" opacity="{MUTED * pale:.2g}">{_text(node.type, 28)}</text>',
    ]
    if state:
        color = ACCENTS.get(word, INK)
        strokes = STATE_GLYPHS.get(word, STATE_GLYPHS["unknown"])
        x, note = right - padding, _text(state.note or word, 16)
        parts += [
            _glyph(strokes, (x - 16, top + 6), color, 1 if color != INK else MUTED),
            f'<text x="{x}" y="{top + 34}" text-anchor="end" opacity="{MUTED}">{note}</text>',
        ]
    return "".join((*parts, _badge(node), "</g>"))


def _body(node: Node, word: str) -> str:
    shape = outline(node)
    active = word in ACTIVE
    line = ACCENTS[word] if active else INK
    width = 2 if word == "failed" else 1.5 if active else 1
    dashes = ' stroke-dasharray="5 4"' if word in ("skipped", "removed") else ""
    fill = ACCENTS["failed"] if word == "failed" else INK
    strength = 1 if active else 0.2 if word in PALE else 0.35
    body = (
        f'<path d="{shape}" fill="{fill}" fill-opacity="{0.09 if word == "failed" else 0.03}" '
        f'stroke="{line}" stroke-width="{width}"{dashes} stroke-opacity="{strength}"/>'
    )
    if node.family != "loop":
        return body
    # of the card behind only what sticks out is drawn
    left, top = node.x - node.w // 2, node.y - node.h // 2
    behind = f"M{left + node.w + 4} {top + 8}V{top + node.h - 2}a6 6 0 0 1 -6 6H{left + 8}"
    return f'<path d="{behind}" fill="none" stroke="{line}" stroke-opacity="{strength * 0.6:.2g}"/>{body}'


def _badge(node: Node) -> str:
    if not node.badges:
        return ""
    is_error = any(badge.severity is Severity.ERROR for badge in node.badges)
    color = ACCENTS["failed"] if is_error else ACCENTS["stopping"]
    x, y = node.x + node.w // 2 - 18, node.y - node.h // 2
    said = "; ".join(f"{badge.severity.value}: {badge.text}" for badge in node.badges)
    count = str(len(node.badges)) if len(node.badges) > 1 else "!"
    disc = f'<circle cx="{x}" cy="{y + 1}" r="8" fill="{color}"/>'
    text = f'<text x="{x}" y="{y + 5}" font-weight="600" text-anchor="middle" fill="#fff">{count}</text>'
    return f"<g><title>{_text(said)}</title>{disc}{text}</g>"


def _glyph(strokes: tuple[Stroke, ...], at: tuple[int, int], color: str, strength: float) -> str:
    filled = f' fill="{color}" fill-rule="evenodd" stroke="none"'
    paths = "".join(f'<path d="{path}"{filled if mode == "fill" else ""}/>' for mode, path in strokes)
    return (
        f'<g transform="translate({at[0]} {at[1]})" fill="none" stroke="{color}" stroke-width="1.5" '
        f'stroke-linecap="round" stroke-linejoin="round" opacity="{strength:.2g}">{paths}</g>'
    )


def _edge(edge: Edge, *, is_faded: bool) -> str:
    start, *controls, end = edge.points
    way = f"M{start[0]} {start[1]}"
    for (x, y), (next_x, next_y) in pairwise(controls):
        way += f"Q{x} {y} {_number((x + next_x) / 2)} {_number((y + next_y) / 2)}"
    way += f"Q{controls[-1][0]} {controls[-1][1]} {end[0]} {end[1]}" if controls else f"L{end[0]} {end[1]}"
    down = 1 if end[1] >= start[1] else -1
    dashes = ' stroke-dasharray="5 4"' if edge.kind == "order" or edge.change == "removed" else ""
    color = ACCENTS.get(edge.change, INK)
    # the tip is drawn, not a marker: sanitisers drop markers' references
    tip = f'<path d="M{end[0]} {end[1]}l-4 {-7 * down}h8z" fill="{color}" stroke="none"/>'
    line = f'<path d="{way}"{dashes}/>' if color == INK else f'<path d="{way}"{dashes} stroke="{color}"/>'
    said = f"<title>{edge.change}</title>" if edge.change else ""
    return f'<g opacity="{1 if edge.change else 0.18 if is_faded else 0.5}">{said}{line}{tip}</g>'


def _edge_label(edge: Edge, *, is_faded: bool) -> str:
    x, y = label_place(edge)
    return f'<text x="{x + 6}" y="{y - 3}" opacity="{0.35 if is_faded else MUTED}">{_text(edge.label)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
