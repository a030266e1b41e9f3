"""The rules over a whole definition: each with a text that trips it and one that does not."""

from __future__ import annotations

import copy
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.lint import lint_definition
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.errors import Severity
from tests.corpus import definitions

JOB = "type: Processing, image: a/b"
AFTER = "  z: {type: Fail, message: x}\n"


def problems(text):
    return compile_spec(read_spec(textwrap.dedent(text)), "p").problems


def processing(name="a", **arguments):
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
            },
            "AppSpecification": {"ImageUri": "a/b"},
            "RoleArn": "arn:aws:iam::111122223333:role/R",
            **arguments,
        },
    }


def definition(*steps, **top):
    return {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": list(steps), **top}


def found_in(definition):
    return lint_definition(definition, build_graph(definition))


def place_of(text, problem):
    """What stands at a problem's place; None when it has none."""
    if problem.line is None:
        return None
    assert problem.line == problem.end_line
    return text.splitlines()[problem.line - 1][problem.column - 1 : problem.end_column - 1]


def arguments(written):
    return f"steps:\n  a: {{{JOB}, arguments: {{{written}}}}}\n"


SEVENTEEN = "parameters:\n  e: {enum: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]}\n"
SEVENTEEN += "steps:\n  z: {type: Fail, message: $parameters.e}\n"

# A text that trips the rule, the code, what stands at its place, words of message or fix, and a text that does not trip it.
TEXTS = [
    (arguments("StopingCondition: {MaxRuntimeInSeconds: 60}"), "unknown-member", "StopingCondition", "`StoppingCondition`",
     arguments("StoppingCondition: {MaxRuntimeInSeconds: 60}")),
    (arguments("NetworkConfig: {VpcConfig: {Subnets: [s]}}"), "missing-member", "VpcConfig",
     "`NetworkConfig.VpcConfig.SecurityGroupIds` is missing",
     arguments("NetworkConfig: {VpcConfig: {Subnets: [s], SecurityGroupIds: [g]}}")),
    (arguments("Environment: {LEVEL: 3}"), "wrong-type", "3", 'Put it into quotes: `"3"`',
     arguments("Environment: {LEVEL: '3'}")),
    (arguments("StoppingCondition: {MaxRuntimeInSeconds: '60'}"), "wrong-type", "'60'", "without quotes: `60`",
     arguments("StoppingCondition: {MaxRuntimeInSeconds: 60}")),
    (arguments("NetworkConfig: {EnableNetworkIsolation: 'true'}"), "wrong-type", "'true'", "without quotes: `true`",
     arguments("NetworkConfig: {EnableNetworkIsolation: true}")),
    (arguments("AppSpecification: {ContainerEntrypoint: python3}"), "wrong-type", "python3", "`[python3]`",
     arguments("AppSpecification: {ContainerEntrypoint: [python3]}")),
    (f"steps:\n  a: {{{JOB}, inputs: {{i: {{uri: 's3://bkt/x', mode: Flie}}}}}}\n", "wrong-value", "Flie", "`File`",
     f"steps:\n  a: {{{JOB}, inputs: {{i: {{uri: 's3://bkt/x', mode: Pipe}}}}}}\n"),
    (f"steps:\n  a: {{{JOB}, instance: m5.large}}\n", "wrong-value", "m5.large", "`ml.m5.large`",
     f"steps:\n  a: {{{JOB}, instance: ml.m5.large}}\n"),
    (f"steps:\n  a: {{{JOB}, instance: ml.m99.large}}\n", "wrong-value", "ml.m99.large", "not known to take",
     f"steps:\n  a: {{{JOB}, instance: ml.c5.xlarge}}\n"),
    (f"defaults: {{role: MyRole}}\nsteps:\n  a: {{{JOB}}}\n", "wrong-pattern", "MyRole", "arn:aws:iam::",
     f"defaults: {{role: 'arn:aws:iam::111122223333:role/R'}}\nsteps:\n  a: {{{JOB}}}\n"),
    (f"steps:\n  a: {{{JOB}, environment: {{1X: y}}}}\n", "wrong-pattern", "1X", "must match",
     f"steps:\n  a: {{{JOB}, environment: {{X1: y}}}}\n"),
    (f"steps:\n  a: {{{JOB}, args: [{'x' * 257}]}}\n", "wrong-length", "x" * 257, "at most 256",
     f"steps:\n  a: {{{JOB}, args: [{'x' * 256}]}}\n"),
    (f"steps:\n  a: {{{JOB}, count: 0}}\n", "out-of-range", "0", "1 to 100", f"steps:\n  a: {{{JOB}, count: 1}}\n"),
    ("steps:\n  a: {type: Transform, model: my_model, input: 's3://bkt/x'}\n", "wrong-pattern", "my_model", "must match",
     "steps:\n  a: {type: Transform, model: my-model, input: 's3://bkt/x'}\n"),
    ("steps:\n  a: {type: Lambda, function: 'arn:aws:lambda:us-east-1:111122223333:function:f', inputs: {x: [1]}}\n",
     "nested-argument", "x", "json.loads",
     "steps:\n  a: {type: Lambda, function: 'arn:aws:lambda:us-east-1:111122223333:function:f', inputs: {x: 1}}\n"),
    (f"parameters: {{n: 1.5}}\nsteps:\n  a: {{{JOB}, count: $parameters.n}}\n", "wrong-type", "$parameters.n",
     "Declare the parameter `n` as Integer", f"parameters: {{n: 2}}\nsteps:\n  a: {{{JOB}, count: $parameters.n}}\n"),
    ("parameters: {n: 2}\n" + arguments("Environment: {N: $parameters.n}"), "wrong-type", "$parameters.n", "Std:Join",
     "parameters: {n: '2'}\n" + arguments("Environment: {N: $parameters.n}")),
    (f"steps:\n  a: {{{JOB}}}\n  b: {{type: Fail, message: $steps.a.ExitMesage}}\n", "unknown-property", "$steps.a.ExitMesage",
     "`ExitMessage`", f"steps:\n  a: {{{JOB}}}\n  b: {{type: Fail, message: $steps.a.ExitMessage}}\n"),
    (f"steps:\n  a: {{{JOB}}}\n  b: {{{JOB}, environment: {{X: $steps.a.AppSpecification}}}}\n", "wrong-type", "$steps.a.AppSpecification",
     "a mapping of members", f"steps:\n  a: {{{JOB}}}\n  b: {{{JOB}, environment: {{X: $steps.a.RoleArn}}}}\n"),
    (f"steps:\n  a: {{{JOB}, inputs: {{x: 's3://My_Bucket/x'}}}}\n", "not-an-s3-uri", "'s3://My_Bucket/x'", "small letters",
     f"steps:\n  a: {{{JOB}, inputs: {{x: 's3://my-bucket/x'}}}}\n"),
    ("steps:\n  a: {type: Processing, image: 'https://x.dkr.ecr.us-east-1.amazonaws.com/y'}\n", "not-an-image", "'https://x.dkr.ecr.us-east-1.amazonaws.com/y'",
     "Leave `https://` out", "steps:\n  a: {type: Processing, image: 'x.dkr.ecr.us-east-1.amazonaws.com/y'}\n"),
    (f"steps:\n  a: {{{JOB}, environment: {{DB_PASSWORD: hunter2}}}}\n", "secret", "hunter2", "Secrets Manager",
     f"steps:\n  a: {{{JOB}, environment: {{pad_token: x, DB_PASSWORD_ARN: 'arn:aws:secretsmanager:x'}}}}\n"),
    (f"steps:\n  a: {{{JOB}, environment: {{WHO: AKIAABCDEFGHIJKLMNOP}}}}\n", "secret", "AKIAABCDEFGHIJKLMNOP", "looks like a key",
     f"steps:\n  a: {{{JOB}, environment: {{WHO: AKIA}}}}\n"),
    (f"steps:\n  a: {{{JOB}, args: [--api-key, abc]}}\n", "secret", "--api-key", "`--api-key`",
     f"steps:\n  a: {{{JOB}, args: [--epochs, '3']}}\n"),
    ("parameters: {token: {type: String}}\nsteps:\n  a: {type: Fail, message: $parameters.token}\n", "secret", "token",
     "Secrets Manager", "parameters: {name: {type: String}}\nsteps:\n  a: {type: Fail, message: $parameters.name}\n"),
    ("parameters: {who: AKIAABCDEFGHIJKLMNOP}\nsteps:\n  a: {type: Fail, message: $parameters.who}\n", "secret", "who",
     "looks like a key", "parameters: {who: me}\nsteps:\n  a: {type: Fail, message: $parameters.who}\n"),
    ("parameters: {n: 1}\nsteps:\n" + AFTER, "unused-parameter", "n", "`n`",
     "parameters: {n: 1}\nsteps:\n  z: {type: Fail, message: was $parameters.n}\n"),
    (f"steps:\n  a: {{{JOB}, cache: true, args: ['$execution.id']}}\n", "cache-breaker", "'$execution.id'", "new in every run",
     f"steps:\n  a: {{{JOB}, cache: true, args: ['$execution.pipeline_name']}}\n"),
    (f"steps:\n  a: {{{JOB}, cache: true, inputs: {{x: 's3://bkt/2026-01-02-03-04-05/x'}}}}\n", "cache-breaker", "'s3://bkt/2026-01-02-03-04-05/x'",
     "holds a time", f"steps:\n  a: {{{JOB}, inputs: {{x: 's3://bkt/2026-01-02-03-04-05/x'}}}}\n"),
    (f"steps:\n  a: {{{JOB}, outputs: [o]}}\n  b: {{{JOB}, cache: true, inputs: {{x: $steps.a.outputs.o}}}}\n",
     "cache-breaker", "$steps.a.outputs.o", "Give `a` a `cache`",
     f"steps:\n  a: {{{JOB}, cache: 7d, outputs: [o]}}\n  b: {{{JOB}, cache: true, inputs: {{x: $steps.a.outputs.o}}}}\n"),
    (f"steps:\n  a: {{{JOB}, inputs: {{code: 's3://bkt/x'}}, code: x.py}}\n", "duplicate-name", "'s3://bkt/x'",
     "the step's own code", f"steps:\n  a: {{{JOB}, inputs: {{codes: 's3://bkt/x'}}, code: x.py}}\n"),
    ("parameters: {n: 1}\nsteps:\n  a: {type: Condition, if: $parameters.n > 1, then: [b]}\n"
     "  b: {type: Condition, if: $parameters.n > 2, then: [z]}\n" + AFTER, "nested-condition", "b", "Join both",
     "parameters: {n: 1}\nsteps:\n  a: {type: Condition, if: $parameters.n > 1, then: [z]}\n" + AFTER),
    (f"steps:\n  a: {{{JOB}, retry: {{on: [capacity], attempts: 21}}}}\n", "out-of-range", "{on: [capacity], attempts: 21}", "0 to 20",
     f"steps:\n  a: {{{JOB}, retry: {{on: [capacity], attempts: 20}}}}\n"),
    (f"steps:\n  a: {{{JOB}, retry: {{on: [capacity], attempts: 2, expire: 5m}}}}\n", "retry-end", "{on: [capacity], attempts: 2, expire: 5m}", "not both",
     f"steps:\n  a: {{{JOB}, retry: {{on: [capacity], expire: 5m}}}}\n"),
    (f"steps:\n  a: {{{JOB}, retry: {{on: [Luck.GOOD], attempts: 2}}}}\n", "unknown-cause", "{on: [Luck.GOOD], attempts: 2}", "CAPACITY_ERROR",
     f"steps:\n  a: {{{JOB}, retry: {{on: [SageMaker.CAPACITY_ERROR], attempts: 2}}}}\n"),
    (SEVENTEEN, "too-many", "e", "Drop the enum",
     "parameters: {e: {enum: [a, b]}}\nsteps:\n  z: {type: Fail, message: $parameters.e}\n"),
    ("parameters: {e: %s}\nsteps:\n  z: {type: Fail, message: $parameters.e}\n" % ("x" * 1025), "wrong-length", "e",
     "1024", "parameters: {e: %s}\nsteps:\n  z: {type: Fail, message: $parameters.e}\n" % ("x" * 1024)),
    ("steps:\n  a: {type: Fail, message: x, display_name: %s}\n" % ("x" * 257), "wrong-length", "x" * 257, "256",
     "steps:\n  a: {type: Fail, message: x, display_name: %s}\n" % ("x" * 256)),
    ("steps:\n" + "".join(f"  s{n}: {{{JOB}}}\n" for n in range(51)), "many-steps", None, "Service Quotas",
     "steps:\n" + "".join(f"  s{n}: {{{JOB}}}\n" for n in range(50))),
]  # fmt: skip


@pytest.mark.parametrize("text, code, place, words, right", TEXTS)
def test_a_rule_finds_its_mistake_at_its_place_and_nothing_in_what_is_right(text, code, place, words, right):
    found = [problem for problem in problems(text) if problem.code == code]
    assert len(found) == 1, problems(text)
    assert place_of(text, found[0]) == place
    assert words in f"{found[0].message} {found[0].fix}"
    assert [problem for problem in problems(right) if problem.code == code] == []


CALL = {"Name": "call", "Type": "Lambda", "FunctionArn": "arn:aws:lambda:us-east-1:1:function:f", "Arguments": {},
        "OutputParameters": [{"OutputName": "n", "OutputType": "Integer"}, {"OutputName": "s", "OutputType": "String"}]}  # fmt: skip
FILES = {
    **processing(
        "files",
        ProcessingOutputConfig={
            "Outputs": [
                {
                    "OutputName": "o",
                    "AppManaged": False,
                    "S3Output": {
                        "S3Uri": "s3://bkt/o",
                        "LocalPath": "/opt/ml/processing/o",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
    ),
    "PropertyFiles": [{"PropertyFileName": "m", "OutputName": "o", "FilePath": "m.json"}],
}
TRAIN = {"Name": "train", "Type": "Training",
         "Arguments": {"RoleArn": "arn:aws:iam::111122223333:role/R", "OutputDataConfig": {"S3OutputPath": "s3://bkt/"}}}  # fmt: skip
TUNE = {"Name": "tune", "Type": "Tuning", "Arguments": {"HyperParameterTuningJobConfig": {
    "Strategy": "Bayesian", "ResourceLimits": {"MaxParallelTrainingJobs": 1}}}}  # fmt: skip
REGISTER = {"Name": "reg", "Type": "RegisterModel", "Arguments": {"ModelPackageGroupName": "g"}}


def fail(message, name="end"):
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def compare(left, right, kind="Equals"):
    conditions = [{"Type": kind, "LeftValue": left, "RightValue": right}]
    return {"Name": "if", "Type": "Condition", "Arguments": {"Conditions": conditions, "IfSteps": [], "ElseSteps": []}}


def emr(**arguments):
    return {"Name": "emr", "Type": "EMR", "Arguments": {"StepConfig": {"HadoopJarStep": {"Jar": "x.jar"}}, **arguments}}


AUTO = {"Name": "auto", "Type": "AutoML", "Arguments": {
    "InputDataConfig": [{"TargetAttributeName": "y"}], "OutputDataConfig": {"S3OutputPath": "s3://bkt/"},
    "AutoMLJobConfig": {"Mode": "ENSEMBLING"}, "RoleArn": "arn:aws:iam::111122223333:role/R"}}  # fmt: skip


def get(path):
    return {"Get": path}


def read(path, file="Steps.files.PropertyFiles.m"):
    return {"Std:JsonGet": {"PropertyFile": get(file), "Path": path}}


def loop(*body):
    return {"Name": "fan", "Type": "ForEach", "Arguments": {"IterableItems": ["a"], "ForEachBody": list(body)}}


# Steps that trip a rule, its code, words, and steps that do not.
DEFINITIONS = [
    ([fail({"Std:Join": ["a", "b"]})], "wrong-expression", "`Std:Join`", [fail({"Std:Join": {"Values": ["a"]}})]),
    ([fail({"Get": 3})], "wrong-expression", "Parameters.NAME", [fail({"Get": "Execution.PipelineName"})]),
    ([fail({"Std:JsonGet": "a.b"})], "wrong-expression", "PropertyFile", [FILES, fail(read("a"))]),
    ([fail(get("Parameter.x"))], "unknown-root", "`Parameters`", [fail(get("PipelineExperimentConfig.TrialName"))]),
    ([compare(3, "3")], "compared-types", "neither is made", [compare(3, 3.5)]),
    ([CALL, compare(get("Steps.call.OutputParameters['n']"), "3")], "compared-types", "a number is compared with text",
     [CALL, compare(get("Steps.call.OutputParameters['s']"), "3")]),
    ([CALL, {**compare(1, 1), "Arguments": {"Conditions": [
        {"Type": "In", "QueryValue": get("Steps.call.OutputParameters['n']"), "Values": ["1"]}]}}], "compared-types",
     "never one of", [compare(1, 1)]),
    ([compare(1, 1, "Equal")], "condition-type", "`Equals`", [compare(1, 1, "Equals")]),
    ([{**CALL, "Arguments": {"x": [1]}}], "nested-argument", "json.loads", [{**CALL, "Arguments": {"x": 1, "y": "z"}}]),
    ([emr()], "emr-cluster", "exactly one", [emr(ClusterId="j-1")]),
    ([emr(ClusterConfig={"Instances": {"InstanceGroups": []}, "Steps": []})], "refused-member", "Remove it",
     [emr(ClusterConfig={"Instances": {"InstanceFleets": []}})]),
    ([emr(ClusterConfig={"Instances": {"InstanceGroups": [], "TerminationProtected": True}})], "refused-member", "Remove it",
     [emr(ClusterConfig={"Instances": {"InstanceFleets": []}})]),
    ([emr(ClusterConfig={"Instancs": {}, "Instances": {"InstanceFleets": []}})], "unknown-member", "`Instances`",
     [emr(ClusterConfig={"Instances": {"InstanceFleets": []}})]),
    ([AUTO, {**fail("x"), "DependsOn": [{"Step": "auto", "Trigger": "Failed"}, "auto"]}], "depends-twice", "Keep one",
     [AUTO, {**fail("x"), "DependsOn": [{"Step": "auto", "Trigger": "Failed"}]}]),
    ([{**AUTO, "Arguments": {**AUTO["Arguments"], "AutoMLJobConfig": {"Mode": "AUTO"}}}], "wrong-value",
     "`ENSEMBLING`", [AUTO]),
    ([{**AUTO, "Arguments": {**AUTO["Arguments"], "ModelDeployConfig": {}}}], "refused-member", "Remove it", [AUTO]),
    ([AUTO, fail(get("Steps.auto.BestCandidateProperties.Report"))], "unknown-property", "JsonReportPath",
     [AUTO, fail(get("Steps.auto.BestCandidateProperties.ModelInsightsJsonReportPath"))]),
    ([CALL, fail(get("Steps.call.OutputParameters['x']"))], "unknown-property", "`n` and `s`",
     [CALL, fail(get("Steps.call.OutputParameters['s']"))]),
    ([CALL, fail(get("Steps.call.OutputParameters['s']['t']"))], "unknown-property", "one value",
     [CALL, fail(get("Steps.call.OutputParameters['s']"))]),
    ([CALL, processing(Environment={"N": get("Steps.call.OutputParameters['n']")})], "wrong-type", "whole number",
     [CALL, processing(Environment={"N": get("Steps.call.OutputParameters['s']")})]),
    ([FILES, fail(read("a", "Steps.files.PropertyFiles.q"))], "unknown-property", "property file `q`",
     [FILES, fail(read("a"))]),
    ([FILES, fail(read(get("Parameters.p")))], "file-path", "plain text", [FILES, fail(read("a[0]['b']"))]),
    ([FILES, fail(read("a", "Steps.files.ExitMessage"))], "file-path", "PropertyFiles", [FILES, fail(read("a"))]),
    ([fail(get("Steps.gone.Arn"))], "unknown-step", "`gone`", [CALL, fail(get("Steps.call.OutputParameters['s']"))]),
    ([fail(get("Parameters.gone"))], "unknown-parameter", "`gone`", [fail("x")]),
    ([fail(get("Execution.Now"))], "unknown-variable", "`CurrentDateTime`", [fail(get("Execution.PipelineName"))]),
    ([{**fail("x"), "DependsOn": ["gone"]}], "unknown-step", "`gone`", [CALL, {**fail("x"), "DependsOn": ["call"]}]),
    ([processing(), processing()], "duplicate-name", "2 steps", [processing(), processing("b")]),
    ([processing("a b")], "step-name", "`a b`", [processing("a-b")]),
    ([processing(ProcessingInputs=[{"InputName": "x"}, {"InputName": "x"}])], "duplicate-name", "inputs",
     [processing(ProcessingInputs=[{"InputName": "x"}, {"InputName": "y"}])]),
    ([{**REGISTER, "Arguments": {"ModelPackageName": "m"}}], "refused-member", "Remove it", [REGISTER]),
    ([TRAIN, fail(get("Steps.train.FinalMetricDataList['a:b'].Valu"))], "unknown-property", "`Value`",
     [TRAIN, fail(get("Steps.train.FinalMetricDataList['a:b'].Value"))]),
    ([TRAIN, fail(get("Steps.train.InputDataConfig['x'].ContentType"))], "unknown-property", "`InputDataConfig[0]`",
     [TRAIN, fail(get("Steps.train.InputDataConfig[0].ContentType"))]),
    ([TRAIN, fail(get("Steps.train.TrainingJobName.x"))], "unknown-property", "leads nowhere",
     [TRAIN, fail(get("Steps.train.HyperParameters['any.thing']"))]),
    ([TUNE, fail(get("Steps.tune.TrainingJobSummaries[0].TrainingJobNam"))], "unknown-property", "`TrainingJobName`",
     [TUNE, fail(get("Steps.tune.TrainingJobSummaries[0].TrainingJobName")),
      fail(get("Steps.tune.BestTrainingJob.TrainingJobName"), "end2")]),
    ([{"Name": "if", "Type": "Condition", "Arguments": {}}, fail(get("Steps.if.Result"))], "unknown-property",
     "`Outcome`", [{"Name": "if", "Type": "Condition", "Arguments": {}}, fail(get("Steps.if.Outcome"))]),
    ([fail("x"), fail(get("Steps.end.Message"), "end2")], "unknown-property", "no properties", [fail("x")]),
    ([loop(CALL), processing("call-0")], "reserved-name", "`call`", [loop(CALL), processing("call-x")]),
    ([loop(fail("x"))], "loop-body", "Fail", [loop(CALL)]),
    ([{**CALL, "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"]}]}], "no-retry", "Lambda",
     [{**processing(), "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"]}]}]),
    ([{**REGISTER, "RetryPolicies": [{"ExceptionType": ["SageMaker.CAPACITY_ERROR"]}]}], "no-retry", "only after",
     [{**REGISTER, "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"]}]}]),
    ([{**REGISTER, "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}], "no-cache", "never cached",
     [{**processing(), "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}]),
    ([{**processing(), "CacheConfig": {"Enabled": True}}], "cache-breaker", "how long",
     [{**processing(), "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}]),
]  # fmt: skip


@pytest.mark.parametrize("wrong, code, words, right", DEFINITIONS)
def test_a_rule_holds_for_definitions_that_were_never_text(wrong, code, words, right):
    found = [problem for problem in found_in(definition(*wrong)) if problem.code == code]
    assert len(found) == 1, found_in(definition(*wrong))
    assert words in f"{found[0].message} {found[0].fix}"
    assert found[0].step is not None
    assert found[0].line is None
    assert found_in(definition(*right)) == []


def test_parameters_are_counted_and_their_names_are_unique():
    many = [{"Name": f"p{n}", "Type": "String"} for n in range(201)]
    codes = {problem.code for problem in found_in(definition(fail("x"), Parameters=[*many, many[0]]))}
    assert {"too-many", "duplicate-name"} <= codes


def test_what_is_wrong_already_is_not_told_a_second_time():
    text = f"steps:\n  a: {{{JOB}, inputs: {{x: $steps.b.outputs.y}}}}\n"
    assert [problem.code for problem in problems(text)] == ["unknown-step"]


def test_a_type_nobody_knows_is_not_checked_against_anything():
    assert found_in(definition({"Name": "a", "Type": "Tomorrow", "Arguments": {"x": 1, "y": get("Parameters.p")}},
                               Parameters=[{"Name": "p", "Type": "String"}])) == []  # fmt: skip


@pytest.mark.parametrize("step", [
    {"Name": "a", "Type": "Processing"},
    {"Name": "a", "Type": "Processing", "Arguments": []},
    {"Name": "a", "Type": "Processing", "Arguments": {"ProcessingInputs": {"x": 1}, "Environment": 3}},
    {"Name": "a", "Type": "Training", "Arguments": {"InputDataConfig": [1, None, [[]]]}},
    {"Name": "a", "Type": "Lambda", "OutputParameters": "x", "Arguments": {"p": get("Steps.a.OutputParameters['o']")}},
    {"Name": "a", "Type": "Tuning", "Arguments": {"TrainingJobDefinition": [3]}, "CacheConfig": {"Enabled": True}},
    {"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:JsonGet": {"PropertyFile": 3, "Path": 4}}}},
    {"Name": 3, "Type": [], "Arguments": {"x": float("nan")}, "DependsOn": 5, "RetryPolicies": 7, "CacheConfig": 2},
    {"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": get("Steps.a['")}, "RetryPolicies": [3, {"MaxAttempts": "x"}]},
])  # fmt: skip
def test_a_definition_of_any_form_gives_problems_never_an_exception(step):
    found_in(definition(step))
    found_in(definition(step, Parameters={"x": 1}))


WHOLE = definition(
    FILES, TRAIN, CALL, TUNE, AUTO, emr(ClusterId="j-1"), loop({**CALL, "Name": "inner"}), fail(read("a")),
    {**compare(get("Steps.call.OutputParameters['n']"), 3), "DependsOn": ["train"], "CacheConfig": {"Enabled": True}},
    {**REGISTER, "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 3}]},
    Parameters=[{"Name": "p", "Type": "String", "EnumValues": ["a"], "DefaultValue": "a"}],
)  # fmt: skip
JUNK = [
    None, -1, 1.5, float("inf"), float("nan"), True, "", "x", [], {}, [[]], [{}], {"Get": 3}, {"Get": "Steps.train['"},
    {"Get": "Steps.files.PropertyFiles"}, {"Std:Join": 1}, {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.train"}}},
    {"Get": "Parameters."}, {"Name": 1}, 10**400, "\ud800",
]  # fmt: skip


def places_in(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places_in(inner)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(JUNK)), min_size=1, max_size=4))
def test_any_value_at_any_place_gives_problems_never_an_exception(changes):
    changed = copy.deepcopy(WHOLE)
    for at, junk in changes:
        places = list(places_in(changed))
        holder, key = places[at % len(places)]
        holder[key] = copy.deepcopy(junk)
    for problem in found_in(changed):
        assert str(problem)


def test_nothing_is_an_error_that_the_example_notebooks_of_aws_do():
    wrong = {}
    for path in definitions("h?nb_*.json"):
        found = Pipeline.from_definition(path.read_text()).problems
        wrong[path.stem] = [str(problem) for problem in found if problem.severity is Severity.ERROR]
    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_definition_there_is_can_be_checked():
    for path in definitions("*.json"):
        for problem in Pipeline.from_definition(path.read_text()).problems:
            assert problem.message
            assert "{at}" not in problem.message
