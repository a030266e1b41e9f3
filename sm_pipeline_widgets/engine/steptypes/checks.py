"""QualityCheck and ClarifyCheck: a processing job with its own entry point, and what comes of its findings.

AWS's analysers are images that are not here. A check whose definition names a command runs that command; what it
leaves as ``statistics.json``, ``constraints.json`` and ``constraint_violations.json`` is read as the service reads it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import model_packages
from sm_pipeline_widgets.engine.container import own_entry_point
from sm_pipeline_widgets.engine.plan import ServiceStepStatus
from sm_pipeline_widgets.engine.records import JobKind
from sm_pipeline_widgets.engine.steptypes.base import JOB_ERRORS, Done, Parity, ParityStatus, StepType
from sm_pipeline_widgets.engine.steptypes.job import run_job
from sm_pipeline_widgets.engine.transfer import TransferError, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.steptypes.base import Services, Task

_NOT_COMPARED = ("RoleArn", "ProcessingJobName", "ProcessingOutputConfig", "ProcessingResources", "StoppingCondition")
_CALCULATED = {"Constraints": "constraints.json", "Statistics": "statistics.json"}
_REPORT = "constraint_violations.json"
# where a package keeps the baselines of each check
_BASELINES = {
    "DATA_QUALITY": "ModelDataQuality",
    "MODEL_QUALITY": "ModelQuality",
    "DATA_BIAS": "Bias",
    "MODEL_BIAS": "Bias",
    "MODEL_EXPLAINABILITY": "Explainability",
}


def run(task: Task) -> Done:
    """Run the check's job, then compare or register its baselines."""
    kind = str(task.step["Type"])

    def told(job: Mapping[str, Any]) -> dict[str, Any]:
        return {kind: {**_settings(task), "CheckJobArn": job["ProcessingJob"]["Arn"]}}

    job = replace(task, report=lambda metadata: task.report(told(metadata)))
    job = replace(job, arguments={name: at for name, at in task.arguments.items() if name != "ProcessingJobName"})
    done = run_job(job, JobKind.PROCESSING)
    metadata = told(done.metadata) if done.metadata else {}
    if done.status is not ServiceStepStatus.SUCCEEDED:
        return replace(done, metadata=metadata, properties={})
    return _concluded(task, kind, metadata)


def _concluded(task: Task, kind: str, metadata: dict[str, Any]) -> Done:
    where = _output(task.arguments)
    members = ("Constraints", "Statistics") if kind == "QualityCheck" else ("Constraints",)
    properties: dict[str, Any] = {}
    for member in members:
        calculated = f"{where}/{_CALCULATED[member]}"
        properties[f"CalculatedBaseline{member}"] = calculated
        is_new = _is_true(task, "RegisterNewBaseline")
        used = calculated if is_new else _baseline(task, member)
        if used:
            properties[f"BaselineUsedForDriftCheck{member}"] = used
    found = {**metadata[kind], **properties}
    report = f"{where}/{_REPORT}"
    if not _is_true(task, "SkipCheck") and _has_violations(task, report):
        found["ViolationReport"] = report
        if _is_true(task, "FailOnViolation", default=True):
            word = "Quality" if kind == "QualityCheck" else "Clarify"
            reason = f"ClientError: {word} check failed. See violation report: {report}"
            return Done.failed(reason, {kind: found})
    return Done.succeeded({kind: found}, properties)


def _settings(task: Task) -> dict[str, Any]:
    """The step's own settings, as metadata shows them."""
    told = {name: task.keys[name] for name in ("CheckType", "ModelPackageGroupName") if task.keys.get(name)}
    return {**told, **{name: _is_true(task, name) for name in ("SkipCheck", "RegisterNewBaseline")}}


def _is_true(task: Task, name: str, *, default: bool = False) -> bool:
    value = task.keys.get(name)
    return default if value is None else str(value).lower() == "true"


def _baseline(task: Task, member: str) -> str:
    """What is compared with: the supplied file, else that of the group's newest approved package."""
    supplied = task.keys.get(f"SuppliedBaseline{member}")
    if supplied:
        return str(supplied)
    group = str(task.keys.get("ModelPackageGroupName") or "")
    part = _BASELINES.get(str(task.keys.get("CheckType")), "")
    for package in reversed(model_packages.versions(task.services, group) if group else []):
        if package.record.get("ModelApprovalStatus") == "Approved":
            found = ((package.record.get("DriftCheckBaselines") or {}).get(part) or {}).get(member) or {}
            return str(found.get("S3Uri", ""))
    return ""


def _output(arguments: Mapping[str, Any]) -> str:
    outputs = (arguments.get("ProcessingOutputConfig") or {}).get("Outputs") or []
    found = [str(at["S3Output"]["S3Uri"]) for at in outputs if "S3Output" in at]
    return found[0].rstrip("/") if found else ""


def _has_violations(task: Task, uri: str) -> bool:
    try:
        found = read_json(task.services.objects, uri)
    except TransferError:
        # no report: the check found nothing to report
        return False
    return bool(found.get("violations")) if isinstance(found, dict) else bool(found)


def check(step: Mapping[str, Any], _services: Services) -> str:
    """AWS's analysers are not here; a command of one's own is."""
    missing = own_entry_point("Processing", step.get("Arguments") or {})
    return f"{missing}, and AWS's analyser image is not here" if missing else ""


def compared(arguments: Mapping[str, Any], keys: Mapping[str, Any]) -> Any:
    """What a cached result must have in common: the job without where it runs and writes, and the check's settings."""
    job = {name: value for name, value in arguments.items() if name not in _NOT_COMPARED}
    return {"Job": job, "Keys": {name: value for name, value in keys.items() if name != "FailOnViolation"}}


_HOW = (
    "Runs the command that AppSpecification.ContainerEntrypoint names; AWS's analyser images are refused at start. "
    "Baselines, violation report and FailOnViolation as on AWS."
)
QUALITY_CHECK = StepType(
    name="QualityCheck",
    run=run,
    parity=Parity(ParityStatus.APPROXIMATED, _HOW),
    compared=compared,
    retryable=JOB_ERRORS,
    check=check,
    takes_slot=True,
)
CLARIFY_CHECK = replace(QUALITY_CHECK, name="ClarifyCheck")
