"""Versions, comparisons and endpoints in plain text: what a terminal, a saved notebook and a screen reader get."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS
from sm_pipeline_widgets.view.picture import readable, shorten
from sm_pipeline_widgets.view.redact import redacted, without_secrets
from sm_pipeline_widgets.view.runs_table import ago
from sm_pipeline_widgets.view.text import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.decisions import Decision
    from sm_pipeline_widgets.execution.endpoints import Endpoint
    from sm_pipeline_widgets.execution.model_metrics import Metric
    from sm_pipeline_widgets.execution.registry import Evidence, Group, Origin
    from sm_pipeline_widgets.execution.version_compare import VersionDifference

MOST_METRICS = 4
"""Metrics that are columns of the table of versions; all are in a version's own page."""
_LONGEST = 60


def groups_text(groups: Sequence[Group], now: datetime) -> str:
    """The groups, a line each."""
    rows = [(one.name, ago(one.created, now) if one.created else "", one.description) for one in groups]
    return table(("GROUP", "AGE", "DESCRIPTION"), rows)


def metric_columns(evidences: Sequence[Evidence]) -> list[str]:
    """The names of the metrics that are columns: the first ones that most versions have."""
    counts: dict[str, int] = {}
    for evidence in evidences:
        for metric in evidence.metrics:
            counts[metric.name] = counts.get(metric.name, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])[:MOST_METRICS]


def version_rows(evidences: Sequence[Evidence], now: datetime) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and cells of the table of versions."""
    names = metric_columns(evidences)
    header = ("VERSION", "STATUS", "AGE", *(readable(name).upper() for name in names), "FROM", "DECIDED")
    return header, [_version_row(one, names, now) for one in evidences]


def versions_text(evidences: Sequence[Evidence], now: datetime) -> str:
    """The table of versions."""
    header, rows = version_rows(evidences, now)
    return table(header, rows)


def version_text(evidence: Evidence) -> str:
    """Everything known of a version: what was decided, how good it is, what it is made of."""
    version = evidence.version
    lines = [f"{version.name}: {APPROVAL_WORDS[version.approval]}", version.arn]
    lines += [version.description] if version.description else []
    lines += _section("Decisions", [decision_words(one) for one in version.decisions])
    lines += _section("Metrics", [metric_words(one) for one in evidence.metrics])
    for report in evidence.reports:
        if report.problem:
            lines.append(f"{report.file.kind}: {report.file.uri} cannot be read: {report.problem}")
    lines += _section("From", list(origin_lines(evidence.origin)) if evidence.origin else [])
    lines += _section("Made of", [f"{name}: {value}" for name, value in fact_rows(evidence)])
    return "\n".join(_safe(line) for line in lines)


def comparison_text(difference: VersionDifference) -> str:
    """Two versions side by side; rows that do not differ are counted, not shown, but metrics are shown always."""
    before, after = difference.before.version.name, difference.after.version.name
    shown = [row for row in difference.rows if row.section == "metrics" or not row.is_same]
    same = len(difference.rows) - len(shown)
    rows = [(row.section, row.name, _hide(row.name, row.before), _hide(row.name, row.after), row.note) for row in shown]
    told = [f"{same} more are the same in both."] if same else []
    return "\n".join([table(("", "", before, after, "CHANGE"), rows), *told])


def endpoints_text(endpoints: Sequence[Endpoint], now: datetime) -> str:
    """The endpoints, a line each."""
    rows = [(one.name, one.status, ago(one.created, now) if one.created else "") for one in endpoints]
    return table(("ENDPOINT", "STATUS", "AGE"), rows)


def endpoint_text(endpoint: Endpoint) -> str:
    """An endpoint: its state, and a line for each variant."""
    lines = [f"{endpoint.name}: {endpoint.status}, configuration {endpoint.config}"]
    if endpoint.reason:
        word = "An update failed, what was there before answers" if endpoint.answers else "It failed"
        lines.append(f"{word}: {without_secrets(endpoint.reason)}")
    shares = endpoint.shares
    rows = [(one.name, one.version, f"{shares[one.name]:.3g} %", one.machines) for one in endpoint.variants]
    return "\n".join([*map(_many, lines), table(("VARIANT", "SERVES", "TRAFFIC", "ON"), rows)])


def decision_words(decision: Decision) -> str:
    """``approved by ada, 2026-11-22 18:05 UTC: rmse 54``."""
    status = next((word for at, word in APPROVAL_WORDS.items() if at == decision.status), decision.status)
    return f"{status or 'noted'}{_by(decision)}: {decision.note}"


def metric_words(metric: Metric) -> str:
    """``rmse 54.1 ± 2``, with the place in the report where the name alone does not tell."""
    place = f"  ({metric.path})" if metric.path not in ("", metric.name) else ""
    return f"{metric}{place}"


def origin_lines(origin: Origin) -> Iterator[str]:
    """Where a version comes from, a line each."""
    if origin.missing:
        yield f"not known: {origin.missing}"
    if origin.execution:
        yield f"execution {origin.execution}"
    if origin.step:
        yield f"step `{origin.step}` of pipeline `{origin.pipeline}`, after {', '.join(origin.steps) or 'no other'}"
    for name, value in origin.parameters.items():
        yield f"{name} = {redacted(name, value)}"
    for place in origin.code:
        yield f"code of {place.step}: {place.uri}"


def fact_rows(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What a version is made of, by name."""
    version = evidence.version
    for number, container in enumerate(version.containers, start=1):
        place = f" {number}" if len(version.containers) > 1 else ""
        yield f"image{place}", container.image
        yield f"model{place}", container.model
        for name, value in container.environment.items():
            yield f"{name}{place}", redacted(name, value)
    for report in evidence.reports:
        yield report.file.kind, report.file.uri
    yield "reads", ", ".join(version.content_types)
    yield "answers with", ", ".join(version.response_types)
    yield "instances", ", ".join(version.instances)
    if version.created is not None:
        yield "created", _moment(version.created) + (f" by {version.created_by}" if version.created_by else "")
    if version.modified is not None:
        yield "changed", _moment(version.modified) + (f" by {version.modified_by}" if version.modified_by else "")
    yield from ((name, redacted(name, value)) for name, value in version.metadata.items())


def run_words(generated_by: str) -> str:
    """``demo (run abcdefghijkl)`` of an execution's ARN; anything else as it is."""
    name, found, run = generated_by.partition(":pipeline/")[2].partition("/execution/")
    return f"{name} (run {run})" if found else generated_by


def _version_row(evidence: Evidence, names: Sequence[str], now: datetime) -> tuple[str, ...]:
    version = evidence.version
    known: Mapping[str, Metric] = {metric.name: metric for metric in evidence.metrics}
    numbers = [f"{known[name].value:g}" if name in known else "" for name in names]
    decided = decision_words(version.decisions[0]).partition(": ") if version.decisions else ("", "", "")
    status = APPROVAL_WORDS[version.approval] + ("" if version.is_usable else f" ({version.status})")
    return (
        str(version.number),
        status,
        ago(version.created, now) if version.created else "",
        *numbers,
        run_words(version.generated_by),
        shorten(f"{decided[2]}{_by(version.decisions[0])}", _LONGEST) if version.decisions else "",
    )


def _by(decision: Decision) -> str:
    return f" by {decision.who}, {decision.when}" if decision.who else ""


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _hide(name: str, value: str) -> str:
    return shorten(redacted(name, value), _LONGEST)


def _safe(line: str) -> str:
    return readable(without_secrets(line))


def _many(text: str) -> str:
    return "\n".join(readable(line) for line in text.splitlines())
