"""Search, asked by boto3."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def client(engine):
    sagemaker = engine.client("sagemaker")
    for name, limit in (("found-a", 2), ("found-b", 7)):
        sagemaker.create_pipeline(
            PipelineName=name, PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": []}), RoleArn=engine.endpoint.role,
            ParallelismConfiguration={"MaxParallelExecutionSteps": limit}, Tags=[{"Key": "owner", "Value": name[-1]}],
        )  # fmt: skip
    for _ in range(3):
        sagemaker.start_pipeline_execution(PipelineName="found-a", PipelineExecutionDescription="searched for")
    return sagemaker


def names(client, *filters, **more):
    expression = {"Filters": [{"Name": "PipelineName", "Operator": "Contains", "Value": "found-"}, *filters]}
    found = client.search(
        Resource="Pipeline", SearchExpression=expression, SortBy="PipelineName", SortOrder="Ascending", **more
    )
    return [at["Pipeline"]["PipelineName"] for at in found["Results"]]


def by(name, value=None, how="Equals"):
    return {"Name": name, "Operator": how, **({} if value is None else {"Value": value})}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (by("PipelineName", "found-a"), ["found-a"]),
        (by("PipelineName", "found-a", "NotEquals"), ["found-b"]),
        (by("PipelineName", "x, found-b", "In"), ["found-b"]),
        (by("Tags.owner", "b"), ["found-b"]),
        (by("Tags.nobody", how="NotExists"), ["found-a", "found-b"]),
        (by("Tags.owner", how="Exists"), ["found-a", "found-b"]),
        (by("ParallelismConfiguration.MaxParallelExecutionSteps", "5", "GreaterThan"), ["found-b"]),
        (by("ParallelismConfiguration.MaxParallelExecutionSteps", "2"), ["found-a"]),
        (by("CreationTime", "2001-01-01T00:00:00Z", "LessThan"), []),
        (by("CreationTime", "2001-01-01", "GreaterThanOrEqualTo"), ["found-a", "found-b"]),
    ],
)
def test_filters(client, wanted, expected):
    assert names(client, wanted) == expected


def test_expressions_nest(client):
    either = {"Operator": "Or", "Filters": [by("PipelineName", "found-a"), by("PipelineName", "found-b")]}
    both = {"SubExpressions": [either, {"Filters": [by("Tags.owner", "a")]}]}
    found = client.search(Resource="Pipeline", SearchExpression=both)
    assert [at["Pipeline"]["PipelineName"] for at in found["Results"]] == ["found-a"]
    assert found["TotalHits"] == {"Value": 1, "Relation": "EqualTo"}


def test_executions_by_pages(client):
    expression = {"Filters": [by("PipelineExecutionDescription", "searched for")]}
    pages = client.get_paginator("search").paginate(
        Resource="PipelineExecution", SearchExpression=expression, PaginationConfig={"PageSize": 2}
    )
    arns = [at["PipelineExecution"]["PipelineExecutionArn"] for page in pages for at in page["Results"]]
    assert len(set(arns)) == len(arns) == 3


def test_versions_know_their_last_run(client):
    arn = client.describe_pipeline(PipelineName="found-a")["PipelineArn"]
    found = client.search(Resource="PipelineVersion", SearchExpression={"Filters": [by("PipelineArn", arn)]})["Results"]
    assert found[0]["PipelineVersion"]["LastExecutedPipelineExecutionArn"].startswith(arn)


def test_what_cannot_be_searched(client):
    with pytest.raises(ClientError, match="ModelCard can be searched on AWS"):
        client.search(Resource="ModelCard")
    with pytest.raises(ClientError, match="needs a number or a time, not 'x'"):
        names(client, by("CreationTime", "x", "LessThan"))
    with pytest.raises(ClientError, match="needs a Value"):
        names(client, by("CreationTime", how="LessThan"))
