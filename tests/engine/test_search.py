"""Which values a tuning tries: ranges as a table, searches as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.search import Question, Range, Scale, SearchError, Trial, grid_size, ranges_of, suggest

DECLARED = {
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ['"a"', '"b"']}],
    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "9"}],
    "ContinuousParameterRanges": [
        {"Name": "rate", "MinValue": "1e-5", "MaxValue": "0.1"},
        {"Name": "keep", "MinValue": "0.5", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
        {"Name": "share", "MinValue": "0", "MaxValue": "1"},
    ],
}


def test_ranges_are_read():
    assert ranges_of(DECLARED) == (
        Range("kind", ('"a"', '"b"')),
        Range("depth", (), 2, 9, True),
        Range("rate", (), 1e-5, 0.1, False, Scale.LOGARITHMIC),
        Range("keep", (), 0.5, 0.999, False, Scale.REVERSE_LOGARITHMIC),
        Range("share", (), 0, 1),
    )


@pytest.mark.parametrize(
    ("low", "high", "scale", "words"),
    [
        ("x", "1", "Auto", "not one of numbers"),
        ("2", "1", "Auto", "is empty: 2 to 1"),
        ("nan", "1", "Auto", "is empty"),
        ("0", "1", "Logarithmic", "cannot be searched with Logarithmic"),
        ("0.1", "1", "ReverseLogarithmic", "cannot be searched with ReverseLogarithmic"),
    ],
)
def test_ranges_that_are_none(low, high, scale, words):
    declared = [{"Name": "p", "MinValue": low, "MaxValue": high, "ScalingType": scale}]
    with pytest.raises(SearchError, match=words):
        ranges_of({"ContinuousParameterRanges": declared})


@given(st.sampled_from(["Random", "Bayesian"]), st.integers(0, 30), st.text(max_size=5))
def test_values_stay_in_their_ranges_and_the_same_question_has_the_same_answer(strategy, index, seed):
    ranges = ranges_of(DECLARED)
    known = [{"kind": '"a"', "depth": "3", "rate": "0.001", "keep": "0.9", "share": "0.5"}] * 2
    trials = (Trial(known[0], 0.25), Trial(known[1]))
    question = Question(ranges, maximizes=True, seed=seed, index=index, trials=trials)
    values = suggest(strategy, question)
    assert suggest(strategy, question) == values
    assert values["kind"] in ('"a"', '"b"')
    assert 2 <= int(values["depth"]) <= 9
    for at in ranges[2:]:
        assert at.low <= float(values[at.name]) <= at.high


def test_a_grid_is_every_combination_once():
    ranges = (Range("a", ("1", "2")), Range("b", ("x", "y", "z")))
    points = [suggest("Grid", Question(ranges, maximizes=True, seed="", index=at)) for at in range(6)]
    assert len({tuple(point.items()) for point in points}) == grid_size(ranges) == 6
    with pytest.raises(SearchError, match="6 points, and all have been tried"):
        suggest("Grid", Question(ranges, maximizes=True, seed="", index=6))
    with pytest.raises(SearchError, match="'depth' is a range of numbers"):
        grid_size(ranges_of(DECLARED))


def searched(strategy, seed):
    """The best of 40 values of a bowl whose bottom is at x = 0.3, and y on `good`."""
    ranges = (Range("x", (), -10, 10), Range("y", ("bad", "good")))
    trials = []
    for index in range(40):
        values = suggest(strategy, Question(ranges, maximizes=False, seed=seed, index=index, trials=tuple(trials)))
        trials.append(Trial(values, (float(values["x"]) - 0.3) ** 2 + (values["y"] == "bad") * 20))
    return min(trial.objective for trial in trials)


def test_what_was_learned_is_used():
    random = sorted(searched("Random", str(seed)) for seed in range(7))[3]
    bayesian = sorted(searched("Bayesian", str(seed)) for seed in range(7))[3]
    assert bayesian < random / 2
