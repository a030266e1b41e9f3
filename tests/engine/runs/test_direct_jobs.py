"""Jobs made by clients themselves, outside a pipeline."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from tests.commands import python

CALL = OPERATIONS["sagemaker"]


def create(lab, kind, name, code, **more):
    made = lab.processing("x", code, **more) if kind == "Processing" else lab.training(
        "x", {}, algorithm={"ContainerEntrypoint": python(code)}, **more)  # fmt: skip
    return CALL[f"Create{kind}Job"](lab.engine, {f"{kind}JobName": name, **made["Arguments"]})


def describe(lab, kind, name):
    return CALL[f"Describe{kind}Job"](lab.engine, {f"{kind}JobName": name})


def ended(lab, kind, name):
    return lab.until(
        lambda: (found := describe(lab, kind, name))[f"{kind}JobStatus"] not in ("InProgress", "Stopping") and found
    )


@pytest.mark.parametrize("kind", ["Processing", "Training"])
def test_a_job_runs_and_is_described(lab, kind):
    arn = create(lab, kind, f"my-{kind}", "print('hello')")[f"{kind}JobArn"]
    assert arn.endswith(f":{kind.lower()}-job/my-{kind.lower()}")
    found = ended(lab, kind, f"my-{kind}")
    assert found[f"{kind}JobStatus"] == "Completed"
    assert found[f"{kind}JobArn"] == arn
    listed = CALL[f"List{kind}Jobs"](lab.engine, {"NameContains": "MY-"})[f"{kind}JobSummaries"]
    assert [(at[f"{kind}JobName"], at[f"{kind}JobStatus"]) for at in listed] == [(f"my-{kind}", "Completed")]
    streams = OPERATIONS["logs"]["DescribeLogStreams"](lab.engine, {"logGroupName": f"/aws/sagemaker/{kind}Jobs"})
    assert [at["logStreamName"].split("/")[0] for at in streams["logStreams"]] == [f"my-{kind}"]


@pytest.mark.parametrize("kind", ["Processing", "Training"])
def test_a_job_is_stopped(lab, kind, tmp_path):
    create(lab, kind, "long", f"import time; open({str(tmp_path / 'ready')!r}, 'w').close(); time.sleep(600)")
    assert lab.engine.is_busy()
    lab.until((tmp_path / "ready").exists)
    CALL[f"Stop{kind}Job"](lab.engine, {f"{kind}JobName": "long"})
    assert describe(lab, kind, "long")[f"{kind}JobStatus"] in ("Stopping", "Stopped")
    assert ended(lab, kind, "long")[f"{kind}JobStatus"] == "Stopped"
    with pytest.raises(ServiceException, match="is in status Stopped"):
        CALL[f"Stop{kind}Job"](lab.engine, {f"{kind}JobName": "long"})
    lab.until(lambda: not lab.engine.is_busy())


def test_a_job_can_be_stopped_before_it_begins(make_lab):
    lab = make_lab(slots=1)
    create(lab, "Processing", "first", "import time; time.sleep(600)")
    create(lab, "Processing", "second", "print('never')")
    for name in ("second", "first"):
        CALL["StopProcessingJob"](lab.engine, {"ProcessingJobName": name})
    assert [ended(lab, "Processing", name)["ProcessingJobStatus"] for name in ("first", "second")] == ["Stopped"] * 2


def test_names_are_taken_once(lab):
    create(lab, "Processing", "one", "pass")
    with pytest.raises(ServiceException, match=r"ResourceInUse.*already exists"):
        create(lab, "Processing", "one", "pass")
    ended(lab, "Processing", "one")


def test_a_name_is_one_kinds_own(lab):
    """As on AWS, a training job may be called like a processing job."""
    for kind in ("Processing", "Training"):
        create(lab, kind, "same", f"print('{kind}')")
    for kind in ("Processing", "Training"):
        found = ended(lab, kind, "same")
        assert found[f"{kind}JobName"] == "same"
        assert found[f"{kind}JobArn"].endswith(f":{kind.lower()}-job/same")
        request = {"logGroupName": f"/aws/sagemaker/{kind}Jobs", "logStreamNamePrefix": "same/"}
        assert [at["message"] for at in OPERATIONS["logs"]["FilterLogEvents"](lab.engine, request)["events"]] == [kind]
        with pytest.raises(ServiceException, match=rf"ResourceInUse.*{kind.lower()}-job/same"):
            create(lab, kind, "same", "pass")
    model = describe(lab, "Training", "same")["ModelArtifacts"]["S3ModelArtifacts"]
    assert model == "s3://data/models/same/output/model.tar.gz"


@pytest.mark.parametrize("verb", ["Describe", "Stop"])
def test_jobs_that_are_not_there(lab, verb):
    with pytest.raises(ServiceException, match="Requested resource not found"):
        CALL[f"{verb}TrainingJob"](lab.engine, {"TrainingJobName": "none"})


def test_a_container_that_is_not_here_is_refused(lab):
    made = lab.training("x", {"lr": "1"})["Arguments"]
    with pytest.raises(ServiceException, match="image's own entry point is not here"):
        CALL["CreateTrainingJob"](lab.engine, {"TrainingJobName": "built-in", **made})


def test_a_job_of_an_engine_that_went_away_is_taken_up(make_lab, tmp_path):
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    code = (
        f"import os, time\nopen({str(begun)!r}, 'a').write('x')\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\nprint('done')"
    )
    first = make_lab()
    create(first, "Processing", "one", code)
    first.until(begun.exists)
    first.close()
    second = make_lab()
    gate.touch()
    assert ended(second, "Processing", "one")["ProcessingJobStatus"] == "Completed"
    assert begun.read_text() == "x"


def test_tags_are_found_by_arn_whatever_the_case_of_the_name(lab):
    tags = [{"Key": "team", "Value": "blue"}]
    arn = create(lab, "Processing", "My-Job", "pass", arguments={"Tags": tags})["ProcessingJobArn"]
    ended(lab, "Processing", "My-Job")
    assert CALL["ListTags"](lab.engine, {"ResourceArn": arn})["Tags"] == tags


@pytest.mark.parametrize("kind", ["Processing", "Training"])
def test_a_job_is_deleted_with_its_log(lab, kind, tmp_path):
    create(
        lab,
        kind,
        "one",
        f"import time; open({str(tmp_path / 'ready')!r}, 'w').close(); print(1, flush=True); time.sleep(600)",
    )
    lab.until((tmp_path / "ready").exists)
    with pytest.raises(ServiceException, match="stop it first"):
        CALL[f"Delete{kind}Job"](lab.engine, {f"{kind}JobName": "one"})
    CALL[f"Stop{kind}Job"](lab.engine, {f"{kind}JobName": "one"})
    ended(lab, kind, "one")
    CALL[f"Delete{kind}Job"](lab.engine, {f"{kind}JobName": "one"})
    with pytest.raises(ServiceException, match="not found"):
        describe(lab, kind, "one")
    assert not (lab.home / "jobs" / "one").exists()


def test_a_job_whose_end_cannot_be_written_waits_for_that(lab, tmp_path):
    ready, go = tmp_path / "ready", tmp_path / "go"
    wait = f"import os, time\nopen({str(ready)!r}, 'a').write('x')\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)"
    create(lab, "Processing", "one", wait)
    lab.until(ready.exists)
    lab.engine._database._db.execute("PRAGMA query_only=ON")
    go.touch()
    lab.until((lab.home / "jobs" / "one" / "exit.json").exists)
    lab.engine._database._db.execute("PRAGMA query_only=OFF")
    assert ended(lab, "Processing", "one")["ProcessingJobStatus"] == "Completed"
    assert ready.read_text() == "x"
