"""What ModelTrainer of the SageMaker SDK 3.x sends, as it was recorded: runs where no SDK 3.x is installed."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes

from sm_pipeline_widgets import Execution, connect

RECORDED = Path(__file__).with_name("recorded.json")
GROUP = "/aws/sagemaker/TrainingJobs"
numbers = count()


@pytest.fixture
def train(engine, wait):
    """Run the recorded step, with other code if any is given; the step as listed, and its log."""
    recorded = json.loads(RECORDED.read_text())
    s3, sagemaker, logs = (engine.client(name) for name in ("s3", "sagemaker", "logs"))

    def run(**code):
        bucket = f"sdk3-recorded-{next(numbers)}"
        s3.create_bucket(Bucket=bucket)
        rows, targets = load_diabetes(return_X_y=True)
        data = "\n".join(",".join(map(str, (at, *row))) for at, row in zip(targets, rows, strict=True))
        files = {
            "data/train.csv": data,
            **{f"drivers/{name}": text for name, text in recorded["drivers"].items()},
            **{f"code/{name}": code.get(name, text) for name, text in recorded["code"].items()},
        }
        for key, text in files.items():
            s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
        step = json.loads(json.dumps(recorded["step"]).replace("BUCKET", bucket))
        text = json.dumps({"Version": "2020-12-01", "Steps": [step]})
        sagemaker.create_pipeline(PipelineName=bucket, PipelineDefinition=text, RoleArn=engine.endpoint.role)
        arn = sagemaker.start_pipeline_execution(PipelineName=bucket)["PipelineExecutionArn"]
        wait(arn)
        (found,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        job = found["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
        events = logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix=f"{job}/")["events"]
        return found, sagemaker.describe_training_job(TrainingJobName=job), [at["message"] for at in events]

    return run


def test_the_drivers_run_the_script(engine, train):
    step, job, log = train()
    assert step["StepStatus"] == "Succeeded", log
    assert 'SM_HPS={"alpha": 0.1}' in log
    assert any(line.endswith("train.py --alpha 0.1") for line in log)
    (metric,) = job["FinalMetricDataList"]
    assert f"rmse={metric['Value']:.3f};" in log
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    assert engine.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 100


def test_a_script_that_fails_is_told_as_itself(engine, train):
    """Its driver strips the script's lines and dies of it with an exception of its own."""
    step, job, log = train(**{"train.py": "def fit():\n    raise ValueError('no such column')\n\nfit()\n"})
    assert step["StepStatus"] == "Failed"
    assert "raise ValueError('no such column')" in log
    assert step["FailureReason"] == job["FailureReason"]
    assert "CalledProcessError" in job["FailureReason"]
    (listed,) = engine.client("sagemaker").list_pipeline_executions(PipelineName=log_bucket(job))[
        "PipelineExecutionSummaries"
    ]
    report = Execution.attach(listed["PipelineExecutionArn"], target=connect("local", home=engine.home)).why()
    (root,) = report.roots
    assert (root.exception_type, root.exception_message) == ("ValueError", "no such column")
    assert [frame.origin for frame in root.frames if frame.is_user] == ["train.py, line 4", "train.py, line 2"]


def log_bucket(job):
    """The run's bucket, which its pipeline is named after."""
    return job["OutputDataConfig"]["S3OutputPath"].split("/")[2]
