"""Which training jobs of a Hyperband tuning are stopped, as tables; and that the best one never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.hyperband import Resources, bracket_of, is_beaten, resources_of
from sm_pipeline_widgets.engine.search import SearchError

OTHERS = [[5.0, 4.0, 3.0, 2.0], [6.0, 5.0, 4.0, 3.0], [7.0]]


def config(most=None, least=None, **more):
    given = {"MaxResource": most, "MinResource": least}
    strategy = {"HyperbandStrategyConfig": {name: at for name, at in given.items() if at is not None}}
    return {"Strategy": "Hyperband", "StrategyConfig": strategy, **more}


@pytest.mark.parametrize(
    "given, static, resources",
    [
        (config(27), {}, Resources(1, 27)),
        (config(100, 5), {"epochs": "7"}, Resources(5, 100)),
        (config(), {"epochs": "12"}, Resources(1, 12)),
        ({"Strategy": "Hyperband"}, {"n_epochs": '"30"'}, Resources(1, 30)),
        ({"Strategy": "Random"}, {}, None),
    ],
)
def test_resources(given, static, resources):
    assert resources_of(given, static) == resources


@pytest.mark.parametrize(
    "given, words",
    [
        (config(), "must know how long a training job may run: .*MaxResource, .*epochs, numepochs"),
        (config(5, 6), "MinResource 6 and MaxResource 5 of Hyperband must ascend"),
        (config(20_001), "up to 20000"),
        (config(9, TrainingJobEarlyStoppingType="Auto"), "must be Off with the strategy Hyperband"),
    ],
)
def test_resources_that_are_refused(given, words):
    with pytest.raises(SearchError, match=words):
        resources_of(given, {})


@pytest.mark.parametrize(
    "resources, rungs",
    [(Resources(1, 1), ()), (Resources(1, 27), (1, 3, 9)), (Resources(2, 20), (2, 6, 18)), (Resources(5, 15), (5,))],
)
def test_rungs(resources, rungs):
    assert resources.rungs == rungs


@pytest.mark.parametrize(
    "values, others, maximizes, stops",
    [
        ([], OTHERS, False, False),
        ([5.5], OTHERS, False, False),  # the second of four: the best third, rounded up, goes on
        ([6.5], OTHERS, False, True),
        ([5.5], OTHERS[:1], False, False),  # too few have come so far
        ([4.0, 9.0], OTHERS, False, False),  # between two rungs nothing is asked
        ([4.0, 9.0, 9.0], OTHERS, False, True),
        ([9.0, 9.0, 2.0], OTHERS, False, False),  # what it was before does not count any more
        ([5.0], [[5.0], [5.0]], False, False),  # as good as the best
        ([5.5], OTHERS, True, True),
        ([8.0], OTHERS, True, False),
        ([1.0] * 27, [], False, True),  # all it may use
    ],
)
def test_who_is_beaten(values, others, maximizes, stops):
    assert is_beaten(values, others, Resources(1, 27), maximizes=maximizes) is stops


def test_a_later_bracket_asks_later():
    worst = [9.0, 9.0]
    assert is_beaten(worst, OTHERS, Resources(1, 27), 0, maximizes=False)
    assert not is_beaten(worst, OTHERS, Resources(1, 27), 1, maximizes=False)


def test_the_early_brackets_have_the_most_jobs():
    dealt = [bracket_of(at, Resources(1, 27)) for at in range(100)]
    assert dealt[:49] == sorted(dealt[:49])
    assert [dealt[:49].count(at) for at in range(4)] == [27, 12, 6, 4]
    assert dealt[49] == 0
    assert {bracket_of(at, Resources(1, 1)) for at in range(9)} == {0}


@given(st.lists(st.lists(st.floats(0, 1), max_size=12), min_size=1, max_size=12), st.booleans())
def test_the_best_of_those_that_came_furthest_goes_on(jobs, maximizes):
    resources = Resources(1, 27)
    furthest = max((rung for rung in resources.rungs for job in jobs if rung <= len(job)), default=None)
    if furthest is None:
        return
    there = [at for at, job in enumerate(jobs) if len(job) >= furthest]
    best = (max if maximizes else min)(there, key=lambda at: jobs[at][furthest - 1])
    others = jobs[:best] + jobs[best + 1 :]
    assert not is_beaten(jobs[best], others, resources, maximizes=maximizes)
