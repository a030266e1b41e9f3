"""From definition JSON to a text a person would have written, and back to exactly that JSON."""

from __future__ import annotations

import copy
import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.compile import assemble, compilation, compile_spec
from sm_pipeline_widgets.definition.decompile import to_text
from sm_pipeline_widgets.definition.source import plain, read_source
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.definition.yaml_text import is_writable, write_yaml
from sm_pipeline_widgets.errors import Severity

EXPERIMENT = {
    "ExperimentName": {"Get": "Execution.PipelineName"},
    "TrialName": {"Get": "Execution.PipelineExecutionId"},
}
URI = {
    "Std:Join": {
        "On": "/", "Values": ["s3:/", "bucket", "demo", {"Get": "Execution.PipelineExecutionId"}, "prep", "output", "train"],
    }
}  # fmt: skip
PREP = {
    "Name": "prep",
    "Type": "Processing",
    "Arguments": {
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": {"Get": "Parameters.n"}, "VolumeSizeInGB": 30}
        },
        "AppSpecification": {
            "ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/x:1",
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/prep.py"],
            "ContainerArguments": ["--n", {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.n"}]}}, "4", "no", "1.50"],
        },
        "RoleArn": "arn:aws:iam::111122223333:role/x",
        "StoppingCondition": {"MaxRuntimeInSeconds": 5400},
        "NetworkConfig": {"EnableNetworkIsolation": False},
        "ProcessingInputs": [
            {
                "InputName": "code", "AppManaged": False,
                "S3Input": {
                    "S3Uri": "s3://bucket/code/prep.py", "LocalPath": "/opt/ml/processing/input/code",
                    "S3DataType": "S3Prefix", "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated",
                    "S3CompressionType": "None",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "train", "AppManaged": False,
                    "S3Output": {"S3Uri": URI, "LocalPath": "/opt/ml/processing/output/train", "S3UploadMode": "EndOfJob"},
                }
            ]
        },
    },
    "DependsOn": [{"Step": "clean", "Trigger": "Failed"}, "clean"],
    "CacheConfig": {"Enabled": True, "ExpireAfter": "PT12H"},
    "RetryPolicies": [{"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 30, "BackoffRate": 2.0, "MaxAttempts": 3}],
    "PropertyFiles": [{"PropertyFileName": "metrics", "OutputName": "train", "FilePath": "deep/metrics.json"}],
}  # fmt: skip
RMSE = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.prep.PropertyFiles.metrics"}, "Path": "all[0].rmse"}}
TRAIN = {
    "Name": "train",
    "Type": "Training",
    "Arguments": {
        "AlgorithmSpecification": {
            "TrainingImage": "1.dkr.ecr.us-east-1.amazonaws.com/x:1", "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "rmse", "Regex": "rmse=(.*)$"}],
        },
        "RoleArn": "arn:aws:iam::111122223333:role/x",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "HyperParameters": {"alpha": "0.1", "name": '"abc"'},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": {"Get": "Steps.prep.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"},
                    }
                },
            }
        ],
        "Environment": {},
    },
}  # fmt: skip
CLEAN = {"Name": "clean", "Type": "Teleport", "Arguments": {"To": ["x"]}, "Beam": None}
GATE = {
    "Name": "gate",
    "Type": "Condition",
    "Arguments": {
        "Conditions": [
            {"Type": "LessThanOrEqualTo", "LeftValue": RMSE, "RightValue": {"Get": "Parameters.max rmse"}},
            {"Type": "Or", "Conditions": [
                {"Type": "Equals", "LeftValue": {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}, "RightValue": "it's"},
                {"Type": "Not", "Condition": {"Type": "In", "QueryValue": {"Get": "Parameters.n"}, "Values": [1, 2.0]}},
            ]},
        ],
        "IfSteps": [{"Name": "again", "Type": "Condition", "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
            "IfSteps": [], "ElseSteps": [{"Name": "never", "Type": "Fail", "Arguments": {"ErrorMessage": ""}}],
        }}],
        "ElseSteps": [
            {"Name": "too_bad", "Type": "Fail",
             "Arguments": {"ErrorMessage": {"Std:Join": {"On": "", "Values": ["rmse was ", RMSE, ", $5"]}}}},
        ],
    },
}  # fmt: skip
FILE = {"ContentType": "application/json", "S3Uri": {"Std:Join": {"On": "/", "Values": ["s3:/", "b", "stats.json"]}}}
FAMILIES = [
    {"Name": "model", "Type": "Model", "Arguments": {
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/x",
        "PrimaryContainer": {"Image": "1.dkr.ecr.us-east-1.amazonaws.com/x:1", "Environment": {"A": "1"},
                             "ModelDataUrl": {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}},
    }},
    {"Name": "score", "Type": "Transform", "Arguments": {
        "ModelName": {"Get": "Steps.model.ModelName"},
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/x"}}, "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://b/y"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "DataProcessing": {"InputFilter": "$[1:]"},
    }},
    {"Name": "register", "Type": "RegisterModel", "Arguments": {
        "ModelPackageGroupName": "diabetes", "ModelApprovalStatus": "Approved", "SkipModelValidation": "None",
        "InferenceSpecification": {
            "Containers": [{"Image": "1.dkr.ecr.us-east-1.amazonaws.com/x:1",
                            "ModelDataUrl": {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}}],
            "SupportedContentTypes": ["text/csv"],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/s.json"}},
                         "Bias": {"Report": FILE}},
    }},
    {"Name": "drift", "Type": "QualityCheck", "CheckType": "DATA_QUALITY", "SkipCheck": False, "SuppliedBaselineStatistics": None,
     "ModelPackageGroupName": {"Get": "Steps.register.ModelPackageGroupName"},
     "Arguments": {"RoleArn": "r", "AppSpecification": {"ImageUri": "a/b"}}},
    {"Name": "tell", "Type": "Lambda", "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:tell",
     "Arguments": {"package": {"Get": "Steps.register.ModelPackageArn"}, "n": 1},
     "OutputParameters": [{"OutputName": "seen", "OutputType": "Boolean"}]},
    {"Name": "ask", "Type": "Callback", "SqsQueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q",
     "Arguments": {"seen": {"Get": "Steps.tell.OutputParameters['seen']"}},
     "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}]},
    {"Name": "loop", "Type": "ForEach", "Arguments": {
        "IterableItems": {"Get": "Parameters.names"}, "MaxConcurrency": 5,
        "ForEachBody": [{"Name": "each", "Type": "Teleport", "Arguments": {"To": {"Get": "ForEach.CurrentItem.place"}}}],
    }},
]  # fmt: skip
FAMILIES_TEXT = """\
  model:
    type: Model
    model: $steps.train.model
    environment: {A: 1}
  score:
    type: Transform
    model: $steps.model.name
    input: {uri: s3://b/x, split: Line}
    output: s3://b/y
    instance: ml.m5.large
    count: 1
    input_filter: $[1:]
  register:
    type: RegisterModel
    model: $steps.train.model
    content_types: [text/csv]
    group: diabetes
    approval: Approved
    metrics:
      model_quality: s3://b/s.json
      bias:
        report:
          uri: {Std:Join: {On: /, Values: [s3:/, b, stats.json]}}
          content_type: application/json
    skip_validation: false
  drift:
    type: QualityCheck
    check: data_quality
    group: $steps.register.group
    skip: false
    image: a/b
    role: r
    SuppliedBaselineStatistics: null
  tell:
    type: Lambda
    function: arn:aws:lambda:us-east-1:111122223333:function:tell
    inputs: {package: $steps.register.package, n: 1}
    outputs: {seen: Boolean}
  ask:
    type: Callback
    queue: https://sqs.us-east-1.amazonaws.com/111122223333/q
    inputs: {seen: $steps.tell.outputs.seen}
    outputs: [answer]
  loop:
    type: ForEach
    items: $parameters.names
    max_concurrency: 5
    body: [each]
  each:
    type: Teleport
    arguments: {To: $item.place}
"""
DEMO = {
    "Version": "2020-12-01",
    "Metadata": {},
    "Parameters": [
        {"Name": "n", "Type": "Integer", "DefaultValue": 0},
        {"Name": "max rmse", "Type": "Float", "DefaultValue": 60, "Description": "Quality gate"},
        {"Name": "mode", "Type": "String", "EnumValues": ["full", "no"], "DefaultValue": "no"},
        {"Name": "odd", "DefaultValue": None},
    ],
    "PipelineExperimentConfig": EXPERIMENT,
    "MlflowConfig": None,
    "Steps": [CLEAN, PREP, TRAIN, GATE],
}
DEMO_TEXT = """\
parameters:
  n: 0
  max rmse: {type: Float, default: 60, description: Quality gate}
  mode: {type: String, default: no, enum: [full, no]}
  odd: {DefaultValue: null}
experiment: {name: $execution.pipeline_name, trial: $execution.id}
mlflow: null
defaults:
  built_in: none
  image: 1.dkr.ecr.us-east-1.amazonaws.com/x:1
  instance: ml.m5.large
  volume: 30
  role: arn:aws:iam::111122223333:role/x
steps:
  clean:
    type: Teleport
    Beam: null
    arguments: {To: [x]}
  prep:
    type: Processing
    code: s3://bucket/code/prep.py
    args: [--n, $parameters.n, 4, no, '1.50']
    count: $parameters.n
    max_runtime: 90m
    outputs:
      train: s3://bucket/demo/${execution.id}/prep/output/train
    isolated: false
    property_files: {metrics: train/deep/metrics.json}
    depends_on: [{step: clean, on: failed}, clean]
    cache: 12h
    retry: {on: [capacity], interval: 30s, backoff: 2.0, attempts: 3}
  train:
    type: Training
    input_mode: File
    count: 1
    max_runtime: 1d
    environment: {}
    hyperparameters: {alpha: 0.1, name: '"abc"'}
    metrics: {rmse: rmse=(.*)$}
    inputs: {train: $steps.prep.outputs.train}
    output: s3://bucket/out
  gate:
    type: Condition
    if: $steps.prep.metrics.all[0].rmse <= $parameters['max rmse'] and ($steps.train.model == 'it\\'s' or $parameters.n not in [1, 2.0])
    then: [again]
    else: [too_bad]
  again:
    type: Condition
    if: 1 == 1
    then: []
    else: [never]
  never:
    type: Fail
    message: ''
  too_bad:
    type: Fail
    message: rmse was ${steps.prep.metrics.all[0].rmse}, $$5
"""


def back(text):
    return assemble(compilation("name", read_spec(text)))


def same(definition):
    """The text of a definition, after making sure that it is exactly that definition."""
    text = to_text(definition)
    again = back(text)
    assert json.dumps(again, sort_keys=True) == json.dumps(definition, sort_keys=True), text
    return text


def with_steps(*steps, **members):
    return {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": list(steps), **members}


def fail(name, message="x"):
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def condition(name, then=(), other=(), **more):
    arguments = {"Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}], "IfSteps": list(then),
                 "ElseSteps": list(other), **more}  # fmt: skip
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def payload(*values):
    return {"Name": "x", "Type": "Teleport", "Arguments": {"Values": list(values)}}


def test_a_definition_reads_as_if_a_person_had_written_it():
    assert same(DEMO) == DEMO_TEXT


def test_every_family_reads_as_if_a_person_had_written_it():
    names = [{"Name": "names", "Type": "String"}]
    assert same(with_steps(TRAIN, *FAMILIES, Parameters=names)).endswith(FAMILIES_TEXT)


def test_the_text_of_a_definition_has_no_mistake_the_definition_has_not():
    text = to_text(with_steps(PREP | {"DependsOn": []}, TRAIN, Parameters=DEMO["Parameters"][:1]))
    found = compile_spec(read_spec(text), "name").problems
    assert [problem for problem in found if problem.severity is Severity.ERROR] == []


def test_the_api_gives_the_text():
    assert Pipeline.from_definition(DEMO).to_yaml() == DEMO_TEXT
    assert Pipeline.from_yaml("steps: {}  # mine").to_yaml() == "steps: {}  # mine"
    assert Pipeline.from_yaml(Pipeline.from_definition(with_steps(fail("a"))).to_yaml()).definition() == with_steps(
        fail("a")
    )


# -- traps (sagemaker.md §9) --------------------------------------------------------------------------------------

VALUES = [
    6.0, -0.0, 0, 1, True, 1.0, 1e16, 1e-7, 1.5e300, 2**53 + 1, -(10**40), float("nan"), float("inf"), float("-inf"),
    None, False, "", " ", "a ", " a", "1", "1.0", "1e5", "true", "null", "~", ".nan", ".inf", "no", "012", "2024-01-01",
    "0x1F", "1_000", "=", "<<", "-", "--n", "- a", "---", "...", "--- a", "a: b", "a:", ":a", "a #b", "#a", "a,b", "[a]",
    "{a}", "{a: b}", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a`", '"', "'", "it's", '"abc"', "a\nb", "a\nb\n", "a\n\nb",
    "a\n", "\n", "\n\n", "a\n\n", " a\nb", "a\n b", "a\n \nb", "a\tb", "a\r\nb", "\0", "\x07", "\x85", "\u2028", "\ufeff",
    "\ud800", "a\udfffb", "é", "日本", "😀", "\U0010ffff", "\ufffe", "a" * 3000, "x\\y", "?", "? a", "a ?b",
    "$", "$$", "$5", "$a", "${", "${}", "${a}", "$parameters.x", "${steps.a.B}", "cost $5 and $$", "$item", "a$",
    [], {}, [[]], [[[1]]], [{}], {"a": []}, {"": 1}, {"1": 1, "true": 2, "~": 3, "$a": "$a", "a: b": 1, "a\nb": 1},
    {"k" * 3000: {"a": 1}}, {"Get": "Parameters.undeclared"}, {"Get": "Parameters"}, {"Get": 1}, {"Get": "Steps.x"},
    {"Get": "Steps.nobody.Arn"}, {"Get": "Execution.PipelineName"}, {"Get": "Execution.StartDateTime"},
    {"Get": "Execution.Nothing"}, {"Get": "ForEach.CurrentItem.a"}, {"Get": "PipelineExperimentConfig.TrialName"},
    {"Get": "Steps.x.Environment['it's']"}, {"Get": 'Steps.x.A["b"]'}, {"Get": "Steps.x.A['b.c d'][0].E-f"},
    {"Get": "Steps.x.lower"}, {"Get": "Steps.x['K']"}, {"Get": "Steps.x."}, {"Get": "Steps.x.A..B"}, {"Get": "a", "b": 1},
    {"Std:Join": {"On": "", "Values": ["a", {"Get": "Execution.PipelineName"}]}},
    {"Std:Join": {"On": "", "Values": ["a$", {"Get": "Execution.PipelineName"}, "$$b"]}},
    {"Std:Join": {"On": "", "Values": [{"Get": "Execution.PipelineName"}]}}, {"Std:Join": {"On": "", "Values": ["a", "b"]}},
    {"Std:Join": {"On": "", "Values": []}}, {"Std:Join": {"Values": ["a", {"Get": "Execution.PipelineName"}]}},
    {"Std:Join": {"On": "", "Values": ["", {"Get": "Execution.PipelineName"}, None, True, 1.0, []]}},
    {"Std:Join": {"On": "", "Values": ["a", {"Std:Join": {"On": "-", "Values": [1, {"Get": "Execution.PipelineName"}]}}]}},
    {"Std:Join": {"On": 3}}, {"Std:Join": []}, {"Std:JsonGet": {"S3Uri": {"Std:Join": {"On": "/", "Values": []}}, "Path": "a"}},
    {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.x.PropertyFiles.f"}, "Path": "a"}}, {"Std:JsonGet": 1},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:30])
def test_any_value_comes_back_with_its_type(value):
    same(with_steps(payload(value, [value, value], {"a": value})))
    same(with_steps({"Name": "x", "Type": "Fail", "Arguments": {"ErrorMessage": value}, "Description": value}))
    same(with_steps({**PREP, "CacheConfig": value, "PropertyFiles": value, "DependsOn": value, "RetryPolicies": value}))
    same(with_steps(fail("x"), Metadata=value, PipelineExperimentConfig=value, MlflowConfig=value))


@pytest.mark.parametrize("value", [None, True, 1.0, "1", "$a", "\ud800", [], {}, [1], {"a": []}, {"Get": "Parameters.n"}, {"Get": 1},
                                   {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.n"}]}}, {"Get": "Steps.clean.A"}],
                         ids=lambda value: ascii(value)[:30])  # fmt: skip
def test_any_value_at_any_place_of_a_step_comes_back(value):
    for step in (PREP, TRAIN, *FAMILIES[:-1]):
        for path in _paths(step):
            changed = copy.deepcopy(step)
            holder = changed
            for part in path[:-1]:
                holder = holder[part]
            holder[path[-1]] = value
            same(with_steps(CLEAN, changed, Parameters=DEMO["Parameters"]))


def _paths(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from _paths(item, (*path, key))


@pytest.mark.parametrize("name", ["a b", "a.b", "a.b.c", "é", "it's", "1", "true", "null", "~", "__proto__", "x" * 70, "-", "$a",
                                  "a: b", "a#b", "#", "'\"", "\ud800", "", "y\n", "steps", "item", "{a}", "['a']"])  # fmt: skip
def test_any_name_comes_back(name):
    other = {"Name": "other", "Type": "Training", "Arguments": {"A": {"Get": f"Steps.{name}.Arn"}}, "DependsOn": [name]}
    named = {**PREP, "Name": name, "DependsOn": []}
    text = same(with_steps(named, other, condition("c", [fail(f"{name}2")], [fail(f"{name}3")]),
                           Parameters=[{"Name": name, "Type": "String"}, *DEMO["Parameters"]]))  # fmt: skip
    assert "steps:" in text or not name or name == "\ud800"


FRAMES = [
    {}, {"Steps": []}, {"Steps": None}, {"Steps": [1]}, {"Steps": {}}, {"Steps": [{}]}, {"Steps": [{"Name": 3}]},
    {"Steps": [{"Name": "a"}]}, {"Steps": [{"Name": "a", "Type": 3, "Arguments": {}}]}, {"anything": [1]},
    {"Steps": [{"Name": "a", "Type": "Fail"}]}, {"Steps": [{"Name": "a", "Type": "Condition", "Arguments": []}]},
    {"Steps": [{"Name": "a", "Type": "Condition", "Arguments": {}}]},
    {"Steps": [{"Name": "a", "Type": "Condition", "Arguments": {"IfSteps": 3, "ElseSteps": [None]}}]},
    {"Version": "2021-01-01", "Steps": [fail("a")]}, {"Version": None, "Metadata": None, "Parameters": None, "Steps": []},
    with_steps(fail("a"), Parameters={"a": 1}), with_steps(fail("a"), Parameters=[3]), with_steps(fail("a"), Parameters=[{}]),
    with_steps(fail("a"), Parameters=[{"Name": "p"}]), with_steps(fail("a"), Parameters=[{"Name": "p", "type": "x"}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "Integer", "DefaultValue": 1.0}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "String", "DefaultValue": ""}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "String", "DefaultValue": "$x"}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "Boolean", "DefaultValue": False}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "Float", "DefaultValue": float("nan")}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "String", "EnumValues": [], "Description": ""}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "String", "EnumValues": ["a"], "DefaultValue": "b"}]),
    with_steps(fail("a"), Parameters=[{"Name": "p", "Type": "String"}, {"Name": "p", "Type": "Integer"}]),
    with_steps(fail("a"), PipelineExperimentConfig=None), with_steps(fail("a"), PipelineExperimentConfig={}),
    with_steps(fail("a"), MlflowConfig={"MlflowResourceArn": "x", "Other": 1}), with_steps(fail("a"), Metadata={"a": "$x"}),
    with_steps(fail("a"), lower=1), with_steps(fail("a"), Unknown=[{"Get": "Parameters.x"}]), with_steps(fail("a"), Name="x"),
    with_steps(fail("a"), fail("a")), with_steps(fail("a"), condition("a", [fail("a")]), fail("a-2")),
    with_steps(condition("c", [fail("a")], [fail("b")], ForEachBody=[fail("d")], Extra=1)),
    with_steps({"Name": "f", "Type": "ForEach", "Arguments": {"ForEachBody": [fail("a"), fail("b")], "IterableItems": []}}),
    with_steps({**fail("a"), "definition": 1}), with_steps({**fail("a"), "lower": {"Get": "x"}}),
    with_steps({**fail("a"), "Name": "b", "Arguments": {"Get": "Parameters.x"}}),
    with_steps({**PREP, "DependsOn": ["nobody"]}), with_steps({**fail("a"), "DependsOn": [{"Step": "a", "Trigger": "Completed"}]}),
    with_steps({**fail("a"), "Arguments": None}), with_steps({**fail("a"), "Type": ""}),
]  # fmt: skip


@pytest.mark.parametrize("definition", FRAMES, ids=lambda definition: json.dumps(definition)[:60])
def test_any_document_comes_back(definition):
    pipeline = Pipeline.from_yaml(same(definition))
    assert list(pipeline.graph) == list(Pipeline.from_definition(definition).graph)
    assert all(problem.message for problem in pipeline.problems)


def test_a_loops_steps_are_told_beside_it_and_speak_of_its_item():
    item = {"Get": "ForEach.CurrentItem.size['a b']"}
    body = {"Name": "score", "Type": "Teleport", "Arguments": {"Item": item, "Key": {"Get": "ForEach.CurrentItem"}}}
    outside = {"Name": "after", "Type": "Teleport", "Arguments": {"Item": item}, "DependsOn": ["loop"]}
    loop = {"Name": "loop", "Type": "ForEach", "Arguments": {"IterableItems": ["a", "b"], "ForEachBody": [body]}}
    text = same(with_steps(loop, outside))
    assert "body: [score]" in text
    assert "Item: $item.size['a b']\n      Key: $item\n" in text
    assert "Item: {Get: 'ForEach.CurrentItem.size[''a b'']'}" in text  # outside of the loop there is no item


def test_a_step_that_friendly_keys_cannot_say_keeps_its_references():
    step = {**PREP, "Arguments": {**PREP["Arguments"], "Environment": {"A": 1}, "ProcessingInputs": [{"InputName": 3}]}}
    text = same(with_steps(CLEAN, step, Parameters=DEMO["Parameters"]))
    assert "count: $parameters.n" in text
    assert "ProcessingInputs: [{InputName: 3}]" in text


def test_what_yaml_cannot_hold_is_kept_as_the_text_of_its_json():
    text = same(with_steps(payload("\ud800"), fail("y", {"Get": "Steps.x.Arn"})))
    assert "  x:\n    definition: |\n" in text
    assert "\n  y:\n    type: Fail\n    message: $steps.x.Arn\n" in text
    deep = [1]
    for _ in range(300):
        deep = [deep]
    same(with_steps(payload(deep)))
    same({"\ud800": 1})


def test_steps_of_the_same_name_both_open():
    text = same(with_steps(fail("a", "first"), condition("c", [fail("a", "second")])))
    assert "\n  a:\n    type: Fail\n    message: first\n" in text
    assert "then: [a-2]" in text
    assert "\n  a-2:\n    definition: {Name: a, Type: Fail, " in text


def test_two_thousand_steps_in_a_chain_and_branches_a_hundred_deep():
    chain = [{**PREP, "Name": f"s{n}", "DependsOn": [f"s{n - 1}"] if n else []} for n in range(2000)]
    begun = time.perf_counter()
    same(with_steps(*chain, Parameters=DEMO["Parameters"]))
    assert time.perf_counter() - begun < 30
    inner = []
    for depth in range(100):
        inner = [condition(f"c{depth}", inner)]
    assert "definition:" not in same(with_steps(*inner))


# -- what our own texts say is what they always said ---------------------------------------------------------------


def test_short_texts_compile_to_what_they_always_did():
    text = "steps: {a: {type: Fail, message: x}}"
    assert back(text) == {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": [fail("a")]}


@pytest.mark.parametrize(
    "text, code",
    [
        ("definition: '{'", "not-json"),
        ("definition: [1]", "not-json"),
        ("steps:\n  a: {definition: '[]'}", "not-json"),
        ("steps:\n  a: {definition: {Name: a}, type: Fail}", "unknown-key"),
        ("steps:\n  a: {type: Fail, message: x, defaults: {image: x}}", "wrong-kind"),
        ("omit: [Stepz]\nsteps:\n  a: {type: Fail, message: x}", "wrong-kind"),
        ("experiment: x\nsteps:\n  a: {type: Fail, message: x}", "wrong-kind"),
        ("experiment: {nmae: x}\nsteps:\n  a: {type: Fail, message: x}", "unknown-key"),
    ],
)
def test_mistakes_in_what_stands_as_it_is_are_found(text, code):
    assert code in [problem.code for problem in compile_spec(read_spec(text), "name").problems]


# -- properties ---------------------------------------------------------------------------------------------------

texts = st.one_of(
    st.text(max_size=20), st.text(alphabet="a:#-$'\"\\{}[],&*!|>%@` \n\t{steps.x.Arn}", max_size=20),
    st.sampled_from([value for value in VALUES if isinstance(value, str) and len(value) < 100]),
)  # fmt: skip
expressions = st.sampled_from([value for value in VALUES if isinstance(value, dict) and len(str(value)) < 500])
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, expressions),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
names = st.one_of(st.sampled_from(["a", "b", "a.b", "c d", "train"]), texts)
types = st.sampled_from(
    ["Teleport", *(step["Type"] for step in (PREP, TRAIN, GATE, *FAMILIES)), "Fail", "Tuning", "EMR", "Endpoint"]
)
argument_names = st.sampled_from(
    [*(name for step in (PREP, TRAIN, *FAMILIES) for name in step["Arguments"]), "ErrorMessage", "Conditions", "IfSteps", "ElseSteps", "ForEachBody", "Other"]
)  # fmt: skip
member_names = st.sampled_from(
    [
        "DependsOn",
        "CacheConfig",
        "Description",
        "PropertyFiles",
        "RetryPolicies",
        "FunctionArn",
        "OutputParameters",
        "CheckType",
    ]
)


@st.composite
def step_trees(draw, depth=0):
    step = {
        "Name": draw(names),
        "Type": draw(types),
        "Arguments": draw(st.dictionaries(argument_names, values, max_size=3)),
    }
    step |= draw(st.dictionaries(member_names, st.one_of(values, st.lists(names, max_size=2)), max_size=2))
    if step["Type"] == "Condition" and depth < 3:
        branches = {
            key: [draw(step_trees(depth + 1)) for _ in range(draw(st.integers(0, 2)))]
            for key in ("IfSteps", "ElseSteps")
        }
        return step | {"Arguments": step["Arguments"] | branches}
    return step


@st.composite
def definitions(draw):
    entry = st.fixed_dictionaries({"Name": names, "Type": st.sampled_from(["String", "Float"])},
                                  optional={"DefaultValue": values, "EnumValues": values})  # fmt: skip
    frame = st.sampled_from(["Metadata", "PipelineExperimentConfig", "MlflowConfig", "New"])
    parameters = draw(st.lists(entry, max_size=2))
    return with_steps(
        *draw(st.lists(step_trees(), max_size=4)),
        Parameters=parameters,
        **draw(st.dictionaries(frame, values, max_size=2)),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_any_json_reads_back_from_the_yaml_it_is_written_as(value):
    if is_writable(value):
        source = read_source(write_yaml(value))
        assert source.problems == ()
        assert json.dumps(plain(source.root), sort_keys=True) == json.dumps(value, sort_keys=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_any_definition_comes_back_exactly(definition):
    same(definition)
