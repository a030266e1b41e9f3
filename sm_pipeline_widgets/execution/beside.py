"""One step's two runs beside each other: the original, and its replay. What is compared, row by row.

Pure: outcomes in, rows out; how they look is decided in ``view``.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution import service_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import StepStatus

LOG_END = 30
"""Lines of each log's end that are set side by side."""
DIFFERENT_LINES = 40
"""Lines of the difference of both logs that are kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run of a step.

    ``seconds`` is None while it runs; ``place`` says where it ran, in words; ``exit_code`` is None where it is not
    known; ``log_end`` are the last lines of its log, at most :data:`LOG_END`.
    """

    name: str
    status: StepStatus
    seconds: float | None = None
    reason: str = ""
    exit_code: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    place: str = ""
    log_end: tuple[LogLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """Something the replay was given differently: what it is, what it was, what it is now ('' where there is none)."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Given:
    """All that a replay was given differently, what should be known of it, and the unified diff of its code."""

    changes: tuple[Changed, ...] = ()
    notes: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison. ``is_different`` marks what is worth a look."""

    label: str
    before: str
    after: str
    is_different: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """Both runs of a step.

    ``notes`` are what should be known of the replay: data that has changed, a sample that was taken; ``difference``
    is the unified difference of the logs, ``code`` that of the code; ``arn`` is the replay's execution; ``is_final``
    says that it has ended and all of it was read.
    """

    step: str
    arn: str
    original: Outcome
    replay: Outcome
    changes: tuple[Changed, ...] = ()
    notes: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()
    is_final: bool = False
    code: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is compared: where, outcome, reason, time, metrics, then what was given differently."""
        return tuple(_rows(self))


def _rows(both: Beside) -> Iterator[Row]:
    before, after = both.original, both.replay
    yield Row("where", before.place, after.place)
    yield Row("outcome", before.status, after.status, is_different=both.is_final and before.status != after.status)
    yield Row("time", spent(before.seconds), spent(after.seconds))
    if before.exit_code is not None or after.exit_code is not None:
        old, new = ("" if one.exit_code is None else str(one.exit_code) for one in (before, after))
        yield Row("exit code", old, new, is_different=both.is_final and old != new)
    if before.reason or after.reason:
        old, new = _core(before.reason), _core(after.reason)
        yield Row("exit message", old, new, is_different=both.is_final and old != new)
    for name in dict.fromkeys([*before.metrics, *after.metrics]):
        old, new = (f"{one.metrics[name]:g}" if name in one.metrics else "" for one in (before, after))
        yield Row(name, old, new, is_different=both.is_final and old != new)
    for change in both.changes:
        yield Row(change.name, change.before, change.after, is_different=True)


def _core(reason: str) -> str:
    """What a step ended with: the exception's own words where the service wraps them."""
    said = service_words.parse(reason)
    return service_words.raised_in(said.error) or said.error or reason


def spent(seconds: float | None) -> str:
    """A duration in seconds, or minutes where it is long; '' where it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{seconds:.1f} s" if seconds < 60 else f"{minutes} min {rest} s"


def log_difference(before: Sequence[str], after: Sequence[str], most: int = DIFFERENT_LINES) -> tuple[str, ...]:
    """The lines that only one of two logs has, as a unified difference; at most so many."""
    return tuple(islice(difflib.unified_diff(before, after, "original", "replay", lineterm="", n=1), most))


def changed_arguments(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    """What differs between two requests of the same step, each under the words a person has for it.

    >>> changed_arguments({"HyperParameters": {"alpha": "0.1"}}, {"HyperParameters": {"alpha": "0.7"}})
    (Changed(name='hyperparameter alpha', before='0.1', after='0.7'),)
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    return tuple(
        Changed(name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name)
    )


_WORDS = {"HyperParameters": "hyperparameter", "Environment": "variable"}
_COMMANDS = ("ContainerEntrypoint", "ContainerArguments")


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, (*path, str(key)))
    elif isinstance(value, list) and path[-1] not in _COMMANDS:
        for number, inner in enumerate(value):
            yield from _flat(inner, (*path, str(number)))
    elif isinstance(value, list):
        yield "command line", " ".join(str(word) for word in value)
    elif len(path) > 1 and path[-2] in _WORDS:
        yield f"{_WORDS[path[-2]]} {path[-1]}", str(value)
    else:
        yield ".".join(path), str(value)
