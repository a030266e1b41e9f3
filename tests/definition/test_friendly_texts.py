"""What makes an opened definition read as if a person had written it: places in one word, code on S3, shared defaults."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.definition.compile import assemble, compilation, compile_spec
from sm_pipeline_widgets.definition.decompile import to_text
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.errors import Severity

ROLE = "arn:aws:iam::111122223333:role/x"
IMAGE = "1.dkr.ecr.us-east-1.amazonaws.com/x:1"
ID = {"Get": "Execution.PipelineExecutionId"}


def exactly(value):
    return json.dumps(value, sort_keys=True)


def definition(*steps):
    return {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": list(steps)}


def text_of(*steps):
    """The text of steps, after making sure that it is exactly those steps."""
    text = to_text(definition(*steps))
    assert exactly(assemble(compilation("-", read_spec(text)))) == exactly(definition(*steps)), text
    return text


def compiled(text):
    found = compile_spec(read_spec(text), "p")
    wrong = [str(problem) for problem in found.problems if problem.severity is Severity.ERROR]
    return found.definition["Steps"][0], wrong


def fail(message):
    return {"Name": "end", "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def joined(on, *values):
    return {"Std:Join": {"On": on, "Values": list(values)}}


@pytest.mark.parametrize("written, expression", [
    ("s3://bkt/p/${execution.id}/out/x", joined("/", "s3:/", "bkt", "p", ID, "out", "x")),
    ("s3://bkt/${execution.id}", joined("/", "s3:/", "bkt", ID)),
    ("s3://${execution.id}/x", joined("/", "s3:/", ID, "x")),
    ("s3://bkt/${execution.id}/${execution.pipeline_name}", joined("/", "s3:/", "bkt", ID, {"Get": "Execution.PipelineName"})),
    # An expression that is only a piece of a folder's name, or an empty name: joined on nothing.
    ("s3://bkt/run-${execution.id}/x", joined("", "s3://bkt/run-", ID, "/x")),
    ("s3://bkt/${execution.id}.csv", joined("", "s3://bkt/", ID, ".csv")),
    ("s3://bkt/${execution.id}${execution.pipeline_name}", joined("", "s3://bkt/", ID, {"Get": "Execution.PipelineName"})),
    ("s3://bkt//${execution.id}", joined("", "s3://bkt//", ID)),
    ("s3://bkt/${execution.id}/", joined("", "s3://bkt/", ID, "/")),
    ("s3://bkt/$$5/${execution.id}", joined("/", "s3:/", "bkt", "$5", ID)),
    ("see s3://bkt/${execution.id}/x", joined("", "see s3://bkt/", ID, "/x")),
])  # fmt: skip
def test_a_place_in_s3_is_one_word_and_is_joined_as_the_sdk_joins_it(written, expression):
    step, wrong = compiled(f"steps:\n  end: {{type: Fail, message: '{written}'}}\n")
    assert wrong == []
    assert step["Arguments"]["ErrorMessage"] == expression
    assert f"message: {written}\n" in text_of(fail(expression))


@pytest.mark.parametrize("expression", [
    joined("/", "s3://bkt", "p", ID), joined("/", "s3:/", "a/b", ID), joined("/", "s3:/", "", ID),
    joined("/", "s3:/", "bkt"), joined("/", "s3:/"), joined("/"), joined("", "s3://bkt/p/", ID, "/x"),
    joined("/", "s3:/", "bkt", None, 3, True), joined("/", "s3:", "", "bkt", ID), joined("/", ID, "s3:/"),
])  # fmt: skip
def test_every_other_way_to_join_a_place_stays_what_it_is(expression):
    text_of(fail(expression))


def code_input(uri):
    return {
        "InputName": "code", "AppManaged": False,
        "S3Input": {"S3Uri": uri, "LocalPath": "/opt/ml/processing/input/code", "S3DataType": "S3Prefix", "S3InputMode": "File",
                    "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"},
    }  # fmt: skip


def processing(name="prep", *, command=("python3",), uri="s3://bkt/code/prep.py", image=IMAGE, **more):
    return {"Name": name, "Type": "Processing", "Arguments": {
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": [*command, "/opt/ml/processing/input/code/prep.py"]},
        "RoleArn": ROLE, "ProcessingInputs": [code_input(uri)], **more}}  # fmt: skip


def training(name="train", **hyperparameters):
    return {"Name": name, "Type": "Training", "Arguments": {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"}, "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://bkt/out"}, "HyperParameters": hyperparameters}}  # fmt: skip


SCRIPT = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://bkt/code/sourcedir.tar.gz"'}


def test_a_script_on_s3_is_code():
    text = text_of(processing())
    assert "code: s3://bkt/code/prep.py\n" in text
    assert "command" not in text
    assert "inputs" not in text
    assert "command: [spark-submit]\n" in text_of(processing(command=["spark-submit"]))


@pytest.mark.parametrize("step", [
    processing(uri="s3://bkt/code/other.py"), processing(uri="s3://bkt/code/"), processing(uri={"Get": "Parameters.p"}),
    processing(uri="s3://bkt/$x/prep.py"), processing(command=()),
    processing(ProcessingInputs=[code_input("s3://bkt/a.py"), code_input("s3://bkt/code/prep.py")]),
    training(**SCRIPT, raw="not JSON"), training(**SCRIPT, spaced="[1,2]"), training(**{**SCRIPT, "sagemaker_program": "train.py"}),
    training(**SCRIPT, looks='{"Get": "Parameters.p"}'), training(**SCRIPT, nan="NaN", big="1e400", zero="-0.0", one="1.0", e="1E5"),
])  # fmt: skip
def test_what_only_looks_like_it_stays_what_it_is(step):
    text_of(step)


def test_hyperparameters_of_a_script_are_read_as_the_script_reads_them():
    text = text_of(training(**SCRIPT, alpha="0.1", name='"abc"', on="true", list="[1, 2]", quoted='"3"'))
    assert "code: s3://bkt/code/sourcedir.tar.gz\n" in text
    assert "entry: train.py\n" in text
    assert "alpha: 0.1\n" in text.replace(", ", "\n").replace("{", "").replace("}", "\n")
    assert '\\"' not in text


def test_a_text_may_name_code_on_s3():
    step, wrong = compiled("steps:\n  prep: {type: Processing, code: s3://bkt/code/prep.py, inputs: {x: s3://bkt/x}}\n")
    assert wrong == []
    inputs = step["Arguments"]["ProcessingInputs"]
    assert [one["InputName"] for one in inputs] == ["x", "code"]
    assert inputs[1]["S3Input"]["S3Uri"] == "s3://bkt/code/prep.py"
    assert step["Arguments"]["AppSpecification"]["ContainerEntrypoint"] == [
        "python3",
        "/opt/ml/processing/input/code/prep.py",
    ]
    step, wrong = compiled(
        "steps:\n  t: {type: Training, code: s3://bkt/s.tar.gz, entry: train.py, hyperparameters: {a: x}}\n"
    )
    assert wrong == []
    assert step["Arguments"]["HyperParameters"] == {
        "a": '"x"', "sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://bkt/s.tar.gz"',
    }  # fmt: skip


@pytest.mark.parametrize("step", [
    "{type: Processing, code: s3://bkt/code/}", "{type: Training, code: s3://bkt/s.tar.gz}",
])  # fmt: skip
def test_code_on_s3_that_could_be_many_scripts_needs_its_entry(step):
    _, wrong = compiled(f"steps:\n  a: {step}\n")
    assert ["entry" in one for one in wrong] == [True]


def test_what_most_steps_share_is_said_once():
    text = text_of(processing("a"), processing("b"), processing("c", image="2.dkr.ecr.us-east-1.amazonaws.com/x:1"))
    assert text.count(ROLE) == 1
    assert text.count(IMAGE) == 1
    assert "defaults: none" not in text
    assert "built_in: none" in text


def test_a_step_that_lacks_what_others_share_stands_alone():
    bare = {"Name": "d", "Type": "Processing", "Arguments": {"AppSpecification": {"ImageUri": IMAGE}}}
    text = text_of(*(processing(name) for name in "abefghi"), bare)
    assert text.count("defaults: none") == 1


def test_a_step_that_was_filled_in_stays_so_among_bare_ones():
    condition = {"Name": "if", "Type": "Condition", "Arguments": {
        "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}], "IfSteps": [], "ElseSteps": []}}  # fmt: skip
    call = {"Name": "call", "Type": "Lambda", "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f",
            "Arguments": {}, "OutputParameters": []}  # fmt: skip
    text_of(processing("a"), processing("b"), condition, call, fail(""))


def test_built_in_none_fills_in_only_what_the_pipeline_says():
    text = f"defaults: {{built_in: none, role: '{ROLE}'}}\nsteps:\n  a: {{type: Processing, image: '{IMAGE}'}}\n"
    step, _ = compiled(text)
    assert step["Arguments"] == {"AppSpecification": {"ImageUri": IMAGE}, "RoleArn": ROLE}
    step, _ = compiled(text.replace("type: Processing", "type: Processing, defaults: all"))
    assert step["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.large"
    step, _ = compiled(text.replace("type: Processing", "type: Processing, defaults: none"))
    assert step["Arguments"] == {"AppSpecification": {"ImageUri": IMAGE}}


@pytest.mark.parametrize("text", [
    "defaults: {built_in: some}\nsteps: {z: {type: Fail, message: x}}\n",
    "steps: {z: {type: Fail, message: x, defaults: mine}}\n",
])  # fmt: skip
def test_other_words_for_defaults_are_mistakes(text):
    _, wrong = compiled(text)
    assert ["`none`" in one for one in wrong] == [True]


def test_options_of_a_training_job_are_keys_both_ways():
    options = {
        "EnableNetworkIsolation": True, "EnableManagedSpotTraining": False, "EnableInterContainerTrafficEncryption": True,
        "ResourceConfig": {"KeepAlivePeriodInSeconds": 60}, "RetryStrategy": {"MaximumRetryAttempts": 2},
        "DebugHookConfig": {"S3OutputPath": "s3://bkt/d", "CollectionConfigurations": []},
        "ProfilerConfig": {"DisableProfiler": True},
    }  # fmt: skip
    step = training()
    step["Arguments"] |= options
    step["Arguments"]["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["bash"], "ContainerArguments": ["-c", "1"]}
    text = text_of(step)
    assert "arguments" not in text
    for line in ("isolated: true", "spot: false", "encrypted_traffic: true", "keep_alive: 60", "attempts: 2",
                 "debugger: s3://bkt/d", "profiler: false", "command: [bash]", "args: [-c, 1]"):  # fmt: skip
        assert f"    {line}\n" in text
