"""The kernel's side of "what now": says what an action would do, then does it, away from the cells.

Receives callables; knows neither targets nor clients. A press belongs to one plan, which is done at most once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.widgets.failure_messages import (
    InsightFact,
    NextDoneMessage,
    NextPlanMessage,
)
from sm_pipeline_widgets.widgets.protocol import MAX_LINE, wire_text
from sm_pipeline_widgets.widgets.run_desk import in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.widgets.failure_messages import FailureRequest

KEPT = 8
"""Plans that are kept while somebody reads them."""


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """What an action would do.

    Parameters
    ----------
    words
        In words, several lines.
    states
        What would become of each step: name, state, note.
    go
        What the button says that does it.
    start
        Does it, and says in words what was done.
    """

    words: str
    go: str
    start: Callable[[], str]
    states: tuple[tuple[str, str, str], ...] = ()


class NextSteps(Protocol):
    """What knows the actions."""

    def plan(self, name: str, step: str | None, values: Mapping[str, str]) -> PlannedAction:
        """What the action would do; changes nothing."""
        ...

    def insight(self) -> InsightFact:
        """What differs from the last success, and what the cache did."""
        ...


class NextDesk:
    """Answers what pages ask about what to do now."""

    def __init__(
        self,
        steps: NextSteps,
        send: Callable[[Mapping[str, object]], None],
        found: Callable[[InsightFact | None], None],
        spawn: Callable[[Callable[[], None]], None] = in_background,
    ) -> None:
        self._steps = steps
        self._send = send
        self._found = found
        self._spawn = spawn
        self._lock = threading.Lock()
        self._plans: dict[str, PlannedAction] = {}
        self._is_asked = False

    def receive(self, request: FailureRequest) -> None:
        """Answer a request in the background."""
        if request["kind"] == "insight_request":
            with self._lock:
                was_asked, self._is_asked = self._is_asked, True
            if not was_asked:
                self._spawn(self._find_out)
        elif request["kind"] == "next_plan_request":
            press, name, step, values = request["press"], request["name"], request["step"], dict(request["values"])
            self._spawn(lambda: self._plan(press, name, step, values))
        else:
            press = request["press"]
            self._spawn(lambda: self._start(press))

    def _plan(self, press: str, name: str, step: str | None, values: Mapping[str, str]) -> None:
        planned, error = None, ""
        try:
            planned = self._steps.plan(name, step, values)
        except Exception as raised:  # noqa: BLE001 - whatever goes wrong is shown beside the button
            error = str(raised) or type(raised).__name__
        if planned is not None:
            with self._lock:
                self._plans[press] = planned
                while len(self._plans) > KEPT:
                    del self._plans[next(iter(self._plans))]
        message = NextPlanMessage(
            kind="next_plan",
            press=press,
            words=wire_text(planned.words, MAX_LINE) if planned else "",
            states=[(wire_text(name), state, note) for name, state, note in planned.states] if planned else [],
            go=planned.go if planned else "",
            error=wire_text(error, MAX_LINE),
        )
        self._send({**message})

    def _start(self, press: str) -> None:
        with self._lock:
            planned = self._plans.pop(press, None)
        words, error = "", "" if planned else "This plan is out of date. Choose the action again."
        try:
            words = planned.start() if planned else ""
            self._forget()
        except Exception as raised:  # noqa: BLE001 - whatever goes wrong is shown beside the button
            error = str(raised) or type(raised).__name__
        done = NextDoneMessage(kind="next_done", press=press, words=wire_text(words), error=wire_text(error, MAX_LINE))
        self._send({**done})

    def _forget(self) -> None:
        """What was found out is of before: a run that was retried has to be looked at again."""
        with self._lock:
            was_asked, self._is_asked = self._is_asked, False
        if was_asked:
            self._found(None)

    def _find_out(self) -> None:
        try:
            self._found(self._steps.insight())
        except Exception as raised:  # noqa: BLE001 - said in place of the difference
            error = wire_text(str(raised) or type(raised).__name__, MAX_LINE)
            self._found(InsightFact(arn="", title="", sections=[], code=[], cache=[], error=error))
