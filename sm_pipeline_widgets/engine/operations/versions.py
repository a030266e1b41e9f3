"""Versions of pipelines and their aliases."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import names
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.answers import in_window, not_found, page, refuse
from sm_pipeline_widgets.engine.records import VersionRecord, when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.engine.records import PipelineRecord
    from sm_pipeline_widgets.engine.service import Engine

MOST_ALIASES = 10


def list_pipeline_versions(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    record = require_pipeline(engine, request["PipelineName"])
    found = [at for at in engine.store.versions(record.name) if in_window(at.created, request)]
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    shown, more = page(found, request, lambda at: str(at.version))
    last = {at.version: at.arn for at in engine.store.executions(record.name)}
    summaries = [
        {
            "PipelineArn": record.arn,
            "PipelineVersionId": at.version,
            "CreationTime": when(at.created),
            **described(at),
            **({"LastExecutionPipelineExecutionArn": last[at.version]} if at.version in last else {}),
        }
        for at in shown
    ]
    return {"PipelineVersionSummaries": summaries, **more}


def update_pipeline_version(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        record = require_pipeline(engine, request["PipelineArn"])
        version = asked_version(engine, record, request)
        operations = request.get("PipelineVersionAliasOperations") or {}
        kept = [at for at in version.aliases if at not in (operations.get("Remove") or [])]
        missing = [at for at in operations.get("Remove") or [] if at not in version.aliases]
        if missing:
            not_found("Pipeline version alias", missing[0])
        added = [at for at in operations.get("Add") or [] if at not in kept]
        check_aliases(engine, record.name, version.version, added)
        if len(kept) + len(added) > MOST_ALIASES:
            refuse(f"A pipeline version can have {MOST_ALIASES} aliases; this would make {len(kept) + len(added)}.")
        engine.store.put_version(
            replace(
                version,
                display_name=request.get("PipelineVersionDisplayName", version.display_name),
                description=request.get("PipelineVersionDescription", version.description),
                aliases=(*kept, *added),
            )
        )
    return {"PipelineArn": record.arn, "PipelineVersionId": version.version}


def require_pipeline(engine: Engine, name_or_arn: str) -> PipelineRecord:
    """The pipeline of a name or ARN, or the service's refusal."""
    record = engine.store.pipeline(names.pipeline_of(name_or_arn))
    if record is None:
        not_found("Pipeline", name_or_arn)
    return record


def asked_version(engine: Engine, record: PipelineRecord, request: Mapping[str, Any]) -> VersionRecord:
    """The version a request asks for by number or alias, or else the newest."""
    number, alias = request.get("PipelineVersionId"), request.get("PipelineVersionAlias")
    if number is not None and alias is not None:
        refuse("PipelineVersionId and PipelineVersionAlias cannot be given together.")
    if alias is not None:
        return version_of_alias(engine, record, alias)
    version = engine.store.version(record.name, int(number or record.version))
    if version is None:
        not_found("Pipeline version", f"{record.name}/{number}")
    return version


def version_of_alias(engine: Engine, record: PipelineRecord, alias: str) -> VersionRecord:
    """The version that has an alias now."""
    found = next((at for at in engine.store.versions(record.name) if alias in at.aliases), None)
    if found is None:
        not_found("Pipeline version alias", f"{record.name}/{alias}")
    return found


def check_aliases(engine: Engine, pipeline: str, version: int, aliases: Sequence[str]) -> None:
    """Refuse aliases that cannot be given to a version."""
    for alias in aliases:
        if not re.fullmatch(r"[a-zA-Z0-9._-]{1,128}", alias) or alias.isdigit():
            refuse(
                f"'{alias[:128]}' cannot be an alias: 1 to 128 letters, numbers, periods, hyphens and underscores, "
                "not numbers only."
            )
        for other in engine.store.versions(pipeline):
            if other.version != version and alias in other.aliases:
                raise ServiceException(
                    "ConflictException",
                    f"Alias '{alias}' belongs to version {other.version} of pipeline '{pipeline}': "
                    "remove it there first.",
                )


def described(version: VersionRecord) -> dict[str, Any]:
    """What was said of a version, as several answers show it."""
    answer = {
        "PipelineVersionDisplayName": version.display_name,
        "PipelineVersionDescription": version.description,
        "PipelineVersionAliases": list(version.aliases),
    }
    return {name: value for name, value in answer.items() if value}


OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "ListPipelineVersions": list_pipeline_versions,
    "UpdatePipelineVersion": update_pipeline_version,
}
