"""Models, model packages, tags: the registry's life, told with plain boto3."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

INFERENCE = {
    "Containers": [{"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture
def sagemaker(engine):
    return engine.client("sagemaker")


@pytest.fixture
def register(sagemaker):
    """Register a version; its ARN."""

    def version(group: str, **more) -> str:
        return sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification=INFERENCE, **more)[
            "ModelPackageArn"
        ]

    return version


def refused(call, **parameters) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] in ("ValidationException", "ConflictException")
    return caught.value.response["Error"]["Message"]


def test_versions_are_numbered_listed_approved_and_deleted(sagemaker, register):
    group = sagemaker.create_model_package_group(
        ModelPackageGroupName="Diabetes", ModelPackageGroupDescription="d", Tags=[{"Key": "team", "Value": "a"}]
    )["ModelPackageGroupArn"]
    assert group.endswith(":model-package-group/diabetes")
    arns = [register("Diabetes", ModelPackageDescription=f"number {n}") for n in (1, 2, 3)]
    assert [arn.rpartition("/")[2] for arn in arns] == ["1", "2", "3"]

    first = sagemaker.describe_model_package(ModelPackageName=arns[0])
    assert (first["ModelPackageGroupName"], first["ModelPackageVersion"]) == ("Diabetes", 1)
    assert (first["ModelPackageStatus"], first["ModelApprovalStatus"]) == ("Completed", "PendingManualApproval")
    assert first["InferenceSpecification"] == INFERENCE

    sagemaker.update_model_package(
        ModelPackageArn=arns[1], ModelApprovalStatus="Approved", ApprovalDescription="rmse 54",
        CustomerMetadataProperties={"by": "me", "gone": "x"},
    )  # fmt: skip
    sagemaker.update_model_package(ModelPackageArn=arns[1], CustomerMetadataPropertiesToRemove=["gone"])
    second = sagemaker.describe_model_package(ModelPackageName=arns[1])
    assert (second["ModelApprovalStatus"], second["ApprovalDescription"]) == ("Approved", "rmse 54")
    assert second["CustomerMetadataProperties"] == {"by": "me"}

    approved = sagemaker.list_model_packages(ModelPackageGroupName="Diabetes", ModelApprovalStatus="Approved")
    assert [at["ModelPackageArn"] for at in approved["ModelPackageSummaryList"]] == [arns[1]]
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortOrder="Descending", PaginationConfig={"PageSize": 2}
    )
    assert [at["ModelPackageVersion"] for page in pages for at in page["ModelPackageSummaryList"]] == [3, 2, 1]
    found = sagemaker.batch_describe_model_package(ModelPackageArnList=[arns[0], arns[0][:-1] + "9"])
    assert list(found["ModelPackageSummaries"]) == [arns[0]]
    assert list(found["BatchDescribeModelPackageErrorMap"]) == [arns[0][:-1] + "9"]

    assert "still has model packages" in refused(sagemaker.delete_model_package_group, ModelPackageGroupName="Diabetes")
    sagemaker.delete_model_package(ModelPackageName=arns[2])
    assert register("Diabetes").endswith("/4"), "a version number is given once"
    for arn in (*arns[:2], arns[0][:-1] + "4"):
        sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="Diabetes")
    assert "does not exist" in refused(sagemaker.describe_model_package_group, ModelPackageGroupName="Diabetes")


def test_a_package_without_a_group_has_a_name_of_its_own(sagemaker):
    arn = sagemaker.create_model_package(ModelPackageName="alone", InferenceSpecification=INFERENCE)["ModelPackageArn"]
    assert sagemaker.describe_model_package(ModelPackageName="alone")["ModelPackageArn"] == arn
    listed = sagemaker.list_model_packages(NameContains="alone")["ModelPackageSummaryList"]
    assert [at["ModelPackageName"] for at in listed] == ["alone"]
    assert "already existing" in refused(
        sagemaker.create_model_package, ModelPackageName="alone", InferenceSpecification=INFERENCE
    )
    assert "not both" in refused(sagemaker.create_model_package, InferenceSpecification=INFERENCE)
    assert "does not exist" in refused(
        register_in_nothing := sagemaker.create_model_package, ModelPackageGroupName="no"
    )
    assert register_in_nothing is not None
    sagemaker.delete_model_package(ModelPackageName="alone")


def test_a_model_needs_its_data(engine, sagemaker):
    bucket, role = engine.endpoint.bucket, engine.endpoint.role
    container = {"Image": "i", "ModelDataUrl": f"s3://{bucket}/model-test/model.tar.gz"}
    parameters = {"ModelName": "m1", "PrimaryContainer": container, "ExecutionRoleArn": role}
    assert "Could not find model data at s3://" in refused(sagemaker.create_model, **parameters)
    engine.client("s3").put_object(Bucket=bucket, Key="model-test/model.tar.gz", Body=b"x")
    arn = sagemaker.create_model(**parameters)["ModelArn"]
    assert sagemaker.describe_model(ModelName="m1")["PrimaryContainer"] == container
    assert [at["ModelArn"] for at in sagemaker.list_models(NameContains="m1")["Models"]] == [arn]
    assert "already existing model" in refused(sagemaker.create_model, **parameters)
    sagemaker.delete_model(ModelName="m1")
    assert "Could not find model" in refused(sagemaker.describe_model, ModelName="m1")


def test_tags_of_everything_with_an_arn(sagemaker):
    arn = sagemaker.create_model_package_group(
        ModelPackageGroupName="tagged", Tags=[{"Key": "a", "Value": "1"}]
    )["ModelPackageGroupArn"]  # fmt: skip
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert "does not exist" in refused(sagemaker.list_tags, ResourceArn=arn + "-no")
    sagemaker.delete_model_package_group(ModelPackageGroupName="tagged")
