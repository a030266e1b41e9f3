"""The ten minutes after a red node, as they are typed: why, what differs, what now."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets import Execution
from sm_pipeline_widgets.api.next_steps import RunNext
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.state import ExecutionStatus

PREPARE = """%%step prepare
import os, pathlib
pathlib.Path(os.environ["SM_OUTPUT_DATA"], "rows.csv").write_text("1,2")
"""
GOOD = """%%step train
import os, pathlib
print("rmse=3.5")
print(pathlib.Path(os.environ["SM_CHANNEL_DATA"], "rows.csv").read_text())
"""
BAD = GOOD.replace('"rows.csv"', '"row.csv"').replace("3.5", "7.5")
PIPELINE = """%%pipeline now
parameters: {alpha: 0.1}
steps:
  prepare: {type: Processing, code: cell:prepare, outputs: [data], cache: 30d}
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha}
    inputs: {data: $steps.prepare.outputs.data}
    metrics: {rmse: 'rmse=([0-9.]+)'}
  report: {type: Processing, code: cell:prepare, outputs: [data], depends_on: [train]}
"""


@pytest.fixture
def evening(notebook):
    """A run that went well, then one with other code and another parameter that did not."""
    for cell in (PREPARE, GOOD, PIPELINE, "%pipeline run now --wait", BAD, "%pipeline run now -p alpha=0.4 --wait"):
        notebook.run(cell)
    return notebook


def test_why_in_words_for_a_ticket_and_for_a_program(evening):
    assert "FileNotFoundError" in evening.run("%pipeline why").text
    assert "cell train, line 4" in evening.run("%pipeline why train").text
    assert evening.run("%pipeline why train --markdown").text.startswith("### `train`")
    report = json.loads(evening.run("%pipeline why --json").text)
    (root,) = report["failure"]["roots"]
    assert (root["step"], root["frames"][0]["cell"], root["causes"][0]["confidence"]) == ("train", "train", "certain")
    suffers = evening.run("%pipeline why report").text
    assert "report is blocked: `train` failed" in suffers
    assert "What failed by itself: `train`." in suffers
    error = evening.attempt("%pipeline why trian").error
    assert isinstance(error, UsageError)
    assert "Did you mean `train`?" in str(error)


def test_what_differs_from_the_last_success_and_between_any_two(evening):
    text = evening.run("%pipeline diff").text
    for part in (
        "the run: Succeeded → Failed",
        "parameter alpha: 0.1 → 0.4",
        "train: the code: ",
        '+print(pathlib.Path(os.environ["SM_CHANNEL_DATA"], "row.csv").read_text())',
        "rmse: 3.5 → 7.5",
    ):
        assert part in text
    newest, older = list_of_runs(evening)[:2]
    shown = evening.run(f"%pipeline diff {newest} {older}")
    assert "parameter alpha: 0.4 → 0.1" in shown.text
    assert "svg" in str(shown.displayed[0])
    assert "= prepare: taken from run " in evening.run("%pipeline cache").text


def test_run_from_here_reuses_what_lies_before(evening):
    evening.run(GOOD)
    before = list_of_runs(evening)
    planned = evening.run("%pipeline run now --from train --plan")
    assert "runs: report (comes after `train`)" in planned.shown
    assert "reused from run" in planned.shown
    assert list_of_runs(evening) == before
    evening.run("%pipeline run now --from train -p alpha=0.2 --wait")
    latest = Execution.attach(list_of_runs(evening)[0])
    states = {name: step.status.value for name, step in latest.steps.items()}
    assert states == {"prepare": "reused", "train": "succeeded", "report": "succeeded"}
    assert latest.state.parameters["alpha"] == "0.2"
    evening.run("%pipeline run now --like success --wait")
    assert Execution.attach(list_of_runs(evening)[0]).state.parameters["alpha"] == "0.2"


def test_chosen_steps_run_on_the_results_of_a_chosen_run(evening):
    failed, good = (Execution.attach(arn) for arn in list_of_runs(evening)[:2])
    begun = []
    actions = RunNext(failed, begun.append)
    with pytest.raises(UsageError, match="prepare"):
        actions.plan("selected", "train", {"steps": "train prepar", "results of": ""})
    planned = actions.plan("selected", "train", {"steps": "train, report", "results of": good.arn.rpartition("/")[2]})
    assert begun == []
    assert {name: state for name, state, _words in planned.states}.keys() >= {"prepare", "train", "report"}
    assert good.arn.rpartition("/")[2] in planned.words
    evening.run(GOOD)
    actions.plan("selected", "train", {"steps": "", "results of": "success"}).start()
    (made,) = begun
    assert made.wait(60).status is ExecutionStatus.SUCCEEDED
    assert {name: step.status.value for name, step in made.steps.items() if name != "report"} == {
        "prepare": "reused",
        "train": "succeeded",
    }


def test_a_retry_goes_on_under_the_same_arn(evening):
    before = list_of_runs(evening)
    planned = evening.run("%pipeline retry --plan").text
    assert "runs: train, report" in planned
    assert "kept as it is: prepare" in planned
    assert f"It goes on as {before[0]}." in evening.run("%pipeline retry --wait").text
    assert list_of_runs(evening) == before
    assert Execution.attach(before[0]).steps["train"].attempts == 2


MISTAKES = (
    ("run now --from trian", "Did you mean `train`?"),
    ("run now --from train --select report", "Give one of them."),
    ("run now --source latest", "Add `--from STEP`"),
    ("run now --plan", "Add `--from STEP` or `--like ARN`."),
    ("run now --like nope", "`latest` or `success`"),
    ("callback train", "It was not said how `train` ended"),
    ("callback train --success", "does not wait for an answer"),
    ("retry", "only a failed or stopped run can be retried"),
)


def test_what_cannot_be_says_what_to_do(notebook):
    for cell in (PREPARE, GOOD, PIPELINE, "%pipeline run now --wait"):
        notebook.run(cell)
    for line, words in MISTAKES:
        error = notebook.attempt(f"%pipeline {line}").error
        assert isinstance(error, UsageError), line
        assert words in str(error)


ASK = """%%pipeline asking
steps:
  ask:
    type: Callback
    queue: https://sqs.us-east-1.amazonaws.com/000000000000/asking
    outputs: {verdict: String}
  report: {type: Processing, code: cell:prepare, outputs: [data], args: [$steps.ask.outputs.verdict]}
"""


def test_a_waiting_step_is_completed_by_hand(notebook):
    notebook.run(PREPARE)
    notebook.run(ASK)
    notebook.run("%pipeline run asking")
    run = Execution.attach("asking")
    run.watcher.start()
    while not (run.steps["ask"].metadata.get("Callback") or {}).get("CallbackToken"):
        run.wait(0.1)
    assert "ask: verdict (String)" in notebook.run("%pipeline callback").text
    error = notebook.attempt("%pipeline callback ask --success").error
    assert "Output `verdict` is not given." in str(error)
    assert "verdict=good" in notebook.run("%pipeline callback ask --success verdict=good").text
    assert run.wait(60).status == "Succeeded"


def list_of_runs(notebook):
    """ARNs of the pipeline's runs, the newest first."""
    notebook.run(
        "from sm_pipeline_widgets.api.history import executions; found = [run.arn for run in executions('now')]"
    )
    return notebook.shell.user_ns["found"]
