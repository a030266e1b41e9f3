"""The source a watcher reads, over real clients: job descriptions and objects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sm_pipeline_widgets.aws.log_end import EVENTS
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.errors import ServiceError, TargetError
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.state import StepState, StepStatus

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/r"


def make_target() -> Target:
    session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    return Target("aws", session, role=ROLE, account="123456789012")


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:{kind}/{name}"


@pytest.mark.parametrize("key", ["out/e.json", "out/a?b#c/e.json", "out//e.json", "ünï/e.json"])
def test_any_object_can_be_read(key):
    with mock_aws():
        target = make_target()
        target.s3.create_bucket(Bucket="bucket")
        target.s3.put_object(Bucket="bucket", Key=key, Body=b"0123456789")
        source = TargetSource(target)
        assert source.read_object(f"s3://bucket/{key}", 4) == b"0123"
        with pytest.raises(ServiceError) as caught:
            source.read_object("s3://bucket/none", 4)
        assert caught.value.code == "NoSuchKey"


JOB = "arn:aws:sagemaker:us-east-1:123456789012:job/AgentRFT/the-job"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/group/7"


@pytest.mark.parametrize(
    ("metadata", "operation", "asked"),
    [
        ({"TrainingJob": {"Arn": arn("training-job", "j")}}, "describe_training_job", {"TrainingJobName": "j"}),
        ({"ProcessingJob": {"Arn": arn("processing-job", "j")}}, "describe_processing_job", {"ProcessingJobName": "j"}),
        (
            {"QualityCheck": {"CheckJobArn": arn("processing-job", "c")}},
            "describe_processing_job",
            {"ProcessingJobName": "c"},
        ),
        ({"TransformJob": {"Arn": arn("transform-job", "j")}}, "describe_transform_job", {"TransformJobName": "j"}),
        (
            {"TuningJob": {"Arn": arn("hyper-parameter-tuning-job", "j")}},
            "describe_hyper_parameter_tuning_job",
            {"HyperParameterTuningJobName": "j"},
        ),
        ({"AutoMLJob": {"Arn": arn("automl-job", "j")}}, "describe_auto_ml_job", {"AutoMLJobName": "j"}),
        ({"Job": {"Arn": JOB}}, "describe_job", {"JobName": "the-job", "JobCategory": "AgentRFT"}),
        ({"Model": {"Arn": arn("model", "m")}}, "describe_model", {"ModelName": "m"}),
        ({"RegisterModel": {"Arn": PACKAGE}}, "describe_model_package", {"ModelPackageName": PACKAGE}),
        ({"Endpoint": {"Arn": arn("endpoint", "e")}}, "describe_endpoint", {"EndpointName": "e"}),
        (
            {"EndpointConfig": {"Arn": arn("endpoint-config", "e")}},
            "describe_endpoint_config",
            {"EndpointConfigName": "e"},
        ),
        (
            {"InferenceComponent": {"Arn": arn("inference-component", "i")}},
            "describe_inference_component",
            {"InferenceComponentName": "i"},
        ),
    ],
)
@pytest.mark.newest_boto3
def test_each_kind_of_job_is_described_by_its_own_operation(metadata, operation, asked):
    target = make_target()
    with Stubber(target.session.reader("sagemaker")) as stub:
        stub.add_client_error(operation, "ValidationException", "not found", expected_params=asked)
        with pytest.raises(ServiceError, match="not found"):
            TargetSource(target).describe_job(metadata)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    "metadata", [{}, {"Condition": {"Outcome": "True"}}, {"TrainingJob": {}}, {"New": {"Arn": "x"}}, {"Newer": "text"}]
)
def test_steps_without_a_job_have_no_description_and_no_log(metadata):
    source = TargetSource(make_target())
    assert source.describe_job(metadata) == {}
    assert source.log_reader(StepState("s", "New", StepStatus.RUNNING, metadata=metadata)) is None


ARN = f"{arn('pipeline', 'demo')}/execution/abcdefghijkl"


@pytest.fixture
def answers():
    """A source, and the service's answers to it in the order they are asked for."""
    target = make_target()
    with Stubber(target.session.reader("sagemaker")) as stub:
        yield TargetSource(target), stub
        stub.assert_no_pending_responses()


def asked(token: str | None = None) -> dict:
    return {"PipelineExecutionArn": ARN, "SortOrder": "Ascending", "MaxResults": 100} | (
        {"NextToken": token} if token else {}
    )


def item(name: str, **more) -> dict:
    return {"StepName": name, "StepStatus": "Succeeded", "StartTime": NOON, "EndTime": NOON, **more}


def test_every_page_of_steps_is_read_also_behind_an_empty_one(answers):
    source, stub = answers
    stub.add_response(
        "list_pipeline_execution_steps", {"PipelineExecutionSteps": [item("a")], "NextToken": "1"}, asked()
    )
    stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": [], "NextToken": "2"}, asked("1"))
    stub.add_response("list_pipeline_execution_steps", {"NextToken": "3"}, asked("2"))
    stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": [item("b")]}, asked("3"))
    assert [each["StepName"] for each in source.steps(ARN)] == ["a", "b"]


def test_a_page_that_never_ends_is_told(answers):
    source, stub = answers
    for _ in range(2):
        stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": [item("a")], "NextToken": "1"})
    with pytest.raises(TargetError, match="same next token"):
        source.steps(ARN)


def test_parameters_come_in_pages_too(answers):
    source, stub = answers
    first = {"PipelineParameters": [{"Name": "a", "Value": "1"}], "NextToken": "x"}
    stub.add_response("list_pipeline_parameters_for_execution", first)
    stub.add_response("list_pipeline_parameters_for_execution", {"PipelineParameters": [{"Name": "b", "Value": ""}]})
    assert source.parameters(ARN) == {"a": "1", "b": ""}


def test_what_the_service_leaves_out_or_adds_makes_no_difference_to_a_states_word(answers):
    """Answers as they were seen: no metadata, empty cache ARNs, members nobody has heard of, no times."""
    source, stub = answers
    steps = [
        item("plain"),
        item(
            "missed",
            CacheHitResult={"SourcePipelineExecutionArn": ""},
            Metadata={"TrainingJob": {"Arn": arn("training-job", "t")}},
        ),
        item("hit", CacheHitResult={"SourcePipelineExecutionArn": ARN}),
        item("kept", SelectiveExecutionResult={"SourcePipelineExecutionArn": ARN}),
        item(
            "checked",
            Metadata={"QualityCheck": {"CheckType": "ModelQuality", "SkipCheck": True, "RegisterNewBaseline": False}},
        ),
        {"StepName": "odd", "StepStatus": "Executing"},
    ]
    stub.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": steps})
    stub.add_response(
        "describe_pipeline_execution", {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Executing"}
    )
    definition = {"Steps": [{"Name": each["StepName"], "Type": "Training"} for each in steps]}
    items = source.steps(ARN)
    state = derive(definition, source.describe(ARN), items)
    assert {name: str(step.status) for name, step in state.steps.items()} == {
        "plain": "succeeded",
        "missed": "succeeded",
        "hit": "cached",
        "kept": "reused",
        "checked": "succeeded",
        "odd": "running",
    }
    assert state.steps["missed"].job_arn == arn("training-job", "t")
    assert source.log_reader(state.steps["checked"]) is None


def failed_step(**metadata: object) -> StepState:
    return StepState("train", "Training", StepStatus.FAILED, metadata=metadata)


def test_the_end_of_a_log_is_read_from_there_with_all_hosts_in_order():
    group, job = "/aws/sagemaker/TrainingJobs", {"Arn": arn("training-job", "j")}
    with mock_aws():
        target = make_target()
        logs = target.session.client("logs")
        logs.create_log_group(logGroupName=group)
        begin = int(datetime.now(UTC).timestamp() * 1000) - 60_000
        for host in (1, 2):
            stream = f"j/algo-{host}-1700000000"
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
            events = [{"timestamp": begin + 2 * n + host, "message": f"line {n} of {host}"} for n in range(1000)]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        lines = TargetSource(target).log_end(failed_step(TrainingJob=job))
        assert [line.text for line in lines[-2:]] == ["line 999 of 1", "line 999 of 2"]
        assert {line.stream for line in lines} == {"algo-1", "algo-2"}
        assert len(lines) <= 2 * EVENTS


@pytest.mark.parametrize("metadata", [{"TrainingJob": {"Arn": arn("training-job", "j")}}, {"Lambda": {"Arn": "x"}}, {}])
def test_a_log_that_is_not_there_has_no_end(metadata):
    with mock_aws():
        assert list(TargetSource(make_target()).log_end(failed_step(**metadata))) == []
