"""How a terminal tells of a run: lines for people, or one JSON value a line for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.execution.failure import FailureReport
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState
    from sm_pipeline_widgets.execution.submitting import Progress
    from sm_pipeline_widgets.magics.stages import StageLines


class Teller(Protocol):
    """Says what happens to a run."""

    @property
    def stage(self) -> Callable[[Progress], None]: ...

    def started(self, arn: str, place: str) -> None: ...

    def step(self, step: StepState) -> None: ...

    def line(self, step: str, line: LogLine) -> None: ...

    def health(self, words: str) -> None: ...

    def ended(self, state: ExecutionState, report: FailureReport | None) -> None: ...

    def goes_on(self, arn: str, timeout: float | None) -> None:
        """It was not waited for any longer: after so many seconds, or (None) because somebody pressed Ctrl+C."""


class PlainTeller:
    """Says it for people."""

    def __init__(self, say: Callable[[str], None], stages: StageLines, *, is_local: bool) -> None:
        self._say = say
        self._is_local = is_local
        self.stage = stages

    def started(self, arn: str, place: str) -> None:
        self._say(arn)
        if not self._is_local:
            self._say(f"at {place}")

    def step(self, step: StepState) -> None:
        reason = f": {step.reason.splitlines()[0]}" if step.reason and str(step.status) == "failed" else ""
        self._say(f"{datetime.now().astimezone():%H:%M:%S}  {step.name}  {step.status}{reason}")

    def line(self, step: str, line: LogLine) -> None:
        from sm_pipeline_widgets.view.text import log_lines  # noqa: PLC0415 - `help` need not wait for it

        self._say(f"{step}  {log_lines([line])}")

    def health(self, words: str) -> None:
        self._say(f"{datetime.now().astimezone():%H:%M:%S}  {words or 'all is well again'}")

    def ended(self, state: ExecutionState, report: FailureReport | None) -> None:
        from sm_pipeline_widgets.view.text import failure_report, state_table  # noqa: PLC0415

        self._say("\n" + state_table(state, datetime.now().astimezone(), report))
        if report is not None:
            self._say("\n" + failure_report(report))

    def goes_on(self, arn: str, timeout: float | None) -> None:
        after = "" if timeout is None else f" after {timeout:g} s"
        self._say(f"Still running{after}. Attach again with: %pipeline watch {arn}")


class JsonTeller:
    """Says it for programs: an object a line, each with ``event`` and ``time``."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def stage(self, progress: Progress) -> None:
        said = {"stage": progress.stage.value, "words": progress.words, "seconds": progress.seconds}
        self._event("stage", **said, done=progress.done, total=progress.total)

    def started(self, arn: str, place: str) -> None:
        self._event("started", arn=arn, target=place)

    def step(self, step: StepState) -> None:
        from sm_pipeline_widgets.view import machine  # noqa: PLC0415 - `help` need not wait for it

        self._event("step", **machine.step(step))

    def line(self, step: str, line: LogLine) -> None:
        from sm_pipeline_widgets.view import machine  # noqa: PLC0415

        self._event(
            "log", step=step, **{"written" if key == "time" else key: at for key, at in machine.line(line).items()}
        )

    def health(self, words: str) -> None:
        self._event("health", ok=not words, message=words)

    def ended(self, state: ExecutionState, report: FailureReport | None) -> None:
        from sm_pipeline_widgets.view import machine  # noqa: PLC0415

        self._event("ended", **machine.execution(state), failure=machine.failure(report))

    def goes_on(self, arn: str, timeout: float | None) -> None:
        self._event("goes_on", arn=arn, interrupted=timeout is None)

    def _event(self, event: str, **members: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._say(json.dumps({"event": event, "time": now, **members}))
