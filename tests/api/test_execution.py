"""Executions through the Python twin, on a real engine."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets import Execution, Pipeline, connect, run
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.errors import DefinitionError, TargetError, UsageError

TRAIN = """\
%%step train
import os, pathlib
def deep(path):
    return path.read_text()
print(sorted(os.listdir(os.environ["SM_CHANNEL_DATA"])))
deep(pathlib.Path(os.environ["SM_CHANNEL_DATA"], "missing.txt"))
"""
TEXT = """\
steps:
  make:
    type: Processing
    code: make.py
    outputs: [data]
  train:
    type: Training
    code: cell:train
    inputs: {data: $steps.make.outputs.data}
"""


@pytest.fixture
def target(engine):
    return connect("local", home=engine.home)


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "make.py").write_text(
        "import os, pathlib\npathlib.Path(os.environ['SM_OUTPUT_DATA'], 'a.txt').write_text('1')\n"
    )
    code = CodeBook(tmp_path)
    code.add_cell("train", TRAIN)
    return Pipeline.from_yaml(TEXT, name="python-twin", code=code)


def test_an_execution_is_run_waited_for_read_and_explained(pipeline, target):
    execution = run(pipeline, target=target)
    assert execution.wait(60).status == "Failed"
    assert {name: step.status.value for name, step in execution.steps.items()} == {
        "make": "succeeded",
        "train": "failed",
    }
    assert "['a.txt']" in [line.text for line in execution.logs("train")]
    report = execution.why()
    (root,) = report.roots
    assert (root.step, root.exception_type, root.exit_code) == ("train", "FileNotFoundError", 1)
    assert [frame.origin for frame in root.frames if frame.is_user] == ["cell train, line 6", "cell train, line 4"]
    with pytest.raises(UsageError, match="`train`"):
        list(execution.logs("trian"))


def test_a_stranger_who_attaches_still_learns_which_cell_failed(pipeline, target):
    arn = run(pipeline, target=target).arn
    Execution.attach(arn, target).wait(60)
    # a watcher that was not told where the code came from, as in another kernel
    from sm_pipeline_widgets.api.origins import StoredOrigins
    from sm_pipeline_widgets.aws.source import TargetSource

    origins = StoredOrigins(TargetSource(target), arn)
    assert dict(origins) == {"make": origins["make"], "train": origins["train"]}
    assert (origins["train"].kind, origins["train"].name) == ("cell", "train")
    assert (origins["make"].kind, origins["make"].name) == ("file", "make.py")


def test_the_newest_run_is_found_by_the_pipelines_name(pipeline, target):
    arn = run(pipeline, target=target).arn
    assert Execution.attach("python-twin", target).arn == arn


def test_an_unchanged_pipeline_makes_no_new_version(pipeline, target, engine):
    run(pipeline, target=target).wait(60)
    versions = engine.client("sagemaker").list_pipeline_versions(PipelineName="python-twin")["PipelineVersionSummaries"]
    run(pipeline, target=target).wait(60)
    again = engine.client("sagemaker").list_pipeline_versions(PipelineName="python-twin")["PipelineVersionSummaries"]
    assert len(again) == len(versions)


def test_a_text_with_errors_reaches_no_target(target, engine):
    broken = Pipeline.from_yaml("steps: {a: {type: Processing}}", name="never-there")
    with pytest.raises(DefinitionError, match="nothing says what to run"):
        run(broken, target=target)
    listed = engine.client("sagemaker").list_pipelines(PipelineNamePrefix="never-there")
    assert listed["PipelineSummaries"] == []


def test_an_execution_that_is_not_there_is_said_to_be_none(target):
    arn = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/nothing/execution/abcdefghijkl"
    with pytest.raises((TargetError, UsageError), match="abcdefghijkl"):
        _ = Execution.attach(arn, target).state


def test_each_state_folder_has_an_engine_and_a_target_of_its_own(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(engine.home))
    here = connect("local")
    assert here is connect("local", home=engine.home)
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(tmp_path))
    try:
        elsewhere = connect("local")
        assert elsewhere is not here
        assert elsewhere.sagemaker.list_pipelines()["PipelineSummaries"] == []
    finally:
        daemon.stop(tmp_path)
