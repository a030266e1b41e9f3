"""What a saved notebook shows without a kernel: the graph, the table of steps and the failure report as static HTML.

Everything is escaped, there is no script and nothing is fetched. Styles are inline and only help: sites that strip
them, as GitHub does, still get a readable table.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.state import StepStatus
from sm_pipeline_widgets.view.failure_words import cause_title
from sm_pipeline_widgets.view.markdown import consequences, words_of
from sm_pipeline_widgets.view.picture import duration, readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets
from sm_pipeline_widgets.view.words import DONE, EXECUTION_WORDS, SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.errors import Problem
    from sm_pipeline_widgets.execution.causes import Cause
    from sm_pipeline_widgets.execution.failure import FailureReport, Frame, RootFailure
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState

_LONGEST = 2_000
_CELL = ' style="text-align:left;padding:1px 12px 1px 0;vertical-align:top"'


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a view: all that its static renderings show."""

    title: str
    subtitle: str = ""
    svg: str = ""
    names: tuple[str, ...] = ()
    state: ExecutionState | None = None
    report: FailureReport | None = None
    problems: tuple[Problem, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    now: datetime | None = None
    text: str = ""
    """Plain text in place of the table of steps: a comparison's."""


NO_STEPS = "no steps yet; write them into the cell below `steps:`, or begin on its canvas in JupyterLab."
"""What is said of a pipeline that is still to be written."""


def _says_nothing(snapshot: Snapshot) -> bool:
    return snapshot.state is None and not snapshot.names and not snapshot.text


def render_html(snapshot: Snapshot) -> str:
    """The snapshot as one HTML element: text is escaped, and the picture is an image, which can run no script."""
    parts = [
        f"<p><strong>{escaped(snapshot.title)}</strong> {escaped(snapshot.subtitle)}</p>",
        f"<p>{escaped(summary(snapshot))}</p>" if snapshot.state else "",
        _how_to_attach(snapshot.state.arn) if snapshot.state and snapshot.state.arn else "",
        picture_image(snapshot) if snapshot.svg and not _says_nothing(snapshot) else "",
        f"<p>{escaped(NO_STEPS[0].upper() + NO_STEPS[1:])}</p>" if _says_nothing(snapshot) else "",
        _problems(snapshot.problems),
        failure(snapshot.report) if snapshot.report else "",
        steps_table(snapshot),
        parameters_table(snapshot.parameters),
        pre(snapshot.text.splitlines()) if snapshot.text else "",
    ]
    return f'<div style="overflow:auto">{"".join(parts)}</div>'


def _how_to_attach(arn: str) -> str:
    return f"<p>A saved picture; live again with <code>%pipeline watch {escaped(arn)}</code></p>"


def picture_image(snapshot: Snapshot) -> str:
    # As an image, because sanitisers (JupyterLab's for untrusted notebooks, GitHub's) take <svg> elements out.
    encoded = b64encode(snapshot.svg.encode("utf-8", "replace")).decode("ascii")
    alt = f"Graph of {snapshot.title}: {len(snapshot.names)} steps"
    return f'<p><img alt="{escaped(alt)}" style="max-width:100%" src="data:image/svg+xml;base64,{encoded}"></p>'


def render_text(snapshot: Snapshot) -> str:
    """The snapshot as a few lines of plain text, for front ends that show nothing else."""
    if snapshot.text:
        return "\n".join(readable(line) for line in snapshot.text.splitlines())
    title = " ".join(readable(part) for part in (snapshot.title, snapshot.subtitle) if part)
    if _says_nothing(snapshot):
        return f"{title}: {NO_STEPS}"
    if snapshot.state is None:
        return f"{title}: {len(snapshot.names)} steps: {', '.join(readable(name) for name in snapshot.names)}"
    lines = [f"{title}: {summary(snapshot)}", *([f"  {readable(snapshot.state.arn)}"] if snapshot.state.arn else [])]
    for step in snapshot.state.steps.values():
        spent = _spent(step, snapshot.now)
        words = [SIGNS[step.status], readable(step.name), step.status.value, *([spent] if spent else [])]
        lines.append("  " + " ".join(words))
    if snapshot.report:
        lines += [f"✕ {readable(root.step)}: {readable(root.headline)}" for root in snapshot.report.roots]
    return "\n".join(lines)


def summary(snapshot: Snapshot) -> str:
    """State, time and progress in one line: ``✕ failed · 0:42 · 3 of 7 done · 1 failed``."""
    state = snapshot.state
    if state is None:
        return "not run yet"
    count = {status: sum(step.status is status for step in state.steps.values()) for status in StepStatus}
    done = sum(count[status] for status in DONE)
    end = state.ended or snapshot.now
    spent = duration((end - state.started).total_seconds()) if state.started and end else ""
    words = [EXECUTION_WORDS[state.status], spent, f"{done} of {len(state.steps)} done"]
    words += [f"{count[status]} {status}" for status in (StepStatus.FAILED, StepStatus.BLOCKED) if count[status]]
    return " · ".join(word for word in words if word)


def steps_table(snapshot: Snapshot) -> str:
    if snapshot.state is None:
        return ""
    rows = "".join(_step(step, snapshot.now) for step in snapshot.state.steps.values())
    heads = "".join(f"<th{_CELL}>{word}</th>" for word in ("State", "Step", "Type", "Started (UTC)", "Duration", ""))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _step(step: StepState, now: datetime | None) -> str:
    started = f"{step.started:%Y-%m-%d %H:%M:%S}" if step.started else ""
    note = readable(step.reason.partition("\n")[0])[:200]
    cells = (f"{SIGNS[step.status]} {step.status}", step.name, step.type, started, _spent(step, now), note)
    return f"<tr>{''.join(f'<td{_CELL}>{escaped(cell)}</td>' for cell in cells)}</tr>"


def _spent(step: StepState, now: datetime | None) -> str:
    until = step.ended or now
    seconds = step.seconds(until) if until else None
    return "" if seconds is None else duration(seconds)


def failure(report: FailureReport) -> str:
    parts = [_root(root) for root in report.roots]
    if not report.roots:
        parts.append(f"<p>{escaped(report.reason)}</p>")
    return "".join([*parts, *consequences(report, _named)])


def _root(root: RootFailure) -> str:
    code = "" if root.exit_code is None else f", exit code {root.exit_code}"
    meaning = f" ({root.exit_meaning})" if code and root.exit_meaning else ""
    parts = [
        f"<h4>✕ {escaped(words_of(root))}</h4>",
        f"<p>in <strong>{escaped(root.step)}</strong> {escaped(root.type)}{escaped(code + meaning)}</p>",
        *(f"<p>{escaped(str(condition))}</p>" for condition in root.conditions),
        *(_cause(cause) for cause in root.causes),
        *(_frame(frame) for frame in reversed(root.frames) if frame.is_user),
    ]
    if root.log_tail:
        parts.append(f"<p>Last log lines:</p>{pre(line.text for line in root.log_tail)}")
    return "".join(parts)


def _cause(cause: Cause) -> str:
    snippet = f"<br><code>{escaped(cause.snippet)}</code>" if cause.snippet else ""
    return f"<p>{escaped(cause_title(cause))} {escaped(cause.fix)}{snippet}</p>"


def _frame(frame: Frame) -> str:
    place = frame.origin or f"{frame.file}, line {frame.line}"
    return f"<p>{escaped(place)} in {escaped(frame.function)}:</p>{pre([frame.source]) if frame.source else ''}"


def _named(label: str, names: Sequence[tuple[str, str]]) -> list[str]:
    items = [f"<code>{escaped(name)}</code>{f' ({escaped(why)})' if why else ''}" for name, why in names]
    return [f"<p>{label}: {', '.join(items)}</p>"]


def _problems(problems: Sequence[Problem]) -> str:
    return f"<ul>{''.join(f'<li>{escaped(str(problem))}</li>' for problem in problems)}</ul>" if problems else ""


def parameters_table(parameters: Sequence[tuple[str, str]]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td{_CELL}>{escaped(name)}</td><td{_CELL}><code>{escaped(redacted(name, value))}</code></td></tr>"
        for name, value in parameters
    )
    return f"<table><thead><tr><th{_CELL}>Parameter</th><th{_CELL}>Value</th></tr></thead><tbody>{rows}</tbody></table>"


def pre(lines: Iterable[str]) -> str:
    shown = "\n".join(escaped(line.expandtabs(4), breaks=False) for line in lines)
    return f'<pre style="overflow:auto">{shown}</pre>'


def escaped(text: str, *, breaks: bool = True) -> str:
    """The text escaped, its secrets hidden, its control characters visible, its middle left out past any use."""
    kept = text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    lines = [escape(readable(without_secrets(line))) for line in kept.splitlines() or [""]]
    return ("<br>" if breaks else "\n").join(lines)
