"""What can be done with a run now, in words, and why not: a retry, a run from a step, a run like it, an answer.

Pure: a state in, actions out. What each would do in detail is :mod:`sm_pipeline_widgets.execution.rerun`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.secrets import is_secret_name
from sm_pipeline_widgets.execution.callbacks import waiting_callbacks
from sm_pipeline_widgets.execution.replay import TYPES as REPLAYED_TYPES
from sm_pipeline_widgets.execution.rerun import plan_retry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.execution.state import ExecutionState


class NextName(StrEnum):
    """The actions."""

    REPLAY = "replay"
    REPLAY_WITH = "replay_with"
    RETRY = "retry"
    ONWARD = "from"
    ALONE = "alone"
    SELECTED = "selected"
    AGAIN = "again"
    SUCCEED = "succeed"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ToFill:
    """A value to give before: its name, its type, what stands there; ``hint`` says what may, while nothing does."""

    name: str
    type: str = "String"
    value: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class NextAction:
    """Something to do now.

    ``step`` is the step it is for; with ``is_per_step`` it is for any step, and who asks says which (``types`` are the
    types of steps it is for, where not for all). ``reason`` says why it cannot be done.
    """

    name: NextName
    label: str
    does: str
    step: str | None = None
    is_per_step: bool = False
    fields: tuple[ToFill, ...] = ()
    reason: str = ""
    types: tuple[str, ...] = ()


def next_actions(state: ExecutionState) -> tuple[NextAction, ...]:
    """What can be done, the least costly first."""
    return (*_answers(state), *_replays(state), *_again(state))


def _answers(state: ExecutionState) -> Iterator[NextAction]:
    for waiting in waiting_callbacks(state):
        reason = "" if waiting.token else "its message is not sent yet"
        outputs = tuple(ToFill(name, kind) for name, kind in waiting.outputs)
        does = f"Tell `{waiting.step}` that it has succeeded; the run goes on with its outputs."
        yield NextAction(NextName.SUCCEED, "Complete", does, waiting.step, fields=outputs, reason=reason)
        does = f"Tell `{waiting.step}` that it has failed."
        why = (ToFill("reason"),)
        yield NextAction(NextName.FAIL, "Let it fail", does, waiting.step, fields=why, reason=reason)


REPLAYED = (*REPLAYED_TYPES, "QualityCheck", "ClarifyCheck")
"""Types of steps that can be replayed: checks are processing jobs."""
_REPLAYS = "This step again, alone, on this machine, with its real inputs"
_WITH = (
    ToFill("code", "", hint="your newest; or: original, cell:NAME, a path"),
    ToFill("parameters", "", hint="alpha=0.2 epochs=1"),
    ToFill("environment", "", hint="MODE=trial"),
    ToFill("sample", "", hint="all; or: 20 objects of each input, 10%"),
)


def _replays(state: ExecutionState) -> Iterator[NextAction]:
    """A replay changes nothing of the run, so it may be tried while the rest of it still runs."""
    if not any(step.type in REPLAYED for step in state.steps.values()):
        return
    does = f"{_REPLAYS} and your newest code."
    yield NextAction(NextName.REPLAY, "Replay", does, is_per_step=True, types=REPLAYED)
    does = f"{_REPLAYS}, and with other code, values or a part of the data."
    yield NextAction(NextName.REPLAY_WITH, "Replay with…", does, is_per_step=True, fields=_WITH, types=REPLAYED)


_SELECTED = (
    ToFill("steps", "", hint="this step alone; or several names: train evaluate"),
    ToFill("results of", "", hint="this run; or: latest, success, an execution's id"),
)


def _again(state: ExecutionState) -> Iterator[NextAction]:
    runs = "" if state.status.is_end else "the run has not ended"
    retry = plan_retry(state)
    yield NextAction(
        NextName.RETRY,
        "Retry",
        "The same run goes on: what has succeeded is kept, the rest runs again as it was started, with the same code.",
        reason=runs or " ".join(retry.refusals),
    )
    yield NextAction(
        NextName.ONWARD,
        "Run from here",
        "A new run of this step and all that follows, with your newest text and code; results before it are reused.",
        is_per_step=True,
        reason=runs,
    )
    yield NextAction(
        NextName.ALONE,
        "Run this step alone",
        "A new run of this step, with your newest text and code, on the results of this run.",
        is_per_step=True,
        reason=runs,
    )
    yield NextAction(
        NextName.SELECTED,
        "Run selected…",
        "A new run of the steps you name, with your newest text and code, on the results of the run you choose.",
        is_per_step=True,
        fields=_SELECTED,
        reason=runs,
    )
    yield NextAction(
        NextName.AGAIN,
        "Run again with…",
        "A new run of everything with these parameters.",
        fields=tuple(_parameters(state)),
    )


def _parameters(state: ExecutionState) -> Iterator[ToFill]:
    """The run's parameters; of secrets nothing is shown, an empty one stays as it was."""
    for entry in state.definition.get("Parameters") or ():
        name = str(entry.get("Name"))
        value = state.parameters.get(name, str(entry.get("DefaultValue", "")))
        yield ToFill(name, str(entry.get("Type", "String")), "" if is_secret_name(name) else value)
