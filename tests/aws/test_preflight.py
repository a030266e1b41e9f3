"""The check of an account: what is found, what it says, and that it only ever asks."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.iam import Decision, Verdict, role_name, simulate
from sm_pipeline_widgets.aws.identity import Identity
from sm_pipeline_widgets.aws.preflight import check_account
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target, aws_target
from sm_pipeline_widgets.definition.policies import SAGEMAKER, Need, trust_json
from sm_pipeline_widgets.errors import Severity
from sm_pipeline_widgets.view.preflight_text import report_text

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Pipelines"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team:v1"
DOCS = Path(__file__).parents[2] / "docs" / "preflight.md"


def step(image=IMAGE, uri="s3://data/in/", instance="ml.m5.large", count=1, role=ROLE, **more):
    return {
        "Name": "prep",
        "Type": "Processing",
        "Arguments": {
            "RoleArn": role,
            "AppSpecification": {"ImageUri": image},
            "ProcessingResources": {"ClusterConfig": {"InstanceType": instance, "InstanceCount": count}},
            "ProcessingInputs": [{"InputName": "x", "S3Input": {"S3Uri": uri}}],
        },
        **more,
    }


def definition(*steps):
    return {"Version": "2020-12-01", "Parameters": [], "Steps": list(steps)}


class World:
    """An account in moto, and answers for what moto does not have."""

    def __init__(self, monkeypatch, tmp_path, read_only=True):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        self.setup = TargetSession(region_name="eu-west-1")
        self.target = aws_target(region="eu-west-1", role=ROLE, bucket="data", read_only=read_only)

    def role(self, name="Pipelines", trust=None, path="/"):
        document = trust or trust_json()
        self.setup.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document, Path=path)

    def data(self, key="in/a.csv"):
        s3 = self.setup.client("s3")
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="data", Key=key, Body=b"1")

    def image(self, tag="v1"):
        ecr = self.setup.client("ecr")
        ecr.create_repository(repositoryName="team")
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": {"digest": "sha256:" + "a" * 64}, "layers": []}
        ecr.put_image(repositoryName="team", imageTag=tag, imageManifest=json.dumps(manifest))

    def found(self, *steps, **parameters):
        report = check_account(self.target, "demo", definition(*steps), parameters)
        return {one.code: one for one in report.findings}


@pytest.fixture
def world(monkeypatch, tmp_path):
    with mock_aws():
        yield World(monkeypatch, tmp_path)


def test_an_account_that_has_everything_gets_only_notes_of_what_moto_cannot_say(world):
    world.role()
    world.data()
    world.image()
    found = world.found(step())
    assert set(found) == {"permissions-unknown", "quota-unknown"}
    assert all(one.severity is Severity.NOTE for one in found.values())


def test_an_account_that_has_nothing_is_told_everything_at_once_and_is_not_changed(world):
    found = world.found(step())
    errors = {code for code, one in found.items() if one.severity is Severity.ERROR}
    assert errors == {"role-missing", "input-missing", "image-missing"}
    assert found["bucket-missing"].severity is Severity.NOTE
    assert world.setup.client("s3").list_buckets()["Buckets"] == []
    assert world.setup.client("iam").list_roles()["Roles"] == []


def test_a_role_that_does_not_trust_sagemaker(world):
    world.role(trust=trust_json().replace("sagemaker", "lambda"))
    found = world.found()["role-trust"]
    assert found.where == "pipeline"
    assert "trust policy" in found.message
    assert SAGEMAKER in found.policy


def test_a_role_named_without_its_path(world):
    world.role(path="/service-role/")
    assert f"arn:aws:iam::{ACCOUNT}:role/service-role/Pipelines" in world.found()["role-missing"].message


def test_a_role_of_another_account(world):
    world.role()
    found = world.found(step(role="arn:aws:iam::999999999999:role/Other"))["role-foreign"]
    assert found.where == "prep"
    assert "999999999999" in found.message


def test_an_input_under_a_bucket_that_does_not_exist(world):
    assert "no bucket `nowhere`" in world.found(step(uri="s3://nowhere/x"))["input-missing"].message


def test_an_input_that_a_parameter_names(world):
    world.data()
    steps = [step(uri={"Get": "Parameters.In"})]
    report = check_account(
        world.target, "demo", definition(*steps) | {"Parameters": [{"Name": "In"}]}, {"In": "s3://data/other/"}
    )
    assert "nothing under `s3://data/other/`" in next(
        one.message for one in report.errors if one.code == "input-missing"
    )


IMAGES = {
    "tag": (IMAGE.replace(":v1", ":v2"), "image-missing", "no image `v2`"),
    "repository": (IMAGE.replace("team", "nope"), "image-missing", "no repository `nope`"),
    "region": (IMAGE.replace("eu-west-1", "us-east-1"), "image-region", "is in us-east-1"),
    "account": (IMAGE.replace(ACCOUNT, "999999999999"), "image-foreign", "account 999999999999"),
    "elsewhere": ("python:3.12", "image-place", "not an image in ECR"),
    "fine": (IMAGE, "", ""),
    "aws": ("763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311", "", ""),
}


def test_images_that_could_not_be_pulled_are_told_with_their_step(world):
    world.image()
    steps = [step(image=image) | {"Name": name} for name, (image, _, _) in IMAGES.items()]
    report = check_account(world.target, "demo", definition(*steps))
    found = {one.where: one for one in report.findings if one.code.startswith("image")}
    assert set(found) == {name for name, (_, code, _) in IMAGES.items() if code}
    for name, one in found.items():
        assert one.code == IMAGES[name][1]
        assert IMAGES[name][2] in one.message


def test_an_instance_type_that_nobody_knows(world):
    found = world.found(step(instance="ml.m5.lrage"))["instance-unknown"]
    assert "ml.m5.large" in found.fix


# -- what moto does not have: IAM's simulation, Service Quotas ------------------------------------------------------


class Stubbed:
    """A target whose clients answer what a test says; anything else that is asked fails the test."""

    def __init__(self, stack: ExitStack) -> None:
        session = TargetSession(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        self.iam = session.client("iam")
        clients = {"iam": self.iam}

        class Fixed(Target):
            identity = Identity(ACCOUNT, USER)

            def client(self, service):
                return clients[service] if service in clients else super().client(service)

        self.target = Fixed("aws", session, role=ROLE, account=ACCOUNT)
        self.stub = stack.enter_context(Stubber(self.iam))

    def simulated(self, decision, lacks=(), **more):
        def answer(actions, resources):
            return {
                "EvaluationResults": [
                    {
                        "EvalActionName": action,
                        "EvalResourceName": resource,
                        "EvalDecision": decision,
                        "MissingContextValues": list(lacks),
                        **more,
                    }
                    for action in actions
                    for resource in resources
                ]
            }

        return answer


@pytest.fixture
def stubbed():
    with ExitStack() as stack:
        yield Stubbed(stack)


NEED = Need(("iam:PassRole",), (ROLE,), SAGEMAKER)


def test_a_simulation_names_the_service_a_role_is_passed_to_and_reads_every_page(stubbed):
    asked = {
        "PolicySourceArn": USER,
        "ActionNames": ["iam:PassRole"],
        "ResourceArns": [ROLE],
        "ContextEntries": [
            {"ContextKeyName": "iam:PassedToService", "ContextKeyValues": [SAGEMAKER], "ContextKeyType": "string"}
        ],
    }
    first = stubbed.simulated("allowed")(["iam:PassRole"], [ROLE]) | {"IsTruncated": True, "Marker": "m"}
    stubbed.stub.add_response("simulate_principal_policy", first, asked)
    second = stubbed.simulated("implicitDeny")(["iam:PassRole"], [ROLE])
    stubbed.stub.add_response("simulate_principal_policy", second, asked | {"Marker": "m"})
    assert [one.verdict for one in simulate(stubbed.iam, USER, NEED)] == [Verdict.ALLOWED, Verdict.MISSING]


@pytest.mark.parametrize(
    "more",
    [
        {"EvalDecision": "explicitDeny"},
        {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
        {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
    ],
)
def test_what_no_policy_of_ones_own_can_mend_is_told_apart(stubbed, more):
    result = {"EvalActionName": "a:B", "EvalResourceName": "*", "EvalDecision": "implicitDeny"} | more
    stubbed.stub.add_response("simulate_principal_policy", {"EvaluationResults": [result]})
    assert list(simulate(stubbed.iam, USER, Need(("a:B",), ("*",)))) == [Decision("a:B", "*", Verdict.FORBIDDEN)]


def permissions(stubbed, decide):
    """The findings about permissions when the simulation answers as `decide(source, action)` says."""
    from sm_pipeline_widgets.aws.preflight_roles import check_permissions
    from sm_pipeline_widgets.definition.needs import Account, needs_of

    at = Account(ACCOUNT, "eu-west-1", "aws", "data", ROLE, "demo")
    needs = needs_of(definition(step()), {}, at)
    for grant in sorted(needs.grants, key=lambda one: [g.who for g in needs.grants].index(one.who)):
        source = USER if grant.who == "caller" else grant.who
        results = [
            {"EvalActionName": action, "EvalResourceName": resource, **decide(source, action)}
            for action in grant.need.actions
            for resource in grant.need.resources
        ]
        expected = {"PolicySourceArn": source, "ActionNames": list(grant.need.actions), "ResourceArns": ANY}
        if grant.need.passes_to:
            expected["ContextEntries"] = ANY
        stubbed.stub.add_response("simulate_principal_policy", {"EvaluationResults": results}, expected)
    found = list(check_permissions(stubbed.target, needs))
    stubbed.stub.assert_no_pending_responses()
    return found


ALLOWED = {"EvalDecision": "allowed"}
MISSING = {"EvalDecision": "implicitDeny"}


def test_all_that_is_needed_is_allowed(stubbed):
    assert permissions(stubbed, lambda *_: ALLOWED) == []


def test_what_a_role_lacks_is_told_with_the_least_policy_that_mends_it(stubbed):
    lacking = {"sagemaker:CreateProcessingJob", "iam:PassRole"}

    def decide(source, action):
        return MISSING if source == ROLE and action in lacking else ALLOWED

    (found,) = permissions(stubbed, decide)
    assert (found.code, found.severity, found.where) == ("permission-missing", Severity.ERROR, "role `Pipelines`")
    assert "`sagemaker:CreateProcessingJob` and `iam:PassRole` (for `prep`)" in found.message
    statements = json.loads(found.policy)["Statement"]
    assert {statement["Action"] for statement in statements} == lacking
    (passing,) = [one for one in statements if one["Action"] == "iam:PassRole"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": SAGEMAKER}}
    assert passing["Resource"] == ROLE


def test_what_the_resources_own_policy_may_allow_is_a_doubt(stubbed):
    found = permissions(stubbed, lambda _, action: MISSING if action == "s3:GetObject" else ALLOWED)
    assert [(one.code, one.severity, one.where) for one in found] == [
        ("permission-doubtful", Severity.WARNING, "you"),
        ("permission-doubtful", Severity.WARNING, "role `Pipelines`"),
    ]
    assert "arn:aws:s3:::data/in/*" in found[1].policy


def test_a_denial_is_told_as_one_and_a_condition_nobody_knows_as_not_known(stubbed):
    def decide(source, action):
        if action == "sagemaker:StartPipelineExecution":
            return {"EvalDecision": "explicitDeny"}
        lacks = {"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:SourceVpc"]}
        return lacks if action.startswith("logs:") else ALLOWED

    denied, yours, roles = permissions(stubbed, decide)
    assert (denied.code, denied.policy) == ("permission-denied", "")
    assert denied.message.startswith("You may not `sagemaker:StartPipelineExecution`")
    assert {yours.code, roles.code} == {"permission-conditional"}
    assert "`aws:SourceVpc`" in yours.message


def test_resources_that_iam_tells_one_by_one_are_read_one_by_one(stubbed):
    both = ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*")
    result = {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": "*",
        "EvalDecision": "implicitDeny",
        "ResourceSpecificResults": [
            {"EvalResourceName": both[0], "EvalResourceDecision": "allowed"},
            {"EvalResourceName": both[1], "EvalResourceDecision": "implicitDeny"},
        ],
    }
    stubbed.stub.add_response("simulate_principal_policy", {"EvaluationResults": [result]})
    assert [(one.resource, one.verdict) for one in simulate(stubbed.iam, USER, Need(("s3:GetObject",), both))] == [
        (both[0], Verdict.ALLOWED),
        (both[1], Verdict.MISSING),
    ]


def test_a_policy_allows_each_action_only_where_it_was_refused(stubbed):
    refused = {("s3:GetObject", "arn:aws:s3:::data/in/*"), ("iam:PassRole", ROLE)}

    def decide(source, action, resource=None):
        return MISSING if source == ROLE and action in {action for action, _ in refused} else ALLOWED

    missing, doubtful = permissions(stubbed, decide)
    assert json.loads(missing.policy)["Statement"][0]["Resource"] == ROLE
    assert [one["Resource"] for one in json.loads(doubtful.policy)["Statement"]] == ["arn:aws:s3:::data/in/*"]


def test_who_may_not_simulate_is_told_what_is_not_known(stubbed):
    from sm_pipeline_widgets.aws.preflight_roles import check_permissions
    from sm_pipeline_widgets.definition.needs import Account, needs_of

    needs = needs_of(definition(), {}, Account(ACCOUNT, "eu-west-1", "aws", "data", ROLE, "demo"))
    stubbed.stub.add_client_error("simulate_principal_policy", "AccessDenied", "no")
    (found,) = check_permissions(stubbed.target, needs)
    assert (found.code, found.severity) == ("permissions-unknown", Severity.NOTE)
    assert "iam:SimulatePrincipalPolicy" in found.policy


@pytest.mark.parametrize(
    "pages, codes",
    [
        ([{"ml.m5.large for processing job usage": 4.0}], []),
        ([{"other": 1.0}, {"ml.m5.large for processing job usage": 1.0}], ["quota-low"]),
        ([{"other": 1.0}], ["quota-unknown"]),
        ("AccessDeniedException", ["quota-unknown"]),
    ],
)
def test_quotas(pages, codes):
    from sm_pipeline_widgets.aws.preflight_things import check_instances
    from sm_pipeline_widgets.definition.needs import Account, needs_of

    session = TargetSession(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    quotas = session.client("service-quotas")

    class Fixed(Target):
        def client(self, service):
            assert service == "service-quotas"
            return quotas

    at = Account(ACCOUNT, "eu-west-1", "aws", "data", ROLE, "demo")
    needs = needs_of(definition(step(count=2)), {}, at)
    with Stubber(quotas) as stub:
        if isinstance(pages, str):
            stub.add_client_error("list_service_quotas", pages, "no")
        for at_page, page in enumerate(pages if isinstance(pages, list) else ()):
            more = {"NextToken": "next"} if at_page < len(pages) - 1 else {}
            listed = [{"QuotaName": name, "Value": value} for name, value in page.items()]
            stub.add_response("list_service_quotas", {"Quotas": listed, **more})
        found = list(check_instances(Fixed("aws", session, role=ROLE, account=ACCOUNT), needs))
        stub.assert_no_pending_responses()
    assert [one.code for one in found] == codes
    if codes == ["quota-low"]:
        assert "asks for 2 of ml.m5.large" in found[0].message


@pytest.mark.parametrize(
    "arn, parts",
    [
        ("arn:aws:iam::123456789012:role/R", ("123456789012", "", "R")),
        ("arn:aws-cn:iam::123456789012:role/a/b/R", ("123456789012", "a/b/", "R")),
        ("arn:aws:iam::123456789012:user/ada", None),
        ("R", None),
    ],
)
def test_the_parts_of_a_roles_arn(arn, parts):
    found = role_name(arn)
    assert (None if found is None else (found.account, found.path, found.name)) == parts


def test_a_report_reads_from_the_worst_to_what_is_not_known(world):
    text = report_text(check_account(world.target, "demo", definition(step())))
    at = [text.index(word) for word in ("✕ error role-missing [pipeline, prep]", "? note permissions-unknown")]
    assert at == sorted(at)
    assert text.endswith("Nothing was created or changed.")


def test_every_finding_has_a_heading_and_every_heading_a_finding():
    folder = Path(__file__).parents[2] / "sm_pipeline_widgets" / "aws"
    sources = "".join(path.read_text() for path in folder.glob("preflight*.py"))
    codes = set(re.findall(r'(?:finding|unknown_because)\(\s*"([a-z-]+)"', sources))
    assert codes == set(re.findall(r"^## ([a-z-]+)$", DOCS.read_text(), re.MULTILINE))
