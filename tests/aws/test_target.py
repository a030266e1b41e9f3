"""Targets: whose clients go where, what is found out on first use, and what a person is told when it is not there."""

from __future__ import annotations

import json
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from botocore.stub import Stubber

from sm_pipeline_widgets.aws.identity import Identity
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.studio import StudioPlace
from sm_pipeline_widgets.aws.target import Target, aws_target, engine_target
from sm_pipeline_widgets.errors import TargetError


@dataclass(frozen=True)
class FakeEndpoint:
    url: str
    access_key: str = "AKIALOCAL"
    secret_key: str = "secret"
    region: str = "us-east-1"
    account: str = "000000000000"


@contextmanager
def listener(seen: list[tuple[str, str]]):
    """A server that answers every JSON call with an empty list and notes what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.headers.get("X-Amz-Target", ""), self.headers.get("Authorization", "")))
            body = json.dumps({"PipelineSummaries": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def keys(no_aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def test_the_engine_is_asked_whatever_profile_proxy_or_endpoint_the_environment_names(no_aws, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    seen: list[tuple[str, str]] = []
    with listener(seen) as url:
        target = engine_target(FakeEndpoint(url), lambda: FakeEndpoint(url))
        assert target.sagemaker.list_pipelines()["PipelineSummaries"] == []
    assert seen[0][0] == "SageMaker.ListPipelines"
    assert "Credential=AKIALOCAL/" in seen[0][1]


def test_every_client_of_the_session_talks_to_the_target(no_aws):
    target = engine_target(FakeEndpoint("http://127.0.0.1:4321"), lambda: FakeEndpoint("http://127.0.0.1:4321"))
    assert target.session.client("sqs").meta.endpoint_url == "http://127.0.0.1:4321"
    assert target.session.resource("s3").meta.client.meta.endpoint_url == "http://127.0.0.1:4321"


def test_an_engine_that_came_back_on_another_port_is_followed(no_aws):
    seen: list[tuple[str, str]] = []
    with listener(seen) as url:
        target = engine_target(FakeEndpoint("http://127.0.0.1:9"), lambda: FakeEndpoint(url))
        target.sagemaker.list_pipelines()
    assert len(seen) == 1


def test_the_engines_names_need_no_call(no_aws):
    facts = engine_target(FakeEndpoint("http://127.0.0.1:9"), lambda: FakeEndpoint("http://127.0.0.1:9")).facts
    assert facts.role == "arn:aws:iam::000000000000:role/sm-pipeline-widgets-local"
    assert facts.bucket == "sagemaker-us-east-1-000000000000"


def test_missing_profile_credentials_and_region_are_told_with_what_to_do(no_aws, monkeypatch):
    with pytest.raises(TargetError, match="list-profiles"):
        aws_target(profile="nobody")
    with pytest.raises(TargetError, match="no AWS credentials"):
        aws_target(region="us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with pytest.raises(TargetError, match="--region"):
        aws_target()


def test_the_region_may_come_from_either_variable(no_aws, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert aws_target().region == "eu-north-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert aws_target().region == "eu-west-1"
    assert aws_target(region="us-west-2").region == "us-west-2"


def test_clients_may_be_made_by_several_threads_at_once(no_aws):
    target = engine_target(FakeEndpoint("http://127.0.0.1:9"), lambda: FakeEndpoint("http://127.0.0.1:9"))
    names = ["sagemaker", "logs", "s3", "sts", "sqs", "lambda"]
    with ThreadPoolExecutor(len(names)) as pool:
        made = list(pool.map(target.session.client, names))
    assert [client.meta.service_model.service_name for client in made] == names


def stubbed(arn: str, **options: str) -> Target:
    session = TargetSession(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    target = Target("aws", session, **options)
    stub = Stubber(target.sts)
    stub.add_response("get_caller_identity", {"Account": "123456789012", "Arn": arn, "UserId": "x"})
    stub.activate()
    return target


def test_bucket_and_account_come_from_the_identity_once(keys):
    target = stubbed("arn:aws:iam::123456789012:user/ada")
    assert target.bucket == "sagemaker-eu-west-1-123456789012"
    assert target.account == "123456789012"


def test_a_role_may_be_given_by_name(keys):
    target = stubbed("arn:aws:iam::123456789012:user/ada", role="SageMakerRole")
    assert target.role == "arn:aws:iam::123456789012:role/SageMakerRole"


def test_a_user_without_a_role_is_told_to_name_one(keys):
    with pytest.raises(TargetError, match="--role ARN"):
        _ = stubbed("arn:aws:iam::123456789012:user/ada").role


def test_somebody_elses_bucket_is_not_used(keys):
    target = stubbed("arn:aws:iam::123456789012:user/ada")
    stub = Stubber(target.s3)
    stub.add_client_error("head_bucket", "403", "Forbidden", http_status_code=403)
    stub.activate()
    with pytest.raises(TargetError, match="--bucket NAME"):
        target.ensure_bucket()


def test_a_bucket_that_is_not_there_is_made_in_the_targets_region(keys):
    target = stubbed("arn:aws:iam::123456789012:user/ada", bucket="mine")
    stub = Stubber(target.s3)
    stub.add_client_error("head_bucket", "404", "Not Found", http_status_code=404)
    stub.add_response(
        "create_bucket",
        {},
        {"Bucket": "mine", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}},
    )
    stub.activate()
    assert target.ensure_bucket() == "mine"
    stub.assert_no_pending_responses()


def test_a_bucket_is_not_made_unless_it_may_be(keys):
    target = stubbed("arn:aws:iam::123456789012:user/ada", bucket="mine")
    stub = Stubber(target.s3)
    stub.add_client_error("head_bucket", "404", "Not Found", http_status_code=404)
    stub.activate()
    with pytest.raises(TargetError, match="There is no bucket `mine` yet"):
        target.ensure_bucket(create=False)


@pytest.mark.parametrize(
    "arn, words, role",
    [
        ("arn:aws:iam::123456789012:user/ada", "user ada", ""),
        ("arn:aws:iam::123456789012:root", "the account's root user", ""),
        (
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1a/ada@example.com",
            "role AWSReservedSSO_Admin_1a (ada@example.com)",
            "arn:aws:iam::123456789012:role/AWSReservedSSO_Admin_1a",
        ),
        ("arn:aws-cn:sts::123456789012:assumed-role/R/s", "role R (s)", "arn:aws-cn:iam::123456789012:role/R"),
    ],
)
def test_who_the_caller_is_in_words(arn, words, role):
    who = Identity("123456789012", arn)
    assert (who.words, who.role_arn) == (words, role)


def test_the_head_of_a_view_says_where_it_is_and_who_asks(keys):
    target = stubbed("arn:aws:iam::123456789012:user/ada", role="Pipes")
    assert target.words == "aws · eu-west-1 · account 123456789012 · user ada"
    _ = target.role
    assert target.words.endswith("user ada · runs as Pipes")


def test_the_head_of_a_view_never_fails(keys):
    session = TargetSession(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    target = Target("prod", session)
    with Stubber(target.sts) as stub:
        stub.add_client_error("get_caller_identity", "ExpiredToken", "no")
        assert target.words == "prod · eu-west-1 · not signed in"


@pytest.mark.parametrize("region, partition", [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_a_roles_name_becomes_an_arn_of_the_regions_partition(keys, region, partition):
    session = TargetSession(region_name=region, aws_access_key_id="a", aws_secret_access_key="b")
    target = Target("aws", session, role="service-role/R", account="123456789012")
    assert target.role == f"arn:{partition}:iam::123456789012:role/service-role/R"


def test_the_region_of_the_notebook_is_the_last_resort(no_aws, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert aws_target(studio=StudioPlace("d-1", region="us-east-2")).region == "us-east-2"


def test_a_presigned_url_of_the_local_target_works_without_credentials(engine):
    target = engine_target(engine.endpoint, lambda: engine.endpoint)
    target.s3.put_object(Bucket=target.bucket, Key="a b/c.txt", Body=b"presigned")
    url = target.s3.generate_presigned_url("get_object", Params={"Bucket": target.bucket, "Key": "a b/c.txt"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"presigned"
