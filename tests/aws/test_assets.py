from __future__ import annotations

import io
import os
import tarfile

import boto3
import pytest
from moto import mock_aws

from sm_pipeline_widgets.aws.assets import cell_code, read_code, source_archive, upload
from sm_pipeline_widgets.definition.code import archive_key
from sm_pipeline_widgets.errors import CodeNotFoundError


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "src"
    (root / "lib").mkdir(parents=True)
    (root / "train.py").write_text("print('hi')\n")
    (root / "lib" / "util.py").write_text("X = 1\n")
    return root


@pytest.fixture
def s3(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        yield client


def test_the_hash_is_of_content_alone(folder, tmp_path):
    before = read_code(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    os.utime(folder / "train.py", (1, 1))
    after = read_code(folder)
    assert after.sha256 == before.sha256
    assert source_archive(after) == source_archive(before)
    (folder / "lib" / "util.py").write_text("X = 2\n")
    assert read_code(folder).sha256 != before.sha256


def test_moving_bytes_between_files_changes_the_hash(tmp_path):
    hashes = set()
    for first, second in (("ab", "c"), ("a", "bc")):
        root = tmp_path / first
        root.mkdir()
        (root / "x.py").write_text(first)
        (root / "y.py").write_text(second)
        hashes.add(read_code(root, "x.py").sha256)
    assert len(hashes) == 2


def test_a_folders_one_script_is_its_entry_and_otherwise_it_must_be_named(folder):
    assert read_code(folder).entry == "train.py"
    (folder / "other.py").write_text("")
    with pytest.raises(CodeNotFoundError, match=r"entry:.*lib/util\.py"):
        read_code(folder)
    assert read_code(folder, "./other.py").entry == "other.py"
    with pytest.raises(CodeNotFoundError, match="no file `nope"):
        read_code(folder, "nope.py")


def test_what_is_not_there_is_told_with_what_is(folder):
    with pytest.raises(CodeNotFoundError, match=r"train\.py"):
        read_code(folder / "trian.py")


def test_line_n_of_a_cells_file_is_line_n_of_the_cell():
    asset = cell_code("train", "%%step train --try\nimport os\nraise SystemExit(3)\n")
    ((path, content),) = asset.files
    assert path == asset.entry == "train.py"
    assert content.decode().splitlines()[1:] == ["import os", "raise SystemExit(3)"]
    assert asset.sha256 == cell_code("train", "%%step train\nimport os\nraise SystemExit(3)\n").sha256


def test_the_archive_holds_the_files(folder):
    with tarfile.open(fileobj=io.BytesIO(source_archive(read_code(folder)))) as archive:
        assert archive.getnames() == ["lib/util.py", "train.py"]
        entry = archive.getmember("train.py")
        assert (entry.mtime, entry.uid, entry.gid) == (0, 0, 0)


def test_only_what_is_not_there_yet_is_uploaded(folder, s3):
    asset = read_code(folder)
    first = upload(asset, s3, "bucket", "files")
    assert first == (f"{asset.prefix}lib/util.py", f"{asset.prefix}train.py")
    assert asset.prefix == f"sm-pipeline-widgets/code/{asset.sha256}/"
    assert upload(asset, s3, "bucket", "files") == ()
    s3.delete_object(Bucket="bucket", Key=first[0])
    assert upload(asset, s3, "bucket", "files") == first[:1]
    assert upload(asset, s3, "bucket", "archive") == (archive_key(asset.sha256),)
    assert upload(asset, s3, "bucket", "archive") == ()
    body = s3.get_object(Bucket="bucket", Key=f"{asset.prefix}train.py")["Body"].read()
    assert body == b"print('hi')\n"


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_a_name_no_file_system_takes_is_not_found(tmp_path, name):
    with pytest.raises(CodeNotFoundError, match=r"There (is|can be) no file or folder"):
        read_code(tmp_path / name)
