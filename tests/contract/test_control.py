"""Callbacks, retries, selections, versions over the wire: boto3 as it is, and the AWS CLI."""

from __future__ import annotations

import json
import threading

import pytest
from botocore.exceptions import ClientError

ENDS = ("Succeeded", "Failed", "Stopped", "CompletedWithFailures")


def create(engine, name, text):
    engine.client("sagemaker").create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=engine.endpoint.role)


def start(engine, name, **more):
    return engine.client("sagemaker").start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"]


def steps(engine, arn):
    pages = engine.client("sagemaker").get_paginator("list_pipeline_execution_steps")
    found = pages.paginate(PipelineExecutionArn=arn, SortOrder="Ascending").search("PipelineExecutionSteps[]")
    return {step["StepName"]: step for step in found}


def callback(url, name="ask"):
    return {
        "Name": name, "Type": "Callback", "SqsQueueUrl": url, "Arguments": {"what": "this"},
        "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}],
    }  # fmt: skip


def work(engine, url, answers):
    """A worker as people write them: it knows the queue's URL, boto3, and nothing of this engine."""
    sqs, sagemaker = engine.client("sqs"), engine.client("sagemaker")
    while answers:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", []):
            body = json.loads(message["Body"])
            sagemaker.send_pipeline_execution_step_success(
                CallbackToken=body["token"],
                OutputParameters=[{"Name": "answer", "Value": answers.pop() + body["arguments"]["what"]}],
            )
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_a_worker_that_knows_nothing_of_the_engine(engine, pipeline, wait):
    definition, processing = pipeline
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/workers"
    after = processing("after", "")
    after["Arguments"]["AppSpecification"]["ContainerEntrypoint"] = [
        "python3", "-S", "-c", "import sys; open('/opt/ml/output/message', 'w').write(sys.argv[1])",
        {"Get": "Steps.ask.OutputParameters['answer']"},
    ]  # fmt: skip
    create(engine, "callback", definition(callback(url), after))
    worker = threading.Thread(target=work, args=(engine, url, ["do "]))
    worker.start()
    arn = start(engine, "callback")
    assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    worker.join()
    job = steps(engine, arn)["after"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    answer = engine.client("sagemaker").describe_processing_job(ProcessingJobName=job)
    assert answer["ExitMessage"] == "do this"


def test_a_queue_of_ones_own(engine):
    sqs = engine.client("sqs")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as error:
        sqs.get_queue_url(QueueName="nobodys")
    assert error.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    url = sqs.create_queue(QueueName="mine")["QueueUrl"]
    assert sqs.get_queue_url(QueueName="mine")["QueueUrl"] == url
    assert url in sqs.list_queues()["QueueUrls"]
    sqs.send_message(
        QueueUrl=url, MessageBody="é ☃", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}}
    )
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert (message["Body"], message["MessageAttributes"]["a"]["StringValue"]) == ("é ☃", "b")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    with pytest.raises(ClientError, match="MaxNumberOfMessages is invalid"):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    sqs.delete_queue(QueueUrl=url)
    assert url not in sqs.list_queues().get("QueueUrls", [])


def test_the_cli_answers_a_callback_and_reads_queues(engine, pipeline, wait, aws):
    definition, _ = pipeline
    # version 1 of the CLI has an address of its own for SQS, whatever AWS_ENDPOINT_URL says
    here = ("--endpoint-url", engine.endpoint.url)
    url = aws("sqs", "create-queue", "--queue-name", "for-cli", *here)["QueueUrl"]
    create(engine, "cli-callback", definition(callback(url)))
    arn = start(engine, "cli-callback")
    (message,) = aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "10", *here)["Messages"]
    token = json.loads(message["Body"])["token"]
    aws(
        "sagemaker", "send-pipeline-execution-step-failure", "--callback-token", token, "--failure-reason", "said no",
    )  # fmt: skip
    assert wait(arn)["PipelineExecutionStatus"] == "Failed"
    assert steps(engine, arn)["ask"]["FailureReason"] == "said no"
    listed = aws("sagemaker", "list-pipeline-execution-steps", "--pipeline-execution-arn", arn)
    assert listed["PipelineExecutionSteps"][0]["Metadata"]["Callback"]["CallbackToken"] == token


@pytest.mark.newest_boto3
def test_retry_and_update_over_the_wire(engine, pipeline, wait, aws, tmp_path):
    definition, processing = pipeline
    code = f"import os, sys; sys.exit(not os.path.exists({str(tmp_path / 'open')!r}))"
    create(engine, "again", definition(processing("one", code)))
    arn = start(engine, "again")
    assert wait(arn)["PipelineExecutionStatus"] == "Failed"
    (tmp_path / "open").touch()
    sagemaker = engine.client("sagemaker")
    assert sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionArn"] == arn
    assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert steps(engine, arn)["one"]["AttemptCount"] == 2
    with pytest.raises(sagemaker.exceptions.ConflictException, match="cannot be retried: its status is Succeeded"):
        sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    aws(
        "sagemaker", "update-pipeline-execution", "--pipeline-execution-arn", arn,
        "--pipeline-execution-description", "second try", "--pipeline-execution-display-name", "better",
    )  # fmt: skip
    told = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert (told["PipelineExecutionDescription"], told["PipelineExecutionDisplayName"]) == ("second try", "better")


@pytest.mark.newest_boto3
def test_versions_have_names_and_aliases(engine, pipeline, wait, aws):
    definition, processing = pipeline
    sagemaker = engine.client("sagemaker")
    role = engine.endpoint.role
    arn = sagemaker.create_pipeline(
        PipelineName="versioned", RoleArn=role, PipelineDefinition=definition(processing("old", "pass")),
        PipelineVersionAliases=["prod", "v1"],
    )["PipelineArn"]  # fmt: skip
    text = definition(processing("new", "pass"))
    with pytest.raises(sagemaker.exceptions.ConflictException, match="Alias 'prod' belongs to version 1"):
        sagemaker.update_pipeline(PipelineName="versioned", PipelineDefinition=text, PipelineVersionAliases=["prod"])
    updated = sagemaker.update_pipeline(
        PipelineName="versioned", PipelineDefinition=text, PipelineVersionAliases=["canary"]
    )
    assert updated["PipelineVersionId"] == 2
    ran = wait(start(engine, "versioned", PipelineVersionAlias="prod"))
    assert (ran["PipelineVersionId"], ran["PipelineVersionAliases"]) == (1, ["prod", "v1"])
    assert list(steps(engine, ran["PipelineExecutionArn"])) == ["old"]
    sagemaker.update_pipeline_version(
        PipelineArn=arn, PipelineVersionId=1, PipelineVersionAliasOperations={"Remove": ["prod"]}
    )
    aws(
        "sagemaker", "update-pipeline-version", "--pipeline-arn", arn, "--pipeline-version-id", "2",
        "--pipeline-version-display-name", "second",
    )  # fmt: skip
    sagemaker.update_pipeline_version(
        PipelineArn=arn,
        PipelineVersionId=2,
        PipelineVersionAliasOperations={"Add": ["prod"], "Remove": ["canary"]},
    )
    told = sagemaker.describe_pipeline(PipelineName="versioned", PipelineVersionAlias="prod")
    assert json.loads(told["PipelineDefinition"])["Steps"][0]["Name"] == "new"
    assert (told["PipelineVersionDisplayName"], told["PipelineVersionAliases"]) == ("second", ["prod"])
    listed = sagemaker.get_paginator("list_pipeline_versions").paginate(
        PipelineName=arn, PaginationConfig={"PageSize": 1}
    )
    summaries = list(listed.search("PipelineVersionSummaries[]"))
    assert [(at["PipelineVersionId"], at.get("PipelineVersionAliases")) for at in summaries] == [
        (2, ["prod"]),
        (1, ["v1"]),
    ]
    assert summaries[1]["LastExecutionPipelineExecutionArn"] == ran["PipelineExecutionArn"]
    of_v1 = sagemaker.list_pipeline_executions(PipelineName="versioned", PipelineVersionAlias="v1")
    assert len(of_v1["PipelineExecutionSummaries"]) == 1
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        start(engine, "versioned", PipelineVersionAlias="nope")
    with pytest.raises(ClientError, match="cannot be given together"):
        start(engine, "versioned", PipelineVersionAlias="prod", PipelineVersionId=1)
    with pytest.raises(ClientError, match="'7' cannot be an alias"):
        sagemaker.update_pipeline_version(
            PipelineArn=arn, PipelineVersionId=1, PipelineVersionAliasOperations={"Add": ["7"]}
        )


def test_a_token_starts_one_execution(engine, pipeline, wait):
    definition, processing = pipeline
    create(engine, "once", definition(processing("one", "pass")))
    token = "start-once-" + "t" * 30
    first, second = (start(engine, "once", ClientRequestToken=token) for _ in range(2))
    assert first == second
    with pytest.raises(ClientError, match="used before with another request"):
        start(engine, "once", ClientRequestToken=token, PipelineExecutionDescription="other")
    wait(first)


def test_an_experiments_names_are_told(engine, pipeline, wait):
    definition, processing = pipeline
    config = {
        "ExperimentName": {"Get": "Execution.PipelineName"},
        "TrialName": {"Get": "Execution.PipelineExecutionId"},
    }
    text = json.dumps({**json.loads(definition(processing("one", "pass"))), "PipelineExperimentConfig": config})
    create(engine, "experiment", text)
    told = wait(start(engine, "experiment"))
    run = told["PipelineExecutionArn"].rpartition("/")[2]
    assert told["PipelineExperimentConfig"] == {"ExperimentName": "experiment", "TrialName": run}
