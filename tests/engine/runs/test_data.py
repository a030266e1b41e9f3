"""Data in and out of jobs: manifests, FastFile, continuous outputs, checkpoints."""

from __future__ import annotations

import gzip
import json

import pytest

from sm_pipeline_widgets.engine.operations import execution_control
from tests.commands import python

READ = (
    "import os\n"
    "base = '/opt/ml/input/data/c'\n"
    "print(sorted(os.path.relpath(os.path.join(at, n), base) for at, _, names in os.walk(base) for n in names))\n"
)


def trained(lab, source, code=READ, **channel):
    at = {"ChannelName": "c", "DataSource": {"S3DataSource": source}, **channel}
    algorithm = {"ContainerEntrypoint": python(code)}
    return lab.run([lab.training("train", {}, algorithm=algorithm, arguments={"InputDataConfig": [at]})])


@pytest.fixture
def filled(lab):
    for name in ("a.txt", "b.txt", "deep/c.txt"):
        lab.put(f"in/{name}", name)
    return lab


def test_a_fast_file_channel_is_a_folder_too(filled):
    end = trained(filled, {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}, InputMode="FastFile")
    assert end.log("train") == [str(["a.txt", "b.txt", "deep/c.txt"])]


def test_pipe_mode_is_refused_in_words(filled):
    end = trained(filled, {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}, InputMode="Pipe")
    words = "ClientError: channel 'c' of step 'train' asks for Pipe mode, which the engine has not; use File or FastFile."  # fmt: skip
    assert end.steps["train"]["FailureReason"] == words


def test_record_io_is_refused_in_words(filled):
    end = trained(filled, {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}, RecordWrapperType="RecordIO")
    assert end.steps["train"]["FailureReason"] == (
        "ClientError: channel 'c' of step 'train' asks for RecordIO records. Only Pipe mode makes them, which the engine "
        "has not; leave RecordWrapperType out and read the files."
    )


def test_a_manifest_names_what_is_fetched(filled):
    filled.put("m/list.json", json.dumps([{"prefix": "s3://data/in/"}, "a.txt", "deep/c.txt"]))
    end = trained(filled, {"S3DataType": "ManifestFile", "S3Uri": "s3://data/m/list.json"})
    assert end.log("train") == [str(["a.txt", "deep/c.txt", "list.json"])]


def test_an_augmented_manifest_brings_what_it_refers_to(filled):
    lines = [{"image-ref": f"s3://data/in/{name}", "label": 1} for name in ("a.txt", "b.txt", "a.txt")]
    filled.put("m/list.jsonl", "\n".join(map(json.dumps, lines)))
    source = {
        "S3DataType": "AugmentedManifestFile",
        "S3Uri": "s3://data/m/list.jsonl",
        "AttributeNames": ["image-ref", "label"],
    }
    assert trained(filled, source).log("train") == [str(["in/a.txt", "in/b.txt", "list.jsonl"])]
    filled.put("m/list.jsonl", '{"other": 1}')
    reason = trained(filled, source).steps["train"]["FailureReason"]
    assert "line 1 of the augmented manifest s3://data/m/list.jsonl has not the attributes image-ref, label" in reason


def test_gzip_objects_are_unpacked_and_others_named(filled):
    filled.put("z/a.csv", gzip.compress(b"1,2"))
    code = "print(open('/opt/ml/input/data/c/a.csv').read())"
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://data/z"}
    assert trained(filled, source, code, CompressionType="Gzip").log("train") == ["1,2"]
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}
    assert "s3://data/in/a.txt is not gzip" in trained(filled, source, CompressionType="Gzip").steps["train"]["FailureReason"]  # fmt: skip


def test_keys_that_cannot_be_files_together(lab):
    lab.put("in/a", "1")
    lab.put("in/a/b", "2")
    reason = trained(lab, {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}).steps["train"]["FailureReason"]
    assert "needs a file where another key needs a folder" in reason


def test_continuous_outputs_are_there_while_the_job_runs(lab, tmp_path):
    gate = tmp_path / "gate"
    code = (
        "import os, time\nbase = '/opt/ml/processing/output/o/'\n"
        "open(base + 'first', 'w').write('1')\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\n"
        "open(base + 'last', 'w').write('2')\nraise SystemExit(1)\n"
    )
    step = lab.processing("one", code, outputs={"o": "s3://data/out"})
    step["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    lab.create([step])
    arn = lab.begin()
    lab.until(lambda: lab.keys("out") == ["out/first"])
    gate.touch()
    assert lab.end(arn).status == "Failed"
    # at the end once more, even of a job that failed
    assert lab.keys("out") == ["out/first", "out/last"]


CHECKPOINTS = """
import os, time
base = '/opt/ml/checkpoints/'
print(sorted(os.listdir(base)))
number = len(os.listdir(base))
open(base + f'epoch-{number}', 'w').write('x')
gate = GATE
while gate and not os.path.exists(gate): time.sleep(0.01)
if number == 2: os.unlink(base + 'epoch-0')
"""


def checkpointed(lab, gate=""):
    algorithm = {"ContainerEntrypoint": python(CHECKPOINTS.replace("GATE", repr(gate)))}
    return lab.training("train", {}, algorithm=algorithm, arguments={"CheckpointConfig": {"S3Uri": "s3://data/cp"}})


def test_checkpoints_are_kept_restored_and_forgotten(lab):
    seen = [lab.run([checkpointed(lab)]).log("train")[0] for _ in range(3)]
    assert seen == ["[]", "['epoch-0']", "['epoch-0', 'epoch-1']"]
    assert lab.keys("cp") == ["cp/epoch-1", "cp/epoch-2"]


def test_checkpoints_of_a_job_that_is_stopped_are_kept(lab, tmp_path):
    lab.create([checkpointed(lab, str(tmp_path / "never"))])
    arn = lab.begin()
    lab.until(lambda: lab.keys("cp") == ["cp/epoch-0"])
    execution_control.stop_pipeline_execution(lab.engine, {"PipelineExecutionArn": arn})
    assert lab.end(arn).status == "Stopped"
    assert lab.run([checkpointed(lab)]).log("train") == ["['epoch-0']"]


def test_a_folder_that_became_a_link_is_not_followed(lab, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("do not take")
    code = f"import os, shutil\nshutil.rmtree('/opt/ml/processing/output/o')\nos.symlink({str(secret)!r}, '/opt/ml/processing/output/o')"
    end = lab.run([lab.processing("one", code, outputs={"o": "s3://data/out"})])
    assert lab.keys("out") == []
    assert end.log("one") == ["warning: /opt/ml/processing/output/o is a link; links are not uploaded."]


def test_an_exit_message(lab):
    end = lab.run([lab.processing("one", "open('/opt/ml/output/message', 'w').write('ü' * 2000)")])
    assert end.job("one")["ExitMessage"] == "ü" * 1024


def test_a_feature_store_is_not_here(lab):
    output = {"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "g"}}
    end = lab.run([lab.processing("one", "pass", arguments={"ProcessingOutputConfig": {"Outputs": [output]}})])
    assert "output 'f' of step 'one' goes to a feature store, and the engine has none" in end.steps["one"]["FailureReason"]  # fmt: skip
