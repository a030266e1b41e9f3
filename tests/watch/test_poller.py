"""What one poll asks, tells and decides; the clock is a number the test holds."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sm_pipeline_widgets.errors import ServiceError, TargetError
from sm_pipeline_widgets.execution.failure import CodeOrigin
from sm_pipeline_widgets.execution.progress import Metric
from sm_pipeline_widgets.execution.state import ExecutionStatus, StepStatus
from sm_pipeline_widgets.watch.health import Trouble
from sm_pipeline_widgets.watch.log_store import LogStore
from sm_pipeline_widgets.watch.pace import AWS, LOCAL
from sm_pipeline_widgets.watch.poller import Poller

from .fakes import ARN, NOON, FakeReader, FakeSource

CHAIN = {"Steps": [{"Name": "a", "Type": "Training"}, {"Name": "b", "Type": "Training", "DependsOn": ["a"]}]}
START = NOON.timestamp()


def make(source: FakeSource, **options: object) -> Poller:
    return Poller(source, ARN, LogStore(), sources={}, **options)


def test_the_first_poll_tells_everything_and_a_quiet_one_nothing():
    source = FakeSource(CHAIN)
    poller = make(source)
    first = poller.poll((), START)
    assert first.changed == ("a", "b")
    assert first.health.ok
    assert first.health.since == NOON
    assert poller.poll((), START + 1) is None
    source.say("a", "Executing")
    assert poller.poll((), START + 2).changed == ("a",)
    assert source.calls["definition"] == source.calls["parameters"] == 1


def test_polling_slows_down_while_quiet_and_hurries_when_something_moves():
    source = FakeSource(CHAIN)
    poller = make(source)
    delays = []
    for n in range(60):
        poller.poll((), START + n)
        delays.append(poller.delay)
    assert delays[0] == LOCAL.fastest
    assert delays == sorted(delays)
    assert delays[-1] == LOCAL.slowest
    source.say("a", "Starting")
    poller.poll((), START + 61)
    assert poller.delay == LOCAL.fastest


def test_an_end_between_two_answers_leaves_no_step_behind():
    class Racing(FakeSource):
        def describe(self, arn):
            answer = super().describe(arn)
            self.say("a", "Succeeded")
            self.say("b", "Succeeded")
            return answer | {"PipelineExecutionStatus": "Succeeded"}

    update = make(Racing(CHAIN)).poll((), START)
    assert [step.status for step in update.state.steps.values()] == [StepStatus.SUCCEEDED] * 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ServiceError("DescribePipelineExecution", "ThrottlingException", "Rate exceeded"), "slow down"),
        (ServiceError("DescribePipelineExecution", "ExpiredTokenException", "x"), "credentials expired"),
        (TargetError("The service cannot be reached: x"), "cannot be read now"),
        (ServiceError("ListPipelineExecutionSteps", "InternalFailure", "x"), "ListPipelineExecutionSteps was refused"),
    ],
)
def test_trouble_is_told_with_the_old_state_and_gone_when_it_is_over(trouble, words):
    source = FakeSource(CHAIN)
    poller = make(source)
    poller.poll((), START)
    source.trouble = trouble
    delays, told = [], []
    for n in range(1, 9):
        told.append(poller.poll((), START + n))
        delays.append(poller.delay)
    update = poller.last
    assert (told[0].health, told[1:]) == (update.health, [None] * 7)  # the page counts the seconds by itself
    assert not update.health.ok
    assert words in update.health.message
    assert update.health.since == NOON
    assert update.state.status is ExecutionStatus.EXECUTING
    assert delays == sorted(delays)
    assert delays[-1] == LOCAL.after_error
    assert poller.hopeless is None
    source.trouble = None
    update = poller.poll((), START + 40)
    assert update.health.ok
    assert update.health.since.timestamp() == START + 40


def test_a_new_execution_may_take_a_moment_to_be_known():
    source = FakeSource(CHAIN, is_local=False)
    source.trouble = ServiceError("DescribePipelineDefinitionForExecution", "ResourceNotFound", "no")
    poller = make(source)
    poller.poll((), START)
    assert poller.hopeless is None
    source.trouble = None
    assert poller.poll((), START + 2).state is not None
    assert poller.hopeless is None


@pytest.mark.parametrize("status", ["Executing", "Succeeded"])
def test_a_deleted_pipeline_leaves_the_last_state_and_no_more_questions(status):
    source = FakeSource(CHAIN, status=status)
    source.say("a", "Succeeded")
    poller = make(source)
    poller.poll((), START + 1000)
    source.trouble = ServiceError("ListPipelineExecutionSteps", "ResourceNotFound", "Pipeline execution does not exist")
    for n in range(1, 5):
        poller.poll((), START + 1000 + n)
    assert poller.is_settled
    assert poller.gone is source.trouble
    assert poller.last.state.status == status
    assert "its pipeline was deleted?" in poller.last.health.message
    assert (poller.last.health.trouble, poller.last.health.since) == (
        Trouble.GONE,
        NOON + timedelta(seconds=1000),
    )
    source.logs["a"] = FakeReader()
    source.logs["a"].write("still there")
    assert poller.poll(("a",), START + 1009).logs == {"a": 1}  # logs outlive what wrote them


def test_a_retry_of_an_ended_execution_is_noticed_by_who_expects_it():
    source = FakeSource(CHAIN, status="Failed")
    source.say("a", "Failed", FailureReason="x")
    source.logs["a"] = FakeReader()
    poller = make(source)
    for n in range(4):
        poller.poll((), START + 60 + n)
    assert poller.is_settled
    assert poller.last.report is not None
    poller.expect(START + 70)
    assert poller.poll((), START + 70) is None
    assert not poller.is_settled  # it may take a moment to show
    source.say("a", "Starting", AttemptCount=2, Metadata={})
    source.status = "Executing"
    update = poller.poll((), START + 70.5)
    assert (update.state.status, update.state.steps["a"].status) == (ExecutionStatus.EXECUTING, StepStatus.STARTING)
    assert update.report is None
    source.say("a", "Succeeded", Metadata={"TrainingJob": {"Arn": "arn:aws:sagemaker:us-east-1:1:job/a2"}})
    source.say("b", "Succeeded")
    source.logs["a2"], source.logs["b"] = FakeReader(), FakeReader()
    source.logs["a2"].write("second try")
    source.status = "Succeeded"
    for n in range(4):
        poller.poll((), START + 80 + n)
    assert poller.is_settled
    assert poller.last.logs == {"a": 1}


def test_what_was_expected_and_did_not_come_is_not_waited_for_for_ever():
    source = FakeSource(CHAIN, status="Succeeded")
    poller = make(source, pace=AWS)
    poller.poll((), START)
    poller.expect(START)
    polls, now = 0, START
    while not poller.is_settled:
        poller.poll((), now)
        now, polls = now + poller.delay, polls + 1
    assert AWS.expect <= now - START <= AWS.expect + 2 * AWS.slowest
    assert polls <= 8


def test_the_services_times_are_compared_with_the_services_clock():
    """This machine's clock is four minutes ahead: an end a moment ago must not look like one long past."""
    source = FakeSource(CHAIN, is_local=False, clock_ahead=240.0)
    reader = source.logs["a"] = FakeReader()
    source.say("a", "Failed")  # it ended at NOON + 5 s
    poller = make(source)
    for n in range(3):
        poller.poll(("a",), START + 240 + 6 + n)
    reader.write("late")
    assert poller.poll(("a",), START + 240 + 10).logs == {"a": 1}
    assert poller.last.now.timestamp() == START + 10


def test_a_clock_that_was_set_back_puts_nothing_off():
    source = FakeSource(CHAIN, is_local=False)
    source.say("a", "Executing")
    source.logs["a"] = FakeReader()
    poller = make(source)
    for n in range(20):
        poller.poll((), START + 30 * n)
    before = source.logs["a"].polls, source.calls["describe_job"]
    poller.poll((), START - 3600)
    assert (source.logs["a"].polls, source.calls["describe_job"]) == (before[0] + 1, before[1] + 1)


def test_a_running_jobs_progress_is_told_and_once_more_after_its_end():
    source = FakeSource(CHAIN)
    source.jobs["a"] = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Downloading"}
    source.say("a", "Executing")
    poller = make(source)
    assert poller.poll((), START).progress["a"].status == "downloading its data"
    assert poller.poll((), START + 0.5) is None
    source.jobs["a"] = {
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "FinalMetricDataList": [{"MetricName": "rmse", "Value": 57.5, "Timestamp": NOON}],
    }
    assert poller.poll((), START + 2).progress["a"].metrics == (Metric("rmse", 57.5, NOON),)
    source.jobs["a"] = {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed"}
    source.say("a", "Succeeded")
    for n in range(3, 9):
        poller.poll((), START + n)
    assert poller.last.progress["a"].status == "completed"
    assert source.calls["describe_job"] == 3


def test_a_job_that_may_not_be_described_hides_nothing():
    class Denying(FakeSource):
        def describe_job(self, metadata):
            raise ServiceError(f"Describe{next(iter(metadata))}", "AccessDeniedException", "no")

    source = Denying(CHAIN)
    source.say("a", "Executing")
    update = make(source).poll((), START)
    assert update.health.ok
    assert update.progress["a"].detail.startswith("not allowed: DescribeTrainingJob")


def test_an_execution_that_does_not_exist_is_hopeless():
    source = FakeSource(CHAIN, trouble=ServiceError("DescribePipelineDefinitionForExecution", "ResourceNotFound", "no"))
    poller = make(source)
    assert poller.poll((), START).state is None
    assert poller.hopeless is source.trouble


def test_logs_are_read_of_running_steps_and_twice_more_after_their_end():
    source = FakeSource(CHAIN)
    reader = source.logs["a"] = FakeReader()
    source.say("a", "Executing")
    poller = make(source)
    reader.write("one", "two")
    assert poller.poll((), START + 1).logs == {"a": 2}
    source.say("a", "Succeeded")
    source.say("b", "Succeeded")
    source.status = "Succeeded"
    poller.poll((), START + 6)
    reader.write("late")
    assert poller.poll((), START + 6.1).logs == {"a": 3}
    assert not poller.is_settled
    for n in range(5):
        poller.poll((), START + 7 + n)
    assert poller.is_settled
    polls = reader.polls
    poller.poll((), START + 20)
    assert reader.polls == polls


def test_on_aws_a_log_may_lag_ten_seconds_behind():
    source = FakeSource(CHAIN, is_local=False)
    reader = source.logs["a"] = FakeReader()
    source.say("a", "Executing")
    poller = make(source)
    poller.poll((), START + 4)
    source.say("a", "Succeeded")
    source.say("b", "Succeeded")
    source.status = "Succeeded"
    for n in range(5, 15):
        poller.poll((), START + n)
    assert not poller.is_settled
    reader.write("very late")
    assert poller.poll((), START + 16).logs == {"a": 1}
    for n in range(18, 24):
        poller.poll((), START + n)
    assert poller.is_settled


def test_a_finished_execution_reads_only_the_logs_somebody_follows():
    source = FakeSource(CHAIN, status="Succeeded")
    for name in ("a", "b"):
        source.say(name, "Succeeded")
        source.logs[name] = FakeReader()
        source.logs[name].write(name)
    poller = make(source)
    poller.poll((), START + 1000)
    assert poller.is_settled
    for n in range(4):
        poller.poll(("b",), START + 1001 + n)
    assert poller.last.logs == {"b": 1}
    assert poller.is_settled


def test_on_aws_only_a_few_logs_are_read_unasked():
    steps = [{"Name": f"s{n}", "Type": "Training"} for n in range(20)]
    source = FakeSource({"Steps": steps}, is_local=False)
    for step in steps:
        source.say(step["Name"], "Executing")
        source.logs[step["Name"]] = FakeReader()
    make(source).poll(("s19",), START)
    assert sum(reader.polls for reader in source.logs.values()) == AWS.logs_unasked + 1


def test_later_steps_logs_are_read_when_earlier_ones_are_done():
    steps = [{"Name": f"s{n}", "Type": "Training"} for n in range(20)]
    source = FakeSource({"Steps": steps}, is_local=False)
    poller = make(source)
    now = START
    for step in steps:
        name = step["Name"]
        source.logs[name] = FakeReader()
        source.logs[name].write(name)
        source.say(name, "Executing")
        poller.poll((), now)
        source.say(name, "Succeeded")
        poller.poll((), now + 1)
        now += 20
    assert len(poller.last.logs) == 20


def test_on_this_machine_a_step_too_quick_to_be_seen_running_has_its_log_read():
    source = FakeSource(CHAIN)
    poller = make(source)
    poller.poll((), START)
    source.logs["a"] = FakeReader()
    source.logs["a"].write("quick")
    source.say("a", "Succeeded")
    source.say("b", "Succeeded")
    source.status = "Succeeded"
    assert poller.poll((), START + 5).logs == {"a": 1}


def test_a_log_that_may_not_be_read_does_not_hide_the_state():
    source = FakeSource(CHAIN)
    source.logs["a"] = FakeReader(trouble=ServiceError("GetLogEvents", "AccessDeniedException", "no"))
    source.say("a", "Executing")
    poller = make(source)
    update = poller.poll((), START)
    assert update.state.steps["a"].status is StepStatus.RUNNING
    assert "the log of `a`: not allowed: GetLogEvents" in update.health.message
    source.say("a", "Failed", FailureReason="x")
    source.status = "Failed"
    poller.poll((), START + 6)
    assert not poller.is_settled  # a right that was just given takes a moment to be known everywhere
    for n in range(7, 10):
        poller.poll((), START + n)
    assert poller.is_settled


def test_a_log_in_trouble_does_not_slow_down_the_state():
    source = FakeSource(CHAIN, is_local=False)
    reader = source.logs["a"] = FakeReader(trouble=ServiceError("GetLogEvents", "ThrottlingException", "Rate exceeded"))
    source.say("a", "Executing")
    poller = make(source)
    now = START
    while now < START + 300:
        poller.poll((), now)
        assert poller.delay <= AWS.slowest
        now += poller.delay
    assert reader.polls <= 12


def test_a_retried_step_has_a_new_log():
    source = FakeSource(CHAIN)
    source.logs["a"] = FakeReader()
    source.logs["a2"] = FakeReader()
    source.logs["a"].write("first try")
    source.logs["a2"].write("second try")
    source.say("a", "Executing")
    poller = make(source)
    poller.poll((), START)
    source.say(
        "a", "Executing", AttemptCount=2, Metadata={"TrainingJob": {"Arn": "arn:aws:sagemaker:us-east-1:1:job/a2"}}
    )
    assert poller.poll((), START + 1).logs == {"a": 2}


def test_a_failure_is_reported_at_once_and_better_when_its_log_has_come():
    source = FakeSource(CHAIN)
    reader = source.logs["a"] = FakeReader()
    source.jobs["a"] = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: , exit code: 1"}
    source.say("a", "Failed", FailureReason="AlgorithmError: , exit code: 1")
    poller = make(source)
    report = poller.poll((), START).report
    assert report.roots[0].headline == "exit code 1: the script ended with an error"
    reader.write(
        "Traceback (most recent call last):", '  File "/opt/ml/code/a.py", line 2, in f', "    g()", "ValueError: no"
    )
    report = poller.poll((), START + 1).report
    assert report.roots[0].headline == "ValueError: no"
    assert source.calls["describe_job"] == 1


def test_why_is_told_from_the_end_of_a_long_log_before_its_beginning_is_read():
    source = FakeSource(CHAIN)
    reader = source.logs["a"] = FakeReader()
    source.jobs["a"] = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: , exit code: 1"}
    source.say("a", "Executing")
    poller = make(source)
    poller.poll((), START)
    reader.write("Error: the first of all", *("quiet",) * 100_000, "Traceback (most recent call last):",
                 '  File "/opt/ml/code/a.py", line 2, in f', "    g()", "ValueError: no")  # fmt: skip
    source.say("a", "Failed", FailureReason="AlgorithmError: , exit code: 1")
    first = poller.poll((), START + 1)
    assert (first.report.roots[0].headline, first.logs) == ("ValueError: no", {})
    assert first.report.roots[0].own_frame.line == 2
    assert (poller.delay, poller.is_settled) == (0.0, False)
    asked = (source.calls["steps"], source.calls["log_end"])
    whole = poller.poll((), START + 1.1)
    assert whole.logs == {"a": 100_005}
    assert whole.report.roots[0].first_errors[0].line.text == "Error: the first of all"
    # the log alone was read, and the end is not looked at twice
    assert (source.calls["steps"], source.calls["log_end"]) == asked
    assert poller.delay > 0


def test_the_values_of_a_condition_are_read_from_the_property_file():
    condition = {
        "Type": "LessThan",
        "LeftValue": {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.ev.PropertyFiles.metrics"}, "Path": "m.rmse"}},
        "RightValue": {"Get": "Parameters.limit"},
    }
    definition = {
        "Parameters": [{"Name": "limit", "Type": "Float"}],
        "Steps": [
            {
                "Name": "ev",
                "Type": "Processing",
                "PropertyFiles": [{"PropertyFileName": "metrics", "OutputName": "report", "FilePath": "e.json"}],
            },
            {
                "Name": "gate",
                "Type": "Condition",
                "Arguments": {
                    "Conditions": [condition],
                    "IfSteps": [],
                    "ElseSteps": [{"Name": "bad", "Type": "Fail", "Arguments": {"ErrorMessage": "bad"}}],
                },
            },
        ],
    }
    source = FakeSource(definition, status="Failed", values={"limit": "10"})
    source.say("ev", "Succeeded", "ProcessingJob")
    source.say("gate", "Succeeded", Metadata={"Condition": {"Outcome": "False"}})
    source.say("bad", "Failed", FailureReason="bad", Metadata={"Fail": {"ErrorMessage": "bad"}})
    output = {
        "OutputName": "report",
        "S3Output": {"S3Uri": "s3://b/out/", "LocalPath": "/x", "S3UploadMode": "EndOfJob"},
    }
    source.jobs["ev"] = {"ProcessingJobStatus": "Completed", "ProcessingOutputConfig": {"Outputs": [output]}}
    source.objects["s3://b/out/e.json"] = json.dumps({"m": {"rmse": 57.3}}).encode()
    (root,) = make(source).poll((), START).report.roots
    assert str(root.conditions[0]) == "`gate`: steps.ev.metrics.m.rmse (57.3) < parameters.limit (10) was false"

    source.objects["s3://b/out/e.json"] = b"{}"
    (root,) = make(source).poll((), START).report.roots
    assert "(could not be read: there is nothing at `m.rmse`)" in str(root.conditions[0])


def test_frames_of_a_cell_lead_back_to_it():
    source = FakeSource(CHAIN, status="Failed")
    source.say("a", "Failed", FailureReason="AlgorithmError: , exit code: 1")
    source.jobs["a"] = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: , exit code: 1"}
    source.logs["a"] = FakeReader()
    source.logs["a"].write(
        "Traceback (most recent call last):", '  File "/opt/ml/code/a.py", line 2, in f', "    g()", "E: no"
    )
    poller = Poller(source, ARN, LogStore(), sources={"a": CodeOrigin("cell", "a")})
    assert poller.poll((), START).report.roots[0].own_frame.origin == "cell a, line 2"


def test_a_list_of_steps_that_lags_behind_the_end_is_waited_for():
    source = FakeSource(CHAIN, status="Succeeded")
    source.say("a", "Succeeded")
    source.say("b", "Executing")
    poller = make(source)
    for n in range(4):
        poller.poll((), START + 60 + n / 4)
    assert not poller.is_settled
    source.say("b", "Succeeded")
    assert poller.poll((), START + 61).state.steps["b"].status is StepStatus.SUCCEEDED
    poller.poll((), START + 62)
    assert poller.is_settled


def test_a_list_of_steps_that_never_catches_up_is_not_waited_for_for_ever():
    source = FakeSource(CHAIN, status="Succeeded")
    source.say("a", "Executing")
    poller = make(source)
    for n in range(8):
        poller.poll((), START + 60 + n)
    assert poller.is_settled
    assert (
        poller.last.state.steps["a"].reason
        == "unknown: the run has ended, but the service last reported this step as running"
    )
