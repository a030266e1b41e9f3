"""Search over pipelines, their versions and executions, and over training jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.describe import describe_job
from sm_pipeline_widgets.engine.operations.answers import page, refuse
from sm_pipeline_widgets.engine.operations.executions import describe_pipeline_execution
from sm_pipeline_widgets.engine.operations.pipelines import describe_pipeline
from sm_pipeline_widgets.engine.operations.versions import described
from sm_pipeline_widgets.engine.records import JobKind, when
from sm_pipeline_widgets.engine.searching import SearchError, matches, sort_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sm_pipeline_widgets.engine.service import Engine


def search(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    resource = request["Resource"]
    if resource not in RESOURCES:
        refuse(f"The engine on this machine searches {', '.join(RESOURCES)}; {resource} can be searched on AWS.")
    try:
        found = [at for at in RESOURCES[resource](engine) if matches(at, request.get("SearchExpression") or {})]
    except SearchError as error:
        refuse(str(error))
    by = request.get("SortBy", "LastModifiedTime")
    found.sort(key=lambda at: sort_key(at, by), reverse=request.get("SortOrder", "Descending") == "Descending")
    shown, more = page(found, request, _identity)
    return {
        "Results": [{resource: at} for at in shown],
        "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
        **more,
    }


def _pipelines(engine: Engine) -> Iterator[dict[str, Any]]:
    for record in engine.store.pipelines():
        tags = [{"Key": key, "Value": value} for key, value in sorted(record.tags.items())]
        yield {**describe_pipeline(engine, {"PipelineName": record.name}), "Tags": tags}


def _executions(engine: Engine) -> Iterator[dict[str, Any]]:
    for pipeline in engine.store.pipelines():
        for record in engine.store.executions(pipeline.name):
            parameters = [{"Name": name, "Value": value} for name, value in record.parameters.items()]
            told = describe_pipeline_execution(engine, {"PipelineExecutionArn": record.arn})
            yield {**told, "PipelineParameters": parameters}


def _versions(engine: Engine) -> Iterator[dict[str, Any]]:
    for pipeline in engine.store.pipelines():
        last = {at.version: at for at in engine.store.executions(pipeline.name)}
        for version in engine.store.versions(pipeline.name):
            ran = last.get(version.version)
            yield {
                "PipelineArn": pipeline.arn,
                "PipelineVersionId": version.version,
                "CreationTime": when(version.created),
                "LastModifiedTime": when(version.created),
                **described(version),
                **({} if ran is None else {
                    "LastExecutedPipelineExecutionArn": ran.arn,
                    "LastExecutedPipelineExecutionStatus": ran.status.value,
                }),
            }  # fmt: skip


def _training_jobs(engine: Engine) -> Iterator[dict[str, Any]]:
    for job in engine.store.jobs(JobKind.TRAINING):
        yield describe_job(job)


def _identity(found: Mapping[str, Any]) -> str:
    names = ("PipelineExecutionArn", "TrainingJobArn", "PipelineArn")
    return f"{next(found[name] for name in names if name in found)}#{found.get('PipelineVersionId', '')}"


RESOURCES: dict[str, Callable[[Engine], Iterator[dict[str, Any]]]] = {
    "Pipeline": _pipelines,
    "PipelineExecution": _executions,
    "PipelineVersion": _versions,
    "TrainingJob": _training_jobs,
}

OPERATIONS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {"Search": search}
