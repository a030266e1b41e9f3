"""A run's timeline as a standalone SVG: a row for each step, the waiting before it, the critical path marked."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.picture import duration, readable, shorten
from sm_pipeline_widgets.view.svg import ACCENTS, FONT, INK, STYLE

if TYPE_CHECKING:
    from datetime import datetime

    from sm_pipeline_widgets.execution.state import ExecutionState
    from sm_pipeline_widgets.execution.timeline import Bar, Timeline

WIDTH = 960
ROW = 22
LEFT = 200
RIGHT = 110
TOP = 24
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
MARKS = 8


def render_timeline(timeline: Timeline, state: ExecutionState, now: datetime) -> str:
    """Draw the timeline; empty where nothing has begun."""
    if not timeline.bars:
        return ""
    origin = min([bar.ready for bar in timeline.bars] + ([state.started] if state.started else []))
    end = max([bar.ended or now for bar in timeline.bars] + ([state.ended] if state.ended else []))
    span = max(1.0, (end - origin).total_seconds())
    height = TOP + ROW * len(timeline.bars) + 8
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" font-family="{escape(FONT)}" font-size="12" style="max-width:100%;height:auto">'
    )
    parts = [
        opening,
        f"<title>{_text(f'Timeline of {state.pipeline}')}</title><style>{STYLE}</style>",
        *_scale(span, height),
    ]
    for row, bar in enumerate(timeline.bars):
        parts.extend(_bar(bar, TOP + ROW * row, _Scale(origin, span), state, now))
    return "\n".join([*parts, "</svg>"])


class _Scale:
    """Times as pixels."""

    def __init__(self, origin: datetime, span: float) -> None:
        self._origin = origin
        self._span = span

    def x(self, when: datetime) -> float:
        return LEFT + (when - self._origin).total_seconds() / self._span * (WIDTH - LEFT - RIGHT)


def _scale(span: float, height: int) -> list[str]:
    step = next((seconds for seconds in STEPS if span / seconds <= MARKS), 86400 * (1 + int(span // 86400 // MARKS)))
    made = []
    for at in range(0, int(span) + 1, step):
        x = LEFT + at / span * (WIDTH - LEFT - RIGHT)
        made.append(
            f'<path d="M{x:.1f} 16V{height - 4}" stroke="{INK}" opacity="0.12"/>'
            f'<text x="{x + 3:.1f}" y="12" fill="{INK}" font-size="10" opacity="0.62">{duration(at)}</text>'
        )
    return made


def _bar(bar: Bar, y: int, scale: _Scale, state: ExecutionState, now: datetime) -> list[str]:
    step = state.steps[bar.step]
    color = ACCENTS.get(step.status.value, INK)
    left, right = scale.x(bar.started), scale.x(bar.ended or now)
    width = max(2.0, right - left)
    waited = f", waited {duration(bar.waited)} to begin" if bar.waited >= 1 else ""
    said = (
        f"{bar.step}: {step.status}, {duration(bar.seconds(now))}{waited}{', critical path' if bar.is_critical else ''}"
    )
    weight = ' font-weight="600"' if bar.is_critical else ""
    name = _text(shorten(bar.step, 26))
    made = [
        f"<g><title>{_text(said)}</title>",
        f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end" fill="{INK}"{weight}>{name}</text>',
    ]
    if bar.waited >= 1:
        way = f"M{scale.x(bar.ready):.1f} {y + 11}H{left:.1f}"
        made.append(f'<path d="{way}" stroke="{INK}" stroke-dasharray="2 3" opacity="0.6"/>')
    made.append(
        f'<rect x="{left:.1f}" y="{y + 4}" width="{width:.1f}" height="14" rx="3" fill="{color}" fill-opacity="0.25" '
        f'stroke="{color}"/>'
    )
    if bar.is_critical:
        made.append(f'<path d="M{left:.1f} {y + 18}h{width:.1f}" stroke="{color}" stroke-width="3"/>')
    made.append(
        f'<text x="{right + 6:.1f}" y="{y + 15}" fill="{INK}" opacity="0.7">{duration(bar.seconds(now))}</text></g>'
    )
    return made


def _text(text: str) -> str:
    return escape(readable(text))
