"""What a check found, as plain text: the worst first, each with what to do and the policy that mends it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import Severity
from sm_pipeline_widgets.view.picture import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.account_findings import AccountFinding, AccountReport

SIGNS = {Severity.ERROR: "✕", Severity.WARNING: "!", Severity.NOTE: "?"}
_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def report_text(report: AccountReport) -> str:
    """The whole report, with its counts at the end."""
    parts = [findings_text(report)] if report.findings else []
    return "\n\n".join([*parts, counts(report)])


def findings_text(report: AccountReport) -> str:
    """Every finding."""
    return "\n\n".join("\n".join(_lines(one)) for one in report.findings)


def counts(report: AccountReport) -> str:
    """``2 errors, 1 note. Looked at: roles, inputs. Nothing was created or changed.``"""
    told = [_count(len(report.of(severity)), _NOUNS[severity]) for severity in Severity if report.of(severity)]
    found = ", ".join(told) if told else "Nothing stands in the way"
    return f"{found}. Looked at: {', '.join(report.looked_at)}. Nothing was created or changed."


def _lines(one: AccountFinding) -> Iterator[str]:
    where = f" [{one.where}]" if one.where else ""
    yield f"{SIGNS[one.severity]} {_NOUNS[one.severity]} {one.code}{readable(where)}"
    yield f"    {readable(one.message)}"
    if one.fix:
        yield f"    → {readable(one.fix)}"
    if one.policy:
        yield textwrap.indent(one.policy, "      ")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
