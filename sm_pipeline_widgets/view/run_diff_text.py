"""What differs between two runs, as plain text: what happened, what may have made it happen, what came of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.code import CODE_PREFIX
from sm_pipeline_widgets.execution.compare import Finding, Kind
from sm_pipeline_widgets.view.diff_text import NOTHING, Said, Voices, said, shortened
from sm_pipeline_widgets.view.picture import readable
from sm_pipeline_widgets.view.redact import redacted, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sm_pipeline_widgets.execution.compare import RunDifference

_CODE = re.compile(rf"/{CODE_PREFIX}/([0-9a-f]{{12}})[0-9a-f]{{52}}")
UNREAD = "What could not be read, so it was not compared"
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
        title = f"{title}\nNothing that is known of them differs."
    parts = [
        "\n".join([heading, *(f"  {line}" for line in lines)]) for heading, lines in difference_sections(difference)
    ]
    return "\n\n".join([title, *parts])


def difference_sections(difference: RunDifference) -> list[tuple[str, list[str]]]:
    """The findings as lines under headings, the most telling first."""
    voices = Voices.of(difference.before.definition, difference.after.definition)
    found = [
        (heading, _lines((finding for finding in difference.findings if belongs(finding)), voices))
        for heading, belongs in _SECTIONS
    ]
    unread = [f"of run {run.id}: {line}" for run in (difference.before, difference.after) for line in run.unread]
    found.append((UNREAD, [readable(without_secrets(line)) for line in unread]))
    return [(heading, lines) for heading, lines in found if lines]


def code_section(code: Mapping[str, str]) -> list[str]:
    """The difference of each step's code, under its name."""
    shown = {step: readable_lines(text) for step, text in code.items() if text}
    return [
        "\n".join([f"The code of {readable(step)}", *(f"  {line}" for line in lines)]) for step, lines in shown.items()
    ]


def readable_lines(text: str) -> list[str]:
    """The lines of a text, without control characters, secrets hidden."""
    return [readable(without_secrets(line.expandtabs(4))) for line in text.splitlines()]


def finding_words(finding: Finding, voices: Voices) -> Said:
    """A finding in words, without its step's name; secrets hidden."""
    if finding.change is not None:
        return said(finding.change, voices)
    what = f"parameter {finding.what}" if finding.kind is Kind.PARAMETER else finding.what
    name = finding.what if finding.kind is Kind.PARAMETER else ""
    before, after = (
        readable(without_secrets(redacted(name, _digest(text)))) for text in (finding.before, finding.after)
    )
    is_kept = before == after or finding.kind in (Kind.STATUS, Kind.OUTCOME)  # an error's words are read to their end
    return Said(readable(what), *((before, after) if is_kept else shortened(before, after)))


def _digest(text: str) -> str:
    """Code that lies under its hash is called by that: the rest of the place tells nothing."""
    found = _CODE.search(text)
    return found[1] if found is not None else text


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
            lines.append(f"{step}{told.path}")
        elif not told.path:
            lines.append(f"{step}{told.before or NOTHING} → {told.after or NOTHING}")
        else:
            lines.append(f"{step}{told}")
    return lines
