"""S3 as boto3 sees it, and what its raw protocol makes of nonsense."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from sm_pipeline_widgets.engine import crc

ODD_KEYS = [
    "..",
    "../../etc/passwd",
    "/",
    "//",
    "/absolute",
    "a//b",
    "a/./b",
    "folder/",
    "x" * 1024,
    "é" * 512,
    "nul\0byte",
    "new\nline",
    "cr\r",
    "%2e%2e",
    "snow☃ man",
    "\U0001f600",
    "C:\\x",
    "CON",
    "a?b&c=d#e",
    "+ +",
]


@pytest.fixture(scope="module")
def s3(served):
    return served.client("s3")


@pytest.fixture
def bucket(s3, request):
    name = f"b{zlib.crc32(request.node.nodeid.encode())}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    return name


@pytest.fixture(scope="module")
def data():
    return random.Random(7).randbytes(13 << 20)


def code(caught):
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def wait_until(what):
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def blobs(served):
    return {path.name for path in (served.objects.root / "blobs").glob("*/*")}


class TestBuckets:
    def test_life(self, s3):
        s3.create_bucket(Bucket="life")
        assert s3.head_bucket(Bucket="life")["BucketRegion"] == "eu-west-3"
        assert s3.get_bucket_location(Bucket="life")["LocationConstraint"] == "eu-west-3"
        assert "Status" not in s3.get_bucket_versioning(Bucket="life")
        assert "life" in [item["Name"] for item in s3.list_buckets()["Buckets"]]
        s3.put_object(Bucket="life", Key="k", Body=b"")
        with pytest.raises(ClientError) as caught:
            s3.delete_bucket(Bucket="life")
        assert code(caught) == ("BucketNotEmpty", 409)
        s3.delete_object(Bucket="life", Key="k")
        s3.delete_bucket(Bucket="life")
        with pytest.raises(ClientError) as caught:
            s3.head_bucket(Bucket="life")
        assert code(caught) == ("404", 404)

    def test_twice(self, s3, bucket):
        with pytest.raises(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=bucket)

    @pytest.mark.parametrize("name", ["Upper", "ab", "a_b", "..", "-ab-"])
    def test_names(self, served, name):
        status, _, body = served.ask("PUT", f"/{name}", served.signed("s3", "PUT", f"/{name}"))
        assert status == 400
        assert b"InvalidBucketName" in body

    def test_not_there(self, s3):
        with pytest.raises(s3.exceptions.NoSuchBucket):
            s3.list_objects_v2(Bucket="nothere")
        with pytest.raises(s3.exceptions.NoSuchBucket):
            s3.put_object(Bucket="nothere", Key="k", Body=b"x")


class TestObjects:
    @pytest.mark.parametrize("key", ODD_KEYS, ids=lambda key: repr(key[:20]))
    def test_odd_keys(self, s3, bucket, key):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
        s3.delete_object(Bucket=bucket, Key=key)
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_a_key_too_long(self, s3, bucket):
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="x" * 1025, Body=b"")
        assert code(caught) == ("KeyTooLongError", 400)

    def test_what_the_writer_said_comes_back(self, s3, bucket):
        said = {
            "ContentType": "text/csv",
            "CacheControl": "no-store",
            "ContentDisposition": "attachment",
            "ContentEncoding": "identity",
            "ContentLanguage": "en",
            "Metadata": {"owner": "me", "purpose": "a b"},
        }
        s3.put_object(Bucket=bucket, Key="k", Body=b"abc", **said)
        head = s3.head_object(Bucket=bucket, Key="k")
        assert {name: head[name] for name in said} == said
        assert head["ContentLength"] == 3
        assert head["ETag"] == f'"{hashlib.md5(b"abc", usedforsecurity=False).hexdigest()}"'
        assert abs(head["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)
        got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/plain")
        assert got["ContentType"] == "text/plain"
        got["Body"].close()

    def test_bodies_of_all_sizes(self, s3, bucket):
        for size in (0, 1, 65536, 3_000_000):
            data = random.Random(size).randbytes(size)
            s3.put_object(Bucket=bucket, Key="k", Body=data)
            assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data

    def test_not_there(self, s3, bucket):
        with pytest.raises(s3.exceptions.NoSuchKey):
            s3.get_object(Bucket=bucket, Key="k")
        with pytest.raises(ClientError) as caught:
            s3.head_object(Bucket=bucket, Key="k")
        assert code(caught) == ("404", 404)
        s3.delete_object(Bucket=bucket, Key="k")

    @pytest.mark.parametrize(
        "asked, expected, described",
        [
            ("bytes=2-4", b"234", "bytes 2-4/10"),
            ("bytes=7-", b"789", "bytes 7-9/10"),
            ("bytes=-3", b"789", "bytes 7-9/10"),
            ("bytes=-30", b"0123456789", "bytes 0-9/10"),
            ("bytes=0-0", b"0", "bytes 0-0/10"),
            ("bytes=5-500", b"56789", "bytes 5-9/10"),
            ("bytes=4-2", b"0123456789", None),
            ("bytes=0-1,4-5", b"0123456789", None),
            ("lines=1-2", b"0123456789", None),
        ],
    )
    def test_ranges(self, s3, bucket, asked, expected, described):
        s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
        answer = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert answer["Body"].read() == expected
        assert answer.get("ContentRange") == described
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == (206 if described else 200)

    @pytest.mark.parametrize(
        "body, asked", [(b"0123456789", "bytes=10-"), (b"", "bytes=0-"), (b"", "bytes=-5"), (b"01", "bytes=-0")]
    )
    def test_ranges_behind_the_end(self, s3, bucket, body, asked):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert code(caught) == ("InvalidRange", 416)

    def test_conditions_of_reading(self, s3, bucket):
        tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
        now = datetime.now(UTC)
        for condition, expected in [
            ({"IfMatch": tag}, 200),
            ({"IfMatch": '"other"'}, 412),
            ({"IfNoneMatch": tag}, 304),
            ({"IfNoneMatch": '"other"'}, 200),
            ({"IfModifiedSince": now + timedelta(hours=1)}, 304),
            ({"IfModifiedSince": now - timedelta(hours=1)}, 200),
            ({"IfUnmodifiedSince": now - timedelta(hours=1)}, 412),
            ({"IfUnmodifiedSince": now + timedelta(hours=1)}, 200),
        ]:
            try:
                answer = s3.get_object(Bucket=bucket, Key="k", **condition)
                answer["Body"].close()
                status = answer["ResponseMetadata"]["HTTPStatusCode"]
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert status == expected, condition

    def test_conditions_of_writing(self, s3, bucket):
        tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x", IfNoneMatch="*")["ETag"]
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfNoneMatch="*")
        assert code(caught) == ("PreconditionFailed", 412)
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfMatch='"other"')
        assert code(caught) == ("PreconditionFailed", 412)
        s3.put_object(Bucket=bucket, Key="k", Body=b"y", IfMatch=tag)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"y"

    def test_copies(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="a b+ü", Body=b"data", ContentType="text/csv", Metadata={"x": "1"})
        source = {"Bucket": bucket, "Key": "a b+ü"}
        assert s3.copy_object(Bucket=bucket, Key="to", CopySource=source)["CopyObjectResult"]["ETag"]
        head = s3.head_object(Bucket=bucket, Key="to")
        assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"x": "1"})
        s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"y": "2"})
        assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"y": "2"}
        assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == b"data"
        with pytest.raises(ClientError) as caught:
            s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "nothere"})
        assert code(caught) == ("NoSuchKey", 404)
        with pytest.raises(ClientError) as caught:
            s3.copy_object(Bucket=bucket, Key="a b+ü", CopySource=source)
        assert code(caught) == ("InvalidRequest", 400)

    def test_many_at_once_are_deleted(self, s3, bucket):
        names = ["a", "b/ü", "c & <d>", "e//"]
        for name in names:
            s3.put_object(Bucket=bucket, Key=name, Body=b"")
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in [*names, "nothere"]]})
        assert [item["Key"] for item in answer["Deleted"]] == [*names, "nothere"]
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}], "Quiet": True})
        assert "Deleted" not in quiet


class TestListing:
    @pytest.fixture
    def full(self, s3, bucket):
        for key in ("a", "b/1", "b/2", "ü/1", "z"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"1")
        return bucket

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_pages(self, s3, full, operation, size):
        pages = list(s3.get_paginator(operation).paginate(Bucket=full, PaginationConfig={"PageSize": size}))
        assert [item["Key"] for page in pages for item in page.get("Contents", [])] == ["a", "b/1", "b/2", "z", "ü/1"]

    @pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_folders(self, s3, full, operation, size):
        paginator = s3.get_paginator(operation)
        pages = list(paginator.paginate(Bucket=full, Delimiter="/", PaginationConfig={"PageSize": size}))
        assert [item["Key"] for page in pages for item in page.get("Contents", [])] == ["a", "z"]
        prefixes = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
        assert prefixes == ["b/", "ü/"]

    def test_prefix_start_and_wrong_token(self, s3, full):
        assert [item["Key"] for item in s3.list_objects_v2(Bucket=full, Prefix="b/")["Contents"]] == ["b/1", "b/2"]
        assert [item["Key"] for item in s3.list_objects_v2(Bucket=full, StartAfter="b/1")["Contents"]] == [
            "b/2",
            "z",
            "ü/1",
        ]
        with pytest.raises(ClientError) as caught:
            s3.list_objects_v2(Bucket=full, ContinuationToken="*")
        assert code(caught) == ("InvalidArgument", 400)


class TestChecksums:
    def test_crc32_comes_back(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"data")
        expected = base64.b64encode(zlib.crc32(b"data").to_bytes(4, "big")).decode()
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumCRC32"] == expected

    @pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
    def test_asked_for(self, s3, bucket, algorithm):
        answer = s3.put_object(Bucket=bucket, Key="k", Body=b"data", ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert got["Body"].read() == b"data"
        assert got[f"Checksum{algorithm}"] == answer[f"Checksum{algorithm}"]

    def test_wrong_ones_are_refused_and_leave_nothing(self, s3, bucket, served):
        before = blobs(served)
        for wrong in ({"ChecksumCRC32": "AAAAAA=="}, {"ContentMD5": base64.b64encode(b"0" * 16).decode()}):
            with pytest.raises(ClientError) as caught:
                s3.put_object(Bucket=bucket, Key="k", Body=b"data", **wrong)
            assert code(caught) == ("BadDigest", 400)
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="k", Body=b"data", ContentMD5="no")
        assert code(caught) == ("InvalidDigest", 400)
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert blobs(served) == before

    # the check values that the catalogue of CRCs gives for "123456789"
    @pytest.mark.parametrize(("name", "value"), [("CRC64NVME", "ae8b14860a799888"), ("CRC32C", "e3069283")])
    def test_those_the_standard_library_has_not(self, s3, bucket, name, value):
        member, right = f"Checksum{name}", base64.b64encode(bytes.fromhex(value)).decode()
        s3.put_object(Bucket=bucket, Key="k", Body=b"123456789", **{member: right})
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[member] == right
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="k", Body=b"123456780", **{member: right})
        assert code(caught) == ("BadDigest", 400)

    def test_of_a_long_body_a_slow_one_is_what_the_client_says(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * (crc.LARGEST + 1), ChecksumCRC64NVME="AAAAAAAAAAA=")
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumCRC64NVME"] == "AAAAAAAAAAA="

    @pytest.mark.newest_boto3
    def test_a_kind_that_cannot_be_computed_is_kept_if_the_body_is_signed(self, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"data", ChecksumXXHASH64="AAAAAAAAAAA=")
        assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumXXHASH64"] == "AAAAAAAAAAA="


class TestMultipart:
    CONFIG = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=3)

    def test_managed_transfer(self, s3, bucket, data, tmp_path):
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(data)
        s3.upload_file(str(source), bucket, "k", Config=self.CONFIG, ExtraArgs={"Metadata": {"x": "1"}})
        head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
        assert head["ETag"].endswith('-3"')
        assert head["Metadata"] == {"x": "1"}
        assert head["ChecksumType"] == "COMPOSITE"
        s3.download_file(bucket, "k", str(target), Config=self.CONFIG)
        assert target.read_bytes() == data
        s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy", Config=self.CONFIG)
        assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == data
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []

    def test_by_hand(self, s3, bucket, served, data):
        before = blobs(served)
        begun = s3.create_multipart_upload(
            Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
        )
        names = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
        pieces = [data[: 5 << 20], data[5 << 20 : 10 << 20], data[10 << 20 :]]
        parts = []
        for number, piece in enumerate(pieces, 1):
            s3.upload_part(**names, PartNumber=number, Body=b"replaced", ChecksumAlgorithm="CRC32")
            answer = s3.upload_part(**names, PartNumber=number, Body=piece, ChecksumAlgorithm="CRC32")
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
        listed = s3.list_parts(**names)
        assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [
            (i, len(p)) for i, p in enumerate(pieces, 1)
        ]
        first = s3.list_parts(**names, MaxParts=2)
        assert (first["IsTruncated"], first["NextPartNumberMarker"]) == (True, 2)
        assert [item["UploadId"] for item in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [begun["UploadId"]]
        done = s3.complete_multipart_upload(**names, MultipartUpload={"Parts": parts})
        assert done["ChecksumCRC32"] == base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == data
        assert len(blobs(served) - before) == 1

    def test_abort_leaves_nothing(self, s3, bucket, served):
        before = blobs(served)
        begun = s3.create_multipart_upload(Bucket=bucket, Key="k")
        names = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
        s3.upload_part(**names, PartNumber=1, Body=b"x")
        s3.abort_multipart_upload(**names)
        with pytest.raises(s3.exceptions.NoSuchUpload):
            s3.upload_part(**names, PartNumber=2, Body=b"x")
        assert blobs(served) == before

    def test_mistakes(self, s3, bucket):
        begun = s3.create_multipart_upload(Bucket=bucket, Key="k")
        names = {"Bucket": bucket, "Key": "k", "UploadId": begun["UploadId"]}
        one = {"PartNumber": 1, "ETag": s3.upload_part(**names, PartNumber=1, Body=b"small")["ETag"]}
        two = {"PartNumber": 2, "ETag": s3.upload_part(**names, PartNumber=2, Body=b"small")["ETag"]}
        for parts, expected in [
            ([one, two], "EntityTooSmall"),
            ([two, one], "InvalidPartOrder"),
            ([{"PartNumber": 1, "ETag": '"0"'}], "InvalidPart"),
            ([{"PartNumber": 7, "ETag": '"0"'}], "InvalidPart"),
            ([], "MalformedXML"),
        ]:
            with pytest.raises(ClientError) as caught:
                s3.complete_multipart_upload(**names, MultipartUpload={"Parts": parts})
            assert code(caught) == (expected, 400)
        with pytest.raises(ClientError) as caught:
            s3.upload_part(**names, PartNumber=0, Body=b"x")
        assert code(caught) == ("InvalidArgument", 400)
        with pytest.raises(s3.exceptions.NoSuchUpload):
            s3.upload_part(**{**names, "Key": "other"}, PartNumber=1, Body=b"x")

    def test_streams(self, s3, bucket, data):
        s3.upload_fileobj(io.BytesIO(data), bucket, "k", Config=self.CONFIG)
        out = io.BytesIO()
        s3.download_fileobj(bucket, "k", out, Config=self.CONFIG)
        assert out.getvalue() == data


class TestChunkedBodies:
    """The wrapping newer clients put around a body when they do not sign it."""

    def send(self, served, bucket, wrapped, length, trailer="x-amz-checksum-crc32"):
        target = f"/{bucket}/k"
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        headers = {
            "Host": f"127.0.0.1:{served.port}",
            "Content-Encoding": "aws-chunked",
            "X-Amz-Decoded-Content-Length": str(length),
            "X-Amz-Trailer": trailer,
        }
        request = AWSRequest("PUT", served.url + target, headers)
        request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
        S3SigV4Auth(Credentials("SMPWTESTTESTTESTTEST", "a secret of the tests"), "s3", "eu-west-3").add_auth(request)
        return served.ask("PUT", target, dict(request.headers.items()), wrapped)

    @staticmethod
    def crc(data):
        return base64.b64encode(zlib.crc32(data).to_bytes(4, "big"))

    def test_is_unwrapped(self, served, s3, bucket):
        data = b"x" * 70_000 + b"\r\n0\r\n"
        wrapped = b"%x\r\n%s\r\n%x;a=b\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (
            70_000,
            data[:70_000],
            5,
            data[70_000:],
            self.crc(data),
        )
        assert self.send(served, bucket, wrapped, len(data))[0] == 200
        answer = s3.get_object(Bucket=bucket, Key="k")
        assert answer["Body"].read() == data
        assert "ContentEncoding" not in answer

    @pytest.mark.parametrize(
        "wrapped, length",
        [
            (b"4\r\ndata\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 4),
            (b"4\r\ndata\r\n0\r\n\r\n", 4),
            (b"4\r\ndata\r\n0\r\nx-amz-checksum-crc32:rfNzXg==\r\n\r\n", 5),
            (b"4\r\ndata", 4),
            (b"4\r\ndataXX\r\n0\r\n\r\n", 4),
            (b"-4\r\ndata\r\n0\r\n\r\n", 4),
            (b"zz\r\n", 4),
            (b"", 0),
            (b"a" * 5000, 4),
        ],
    )
    def test_broken_wrappings(self, served, s3, bucket, wrapped, length):
        before = blobs(served)
        status, _, body = self.send(served, bucket, wrapped, length)
        assert status == 400, body
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
        assert blobs(served) == before

    def test_unsigned_with_a_checksum_that_cannot_be_checked(self, served, bucket):
        wrapped = b"4\r\ndata\r\n0\r\nx-amz-checksum-xxhash64:AAAAAAAAAAA=\r\n\r\n"
        assert self.send(served, bucket, wrapped, 4, "x-amz-checksum-xxhash64")[0] == 501

    def test_unsigned_with_a_checksum_of_its_own_kind(self, served, bucket):
        good = b"9\r\n123456789\r\n0\r\nx-amz-checksum-crc64nvme:rosUhgp5mIg=\r\n\r\n"
        assert self.send(served, bucket, good, 9, "x-amz-checksum-crc64nvme")[0] == 200
        assert self.send(served, bucket, good.replace(b"789", b"780"), 9, "x-amz-checksum-crc64nvme")[0] == 400


class TestRaw:
    def test_a_tampered_body_is_refused_and_not_kept(self, served, s3, bucket):
        headers = served.signed("s3", "PUT", f"/{bucket}/k", b"data")
        status, _, body = served.ask("PUT", f"/{bucket}/k", headers, b"date")
        assert status == 403
        assert b"XAmzContentSHA256Mismatch" in body
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    def test_a_tampered_xml_is_refused(self, served, bucket):
        headers = served.signed("s3", "POST", f"/{bucket}?delete", b"<Delete/>")
        assert served.ask("POST", f"/{bucket}?delete", headers, b"<Delete></Delete>")[0] == 403

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<",
            b"<Delete/>",
            b"\xff",
            b"<Delete><Object><Key>a</Key></Object></Delet>",
            b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>',
            b'<?xml version="1.0" encoding="nonsense"?><Delete/>',
            b"<Delete><Quiet>perhaps</Quiet><Object><Key>a</Key></Object></Delete>",
        ],
    )
    def test_bodies_that_cannot_be_read(self, served, bucket, body):
        headers = served.signed("s3", "POST", f"/{bucket}?delete", body)
        status, _, answer = served.ask("POST", f"/{bucket}?delete", headers, body)
        assert status == 400, answer
        assert answer.startswith(b"<?xml")

    @pytest.mark.parametrize(
        "method, target",
        [
            ("PUT", "/{}/k?acl="),
            ("PUT", "/{}/k?tagging="),
            ("PUT", "/{}/k?uploads="),
            ("PUT", "/{}?versioning="),
            ("GET", "/{}?policy="),
            ("DELETE", "/{}?lifecycle="),
            ("POST", "/{}/k"),
            ("PATCH", "/{}/k"),
            ("POST", "/"),
        ],
    )
    def test_what_the_engine_does_not_do_is_said_and_changes_nothing(self, served, s3, bucket, method, target):
        target = target.format(bucket)
        status, _, body = served.ask(method, target, served.signed("s3", method, target))
        assert status == 501
        assert b"<Code>NotImplemented</Code>" in body
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0

    @pytest.mark.parametrize(
        "target",
        [
            "/{}?list-type=2&max-keys=many",
            "/{}?list-type=2&max-keys=-1",
            "/{}/%ff",
            "/{}/k?uploadId=x&part-number-marker=y",
        ],
    )
    def test_queries_that_cannot_be_read(self, served, bucket, target):
        target = target.format(bucket)
        status, _, _ = served.ask("GET", target, served.signed("s3", "GET", target))
        assert 400 <= status < 500

    def test_an_upload_cut_off_leaves_nothing(self, served, bucket):
        before = blobs(served)
        headers = served.signed("s3", "PUT", f"/{bucket}/k", b"x" * 1_000_000)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "Content-Length")
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(
                f"PUT /{bucket}/k HTTP/1.1\r\n{lines}Content-Length: 1000000\r\n\r\n".encode() + b"x" * 1000
            )
        wait_until(lambda: blobs(served) == before)
        wait_until(lambda: served.server.in_flight == 0)

    def test_a_download_cut_off_is_forgotten(self, served, s3, bucket):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 20_000_000)
        headers = served.signed("s3", "GET", f"/{bucket}/k")
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(f"GET /{bucket}/k HTTP/1.1\r\n{lines}\r\n".encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        wait_until(lambda: served.server.in_flight == 0)

    def test_many_clients_at_once(self, served, bucket):
        clients = [served.client("s3") for _ in range(8)]

        def work(number):
            client = clients[number]
            for turn in range(10):
                body = f"{number}-{turn}".encode() * 1000
                client.put_object(Bucket=bucket, Key=f"k{number}", Body=body)
                assert client.get_object(Bucket=bucket, Key=f"k{number}")["Body"].read() == body
                with pytest.raises(ClientError):
                    client.get_object(Bucket=bucket, Key="nothere")
            return number

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(8))) == list(range(8))
        wait_until(lambda: served.server.in_flight == 0)

    def test_a_long_body_refused_does_not_hang(self, served, bucket):
        headers = {"Host": f"127.0.0.1:{served.port}", "Expect": "100-continue", "Content-Length": str(10 << 30)}
        assert served.ask("PUT", f"/{bucket}/k", headers)[0] == 403
        signed = served.signed("s3", "PUT", f"/{bucket}/k", Content_Length=str(10 << 30))
        status, _, body = served.ask("PUT", f"/{bucket}/k", signed)
        assert status == 400
        assert b"EntityTooLarge" in body
