"""What differs between two runs of a pipeline, the most telling first.

Pure: two runs in, findings out. What happened comes first, then what may have made it happen - code, parameters,
settings, data, images, machines - and of these what concerns the step that failed, and the steps before it, before the
rest; what only came of it (metrics, durations) last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compare import Change, Difference, compare
from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.outline import outline
from sm_pipeline_widgets.execution.state import StepStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.compare import StepChange
    from sm_pipeline_widgets.definition.compare_values import ValueChange
    from sm_pipeline_widgets.execution.runs import InputFact, Run, StepRun

TELLING_SECONDS = 10.0
TELLING_RATIO = 1.5
"""A duration counts as different by this many seconds and this many times."""
DONE = frozenset({StepStatus.SUCCEEDED, StepStatus.CACHED, StepStatus.REUSED})
_OF_IMAGES = ("ImageUri", "TrainingImage")
_OF_MACHINES = ("InstanceType", "InstanceCount")
_OF_INPUTS = ("ProcessingInputs", "InputDataConfig")
_THIS_RUN = "<this run>"


class Kind(IntEnum):
    """What differs; the smaller, the more telling."""

    STATUS = 0
    OUTCOME = 1
    BRANCH = 2
    STEP = 3
    CODE = 4
    PARAMETER = 5
    SETTING = 6
    INPUT = 7
    IMAGE = 8
    MACHINE = 9
    CACHE = 10
    METRIC = 11
    DURATION = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that differs: in which step (empty for the whole run), what, and what it was and is, in words.

    ``change`` is the definition's where it is one; ``distance`` says how near it is to the step that failed (0: that
    step, 1: before it, 2: elsewhere).
    """

    kind: Kind
    step: str
    what: str
    before: str = ""
    after: str = ""
    distance: int = 2
    change: ValueChange | None = None


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Two runs compared; ``findings`` has the most telling first, ``definition`` what differs in what was run."""

    before: Run
    after: Run
    findings: tuple[Finding, ...]
    definition: Difference

    @property
    def is_same(self) -> bool:
        """Whether nothing that is known differs."""
        return not self.findings

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind is kind)


def compare_runs(before: Run, after: Run) -> RunDifference:
    """Everything that differs from one run to the other, as far as it is known of both."""
    definition = compare(before.definition, after.definition)
    near = _nearness(after if _failed(after) else before)
    found = [
        *_status(before, after),
        *_parameters(before, after),
        *_settings(definition),
        *(finding for step in definition.steps for finding in _step(step, before, after)),
    ]
    placed = [
        Finding(one.kind, one.step, one.what, one.before, one.after, near.get(one.step, 2), one.change) for one in found
    ]
    return RunDifference(before, after, tuple(sorted(placed, key=_rank)), definition)


def _rank(finding: Finding) -> tuple[int, int, int]:
    """Outcomes first, then by nearness, consequences last."""
    group = 0 if finding.kind <= Kind.BRANCH else 2 if finding.kind >= Kind.CACHE else 1
    return group, finding.distance if finding.step else 0, finding.kind


def _failed(run: Run) -> list[str]:
    return [name for name, step in run.steps.items() if step.status is StepStatus.FAILED]


def _nearness(run: Run) -> dict[str, int]:
    """How near each step is to one that failed."""
    plan = outline(run.definition)
    failed = _failed(run)
    before = {name for step in failed for name in plan.upstream_of(step)}
    return {**dict.fromkeys(before, 1), **dict.fromkeys(failed, 0)}


def _status(before: Run, after: Run) -> Iterator[Finding]:
    if before.status is not after.status:
        yield Finding(Kind.STATUS, "", "the run", before.status.value, after.status.value)


def _parameters(before: Run, after: Run) -> Iterator[Finding]:
    for name in dict.fromkeys((*after.parameters, *before.parameters)):
        was, now = (_said(run.parameters[name]) if name in run.parameters else "" for run in (before, after))
        if was != now:
            yield Finding(Kind.PARAMETER, "", name, was, now)


def _settings(definition: Difference) -> Iterator[Finding]:
    for change in definition.settings:
        yield Finding(Kind.SETTING, "", change.path, change=change)


def _step(change: StepChange, before: Run, after: Run) -> Iterator[Finding]:
    name = change.name
    if change.change in (Change.ADDED, Change.REMOVED):
        yield Finding(Kind.STEP, name, f"the step was {change.change}")
        return
    if change.was is not None or change.moved is not None:
        yield Finding(Kind.STEP, name, f"renamed from {change.was}" if change.was is not None else "moved")
    old, new = before.steps.get(change.was or name), after.steps.get(name)
    for value in change.values:
        if _is_setting(value):
            yield Finding(Kind.SETTING, name, value.path, change=value)
    if old is None or new is None:
        return
    yield from _outcome(old, new, (_without_id(old.reason, before), _without_id(new.reason, after)))
    yield from _given(old, new, before, after)
    yield from _brought(old, new)


def _is_setting(value: ValueChange) -> bool:
    """Whether a change of the definition is not told as code, input, image or machine already."""
    last = value.path.rpartition(".")[2]
    return last not in (*_OF_IMAGES, *_OF_MACHINES, "sagemaker_submit_directory") and not value.path.startswith(
        _OF_INPUTS
    )


def _outcome(old: StepRun, new: StepRun, reasons: tuple[str, str]) -> Iterator[Finding]:
    if old.status is not new.status:
        kind = Kind.CACHE if {old.status, new.status} <= DONE else Kind.OUTCOME
        yield Finding(kind, new.name, "", _ended(old), _ended(new))
    elif old.status is StepStatus.FAILED and reasons[0] != reasons[1]:
        yield Finding(Kind.OUTCOME, new.name, "failed with other words", *reasons)
    if old.outcome != new.outcome and old.outcome and new.outcome:
        yield Finding(Kind.BRANCH, new.name, "the condition", old.outcome.lower(), new.outcome.lower())


def _ended(step: StepRun) -> str:
    """A step's end in words; of a failure the most precise that the service has."""
    if step.status is not StepStatus.FAILED or not step.reason.strip():
        return str(step.status)
    said = service_words.parse(step.reason)
    exit_words = f"exit code {said.exit_code}" if said.says_only_exit and said.exit_code is not None else ""
    words = service_words.raised_in(said.error) or said.error or exit_words or step.reason
    return f"{step.status} ({words.strip().splitlines()[0]})"


def _given(old: StepRun, new: StepRun, before: Run, after: Run) -> Iterator[Finding]:
    """What it was given: code, data, image, machine."""
    if old.code and new.code and old.code != new.code:
        yield Finding(Kind.CODE, new.name, "the code", old.code, new.code)
    if old.image and new.image and old.image != new.image:
        yield Finding(Kind.IMAGE, new.name, "the image", old.image, new.image)
    if old.machine and new.machine and old.machine != new.machine:
        yield Finding(Kind.MACHINE, new.name, "the machine", old.machine, new.machine)
    if old.is_described is not new.is_described:
        return  # places in words on one side and real ones on the other differ without telling anything
    earlier, later = ({each.name: each for each in step.inputs} for step in (old, new))
    for name in dict.fromkeys((*later, *earlier)):
        was, now = earlier.get(name), later.get(name)
        told = "" if was is None else _data(was, before), "" if now is None else _data(now, after)
        if _differs(was, now, before, after):
            yield Finding(Kind.INPUT, new.name, f"input {name}", *told)


def _differs(was: InputFact | None, now: InputFact | None, before: Run, after: Run) -> bool:
    """Whether a step read something else. A place that only holds each run's own id is no difference."""
    if was is None or now is None:
        return was is not now
    if bool(was.rewritten) != bool(now.rewritten) and _place(was, before) == _place(now, after):
        return True  # somebody wrote there between the two
    contents = [(was.etag, now.etag), (was.size, now.size), (was.count, now.count)]
    both = [(one, other) for one, other in contents if one is not None and other is not None]
    if any(one != other for one, other in both):
        return True
    return not both and _place(was, before) != _place(now, after)


def _place(given: InputFact, run: Run) -> str:
    return _without_id(given.uri, run)


def _without_id(text: str, run: Run) -> str:
    """The text without the run's own id, which differs in every run and tells nothing."""
    return text.replace(run.id, _THIS_RUN) if run.id else text


def _data(given: InputFact, run: Run) -> str:
    known = [
        f"{given.count} object{'s' if given.count != 1 else ''}" if given.count is not None else "",
        f"{given.size} bytes" if given.size is not None else "",
        f"etag {given.etag[:12]}" if given.etag else "",
        f"written anew {given.rewritten}, after this run had read it" if given.rewritten else "",
    ]
    told = ", ".join(word for word in known if word)
    return f"{_place(given, run)} ({told})" if told else _place(given, run)


def _brought(old: StepRun, new: StepRun) -> Iterator[Finding]:
    """What came of it: metrics, the most changed first, and how long it took."""
    shared = [name for name in new.metrics if name in old.metrics and not _alike(old.metrics[name], new.metrics[name])]
    for name in sorted(shared, key=lambda name: -_relative(old.metrics[name], new.metrics[name])):
        yield Finding(Kind.METRIC, new.name, name, f"{old.metrics[name]:g}", f"{new.metrics[name]:g}")
    ran = old.status in DONE - {StepStatus.CACHED} and new.status in DONE - {StepStatus.CACHED}
    if ran and old.seconds is not None and new.seconds is not None and _is_telling(old.seconds, new.seconds):
        yield Finding(Kind.DURATION, new.name, "it took", f"{old.seconds:.0f} s", f"{new.seconds:.0f} s")


def _is_telling(old: float, new: float) -> bool:
    less, more = sorted((old, new))
    return more - less >= TELLING_SECONDS and more >= less * TELLING_RATIO


def _alike(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _relative(old: float, new: float) -> float:
    change = abs(new - old) / (abs(old) or 1.0)
    return math.inf if math.isnan(change) else change


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def outcomes(difference: RunDifference) -> Mapping[str, str]:
    """What became of each step on both sides, for a table: ``succeeded → failed``."""
    steps: dict[str, str] = {}
    for change in difference.definition.steps:
        old, new = difference.before.steps.get(change.was or change.name), difference.after.steps.get(change.name)
        words = [str(step.status) if step is not None else "not there" for step in (old, new)]
        steps[change.name] = words[0] if words[0] == words[1] else " → ".join(words)
    return steps
