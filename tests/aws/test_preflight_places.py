"""Keys, networks and parallel use in the check of an account: moto's account, and Stubber's refusals."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.identity import Identity
from sm_pipeline_widgets.aws.preflight import check_account
from sm_pipeline_widgets.aws.preflight_places import check_keys, check_networks
from sm_pipeline_widgets.aws.preflight_things import check_instances
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target, aws_target
from sm_pipeline_widgets.definition.needs import Account, needs_of
from sm_pipeline_widgets.errors import Severity

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Pipelines"
AT = Account(ACCOUNT, REGION, "aws", "data", ROLE, "demo")


def training(name="train", key=None, network=None, count=1, instance="ml.m5.large", **more):
    resources = {"InstanceType": instance, "InstanceCount": count, "VolumeSizeInGB": 30}
    arguments = {
        "RoleArn": ROLE,
        "ResourceConfig": resources | ({"VolumeKmsKeyId": key} if key else {}),
        "OutputDataConfig": {"S3OutputPath": "s3://data/out"},
    }
    return {
        "Name": name,
        "Type": "Training",
        "Arguments": arguments | ({"VpcConfig": network} if network else {}),
        **more,
    }


def definition(*steps):
    return {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Key", "DefaultValue": "alias/team"}],
        "Steps": list(steps),
    }


@pytest.fixture
def account(monkeypatch, tmp_path):
    """A session in moto's account, and a target there that only looks."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield TargetSession(region_name=REGION), aws_target(region=REGION, role=ROLE, bucket="data", read_only=True)


def found(target, *steps):
    report = check_account(target, "demo", definition(*steps))
    return {one.code: one for one in report.findings if one.code.startswith(("key", "network"))}


@pytest.fixture
def key(account):
    kms = account[0].client("kms")
    made = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/team", TargetKeyId=made["KeyId"])
    return made


@pytest.mark.parametrize("name", ["KeyId", "Arn", "alias", "parameter"])
def test_a_key_that_is_there_is_nothing_to_tell(account, key, name):
    spelled = {"alias": "alias/team", "parameter": {"Get": "Parameters.Key"}, **key}[name]
    assert found(account[1], training(key=spelled)) == {}


@pytest.mark.parametrize(
    ("spelled", "code", "words"),
    [
        ("alias/nobody", "key-missing", "no key `alias/nobody` in eu-west-1"),
        (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0000", "key-missing", "no key"),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0000", "key-region", "is in us-east-1"),
        (f"arn:aws:kms:{REGION}:999999999999:key/0000", "key-foreign", "account 999999999999"),
    ],
)
def test_keys_that_cannot_be_used_are_told_with_their_step(account, spelled, code, words):
    told = found(account[1], training(key=spelled))
    assert set(told) == {code}
    assert words in told[code].message
    assert told[code].where == "train"


def test_keys_that_are_there_and_of_no_use(account, key):
    kms = account[0].client("kms")
    kms.disable_key(KeyId=key["KeyId"])
    assert "is disabled" in found(account[1], training(key=key["Arn"]))["key-unusable"].message
    kms.schedule_key_deletion(KeyId=key["KeyId"])
    assert "pending deletion" in found(account[1], training(key=key["Arn"]))["key-unusable"].message
    signs = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["Arn"]
    assert "is for sign verify" in found(account[1], training(key=signs))["key-unusable"].message


@pytest.fixture
def network(account):
    """Subnets and security groups of two networks."""
    ec2 = account[0].client("ec2")

    def made(block):
        vpc = ec2.create_vpc(CidrBlock=f"10.{block}.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{block}.0.0/28")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName=f"g{block}", Description="x", VpcId=vpc)["GroupId"]
        return subnet, group

    return made(1), made(2)


def vpc(subnets, groups):
    return {"Subnets": list(subnets), "SecurityGroupIds": list(groups)}


def test_a_network_that_is_there_is_nothing_to_tell(account, network):
    ((subnet, group), _) = network
    assert found(account[1], training(network=vpc([subnet], [group]))) == {}


def test_networks_that_cannot_be_used_are_told_with_their_step(account, network):
    ((subnet, group), (_, other)) = network
    told = found(account[1], training(network=vpc([subnet, "subnet-0"], ["sg-0"])))
    assert "`subnet-0` and `sg-0`" in told["network-missing"].message
    assert told["network-missing"].where == "train"
    told = found(account[1], training(network=vpc([subnet], [group, other])))
    assert set(told) == {"network-apart"}
    told = found(account[1], training(network=vpc([subnet], [group]), count=20))
    assert "11 free addresses, and 20 hosts" in told["network-full"].message


def test_ids_that_only_the_run_knows_are_not_asked_for(account):
    hidden = {"Get": "Steps.other.x"}
    assert found(account[1], training(network={"Subnets": [hidden], "SecurityGroupIds": [hidden]}, key=hidden)) == {}


def test_the_roles_of_jobs_need_to_use_keys_and_networks():
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
    needs = needs_of(definition(training(key="1234", network=vpc(["subnet-1"], ["sg-1"]))), {}, AT)
    grants = {action: grant for grant in needs.grants for action in grant.need.actions}
    assert grants["kms:GenerateDataKey"].need.resources == (key,)
    assert not grants["kms:CreateGrant"].is_firm
    assert grants["ec2:CreateNetworkInterface"].need.resources == ("*",)


# -- what moto always allows: refusals, and quotas --------------------------------------------------------------------


class Stubbed:
    """A target whose clients answer what a test says."""

    def __init__(self, stack: ExitStack) -> None:
        session = TargetSession(region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")
        clients = {name: session.client(name) for name in ("kms", "ec2", "service-quotas")}
        self.stubs = {name: stack.enter_context(Stubber(client)) for name, client in clients.items()}

        class Fixed(Target):
            identity = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ada")

            def client(self, service):
                return clients[service]

        self.target = Fixed("aws", session, role=ROLE, account=ACCOUNT)

    def quotas(self, **values):
        rows = [{"QuotaName": name.replace("_", " "), "Value": value} for name, value in values.items()]
        self.stubs["service-quotas"].add_response("list_service_quotas", {"Quotas": rows})


@pytest.fixture
def stubbed():
    with ExitStack() as stack:
        yield Stubbed(stack)


def test_who_may_not_look_is_told_which_policy_would_let_them(stubbed):
    stubbed.stubs["kms"].add_client_error("describe_key", "AccessDeniedException", "no")
    stubbed.stubs["ec2"].add_client_error("describe_subnets", "UnauthorizedOperation", "no")
    needs = needs_of(definition(training(key="1234", network=vpc(["subnet-1"], ["sg-1"]))), {}, AT)
    (key,) = check_keys(stubbed.target, needs)
    (network,) = check_networks(stubbed.target, needs)
    assert [(one.code, one.severity, one.where) for one in (key, network)] == [
        ("key-unknown", Severity.NOTE, "train"),
        ("network-unknown", Severity.NOTE, "train"),
    ]
    assert json.loads(key.policy)["Statement"][0]["Resource"] == f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
    assert json.loads(network.policy)["Statement"][0]["Action"] == ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"]


def quota_findings(stubbed, *steps, quota, parallelism=None):
    stubbed.quotas(**{"ml.m5.large_for_training_job_usage": quota})
    needs = needs_of(definition(*steps), {}, AT, parallelism)
    return [(one.code, one.severity) for one in check_instances(stubbed.target, needs)]


TUNING = {
    "Name": "tune",
    "Type": "Tuning",
    "Arguments": {
        "HyperParameterTuningJobConfig": {
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 3}
        },
        "TrainingJobDefinition": {
            "RoleArn": ROLE,
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
        },
    },
}


@pytest.mark.parametrize(
    ("steps", "quota", "parallelism", "told"),
    [
        ([training("a", count=2), training("b", count=2)], 4, None, []),
        ([training("a", count=2), training("b", count=2)], 3, None, [("quota-parallel", Severity.WARNING)]),
        ([training("a", count=2), training("b", count=2)], 3, 1, []),
        ([training("a", count=2), training("b", count=2, DependsOn=["a"])], 3, None, []),
        ([training("a", count=2), training("b", count=4)], 3, None, [("quota-low", Severity.ERROR)]),
        ([TUNING], 6, None, []),
        ([TUNING], 5, None, [("quota-low", Severity.ERROR)]),
    ],
)
def test_quotas_are_compared_with_what_runs_at_the_same_time(stubbed, steps, quota, parallelism, told):
    assert quota_findings(stubbed, *steps, quota=quota, parallelism=parallelism) == told
