r"""A failure report as Markdown, for a ticket or a chat.

Text from outside can end neither a code span nor a fence: both are made longer than any run of backticks within.

>>> span("a`b"), fence(["x"])
('``a`b``', '```\nx\n```')
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.picture import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure


def report_markdown(report: FailureReport) -> str:
    """The whole report: the exception and the user's own line first, as the card has them."""
    lines: list[str] = []
    for root in report.roots:
        lines += _root(root)
    if not report.roots and report.reason:
        lines += [fence([report.reason]), ""]
    lines += consequences(report, _names)
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
    shown = readable(text)
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fence(lines: Iterable[str], language: str = "") -> str:
    """The lines as a code block."""
    shown = [readable(part.expandtabs(4)) for line in lines for part in line.splitlines() or [""]]
    ticks = "`" * max(3, *(_longest_run(line) + 1 for line in shown), 3)
    return "\n".join([f"{ticks}{language}", *shown, ticks])


def _root(root: RootFailure) -> list[str]:
    code = [] if root.exit_code is None else [f"exit code {root.exit_code}"]
    meaning = f" ({readable(root.exit_meaning)})" if root.exit_meaning and code else ""
    where = ", ".join([span(root.step), *([readable(root.type)] if root.type else []), *code])
    lines = [f"### {where}{meaning} failed", "", fence([words_of(root)]), ""]
    lines += [f"- {readable(str(condition))}" for condition in root.conditions]
    lines += [f"- {readable(cause.title)}: {readable(cause.fix)}" for cause in root.causes]
    lines += [""] if root.conditions or root.causes else []
    for frame in _own_frames(root.frames):
        place = frame.origin or f"{frame.file}, line {frame.line}"
        lines += [f"{readable(place)} in {span(frame.function)}:" if frame.function else f"{readable(place)}:", ""]
        lines += [fence([frame.source], "python"), ""] if frame.source else []
    if root.log_tail:
        lines += ["Last log lines:", "", fence(line.text for line in root.log_tail), ""]
    reasons = [reason for reason in root.reasons if reason.strip() and reason != words_of(root)]
    if reasons:
        lines += ["The service said:", "", fence(reasons), ""]
    return [*lines, *([f"Job: {span(root.job_arn)}", ""] if root.job_arn else [])]


def _own_frames(frames: Iterable[Frame]) -> Iterator[Frame]:
    return reversed([frame for frame in frames if frame.is_user])


def _names(label: str, names: Sequence[tuple[str, str]]) -> list[str]:
    items = [f"{span(name)} ({readable(reason)})" if reason else span(name) for name, reason in names]
    return [f"- {label}: {', '.join(items)}"]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
