"""What is refused before anything runs, and in which words."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations import execution_control, executions, jobs, pipelines


def create(lab, text, **more):
    return pipelines.create_pipeline(
        lab.engine, {"PipelineName": "demo", "RoleArn": "role", "PipelineDefinition": text, **more}
    )


def refusal(action):
    with pytest.raises(ServiceException) as caught:
        action()
    return caught.value


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("nonsense", "It is not valid JSON"),
        ("[]", "Expecting start of Json Object"),
        ("{}", "Version must be"),
        ('{"Version": "2020-12-01"}', "Steps: Expecting start of Json Array"),
        ('{"Version": "2020-12-01", "Steps": [1]}', "Expecting start of Json Object"),
        ('{"Version": "2020-12-01", "Steps": [{"Name": "a"}]}', "needs a Name and a Type"),
        (
            '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "Arguments": [1]}]}',
            "Step 'a': Arguments",
        ),
        ('{"Version": "2020-12-01", "Parameters": {"a": 1}, "Steps": []}', "Parameters"),
        (
            '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail"}, {"Name": "a", "Type": "Fail"}]}',
            "'a' is used twice",
        ),
        (
            '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "DependsOn": ["b"]}]}',
            "Step b is undefined",
        ),
        (
            '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.b.c"}}}]}',
            "no such step",
        ),
        (
            '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "DependsOn": ["b"]}, {"Name": "b", "Type": "Fail", "DependsOn": ["a"]}]}',
            "Cycle detected",
        ),
        ("[" * 100_000, "not valid JSON"),
        (" " * 1_048_577, "the maximum is 1048576"),
        ('{"Version": "2020-12-01", "Steps": [], "x": "\ud800"}', "surrogate"),
    ],
)
def test_definitions_that_cannot_be_kept(lab, definition, words):
    error = refusal(lambda: create(lab, definition))
    assert error.code == "ValidationException"
    assert words in error.message
    assert len(error.message) < 500


def parameter(**more):
    return {"Parameters": [{"Name": "p", "Type": "String", **more}]}


def step(type_="Callback", **more):
    own = {"SqsQueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "Arguments": {}, "OutputParameters": []}
    return {"Steps": [{"Name": "s", "Type": type_, **(own if type_ == "Callback" else {}), **more}]}


def outputs(count, kind="String"):
    return step(OutputParameters=[{"OutputName": f"o{n}", "OutputType": kind} for n in range(count)])


def command(**specification):
    return step("Processing", Arguments={"AppSpecification": {"ImageUri": "i", **specification}})


def items(count):
    body = step()["Steps"]
    return step("ForEach", Arguments={"IterableItems": ["x"] * count, "ForEachBody": [{**body[0], "Name": "b"}]})


TAKEN, REFUSED = "", "Unable to parse pipeline definition."


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (parameter(EnumValues=[str(n) for n in range(16)]), TAKEN),
        (parameter(EnumValues=[str(n) for n in range(17)]), "maximum of 16"),
        (parameter(EnumValues=["a", "b"], DefaultValue="c"), "'c' is not one of the EnumValues: a, b."),
        (parameter(Type="Integer", EnumValues=["1"]), "Type String"),
        (parameter(EnumValues=[1]), "list of strings"),
        (parameter(Type="Number"), "Type must be one of String, Integer, Float, Boolean, not 'Number'"),
        (parameter(Type=["String"]), "Type must be one of"),
        (parameter(Type="Float", DefaultValue=1), TAKEN),
        (parameter(Type="Integer", DefaultValue="1"), "DefaultValue '1' is no Integer"),
        (parameter(Type="Integer", DefaultValue=True), "is no Integer"),
        (parameter(DefaultValue="x" * 1024), TAKEN),
        (parameter(DefaultValue="x" * 1025), "maximum is 1024"),
        (parameter(Name="a b"), "regular expression"),
        (parameter(Name="x" * 65), "regular expression"),
        ({"Parameters": [{"Name": f"p{n}", "Type": "String"} for n in range(200)]}, TAKEN),
        ({"Parameters": [{"Name": f"p{n}", "Type": "String"} for n in range(201)]}, "maximum of 200"),
        ({"Parameters": [{"Name": "p", "Type": "String"}] * 2}, "'p' is used 2 times"),
        (step(Name="a.b"), "regular expression"),
        (step(Name="x" * 64), TAKEN),
        (step(Name="x" * 65), "regular expression"),
        (step(DisplayName="x" * 257), "DisplayName has 257 characters"),
        (step(Description="x" * 3073), "Description has 3073 characters"),
        (outputs(50), TAKEN),
        (outputs(51), "maximum of 50"),
        (outputs(1, "Number"), "OutputType must be one of"),
        (command(ContainerEntrypoint=["x" * 256]), TAKEN),
        (command(ContainerEntrypoint=["x" * 257]), "with length=257 cannot be greater than 256 (ContainerEntrypoint)"),
        (command(ContainerArguments=["x"] * 101), "maximum of 100"),
        (items(100), TAKEN),
        (items(101), "1 to 100 items, not 101"),
        (items(0), "1 to 100 items, not 0"),
        (step("Lineage", Arguments={"Actions": [{}] * 6}), "Actions: 6 are more than the maximum of 5"),
        (step(RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 43_201}]), "at most 43200"),
        (step(RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "ExpireAfterMin": 14_401}]), "at most 14400"),
        (step(RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 21}]), "between 0 and 20"),
    ],
)
def test_the_services_limits(lab, part, words):
    text = json.dumps({"Version": "2020-12-01", "Steps": [], **part})
    if words == TAKEN:
        create(lab, text)
        return
    error = refusal(lambda: create(lab, text))
    assert (error.code, error.message.startswith(REFUSED)) == ("ValidationException", True)
    assert words in error.message


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"inputs": {f"i{n}": "s3://data/x" for n in range(11)}}, "'processingInputs' failed to satisfy constraint: Member must have length less than or equal to 10"),
        ({"outputs": {f"o{n}": "s3://data/x" for n in range(11)}}, "'processingOutputConfig.outputs' failed to satisfy"),
        ({"arguments": {"Environment": {"A": "x" * 257}}}, "Member must have length less than or equal to 256"),
        ({"arguments": {"StoppingCondition": {"MaxRuntimeInSeconds": 777_601}}}, "Member must have value less than or equal to 777600"),
    ],
)  # fmt: skip
def test_what_is_too_much_for_a_job_is_refused_as_the_step_starts(lab, more, words):
    end = lab.run([lab.processing("one", "print()", **more)])
    reason = end.steps["one"]["FailureReason"]
    assert reason.startswith(
        "ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: 1 validation error"
    )
    assert words in reason
    assert "Metadata" not in end.steps["one"]


def test_a_definition_can_come_from_an_object(lab):
    text = json.dumps({"Version": "2020-12-01", "Steps": []})
    lab.put("definition.json", text)
    place = {"Bucket": "data", "ObjectKey": "definition.json"}
    request = {"PipelineName": "demo", "RoleArn": "role"}
    error = refusal(lambda: pipelines.create_pipeline(lab.engine, request))
    assert error.message == "Either Pipeline Definition or Pipeline Definition S3 location should be provided"
    refusal(lambda: create(lab, text, PipelineDefinitionS3Location=place))
    missing = {"Bucket": "data", "ObjectKey": "none"}
    assert "does not exist" in refusal(
        lambda: pipelines.create_pipeline(lab.engine, {**request, "PipelineDefinitionS3Location": missing})
    ).message  # fmt: skip
    pipelines.create_pipeline(lab.engine, {**request, "PipelineDefinitionS3Location": place})
    assert pipelines.describe_pipeline(lab.engine, {"PipelineName": "demo"})["PipelineDefinition"] == text


def test_a_definition_too_long_for_a_request_comes_from_an_object_and_runs(lab):
    loud = [{"Name": f"s{n}", "Type": "Fail", "Arguments": {"ErrorMessage": f"{n}" + "x" * 3000}} for n in range(400)]
    text = json.dumps({"Version": "2020-12-01", "Steps": loud})
    error = refusal(lambda: create(lab, text))
    assert "the maximum is 1048576. Put a longer one into S3 and give PipelineDefinitionS3Location." in error.message
    lab.put("long.json", text)
    place = {"Bucket": "data", "ObjectKey": "long.json"}
    request = {"PipelineName": "demo", "RoleArn": "role", "PipelineDefinitionS3Location": place}
    pipelines.create_pipeline(lab.engine, request)
    assert pipelines.describe_pipeline(lab.engine, {"PipelineName": "demo"})["PipelineDefinition"] == text
    pipelines.update_pipeline(lab.engine, {"PipelineName": "demo", "PipelineDefinitionS3Location": place})
    end = lab.end(lab.begin("demo"))
    assert end.status == "Failed"
    assert all(step["FailureReason"].endswith("xxx") for step in end.steps.values())


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"ObjectKey": "a.json", "VersionId": "v1"}, "has no versions"),
        ({"ObjectKey": "huge.json"}, "the maximum is 33554432"),
        ({"ObjectKey": "bytes.json"}, "is not UTF-8"),
    ],
)
def test_objects_that_are_no_definition(lab, place, words):
    lab.put("a.json", "{}")
    lab.put("huge.json", b" " * ((32 << 20) + 1))
    lab.put("bytes.json", b"\xff")
    request = {"PipelineName": "demo", "RoleArn": "role", "PipelineDefinitionS3Location": {"Bucket": "data", **place}}
    assert words in refusal(lambda: pipelines.create_pipeline(lab.engine, request)).message


def test_a_pipeline_without_steps_succeeds(lab):
    assert lab.run([]).status == "Succeeded"


def test_steps_the_engine_cannot_run_are_all_named_at_the_start(lab):
    inner = {"Name": "emr", "Type": "EMR", "Arguments": {}}
    condition = {"Name": "c", "Type": "Condition", "Arguments": {"Conditions": [], "IfSteps": [inner], "ElseSteps": []}}
    lab.create([condition, {"Name": "auto", "Type": "AutoML", "Arguments": {}}, lab.processing("ok", "pass")])
    error = refusal(lab.begin)
    assert error.code == "ValidationException"
    for step in ("'emr' (EMR): ", "'auto' (AutoML): ", "local: {outputs: "):
        assert step in error.message
    assert "'ok'" not in error.message
    assert executions.list_pipeline_executions(lab.engine, {"PipelineName": "demo"})["PipelineExecutionSummaries"] == []


def test_a_container_of_unknown_command_is_refused(lab):
    lab.create([lab.training("train", {"a": "1"})])
    assert "step 'train'" in refusal(lab.begin).message
    step = lab.processing("p", [])
    lab.create([step])
    assert "ContainerEntrypoint is missing" in refusal(lab.begin).message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Parameter 'needed' is undefined"),
        ({"needed": "1", "other": "1"}, "Unknown parameter 'other'"),
        ({"needed": "one"}, "Unexpected type for parameter 'needed'"),
        ({"needed": "1", "flag": "maybe"}, "Unexpected type for parameter 'flag'"),
        ({"needed": "1", "x": "wide"}, "Unexpected type for parameter 'x'"),
        ({"needed": "1", "choice": "c"}, "is not one of a, b"),
        ({"needed": "1", "choice": ""}, "too short"),
    ],
)
def test_wrong_parameters(lab, given, words):
    declared = [
        {"Name": "needed", "Type": "Integer"},
        {"Name": "flag", "Type": "Boolean", "DefaultValue": False},
        {"Name": "x", "Type": "Float", "DefaultValue": 0},
        {"Name": "choice", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
    ]
    lab.create([], declared=declared)
    error = refusal(lambda: lab.begin(parameters=given))
    assert (error.code, words in error.message) == ("ValidationException", True), error.message


def test_names_that_do_not_exist(lab):
    engine = lab.engine
    arn = "arn:aws:sagemaker:eu-west-3:000000000000:pipeline/demo/execution/000000000000"
    for action in (
        lambda: pipelines.describe_pipeline(engine, {"PipelineName": "none"}),
        lambda: pipelines.update_pipeline(engine, {"PipelineName": "none"}),
        lambda: pipelines.delete_pipeline(engine, {"PipelineName": "none"}),
        lambda: executions.start_pipeline_execution(engine, {"PipelineName": "none"}),
        lambda: executions.list_pipeline_executions(engine, {"PipelineName": "none"}),
        lambda: executions.describe_pipeline_execution(engine, {"PipelineExecutionArn": arn}),
        lambda: executions.list_pipeline_execution_steps(engine, {"PipelineExecutionArn": arn}),
        lambda: execution_control.stop_pipeline_execution(engine, {"PipelineExecutionArn": arn}),
    ):
        assert refusal(action).code == "ResourceNotFound"
    assert refusal(lambda: executions.list_pipeline_execution_steps(engine, {})).code == "ValidationException"
    for action in (
        lambda: jobs.describe_training_job(engine, {"TrainingJobName": "none"}),
        lambda: jobs.describe_processing_job(engine, {"ProcessingJobName": "none"}),
    ):
        assert refusal(action).message == "Requested resource not found."


def test_a_name_is_used_once_and_upsert_can_tell(lab):
    text = json.dumps({"Version": "2020-12-01", "Steps": []})
    arn = create(lab, text)["PipelineArn"]
    error = refusal(lambda: create(lab, text))
    assert error.code == "ValidationException"
    assert "already exists" in error.message
    answer = pipelines.update_pipeline(lab.engine, {"PipelineName": arn, "PipelineDefinition": text})
    assert answer == {"PipelineArn": arn, "PipelineVersionId": 2}


def test_pipelines_are_listed_in_pages_and_order(lab):
    text = json.dumps({"Version": "2020-12-01", "Steps": []})
    for name in ("b", "a", "c", "x"):
        pipelines.create_pipeline(lab.engine, {"PipelineName": name, "RoleArn": "role", "PipelineDefinition": text})

    def names(**request):
        answer = pipelines.list_pipelines(lab.engine, request)
        return [at["PipelineName"] for at in answer["PipelineSummaries"]], answer.get("NextToken")

    assert names() == (["x", "c", "a", "b"], None)
    assert names(SortBy="Name", SortOrder="Ascending") == (["a", "b", "c", "x"], None)
    assert names(PipelineNamePrefix="x") == (["x"], None)
    shown, token = names(SortBy="Name", SortOrder="Ascending", MaxResults=3)
    assert shown == ["a", "b", "c"]
    assert names(SortBy="Name", SortOrder="Ascending", MaxResults=3, NextToken=token) == (["x"], None)
    assert refusal(lambda: names(NextToken="ü")).code == "ValidationException"


def test_tags(lab):
    text = json.dumps({"Version": "2020-12-01", "Steps": []})
    arn = create(lab, text, Tags=[{"Key": "a", "Value": "1"}])["PipelineArn"]
    pipelines.add_tags(lab.engine, {"ResourceArn": arn, "Tags": [{"Key": "b", "Value": "2"}]})
    pipelines.delete_tags(lab.engine, {"ResourceArn": arn, "TagKeys": ["a"]})
    assert pipelines.list_tags(lab.engine, {"ResourceArn": arn}) == {"Tags": [{"Key": "b", "Value": "2"}]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ProcessingInputs": "no list"}, "Arguments.ProcessingInputs: Expecting start of Json Array"),
        ({"AppSpecification": []}, "Arguments.AppSpecification: Expecting start of Json Object"),
        ({"ProcessingInputs": [["x"]]}, r"Arguments.ProcessingInputs\[0\]: Expecting start of Json Object"),
        ({"Environment": "A=b"}, "Arguments.Environment: Expecting start of Json Object"),
        ({"Inputs": []}, r"Unknown Argument member 'Inputs' \(CreateProcessingJob has no such member"),
    ],
)
def test_arguments_that_no_api_has_are_refused_at_create(lab, arguments, words):
    with pytest.raises(Exception, match=f"Unable to parse pipeline definition. Step 'one': {words}"):
        lab.create([lab.processing("one", "pass", arguments=arguments)])


def test_an_expression_may_stand_for_any_argument(lab):
    declared = [{"Name": "n", "Type": "String", "DefaultValue": "x"}]
    arguments = {"ProcessingInputs": {"Get": "Parameters.n"}, "Environment": {"A": {"Std:Join": {"Values": ["b"]}}}}
    end = lab.run([lab.processing("one", "pass", arguments=arguments)], declared=declared)
    assert end.steps["one"]["FailureReason"].startswith("ClientError: ")
