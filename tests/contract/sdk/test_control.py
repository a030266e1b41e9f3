"""The SDK 2.x: pipelines kept, changed and stopped."""

from __future__ import annotations

import json
import time
import warnings

import pytest
from botocore.exceptions import ClientError

from tests.contract.sdk.kit import IMAGE, INSTANCE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.processing import ScriptProcessor
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import ProcessingStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


def test_stopping(engine, session, tmp_path):
    (tmp_path / "slow.py").write_text("import time; print('up', flush=True); time.sleep(600)")
    script = ScriptProcessor(
        image_uri=IMAGE, command=["python3"], role=engine.endpoint.role, instance_count=1, instance_type=INSTANCE,
        sagemaker_session=session,
    )  # fmt: skip
    slow = ProcessingStep("slow", step_args=script.run(code=str(tmp_path / "slow.py")))
    pipeline = Pipeline("sdk-slow", steps=[slow], sagemaker_session=session)
    pipeline.upsert(role_arn=engine.endpoint.role)
    execution = pipeline.start(execution_display_name="to-be-stopped", execution_description="it sleeps")
    execution.stop()
    deadline = time.monotonic() + 60
    while (described := execution.describe())["PipelineExecutionStatus"] in ("Executing", "Stopping"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert described["PipelineExecutionStatus"] == "Stopped"
    assert described["PipelineExecutionDisplayName"] == "to-be-stopped"


def test_upsert_reads_back_and_merges_tags(engine, session):
    client, role = engine.client("sagemaker"), engine.endpoint.role
    pipeline = Pipeline("sdk-upsert", steps=[FailStep("no", error_message="no")], sagemaker_session=session)
    arn = pipeline.upsert(role_arn=role, tags=[{"Key": "team", "Value": "a"}])["PipelineArn"]
    assert json.loads(pipeline.describe()["PipelineDefinition"]) == json.loads(pipeline.definition())
    pipeline.upsert(
        role_arn=role, tags=[{"Key": "stage", "Value": "b"}], parallelism_config={"MaxParallelExecutionSteps": 2}
    )
    assert {tag["Key"] for tag in client.list_tags(ResourceArn=arn)["Tags"]} == {"team", "stage"}
    assert pipeline.describe()["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert len(pipeline.list_pipeline_versions()["PipelineVersionSummaries"]) == 2
    pipeline.delete()
    with pytest.raises(ClientError, match="does not exist"):
        pipeline.describe()
