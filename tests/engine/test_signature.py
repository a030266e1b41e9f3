"""Who may ask: only who signs with the engine's keys, now, for this host, exactly what arrives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.engine.signature import RequestHead, SignatureError, read_claim

JSON = {"X_Amz_Target": "SageMaker.ListPipelines", "Content_Type": "application/x-amz-json-1.1"}


def signed_json(served, body=b"{}"):
    return served.signed("sagemaker", "POST", "/", body, **JSON)


def test_a_rightly_signed_request_is_answered(served):
    assert served.ask("POST", "/", signed_json(served), b"{}")[0] == 200


def test_localhost_is_the_same_host(served):
    client = boto3.Session("SMPWTESTTESTTESTTEST", "a secret of the tests", region_name="eu-west-3").client(
        "sagemaker", endpoint_url=f"http://localhost:{served.port}"
    )
    assert client.list_pipelines()["PipelineSummaries"]


@pytest.mark.parametrize(
    "headers, code",
    [
        ({"X-Amz-Target": "SageMaker.ListPipelines"}, b"MissingAuthenticationTokenException"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"<Code>MissingAuthenticationToken</Code>"),
        ({}, b"<Code>AccessDenied</Code>"),
        ({"Authorization": "Basic Og=="}, b"AuthorizationHeaderMalformed"),
        ({"Authorization": "AWS4-HMAC-SHA256"}, b"AuthorizationHeaderMalformed"),
        (
            {"Authorization": "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c"},
            b"AuthorizationHeaderMalformed",
        ),
        (
            {
                "Authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=c",
                "X-Amz-Date": "never",
            },
            b"AuthorizationHeaderMalformed",
        ),
    ],
)
def test_unsigned_and_half_signed_requests(served, headers, code):
    status, _, body = served.ask("POST", "/", {"Host": f"127.0.0.1:{served.port}", **headers}, b"{}")
    assert status == 403
    assert code in body


@pytest.mark.parametrize(
    "service, operation", [("sagemaker", "list_pipelines"), ("sts", "get_caller_identity"), ("s3", "list_buckets")]
)
@pytest.mark.parametrize(
    "keys, codes",
    [
        (
            ("AKIAIOSFODNN7EXAMPLE", "a secret of the tests"),
            {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"},
        ),
        (("SMPWTESTTESTTESTTEST", "another secret"), {"InvalidSignatureException", "SignatureDoesNotMatch"}),
    ],
)
def test_other_keys(served, service, operation, keys, codes):
    client = boto3.Session(*keys, region_name="eu-west-3").client(
        service, endpoint_url=served.url, config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)()
    assert caught.value.response["Error"]["Code"] in codes
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_the_answer_never_holds_the_right_signature(served):
    headers = signed_json(served)
    right = headers["Authorization"].rpartition("=")[2]
    headers["Authorization"] = headers["Authorization"].replace(right, "0" * 64)
    status, _, body = served.ask("POST", "/", headers, b"{}")
    assert status == 403
    assert right.encode() not in body


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]:{port}",
        "127.0.0.1:{port}.evil.example",
        "",
    ],
)
def test_another_host(served, host):
    headers = signed_json(served)
    headers["Host"] = host.format(port=served.port)
    assert served.ask("POST", "/", headers, b"{}")[0] in (400, 403)


def test_another_host_even_when_it_is_signed(served):
    request_headers = served.signed("sagemaker", "POST", "/", b"{}", **JSON)
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", "http://evil.example/", {"X-Amz-Target": "SageMaker.ListPipelines"}, data=b"{}")
    SigV4Auth(Credentials("SMPWTESTTESTTESTTEST", "a secret of the tests"), "sagemaker", "eu-west-3").add_auth(request)
    headers = {**dict(request.headers.items()), "Host": "evil.example"}
    assert served.ask("POST", "/", headers, b"{}")[0] == 403
    assert served.ask("POST", "/", request_headers, b"{}")[0] == 200


@pytest.mark.parametrize("body", [b'{"MaxResults": 3}', b"", b"{} "])
def test_a_body_changed_on_the_way(served, body):
    status, _, answer = served.ask("POST", "/", signed_json(served), body)
    assert status == 403
    assert b"InvalidSignatureException" in answer


def test_headers_path_query_or_method_changed_on_the_way(served):
    headers = signed_json(served)
    assert served.ask("POST", "/", {**headers, "X-Amz-Target": "SageMaker.DeletePipeline"}, b"{}")[0] == 403
    assert served.ask("POST", "/", {**headers, "X-Amz-Extra": "1"}, b"{}")[0] == 403
    assert served.ask("POST", "/?Action=x", headers, b"{}")[0] == 403
    assert served.ask("PUT", "/", headers, b"{}")[0] == 403
    get = served.signed("s3", "GET", "/bucket/one")
    assert served.ask("GET", "/bucket/two", get)[0] == 403
    assert served.ask("GET", "/bucket/one#two", get)[0] == 400
    assert served.ask("GET", "/bucket/one?versionId=1", get)[0] == 403


@pytest.mark.parametrize("minutes, status", [(-14, 200), (14, 200), (-16, 403), (16, 403), (60 * 24 * 400, 403)])
def test_clocks_apart(served, minutes, status):
    headers = signed_json(served)
    served.clock.append(datetime.now(UTC) + timedelta(minutes=minutes))
    try:
        assert served.ask("POST", "/", headers, b"{}")[0] == status
    finally:
        served.clock.clear()


def test_s3_says_how_far_the_clocks_are_apart(served):
    headers = served.signed("s3", "GET", "/")
    served.clock.append(datetime.now(UTC) + timedelta(minutes=20))
    try:
        status, _, body = served.ask("GET", "/", headers)
    finally:
        served.clock.clear()
    assert status == 403
    assert b"RequestTimeTooSkewed" in body


class TestPresigned:
    @pytest.fixture
    def address(self, served):
        served.objects.put_bytes("presigned", "a key/with spaces+", b"bytes")
        client = served.client("s3", signature_version="s3v4")
        parameters = {"Bucket": "presigned", "Key": "a key/with spaces+"}
        url = client.generate_presigned_url("get_object", parameters, ExpiresIn=60)
        return urlsplit(url)._replace(scheme="", netloc="").geturl()

    def ask(self, served, address):
        return served.ask("GET", address, {"Host": f"127.0.0.1:{served.port}"})

    def test_opens_what_it_names(self, served, address):
        status, _, body = self.ask(served, address)
        assert (status, body) == (200, b"bytes")

    def test_expires(self, served, address):
        served.clock.append(datetime.now(UTC) + timedelta(seconds=90))
        try:
            status, _, body = self.ask(served, address)
        finally:
            served.clock.clear()
        assert status == 403
        assert b"Request has expired" in body

    @pytest.mark.parametrize(
        "old, new",
        [
            ("spaces", "traces"),
            ("X-Amz-Expires=60", "X-Amz-Expires=600"),
            ("X-Amz-Expires=60", "X-Amz-Expires=6000000"),
            ("X-Amz-Expires=60", "X-Amz-Expires=-1"),
            ("X-Amz-Signature=", "X-Amz-Signature=0"),
            ("&X-Amz-Date", "&X-Amz-Dates"),
        ],
    )
    def test_cannot_be_changed(self, served, address, old, new):
        assert old in address
        assert self.ask(served, address.replace(old, new))[0] == 403

    def test_opens_nothing_with_another_method(self, served, address):
        assert served.ask("DELETE", address, {"Host": f"127.0.0.1:{served.port}"})[0] == 403


class TestPresignedTheOldWay:
    """As boto3 does for S3 in us-east-1 where nobody says `signature_version`."""

    @pytest.fixture
    def presign(self, served):
        def address(method, **parameters):
            client = served.client("s3", signature_version="s3")
            url = client.generate_presigned_url(method, {"Bucket": "presigned", **parameters}, ExpiresIn=60)
            assert "AWSAccessKeyId=" in url
            return url.removeprefix(served.url)

        served.objects.put_bytes("presigned", "a key/with spaces+", b"bytes")
        return address

    def ask(self, served, address, method="GET", body=b"", **headers):
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return served.ask(method, address, {"Host": f"127.0.0.1:{served.port}", **said}, body)

    def test_opens_what_it_names(self, served, presign):
        status, _, body = self.ask(served, presign("get_object", Key="a key/with spaces+"))
        assert (status, body) == (200, b"bytes")
        as_file = presign("get_object", Key="a key/with spaces+", ResponseContentDisposition="attachment; a=b")
        status, headers, _ = self.ask(served, as_file)
        assert (status, headers["content-disposition"]) == (200, "attachment; a=b")

    def test_takes_what_it_names(self, served, presign):
        address = presign("put_object", Key="new", ContentType="text/x")
        assert self.ask(served, address, "PUT", b"data", Content_Type="text/y")[0] == 403
        assert self.ask(served, address, "PUT", b"data", Content_Type="text/x")[0] == 200
        with served.objects.open("presigned", "new") as file:
            assert file.read() == b"data"

    def test_expires(self, served, presign):
        address = presign("get_object", Key="a key/with spaces+")
        served.clock.append(datetime.now(UTC) + timedelta(seconds=90))
        try:
            status, _, body = self.ask(served, address)
        finally:
            served.clock.clear()
        assert (status, b"Request has expired" in body) == (403, True)

    @pytest.mark.parametrize(
        "old, new",
        [
            ("spaces", "traces"),
            ("Expires=1", "Expires=2"),
            ("Expires=", "Expires=-"),
            ("Expires=", "Expires=9999999999999"),
            ("Expires=", "Expires=x&Expires="),
            ("Signature=", "Signature=0"),
            ("AWSAccessKeyId=", "AWSAccessKeyId=A"),
            ("AWSAccessKeyId=", "prefix=a&AWSAccessKeyId="),
            ("AWSAccessKeyId=", "versionId=a&AWSAccessKeyId="),
            ("AWSAccessKeyId=", "x-amz-acl=public&AWSAccessKeyId="),
        ],
    )
    def test_cannot_be_changed(self, served, presign, old, new):
        address = presign("get_object", Key="a key/with spaces+")
        assert old in address
        status, _, body = self.ask(served, address.replace(old, new, 1))
        assert 400 <= status <= 403, body

    @pytest.mark.parametrize("method", ["DELETE", "PUT", "POST"])
    def test_opens_nothing_with_another_method(self, served, presign, method):
        address = presign("get_object", Key="a key/with spaces+")
        assert 400 <= self.ask(served, address, method)[0] <= 403

    def test_a_header_nobody_signed_is_refused(self, served, presign):
        address = presign("put_object", Key="new")
        assert self.ask(served, address, "PUT", b"", x_amz_copy_source="presigned/a%20key/with%20spaces%2B")[0] == 403


@given(st.text(max_size=200), st.text(max_size=50), st.text(max_size=100))
def test_any_authorization_is_read_or_refused(authorization, date, query):
    head = RequestHead(
        "GET", f"/?{query}", (("Authorization", f"AWS4-HMAC-SHA256 {authorization}"), ("X-Amz-Date", date))
    )
    with pytest.raises(SignatureError):
        read_claim(head)
