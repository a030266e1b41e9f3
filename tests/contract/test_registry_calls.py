"""``aws.registry`` and ``aws.endpoints`` against the engine, moto and botocore's Stubber: one story, three services."""

from __future__ import annotations

import getpass
import io
import json
import tarfile
from datetime import UTC, datetime

import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets import Registry, connect
from sm_pipeline_widgets.api.deploying import Planned
from sm_pipeline_widgets.api.registry import who_decides
from sm_pipeline_widgets.aws import endpoints, provenance, registry
from sm_pipeline_widgets.aws.identity import Identity
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import ServiceError, UsageError
from sm_pipeline_widgets.execution.decisions import Decision
from sm_pipeline_widgets.execution.deployment import (
    ChangeEndpoint,
    MakeConfiguration,
    MakeEndpoint,
    MakeModel,
    Plan,
    Remove,
    SetWeights,
)
from sm_pipeline_widgets.execution.endpoints import Variant
from sm_pipeline_widgets.execution.registry import Approval, ReportFile, Version
from sm_pipeline_widgets.execution.rollback import plan_rollback
from sm_pipeline_widgets.execution.submitting import Asks

ROLE = "arn:aws:iam::123456789012:role/R"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/calls/1"
REPORT = {"regression_metrics": {"rmse": {"value": 54.1, "standard_deviation": 2.0}}}
SCRIPT = "def model_fn(d): return 2\ndef predict_fn(x, m): return x * m\n"
WHEN = "2026-11-22 18:05 UTC"


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        info = tarfile.TarInfo("code/inference.py")
        info.size = len(SCRIPT)
        packed.addfile(info, io.BytesIO(SCRIPT.encode()))
    return buffer.getvalue()


def aws_like() -> Target:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "us-east-1"}
    session = TargetSession(config=Config(), **keys)
    return Target("aws", session, role=ROLE, account="123456789012", bucket="calls-bucket")


@pytest.fixture(params=["engine", "moto"])
def target(request, engine):
    """A target whose group `Calls` gets versions; each service has its own state."""
    if request.param == "engine":
        yield connect("local", home=engine.home)
        return
    with mock_aws():
        made = aws_like()
        made.s3.create_bucket(Bucket=made.bucket)
        yield made


@pytest.fixture
def register(target):
    """Register a version with a report; its ARN."""

    def version() -> str:
        bucket = target.ensure_bucket()
        target.s3.put_object(Bucket=bucket, Key="calls/evaluation.json", Body=json.dumps(REPORT).encode())
        target.s3.put_object(Bucket=bucket, Key="calls/model.tar.gz", Body=archive())
        container = {
            "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1",
            "ModelDataUrl": f"s3://{bucket}/calls/model.tar.gz",
        }
        inference = {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        }
        file = {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/calls/evaluation.json"}
        return target.sagemaker.create_model_package(
            ModelPackageGroupName="Calls", InferenceSpecification=inference,
            ModelApprovalStatus="PendingManualApproval", ModelMetrics={"ModelQuality": {"Statistics": file}},
        )["ModelPackageArn"]  # fmt: skip

    target.sagemaker.create_model_package_group(ModelPackageGroupName="Calls", ModelPackageGroupDescription="d")
    yield version
    for row in registry.iter_versions(target, "Calls"):
        target.sagemaker.delete_model_package(ModelPackageName=row.arn) if target.is_local else None
    if target.is_local:
        target.sagemaker.delete_model_package_group(ModelPackageGroupName="Calls")


def test_versions_are_listed_found_and_decided_about(target, register):
    arns = [register() for _ in range(3)]
    assert "Calls" in [one.name for one in registry.iter_groups(target)]
    assert sorted(one.number for one in registry.iter_versions(target, "Calls")) == [1, 2, 3]
    second = registry.describe_version(target, arns[1])
    assert (second.group, second.number, second.approval) == ("Calls", 2, Approval.PENDING)
    assert second.is_usable
    assert registry.latest_approved(target, "Calls") is None

    registry.decide(target, second, Decision("Approved", "rmse 54", "ada", WHEN))
    approved = registry.latest_approved(target, "Calls")
    assert approved is not None
    assert (approved.arn, approved.decisions) == (arns[1], (Decision("Approved", "rmse 54", "ada", WHEN),))
    registry.decide(target, approved, Decision("Rejected", "drifts", "bob", WHEN))
    rejected = registry.describe_version(target, arns[1])
    assert rejected.approval is Approval.REJECTED
    assert [one.who for one in rejected.decisions] == ["bob", "ada"]
    assert [one.number for one in registry.iter_versions(target, "Calls", Approval.REJECTED)] == [2]

    (report,) = [registry.read_report(target, file) for file in second.reports]
    assert [str(metric) for metric in report.metrics] == ["rmse 54.1 ± 2"]
    missing = registry.read_report(target, ReportFile("bias", f"s3://{target.bucket}/nothere.json"))
    assert "no object" in missing.problem
    assert provenance.read_origin(target, second).missing == "the registry does not say which run made it"


def test_what_is_not_there_is_said_in_words(target, register):
    register()
    with pytest.raises(UsageError, match="no version 9 of `Calls`"):
        registry.find_version(target, "Calls/9")
    with pytest.raises(UsageError, match="names no version"):
        registry.find_version(target, "Calls")
    assert endpoints.describe_endpoint(target, "nothere") is None
    with pytest.raises(UsageError, match="no endpoint `nothere`"):
        endpoints.require_endpoint(target, "nothere")
    assert not endpoints.has_model(target, "nothere")


def test_a_group_that_is_not_there(engine):
    # moto answers with an empty list
    with pytest.raises(UsageError, match="no model group `Callsx`"):
        next(registry.iter_versions(connect("local", home=engine.home), "Callsx"))


def test_an_endpoint_is_made_changed_and_removed(target, register):
    version = registry.describe_version(target, register())
    registry.decide(target, version, Decision("Approved", "ok", "ada", WHEN))
    variant = Variant("v1", "calls-v1-00000000", version.arn, 1.0, "ml.m5.large", 1)
    config, other = "calls-20261122180500", "calls-20261122180600"
    endpoints.perform(target, MakeModel(variant.model, version.arn))
    endpoints.perform(target, MakeConfiguration(config, (variant,)))
    endpoints.perform(target, MakeEndpoint("calls", config))
    target.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="calls", WaiterConfig={"Delay": 1})
    now = endpoints.require_endpoint(target, "calls")
    assert [(one.name, one.model, one.instance, one.count) for one in now.variants] == [
        ("v1", variant.model, "ml.m5.large", 1)
    ]
    assert "calls" in [one.name for one in endpoints.iter_endpoints(target, "call")]
    if target.is_local:  # moto keeps no containers of packages, and answers with a text of its own
        assert now.variants[0].version == "calls/1"
        assert endpoints.invoke(target, "calls", b"1,2", "text/csv").text.strip("[]\n") == "2.0, 4.0"
    more = (*now.variants, Variant("v2", variant.model, version.arn, 3.0, "ml.m5.large", 1))
    endpoints.perform(target, MakeConfiguration(other, more, config))
    assert {one.name for one in endpoints.own_configurations(target, "calls")} == {other, config}
    if target.is_local:  # moto does not know UpdateEndpoint
        endpoints.perform(target, ChangeEndpoint("calls", other, config))
        target.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="calls", WaiterConfig={"Delay": 1})
        assert endpoints.require_endpoint(target, "calls").shares == {"v1": 25.0, "v2": 75.0}
        asked = [endpoints.invoke(target, "calls", b"1", "text/csv").variant for _ in range(80)]
        assert 5 < asked.count("v1") < 40, "a quarter of the requests, as far as chance goes"
        endpoints.perform(target, SetWeights("calls", (("v1", 1.0), ("v2", 0.0))))
        assert endpoints.require_endpoint(target, "calls").shares == {"v1": 100.0, "v2": 0.0}
    for act in (
        Remove("endpoint", "calls"), Remove("endpoint configuration", config), Remove("endpoint configuration", other),
        Remove("model", variant.model), Remove("model", variant.model),
    ):  # fmt: skip
        endpoints.perform(target, act)
    assert endpoints.describe_endpoint(target, "calls") is None


@pytest.fixture
def stub():
    target = aws_like()
    with Stubber(target.sagemaker) as stubber:
        stubber.target = target
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_decision_as_it_is_sent(stub):
    request = {
        "ModelPackageArn": PACKAGE,
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": f"rmse 54 (Approved by role Admin (ada), {WHEN})",
    }
    described = {
        "ModelPackageArn": PACKAGE, "ModelPackageName": "calls", "ModelPackageGroupName": "calls",
        "ModelPackageVersion": 1, "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "MetadataProperties": {"GeneratedBy": "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abc"},
        "LastModifiedBy": {"IamIdentity": {"Arn": "arn:aws:sts::123456789012:assumed-role/Admin/ada"}},
        "ApprovalDescription": "looks good",
    }  # fmt: skip
    stub.add_response("describe_model_package", described, {"ModelPackageName": PACKAGE})
    stub.add_response(
        "update_model_package",
        {"ModelPackageArn": PACKAGE},
        request | {"ApprovalDescription": f"{request['ApprovalDescription']} || looks good"},
    )
    version = registry.describe_version(stub.target, PACKAGE)
    assert (version.modified_by, version.generated_by[-3:]) == (
        "arn:aws:sts::123456789012:assumed-role/Admin/ada",
        "abc",
    )
    registry.decide(stub.target, version, Decision("Approved", "rmse 54", "role Admin (ada)", WHEN))


def test_a_new_configuration_keeps_what_was_said_of_the_old_one(stub):
    serverless = {
        "VariantName": "old",
        "ModelName": "m",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        "InitialVariantWeight": 1.0,
    }
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://b/c",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    before = {
        "EndpointConfigName": "c", "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c",
        "ProductionVariants": [serverless], "DataCaptureConfig": capture, "KmsKeyId": "k",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
    }  # fmt: skip
    stub.add_response("describe_endpoint_config", before, {"EndpointConfigName": "c"})
    new = {
        "VariantName": "v2",
        "ModelName": "n",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 10.0,
    }
    stub.add_response(
        "create_endpoint_config",
        {"EndpointConfigArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/d"},
        {
            "EndpointConfigName": "d",
            "ProductionVariants": [{**serverless, "InitialVariantWeight": 90.0}, new],
            "DataCaptureConfig": capture,
            "KmsKeyId": "k",
        },
    )
    variants = (Variant("old", "m", "", 90.0), Variant("v2", "n", PACKAGE, 10.0, "ml.m5.large", 2))
    endpoints.perform(stub.target, MakeConfiguration("d", variants, "c"))


def test_a_model_is_made_of_a_package_with_the_targets_role(stub):
    request = {"ModelName": "m", "Containers": [{"ModelPackageName": PACKAGE}], "ExecutionRoleArn": ROLE}
    stub.add_response("create_model", {"ModelArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m"}, request)
    endpoints.perform(stub.target, MakeModel("m", PACKAGE))


def test_what_was_made_for_a_plan_that_fails_is_removed_again(stub):
    variant = Variant("v1", "calls-v1-00000000", PACKAGE, 1.0, "ml.m5.large")
    acts = (MakeModel(variant.model, PACKAGE), MakeConfiguration("c", (variant,)), MakeEndpoint("calls", "c"))
    model = "arn:aws:sagemaker:us-east-1:123456789012:model/m"
    stub.add_response("create_model", {"ModelArn": model})
    stub.add_response("create_endpoint_config", {"EndpointConfigArn": model.replace("model/", "endpoint-config/")})
    stub.add_client_error("create_endpoint", "ResourceLimitExceeded", "0 of ml.m5.large are allowed")
    stub.add_response("delete_endpoint_config", {}, {"EndpointConfigName": "c"})
    stub.add_response("delete_model", {}, {"ModelName": variant.model})
    planned = Planned(stub.target, Plan("calls", "Deploy", acts, "much"), Asks.SERVE, "Deploy")
    with pytest.raises(ServiceError, match=r"are allowed.*Nothing is left of what this had begun"):
        planned.perform()


def test_a_rollback_that_stops_half_way_says_how_far_it_came(stub):
    old = Version("calls", 1, PACKAGE, "Completed", Approval.PENDING)
    new = Version("calls", 2, PACKAGE.replace("/1", "/2"), "Completed", Approval.APPROVED)
    described = {
        "ModelPackageArn": PACKAGE, "ModelPackageName": "calls", "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []},
    }  # fmt: skip
    stub.target.__dict__["identity"] = Identity("123456789012", "arn:aws:iam::123456789012:user/ada")
    stub.add_response("update_model_package", {"ModelPackageArn": PACKAGE})
    stub.add_response("describe_model_package", described)
    stub.add_client_error("update_model_package", "AccessDeniedException", "no")
    with pytest.raises(ServiceError, match=r"calls/2: .*Done before it: calls/1 approved"):
        Registry(stub.target).roll_back(plan_rollback(old, [new]), "2 drifts")


def test_who_decides_is_the_person_where_one_is_known(engine, monkeypatch):
    local, aws = connect("local", home=engine.home), aws_like()
    aws.__dict__["identity"] = Identity("123456789012", "arn:aws:sts::123456789012:assumed-role/Hub/session")
    assert who_decides(local) == getpass.getuser()
    assert who_decides(aws) == "role Hub (session)"
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert who_decides(local) == "ada"
    assert who_decides(aws) == "ada, role Hub (session)"


def test_a_models_own_failure_is_told_with_the_place_of_its_log():
    target = aws_like()
    client = target.client("sagemaker-runtime")

    class OneClient(TargetSession):
        def client(self, *_args, **_options):
            return client

    target.session = OneClient(
        config=Config(), aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1"
    )
    with Stubber(client) as stubber:
        more = {"OriginalStatusCode": 500, "OriginalMessage": "KeyError: 'age'"}
        stubber.add_client_error("invoke_endpoint", "ModelError", "Received server error", modeled_fields=more)
        with pytest.raises(ServiceError, match="KeyError: 'age'") as caught:
            endpoints.invoke(target, "e", b"1", "text/csv")
        assert "/aws/sagemaker/Endpoints/e" in caught.value.fix
        body = StreamingBody(io.BytesIO(b"[1]"), 3)
        stubber.add_response(
            "invoke_endpoint",
            {"Body": body, "ContentType": "application/json", "InvokedProductionVariant": "v"},
            {
                "EndpointName": "e",
                "Body": b"1",
                "ContentType": "text/csv",
                "Accept": "application/json",
                "TargetVariant": "v",
            },
        )
        answer = endpoints.invoke(target, "e", b"1", "text/csv", accept="application/json", variant="v")
        assert (answer.text, answer.variant) == ("[1]", "v")
    with pytest.raises(UsageError, match="takes 6 MiB"):
        endpoints.invoke(target, "e", b"x" * (endpoints.LARGEST_BODY + 1), "text/csv")
