"""Where the nodes of a DAG stand, and the way its edges take between them.

Knows numbers only: nodes are ``0 … count - 1``, all of one size, flowing from top to bottom. Knows nothing of steps,
states or how anything is drawn. The same edges give the same places, always.

Small graphs are layered by ``fast_sugiyama``; its cost explodes with the number of edges and of layers they cross, so
graphs past ``CAREFUL_COST`` are ordered by a few barycentre sweeps instead. Either way the last word on coordinates is
spoken here (:func:`spread`), so no two nodes ever overlap.

>>> place(3, [(0, 1), (0, 2)], Sizes(width=100, height=40, gap_x=20, gap_y=30)).nodes
((110, 20), (50, 90), (170, 90))
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from fast_sugiyama import from_edges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Edge = tuple[int, int]
Point = tuple[int, int]

CAREFUL_COST = 300
"""Nodes, edges and crossed layers up to which ``fast_sugiyama`` answers within some 20 ms.

It draws about a tenth fewer crossings than the sweeps do; at 500 nodes it needs seconds and draws no fewer.
"""
ROUTED_COST = 10_000
"""Nodes, edges and crossed layers up to which edges get a way of their own around the nodes between their ends."""
BRAID = 16
"""Horizontal room for an edge that passes through a layer."""
ASPECT = 2.0
"""Width to height that disconnected parts are packed into."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Size of every node and the least room between two of them."""

    width: int
    height: int
    gap_x: int
    gap_y: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Centres of the nodes, the points through which an edge passes on its way, and the size of it all."""

    nodes: tuple[Point, ...]
    routes: Mapping[Edge, tuple[Point, ...]]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Part:
    """A connected part: rows of members from left to right; members below zero are bends of edges.

    ``reach`` is how far sideways the longest hop into each row goes.
    """

    rows: tuple[tuple[int, ...], ...]
    x: Mapping[int, float]
    bends: Mapping[Edge, tuple[int, ...]]
    reach: tuple[float, ...]


def place(count: int, edges: Sequence[Edge], sizes: Sizes) -> Layout:
    """Give every node a place; cycles and self-loops are tolerated, parts that do not touch stand side by side."""
    forward, backward = without_cycles(count, edges)
    parts = [_part(members, inner, sizes) for members, inner in _components(count, forward)]
    layout = _pack(count, parts, sizes)
    # an edge that closes a cycle was laid out turned round
    turned = {(s, t): layout.routes[t, s][::-1] for s, t in backward if (t, s) in layout.routes}
    return Layout(layout.nodes, {**layout.routes, **turned}, layout.width, layout.height)


def without_cycles(count: int, edges: Sequence[Edge]) -> tuple[list[Edge], list[Edge]]:
    """The edges with those that close a cycle turned round and self-loops left out; and the edges that were turned."""
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        if source != target:
            after[source].append(target)
    backward: list[Edge] = []
    colour = [0] * count
    # depth first without recursion: a chain of 500 steps is deeper than Python likes
    for root in _roots_first(count, edges):
        if colour[root]:
            continue
        colour[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            for child in rest:
                if colour[child] == 1:
                    backward.append((node, child))
                elif not colour[child]:
                    colour[child] = 1
                    stack.append((child, iter(after[child])))
                    break
            else:
                colour[node] = 2
                stack.pop()
    turned = set(backward)
    ahead = [(target, source) if (source, target) in turned else (source, target) for source, target in edges]
    return [edge for edge in dict.fromkeys(ahead) if edge[0] != edge[1]], list(dict.fromkeys(backward))


def _roots_first(count: int, edges: Sequence[Edge]) -> list[int]:
    has_upstream = {target for _source, target in edges}
    return sorted(range(count), key=lambda node: node in has_upstream)


def _components(count: int, edges: Sequence[Edge]) -> list[tuple[list[int], list[Edge]]]:
    parent = list(range(count))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for source, target in edges:
        parent[find(target)] = find(source)
    members: dict[int, list[int]] = defaultdict(list)
    inner: dict[int, list[Edge]] = defaultdict(list)
    for node in range(count):
        members[find(node)].append(node)
    for edge in edges:
        inner[find(edge[0])].append(edge)
    return [(nodes, inner[root]) for root, nodes in members.items()]


def _part(members: list[int], edges: list[Edge], sizes: Sizes) -> Part:
    if not edges:
        return Part((tuple(members),), dict.fromkeys(members, 0.0), {}, (0.0,))
    depth = _depths(members, edges)
    cost = len(members) + sum(depth[target] - depth[source] for source, target in edges)
    if cost <= CAREFUL_COST:
        return _settle(_ordered_carefully(members, edges), sizes)
    return _settle(_ordered_cheaply(members, edges, depth, routed=cost <= ROUTED_COST), sizes)


def _depths(members: Sequence[int], edges: Sequence[Edge]) -> dict[int, int]:
    """Length of the longest way to each node."""
    after: dict[int, list[int]] = defaultdict(list)
    missing = dict.fromkeys(members, 0)
    for source, target in edges:
        after[source].append(target)
        missing[target] += 1
    depth = dict.fromkeys(members, 0)
    ready = [node for node in members if not missing[node]]
    for node in ready:
        for child in after[node]:
            depth[child] = max(depth[child], depth[node] + 1)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    return depth


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows of members from left to right, the bends of each edge, the hops from row to row."""

    rows: list[list[int]]
    bends: dict[Edge, tuple[int, ...]]
    hops: list[Edge]


def _ordered_carefully(members: list[int], edges: list[Edge]) -> Ordered:
    local = {member: index for index, member in enumerate(members)}
    layouts = from_edges(
        [(local[source], local[target]) for source, target in edges],
        minimum_length=1,
        vertex_spacing=1,
        dummy_vertices=True,
        dummy_size=0.2,
        transpose=False,
        check_layout=False,
    )

    def name(index: int) -> int:
        # the library numbers bends upwards from the last node
        return members[index] if index < len(members) else -1 - index

    rows: dict[float, list[tuple[float, int]]] = defaultdict(list)
    hops: list[Edge] = []
    for positions, _width, _height, linked in layouts:
        hops.extend((name(int(source)), name(int(target))) for source, target in linked or ())
        for index, (across, up) in positions:
            rows[up].append((across, name(int(index))))
    ordered = [sorted(rows[up]) for up in sorted(rows, reverse=True)]
    return Ordered([[member for _x, member in row] for row in ordered], _bends(hops), hops)


def _bends(hops: Sequence[Edge]) -> dict[Edge, tuple[int, ...]]:
    following = {source: target for source, target in hops if source < 0}
    bends: dict[Edge, tuple[int, ...]] = {}
    for source, first in hops:
        if source >= 0 > first:
            way = [first]
            while following[way[-1]] < 0:
                way.append(following[way[-1]])
            bends[source, following[way[-1]]] = tuple(way)
    return bends


def _ordered_cheaply(members: list[int], edges: list[Edge], depth: dict[int, int], *, routed: bool) -> Ordered:
    rows: list[list[int]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in members:
        rows[depth[node]].append(node)
    hops: list[Edge] = []
    fresh = -1
    for source, target in edges:
        way = []
        if routed:
            for layer in range(depth[source] + 1, depth[target]):
                rows[layer].append(fresh)
                way.append(fresh)
                fresh -= 1
        stops = [source, *way, target]
        hops.extend(pairwise(stops))
    _untangle(rows, hops)
    return Ordered(rows, _bends(hops), hops)


def _neighbours(hops: Sequence[Edge]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for source, target in hops:
        after[source].append(target)
        before[target].append(source)
    return before, after


def _untangle(rows: list[list[int]], hops: Sequence[Edge], sweeps: int = 3) -> None:
    """Sort each row by the mean place of its neighbours, downwards and upwards in turn."""
    before, after = _neighbours(hops)
    at = {member: index / len(row) for row in rows for index, member in enumerate(row)}
    for sweep in range(2 * sweeps):
        near, order = (before, rows) if sweep % 2 == 0 else (after, rows[::-1])
        for row in order:
            wish = {m: sum(at[n] for n in near[m]) / len(near[m]) if near[m] else at[m] for m in row}
            row.sort(key=lambda member: wish[member])
            for index, member in enumerate(row):
                at[member] = index / len(row)


def _settle(ordered: Ordered, sizes: Sizes) -> Part:
    """Turn an order into coordinates: each row as near to its neighbours as the room between nodes allows."""
    rows = ordered.rows
    room = sizes.width + sizes.gap_x
    half = {m: room / 2 if m >= 0 else BRAID / 2 for row in rows for m in row}
    before, after = _neighbours(ordered.hops)
    x: dict[int, float] = {}
    for row in rows:
        x.update(zip(row, spread([0.0] * len(row), [half[m] for m in row]), strict=True))
    # five passes bring a wide graph to rest; the last goes downwards so that children stand below their parents
    for near, order in ((before, rows), (after, rows[::-1])) * 2 + ((before, rows),):
        for row in order:
            x.update(zip(row, spread([_wish(m, near[m], x) for m in row], [half[m] for m in row]), strict=True))
    reach = [0.0] * len(rows)
    row_of = {member: index for index, row in enumerate(rows) for member in row}
    for source, target in ordered.hops:
        reach[row_of[target]] = max(reach[row_of[target]], abs(x[source] - x[target]))
    if _is_mirrored(rows):
        rows, x = [row[::-1] for row in rows], {member: -across for member, across in x.items()}
    return Part(tuple(map(tuple, rows)), x, ordered.bends, tuple(reach))


def _is_mirrored(rows: Sequence[Sequence[int]]) -> bool:
    """Whether nodes run from right to left by number more often than from left to right."""
    ahead = 0
    for row in rows:
        nodes = [member for member in row if member >= 0]
        ahead += sum(1 if left < right else -1 for left, right in pairwise(nodes))
    return ahead < 0


def _wish(member: int, near: Sequence[int], x: Mapping[int, float]) -> float:
    if not near:
        return x[member]
    wish = sum(x[n] for n in near) / len(near)
    # a node gives way half, so that a pass in the other direction is not undone; a bend follows its edge
    return (wish + x[member]) / 2 if member >= 0 and len(near) > 1 else wish


def spread(wishes: Sequence[float], halves: Sequence[float]) -> list[float]:
    """Places in the order given, as near to the wishes as may be, none nearer to the next than both halves.

    The least squares answer, found by pooling neighbours that would collide.

    >>> spread([0, 0, 10], [2, 2, 2])
    [-2.0, 2.0, 10.0]
    """
    offsets = list(accumulate((left + right for left, right in pairwise(halves)), initial=0.0))[: len(wishes)]
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        mean, size = float(wish - offset), 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean = (mean * size + other * more) / (size + more)
            size += more
        pools.append((mean, size))
    means = [mean for mean, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _centres(part: Part, sizes: Sizes) -> list[int]:
    """Centre of each row; rows stand further apart where edges run far sideways between them."""
    centres = [sizes.height // 2]
    for reach in part.reach[1:]:
        more = min(sizes.gap_y, round(reach / 60 / 4) * 4)
        centres.append(centres[-1] + sizes.height + sizes.gap_y + more)
    return centres


def _pack(count: int, parts: Sequence[Part], sizes: Sizes) -> Layout:
    """Stand the parts in shelves, the tallest first, loose nodes last."""
    order = sorted(range(len(parts)), key=lambda i: (-len(parts[i].rows), -len(parts[i].x), i))
    boxes = {i: _box(parts[i], sizes) for i in order}
    area = sum((w + sizes.gap_x) * (h + sizes.gap_y) for w, h, _left, _tops in boxes.values())
    limit = max([w for w, _h, _left, _tops in boxes.values()] + [round((area * ASPECT) ** 0.5)], default=0)
    nodes: list[Point] = [(0, 0)] * count
    routes: dict[Edge, tuple[Point, ...]] = {}
    left = top = shelf = width = 0
    for i in order:
        wide, high, start, tops = boxes[i]
        if left and left + wide > limit:
            left, top, shelf = 0, top + shelf + sizes.gap_y * 2, 0
        at: dict[int, Point] = {}
        for row, centre in zip(parts[i].rows, tops, strict=True):
            for member in row:
                at[member] = (round(parts[i].x[member] - start) + left, centre + top)
                if member >= 0:
                    nodes[member] = at[member]
        routes.update({edge: tuple(at[bend] for bend in way) for edge, way in parts[i].bends.items()})
        width, shelf = max(width, left + wide), max(shelf, high)
        left += wide + sizes.gap_x
    return Layout(tuple(nodes), routes, width, top + shelf)


def _box(part: Part, sizes: Sizes) -> tuple[int, int, float, list[int]]:
    """Width, height, leftmost x and the rows' centres of a part."""
    tops = _centres(part, sizes)
    halves = {m: sizes.width / 2 if m >= 0 else BRAID / 2 for m in part.x}
    start = min(x - halves[m] for m, x in part.x.items())
    end = max(x + halves[m] for m, x in part.x.items())
    return round(end - start), tops[-1] + sizes.height // 2, start, tops
