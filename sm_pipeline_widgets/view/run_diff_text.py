"""What differs between two runs, as plain text: what happened, what may have made it happen, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.compare import Finding, Kind
from sm_pipeline_widgets.view.diff_text import NOTHING, Said, Voices, said, shortened
from sm_pipeline_widgets.view.picture import readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sm_pipeline_widgets.execution.compare import RunDifference

_SECTIONS: tuple[tuple[str, Callable[[Finding], bool]], ...] = (
    ("What happened", lambda finding: finding.kind <= Kind.BRANCH),
    ("What was changed for the whole run", lambda finding: _is_given(finding) and not finding.step),
    ("What was changed, where it failed", lambda finding: _is_near(finding, 0)),
    ("What was changed before it", lambda finding: _is_near(finding, 1)),
    ("What was changed elsewhere", lambda finding: _is_near(finding, 2)),
    ("What came of it", lambda finding: finding.kind >= Kind.CACHE),
)


def run_difference_text(difference: RunDifference, before: str = "", after: str = "") -> str:
    """The whole difference.

    Parameters
    ----------
    before, after
        What the runs are called; their ids where empty.
    """
    title = readable(f"{before or difference.before.id} → {after or difference.after.id}")
    if difference.is_same:
        return f"{title}\nNothing that is known of them differs."
    voices = Voices.of(difference.before.definition, difference.after.definition)
    parts = [title]
    for heading, belongs in _SECTIONS:
        lines = _lines((finding for finding in difference.findings if belongs(finding)), voices)
        if lines:
            parts.append("\n".join([heading, *lines]))
    return "\n\n".join(parts)


def finding_words(finding: Finding, voices: Voices) -> Said:
    """A finding in words, without its step's name; secrets hidden."""
    if finding.change is not None:
        return said(finding.change, voices)
    what = f"parameter {finding.what}" if finding.kind is Kind.PARAMETER else finding.what
    name = finding.what if finding.kind is Kind.PARAMETER else ""
    before, after = (readable(without_secrets(redacted(name, text))) for text in (finding.before, finding.after))
    return Said(readable(what), *((before, after) if before == after else shortened(before, after)))


def _is_given(finding: Finding) -> bool:
    return Kind.BRANCH < finding.kind < Kind.CACHE


def _is_near(finding: Finding, distance: int) -> bool:
    return _is_given(finding) and bool(finding.step) and finding.distance == distance


def _lines(findings: Iterable[Finding], voices: Voices) -> list[str]:
    """One line each, those of a step under its name where there are several in a row."""
    lines: list[str] = []
    for finding in findings:
        told = finding_words(finding, voices)
        step = f"{readable(finding.step)}: " if finding.step else ""
        if not told.before and not told.after:
            lines.append(f"  {step}{told.path}")
        elif not told.path:
            lines.append(f"  {step}{told.before or NOTHING} → {told.after or NOTHING}")
        else:
            lines.append(f"  {step}{told}")
    return lines
