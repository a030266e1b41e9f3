"""Hyperband: many training jobs begin, few go to their end, by what their objective was so far. Pure.

A unit of resource is one value of the objective in a job's log, an epoch for most scripts. At certain numbers of units,
the rungs, the best third of the jobs that came so far goes on (successive halving). A tuning's first jobs form a
bracket and are compared with each other; the next bracket is smaller and has its first rung later, for the sake of
what is slow at first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.search import SearchError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHARE = 3
"""One in so many goes on; with fewer at a rung nothing is known yet."""
MOST_UNITS = 20_000
EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
"""Static hyperparameters that say how long a training job runs where MaxResource does not."""


@dataclass(frozen=True, slots=True)
class Resources:
    """How many units a training job gets: none is stopped before ``least``, all are at ``most``."""

    least: int
    most: int

    @property
    def rungs(self) -> tuple[int, ...]:
        """Where jobs are compared: the least number of units, three times that, and so on."""
        count = int(math.log(self.most / self.least, SHARE) + 1e-9) + 1
        return tuple(rung for at in range(count) if (rung := self.least * SHARE**at) < self.most)


def resources_of(config: Mapping[str, Any], static: Mapping[str, Any]) -> Resources | None:
    """The resources of a tuning's configuration and static hyperparameters; None unless it follows Hyperband.

    Raises
    ------
    SearchError
        They are missing, out of bounds, or early stopping is to follow another rule as well.
    """
    if config.get("Strategy") != "Hyperband":
        return None
    if config.get("TrainingJobEarlyStoppingType") == "Auto":
        raise SearchError(
            "TrainingJobEarlyStoppingType must be Off with the strategy Hyperband, which stops training jobs itself."
        )
    given = (config.get("StrategyConfig") or {}).get("HyperbandStrategyConfig") or {}
    most = given.get("MaxResource") or _epochs(static)
    if most is None:
        raise SearchError(
            "Hyperband must know how long a training job may run: give StrategyConfig.HyperbandStrategyConfig."
            f"MaxResource, or one of the static hyperparameters {', '.join(EPOCHS)}."
        )
    resources = Resources(int(given.get("MinResource") or 1), int(most))
    if not 1 <= resources.least <= resources.most <= MOST_UNITS:
        bounds = f"MinResource {resources.least} and MaxResource {resources.most} of Hyperband"
        raise SearchError(f"{bounds} must ascend, up to {MOST_UNITS}.")
    return resources


def bracket_of(index: int, resources: Resources) -> int:
    """Which bracket a training job belongs to: how many rungs it may pass without being compared."""
    count = len(resources.rungs) + 1
    # as many jobs as make the brackets cost about the same; behind the last bracket it begins anew
    sizes = [math.ceil(count * SHARE ** (count - 1 - at) / (count - at)) for at in range(count)]
    place = index % sum(sizes)
    return next(at for at in range(count) if place < sum(sizes[: at + 1]))


def is_beaten(
    values: Sequence[float],
    others: Sequence[Sequence[float]],
    resources: Resources,
    bracket: int = 0,
    *,
    maximizes: bool,
) -> bool:
    """Whether a training job with these values so far is to be stopped.

    Parameters
    ----------
    others
        The values of the other jobs of its bracket, stopped ones included.
    """
    if len(values) >= resources.most:
        return True
    passed = [rung for rung in resources.rungs[bracket:] if rung <= len(values)]
    if not passed:
        return False
    # only where it came last: one that has proved itself since is not held back by what comes behind it
    at = passed[-1] - 1
    here = sorted((each[at] for each in (values, *others) if len(each) > at), reverse=maximizes)
    if len(here) < SHARE:
        return False
    last = here[math.ceil(len(here) / SHARE) - 1]
    return values[at] < last if maximizes else values[at] > last


def _epochs(static: Mapping[str, Any]) -> int | None:
    for name in EPOCHS:
        text = str(static.get(name, "")).strip('"')
        if text.isdigit() and int(text):
            return int(text)
    return None
