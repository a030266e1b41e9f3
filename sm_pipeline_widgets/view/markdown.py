r"""A failure report as Markdown, for a ticket or a chat.

Text from outside can end neither a code span nor a fence: both are made longer than any run of backticks within. What
looks like a secret is hidden, also inside log lines and commands: a ticket is read by others.

>>> span("a`b"), fence(["x"])
('``a`b``', '```\nx\n```')
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view import failure_words
from sm_pipeline_widgets.view.picture import duration, readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sm_pipeline_widgets.execution.causes import Cause
    from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure


def report_markdown(report: FailureReport) -> str:
    """The whole report: the exception and the user's own line first, as the card has them; which run it was, last."""
    lines: list[str] = []
    for root in report.roots:
        lines += _root(root)
    if not report.roots and report.reason:
        lines += [fence([report.reason]), ""]
    lines += consequences(report, _names)
    lines += ["", *_run(report)]
    return "\n".join(lines).strip() + "\n"


def words_of(root: RootFailure) -> str:
    """The exception with its whole message, or else the most precise words there are."""
    if root.exception_type:
        return f"{root.exception_type}: {root.exception_message}" if root.exception_message else root.exception_type
    return root.reasons[0] if root.reasons else root.headline


def consequences(report: FailureReport, line: Callable[[str, Sequence[tuple[str, str]]], list[str]]) -> list[str]:
    """What the failure did to the other steps, one line for each state that has any."""
    groups: tuple[tuple[str, Sequence[tuple[str, str]]], ...] = (
        ("Failed because of it", report.also_failed),
        ("Blocked", report.blocked),
        ("Skipped", report.skipped),
        ("Stopped", [(name, "") for name in report.stopped]),
        ("Still running", [(name, "") for name in report.running]),
        ("Still to come", [(name, "") for name in report.waiting]),
        ("Succeeded all the same", [(name, "") for name in report.succeeded]),
    )
    return [text for label, names in groups if names for text in line(label, names)]


def span(text: str) -> str:
    """The text as inline code."""
    shown = readable(without_secrets(text))
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fence(lines: Iterable[str], language: str = "") -> str:
    """The lines as a code block."""
    shown = [readable(without_secrets(part).expandtabs(4)) for line in lines for part in line.splitlines() or [""]]
    ticks = "`" * max(3, *(_longest_run(line) + 1 for line in shown), 3)
    return "\n".join([f"{ticks}{language}", *shown, ticks])


def _root(root: RootFailure) -> list[str]:
    code = [] if root.exit_code is None else [f"exit code {root.exit_code}"]
    meaning = f" ({readable(root.exit_meaning)})" if root.exit_meaning and code else ""
    where = ", ".join([span(root.step), *([readable(root.type)] if root.type else []), *code])
    verb = "failed" if root.started_at_all else "could not be started"
    lines = [f"### {where}{meaning} {verb}", "", fence([words_of(root)]), ""]
    lines += [_plain(words), ""] if (words := failure_words.how_far(root)) else []
    lines += [f"- {_plain(str(condition))}" for condition in root.conditions]
    lines += [line for cause in root.causes for line in _cause(cause)]
    lines += [""] if root.conditions or root.causes else []
    lines += _place(root)
    lines += _chain("It came out of:", root.followed) + _chain("It then led to:", root.led_to)
    for error in root.first_errors:
        lines += [_plain(failure_words.error_title(error)), "", fence(line.text for line in error.lines), ""]
    if root.log_tail:
        lines += ["Last log lines:", "", fence(_log(root)), ""]
    reasons = [reason for reason in root.reasons if reason.strip() and reason != words_of(root)]
    if reasons:
        lines += ["The service said:", "", fence(reasons), ""]
    return [*lines, *_details(root)]


def _cause(cause: Cause) -> list[str]:
    lines = [f"- {_plain(failure_words.cause_title(cause))}: {_plain(cause.fix)}"]
    evidence = failure_words.cause_evidence(cause)
    lines += [f"  ({_plain(evidence.partition(': ')[0])}: {span(cause.evidence)})"] if evidence else []
    return lines + ([f"  {span(cause.snippet)}"] if cause.snippet else [])


def _place(root: RootFailure) -> list[str]:
    """The user's own frames, the innermost first."""
    lines: list[str] = []
    for frame in _own_frames(root.frames):
        place = frame.origin or f"{frame.file}, line {frame.line}"
        lines += [f"{_plain(place)} in {span(frame.function)}:" if frame.function else f"{_plain(place)}:", ""]
        lines += [fence([frame.source], "python"), ""] if frame.source else []
    return lines


def _chain(title: str, raised: Sequence[str]) -> list[str]:
    return [title, "", fence(raised), ""] if raised else []


def _log(root: RootFailure) -> list[str]:
    """The lines, each with its host where there are several."""
    several = len({line.stream for line in root.log_tail}) > 1
    return [f"{line.stream}  {line.text}" if several else line.text for line in root.log_tail]


def _details(root: RootFailure) -> list[str]:
    """Attempts and times, the job, what it was given, and the statuses it went through."""
    seconds = (root.ended - root.started).total_seconds() if root.started and root.ended else None
    facts = [
        ("started", f"{root.started:%Y-%m-%d %H:%M:%S} UTC" if root.started else ""),
        ("took", duration(seconds) if seconds is not None else ""),
        *root.facts,
    ]
    lines = [f"- {_plain(name)}: {span(redacted(name, value))}" for name, value in facts if value]
    lines = ["Details:", "", *lines, ""] if lines else []
    history = failure_words.statuses(root)
    lines += ["The job's statuses:", "", fence(history), ""] if history else []
    return [*lines, *([f"Job: {span(root.job_arn)}", ""] if root.job_arn else [])]


def _run(report: FailureReport) -> list[str]:
    """Which run it was, for whoever reads the ticket later."""
    if not report.arn:
        return []
    when = f", started {report.started:%Y-%m-%d %H:%M} UTC" if report.started else ""
    return [f"Run of {span(report.pipeline)}: {span(report.arn)}, {report.status.value}{when}"]


def _plain(text: str) -> str:
    return readable(without_secrets(text))


def _own_frames(frames: Iterable[Frame]) -> Iterator[Frame]:
    return reversed([frame for frame in frames if frame.is_user])


def _names(label: str, names: Sequence[tuple[str, str]]) -> list[str]:
    items = [f"{span(name)} ({_plain(reason)})" if reason else span(name) for name, reason in names]
    return [f"- {label}: {', '.join(items)}"]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
