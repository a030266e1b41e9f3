"""What is drawn of a DAG: cards with their places, edges with their ways, and what a state changes in them.

Knows the graph of a definition and the states of an execution; knows nothing of widgets, browsers, SVG or clocks.
Every front end, live or static, draws from the same :class:`Picture`, so they show the same thing.

>>> import networkx as nx
>>> graph = nx.DiGraph([("prepare", "train")])
>>> picture = draw(graph)
>>> [(node.id, node.name) for node in picture.nodes], [(edge.source, edge.target) for edge in picture.edges]
([('n1', 'prepare'), ('n2', 'train')], [('n1', 'n2')])
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

from sm_pipeline_widgets.definition.steps import Family, family_of
from sm_pipeline_widgets.execution.state import StepStatus
from sm_pipeline_widgets.view.layout import Point, Sizes, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import networkx as nx

    from sm_pipeline_widgets.errors import Problem, Severity
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState

Kind = Literal["data", "order", "branch"]
EdgeMark = Literal["", "added", "removed"]

LABEL_LENGTH = 24
"""Longest name shown whole on a card; longer ones lose their middle."""
NAME_LENGTH = 256
"""Longest name that a page is told whole; the service allows 64."""
CARD_HEIGHT = 44
CARD_WIDTHS = (128, 248)
GAP_X, GAP_Y = 24, 32
HOURS_A_DAY = 24
STRAIGHT = 2  # points of a line without control points

_BRANCH_WORDS = {"then": "then", "else": "else", "body": "each"}
_FADING = (StepStatus.SKIPPED, StepStatus.BLOCKED)
_TIMED = (StepStatus.STARTING, StepStatus.RUNNING, StepStatus.STOPPING)


@dataclass(frozen=True, slots=True)
class Badge:
    """A mark on a card: how bad, and the whole text for whoever asks."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Node:
    """A step's card. ``id`` is a surrogate; ``x`` and ``y`` are the centre.

    ``within`` is the name of the Condition or ForEach whose `branch` it stands in; both are empty for a step in none.
    """

    id: str
    name: str
    label: str
    type: str
    family: Family
    x: int
    y: int
    w: int
    h: int
    badges: tuple[Badge, ...] = ()
    within: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between two cards, as a chain of quadratic curves.

    ``points`` holds the start, then control points, then the end; two control points in a row have their middle
    on the line. Without control points the line is straight. ``change`` is what became of it, in a comparison.
    """

    id: str
    source: str
    target: str
    kind: Kind
    label: str = ""
    points: tuple[Point, ...] = ()
    change: EdgeMark = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything drawn of one DAG, in pixels from the top left corner."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int

    def named(self, name: str) -> Node | None:
        """The card of the step called `name`."""
        return next((node for node in self.nodes if node.name == name), None)


@dataclass(frozen=True, slots=True)
class NodeState:
    """What a state changes on a card: its word, and a note beside it such as the time it took."""

    word: str
    note: str = ""


def draw(
    graph: nx.DiGraph[str],
    *,
    labels: Mapping[str, str] | None = None,
    problems: Iterable[Problem] = (),
    note_width: int = 20,
    ids: Mapping[str, str] | None = None,
) -> Picture:
    """Lay a definition's graph out as cards and edges.

    Parameters
    ----------
    labels
        Display names by step name, where they differ from it.
    problems
        Those that name a step become marks on its card.
    note_width
        Pixels to keep free for the notes beside the types.
    ids
        The cards' ids by step name, where they must be those of an earlier picture; each its own.
    """
    names = list(graph)
    index = {name: at for at, name in enumerate(names)}
    texts = {name: shorten(readable((labels or {}).get(name) or name)) or "(no name)" for name in names}
    types = {name: str(graph.nodes[name].get("type") or "") for name in names}
    sizes = Sizes(_card_width(((texts[name], types[name]) for name in names), note_width), CARD_HEIGHT, GAP_X, GAP_Y)
    drawn = [(index[source], index[target]) for source, target in graph.edges if source != target]
    layout = place(len(names), drawn, sizes)
    badges: dict[str, list[Badge]] = defaultdict(list)
    for problem in problems:
        if problem.step is not None:
            badges[problem.step].append(Badge(problem.severity, problem.message))
    nodes = tuple(
        Node(
            id=f"n{at + 1}" if ids is None else ids[name],
            name=name,
            label=texts[name],
            type=readable(types[name]),
            family=family_of(types[name]),
            x=layout.nodes[at][0],
            y=layout.nodes[at][1],
            w=sizes.width,
            h=sizes.height,
            badges=tuple(badges[name]) if name in badges else (),
            within=str(graph.nodes[name].get("parent") or ""),
            branch=str(graph.nodes[name].get("branch") or ""),
        )
        for at, name in enumerate(names)
    )
    edges = tuple(
        _edge(number, graph, (nodes[source], nodes[target]), layout.routes.get((source, target), ()))
        for number, (source, target) in enumerate(drawn, start=1)
    )
    return Picture(nodes, edges, layout.width, layout.height)


def readable(text: str) -> str:
    """The text with everything that could hide, reorder or break a line shown as a visible mark."""
    if text.isascii() and text.isprintable():
        return text
    # Cc control, Cf format (bidi, zero width), Cs surrogate, Zl/Zp line ends, Co and Cn nothing a font has
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}
    return "".join("�" if unicodedata.category(char) in hidden else char for char in text)


def shorten(text: str, length: int = LABEL_LENGTH) -> str:
    """At most `length` characters, the middle left out: the ends of names are what tells them apart."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def _card_width(nodes: Iterable[tuple[str, str]], note_width: int) -> int:
    """One width for all cards, enough for the longest label and type, on the 8 pixel grid."""
    wanted = 0.0
    for label, kind in nodes:
        # the glyphs of type and state with their gaps, and the padding; the note stands beside the type
        around = 84 if family_of(kind) in ("decision", "call") else 70
        # the name stands beside the state's sign, which has 20 pixels already
        wide = around + max(0, note_width - 20)
        wanted = max(wanted, text_width(label) + wide, text_width(kind) * 11 / 13 + wide + 20)
    return min(CARD_WIDTHS[1], max(CARD_WIDTHS[0], ceil(wanted / 8) * 8))


def text_width(text: str) -> float:
    """About how wide a text is at 13 pixels, in the wider of the sans-serif faces that systems have."""
    narrow, wide = "iljtfrI.,:;|!'()[]", "mwMWQO@%"
    width = 0.0
    for char in text[:LABEL_LENGTH]:
        if char.isascii():
            width += 5 if char in narrow else 12 if char in wide else 9.2 if char.isupper() else 8
        else:
            width += 13 if unicodedata.east_asian_width(char) in "WF" else 9
    return width


def _edge(number: int, graph: nx.DiGraph[str], ends: tuple[Node, Node], bends: Sequence[Point]) -> Edge:
    source, target = ends
    kinds = graph.edges[source.name, target.name].get("kinds") or ("data",)
    kind: Kind = "data" if "data" in kinds else "branch" if "branch" in kinds else "order"
    branch = graph.nodes[target.name].get("branch") if "branch" in kinds else None
    label = _BRANCH_WORDS.get(str(branch), "")
    return Edge(f"e{number}", source.id, target.id, kind, label, _points(source, target, bends))


def _points(source: Node, target: Node, bends: Sequence[Point]) -> tuple[Point, ...]:
    down = 1 if target.y >= source.y else -1
    start = (source.x, source.y + down * source.h // 2)
    end = (target.x, target.y - down * target.h // 2)
    if not bends and start[0] == end[0]:
        return (start, end)
    points = [start]
    left = start
    for x, y in (*bends, end):
        # a bend keeps to its x for the height of its row; between rows the line leaves and arrives upright
        arriving = y if (x, y) == end else y - down * source.h // 2
        lean = down * min(CARD_HEIGHT, abs(arriving - left[1]) * 2 // 5)
        points += [(left[0], left[1] + lean), (x, arriving - lean)]
        left = (x, y + down * source.h // 2)
    return (*points, end)


def label_place(edge: Edge) -> Point:
    """Where an edge's label stands: on the line, near its start."""
    first, second = edge.points[1:3] if len(edge.points) > STRAIGHT else edge.points
    return (first[0] + second[0]) // 2, (first[1] + second[1]) // 2


def elements(picture: Picture) -> list[dict[str, Any]]:
    """The picture as cytoscape's elements JSON."""
    nodes = {node.id: node for node in picture.nodes}
    return [_node_json(node) for node in picture.nodes] + [_edge_json(edge, nodes) for edge in picture.edges]


def _node_json(node: Node) -> dict[str, Any]:
    data: dict[str, Any] = {"id": node.id, "label": node.label, "name": shorten(readable(node.name), NAME_LENGTH)}
    data |= {"type": node.type, "family": node.family, "w": node.w, "h": node.h}
    if node.badges:
        data["badges"] = [[badge.severity.value, readable(badge.text)] for badge in node.badges]
    if node.within:
        # `parent` would make it a compound node, which moves with what is in it
        data |= {"within": shorten(readable(node.within), NAME_LENGTH), "branch": node.branch}
    return {"group": "nodes", "data": data, "position": {"x": node.x, "y": node.y}}


def _edge_json(edge: Edge, nodes: Mapping[str, Node]) -> dict[str, Any]:
    data: dict[str, Any] = {"id": edge.id, "source": edge.source, "target": edge.target, "kind": edge.kind}
    if edge.label:
        data |= {"label": edge.label, "at": list(label_place(edge))}
    controls = edge.points[1:-1]
    classes = "up" if edge.points and edge.points[0][1] > edge.points[-1][1] else ""
    if controls:
        data["distances"], data["weights"] = relative(controls, nodes[edge.source], nodes[edge.target])
        classes += " curved"
    if edge.change:
        classes += f" is-{edge.change}"
    return {"group": "edges", "data": data, "classes": classes.strip()}


def relative(controls: Sequence[Point], source: Node, target: Node) -> tuple[list[float], list[float]]:
    """Control points as cytoscape wants them: distances from the line between the centres, and weights along it."""
    dx, dy = target.x - source.x, target.y - source.y
    square = dx * dx + dy * dy or 1
    length = square**0.5
    distances, weights = [], []
    for x, y in controls:
        px, py = x - source.x, y - source.y
        weights.append(round((px * dx + py * dy) / square, 4))
        distances.append(round((py * dx - px * dy) / length, 2))
    return distances, weights


def node_states(picture: Picture, state: ExecutionState, now: datetime) -> dict[str, NodeState]:
    """Each card's state, by node id; cards of steps that the state does not know are left out."""
    return {node.id: _node_state(state.steps[node.name], now) for node in picture.nodes if node.name in state.steps}


def _node_state(step: StepState, now: datetime) -> NodeState:
    seconds = step.seconds(now) if step.ended is not None or step.status in _TIMED else None
    return NodeState(step.status.value, "" if seconds is None else duration(seconds))


def changed(before: Mapping[str, NodeState], after: Mapping[str, NodeState]) -> dict[str, NodeState | None]:
    """What has to be redrawn: new states by node id, None where there is no state any more."""
    gone: dict[str, NodeState | None] = {node: None for node in before if node not in after}
    return gone | {node: state for node, state in after.items() if before.get(node) != state}


def faded_edges(picture: Picture, states: Mapping[str, NodeState]) -> frozenset[str]:
    """Ids of the edges that lead into steps which will not run."""
    faded = {node for node, state in states.items() if state.word in _FADING}
    return frozenset(edge.id for edge in picture.edges if edge.target in faded)


def duration(seconds: float) -> str:
    """A time span in the least digits: ``0:07``, ``12:40``, ``3:07:21``, ``2d 03h``.

    >>> duration(7.9), duration(11241)
    ('0:07', '3:07:21')
    """
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= HOURS_A_DAY:
        return f"{hours // HOURS_A_DAY}d {hours % HOURS_A_DAY:02}h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
