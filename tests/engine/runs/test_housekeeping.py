"""What cleaning removes of a state folder, and what it must not touch."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.engine import housekeeping
from sm_pipeline_widgets.engine.filelock import FileLock
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.errors import EngineError

WRITES = "open('/opt/ml/processing/output/o/file', 'w').write('x' * 1000)"
ID = {"Get": "Execution.PipelineExecutionId"}


def makes(lab, name):
    """A step that leaves an object below the execution's own prefix."""
    uri = {"Std:Join": {"On": "/", "Values": ["s3:/", "data", "demo", ID, name]}}
    return lab.processing(name, WRITES, outputs={"o": uri})


def register(name):
    uri = {"Std:Join": {"On": "/", "Values": ["s3:/", "data", "demo", ID, name, "file"]}}
    inference = {"Containers": [{"Image": "i", "ModelDataUrl": uri}], "SupportedContentTypes": ["a/b"],
                 "SupportedResponseMIMETypes": ["a/b"]}  # fmt: skip
    arguments = {"ModelPackageGroupName": "g", "InferenceSpecification": inference}
    return {"Name": "register", "Type": "RegisterModel", "DependsOn": [name], "Arguments": arguments}


@pytest.fixture
def used(make_lab):
    """A folder with an old execution, one that just ended, and data of the user's; and the two executions."""
    lab = make_lab()
    old = lab.run([makes(lab, "model"), makes(lab, "scrap"), register("model")])
    assert old.status == "Succeeded"
    lab.put("mine/keep", b"x")
    between = lab.engine.clock()
    young = lab.run([makes(lab, "young")])
    lab.close()
    return lab.home, between, old, young


def keys(home):
    objects = ObjectStore(home / "objects")
    try:
        return sorted(info.key.rpartition("/")[0].rpartition("/")[2] for info in objects.iter("data"))
    finally:
        objects.close()


def test_saying_what_would_go_removes_nothing(used):
    home, between, old, _ = used
    before = housekeeping.usage(home).total
    waste = housekeeping.clean(home, between, outputs=True)
    assert waste.executions == (old.arn,)
    assert [key.rpartition("/")[2] for _, key in waste.outputs] == ["file"]
    assert waste.size >= 1000
    assert housekeeping.usage(home).total >= before
    assert keys(home) == ["mine", "model", "scrap", "young"]


def test_old_executions_go_and_what_a_package_is_made_of_stays(used, make_lab):
    home, between, old, young = used
    housekeeping.clean(home, between, outputs=True, really=True)
    assert keys(home) == ["mine", "model", "young"]
    again = make_lab()
    assert [at.arn for at in again.engine.store.executions("demo")] == [young.arn]
    assert again.engine.store.execution(old.arn) is None
    assert again.job(young.steps["young"])["ProcessingJobStatus"] == "Completed"
    assert again.run([makes(again, "next"), register("next")]).status == "Succeeded"


def test_outputs_stay_unless_they_are_asked_for(used):
    home, between, _, _ = used
    housekeeping.clean(home, between, really=True)
    assert keys(home) == ["mine", "model", "scrap", "young"]


def test_an_engine_at_work_is_not_disturbed(make_lab):
    lab = make_lab()
    with (
        FileLock(lab.home / "engine.lock", 1.0),
        pytest.raises(EngineError, match="An engine uses"),
    ):
        housekeeping.clean(lab.home, 0.0, really=True)


def test_removing_everything_ends_what_still_runs(make_lab, until):
    lab = make_lab()
    lab.create([lab.processing("long", "import time; print('up', flush=True); time.sleep(600)")])
    arn = lab.begin()
    until(lambda: lab.steps(arn).get("long", {}).get("StepStatus") == "Executing")
    until(lambda: list(lab.home.glob("jobs/*/log")))
    (lab.home / "engine.toml").write_text("[lambda]\n")
    (lab.home / "notes").mkdir()
    lab.close()
    housekeeping.remove_everything(lab.home)
    assert sorted(path.name for path in lab.home.iterdir()) == ["engine.lock", "engine.toml", "notes"]
    assert make_lab().run([lab.processing("new", "pass")]).status == "Succeeded", "and all begins anew"
