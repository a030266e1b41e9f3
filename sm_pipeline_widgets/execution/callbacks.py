"""Callback steps that wait for somebody: their token, and the outputs that the definition expects of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.execution.state import StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.execution.state import ExecutionState

_OPEN = (StepStatus.STARTING, StepStatus.RUNNING, StepStatus.STOPPING)


@dataclass(frozen=True, slots=True)
class WaitingCallback:
    """A Callback step that waits.

    ``token`` is empty while its message is not sent yet; ``outputs`` are (name, type) as the definition declares them.
    """

    step: str
    token: str
    outputs: tuple[tuple[str, str], ...] = ()

    def complaints(self, given: Mapping[str, str]) -> tuple[str, ...]:
        """What of these outputs later steps could not read."""
        declared = dict(self.outputs)
        missing = [f"Output `{name}` is not given." for name in declared if name not in given]
        strange = [f"Step `{self.step}` declares no output `{name}`." for name in given if name not in declared]
        wrong = [
            f"Output `{name}` is of type {declared[name]}; `{value}` is not."
            for name, value in given.items()
            if not _is_of(declared.get(name, "String"), value)
        ]
        return (*strange, *missing, *wrong)


def waiting_callbacks(state: ExecutionState) -> tuple[WaitingCallback, ...]:
    """The Callback steps that wait now, in the definition's order."""
    declared = {placed.name: placed.step.get("OutputParameters") for placed in iter_steps(state.definition)}
    return tuple(
        WaitingCallback(
            step.name,
            str((step.metadata.get("Callback") or {}).get("CallbackToken") or ""),
            tuple(
                (str(entry.get("OutputName")), str(entry.get("OutputType") or "String"))
                for entry in declared.get(_body_name(step.name, declared)) or ()
                if isinstance(entry, dict)
            ),
        )
        for step in state.steps.values()
        if step.type == "Callback" and step.status in _OPEN
    )


def _body_name(name: str, declared: Mapping[str, object]) -> str:
    """The definition's name of a step; a loop's iterations have a number behind it."""
    return name if name in declared else next((each for each in declared if name.startswith(each)), name)


def _is_of(kind: str, value: str) -> bool:
    if kind in {"Integer", "Float"}:
        try:
            float(value) if kind == "Float" else int(value)
        except ValueError:
            return False
    return kind != "Boolean" or value.lower() in {"true", "false"}
