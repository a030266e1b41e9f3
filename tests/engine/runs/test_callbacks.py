"""Callback steps: a token goes out by a queue, an answer comes back."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.engine.operations import callbacks, sqs

URL = "https://sqs.eu-west-3.amazonaws.com/123456789012/work"


def callback(**more):
    outputs = [{"OutputName": "rows", "OutputType": "Integer"}, {"OutputName": "ok", "OutputType": "Boolean"}]
    return {
        "Name": "ask", "Type": "Callback", "SqsQueueUrl": URL, "Arguments": {"place": {"Get": "Parameters.place"}},
        "OutputParameters": outputs, **more,
    }  # fmt: skip


def receive(lab, **more):
    answer = sqs.receive_message(lab.engine, {"QueueUrl": URL, "WaitTimeSeconds": 20, **more})
    (message,) = answer["Messages"]
    sqs.delete_message(lab.engine, {"QueueUrl": URL, "ReceiptHandle": message["ReceiptHandle"]})
    return json.loads(message["Body"])


def succeed(lab, token, **outputs):
    given = [{"Name": name, "Value": value} for name, value in outputs.items()]
    return callbacks.send_step_success(lab.engine, {"CallbackToken": token, "OutputParameters": given})


def begin(lab, *more):
    declared = [{"Name": "place", "Type": "String", "DefaultValue": "here"}]
    lab.create([callback(), *more], declared=declared)
    return lab.begin()


def test_a_worker_answers_and_later_steps_see_typed_outputs(lab):
    arguments = {
        "Conditions": [
            {"Type": "Equals", "LeftValue": {"Get": "Steps.ask.OutputParameters['rows']"}, "RightValue": 3},
            {"Type": "Equals", "LeftValue": {"Get": "Steps.ask.OutputParameters['ok']"}, "RightValue": True},
        ],
        "IfSteps": [lab.processing("after", "pass")],
        "ElseSteps": [],
    }
    arn = begin(lab, {"Name": "c", "Type": "Condition", "Arguments": arguments})
    message = receive(lab)
    token = message.pop("token")
    assert message == {"pipelineExecutionArn": arn, "arguments": {"place": "here"}, "status": "Executing"}
    step = lab.until(lambda: lab.steps(arn)["ask"].get("Metadata") and lab.steps(arn)["ask"])
    assert step["StepStatus"] == "Executing"
    assert step["Metadata"]["Callback"] == {"CallbackToken": token, "SqsQueueUrl": URL}
    assert len(token) == 10
    assert token.isalnum()
    assert succeed(lab, token, rows="3", ok="true") == {"PipelineExecutionArn": arn}
    end = lab.end(arn)
    assert (end.status, list(end.steps)) == ("Succeeded", ["ask", "c", "after"])
    shown = end.steps["ask"]["Metadata"]["Callback"]["OutputParameters"]
    assert shown == [{"Name": "rows", "Value": "3"}, {"Name": "ok", "Value": "true"}]


def test_a_worker_reports_a_failure(lab):
    arn = begin(lab)
    token = receive(lab)["token"]
    callbacks.send_step_failure(lab.engine, {"CallbackToken": token, "FailureReason": "no data"})
    end = lab.end(arn)
    assert (end.status, end.steps["ask"]["FailureReason"]) == ("Failed", "no data")


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"ok": "true"}, "output parameter 'rows' of step 'ask' is missing; given were: ok."),
        ({"ok": "perhaps", "rows": "1"}, "output parameter 'ok' of step 'ask' is no Boolean: 'perhaps'."),
        ({"ok": "true", "rows": "1.5"}, "output parameter 'rows' of step 'ask' is no Integer: '1.5'."),
    ],
)
def test_outputs_that_do_not_fit_fail_the_step(lab, outputs, words):
    arn = begin(lab)
    succeed(lab, receive(lab)["token"], **outputs)
    assert lab.end(arn).steps["ask"]["FailureReason"] == f"ClientError: {words}"


def test_a_stop_is_told_to_the_worker_and_waits_for_it(lab):
    arn = begin(lab)
    first = receive(lab)
    lab.stop(arn)
    second = receive(lab)
    assert (second["token"], second["status"]) == (first["token"], "Stopping")
    assert lab.describe(arn)["PipelineExecutionStatus"] == "Stopping"
    succeed(lab, first["token"], rows="1", ok="true")
    end = lab.end(arn)
    assert (end.status, end.steps["ask"]["StepStatus"]) == ("Stopped", "Stopped")


def test_a_worker_that_fails_while_stopping_makes_the_execution_fail(lab):
    arn = begin(lab)
    token = receive(lab)["token"]
    lab.stop(arn)
    callbacks.send_step_failure(lab.engine, {"CallbackToken": token, "FailureReason": "late"})
    assert lab.end(arn).status == "Failed"


def test_a_token_counts_once_and_must_exist(lab):
    arn = begin(lab)
    token = receive(lab)["token"]
    succeed(lab, token, rows="1", ok="true")
    lab.end(arn)
    with pytest.raises(Exception, match="ConflictException: The step of callback token"):
        succeed(lab, token, rows="1", ok="true")
    with pytest.raises(Exception, match="ResourceNotFound: Callback token 'nonononono' does not exist"):
        succeed(lab, "nonononono")


def test_an_engine_started_anew_sends_nothing_twice(make_lab):
    lab = make_lab()
    arn = begin(lab)
    token = receive(lab)["token"]
    lab.close()
    lab = make_lab()
    succeed(lab, token, rows="1", ok="true")
    assert lab.end(arn).status == "Succeeded"
    assert sqs.receive_message(lab.engine, {"QueueUrl": URL}) == {}


def test_a_message_that_is_not_deleted_comes_again(lab):
    url = sqs.create_queue(lab.engine, {"QueueName": "work"})["QueueUrl"]
    sqs.send_message(lab.engine, {"QueueUrl": url, "MessageBody": "m"})
    first = sqs.receive_message(lab.engine, {"QueueUrl": url, "VisibilityTimeout": 30})["Messages"][0]
    assert sqs.receive_message(lab.engine, {"QueueUrl": url}) == {}
    request = {"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 0}
    sqs.change_message_visibility(lab.engine, request)
    again = sqs.receive_message(lab.engine, {"QueueUrl": url, "AttributeNames": ["All"]})["Messages"][0]
    assert (again["Body"], again["Attributes"]["ApproximateReceiveCount"]) == ("m", "2")
    counts = sqs.get_queue_attributes(lab.engine, {"QueueUrl": url, "AttributeNames": ["All"]})["Attributes"]
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "1")
    sqs.delete_message(lab.engine, {"QueueUrl": url, "ReceiptHandle": again["ReceiptHandle"]})
    assert lab.engine.queues.messages("work") == []
