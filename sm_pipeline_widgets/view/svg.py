"""The picture as a standalone SVG: for saved notebooks, GitHub, reports and readers without a kernel.

Draws what the live canvas draws, from the same picture and the same glyphs. Holds no script, no link, no style sheet
and no colour that needs a certain background: neutral tones that read on white and on black, because what shows an SVG
(GitHub's sanitiser, a PDF printer) may strip everything cleverer. States are told by glyph, outline and word.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import Severity
from sm_pipeline_widgets.view.glyphs import STATE_GLYPHS, TYPE_GLYPHS, Stroke
from sm_pipeline_widgets.view.picture import faded_edges, label_place, readable, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.view.picture import Edge, Node, NodeState, Picture

FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
MARGIN = 16
TEXT, MUTED, LINE, BORDER = "#6b6f76", "#80848b", "#8c9096", "#a2a6ac"
CARD = "#8c9096"  # at 8 percent: a tint of whatever lies behind
ACCENTS = {
    **dict.fromkeys(("starting", "running"), "#2188d9"),
    **dict.fromkeys(("succeeded", "cached", "reused"), "#3a9a45"),
    "failed": "#dc4338",
    "stopping": "#d9820f",
}
CUTS = {"decision": 14, "call": 10, "model": 12, "end": 10}
RADII = {"job": 6, "loop": 6}
PADDING = {"decision": 16, "call": 16}
TITLE_LENGTH = 200


def render_svg(picture: Picture, states: Mapping[str, NodeState] | None = None, title: str = "Pipeline graph") -> str:
    """Draw a picture, and the states of its nodes if there are any."""
    states = states or {}
    faded = faded_edges(picture, states)
    names = {node.id: node for node in picture.nodes}
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{-MARGIN} {-MARGIN} {width} {height}" role="img" font-family="{escape(FONT)}" '
        f'style="max-width:100%;height:auto">'
    )
    parts = [
        opening,
        f"<title>{_text(title)}</title>",
        *(_edge(edge, names[edge.source], names[edge.target], is_faded=edge.id in faded) for edge in picture.edges),
        *(_card(node, states.get(node.id)) for node in picture.nodes),
        "</svg>",
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
    pale = ' opacity="0.6"' if word in ("skipped", "blocked") else ""
    said = ", ".join(filter(None, (node.name, node.type, word, state.note if state else "")))
    parts = [f"<g><title>{_text(said)}</title>", *_body(node, word)]
    left, right, top = node.x - node.w // 2, node.x + node.w // 2, node.y - node.h // 2
    padding = PADDING.get(node.family, 10)
    parts += [
        f"<g{pale}>",
        _glyph(TYPE_GLYPHS.get(node.type, TYPE_GLYPHS[""]), left + padding, node.y - 8, MUTED),
        f'<text x="{left + padding + 24}" y="{top + 19}" font-size="13" fill="{TEXT}">{_text(node.label)}</text>',
        f'<text x="{left + padding + 24}" y="{top + 34}" font-size="11" fill="{MUTED}">{_text(node.type, 28)}</text>',
        "</g>",
    ]
    if state:
        color = ACCENTS.get(word, MUTED)
        parts.append(_glyph(STATE_GLYPHS.get(word, STATE_GLYPHS["unknown"]), right - padding - 16, top + 6, color))
        parts.append(
            f'<text x="{right - padding}" y="{top + 34}" font-size="11" text-anchor="end" fill="{MUTED}" '
            f'style="font-variant-numeric:tabular-nums">{_text(state.note or word, 16)}</text>'
        )
    parts += [*_badge(node), "</g>"]
    return "".join(parts)


def _body(node: Node, word: str) -> list[str]:
    shape = outline(node)
    active = word in ("starting", "running", "failed", "stopping")
    line = ACCENTS[word] if active else BORDER
    width = 2 if word == "failed" else 1.5 if active else 1
    dashes = ' stroke-dasharray="5 4"' if word == "skipped" else ""
    fill = ACCENTS["failed"] if word == "failed" else CARD
    body = (
        f'<path d="{shape}" fill="{fill}" fill-opacity="0.08" stroke="{line}" stroke-width="{width}"'
        f'{dashes} stroke-opacity="{0.6 if word in ("skipped", "blocked") else 1}"/>'
    )
    if node.family != "loop":
        return [body]
    # what stands behind shows only where it sticks out
    right, bottom = node.x + node.w // 2, node.y + node.h // 2
    behind = f"M{right + 4} {node.y - node.h // 2 + 8}V{bottom - 2}a6 6 0 0 1 -6 6H{node.x - node.w // 2 + 8}"
    return [f'<path d="{behind}" fill="none" stroke="{BORDER}" stroke-opacity="0.7"/>', body]


def _badge(node: Node) -> list[str]:
    if not node.badges:
        return []
    is_error = any(badge.severity is Severity.ERROR for badge in node.badges)
    color = ACCENTS["failed"] if is_error else ACCENTS["stopping"]
    x, y = node.x + node.w // 2 - 18, node.y - node.h // 2
    said = "; ".join(f"{badge.severity.value}: {badge.text}" for badge in node.badges)
    count = str(len(node.badges)) if len(node.badges) > 1 else "!"
    disc = f'<circle cx="{x}" cy="{y + 1}" r="8" fill="{color}"/>'
    text = f'<text x="{x}" y="{y + 5}" font-size="11" font-weight="600" text-anchor="middle" fill="#fff">{count}</text>'
    return [f"<g><title>{_text(said)}</title>{disc}{text}</g>"]


def _glyph(strokes: tuple[Stroke, ...], x: int, y: int, color: str) -> str:
    filled = f' fill="{color}" fill-rule="evenodd" stroke="none"'
    paths = "".join(f'<path d="{path}"{filled if mode == "fill" else ""}/>' for mode, path in strokes)
    return (
        f'<g transform="translate({x} {y})" fill="none" stroke="{color}" stroke-width="1.5" stroke-linecap="round" '
        f'stroke-linejoin="round">{paths}</g>'
    )


def _edge(edge: Edge, source: Node, target: Node, *, is_faded: bool) -> str:
    start, *controls, end = edge.points or ((source.x, source.y), (target.x, target.y))
    way = f"M{start[0]} {start[1]}"
    for at, (x, y) in enumerate(controls):
        if at + 1 < len(controls):
            following = controls[at + 1]
            way += f"Q{x} {y} {_number((x + following[0]) / 2)} {_number((y + following[1]) / 2)}"
        else:
            way += f"Q{x} {y} {end[0]} {end[1]}"
    if not controls:
        way += f"L{end[0]} {end[1]}"
    down = 1 if end[1] >= start[1] else -1
    # the tip is drawn, not a marker: sanitisers drop markers' references
    tip = f"M{end[0]} {end[1]}l-4 {-7 * down}h8z"
    dashes = ' stroke-dasharray="5 4"' if edge.kind == "order" else ""
    pale = ' opacity="0.35"' if is_faded else ""
    label = _edge_label(edge) if edge.label else ""
    return (
        f'<g{pale}><path d="{way}" fill="none" stroke="{LINE}" stroke-width="1.25"{dashes}/>'
        f'<path d="{tip}" fill="{LINE}"/>{label}</g>'
    )


def _edge_label(edge: Edge) -> str:
    x, y = label_place(edge)
    # the line is interrupted by what is drawn over it on the canvas; here the word stands beside it
    return f'<text x="{x + 6}" y="{y + 4}" font-size="11" fill="{MUTED}">{_text(edge.label)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
