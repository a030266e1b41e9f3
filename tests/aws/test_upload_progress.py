"""Progress of uploads: told as bytes go, and their sum is the size."""

from __future__ import annotations

import pytest
from moto import mock_aws

from sm_pipeline_widgets.aws.assets import IN_PARTS, missing, put, read_code
from sm_pipeline_widgets.aws.session import TargetSession


@pytest.fixture
def s3():
    with mock_aws():
        client = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b").client("s3")
        client.create_bucket(Bucket="bucket")
        yield client


def test_a_large_object_is_told_part_by_part(s3):
    content = b"x" * (IN_PARTS + 1024)
    told: list[int] = []
    put(s3, "bucket", {"large": content, "small": b"123"}, told.append)
    assert sum(told) == len(content) + 3
    assert len(told) > 3
    assert s3.head_object(Bucket="bucket", Key="large")["ContentLength"] == len(content)


def test_a_large_folder_is_told_file_by_file_and_only_for_what_is_missing(s3, tmp_path):
    for number in range(50):
        (tmp_path / f"part{number}.py").write_text(f"x = {number}\n")
    asset = read_code(tmp_path, "part0.py")
    wanted = missing(asset, s3, "bucket", "files")
    assert len(wanted) == 50
    kept = dict(list(wanted.items())[:10])
    told: list[int] = []
    put(s3, "bucket", kept, told.append)
    assert told == [len(content) for content in kept.values()]
    assert len(missing(asset, s3, "bucket", "files")) == 40
