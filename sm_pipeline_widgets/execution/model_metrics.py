"""The numbers in an evaluation report, whatever wrote it.

>>> [str(metric) for metric in metrics_in({"regression_metrics": {"mse": {"value": 4.9, "standard_deviation": 2.2}}})]
['mse 4.9 ± 2.2']
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 200
"""Numbers that are read of one report; bias and explainability reports have thousands."""
_DEEPEST = 12
_VALUE, _DEVIATION = "value", "standard_deviation"
_LOWER = ("rmse", "mse", "mae", "mape", "loss", "error", "logloss", "perplexity")
_HIGHER = ("accuracy", "auc", "f1", "f2", "f0_5", "r2", "precision", "recall", "tpr", "tnr", "bleu", "rouge")


@dataclass(frozen=True, slots=True)
class Metric:
    """One number; ``path`` is where it stands in the report, ``name`` the shortest end of it that is its own."""

    name: str
    value: float
    deviation: float | None = None
    path: str = ""

    def __str__(self) -> str:
        spread = "" if self.deviation is None else f" ± {self.deviation:g}"
        return f"{self.name} {self.value:g}{spread}"

    @property
    def is_better_low(self) -> bool | None:
        """Whether less is better, by what the name is known for; None where nobody knows."""
        words = self.name.lower().replace("-", "_").replace(".", "_").split("_")
        if any(word in _LOWER for word in words):
            return True
        return False if any(word in _HIGHER for word in words) else None


def read_metrics(text: str) -> tuple[Metric, ...]:
    """The numbers in a report's JSON text.

    Raises
    ------
    ValueError
        The text is no JSON.
    """
    return metrics_in(json.loads(text))


def metrics_in(report: Any) -> tuple[Metric, ...]:
    """The numbers in a report, in its order; ``{"value": …, "standard_deviation": …}`` is one."""
    found = []
    for at in _numbers(report, (), 0):
        found.append(at)
        if len(found) == MOST:
            break
    names = _short_names([path for path, _, _ in found])
    return tuple(
        Metric(name, value, deviation, ".".join(path))
        for name, (path, value, deviation) in zip(names, found, strict=True)
    )


def _numbers(at: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], float, float | None]]:
    if _is_number(at):
        yield path, float(at), None
    elif depth < _DEEPEST and isinstance(at, dict):
        if _is_number(at.get(_VALUE)) and path:
            deviation = at.get(_DEVIATION)
            yield path, float(at[_VALUE]), None if deviation is None or not _is_number(deviation) else float(deviation)
            return
        for name, inner in at.items():
            yield from _numbers(inner, (*path, str(name)), depth + 1)
    elif depth < _DEEPEST and isinstance(at, list):
        for number, inner in enumerate(at):
            yield from _numbers(inner, (*path, str(number)), depth + 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _short_names(paths: list[tuple[str, ...]]) -> list[str]:
    """Each path's last part, or so many of its last parts that it is the only one of that name."""
    longest = max((len(path) for path in paths), default=0)
    ends = [Counter(path[-length:] for path in paths) for length in range(1, longest + 1)]
    return [
        ".".join(next((path[-at - 1 :] for at in range(len(path)) if ends[at][path[-at - 1 :]] == 1), path)) or "value"
        for path in paths
    ]
