"""Which hyperparameters a tuning tries next: random, grid and Bayesian search over declared ranges.

Pure but for the library that does the Bayesian part, which is optional. The same question always has the same answer,
so a tuning that is taken up again goes on as it would have.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import math
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BAYESIAN_LIBRARY = "optuna"


class SearchError(ValueError):
    """The ranges cannot be searched that way; the text says why."""


class Scale(StrEnum):
    """``ScalingType``; Auto is taken as Linear, or as Logarithmic over several orders of magnitude."""

    LINEAR = "Linear"
    LOGARITHMIC = "Logarithmic"
    REVERSE_LOGARITHMIC = "ReverseLogarithmic"


@dataclass(frozen=True, slots=True)
class Range:
    """One hyperparameter's values: a list of texts, or numbers between two (both included)."""

    name: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_whole: bool = False
    scale: Scale = Scale.LINEAR


@dataclass(frozen=True, slots=True)
class Trial:
    """A training job so far: its values as texts, and its objective; None while it runs or when it gave none."""

    values: Mapping[str, str]
    objective: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is known when the next values are wanted.

    Parameters
    ----------
    index
        The number of the training job, from 0.
    """

    ranges: tuple[Range, ...]
    maximizes: bool
    seed: str
    index: int
    trials: tuple[Trial, ...] = ()


def ranges_of(declared: Mapping[str, Any]) -> tuple[Range, ...]:
    """The ranges of a ``ParameterRanges``.

    Raises
    ------
    SearchError
        One is empty or no range.
    """
    categories = declared.get("CategoricalParameterRanges") or []
    found = [Range(str(at["Name"]), tuple(map(str, at["Values"]))) for at in categories]
    for member, is_whole in (("IntegerParameterRanges", True), ("ContinuousParameterRanges", False)):
        found += [_numbers(at, is_whole=is_whole) for at in declared.get(member) or []]
    found += [Range(str(at["Name"]), (str(at["ValueHint"]),)) for at in declared.get("AutoParameters") or []]
    return tuple(found)


def suggest(strategy: str, question: Question) -> dict[str, str]:
    """The next values, as the texts a training job gets.

    Raises
    ------
    SearchError
        The grid has no more points.
    """
    if strategy == "Grid":
        return _grid_point(question)
    if strategy == "Bayesian" and has_bayesian():
        return _bayesian(question)
    return _random(question)


def has_bayesian() -> bool:
    """Whether the library for Bayesian search is installed."""
    return importlib.util.find_spec(BAYESIAN_LIBRARY) is not None


def grid_size(ranges: Iterable[Range]) -> int:
    """How many points a grid has.

    Raises
    ------
    SearchError
        A range is not categorical.
    """
    counts = []
    for at in ranges:
        if not at.values:
            raise SearchError(f"Grid search takes categorical parameters only; '{at.name}' is a range of numbers.")
        counts.append(len(at.values))
    return math.prod(counts)


def is_inside(ranges: Iterable[Range], values: Mapping[str, str]) -> bool:
    """Whether values, of another tuning perhaps, are ones that could have been suggested for these ranges."""
    for at in ranges:
        text = values.get(at.name)
        if text is None or (at.values and text not in at.values):
            return False
        try:
            if not at.values and not at.low <= float(text) <= at.high:
                return False
        except ValueError:
            return False
    return True


def _numbers(declared: Mapping[str, Any], *, is_whole: bool) -> Range:
    name = str(declared["Name"])
    try:
        low, high = float(declared["MinValue"]), float(declared["MaxValue"])
    except ValueError as error:
        raise SearchError(f"The range of '{name}' is not one of numbers: {error}.") from error
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise SearchError(f"The range of '{name}' is empty: {declared['MinValue']} to {declared['MaxValue']}.")
    scale = _scale(str(declared.get("ScalingType") or "Auto"), low, high)
    if (scale is Scale.LOGARITHMIC and low <= 0) or (scale is Scale.REVERSE_LOGARITHMIC and not 0 <= low <= high < 1):
        raise SearchError(f"The range of '{name}' cannot be searched with {scale} scaling: {low:g} to {high:g}.")
    return Range(name, (), low, high, is_whole, scale)


def _scale(declared: str, low: float, high: float) -> Scale:
    if declared != "Auto":
        return Scale(declared)
    return Scale.LOGARITHMIC if low > 0 and high / low >= 1000 else Scale.LINEAR


def _grid_point(question: Question) -> dict[str, str]:
    size = grid_size(question.ranges)
    if question.index >= size:
        raise SearchError(f"The grid has {size} points, and all have been tried.")
    points = itertools.product(*(at.values for at in question.ranges))
    point = next(itertools.islice(points, question.index, None))
    return {at.name: value for at, value in zip(question.ranges, point, strict=True)}


def _random(question: Question) -> dict[str, str]:
    draw = random.Random(f"{question.seed}-{question.index}")
    return {at.name: _drawn(at, draw) for at in question.ranges}


def _drawn(at: Range, draw: random.Random) -> str:
    if at.values:
        return draw.choice(at.values)
    if at.is_whole and at.scale is Scale.LINEAR:
        return str(draw.randint(math.ceil(at.low), math.floor(at.high)))
    if at.scale is Scale.LOGARITHMIC:
        value = math.exp(draw.uniform(math.log(at.low), math.log(at.high)))
    elif at.scale is Scale.REVERSE_LOGARITHMIC:
        value = 1 - math.exp(draw.uniform(math.log(1 - at.high), math.log(1 - at.low)))
    else:
        value = draw.uniform(at.low, at.high)
    return _text(at, value)


def _text(at: Range, value: float) -> str:
    value = min(max(value, at.low), at.high)
    return str(round(value)) if at.is_whole else repr(value)


# --- Bayesian, by optuna's tree of Parzen estimators


@functools.cache
def _optuna() -> Any:
    import optuna  # noqa: PLC0415 - optional, and a second to import

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _bayesian(question: Question) -> dict[str, str]:
    optuna = _optuna()
    seed = random.Random(f"{question.seed}-{question.index}").getrandbits(32)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, 3 + 2 * len(question.ranges)))
    direction = "maximize" if question.maximizes else "minimize"
    study = optuna.create_study(sampler=sampler, direction=direction)
    spaces = {at.name: _space(optuna, at) for at in question.ranges}
    for trial in _known(question.trials, maximizes=question.maximizes):
        values = {at.name: _value(at, trial.values[at.name]) for at in question.ranges}
        study.add_trial(optuna.trial.create_trial(params=values, distributions=spaces, value=trial.objective))
    asked = study.ask(spaces)
    return {at.name: _back(at, asked.params[at.name]) for at in question.ranges}


def _known(trials: Sequence[Trial], *, maximizes: bool) -> list[Trial]:
    """The trials with a value: those still running count as the worst so far, so that others go elsewhere."""
    values = [at.objective for at in trials if at.objective is not None]
    if not values:
        return []
    worst = min(values) if maximizes else max(values)
    return [Trial(at.values, worst if at.objective is None else at.objective) for at in trials]


def _space(optuna: Any, at: Range) -> Any:
    distributions = optuna.distributions
    if at.values:
        return distributions.CategoricalDistribution(at.values)
    if at.scale is Scale.REVERSE_LOGARITHMIC:
        return distributions.FloatDistribution(1 - at.high, 1 - at.low, log=True)
    is_log = at.scale is Scale.LOGARITHMIC
    if at.is_whole:
        return distributions.IntDistribution(math.ceil(at.low), math.floor(at.high), log=is_log)
    return distributions.FloatDistribution(at.low, at.high, log=is_log)


def _value(at: Range, text: str) -> Any:
    if at.values:
        return text
    value = 1 - float(text) if at.scale is Scale.REVERSE_LOGARITHMIC else float(text)
    return round(value) if at.is_whole else value


def _back(at: Range, value: Any) -> str:
    if at.values:
        return str(value)
    return _text(at, 1 - value if at.scale is Scale.REVERSE_LOGARITHMIC else value)
