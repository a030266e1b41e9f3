"""When a tuning's training job is not worth going on: the service's median rule for early stopping. Pure.

After each value of the objective: worse than the median of the running averages, up to the same value, of the training
jobs that went before.
"""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 3
"""With fewer jobs before, nothing is known yet."""


def is_hopeless(values: Sequence[float], before: Sequence[Sequence[float]], *, maximizes: bool) -> bool:
    """Whether a training job with these values so far, in their order, is to be stopped."""
    if not values:
        return False
    # of one that ended after fewer values, all of them
    averages = [fmean(each[: len(values)]) for each in before if each]
    if len(averages) < FEWEST:
        return False
    middle = median(averages)
    return values[-1] < middle if maximizes else values[-1] > middle
