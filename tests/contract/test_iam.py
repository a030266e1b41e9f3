"""What clients ask of IAM before they make a job."""

from __future__ import annotations

import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError


def test_a_role_of_any_name_is_there_and_trusted(engine):
    role = engine.client("iam").get_role(RoleName="MyRole")["Role"]
    assert role["Arn"] == "arn:aws:iam::000000000000:role/MyRole"
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert "sagemaker.amazonaws.com" in statement["Principal"]["Service"]


def test_everything_is_allowed(engine):
    pages = engine.client("iam").get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=engine.endpoint.role,
        ActionNames=["s3:GetObject", "sagemaker:CreateTrainingJob"],
        ResourceArns=["*", "arn:aws:s3:::b/*"],
    )  # fmt: skip
    found = [
        (at["EvalActionName"], at["EvalResourceName"], at["EvalDecision"])
        for page in pages
        for at in page["EvaluationResults"]
    ]
    assert found == [
        ("s3:GetObject", "*", "allowed"),
        ("s3:GetObject", "arn:aws:s3:::b/*", "allowed"),
        ("sagemaker:CreateTrainingJob", "*", "allowed"),
        ("sagemaker:CreateTrainingJob", "arn:aws:s3:::b/*", "allowed"),
    ]


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("get_role", {}, "ValidationError"),
        ("get_role", {"RoleName": "a/b"}, "ValidationError"),
        ("simulate_principal_policy", {"PolicySourceArn": "arn:aws:iam::000000000000:role/r"}, "ValidationError"),
        ("list_roles", {}, "UnknownOperationException"),
    ],
)
def test_what_is_refused(engine, operation, given, code):
    client = engine.client("iam", parameter_validation=False)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**given)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("index", ["0", "-1", "x", "9" * 5000, "1.member.1", "²"])
def test_odd_places_in_a_list_are_no_places(engine, index):
    at = engine.endpoint
    form = f"Action=SimulatePrincipalPolicy&PolicySourceArn={at.role}&ActionNames.member.{index}=x".encode()
    request = AWSRequest("POST", f"{at.url}/", {"Content-Type": "application/x-www-form-urlencoded"}, form)
    SigV4Auth(Credentials(at.access_key, at.secret_key), "iam", "us-east-1").add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(request.url, form, dict(request.headers)), timeout=10)
    assert caught.value.code == 400
    assert b"actionNames" in caught.value.read()
