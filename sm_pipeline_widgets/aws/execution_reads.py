"""What is read of an execution, with any client: all pages, as the API gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sagemaker import SageMakerClient


def describe(client: SageMakerClient, arn: str) -> Mapping[str, Any]:
    """The answer of DescribePipelineExecution, without what differs from one request to the next."""
    with translated():
        answer = client.describe_pipeline_execution(PipelineExecutionArn=arn)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def steps(client: SageMakerClient, arn: str) -> tuple[Mapping[str, Any], ...]:
    """All items of ListPipelineExecutionSteps, oldest first."""
    found = pages(client, "list_pipeline_execution_steps", PipelineExecutionArn=arn, SortOrder="Ascending")
    return tuple(step for page in found for step in page.get("PipelineExecutionSteps") or ())


def parameters(client: SageMakerClient, arn: str) -> dict[str, str]:
    """The parameters an execution runs with, as strings."""
    found = pages(client, "list_pipeline_parameters_for_execution", PipelineExecutionArn=arn)
    return {entry["Name"]: entry["Value"] for page in found for entry in page.get("PipelineParameters") or ()}


def definition_text(client: SageMakerClient, arn: str) -> str:
    """The JSON text of the definition an execution was started with, whatever was deployed since."""
    with translated():
        answer = client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    return answer.get("PipelineDefinition", "")


def pages(client: SageMakerClient, operation: str, **request: Any) -> Iterator[Mapping[str, Any]]:
    """Every page of a list operation; each is asked for inside :func:`translated`."""
    with translated():
        paginator = client.get_paginator(operation)  # type: ignore[call-overload]
        yield from paginator.paginate(**request, PaginationConfig={"PageSize": 100})
