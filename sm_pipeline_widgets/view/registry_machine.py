"""What a program is told of versions, comparisons and endpoints; see ``machine`` for the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS
from sm_pipeline_widgets.view.machine import moment, parameters_of
from sm_pipeline_widgets.view.redact import redacted, without_secrets

if TYPE_CHECKING:
    from sm_pipeline_widgets.execution.deployment import Plan
    from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint
    from sm_pipeline_widgets.execution.registry import Evidence, Group, Origin
    from sm_pipeline_widgets.execution.version_compare import VersionDifference

    Json = dict[str, Any]


def group(of: Group) -> Json:
    return {"name": of.name, "arn": of.arn, "description": of.description, "created": moment(of.created)}


def version(of: Evidence) -> Json:
    """A version with its metrics and decisions; where it comes from, if that was read."""
    at = of.version
    told = {
        "name": at.name,
        "arn": at.arn,
        "status": APPROVAL_WORDS[at.approval],
        "package_status": at.status,
        "description": at.description,
        "created": moment(at.created),
        "created_by": at.created_by,
        "modified": moment(at.modified),
        "modified_by": at.modified_by,
        "execution": at.generated_by,
        "metrics": {metric.name: metric.value for metric in of.metrics},
        "decisions": [
            {"status": one.status, "note": without_secrets(one.note), "who": one.who, "when": one.when}
            for one in at.decisions
        ],
        "metadata": parameters_of(at.metadata),
        "reports": [{"kind": one.file.kind, "uri": one.file.uri, "problem": one.problem} for one in of.reports],
    }
    return {**told, **({"origin": origin(of.origin)} if of.origin else {})}


def origin(of: Origin) -> Json:
    return {
        "execution": of.execution,
        "pipeline": of.pipeline,
        "step": of.step,
        "steps": list(of.steps),
        "parameters": parameters_of(of.parameters),
        "code": {place.step: place.uri for place in of.code},
        "missing": of.missing,
    }


def version_difference(of: VersionDifference) -> Json:
    return {
        "before": of.before.version.name,
        "after": of.after.version.name,
        "rows": [
            {
                "section": row.section,
                "name": row.name,
                "before": redacted(row.name, row.before),
                "after": redacted(row.name, row.after),
                "note": row.note,
            }
            for row in of.rows
        ],
    }


def endpoint(of: Endpoint) -> Json:
    shares = of.shares
    return {
        "name": of.name,
        "arn": of.arn,
        "status": of.status,
        "config": of.config,
        "reason": without_secrets(of.reason),
        "created": moment(of.created),
        "variants": [
            {
                "name": one.name,
                "serves": one.version,
                "package": one.package,
                "model": one.model,
                "weight": one.weight,
                "traffic": round(shares[one.name], 3),
                "instance": one.instance,
                "count": one.count,
            }
            for one in of.variants
        ],
    }


def plan(of: Plan) -> Json:
    acts = [str(act) for act in of.acts]
    return {"endpoint": of.endpoint, "title": of.title, "acts": acts, "cost": of.cost, "notes": list(of.notes)}


def answer(of: Answer) -> Json:
    told = {"variant": of.variant, "content_type": of.content_type, "seconds": round(of.seconds, 3)}
    return {**told, "body": of.text}
