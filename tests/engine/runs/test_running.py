"""Executions as a whole: order, overlap, data between steps, several at once, what survives a restart."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sm_pipeline_widgets.engine.operations import executions, jobs, pipelines, versions
from tests.commands import python


def test_a_step_runs_and_is_told_of(lab):
    end = lab.run([lab.processing("one", "print('hello')")])
    assert (end.status, end.reason) == ("Succeeded", "")
    step = end.steps["one"]
    assert step["StepStatus"] == "Succeeded"
    assert step["StartTime"] <= step["EndTime"]
    assert end.log("one") == ["hello"]
    job = end.job("one")
    assert job["ProcessingJobStatus"] == "Completed"
    assert job["ProcessingJobArn"] == step["Metadata"]["ProcessingJob"]["Arn"]
    assert job["ProcessingJobName"].startswith(f"pipelines-{end.arn[-12:]}-one-")
    assert len(job["ProcessingJobName"]) <= 63
    assert job["AppSpecification"]["ImageUri"] == "image"


def test_the_arns_are_the_services(lab):
    end = lab.run([lab.processing("one", "pass")], name="My-Pipe")
    assert end.arn.startswith("arn:aws:sagemaker:eu-west-3:000000000000:pipeline/my-pipe/execution/")
    assert len(end.arn.rpartition("/")[2]) == 12


def test_independent_steps_overlap(lab, tmp_path):
    """Each of three steps waits until it sees the other two run."""
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    code = (
        "import os, sys, time\n"
        f"place = {str(meeting)!r}\n"
        "open(os.path.join(place, sys.argv[1]), 'w').close()\n"
        "end = time.monotonic() + 30\n"
        "while len(os.listdir(place)) < 3:\n"
        "    assert time.monotonic() < end\n"
        "    time.sleep(0.01)\n"
    )
    end = lab.run([lab.processing(f"s{at}", python(code, str(at))) for at in range(3)])
    assert end.status == "Succeeded", [end.log(name) for name in end.steps]


def test_data_flows_from_step_to_step(lab):
    source = lab.put("raw/numbers.txt", "1 2 3")
    lab.put("raw/deep/er.txt", "x")
    first = lab.processing(
        "first",
        "import os\n"
        "base = '/opt/ml/processing/'\n"
        "found = sorted(os.path.relpath(os.path.join(at, n), base) for at, _, ns in os.walk(base) for n in ns)\n"
        "print(found)\n"
        "os.makedirs(base + 'output/sum/deep')\n"
        "total = sum(map(int, open(base + 'input/raw/numbers.txt').read().split()))\n"
        "open(base + 'output/sum/deep/total.txt', 'w').write(str(total))\n",
        inputs={"raw": source.rpartition("/")[0]},
        outputs={
            "sum": {
                "Std:Join": {"On": "/", "Values": ["s3:/", "data", {"Get": "Execution.PipelineExecutionId"}, "sum"]}
            }
        },
    )
    second = lab.processing(
        "second",
        "print(open('/opt/ml/processing/input/sum/deep/total.txt').read())",
        inputs={"sum": {"Get": "Steps.first.ProcessingOutputConfig.Outputs['sum'].S3Output.S3Uri"}},
    )
    end = lab.run([second, first])
    assert end.log("first") == ["['input/raw/deep/er.txt', 'input/raw/numbers.txt']"]
    assert end.log("second") == ["6"]
    assert lab.keys(end.arn[-12:]) == [f"{end.arn[-12:]}/sum/deep/total.txt"]


def test_an_input_of_one_name_does_not_bring_its_longer_neighbour(lab):
    lab.put("out/train/a", "1")
    lab.put("out/train_stats/b", "2")
    code = "import os; print(sorted(os.listdir('/opt/ml/processing/input/d')))"
    end = lab.run([lab.processing("one", code, inputs={"d": "s3://data/out/train"})])
    assert end.log("one") == ["['a']"]


def test_a_step_cannot_change_the_object_it_reads(lab):
    uri = lab.put("in/file", "before")
    end = lab.run([
        lab.processing("one", "open('/opt/ml/processing/input/d/file', 'w').write('after')", inputs={"d": uri})
    ])  # fmt: skip
    assert end.status == "Succeeded"
    assert lab.get(uri) == b"before"


def test_parameters_reach_steps_with_their_types(lab):
    code = "import sys; print(sys.argv[1:])"
    values = [{"Get": "Parameters.n"}, {"Get": "Parameters.x"}, {"Get": "Parameters.b"}, {"Get": "Parameters.s"}]
    step = lab.processing("one", ["python3", "-S", "-c", code, {"Std:Join": {"On": " ", "Values": values}}])
    declared = [
        {"Name": "n", "Type": "Integer", "DefaultValue": 0},
        {"Name": "x", "Type": "Float", "DefaultValue": 6.0},
        {"Name": "b", "Type": "Boolean", "DefaultValue": False},
        {"Name": "s", "Type": "String"},
    ]
    end = lab.run([step], {"s": "ü$(rm)", "b": "True"}, declared=declared)
    assert end.log("one") == ["['0 6.0 true ü$(rm)']"]
    shown = executions.list_pipeline_parameters_for_execution(lab.engine, {"PipelineExecutionArn": end.arn})
    assert shown["PipelineParameters"] == [
        {"Name": "b", "Value": "True"},
        {"Name": "n", "Value": "0"},
        {"Name": "s", "Value": "ü$(rm)"},
        {"Name": "x", "Value": "6.0"},
    ]


def test_several_executions_run_side_by_side(lab):
    lab.create([lab.processing("a", "pass"), lab.processing("b", "pass", DependsOn=["a"])])
    arns = [lab.begin() for _ in range(4)]
    assert [lab.end(arn).status for arn in arns] == ["Succeeded"] * 4
    listed = executions.list_pipeline_executions(lab.engine, {"PipelineName": "demo"})
    assert [at["PipelineExecutionArn"] for at in listed["PipelineExecutionSummaries"]] == arns[::-1]


def test_an_execution_keeps_the_definition_it_began_with(lab):
    lab.create([lab.processing("old", "pass")])
    arn = lab.begin()
    lab.create([lab.processing("new", "pass")])
    assert list(lab.end(arn).steps) == ["old"]
    kept = executions.describe_pipeline_definition_for_execution(lab.engine, {"PipelineExecutionArn": arn})
    assert json.loads(kept["PipelineDefinition"])["Steps"][0]["Name"] == "old"
    assert list(lab.end(lab.begin(PipelineVersionId=1)).steps) == ["old"]
    known = versions.list_pipeline_versions(lab.engine, {"PipelineName": "demo"})["PipelineVersionSummaries"]
    assert [at["PipelineVersionId"] for at in known] == [2, 1]


def test_parallelism_is_limited_where_asked(lab, tmp_path):
    code = (
        "import os, sys, time\n"
        f"place = {str(tmp_path)!r}\n"
        "os.close(os.open(os.path.join(place, 'alone'), os.O_CREAT | os.O_EXCL))\n"
        "time.sleep(0.05)\n"
        "os.unlink(os.path.join(place, 'alone'))\n"
    )
    lab.create([lab.processing(f"s{at}", code) for at in range(3)])
    end = lab.end(lab.begin(ParallelismConfiguration={"MaxParallelExecutionSteps": 1}))
    assert end.status == "Succeeded", [end.log(name) for name in end.steps]


def test_the_same_token_starts_once(lab):
    lab.create([lab.processing("one", "pass")])
    token = "t" * 36
    first = lab.begin(ClientRequestToken=token)
    assert lab.begin(ClientRequestToken=token) == first
    assert lab.begin() != first
    with pytest.raises(Exception, match="used before with another request"):
        lab.begin(ClientRequestToken=token, PipelineExecutionDisplayName="other")
    for summary in executions.list_pipeline_executions(lab.engine, {"PipelineName": "demo"})[
        "PipelineExecutionSummaries"
    ]:
        lab.end(summary["PipelineExecutionArn"])


def test_steps_come_newest_first_and_in_pages(lab):
    steps = [lab.processing(f"s{at}", "pass", **({"DependsOn": [f"s{at - 1}"]} if at else {})) for at in range(3)]
    end = lab.run(steps)
    request = {"PipelineExecutionArn": end.arn, "MaxResults": 2}
    first = executions.list_pipeline_execution_steps(lab.engine, request)
    second = executions.list_pipeline_execution_steps(lab.engine, {**request, "NextToken": first["NextToken"]})
    names = [step["StepName"] for page in (first, second) for step in page["PipelineExecutionSteps"]]
    assert names == ["s2", "s1", "s0"]
    assert "NextToken" not in second


def test_jobs_are_listed(lab):
    lab.run([lab.processing("a", "pass"), lab.processing("b", "pass")])
    listed = jobs.list_processing_jobs(lab.engine, {"SortBy": "Name", "SortOrder": "Ascending", "NameContains": "-A-"})
    assert [at["ProcessingJobStatus"] for at in listed["ProcessingJobSummaries"]] == ["Completed"]
    assert jobs.list_training_jobs(lab.engine, {}) == {"TrainingJobSummaries": []}


def test_deleting_needs_rest_and_takes_everything(lab, tmp_path):
    gate = tmp_path / "gate"
    code = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)"
    lab.create([lab.processing("one", code)])
    arn = lab.begin()
    with pytest.raises(Exception, match="stop them first"):
        pipelines.delete_pipeline(lab.engine, {"PipelineName": "demo"})
    gate.touch()
    lab.end(arn)
    assert list((lab.home / "jobs").iterdir())
    pipelines.delete_pipeline(lab.engine, {"PipelineName": "demo"})
    assert not list((lab.home / "jobs").iterdir())
    with pytest.raises(Exception, match="does not exist"):
        lab.describe(arn)


ENGINE_TO_KILL = """
import json, sys, time
from pathlib import Path
from types import SimpleNamespace
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.operations import executions, pipelines
from sm_pipeline_widgets.engine.service import Engine
home = Path(sys.argv[1])
at = SimpleNamespace(url="http://127.0.0.1:9", access_key="k", secret_key="s", region="eu-west-3", account="000000000000")
engine = Engine(home, ObjectStore(home / "objects"), lambda: at)
engine.start()
request = {"PipelineName": "demo", "RoleArn": "role", "PipelineDefinition": sys.argv[2]}
pipelines.create_pipeline(engine, request)
print(executions.start_pipeline_execution(engine, {"PipelineName": "demo"})["PipelineExecutionArn"], flush=True)
time.sleep(60)
"""


def test_an_engine_that_was_killed_is_followed_by_one_that_goes_on(make_lab, processing, until, tmp_path):
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    code = (
        f"import os, time\nprint('begun')\nopen({str(begun)!r}, 'a').write('x')\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)\nprint('done')"
    )
    steps = [processing("one", code), processing("two", "print('after')", DependsOn=["one"])]
    text = json.dumps({"Version": "2020-12-01", "Steps": steps})
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE_TO_KILL, str(tmp_path / "home"), text], stdout=subprocess.PIPE, text=True
    ) as process:
        arn = process.stdout.readline().strip()
        until(begun.exists)
        process.kill()
    second = make_lab()
    gate.touch()
    end = second.end(arn)
    assert end.status == "Succeeded"
    assert end.log("one") == ["begun", "done"]
    assert begun.read_text() == "x"
    assert end.log("two") == ["after"]
    assert end.steps["one"]["AttemptCount"] == 1
