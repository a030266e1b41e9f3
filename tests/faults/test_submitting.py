"""Starting a run through trouble: what got through and whose answer was lost is not done twice."""

from __future__ import annotations

import pytest
from botocore.config import Config

from sm_pipeline_widgets import Pipeline, run
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import PipelineWidgetsError

from . import proxy as faults
from .proxy import Rule

TEXT = """\
steps:
  say: {type: Processing, image: x/y, command: [python3, -c, "print('line 0')"]}
"""


@pytest.fixture
def proxy(lab):
    return lab.proxy()


@pytest.fixture
def target(lab, proxy):
    """The engine through the proxy, with clients that try again as those of AWS do."""
    at = lab.engine.endpoint
    session = TargetSession(
        endpoint_url=at.url,
        config=Config(proxies={"http": proxy.url}, s3={"addressing_style": "path"}, read_timeout=2),
        aws_access_key_id=at.access_key,
        aws_secret_access_key=at.secret_key,
        region_name=at.region,
    )
    role = f"arn:aws:iam::{at.account}:role/r"
    return Target(
        "lab", session, role=role, account=at.account, bucket=f"sagemaker-{at.region}-{at.account}", is_local=True
    )


def executions(lab, name):
    found = lab.engine.client("sagemaker").list_pipeline_executions(PipelineName=name)
    return [one["PipelineExecutionArn"] for one in found["PipelineExecutionSummaries"]]


def versions(lab, name):
    return lab.engine.client("sagemaker").list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]


@pytest.mark.parametrize(
    ("name", "fault", "operation"),
    [
        ("answer-of-start", faults.reset_after, "StartPipelineExecution"),
        ("answer-of-create", faults.reset_after, "CreatePipeline"),
        ("cut-start", faults.cut, "StartPipelineExecution"),
        ("start-500", faults.internal, "StartPipelineExecution"),
        ("start-throttled", faults.throttle, "StartPipelineExecution"),
        ("gateway", faults.gateway, "DescribePipeline"),
    ],
)
def test_a_run_is_started_once(lab, target, name, fault, operation):
    (proxy,) = lab.proxies
    proxy.rules = [Rule(fault, operation, 1)]
    execution = run(Pipeline.from_yaml(TEXT, name=f"submit-{name}"), target=target)
    assert proxy.failed.total() == 1
    assert executions(lab, f"submit-{name}") == [execution.arn]
    assert len(versions(lab, f"submit-{name}")) == 1
    assert execution.wait(60).status == "Succeeded"
    execution.watcher.close()


def test_what_cannot_be_started_says_so_and_the_next_press_starts_it(lab, proxy, target):
    pipeline = Pipeline.from_yaml(TEXT, name="submit-later")
    proxy.rules = [Rule(faults.expired, "StartPipelineExecution", 1)]
    with pytest.raises(PipelineWidgetsError, match="expired"):
        run(pipeline, target=target)
    assert executions(lab, "submit-later") == []
    execution = run(pipeline, target=target)
    assert executions(lab, "submit-later") == [execution.arn]
    assert len(versions(lab, "submit-later")) == 1
    execution.watcher.close()
