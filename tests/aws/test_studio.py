"""The role SageMaker gives a notebook: from the file in its container, and what the service says to that."""

from __future__ import annotations

import json

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.studio import StudioPlace, studio_place, studio_role
from sm_pipeline_widgets.aws.target import Target

ROLE = "arn:aws:iam::123456789012:role/service-role/Studio"
DOMAIN = {"DomainId": "d-1", "HomeEfsFileSystemId": "x"}
STUDIO = {
    "AppType": "JupyterLab",
    "DomainId": "d-1",
    "SpaceName": "lab",
    "UserProfileName": "ada",
    "ResourceArn": "arn:aws:sagemaker:eu-west-1:123456789012:app/d-1/ada/JupyterLab/default",
    "ResourceName": "default",
}


@pytest.fixture
def stub():
    session = TargetSession(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(session.client("sagemaker")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    "content, place",
    [
        (json.dumps(STUDIO), StudioPlace("d-1", "ada", "lab", region="eu-west-1")),
        (
            json.dumps(
                {
                    "ResourceArn": "arn:aws:sagemaker:us-east-2:123456789012:notebook-instance/mine",
                    "ResourceName": "mine",
                }
            ),
            StudioPlace(instance="mine", region="us-east-2"),
        ),
        (json.dumps({"ExecutionRoleArn": ROLE}), StudioPlace(role=ROLE)),
        ("{}", None),
        ("[1]", None),
        ("not json", None),
        (None, None),
    ],
)
def test_the_file_says_where_the_notebook_runs(tmp_path, content, place):
    path = tmp_path / "resource-metadata.json"
    if content is not None:
        path.write_text(content)
    assert studio_place(path) == place


def test_a_notebook_instances_role(stub):
    stub.add_response("describe_notebook_instance", {"RoleArn": ROLE}, {"NotebookInstanceName": "mine"})
    assert studio_role(StudioPlace(instance="mine"), stub.client) == ROLE


def test_a_private_space_has_its_owners_role(stub):
    space = {
        "SpaceSharingSettings": {"SharingType": "Private"},
        "OwnershipSettings": {"OwnerUserProfileName": "grace"},
    }
    stub.add_response("describe_space", space, {"DomainId": "d-1", "SpaceName": "lab"})
    profile = {"UserSettings": {"ExecutionRole": ROLE}}
    stub.add_response("describe_user_profile", profile, {"DomainId": "d-1", "UserProfileName": "grace"})
    assert studio_role(StudioPlace("d-1", space="lab"), stub.client) == ROLE


def test_a_shared_space_has_the_domains_role_for_spaces(stub):
    stub.add_response("describe_space", {"SpaceSharingSettings": {"SharingType": "Shared"}})
    answer = {"DefaultSpaceSettings": {"ExecutionRole": ROLE}, "DefaultUserSettings": {"ExecutionRole": ROLE + "2"}}
    stub.add_response("describe_domain", answer, {"DomainId": "d-1"})
    assert studio_role(StudioPlace("d-1", "ada", "lab"), stub.client) == ROLE


def test_a_profile_without_a_role_has_the_domains(stub):
    stub.add_response("describe_user_profile", {"UserSettings": {}})
    stub.add_response("describe_domain", {"DefaultUserSettings": {"ExecutionRole": ROLE}})
    assert studio_role(StudioPlace("d-1", "ada"), stub.client) == ROLE


def test_a_service_that_refuses_leaves_the_callers_own_role(stub):
    stub.add_client_error("describe_user_profile", "AccessDeniedException", "no")
    assert studio_role(StudioPlace("d-1", "ada"), stub.client) == ""


def test_a_target_in_studio_runs_as_the_spaces_role_and_says_so():
    session = TargetSession(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    target = Target("aws", session, account="123456789012", studio=StudioPlace("d-1", "ada", role=ROLE))
    assert target.role == ROLE
    assert target.found_role.words == "of the Studio user profile ada"


# -- the same against moto's account -----------------------------------------------------------------------------------


@pytest.fixture
def sagemaker(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield TargetSession(region_name="eu-west-1").client("sagemaker")


def test_a_notebook_instance_of_an_account(sagemaker):
    sagemaker.create_notebook_instance(NotebookInstanceName="mine", InstanceType="ml.t3.medium", RoleArn=ROLE)
    assert studio_role(StudioPlace(instance="mine"), sagemaker) == ROLE


def test_a_notebook_instance_that_is_gone_gives_no_role(sagemaker):
    assert studio_role(StudioPlace(instance="gone"), sagemaker) == ""


def test_a_domain_of_an_account(sagemaker):
    made = sagemaker.create_domain(
        DomainName="lab",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": ROLE},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
    )
    domain = made["DomainArn"].rpartition("/")[2]
    assert studio_role(StudioPlace(domain), sagemaker) == ROLE


def test_a_domain_that_is_gone_gives_no_role(sagemaker):
    assert studio_role(StudioPlace("d-gone"), sagemaker) == ""
