"""One step of a finished run again on this machine: of a run of this machine, and of one that AWS once answered for."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import traceback
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from sm_pipeline_widgets import Execution, Pipeline, connect, run
from sm_pipeline_widgets.api import debugging
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.loading import load, unpacked
from sm_pipeline_widgets.api.next_steps import RunNext
from sm_pipeline_widgets.api.replay_changes import Changes
from sm_pipeline_widgets.api.replaying import plan_replay, replay
from sm_pipeline_widgets.errors import CodeNotFoundError, UnansweredError, UsageError
from sm_pipeline_widgets.execution.next_steps import next_actions
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.view.replay_text import outcomes_html, outcomes_text
from sm_pipeline_widgets.widgets.replay_messages import replay_fact

from .recorded import Refusal, recorded_service

PREPARE = """%%step prepare
import os
with open(os.environ["SM_OUTPUT_TRAIN"] + "/rows.csv", "w") as file:
    file.write("x,y\\n" + "1,2\\n" * 100)
for name in "ab":
    with open(os.environ["SM_OUTPUT_NOTES"] + f"/{name}.txt", "w") as file:
        file.write(name)
"""
TRAIN = """%%step train
import argparse, os
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
alpha = parser.parse_args().alpha
rows = Path("/opt/ml/input/data/train/rows.csv").read_text().splitlines()
print("alpha", alpha, "rows", len(rows), "mode", os.environ.get("MODE"))
Path("/opt/ml/model/weights").write_text("w")
if alpha < 0.5:
    raise ValueError(f"alpha is too small: {alpha}")
"""
MENDED = TRAIN.replace("alpha < 0.5", "alpha < 0")
TEXT = """
steps:
  prepare: {type: Processing, code: cell:prepare, outputs: [train, notes]}
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: 0.1}
    inputs: {train: $steps.prepare.outputs.train}
"""


@pytest.fixture(scope="module")
def local(engine):
    return connect("local", home=engine.home)


def new_book(train: str = TRAIN) -> CodeBook:
    book = CodeBook()
    book.add_cell("prepare", PREPARE)
    book.add_cell("train", train)
    return book


@pytest.fixture(scope="module")
def failed(local):
    """A run whose training failed."""
    execution = run(Pipeline.from_yaml(TEXT, name="replayed", code=new_book()), target=local)
    execution.wait(90)
    assert execution.status is ExecutionStatus.FAILED
    return execution


def test_the_same_again_fails_in_the_same_way(failed, local):
    again = replay(failed, "train", target=local).wait(60)
    assert again.execution.status is ExecutionStatus.FAILED
    reasons = [one.step("train").reason for one in (failed, again.execution)]
    assert reasons[0] == reasons[1]
    text = again.comparison()
    assert "failed" in text
    assert "Lines of the log that differ" not in text
    assert again.execution.state.pipeline == "replay-replayed-train"


def test_mended_with_a_part_of_the_data_it_succeeds(failed, local):
    changes = Changes("cell:train", {"alpha": 0.7}, {"MODE": "trial"}, sample=0.1)
    again = replay(failed, "train", changes, target=local, code=new_book(MENDED)).wait(60)
    assert again.execution.status is ExecutionStatus.SUCCEEDED
    text = again.comparison()
    assert "+alpha 0.7 rows 11 mode trial" in text
    assert "-ValueError: alpha is too small: 0.1" in text
    assert "reads the first 10%" in text
    assert load(again.execution, "train", "model").joinpath("weights").read_text() == "w"


def test_both_runs_stand_beside_each_other_row_by_row(failed, local):
    told = []
    changes = Changes("cell:train", {"alpha": 0.7}, {"MODE": "trial", "API_TOKEN": "hunter2"})
    again = replay(failed, "train", changes, target=local, code=new_book(MENDED))
    again.follow(told.append).join(60)
    rows = {row.label: row for row in told[-1].rows}
    assert told[-1].is_final
    assert (rows["outcome"].before, rows["outcome"].after, rows["outcome"].is_different) == (
        "failed",
        "succeeded",
        True,
    )
    assert (rows["exit code"].before, rows["exit code"].after) == ("1", "")
    assert rows["exit message"].before == "ValueError: alpha is too small: 0.1"
    assert (rows["hyperparameter alpha"].before, rows["hyperparameter alpha"].after) == ("0.1", "0.7")
    assert (rows["code"].before, rows["code"].after) == ("train.py", "cell:train")
    assert "-if alpha < 0.5:\n+if alpha < 0:" in told[-1].code
    assert told[-1].original.log_end[-1].text == "ValueError: alpha is too small: 0.1"
    assert told[-1].replay.log_end[-1].text == "alpha 0.7 rows 101 mode trial"
    html, text = outcomes_html(told[-1]), outcomes_text(told[-1])
    assert "variable MODE" in html
    assert "hunter2" not in html + text + json.dumps(replay_fact(told[-1]))


def test_a_replay_says_beforehand_what_it_reads_and_runs(failed, local):
    planned = plan_replay(failed, "train", Changes(parameters={"alpha": 0.7}), target=local)
    words = str(planned)
    assert "Runs `train` of run" in words
    assert "hyperparameter alpha: 0.7 instead of 0.1" in words
    assert "code: as it was in that run" in words
    assert "it lies on this machine already" in words
    assert planned.question() is None
    sampled = Changes(sample=0.2, environment={"RATE": 2})
    assert "copies " in str(plan_replay(failed, "train", sampled, target=local))
    replay(failed, "train", sampled, target=local).wait(60)
    assert "from an earlier replay, used again" in str(plan_replay(failed, "train", sampled, target=local))
    same = plan_replay(failed, "train", Changes("cell:train"), target=local, code=new_book())
    assert "your newest is what ran then" in str(same)
    with pytest.raises(CodeNotFoundError, match="no `%%step nobody` cell"):
        plan_replay(failed, "train", Changes("cell:nobody"), target=local)


def test_the_buttons_of_a_card_replay_a_step(failed, local):
    begun = []
    actions = RunNext(failed, begun.append, begun.append)
    offered = {action.name: action for action in next_actions(failed.state)}
    assert "Training" in offered["replay"].types
    planned = actions.plan("replay_with", "train", {"parameters": "alpha=0.7", "code": "original", "sample": "50%"})
    assert "hyperparameter alpha: 0.7 instead of 0.1" in planned.words
    assert "reads the first 50%" in planned.words
    assert begun == []
    assert "below" in planned.start()
    (made,) = begun
    assert made.wait(60).execution.status is ExecutionStatus.SUCCEEDED
    assert made.original is failed
    for values in ({"sample": "many"}, {"parameters": "alpha"}, {"environment": "a='b"}):
        with pytest.raises(UsageError):
            actions.plan("replay_with", "train", values)


APPLY = """%%step apply
def model_fn(model_dir):
    return 2
def transform_fn(model, data, content_type, accept):
    cells = [float(cell) for line in data.splitlines() for cell in line.split(",")]
    print(len(cells), "cells")
    return "".join(f"{model * cell}\\n" for cell in cells), "text/csv"
"""
STRICT = APPLY.replace('    return ""', "    assert max(cells) < 3, 'a cell is too large'\n    return \"\"")
TRANSFORM = {
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://theirs/batch"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    },
    "TransformOutput": {"S3OutputPath": "s3://theirs/out", "AssembleWith": "Line", "Accept": "text/csv"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
}


def put_batch(s3, bucket):
    s3.put_object(Bucket=bucket, Key="batch/a.csv", Body="1,2\n3,4\n")
    s3.put_object(Bucket=bucket, Key="models/m.tar.gz", Body=source_archive(STRICT, "code/inference.py"))


def test_a_transform_step_is_replayed_with_its_model(local):
    if all(at["Name"] != "theirs" for at in local.s3.list_buckets()["Buckets"]):
        local.s3.create_bucket(Bucket="theirs")
    put_batch(local.s3, "theirs")
    container = {"Image": "image", "ModelDataUrl": "s3://theirs/models/m.tar.gz"}
    steps = [
        {
            "Name": "made",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": local.role},
        },
        {
            "Name": "apply",
            "Type": "Transform",
            "Arguments": {**TRANSFORM, "ModelName": {"Get": "Steps.made.ModelName"}},
        },
    ]
    definition = {"Version": "2020-12-01", "Parameters": [], "Steps": steps}
    failed = run(Pipeline.from_definition(definition, "batch"), local)
    failed.wait(90)
    assert failed.status is ExecutionStatus.FAILED
    book = CodeBook()
    book.add_cell("apply", APPLY)
    again = replay(failed, "apply", target=local).wait(60)
    assert again.execution.step("apply").status == "failed"
    mended = replay(failed, "apply", Changes("cell:apply"), target=local, code=book).wait(60)
    assert mended.execution.status is ExecutionStatus.SUCCEEDED
    place = load(mended.execution, "apply", "output", "path")
    assert (place / "a.csv.out").read_text().split() == ["2.0", "4.0", "6.0", "8.0"]
    with pytest.raises(UsageError, match="no hyperparameters"):
        plan_replay(failed, "apply", Changes(parameters={"alpha": 1}), target=local)
    with pytest.raises(UsageError, match="a server, not by a script"):
        debugging.prepare(failed, "apply", target=local)


def test_what_came_before_is_replayed_alike(failed, local):
    again = replay(failed, "prepare", target=local).wait(60)
    assert again.execution.status is ExecutionStatus.SUCCEEDED
    frame = load(again.execution, "prepare", "train")
    assert frame.shape == (100, 2)


def test_what_a_step_read_and_left_comes_into_the_kernel(failed, tmp_path):
    path = load(failed, "train", "input:train", "path", tmp_path)
    assert [at.name for at in path.iterdir()] == ["rows.csv"]
    assert load(failed, "train", "train", folder=tmp_path).shape == (100, 2)
    notes = load(failed, "prepare", "output:notes", folder=tmp_path)
    assert sorted(at.name for at in notes.iterdir()) == ["a.txt", "b.txt"]
    with pytest.raises(UsageError, match="is no table"):
        load(failed, "prepare", "notes", "frame", tmp_path)
    with pytest.raises(UsageError, match="has no `nots`"):
        load(failed, "prepare", "nots", folder=tmp_path)


def test_a_script_runs_in_this_process_and_is_left_where_it_failed(failed, local, tmp_path, capsys):

    before = (dict(os.environ), Path.cwd(), list(sys.argv), list(sys.path), sys.modules["__main__"])
    script = debugging.prepare(failed, "train", target=local, folder=tmp_path / "ml", cache=tmp_path)
    with script.surroundings():
        error = script.run()
    assert (dict(os.environ), Path.cwd(), list(sys.argv), list(sys.path), sys.modules["__main__"]) == before
    assert isinstance(error, ValueError)
    assert "alpha 0.1 rows 101" in capsys.readouterr().out
    (frame,) = traceback.extract_tb(error.__traceback__)
    # line N of the file is line N of the cell
    assert (frame.lineno, frame.line) == (11, 'raise ValueError(f"alpha is too small: {alpha}")')
    assert error.__traceback__.tb_frame.f_globals["alpha"] == 0.1
    assert "secret" not in repr(script).lower()


def test_mended_the_script_ends_well_in_this_process(failed, local, tmp_path):
    script = debugging.prepare(
        failed, "train", "cell:train", book=new_book(MENDED), target=local, folder=tmp_path / "m", cache=tmp_path
    )
    with script.surroundings():
        assert script.run() is None
    assert (tmp_path / "m" / "model" / "weights").read_text() == "w"


@pytest.mark.parametrize(
    ("end", "ends_well"), [("sys.exit()", True), ("sys.exit(0)", True), ("sys.exit(3)", False), ("1 / 0", False)]
)
def test_how_a_script_ends(end, ends_well, tmp_path):
    path = tmp_path / "s.py"
    path.write_text(f"import sys\n{end}\n")
    error = debugging.Script(path, tmp_path, (str(path),), {}, tmp_path).run()
    assert (error is None) == ends_well


def test_archives_cannot_write_outside(tmp_path):
    path = tmp_path / "bad.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("../escaped")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(UsageError, match="cannot be unpacked"):
        unpacked(path)
    assert [at.name for at in tmp_path.iterdir()] == ["bad.tar.gz"]


# -- a run of AWS ---------------------------------------------------------------------------------------------------

PIPELINE = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn"
RUN = f"{PIPELINE}/execution/abcdefghijkl"
JOB = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/pipelines-abcdefghijkl-train-x1y2z3"
BEGAN, ENDED = 1_790_000_000.0, 1_790_000_300.0
REASON = 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: alpha is too small: 0.1"'
ANSWERS = {
    "DescribePipelineExecution": {
        "PipelineArn": PIPELINE,
        "PipelineExecutionArn": RUN,
        "PipelineExecutionStatus": "Failed",
        "FailureReason": "Step failure: One or multiple steps failed.",
        "CreationTime": BEGAN,
        "LastModifiedTime": ENDED,
    },
    "ListPipelineExecutionSteps": {
        "PipelineExecutionSteps": [
            {
                "StepName": "train",
                "StartTime": BEGAN,
                "EndTime": ENDED,
                "StepStatus": "Failed",
                "FailureReason": f"ClientError: {REASON}",
                "AttemptCount": 1,
                "Metadata": {"TrainingJob": {"Arn": JOB}},
            }
        ]
    },
    "ListPipelineParametersForExecution": {"PipelineParameters": []},
    "DescribePipelineDefinitionForExecution": {
        "PipelineDefinition": json.dumps(
            {
                "Version": "2020-12-01",
                "Parameters": [],
                "Steps": [{"Name": "train", "Type": "Training", "Arguments": {}}],
            }
        )
    },
    "DescribeTrainingJob": {
        "TrainingJobName": JOB.rpartition("/")[2],
        "TrainingJobArn": JOB,
        "TrainingJobStatus": "Failed",
        "SecondaryStatus": "Failed",
        "FailureReason": REASON,
        "HyperParameters": {
            "alpha": "0.1",
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://theirs/code/sourcedir.tar.gz"',
            "sagemaker_region": '"eu-west-1"',
        },
        "AlgorithmSpecification": {
            "TrainingImage": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::123456789012:role/theirs",
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": "s3://theirs/data/train",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://theirs/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "FinalMetricDataList": [{"MetricName": "rmse", "Value": 60.5, "Timestamp": ENDED}],
        "CreationTime": BEGAN,
        "TrainingStartTime": BEGAN,
        "TrainingEndTime": ENDED,
    },
    "DescribeLogStreams": {"logStreams": []},
    "GetLogEvents": {"events": [], "nextForwardToken": "f/1", "nextBackwardToken": "b/1"},
}


@pytest.fixture
def theirs(monkeypatch):
    """A failed execution of an AWS account."""
    with account(monkeypatch, ANSWERS) as execution:
        yield execution


@contextmanager
def account(monkeypatch, answers):
    """The execution of an AWS account that answers so, with what it read in an S3 of its own."""
    s3 = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    s3.start()
    host, port = s3.get_host_and_port()
    # what moto holds is the process's, not the server's
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    with recorded_service(answers) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", url)
        target = connect("aws", region="eu-west-1", role="arn:aws:iam::123456789012:role/theirs", bucket="theirs")
        client = target.s3
        client.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_object(Bucket="theirs", Key="data/train/rows.csv", Body="x,y\n" + "1,2\n" * 50)
        client.put_object(Bucket="theirs", Key="data/train_other/no.csv", Body="not this")
        client.put_object(Bucket="theirs", Key="code/sourcedir.tar.gz", Body=source_archive(TRAIN))
        put_batch(client, "theirs")
        execution = Execution.attach(RUN, target)
        yield execution
        execution.watcher.close()
    s3.stop()


def source_archive(cell: str, name: str = "train.py") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in ((name, cell.replace("%%step", "#")), ("helpers.py", "X = 1\n")):
            info = tarfile.TarInfo(path)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_step_of_aws_fails_here_as_it_did_there_and_succeeds_mended(theirs, local):
    again = replay(theirs, "train", target=local).wait(60)
    assert again.execution.status is ExecutionStatus.FAILED
    assert "ValueError: alpha is too small: 0.1" in again.execution.step("train").reason
    assert again.execution.why().roots[0].exception_message == "alpha is too small: 0.1"
    # they were put there now, and the job ended long ago
    assert again.notes == ("1 of the objects it reads was written after the original run began.",)
    mended = replay(theirs, "train", Changes("cell:train"), target=local, code=new_book(MENDED)).wait(60)
    assert mended.execution.status is ExecutionStatus.SUCCEEDED
    text = mended.comparison()
    assert "rmse" in text
    assert "60.5" in text
    assert [line.text for line in mended.execution.logs("train")] == ["alpha 0.1 rows 51 mode None"]
    frame = load(theirs, "train", "train")
    assert frame.shape == (50, 2)


def test_much_data_is_asked_about_before_it_is_copied(theirs, local):
    theirs.target.s3.put_object(Bucket="theirs", Key="data/train/more.csv", Body="x,y\n" + "3,4\n" * 50)
    asked = []

    def no(question):
        asked.append(question)
        return False

    with pytest.raises(UsageError, match="You said no"):
        replay(theirs, "train", target=local, limit=100, ask=no)
    assert "408 bytes in 2 objects: s3://theirs/data/train" in asked[0].text
    with pytest.raises(UnansweredError, match="--yes"):
        replay(theirs, "train", target=local, limit=100)
    replay(theirs, "train", target=local, limit=100, yes=True).wait(60)
    # what is there is not asked about again
    replay(theirs, "train", target=local, limit=100, ask=no).wait(60)
    assert len(asked) == 1


def test_data_that_is_gone_is_said(theirs, local):
    theirs.target.s3.delete_object(Bucket="theirs", Key="data/train/rows.csv")
    theirs.target.s3.delete_object(Bucket="theirs", Key="data/train_other/no.csv")
    with pytest.raises(UsageError, match="Nothing lies at s3://theirs/data/train any more"):
        replay(theirs, "train", target=local)


BATCH_JOB = "arn:aws:sagemaker:eu-west-1:123456789012:transform-job/pipelines-abcdefghijkl-apply-x1y2z3"
BATCH_ANSWERS = {
    **ANSWERS,
    "ListPipelineExecutionSteps": {
        "PipelineExecutionSteps": [
            {
                "StepName": "apply",
                "StartTime": BEGAN,
                "EndTime": ENDED,
                "StepStatus": "Failed",
                "FailureReason": "ClientError: See job logs for more information",
                "AttemptCount": 1,
                "Metadata": {"TransformJob": {"Arn": BATCH_JOB}},
            }
        ]
    },
    "DescribePipelineDefinitionForExecution": {
        "PipelineDefinition": json.dumps(
            {"Version": "2020-12-01", "Steps": [{"Name": "apply", "Type": "Transform", "Arguments": {}}]}
        )
    },
    "DescribeTransformJob": {
        **TRANSFORM,
        "TransformJobName": BATCH_JOB.rpartition("/")[2],
        "TransformJobArn": BATCH_JOB,
        "TransformJobStatus": "Failed",
        "FailureReason": "ClientError: See job logs for more information",
        "ModelName": "pipelines-abcdefghijkl-made-model-1",
        "CreationTime": BEGAN,
        "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
    },
    "DescribeModel": {
        "ModelName": "pipelines-abcdefghijkl-made-model-1",
        "ModelArn": "arn:aws:sagemaker:eu-west-1:123456789012:model/pipelines-abcdefghijkl-made-model-1",
        "PrimaryContainer": {
            "Image": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "Mode": "SingleModel",
            "ModelDataUrl": "s3://theirs/models/m.tar.gz",
            "Environment": {"SAGEMAKER_CONTAINER_LOG_LEVEL": "20"},
        },
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/theirs",
        "CreationTime": BEGAN,
        "EnableNetworkIsolation": False,
        "DeploymentRecommendation": {"RecommendationStatus": "COMPLETED", "RealTimeInferenceRecommendations": []},
    },
}


def test_a_transform_of_aws_is_replayed_with_the_artefacts_of_its_model(monkeypatch, local):
    with account(monkeypatch, BATCH_ANSWERS) as theirs:
        planned = plan_replay(theirs, "apply", target=local)
        assert "reads s3://theirs/models/m.tar.gz (1 objects" in str(planned)
        again = planned.start().wait(60)
        assert again.execution.step("apply").status == "failed"
        assert any("a cell is too large" in line.text for line in again.execution.logs("apply"))


def test_a_transform_whose_model_is_gone_is_refused_in_words(monkeypatch, local):
    gone = {name: answer for name, answer in BATCH_ANSWERS.items() if name != "DescribeModel"}
    missing = {"__type": "ValidationException", "message": "Could not find model"}
    with account(monkeypatch, {**gone, "DescribeModel": Refusal(missing)}) as theirs:
        with pytest.raises(UsageError, match="model of Transform step `apply` is gone") as caught:
            plan_replay(theirs, "apply", target=local)
        assert "--from" in caught.value.fix
