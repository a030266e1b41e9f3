"""What a definition needs of an account, read from the definition alone."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.definition.needs import CALLER, Account, ecr_image, needs_of

AT = Account("123456789012", "eu-west-1", "aws", "bkt", "arn:aws:iam::123456789012:role/P", "Demo")
JOB_ROLE = "arn:aws:iam::123456789012:role/Job"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train:v1"


def processing(name="prep", uri="s3://data/in/", out="s3://bkt/out/", **more):
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "RoleArn": JOB_ROLE,
            "AppSpecification": {"ImageUri": IMAGE},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": {"Get": "Parameters.Type"}, "InstanceCount": {"Get": "Parameters.N"}}
            },
            "ProcessingInputs": [{"InputName": "x", "S3Input": {"S3Uri": uri, "LocalPath": "/opt/ml/processing/x"}}],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "y", "S3Output": {"S3Uri": out}}]},
        }
        | more,
    }


def definition(*steps):
    parameters = [
        {"Name": "Type", "Type": "String", "DefaultValue": "ml.m5.large"},
        {"Name": "N", "Type": "Integer", "DefaultValue": 2},
        {"Name": "In", "Type": "String", "DefaultValue": "s3://data/in/"},
    ]
    return {"Version": "2020-12-01", "Parameters": parameters, "Steps": list(steps)}


def actions_of(needs, who):
    return {action for grant in needs.grants if grant.who == who for action in grant.need.actions}


def test_roles_inputs_images_and_instances_of_a_step():
    needs = needs_of(definition(processing(uri={"Get": "Parameters.In"})), {"N": "5"}, AT)
    assert [(use.what, use.steps) for use in needs.roles] == [(AT.role, ()), (JOB_ROLE, ("prep",))]
    assert [(use.what, use.steps) for use in needs.inputs] == [("s3://data/in/", ("prep",))]
    assert [use.what for use in needs.images] == [IMAGE]
    (instance,) = needs.instances
    assert (instance.quota, instance.type, instance.count) == ("processing job usage", "ml.m5.large", 5)


def test_what_a_step_writes_need_not_be_there_and_what_only_the_run_knows_is_left_out():
    run = {"Std:Join": {"On": "/", "Values": ["s3://bkt/runs", {"Get": "Execution.PipelineExecutionId"}, "y"]}}
    first = processing("first", out="s3://bkt/out/")
    second = processing("second", uri="s3://bkt/out/part-1", out=run)
    third = processing("third", uri={"Get": "Steps.second.ProcessingOutputConfig.Outputs['y'].S3Output.S3Uri"})
    needs = needs_of(definition(first, second, third), {}, AT)
    assert [use.what for use in needs.inputs] == ["s3://data/in/"]
    put = [grant for grant in needs.grants if "s3:PutObject" in grant.need.actions and grant.who == JOB_ROLE]
    assert {resource for grant in put for resource in grant.need.resources} == {
        "arn:aws:s3:::bkt/out/*",
        "arn:aws:s3:::bkt/runs/*",
    }


def test_who_must_be_allowed_what():
    needs = needs_of(definition(processing()), {}, AT)
    assert {"sagemaker:StartPipelineExecution", "iam:PassRole", "s3:PutObject"} <= actions_of(needs, CALLER)
    assert {"sagemaker:CreateProcessingJob", "sagemaker:StopProcessingJob", "iam:PassRole"} <= actions_of(
        needs, AT.role
    )
    assert {"s3:GetObject", "s3:ListBucket", "ecr:BatchGetImage", "logs:PutLogEvents"} <= actions_of(needs, JOB_ROLE)
    passing = [grant.need for grant in needs.grants if grant.need.actions == ("iam:PassRole",)]
    assert {need.passes_to for need in passing} == {"sagemaker.amazonaws.com"}
    (create,) = [grant for grant in needs.grants if "sagemaker:CreateProcessingJob" in grant.need.actions]
    assert create.need.resources == ("arn:aws:sagemaker:eu-west-1:123456789012:processing-job/pipelines-*",)


@pytest.mark.parametrize(
    "step, action, resource",
    [
        (
            {"Type": "Lambda", "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:f", "Arguments": {}},
            "lambda:InvokeFunction",
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
        ),
        (
            {"Type": "Callback", "SqsQueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q", "Arguments": {}},
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:123456789012:q",
        ),
        (
            {"Type": "Tuning", "Arguments": {"Tags": [{"Key": "a", "Value": "b"}]}},
            "sagemaker:AddTags",
            "arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/pipelines-*",
        ),
        ({"Type": "EMR", "Arguments": {"ClusterConfig": {"x": 1}}}, "elasticmapreduce:RunJobFlow", "*"),
        (
            {"Type": "RegisterModel", "Arguments": {}},
            "sagemaker:CreateModelPackage",
            "arn:aws:sagemaker:eu-west-1:123456789012:model-package/*",
        ),
        ({"Type": "Lineage", "Arguments": {"Associations": [{}]}}, "sagemaker:AddAssociation", "*"),
    ],
)
def test_each_type_of_step_needs_its_own_actions(step, action, resource):
    needs = needs_of(definition({"Name": "s", **step}), {}, AT)
    found = [grant for grant in needs.grants if grant.who == AT.role and action in grant.need.actions]
    assert [grant.need.resources for grant in found] == [(resource,)]


@pytest.mark.parametrize(
    "uri, parts",
    [
        (IMAGE, ("123456789012", "eu-west-1", "team/train", "v1", "")),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/x", ("123456789012", "eu-west-1", "x", "latest", "")),
        (
            f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/x@sha256:{'a' * 64}",
            ("123456789012", "cn-north-1", "x", "", f"sha256:{'a' * 64}"),
        ),
        ("docker.io/library/python:3.12", None),
        ("python", None),
    ],
)
def test_the_parts_of_an_images_name(uri, parts):
    found = ecr_image(uri)
    assert (
        None if found is None else (found.account, found.region, found.repository, found.tag, found.digest)
    ) == parts


def test_spot_training_has_a_quota_of_its_own():
    arguments = {"ResourceConfig": {"InstanceType": "ml.m5.large"}, "EnableManagedSpotTraining": True}
    needs = needs_of(definition({"Name": "t", "Type": "Training", "Arguments": arguments}), {}, AT)
    assert [one.quota for one in needs.instances] == ["spot training job usage"]


def test_many_steps_need_few_questions():
    steps = [processing(f"s{number}", uri=f"s3://data/{number}/", out=f"s3://bkt/{number}/") for number in range(200)]
    needs = needs_of(definition(*steps), {}, AT)
    assert len(needs.grants) < 20
    (get,) = [grant for grant in needs.grants if grant.need.actions == ("s3:GetObject",) and grant.who == JOB_ROLE]
    assert len(get.need.resources) == 200


def test_a_definition_of_any_form_is_read():
    for odd in ({}, {"Steps": None}, {"Steps": [{"Name": "a", "Type": "Processing", "Arguments": 3}]}, {"Steps": [{}]}):
        assert needs_of(odd, {}, AT).inputs == ()
