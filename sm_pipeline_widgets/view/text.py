"""Plain text: what a terminal, a log, a pipe and a screen reader get.

One style: two spaces between columns, states as words behind a sign, no colours and no control characters whatever
the text from outside holds. Knows no terminal; the width is a limit for tables only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.execution import service_words
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus
from sm_pipeline_widgets.view import failure_words
from sm_pipeline_widgets.view.picture import duration, readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets
from sm_pipeline_widgets.view.words import DONE, EXECUTION_WORDS, SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_GENERATED = re.compile(r"(?:execution-\d+)?$")
MOST_ROOTS = 5
LOG_LINES = 12
_LONGEST_CELL = 72
_WITHOUT_REASON = frozenset({StepStatus.SUCCEEDED, StepStatus.RUNNING, StepStatus.STARTING})


class PipelineRow(Protocol):
    """A line of the list of pipelines."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def modified(self) -> datetime | None: ...
    @property
    def last_run(self) -> datetime | None: ...


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need to be, long cells cut."""
    shown = [[_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    return "\n".join(lines)


def state_summary(state: ExecutionState, now: datetime) -> str:
    """One line: pipeline, run, status, time, how many steps are done."""
    done = sum(step.status in DONE for step in state.steps.values())
    time = ""
    if state.started is not None:
        seconds = ((state.ended or now) - state.started).total_seconds()
        time = f" {'after' if state.status.is_end else 'for'} {duration(seconds)}" if seconds >= 1 else ""
    return readable(
        f"{_run_name(state)}: {EXECUTION_WORDS[state.status]}{time}, {done} of {len(state.steps)} steps done"
    )


def state_table(state: ExecutionState, now: datetime, report: FailureReport | None = None) -> str:
    """The summary and a line per step, in the definition's order; `report` gives better words to what failed."""
    headlines = {root.step: root.headline for root in report.roots} if report is not None else {}
    rows = [
        (
            f"{SIGNS[step.status]} {step.status}",
            step.name,
            step.type,
            duration(seconds) if (seconds := step.seconds(now)) is not None else "",
            headlines.get(step.name) or _why(step),
        )
        for step in state.steps.values()
    ]
    return f"{state_summary(state, now)}\n\n{table(('STATE', 'STEP', 'TYPE', 'TIME', 'WHY'), rows)}"


def pipelines_table(rows: Sequence[PipelineRow]) -> str:
    """The list of pipelines."""
    if not rows:
        return "There are no pipelines here yet."
    lines = [(row.name, _time(row.modified), _time(row.last_run) or "never", row.description) for row in rows]
    return table(("PIPELINE", "CHANGED", "LAST RUN", "DESCRIPTION"), lines)


def log_lines(lines: Iterable[LogLine]) -> str:
    """Log lines with their time and host."""
    return "\n".join(
        f"{line.when:%H:%M:%S}.{line.time % 1000:03} {readable(line.stream)}  {_log_text(line)}" for line in lines
    )


def failure_report(report: FailureReport, step: str | None = None) -> str:
    """Why a run went wrong: each root failure, then what it kept from running.

    Parameters
    ----------
    step
        Tell only of this root failure.
    """
    roots = [root for root in report.roots if step is None or root.step == step]
    parts = [] if step is not None else [_headline(report)]
    groups = _alike(roots)
    parts += ["\n".join(_group(group)) for group in groups[:MOST_ROOTS]]
    if len(groups) > MOST_ROOTS:
        more = [f"✕ {root.step}: {root.headline}" for group in groups[MOST_ROOTS:] for root in group]
        parts.append("\n".join(["These failed as well:", *(f"  {_short(line)}" for line in more)]))
    if step is None:
        parts.append("\n".join(_aftermath(report)))
    return "\n\n".join(part for part in parts if part)


def _headline(report: FailureReport) -> str:
    name = readable(_run_name(report))
    time = ""
    if report.started and report.ended:
        seconds = (report.ended - report.started).total_seconds()
        time = f" after {duration(seconds)}" if seconds >= 1 else " within a second"
    count = f": {len(report.roots)} steps failed independently" if len(report.roots) > 1 else ""
    if not report.status.is_end:
        return f"{name} is still running, but will not succeed{count}."
    if report.status is ExecutionStatus.STOPPED:
        return f"{name} was stopped{time}{count}."
    words = EXECUTION_WORDS[report.status]
    reason = f"\nThe service says: {readable(report.reason)}" if report.reason and not report.roots else ""
    return f"{name} {words}{time}{count}.{reason}"


def _alike(roots: Sequence[RootFailure]) -> list[list[RootFailure]]:
    """Roots that failed with the same words at the same place: a fan of steps often does."""
    groups: dict[tuple[str, str, Frame | None], list[RootFailure]] = {}
    for root in roots:
        key = (root.type, root.headline, replace(root.own_frame, file="", origin="") if root.own_frame else None)
        groups.setdefault(key, []).append(root)
    return list(groups.values())


def _group(group: Sequence[RootFailure]) -> Iterator[str]:
    yield from _root(group[0])
    if len(group) > 1:
        yield ""
        yield readable(f"  {_names([root.step for root in group[1:]])} failed in the same way.")


def _root(root: RootFailure) -> Iterator[str]:
    yield f"✕ {_opening(root)}"
    yield from _indented(_words(root))
    if root.fault and root.exit_code is None and not root.causes and root.type != "Fail":
        yield f"  In other words: {root.fault}."
    if words := failure_words.how_far(root):
        yield f"  {_safe(words)}"
    if root.conditions:
        yield ""
        yield f"  {_conditions_word(root)}:"
        yield from (f"    {_safe(str(condition))}" for condition in root.conditions)
    yield from _where(root)
    yield from _chain(root)
    if root.exit_code not in {None, 1} and "exit code" not in root.headline:
        yield ""
        yield f"  Exit code {root.exit_code}: {root.exit_meaning}."
    yield from _help(root)
    yield from _tail(root)
    yield from _service(root)
    yield from _facts(root)


def _opening(root: RootFailure) -> str:
    name = readable(root.step)
    seconds = (root.ended - root.started).total_seconds() if root.started and root.ended else None
    time = f" after {duration(seconds)}" if seconds is not None and seconds >= 1 else ""
    if root.type == "Fail":
        return f"{name} ended the run on purpose (a Fail step)"
    if not root.started_at_all:
        return f"{name} ({root.type}) could not be started"
    if root.status is StepStatus.STOPPED:
        return f"{name} ({root.type}) was stopped{time}"
    return f"{name} ({root.type}) failed{time}"


def _conditions_word(root: RootFailure) -> str:
    if root.type == "Condition":
        return "What it compares"
    return "The condition that led here" if len(root.conditions) == 1 else "The conditions that led here"


def _words(root: RootFailure) -> list[str]:
    if root.exception_type:
        text = f"{root.exception_type}: {root.exception_message}" if root.exception_message else root.exception_type
        return text.splitlines()
    return root.headline.splitlines() if root.type == "Fail" else [root.headline]


def _where(root: RootFailure) -> Iterator[str]:
    own = [frame for frame in root.frames if frame.is_user]
    if not own:
        if root.frames:
            yield ""
            yield f"  Where: {_safe(_place(root.frames[-1]))}"
        return
    yield ""
    yield "  Where in your code:"
    for frame in own:
        yield f"    {_safe(_place(frame))}"
        if frame.source:
            yield f"        {_safe(frame.source)}"
    if not root.frames[-1].is_user:
        yield f"    (raised inside a library: {_safe(_library(root.frames[-1]))})"


def _chain(root: RootFailure) -> Iterator[str]:
    for title, raised in (("It came out of", root.followed), ("It then led to", root.led_to)):
        if raised:
            yield ""
            yield f"  {title}:"
            yield from (f"    {_safe(text)}" for text in raised)


def _help(root: RootFailure) -> Iterator[str]:
    if root.causes:
        yield ""
        yield "  What may help:"
    for cause in root.causes:
        yield f"    {_safe(failure_words.cause_title(cause))}"
        yield f"    {_safe(cause.fix)}"
        if cause.snippet:
            yield f"        {_safe(cause.snippet)}"
        if cause.evidence not in root.headline and (evidence := failure_words.cause_evidence(cause)):
            yield f"    ({_safe(evidence)})"


def _tail(root: RootFailure) -> Iterator[str]:
    """Each host's first error, and what it wrote last; a traceback that was told above is not told again."""
    for error in root.first_errors:
        yield ""
        yield f"  {_safe(failure_words.error_title(error))}"
        yield from (f"    {line}" for line in log_lines(error.lines).splitlines())
    told = root.traceback_at is not None and bool(root.exception_type)
    lines = root.log_tail[: root.traceback_at if told else None][-LOG_LINES:]
    after = _after(root) if told else ()
    if after:
        yield ""
        yield "  What it wrote after that:"
        yield from (f"    {line}" for line in log_lines(after[:LOG_LINES]).splitlines())
    if not lines:
        return
    yield ""
    words = "What it wrote before that" if told else "The end of its log"
    yield f"  {words} (all of it: %pipeline logs {readable(root.step)}):"
    yield from (f"    {line}" for line in log_lines(lines).splitlines())


def _after(root: RootFailure) -> Sequence[LogLine]:
    """What the same host wrote behind the exception's first line: a message may have more lines than one."""
    words = (
        f"{root.exception_type}: {root.exception_message}" if root.exception_message else root.exception_type
    ).strip()
    first = words.splitlines()[0]
    known = set(words.splitlines())
    found = [at for at, line in enumerate(root.log_tail) if first in line.text]
    return (
        [line for line in root.log_tail[found[-1] + 1 :] if line.text.strip() and line.text not in known]
        if found
        else []
    )


def _service(root: RootFailure) -> Iterator[str]:
    """The service's own words, where they say more than what was shown."""
    more = [reason for reason in root.reasons[1:] if not _is_said(reason, root)]
    if not more:
        return
    yield ""
    yield "  What the service said:"
    for reason in more:
        yield from (f"    {_safe(line)}" for line in reason.splitlines())


def _is_said(reason: str, root: RootFailure) -> bool:
    """Whether the words add nothing: the headline has them, or they are only "AlgorithmError: , exit code: 1"."""
    said = service_words.parse(reason)
    told = (root.headline, *root.led_to)
    return any(reason.strip() in words for words in told) or (said.exit_code is not None and said.says_only_exit)


def _facts(root: RootFailure) -> Iterator[str]:
    if root.history and not root.log_tail:
        yield ""
        yield "  What the job went through:"
        yield from (f"    {_safe(line)}" for line in failure_words.statuses(root))
    facts = [*root.facts, *([("job", root.job_arn)] if root.job_arn else [])]
    if not facts:
        return
    yield ""
    width = max(len(name) for name, _ in facts)
    yield from (f"  {readable(name).ljust(width)}  {_safe(value, name)}" for name, value in facts)


def _aftermath(report: FailureReport) -> Iterator[str]:
    """What became of the other steps, those of one reason in one line."""
    for name, reason in report.also_failed:
        yield _short(f"Also failed, after that: {name}: {reason}")
    for word, entries in (("Not run", report.blocked), ("Skipped", report.skipped)):
        for reason, names in _by_reason(entries):
            yield readable(f"{word}: {_names(names)} ({reason})")
    for word, those in (
        ("Stopped", report.stopped),
        ("Still running", report.running),
        ("Still to come", report.waiting),
        ("Done", report.succeeded),
    ):
        if those:
            yield readable(f"{word}: {_names(those)}")


def _by_reason(entries: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name, reason in entries:
        found.setdefault(reason.partition(": ")[2] or reason, []).append(name)
    return list(found.items())


def _names(names: Sequence[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _place(frame: Frame) -> str:
    place = frame.origin or f"{frame.file}, line {frame.line}"
    return f"{place}, in {frame.function}" if frame.function and frame.function != "<module>" else place


def _library(frame: Frame) -> str:
    path = frame.file
    for folder in ("site-packages/", "dist-packages/"):
        path = path.rpartition(folder)[2]
    return f"{path}, line {frame.line}, in {frame.function}"


def _why(step: StepState) -> str:
    if step.status in _WITHOUT_REASON:
        return f"attempt {step.attempts}" if step.attempts > 1 else ""
    if step.status is StepStatus.FAILED:
        said = service_words.parse(step.reason)
        if said.says_only_exit and said.exit_code is not None:
            return f"exit code {said.exit_code}: {service_words.exit_meaning(said.exit_code)}"
        return said.error or step.reason
    return step.reason.removeprefix(f"{step.status}: ")


def _run_name(run: ExecutionState | FailureReport) -> str:
    """The pipeline's name, the run's id, and the run's own name where somebody gave it one."""
    given = "" if _GENERATED.match(run.display_name) else f", {run.display_name}"
    return f"{run.pipeline} (run {run.arn.rpartition('/')[2]}{given})"


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment is not None else ""


def _log_text(line: LogLine) -> str:
    return _safe(_ANSI.sub("", line.text).expandtabs(4))


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {_safe(line)}" for line in lines)


def _safe(text: str, name: str = "") -> str:
    return readable(without_secrets(redacted(name, text)))


def _short(text: str) -> str:
    shown = _safe(" ".join(text.split()))
    return shown if len(shown) <= 2 * _LONGEST_CELL else f"{shown[: 2 * _LONGEST_CELL - 1]}…"


def _cell(text: str) -> str:
    shown = _safe(" ".join(text.split()))
    return shown if len(shown) <= _LONGEST_CELL else f"{shown[: _LONGEST_CELL - 1]}…"
