"""The report of an execution: one HTML file that says everything about a run, for a ticket or a mail, for years.

Nothing is fetched and nothing runs: graph, timeline, failure, parameters, steps and the ends of their logs, all
escaped, secrets hidden.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.timeline import Timeline
from sm_pipeline_widgets.view.html import escaped, failure, parameters_table, picture_image, pre, steps_table, summary
from sm_pipeline_widgets.view.page import document
from sm_pipeline_widgets.view.picture import duration
from sm_pipeline_widgets.view.redact import redacted, without_keys
from sm_pipeline_widgets.view.timeline_svg import render_timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.view.html import Snapshot

LOG_LINES = 200
"""Lines of each step's log that a report holds, the last ones."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The last lines of a step's log, and how many lines it has in all (None where nobody has counted)."""

    step: str
    lines: tuple[LogLine, ...]
    total: int | None = None


def render_report(
    snapshot: Snapshot,
    timeline: Timeline = Timeline(),  # noqa: B008 - a frozen value
    logs: Sequence[LogEnd] = (),
    details: Mapping[str, Sequence[tuple[str, str]]] | None = None,
) -> str:
    """The whole document.

    Parameters
    ----------
    details
        What the definition says of each step, as names and values.
    """
    state = snapshot.state
    parts = [
        f"<h1>{escaped(snapshot.title)}</h1>",
        f"<p><strong>{escaped(summary(snapshot))}</strong></p>",
        _facts(state, snapshot) if state is not None else "",
        _section("Why it failed", failure(snapshot.report) if snapshot.report else ""),
        _section("Graph", picture_image(snapshot) if snapshot.svg else ""),
        _section("Where the time went", _timeline(timeline, snapshot)),
        _section("Steps", steps_table(snapshot)),
        _section("Parameters", parameters_table(snapshot.parameters)),
        _section("Logs", "".join(_log(log) for log in logs)),
        _section("Definition", "".join(_details(step, pairs) for step, pairs in (details or {}).items())),
    ]
    return document(snapshot.title, "".join(parts))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _facts(state: ExecutionState, snapshot: Snapshot) -> str:
    facts = [
        ("Execution", state.arn),
        ("Name", state.display_name),
        ("Started", f"{state.started:%Y-%m-%d %H:%M:%S} UTC" if state.started else ""),
        ("Ended", f"{state.ended:%Y-%m-%d %H:%M:%S} UTC" if state.ended else ""),
        ("Read", f"{snapshot.now:%Y-%m-%d %H:%M:%S} UTC" if snapshot.now else ""),
        ("Reason", state.reason),
    ]
    rows = "".join(f"<tr><th>{name}</th><td>{escaped(without_keys(value))}</td></tr>" for name, value in facts if value)
    return f"<table>{rows}</table>"


def _timeline(timeline: Timeline, snapshot: Snapshot) -> str:
    if snapshot.state is None or snapshot.now is None or not timeline.bars:
        return ""
    svg = render_timeline(timeline, snapshot.state, snapshot.now)
    encoded = b64encode(svg.encode("utf-8", "replace")).decode("ascii")
    waited = sum(bar.waited for bar in timeline.bars if bar.is_critical)
    names = " → ".join(timeline.critical)
    words = f"Critical path: {names}, of it {duration(waited)} waiting to begin." if timeline.critical else ""
    image = f'<img alt="{escaped(f"Timeline of {snapshot.title}")}" style="max-width:100%" '
    return f'<p>{image}src="data:image/svg+xml;base64,{encoded}"></p><p>{escaped(words)}</p>'


def _log(log: LogEnd) -> str:
    shown = len(log.lines)
    count = f"the last {shown:,} of {log.total:,} lines" if log.total and log.total > shown else f"{shown:,} lines"
    body = pre(f"{line.when:%H:%M:%S} {line.stream} {without_keys(line.text)}" for line in log.lines)
    return f"<details><summary>{escaped(log.step)}: {count}</summary>{body}</details>" if shown else ""


def _details(step: str, pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f"<tr><th>{escaped(name)}</th><td><code>{escaped(redacted(name, value))}</code></td></tr>"
        for name, value in pairs
    )
    return f"<details><summary>{escaped(step)}</summary><table>{rows}</table></details>"
