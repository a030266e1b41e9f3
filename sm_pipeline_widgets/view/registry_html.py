"""Versions, comparisons and endpoints as static HTML: everything escaped, no script, nothing fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.view.html import escaped, pre
from sm_pipeline_widgets.view.registry_text import version_rows, version_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.endpoints import Endpoint
    from sm_pipeline_widgets.execution.registry import Evidence
    from sm_pipeline_widgets.execution.version_compare import VersionDifference

_CELL = ' style="text-align:left;padding:1px 12px 1px 0;vertical-align:top"'
_OPEN = '<div style="overflow:auto">'


def versions_html(title: str, evidences: Sequence[Evidence], now: datetime) -> str:
    """The table of versions, each with everything known of it to unfold."""
    header, rows = version_rows(evidences, now)
    details = "".join(
        f"<details><summary>{escaped(one.version.name)}</summary>{pre(version_text(one).splitlines())}</details>"
        for one in evidences
    )
    return f"{_OPEN}<p>{escaped(title)}</p>{_table(header, rows)}{details}</div>"


def version_html(evidence: Evidence) -> str:
    """One version."""
    return f"{_OPEN}{pre(version_text(evidence).splitlines())}</div>"


def comparison_html(difference: VersionDifference) -> str:
    """Two versions side by side; what differs is marked."""
    header = ("", "", difference.before.version.name, difference.after.version.name, "change")
    shown = [row for row in difference.rows if row.section == "metrics" or not row.is_same]
    rows = [(row.section, row.name, row.before, row.after, row.note) for row in shown]
    return f"{_OPEN}{_table(header, rows)}</div>"


def endpoint_html(endpoint: Endpoint) -> str:
    """An endpoint and its variants."""
    shares = endpoint.shares
    rows = [(one.name, one.version, f"{shares[one.name]:.3g} %", one.machines) for one in endpoint.variants]
    told = f"<p>{escaped(endpoint.reason)}</p>" if endpoint.reason else ""
    head = f"<p>{escaped(endpoint.name)}: {escaped(endpoint.status)}</p>"
    return f"{_OPEN}{head}{told}{_table(('variant', 'serves', 'traffic', 'on'), rows)}</div>"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th{_CELL}>{escaped(word)}</th>" for word in header)
    body = "".join(f"<tr>{''.join(f'<td{_CELL}>{escaped(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
