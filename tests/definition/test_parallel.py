"""How much steps may need at the same time."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.parallel import MOST_STEPS, Crowd, crowds


def step(name, *after, **more):
    return {"Name": name, "Type": "Training", "DependsOn": list(after), **more}


def condition(name, then, otherwise):
    return {"Name": name, "Type": "Condition", "Arguments": {"Conditions": [], "IfSteps": then, "ElseSteps": otherwise}}


DIAMOND = [step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c")]
BRANCHES = [
    step("a"),
    condition("gate", [step("yes1"), step("yes2")], [step("no1"), step("no2"), step("no3")]),
]


@pytest.mark.parametrize(
    ("steps", "weights", "parallelism", "count", "together"),
    [
        (DIAMOND, {"a": 1, "b": 1, "c": 1, "d": 1}, None, 2, ("b", "c")),
        (DIAMOND, {"a": 1, "b": 3, "c": 4, "d": 1}, None, 7, ("b", "c")),
        ([step("a"), step("b"), step("c", "a")], {"a": 1, "b": 2, "c": 5}, None, 7, ("b", "c")),
        ([step(n) for n in "abcd"], {"a": 1, "b": 5, "c": 2, "d": 4}, 2, 9, ("b", "d")),
        (BRANCHES, {"a": 1, "yes1": 2, "yes2": 2, "no1": 1, "no2": 1, "no3": 1}, None, 5, ("a", "yes1", "yes2")),
        ([step(f"s{n}") for n in range(MOST_STEPS + 5)], {f"s{n}": 1 for n in range(MOST_STEPS + 5)}, None, 155, None),
    ],
)
def test_the_most_that_may_come_together(steps, weights, parallelism, count, together):
    uses = [("quota", name, weight) for name, weight in weights.items()]
    (found,) = crowds({"Steps": steps}, uses, parallelism)
    assert found.count == count
    assert together is None or found == Crowd("quota", count, together)


def test_what_waits_for_one_another_is_no_crowd():
    chain = {"Steps": [step("a"), step("b", "a"), step("c", "b")]}
    assert crowds(chain, [("q", name, 9) for name in "abc"]) == ()
    assert crowds(chain, [("q", "a", 9), ("q", "a", 2)]) == ()
    circle = {"Steps": [step("a", "b"), step("b", "a")]}
    assert crowds(circle, [("q", "a", 1), ("q", "b", 1)]) == ()


@st.composite
def graphs(draw):
    count = draw(st.integers(2, 7))
    after = [draw(st.sets(st.integers(0, at - 1))) if at else set() for at in range(count)]
    weights = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    return [step(f"s{n}", *(f"s{m}" for m in sorted(after[n]))) for n in range(count)], weights


@given(graphs())
def test_nothing_heavier_can_come_together(made):
    steps, weights = made
    graph = build_graph({"Steps": steps})
    weight = {f"s{n}": one for n, one in enumerate(weights)}
    later = {name: nx.descendants(graph, name) for name in graph}

    def is_free(names):
        return not any(b in later[a] or a in later[b] for a, b in combinations(names, 2))

    best = max(
        (sum(weight[name] for name in names), len(names))
        for size in range(1, len(weight) + 1)
        for names in combinations(weight, size)
        if is_free(names)
    )
    found = crowds({"Steps": steps}, [("q", name, one) for name, one in weight.items()])
    if found:
        assert is_free(found[0].steps)
        assert found[0].count == best[0]
    else:
        assert best[0] == max(weight.values())
