"""The AWS CLI, a client nobody here wrote, against the engine."""

from __future__ import annotations

import base64
import hashlib
import time
import urllib.request
import zlib

import pytest


@pytest.fixture
def tree(tmp_path):
    """A folder with names that need care."""
    files = {
        "a.txt": b"a",
        "sub/b c.txt": b"bc",
        "sub/ü+&.bin": b"\0" * 5000,
        "empty": b"",
        "big.bin": b"x" * (9 << 20),
    }
    for name, data in files.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_who_am_i(aws):
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"


def test_a_pipelines_life(engine, aws, wait, pipeline, tmp_path):
    definition, processing = pipeline
    (tmp_path / "definition.json").write_text(definition(processing("hello", "print('from the CLI')")))
    created = aws(
        "sagemaker", "create-pipeline", "--pipeline-name", "cli", "--role-arn", engine.endpoint.role,
        "--pipeline-definition", "file://definition.json",
    )  # fmt: skip
    listed = aws("sagemaker", "list-pipelines", "--pipeline-name-prefix", "cli")
    assert [item["PipelineArn"] for item in listed["PipelineSummaries"]] == [created["PipelineArn"]]
    assert aws("sagemaker", "describe-pipeline", "--pipeline-name", "cli")["PipelineStatus"] == "Active"
    started = aws("sagemaker", "start-pipeline-execution", "--pipeline-name", "cli")
    arn = started["PipelineExecutionArn"]
    assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = aws("sagemaker", "list-pipeline-execution-steps", "--pipeline-execution-arn", arn)
    (step,) = steps["PipelineExecutionSteps"]
    job = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    events = aws(
        "logs", "filter-log-events", "--log-group-name", "/aws/sagemaker/ProcessingJobs",
        "--log-stream-name-prefix", job,
    )  # fmt: skip
    assert [event["message"] for event in events["events"]] == ["from the CLI"]
    assert "does not exist" in aws("sagemaker", "describe-pipeline", "--pipeline-name", "nothere", fails=True)


def test_stop(engine, aws, wait, pipeline):
    definition, processing = pipeline
    client = engine.client("sagemaker")
    text = definition(processing("long", "import time; time.sleep(60)"))
    client.create_pipeline(PipelineName="cli-stop", PipelineDefinition=text, RoleArn=engine.endpoint.role)
    arn = client.start_pipeline_execution(PipelineName="cli-stop")["PipelineExecutionArn"]
    aws("sagemaker", "stop-pipeline-execution", "--pipeline-execution-arn", arn)
    assert wait(arn)["PipelineExecutionStatus"] == "Stopped"


def test_copy_a_tree_there_and_back(aws, tree, tmp_path):
    aws("s3", "mb", "s3://cli-copy")
    aws("s3", "cp", "--recursive", "--quiet", "tree", "s3://cli-copy/a prefix")
    listed = aws("s3", "ls", "--recursive", "s3://cli-copy")
    assert all(f"a prefix/{name}\n" in listed for name in tree)
    aws("s3", "cp", "--recursive", "--quiet", "s3://cli-copy/a prefix/", "back")
    assert content(tmp_path / "back") == tree
    aws("s3", "rm", "--recursive", "--quiet", "s3://cli-copy")
    aws("s3", "rb", "s3://cli-copy")
    assert "NoSuchBucket" in aws("s3", "ls", "s3://cli-copy", fails=True)


def test_sync_moves_only_what_changed(engine, aws, tree, tmp_path):
    aws("s3", "mb", "s3://cli-sync")
    first = aws("s3", "sync", "tree", "s3://cli-sync")
    assert first.count("upload:") == len(tree)
    assert aws("s3", "sync", "tree", "s3://cli-sync") == ""
    (tmp_path / "tree" / "a.txt").write_bytes(b"longer")
    (tmp_path / "tree" / "empty").unlink()
    second = aws("s3", "sync", "--delete", "tree", "s3://cli-sync")
    assert (second.count("upload:"), second.count("delete:")) == (1, 1)
    aws("s3", "sync", "--quiet", "s3://cli-sync", "s3://cli-sync-nothere", fails=True)
    engine.client("s3").create_bucket(Bucket="cli-sync-copy")
    aws("s3", "sync", "--quiet", "s3://cli-sync", "s3://cli-sync-copy")
    aws("s3", "sync", "--quiet", "s3://cli-sync-copy", "back")
    assert content(tmp_path / "back") == content(tmp_path / "tree")


def test_move_stream_and_presign(engine, aws, tmp_path):
    (tmp_path / "one").write_bytes(b"one")
    bucket = engine.endpoint.bucket
    aws("s3", "cp", "--quiet", "one", f"s3://{bucket}/cli/one")
    aws("s3", "mv", "--quiet", f"s3://{bucket}/cli/one", f"s3://{bucket}/cli/two")
    assert aws("s3", "cp", f"s3://{bucket}/cli/two", "-") == "one"
    assert "404" in aws("s3api", "head-object", "--bucket", bucket, "--key", "cli/one", fails=True)
    part = aws("s3api", "get-object", "--bucket", bucket, "--key", "cli/two", "--range", "bytes=1-", "part")
    assert part["ContentRange"] == "bytes 1-2/3"
    assert (tmp_path / "part").read_bytes() == b"ne"
    address = aws("s3", "presign", f"s3://{bucket}/cli/two").strip()
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.read() == b"one"


def test_checksums(engine, aws, tmp_path):
    """One the CLI chooses by itself, and one it is asked for."""
    (tmp_path / "one").write_bytes(b"one")
    bucket = engine.endpoint.bucket
    head = ("s3api", "head-object", "--bucket", bucket, "--key", "cli/sum", "--checksum-mode", "ENABLED")
    aws("s3", "cp", "--quiet", "one", f"s3://{bucket}/cli/sum")
    assert aws(*head)["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"one").to_bytes(4, "big")).decode()
    aws("s3", "cp", "--quiet", "--checksum-algorithm", "SHA256", "one", f"s3://{bucket}/cli/sum")
    assert aws(*head)["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(b"one").digest()).decode()


def test_wrong_keys_are_refused_at_once(engine, aws):
    started = time.monotonic()
    said = aws("sagemaker", "list-pipelines", "--no-sign-request", fails=True)
    assert "MissingAuthenticationToken" in said
    assert time.monotonic() - started < 30
