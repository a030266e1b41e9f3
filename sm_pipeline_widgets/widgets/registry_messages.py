"""What kernel and page say to each other about the registry; ``registryProtocol.ts`` is the other side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS
from sm_pipeline_widgets.view.redact import redacted, without_secrets
from sm_pipeline_widgets.view.registry_step import step_text
from sm_pipeline_widgets.view.registry_text import (
    decision_words,
    fact_rows,
    metric_columns,
    origin_lines,
    run_words,
)
from sm_pipeline_widgets.widgets.protocol import MAX_LINE, wire_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint
    from sm_pipeline_widgets.execution.model_metrics import Metric
    from sm_pipeline_widgets.execution.registry import Evidence
    from sm_pipeline_widgets.execution.version_compare import VersionDifference

REPORT_LENGTH = 200_000
"""Characters of a report that a page is sent; of a longer one the numbers and the beginning."""


class VersionFact(TypedDict):
    """A row of the table; times are milliseconds since the epoch, ``metrics`` in the columns' order."""

    name: str
    number: int
    arn: str
    status: str
    package: str
    created: float | None
    metrics: list[str]
    run: str
    run_arn: str
    decided: str


class VariantFact(TypedDict):
    """A variant of an endpoint; ``share`` in percent."""

    name: str
    serves: str
    share: float
    machines: str


class EndpointFact(TypedDict):
    """An endpoint that serves versions of the group."""

    name: str
    status: str
    is_moving: bool
    answers: bool
    reason: str
    variants: list[VariantFact]


class ReportFact(TypedDict):
    """An evaluation report as text."""

    kind: str
    uri: str
    text: str
    problem: str


class VersionPageFact(TypedDict):
    """Everything about one version. ``metrics`` are name, value and place in the report."""

    name: str
    arn: str
    step: str
    decisions: list[str]
    metrics: list[tuple[str, str, str]]
    reports: list[ReportFact]
    origin: list[str]
    run_arn: str
    facts: list[tuple[str, str]]
    content_type: str


class ComparedRow(TypedDict):
    """A row of two versions side by side."""

    section: str
    name: str
    before: str
    after: str
    note: str
    is_same: bool


# kernel → page


class RegistryPageMessage(TypedDict):
    """A version's page, or why there is none."""

    kind: Literal["registry_page"]
    ticket: str
    page: VersionPageFact | None
    error: str


class RegistryComparedMessage(TypedDict):
    """Two versions side by side, or why not."""

    kind: Literal["registry_compared"]
    ticket: str
    before: str
    after: str
    rows: list[ComparedRow]
    error: str


class RegistryPlanMessage(TypedDict):
    """What an action would do; ``go`` is what the button says that does it."""

    kind: Literal["registry_plan"]
    ticket: str
    title: str
    words: str
    go: str
    error: str


class RegistryDoneMessage(TypedDict):
    """What was done, or why not."""

    kind: Literal["registry_done"]
    ticket: str
    words: str
    error: str


class RegistryAnswerMessage(TypedDict):
    """What an endpoint answered; ``told`` says who, and how fast."""

    kind: Literal["registry_answer"]
    ticket: str
    text: str
    told: str
    error: str


class RegistryInsertedMessage(TypedDict):
    """A cell's text with the version as a step."""

    kind: Literal["registry_inserted"]
    ticket: str
    text: str
    words: str
    error: str


# page → kernel


class RegistryPageRequest(TypedDict):
    """Everything about this version."""

    kind: Literal["registry_page_request"]
    ticket: str
    name: str


class RegistryCompareRequest(TypedDict):
    """Two versions side by side; ``approved`` is the newest approved one beside the other."""

    kind: Literal["registry_compare_request"]
    ticket: str
    before: str
    after: str


class RegistryPlanRequest(TypedDict):
    """What would this do? ``what`` is a version or an endpoint, as the action needs."""

    kind: Literal["registry_plan_request"]
    ticket: str
    action: str
    what: str
    values: list[tuple[str, str]]


class RegistryStartRequest(TypedDict):
    """Do what the plan of this ticket says."""

    kind: Literal["registry_start"]
    ticket: str


class RegistryInvokeRequest(TypedDict):
    """Ask an endpoint; an empty variant is chosen by weight."""

    kind: Literal["registry_invoke"]
    ticket: str
    endpoint: str
    variant: str
    data: str
    content_type: str


class RegistryInsertRequest(TypedDict):
    """Put the version into this text as a step."""

    kind: Literal["registry_insert"]
    ticket: str
    name: str
    text: str


class RegistryRefreshRequest(TypedDict):
    """Read everything anew."""

    kind: Literal["registry_refresh"]
    ticket: str


RegistryRequest = (
    RegistryPageRequest
    | RegistryCompareRequest
    | RegistryPlanRequest
    | RegistryStartRequest
    | RegistryInvokeRequest
    | RegistryInsertRequest
    | RegistryRefreshRequest
)
_TEXTS: dict[str, tuple[str, ...]] = {
    "registry_page_request": ("name",),
    "registry_compare_request": ("before", "after"),
    "registry_plan_request": ("action", "what"),
    "registry_start": (),
    "registry_invoke": ("endpoint", "variant", "data", "content_type"),
    "registry_insert": ("name", "text"),
    "registry_refresh": (),
}


def read_registry_request(content: Any) -> RegistryRequest | None:
    """A page's message where it is a request as agreed; None for everything else."""
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str) or content["kind"] not in _TEXTS:
        return None
    if not all(isinstance(content.get(name), str) for name in ("ticket", *_TEXTS[content["kind"]])):
        return None
    if content["kind"] == "registry_plan_request" and not _are_pairs(content.get("values")):
        return None
    return cast("RegistryRequest", content)


def version_facts(evidences: Sequence[Evidence]) -> tuple[list[str], list[VersionFact]]:
    """The columns of metrics, and the rows of the table."""
    names = metric_columns(evidences)
    return [wire_text(name) for name in names], [_version_fact(one, names) for one in evidences]


def page_fact(evidence: Evidence) -> VersionPageFact:
    """Everything about one version."""
    version = evidence.version
    return VersionPageFact(
        name=version.name,
        arn=version.arn,
        step=step_text(version),
        decisions=[_shown(decision_words(one)) for one in version.decisions],
        metrics=[
            (_shown(one.name), str(one).removeprefix(f"{one.name} "), _shown(one.path)) for one in evidence.metrics
        ],
        reports=[
            ReportFact(
                kind=at.file.kind,
                uri=_shown(at.file.uri),
                text=wire_text(without_secrets(at.text), REPORT_LENGTH),
                problem=_shown(at.problem),
            )
            for at in evidence.reports
        ],
        origin=[_shown(line) for line in origin_lines(evidence.origin)] if evidence.origin else [],
        run_arn=version.generated_by if ":pipeline/" in version.generated_by else "",
        facts=[(_shown(name), _shown(redacted(name, value))) for name, value in fact_rows(evidence)],
        content_type=next(iter(version.content_types), ""),
    )


def compared_rows(difference: VersionDifference) -> list[ComparedRow]:
    """The rows of a comparison."""
    return [
        ComparedRow(
            section=row.section,
            name=_shown(row.name),
            before=_shown(redacted(row.name, row.before)),
            after=_shown(redacted(row.name, row.after)),
            note=row.note,
            is_same=row.is_same,
        )
        for row in difference.rows
    ]


def endpoint_fact(endpoint: Endpoint) -> EndpointFact:
    """An endpoint as the page shows it."""
    shares = endpoint.shares
    return EndpointFact(
        name=endpoint.name,
        status=endpoint.status,
        is_moving=endpoint.is_moving,
        answers=endpoint.answers,
        reason=_shown(endpoint.reason),
        variants=[
            VariantFact(name=one.name, serves=one.version, share=round(shares[one.name], 3), machines=one.machines)
            for one in endpoint.variants
        ],
    )


def answer_message(ticket: str, answer: Answer | None, error: str = "") -> RegistryAnswerMessage:
    """What an endpoint answered."""
    told = f"{answer.variant} · {answer.content_type} · {answer.seconds * 1000:.0f} ms" if answer else ""
    text = wire_text(answer.text, MAX_LINE) if answer else ""
    return RegistryAnswerMessage(
        kind="registry_answer", ticket=ticket, text=text, told=wire_text(told), error=wire_text(error, MAX_LINE)
    )


def _version_fact(evidence: Evidence, names: Sequence[str]) -> VersionFact:
    version = evidence.version
    known = {metric.name: metric for metric in evidence.metrics}
    return VersionFact(
        name=version.name,
        number=version.number,
        arn=version.arn,
        status=APPROVAL_WORDS[version.approval],
        package=version.status,
        created=_milliseconds(version.created),
        metrics=[f"{known[name].value:.6g}" if name in known else "" for name in names],
        run=_shown(run_words(version.generated_by)),
        run_arn=version.generated_by if ":pipeline/" in version.generated_by else "",
        decided=_shown(decision_words(version.decisions[0])) if version.decisions else "",
    )


def _metric(metric: Metric) -> tuple[str, str, str]:
    return _shown(metric.name), str(metric).removeprefix(f"{metric.name} "), _shown(metric.path)


def _milliseconds(when: datetime | None) -> float | None:
    return None if when is None else when.astimezone(UTC).timestamp() * 1000


def _shown(text: str) -> str:
    return wire_text(without_secrets(text), MAX_LINE)


def _are_pairs(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair) for pair in values
    )
