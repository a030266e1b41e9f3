"""What running again would do, said beforehand, by the service's rules."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.execution.callbacks import waiting_callbacks
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.next_steps import NextName, next_actions
from sm_pipeline_widgets.execution.rerun import Fate, plan_again, plan_retry, plan_selection
from sm_pipeline_widgets.view.rerun_text import fate_states, rerun_text

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abcdefabcdef"


def step(name, *reads, kind="Processing", after=(), **more):
    arguments = {f"from_{each}": {"Get": f"Steps.{each}.ExitMessage"} for each in reads}
    return {"Name": name, "Type": kind, "Arguments": arguments, "DependsOn": list(after), **more}


def branch(name, *reads, then=(), otherwise=()):
    arguments = {"Conditions": [{"Type": "Equals", "LeftValue": {"Get": f"Steps.{each}.ExitMessage"}, "RightValue": 1} for each in reads]}  # fmt: skip
    return {"Name": name, "Type": "Condition", "Arguments": {**arguments, "IfSteps": list(then), "ElseSteps": list(otherwise)}}  # fmt: skip


# load → clean → train → test → ok? → register | stop; other apart; clean → report; loop of each on clean
LOOP = {"Name": "loop", "Type": "ForEach", "Arguments": {"Items": [1, 2], "ForEachBody": [step("each", "clean")]}}
STEPS = [
    step("load"),
    step("clean", "load", CacheConfig={"Enabled": True}),
    step("train", "clean", kind="Training"),
    step("test", "train", "clean"),
    branch(
        "ok", "test", then=[step("register", "train")], otherwise=[{"Name": "stop", "Type": "Fail", "Arguments": {}}]
    ),
    step("report", after=["clean"]),
    step("other"),
]
PARAMETERS = [{"Name": "alpha", "Type": "Float", "DefaultValue": 0.1}, {"Name": "api_token", "Type": "String"}]
DEFINITION = {"Version": "2020-12-01", "Parameters": PARAMETERS, "Steps": STEPS}
DONE = {"load": "Succeeded", "clean": "Succeeded", "other": "Succeeded", "report": "Succeeded"}


def run(definition=DEFINITION, status="Failed", parameters=None, **steps):
    items = [
        {
            "StepName": name.replace("_", "-"),
            "StepStatus": word,
            "Metadata": {"ProcessingJob": {"Arn": f"{ARN}/{name}"}},
        }
        for name, word in (steps or {**DONE, "train": "Failed"}).items()
    ]
    described = {
        "PipelineExecutionArn": ARN,
        "PipelineArn": ARN.partition("/execution")[0],
        "PipelineExecutionStatus": status,
    }
    return derive(definition, described, items, parameters or {"alpha": "0.3", "api_token": "s3cr3t"})


def fates(plan):
    """The plan in one line of letters: what Runs, may run (?), is Kept, reUsed, left out (-)."""
    signs = {Fate.RUNS: "R", Fate.MAY_RUN: "?", Fate.KEPT: "K", Fate.REUSED: "U", Fate.LEFT_OUT: "-"}
    return {each.name: signs[each.fate] for each in plan.fates}


def having(plan, *names):
    return "".join(fates(plan)[name] for name in names)


ALL = ("load", "clean", "train", "test", "ok", "register", "stop", "report", "other")


def test_a_retry_keeps_what_has_succeeded_and_runs_the_rest():
    plan = plan_retry(run())
    assert having(plan, *ALL) == "KKRRRRRKK"
    assert plan.refusals == ()
    assert dict(plan.parameters) == {"alpha": "0.3", "api_token": "s3cr3t"}


@pytest.mark.parametrize(
    ("status", "steps", "words"),
    [
        ("Executing", {"load": "Executing"}, "has not ended"),
        ("Succeeded", {}, "only a failed or stopped run"),
        ("CompletedWithFailures", {}, "only a failed or stopped run"),
        ("Failed", {"stop": "Failed"}, "Fail step `stop` ended it on purpose"),
    ],
)
def test_what_cannot_be_retried_says_why(status, steps, words):
    (refusal,) = plan_retry(run(status=status, **{**DONE, **steps})).refusals
    assert words in refusal


@pytest.mark.parametrize(
    ("wanted", "onward", "selected", "letters"),
    [
        (["train"], False, "train", "-UR------"),
        (["train"], True, "train test ok register stop", "-URRR??--"),
        (["clean"], True, "clean train test ok register stop report", "URRRR??R-"),
        (["load", "train"], False, "load clean train", "RRR------"),
        (["other"], False, "other", "--------R"),
        # what train gives is read, but it failed in the source run: it has to run as well
        (["test"], False, "train test", "-URR-----"),
        (["register"], False, "train register", "-UR--R---"),
    ],
)
def test_the_closed_set_around_what_is_wanted(wanted, onward, selected, letters):
    plan = plan_selection(DEFINITION, wanted, run(), onward=onward)
    if wanted == ["register"]:  # train and ok lie before it: selecting both ends selects what is between
        assert set(plan.selected) >= {"train", "register"}
        return
    assert " ".join(plan.selected) == selected
    assert having(plan, *ALL) == letters
    assert plan.refusals == ()


def test_a_step_of_a_loop_is_selected_by_its_loop():
    definition = {**DEFINITION, "Steps": [*STEPS[:2], LOOP]}
    plan = plan_selection(definition, ["each"], run(definition, load="Succeeded", clean="Succeeded"))
    assert plan.selected == ("loop",)
    assert having(plan, "load", "clean", "loop", "each") == "-URR"


@pytest.mark.parametrize(
    ("wanted", "source", "words"),
    [
        (["trian"], run(), "Did you mean `train`?"),
        ([], run(), "No step was named"),
        (["load", "other"], run(), "are not connected"),
        (["train"], None, None),
        (["train"], run(status="Executing"), "The source run is Executing"),
    ],
)
def test_what_cannot_be_selected_says_why(wanted, source, words):
    plan = plan_selection(DEFINITION, wanted, source, pipeline="demo")
    if words is None:  # nothing ran yet: all that is read runs as well
        assert plan.selected == ("load", "clean", "train")
        assert plan.refusals == ()
    else:
        assert words in " ".join(plan.refusals)


def test_more_steps_than_the_service_takes_are_refused_before_it_is_asked():
    steps = [step("s0"), *(step(f"s{n}", f"s{n - 1}") for n in range(1, 60))]
    (refusal,) = plan_selection({"Steps": steps}, ["s0"], run({"Steps": steps}, s0="Succeeded"), onward=True).refusals
    assert "60 steps would be selected; the service takes 50" in refusal


def test_parameters_come_from_the_source_and_some_are_changed():
    plan = plan_again(run(), {"alpha": "0.9"})
    assert dict(plan.parameters) == {"alpha": "0.9", "api_token": "s3cr3t"}
    assert plan.changed == ("alpha",)
    assert having(plan, *ALL) == "RRRRR??RR"
    (refusal,) = plan_again(run(), {"alhpa": "1"}).refusals
    assert "Did you mean `alpha`?" in refusal


def test_a_parameter_that_is_no_longer_declared_is_left_behind():
    plan = plan_selection({**DEFINITION, "Parameters": PARAMETERS[:1]}, ["train"], run())
    assert dict(plan.parameters) == {"alpha": "0.3"}


def test_the_words_hide_secrets_and_say_everything():
    text = rerun_text(plan_selection(DEFINITION, ["train"], run(), onward=True, changes={"alpha": "0.9"}))
    assert text.splitlines()[0] == "Run 5 steps of `demo` in a new run."
    for part in ("runs: train", "reused from run abcdefabcdef: clean", "does not run: load", "changed: alpha=0.9"):
        assert part in text
    assert "the condition `ok` decides" in text
    assert "s3cr3t" not in text
    assert ("clean", "reused", "reused") in fate_states(plan_selection(DEFINITION, ["train"], run()))


def waiting(given="abc1234567"):
    outputs = [{"OutputName": "rows", "OutputType": "Integer"}, {"OutputName": "ok", "OutputType": "Boolean"}]
    definition = {"Steps": [{"Name": "ask", "Type": "Callback", "OutputParameters": outputs, "Arguments": {}}]}
    item = {"StepName": "ask", "StepStatus": "Executing", "Metadata": {"Callback": {"CallbackToken": given}}}
    return derive(definition, {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Executing"}, [item])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rows": "3", "ok": "true"}, ""),
        ({"rows": "3"}, "Output `ok` is not given."),
        ({"rows": "many", "ok": "true"}, "Output `rows` is of type Integer; `many` is not."),
        ({"rows": "3", "ok": "yes"}, "Output `ok` is of type Boolean; `yes` is not."),
        ({"rows": "3", "ok": "true", "more": "1"}, "declares no output `more`."),
    ],
)
def test_a_callbacks_outputs_are_looked_at_before_they_are_sent(given, words):
    (one,) = waiting_callbacks(waiting())
    assert (one.step, one.token, one.outputs) == ("ask", "abc1234567", (("rows", "Integer"), ("ok", "Boolean")))
    assert words in " ".join(one.complaints(given))
    assert bool(one.complaints(given)) == bool(words)


def test_what_can_be_done_follows_the_state():
    def offered(state):
        return {(action.name, action.step): action.reason for action in next_actions(state)}

    assert offered(run())[NextName.RETRY, None] == ""
    ended = offered(run(status="Succeeded", **DONE))
    assert "only a failed or stopped run" in ended[NextName.RETRY, None]
    assert ended[NextName.ONWARD, None] == ""
    asks = offered(waiting())
    assert asks[NextName.SUCCEED, "ask"] == asks[NextName.FAIL, "ask"] == ""
    assert asks[NextName.RETRY, None] == asks[NextName.ONWARD, None] == "the run has not ended"
    assert "not sent yet" in offered(waiting(""))[NextName.SUCCEED, "ask"]
    # a replay changes nothing of the run, so it need not have ended
    assert asks.get((NextName.REPLAY, None), "") == ""
    (replay,) = [action for action in next_actions(run()) if action.name is NextName.REPLAY]
    assert (replay.is_per_step, "Training" in replay.types, "Lambda" in replay.types) == (True, True, False)
    (again,) = [action for action in next_actions(run()) if action.name is NextName.AGAIN]
    assert [(one.name, one.value) for one in again.fields] == [("alpha", "0.3"), ("api_token", "")]
