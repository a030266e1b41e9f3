"""Jobs the service refuses as no engine of one machine can: quota, roles, capacity, as its words come over the wire."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.execution.jobfacts import Stage
from sm_pipeline_widgets.execution.state import ExecutionStatus
from sm_pipeline_widgets.view.text import failure_report
from tests.failures.test_service_failures import SERVICE

from .conftest import QUICK, Lab, processing
from .proxy import Rule

STEPS, ALWAYS = "ListPipelineExecutionSteps", 1_000_000


def refused(reason):
    """The engine's answer with the step `train` as the service tells of one whose job it would not create."""

    def tell(call):
        answer = call.forward()
        value = answer.json()
        items = [_refused(item, reason) for item in value["PipelineExecutionSteps"]]
        return answer.with_json({**value, "PipelineExecutionSteps": items})

    return tell


def _refused(item, reason):
    is_meant = item["StepName"] == "train" and item["StepStatus"] == "Failed"
    return {**item, "FailureReason": reason, "Metadata": {}} if is_meant else item


@pytest.fixture(scope="module")
def failed(engine):
    """An execution whose `train` has failed, and whose `report` waits for it in vain."""
    lab = Lab(engine)
    steps = (processing("train", "raise SystemExit(1)"), processing("report", "pass", DependsOn=["train"]))
    return lab.start("refused-jobs", *steps)


@pytest.mark.parametrize("case", SERVICE, ids=[case[2] for case in SERVICE])
def test_the_services_refusal_is_explained_from_the_wire_to_the_words(lab, failed, case):
    _, reason, cause, stage = case
    proxy = lab.proxy()
    proxy.rules = [Rule(refused(reason), STEPS, ALWAYS)]
    watcher, _ = lab.watch(lab.source(proxy), failed, QUICK)
    assert watcher.wait(60, settled=True).status is ExecutionStatus.FAILED
    (root,) = watcher.report.roots
    assert (root.step, root.stage) == ("train", Stage(stage))
    assert not root.started_at_all
    assert cause in [each.name for each in root.causes]
    assert [name for name, _ in watcher.report.blocked] == ["report"]
    assert root.log_tail == ()
    words = failure_report(watcher.report)
    assert root.causes[0].fix.split(".")[0] in " ".join(words.split())
    assert "job" not in dict(root.facts)
