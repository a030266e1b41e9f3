"""Jobs of the SageMaker SDK 2.x that are not in the pipeline's usual course: notebooks, several instances."""

from __future__ import annotations

import json
import time
import warnings

import nbformat
import pytest

from tests.contract.sdk.kit import IMAGE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
    from sagemaker.workflow.notebook_job_step import NotebookJobStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import ProcessingStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]


def ran(engine, session, name, *steps):
    """Run a pipeline to its end; its steps by name."""
    pipeline = Pipeline(name=name, steps=list(steps), sagemaker_session=session)
    pipeline.upsert(role_arn=engine.endpoint.role)
    execution = pipeline.start()
    deadline = time.monotonic() + 200
    while execution.describe()["PipelineExecutionStatus"] == "Executing":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return {step["StepName"]: step for step in execution.list_steps()}


def lines_of(engine, group, arn):
    request = {"logGroupName": f"/aws/sagemaker/{group}", "logStreamNamePrefix": arn.rpartition("/")[2]}
    events = engine.client("logs").filter_log_events(**request)["events"]
    return {(at["logStreamName"].split("/")[1].rpartition("-")[0], at["message"]) for at in events}


def test_a_notebook_job(engine, session, tmp_path):
    cells = [nbformat.v4.new_code_cell("who = 'nobody'"), nbformat.v4.new_code_cell("print('hello', who)")]
    cells[0].metadata["tags"] = ["parameters"]
    path = tmp_path / "report.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    step = NotebookJobStep(
        name="report", input_notebook=str(path), image_uri=IMAGE, kernel_name="python3",
        role=engine.endpoint.role, parameters={"who": "world"},
    )  # fmt: skip
    (found,) = ran(engine, session, "sdk-notebook", step).values()
    assert found["StepStatus"] == "Succeeded", found
    arn = found["Metadata"]["TrainingJob"]["Arn"]
    assert ("algo-1", "hello world") in lines_of(engine, "TrainingJobs", arn)
    job = engine.client("sagemaker").describe_training_job(TrainingJobName=arn.rpartition("/")[2])
    assert job["SecondaryStatus"] == "Completed"


def test_a_processor_on_two_instances(engine, session, tmp_path):
    bucket = engine.endpoint.bucket
    for name in "abc":
        engine.client("s3").put_object(Bucket=bucket, Key=f"sharded/in/{name}", Body=name.encode())
    script = tmp_path / "count.py"
    script.write_text(
        "import json, os\n"
        "me = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        "names = sorted(os.listdir('/opt/ml/processing/input/part'))\nprint(names)\n"
        "open(f'/opt/ml/processing/output/o/{me}', 'w').write(json.dumps(names))\n"
    )
    processor = ScriptProcessor(
        image_uri=IMAGE, command=["python3"], role=engine.endpoint.role, instance_count=2, instance_type="ml.m5.large",
        sagemaker_session=session,
    )  # fmt: skip
    call = processor.run(
        code=str(script),
        inputs=[ProcessingInput(source=f"s3://{bucket}/sharded/in", destination="/opt/ml/processing/input/part", s3_data_distribution_type="ShardedByS3Key")],
        outputs=[ProcessingOutput(output_name="o", source="/opt/ml/processing/output/o", destination=f"s3://{bucket}/sharded/out")],
    )  # fmt: skip
    (found,) = ran(engine, session, "sdk-two", ProcessingStep(name="count", step_args=call)).values()
    assert found["StepStatus"] == "Succeeded", found
    said = lines_of(engine, "ProcessingJobs", found["Metadata"]["ProcessingJob"]["Arn"])
    assert said == {("algo-1", "['a', 'c']"), ("algo-2", "['b']")}
    body = engine.client("s3").get_object(Bucket=bucket, Key="sharded/out/algo-2")["Body"].read()
    assert json.loads(body) == ["b"]
