"""When a training job of a tuning is stopped early, as a table."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.engine.earlystop import is_hopeless

BEFORE = [[4.0, 2.0, 1.0], [5.0, 3.0, 2.0], [6.0, 4.0, 3.0]]


@pytest.mark.parametrize(
    ("values", "before", "maximizes", "stops"),
    [
        ([], BEFORE, False, False),
        ([4.9], BEFORE, False, False),
        ([5.1], BEFORE, False, True),
        ([9.0, 3.9], BEFORE, False, False),
        ([9.0, 4.1], BEFORE, False, True),
        ([9.0, 9.0, 9.0, 9.0], BEFORE, False, True),
        ([9.0, 9.0, 9.0, 1.0], BEFORE, False, False),
        ([9.0], [[], *BEFORE[:2]], False, False),
        ([9.0], BEFORE[:2], False, False),
        ([4.9], BEFORE, True, True),
        ([5.1], BEFORE, True, False),
    ],
)
def test_the_median_rule(values, before, maximizes, stops):
    assert is_hopeless(values, before, maximizes=maximizes) is stops
