"""The model registry as values: groups, versions, who decided what, and where a version comes from.

Made of the API's answers; knows nothing of who asked for them.

>>> version_name("arn:aws:sagemaker:us-east-1:123456789012:model-package/diabetes/3")
'diabetes/3'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sm_pipeline_widgets.execution.decisions import Decision
    from sm_pipeline_widgets.execution.model_metrics import Metric

_FILES = (
    ("ModelQuality", "Statistics", "model quality"),
    ("ModelQuality", "Constraints", "model quality constraints"),
    ("ModelDataQuality", "Statistics", "data quality"),
    ("ModelDataQuality", "Constraints", "data quality constraints"),
    ("Bias", "Report", "bias"),
    ("Bias", "PreTrainingReport", "bias before training"),
    ("Bias", "PostTrainingReport", "bias after training"),
    ("Explainability", "Report", "explainability"),
)


class Approval(StrEnum):
    """Whether a version may be used, as the API spells it."""

    APPROVED = "Approved"
    REJECTED = "Rejected"
    PENDING = "PendingManualApproval"


APPROVAL_WORDS = {Approval.APPROVED: "approved", Approval.REJECTED: "rejected", Approval.PENDING: "pending"}


@dataclass(frozen=True, slots=True)
class Group:
    """A model package group."""

    name: str
    arn: str
    description: str = ""
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a version: its image and where the model's data lies."""

    image: str
    model: str = ""
    framework: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file that tells how good a version is; ``kind`` as a person says it: ``model quality``, ``bias`` …"""

    kind: str
    uri: str
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a group. What a list does not tell (``is_described``) is empty.

    Parameters
    ----------
    status
        Of the package itself, as the API spells it: Completed, InProgress, Failed …
    modified_by, created_by
        The ARN or name of whoever it was, where the service tells.
    generated_by
        The ARN of the pipeline execution that registered it, where it tells.
    """

    group: str
    number: int
    arn: str
    status: str
    approval: Approval
    description: str = ""
    created: datetime | None = None
    modified: datetime | None = None
    created_by: str = ""
    modified_by: str = ""
    decisions: tuple[Decision, ...] = ()
    containers: tuple[Container, ...] = ()
    content_types: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    reports: tuple[ReportFile, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    generated_by: str = ""
    sample_payload: str = ""
    is_described: bool = False

    @property
    def name(self) -> str:
        """``diabetes/3``."""
        return f"{self.group}/{self.number}"

    @property
    def is_usable(self) -> bool:
        """Whether the package itself is whole, whatever was decided of it."""
        return self.status == "Completed"


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where the code of a step lies that a version was made of."""

    step: str
    uri: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version comes from: the run that registered it, by which step, with which parameters and code.

    ``missing`` says in words why less is known.
    """

    execution: str = ""
    pipeline: str = ""
    step: str = ""
    started: datetime | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    code: tuple[CodePlace, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report file said: its text, and the numbers found in it. ``problem`` says why it could not be read."""

    file: ReportFile
    text: str = ""
    metrics: tuple[Metric, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a decision about a version rests upon."""

    version: Version
    reports: tuple[Report, ...] = ()
    origin: Origin | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The numbers of all reports, each name once: the first report that has it counts."""
        found = {metric.name: metric for report in reversed(self.reports) for metric in reversed(report.metrics)}
        order = dict.fromkeys(metric.name for report in self.reports for metric in report.metrics)
        return tuple(found[name] for name in order)


def version_name(arn: str) -> str:
    """The name that an ARN ends with: ``GROUP/NUMBER``."""
    return arn.partition(":model-package/")[2]


def split_name(name: str) -> tuple[str, int | None]:
    """Group and number of ``GROUP``, ``GROUP/3`` or a model package's ARN; None where no number is said."""
    plain = version_name(name) or name
    group, _, number = plain.rpartition("/")
    return (group, int(number)) if group and number.isdecimal() else (plain, None)


def names_version(name: str) -> bool:
    """Whether a name means one version, and no group."""
    return split_name(name)[1] is not None or name.endswith(("/latest", "/approved"))


def group_of(record: Mapping[str, Any]) -> Group:
    """A group out of a list's row or a description."""
    return Group(
        name=str(record.get("ModelPackageGroupName", "")),
        arn=str(record.get("ModelPackageGroupArn", "")),
        description=str(record.get("ModelPackageGroupDescription") or ""),
        created=record.get("CreationTime"),
    )


def version_of(record: Mapping[str, Any], decisions: tuple[Decision, ...] = (), *, is_described: bool) -> Version:
    """A version out of a list's row or a description."""
    inference = record.get("InferenceSpecification") or {}
    arn = str(record.get("ModelPackageArn", ""))
    group, number = split_name(arn)
    return Version(
        group=str(record.get("ModelPackageGroupName") or group),
        number=int(record.get("ModelPackageVersion") or number or 0),
        arn=arn,
        status=str(record.get("ModelPackageStatus", "")),
        approval=Approval(record.get("ModelApprovalStatus") or Approval.PENDING),
        description=str(record.get("ModelPackageDescription") or ""),
        created=record.get("CreationTime"),
        modified=record.get("LastModifiedTime"),
        created_by=_person(record.get("CreatedBy")),
        modified_by=_person(record.get("LastModifiedBy")),
        decisions=decisions,
        containers=tuple(_container(at) for at in inference.get("Containers") or ()),
        content_types=tuple(inference.get("SupportedContentTypes") or ()),
        response_types=tuple(inference.get("SupportedResponseMIMETypes") or ()),
        instances=tuple(inference.get("SupportedRealtimeInferenceInstanceTypes") or ()),
        reports=tuple(_reports(record.get("ModelMetrics") or {})),
        metadata=dict(record.get("CustomerMetadataProperties") or {}),
        generated_by=str((record.get("MetadataProperties") or {}).get("GeneratedBy") or ""),
        sample_payload=str(record.get("SamplePayloadUrl") or ""),
        is_described=is_described,
    )


def _container(record: Mapping[str, Any]) -> Container:
    source = (record.get("ModelDataSource") or {}).get("S3DataSource") or {}
    framework = " ".join(str(record[key]) for key in ("Framework", "FrameworkVersion") if record.get(key))
    model = str(record.get("ModelDataUrl") or source.get("S3Uri") or "")
    return Container(str(record.get("Image") or ""), model, framework, dict(record.get("Environment") or {}))


def _reports(metrics: Mapping[str, Any]) -> Iterator[ReportFile]:
    for what, which, kind in _FILES:
        found = (metrics.get(what) or {}).get(which) or {}
        if found.get("S3Uri"):
            yield ReportFile(kind, str(found["S3Uri"]), str(found.get("ContentType") or "application/json"))


def _person(context: Mapping[str, Any] | None) -> str:
    """Whoever a ``UserContext`` names: a Studio user by name, else the ARN that IAM knows."""
    given = context or {}
    return str(given.get("UserProfileName") or (given.get("IamIdentity") or {}).get("Arn") or "")
