"""Every problem there is: a text that has it, and the same text put right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.lint import lint_definition

JOB = "type: Processing, image: a/b"
END = "steps:\n  z: {type: Fail, message: x}\n"
FN = "arn:aws:lambda:us-east-1:111122223333:function:f"
N = "parameters: {n: 1, m: 2}\n"


def steps(*lines):
    return "steps:\n" + "".join(f"  {line}\n" for line in lines)


def job(name="a", **keys):
    return f"{name}: {{{JOB}{''.join(f', {key}: {value}' for key, value in keys.items())}}}"


# code -> a text that has the problem, and one that has not
PAIRS = {
    "after-fail": (steps("f: {type: Fail, message: x}", job(depends_on="f")), steps("f: {type: Fail, message: x}", job())),
    "branch-only": (steps("c: {type: Condition, if: 1 < 2, then: [a]}", job(), job("b", depends_on="a")),
                    steps("c: {type: Condition, if: 1 < 2, then: [a, b]}", job(), job("b", depends_on="a"))),
    "branch-twice": (steps("c: {type: Condition, if: 1 < 2, then: [a], else: [a]}", job()), steps("c: {type: Condition, if: 1 < 2, then: [a]}", job())),
    "cache-breaker": (steps(job(cache="true", args="[$execution.id]")), steps(job(cache="true", args="[$execution.pipeline_name]"))),
    "code-not-found": (steps("a: {type: Processing, code: no_such_file.py}"), steps("a: {type: Processing, code: s3://bkt/file.py}")),
    "compared-types": (N + steps("c: {type: Condition, if: $parameters.n == 'x'}"), N + steps("c: {type: Condition, if: $parameters.n == 1}")),
    "condition-syntax": (steps("c: {type: Condition, if: 1 <}"), steps("c: {type: Condition, if: 1 < 2}")),
    "condition-type": (steps("c: {type: Condition, arguments: {Conditions: [{Type: Same, LeftValue: 1, RightValue: 1}]}}"),
                       steps("c: {type: Condition, arguments: {Conditions: [{Type: Equals, LeftValue: 1, RightValue: 1}]}}")),
    "cycle": (steps(job(depends_on="b"), job("b", depends_on="a")), steps(job(depends_on="b"), job("b"))),
    "depends-twice": (steps(job("b"), job(depends_on="[b, {step: b, on: failed}]")), steps(job("b"), job(depends_on="[b]"))),
    "duplicate-key": (END + "steps: {}\n", END),
    "duplicate-name": (steps(job(inputs="{code: s3://bkt/x}", code="s3://bkt/x.py")), steps(job(inputs="{data: s3://bkt/x}", code="s3://bkt/x.py"))),
    "emr-cluster": (steps("e: {type: EMR, jar: s3://bkt/x.jar, arguments: {ClusterId: j-1, ClusterConfig: {Instances: {InstanceGroups: []}}}}"),
                    steps("e: {type: EMR, jar: s3://bkt/x.jar, arguments: {ClusterId: j-1}}")),
    "file-path": (steps(job("b", outputs="[o]", property_files="{f: o/f.json}"),
                        "z: {type: Fail, message: {'Std:JsonGet': {PropertyFile: {Get: Steps.b.ExitMessage}, Path: x}}}"),
                  steps(job("b", outputs="[o]", property_files="{f: o/f.json}"), "z: {type: Fail, message: $steps.b.f.x}")),
    "incomplete-reference": (steps(job(), "z: {type: Fail, message: $steps.a}"), steps(job(), "z: {type: Fail, message: $steps.a.ExitMessage}")),
    "loop-body": (steps("l: {type: ForEach, items: [a], body: [z]}", "z: {type: Fail, message: x}"), steps("l: {type: ForEach, items: [a], body: [a]}", job())),
    "many-steps": (steps(*(job(f"s{n}") for n in range(51))), steps(*(job(f"s{n}") for n in range(50)))),
    "missing-key": (steps("a: {type: Processing}"), steps(job())),
    "missing-member": (steps(job(arguments="{NetworkConfig: {VpcConfig: {Subnets: [s]}}}")), steps(job(arguments="{NetworkConfig: {}}"))),
    "nested-argument": (steps(f"l: {{type: Lambda, function: '{FN}', inputs: {{x: [1]}}}}"), steps(f"l: {{type: Lambda, function: '{FN}', inputs: {{x: 1}}}}")),
    "nested-condition": (steps("c: {type: Condition, if: 1 < 2, then: [d]}", "d: {type: Condition, if: 1 < 2}"), steps("c: {type: Condition, if: 1 < 2}")),
    "never-runs": (steps("c: {type: Condition, if: 1 < 2, then: [a], else: [b]}", job(), job("b"), job("d", depends_on="[a, b]")),
                   steps("c: {type: Condition, if: 1 < 2, then: [a], else: [b]}", job(), job("b"), job("d", depends_on="[c]"))),
    "no-cache": (steps("m: {type: Model, image: a/b, CacheConfig: {Enabled: true, ExpireAfter: P1D}}"), steps("m: {type: Model, image: a/b}")),
    "no-retry": (steps("c: {type: Condition, if: 1 < 2, RetryPolicies: [{ExceptionType: [Step.THROTTLING]}]}"), steps("c: {type: Condition, if: 1 < 2}")),
    "no-steps": ("parameters: {}\n", END),
    "not-a-duration": (steps(job(max_runtime="soon")), steps(job(max_runtime="2h"))),
    "not-a-mapping": ("steps: [a]\n", END),
    "not-an-image": (steps("a: {type: Processing, image: 'https://x.com/y:1'}"), steps(job())),
    "not-an-s3-uri": (steps(job(inputs="{x: data.csv}")), steps(job(inputs="{x: s3://bkt/data.csv}"))),
    "not-json": (steps("a: {definition: 'no'}"), steps("""a: {definition: '{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}'}""")),
    "out-of-range": (steps(job(count="0")), steps(job(count="1"))),
    "parameter-default": ("parameters: {p: {type: Integer, default: x}}\n" + END, "parameters: {p: {type: Integer, default: 1}}\n" + END),
    "parameter-name": ("parameters: {'a b': 1}\n" + END, "parameters: {a_b: 1}\n" + END),
    "parameter-type": ("parameters: {p: {type: Text}}\n" + END, "parameters: {p: {type: String}}\n" + END),
    "pipeline-name": (("my pipeline", END), ("my-pipeline", END)),
    "reference-syntax": (steps("z: {type: Fail, message: '${steps.a'}"), END),
    "refused-member": (steps("r: {type: RegisterModel, model: s3://bkt/m, image: a/b, group: g, arguments: {ModelPackageName: m}}"),
                       steps("r: {type: RegisterModel, model: s3://bkt/m, image: a/b, group: g}")),
    "reserved-name": (steps("l: {type: ForEach, items: [a], body: [a]}", job(), job("a-0")), steps("l: {type: ForEach, items: [a], body: [a]}", job(), job("b-0"))),
    "retry-end": (steps(job(retry="{on: [capacity], attempts: 2, expire: 5m}")), steps(job(retry="{on: [capacity], attempts: 2}"))),
    "secret": (steps(job(environment="{DB_PASSWORD: hunter2}")), steps(job(environment="{DB_HOST: hunter2}"))),
    "step-name": (steps("'a b': {type: Fail, message: x}"), END),
    "too-many": (f"parameters: {{p: {{enum: [{', '.join(f'v{n}' for n in range(17))}]}}}}\n" + END, "parameters: {p: {enum: [a, b]}}\n" + END),
    "unknown-cause": (steps(job(retry="{on: [luck], attempts: 2}")), steps(job(retry="{on: [capacity], attempts: 2}"))),
    "unknown-fact": (steps("z: {type: Fail, message: $target.town}"), steps("z: {type: Fail, message: $target.region}")),
    "unknown-image": (steps("a: {type: Processing, image: sklern, command: [x]}"), steps("a: {type: Processing, image: sklearn, command: [x]}")),
    "unknown-key": (steps(job(outptus="[o]")), steps(job(outputs="[o]"))),
    "unknown-member": (steps(job(arguments="{StopingCondition: {}}")), steps(job(arguments="{StoppingCondition: {MaxRuntimeInSeconds: 1}}"))),
    "unknown-output": (steps(job(outputs="[o]"), job("b", inputs="{x: $steps.a.outputs.p}")), steps(job(outputs="[o]"), job("b", inputs="{x: $steps.a.outputs.o}"))),
    "unknown-parameter": (steps("z: {type: Fail, message: $parameters.p}"), "parameters: {p: x}\n" + steps("z: {type: Fail, message: $parameters.p}")),
    "unknown-property": (steps(job(), "z: {type: Fail, message: $steps.a.Exit}"), steps(job(), "z: {type: Fail, message: $steps.a.ExitMessage}")),
    "unknown-root": (steps("z: {type: Fail, message: $step.a}"), steps("z: {type: Fail, message: $$step.a}")),
    "unknown-step": (steps(job(depends_on="b")), steps(job(depends_on="b"), job("b"))),
    "unknown-trigger": (steps(job("b"), job(depends_on="[{step: b, on: lost}]")), steps(job("b"), job(depends_on="[{step: b, on: failed}]"))),
    "unknown-type": (steps("a: {type: Procesing, image: a/b}"), steps(job())),
    "unknown-variable": (steps("z: {type: Fail, message: $execution.town}"), steps("z: {type: Fail, message: $execution.id}")),
    "unused-parameter": (N + END, END),
    "wrong-expression": (steps("z: {type: Fail, message: {'Std:Join': [a, b]}}"), steps("z: {type: Fail, message: {'Std:Join': {On: '', Values: [a, b]}}}")),
    "wrong-kind": (steps(job(environment="[a]")), steps(job(environment="{a: b}"))),
    "wrong-length": (steps(job(args=f"[{'x' * 257}]")), steps(job(args="[x]"))),
    "wrong-pattern": (steps(job(role="MyRole")), steps(job(role="'arn:aws:iam::111122223333:role/R'"))),
    "wrong-place": (steps("z: {type: Fail, message: $item.x}"), steps("l: {type: ForEach, items: [a], body: [a]}", job(args="[$item.x]"))),
    "wrong-type": (steps(job(arguments="{Environment: {LEVEL: 3}}")), steps(job(arguments="{Environment: {LEVEL: '3'}}"))),
    "wrong-value": (steps(job(instance="m5.large")), steps(job(instance="ml.m5.large"))),
    "yaml-anchor": ("steps: &s\n  z: {type: Fail, message: x}\n", END),
    "yaml-character": (steps('z: {type: Fail, message: "\\ud800"}').replace("\\ud800", "\ud800"), END),
    "yaml-depth": ("steps:\n  z: {type: Fail, message: " + "[" * 300 + "]" * 300 + "}\n", END),
    "yaml-documents": (END + "---\n" + END, END),
    "yaml-key": ("? [a]\n: b\n" + END, END),
    "yaml-syntax": ("steps: {z: [}\n", END),
    "yaml-tag": ("steps: !!map\n  z: {type: Fail, message: x}\n", END),
}  # fmt: skip


def codes_of(given):
    name, text = given if isinstance(given, tuple) else ("pipeline", given)
    return {problem.code for problem in Pipeline.from_yaml(text, name=name).problems}


@pytest.mark.parametrize("code", PAIRS)
def test_a_text_that_has_the_problem_is_told_so_and_one_that_has_not_is_not(code):
    wrong, right = PAIRS[code]
    assert code in codes_of(wrong)
    assert code not in codes_of(right)


def test_every_problem_that_is_documented_has_its_pair():
    documented = (Path(__file__).parents[2] / "docs" / "problems.md").read_text()
    assert set(PAIRS) == set(re.findall(r"^## (.+)$", documented, re.MULTILINE))


# -- rules of single families, over definitions ------------------------------------------------------------------------


def step(kind, arguments, **members):
    return {"Name": "s", "Type": kind, "Arguments": arguments, **members}


def check(kind="QualityCheck", **members):
    arguments = {"AppSpecification": {"ImageUri": "a/b"}, "RoleArn": "arn:aws:iam::111122223333:role/R",
                 "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}}}  # fmt: skip
    return step(kind, arguments, **{"CheckType": "DATA_QUALITY" if kind == "QualityCheck" else "DATA_BIAS", **members})


def loop(**arguments):
    return step("ForEach", {"IterableItems": ["a"], "ForEachBody": [call("in")], **arguments})


def call(name="s", **members):
    return {"Name": name, "Type": "Lambda", "FunctionArn": FN, "Arguments": {}, "OutputParameters": [], **members}


def queue(**members):
    return step("Callback", {}, SqsQueueUrl="https://sqs.us-east-1.amazonaws.com/1/q", OutputParameters=[]) | members


def serverless(**arguments):
    return step(
        "EMRServerless",
        {"ApplicationId": "00f", "ExecutionRoleArn": "arn:aws:iam::111122223333:role/R", "JobConfig": {}} | arguments,
    )


def without(given, key):
    return {**given, "Arguments": {name: value for name, value in given["Arguments"].items() if name != key}}


ACTION = {"ActionName": "a", "ActionType": "Train", "Source": {"SourceUri": "s3://bkt/x"}}
MODEL = {"ModelName": {"Get": "Parameters.name"}, "RoleArn": "arn:aws:iam::111122223333:role/R"}
IMPORT = {"JobName": "j", "ImportedModelName": "m", "RoleArn": "arn:aws:iam::111122223333:role/R",
          "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://bkt/model"}}}  # fmt: skip
MANY = {"many": ["x"] * 101, "none": []}

FAMILIES = [
    (serverless(ApplicationConfig={"releaseLabel": "emr-7.0.0", "type": "Spark"}), "emr-cluster", "exactly one", serverless()),
    (without(serverless(), "ApplicationId"), "emr-cluster", "exactly one", serverless()),
    (serverless(JobConfig={"JobDriver": {}}), "unknown-member", "`jobDriver`", serverless(JobConfig={"jobDriver": {"sparkSubmit": {"entryPoint": "s3://bkt/x.py"}}})),
    (without(serverless(), "JobConfig"), "missing-member", "JobConfig", serverless()),
    (check(CheckType="DATA_BIAS"), "wrong-value", "does not check", check()),
    (check(CheckType=None), "missing-member", "CheckType", check()),
    (check(ModelName="m"), "unknown-member", "ModelName", check("ClarifyCheck", ModelName="m")),
    (check("ClarifyCheck", SuppliedBaselineStatistics="s3://bkt/x"), "unknown-member", "no `SuppliedBaselineStatistics`", check(SuppliedBaselineStatistics="s3://bkt/x")),
    (check(SkipCheck="true"), "wrong-type", "`true` or `false`", check(SkipCheck=True)),
    (check(SkipCheck={"Get": "Parameters.name"}), "wrong-type", "Boolean", check(SkipCheck={"Get": "Parameters.yes"})),
    (loop(IterableItems=MANY["many"]), "wrong-length", "101 items", loop(IterableItems=["x"] * 100)),
    (loop(IterableItems=MANY["none"]), "wrong-length", "0 items", loop(IterableItems={"Get": "Parameters.name"})),
    (loop(IterableItems=[{"a": 1}]), "nested-argument", "JSON in a text", loop(IterableItems=['{"a": 1}', 1, {"Get": "Parameters.name"}])),
    (loop(IterableItems="a"), "wrong-type", "takes a list", loop()),
    (without(loop(), "IterableItems"), "missing-member", "IterableItems", loop()),
    (loop(MaxConcurrency=51), "out-of-range", "1 to 50", loop(MaxConcurrency=50)),
    (loop(ForEachBody=[]), "missing-member", "no steps", loop()),
    (loop(Selector={"Pick": "MaxBy", "Field": {"Get": "IterationOutput.out.X"}}), "wrong-expression", "the loop's steps are `in`",
     loop(Selector={"Pick": "MaxBy", "Field": {"Get": "IterationOutput.in.OutputParameters['o']"}})),
    (step("Lineage", {"Actions": [ACTION] * 6}), "too-many", "takes 5", step("Lineage", {"Actions": [ACTION] * 5})),
    (step("Lineage", {"Actions": [{"ActionName": "a"}]}), "missing-member", "ActionType", step("Lineage", {"Actions": [ACTION]})),
    (step("Lineage", {"Action": []}), "unknown-member", "`Actions`", step("Lineage", {"Actions": []})),
    (step("Lineage", {"Associations": [{}] * 11}), "too-many", "takes 10", step("Lineage", {"Associations": [{}] * 10})),
    (call(FunctionArn="f"), "wrong-pattern", "looks like", call()),
    ({key: value for key, value in call().items() if key != "FunctionArn"}, "missing-member", "FunctionArn", call()),
    (call(OutputParameters=[{"OutputName": "o", "OutputType": "Text"}]), "wrong-value", "`String`", call(OutputParameters=[{"OutputName": "o", "OutputType": "String"}])),
    (call(OutputParameters=[{"OutputName": "o"}] * 2), "duplicate-name", "outputs", call(OutputParameters=[{"OutputName": "o"}])),
    (queue(SqsQueueUrl="q"), "wrong-pattern", "sqs", queue()),
    (step("BedrockCustomModel", {**MODEL, "ModelName": "m"}), "wrong-value", "only once", step("BedrockCustomModel", MODEL)),
    (step("BedrockCustomModel", {**MODEL, "ModelNam": "m"}), "unknown-member", "`ModelName`", step("BedrockCustomModel", MODEL)),
    (step("BedrockModelImport", {**IMPORT, "RoleArn": "me"}), "wrong-pattern", "RoleArn", step("BedrockModelImport", IMPORT)),
    ({**check(), "PropertyFiles": [{"PropertyFileName": "f", "OutputName": "o", "FilePath": "x"}]}, "unknown-output", "does not have", check()),
    (check(CacheConfig={"Enabled": True, "ExpireAfter": "next week"}), "not-a-duration", "P30D", check(CacheConfig={"Enabled": True, "ExpireAfter": "30dT5h"})),
    (step("InferenceComponent", {"InferenceComponentNam": "c", "InferenceComponentName": "c", "EndpointName": "e"}), "unknown-member", "`InferenceComponentName`",
     step("InferenceComponent", {"InferenceComponentName": "c", "EndpointName": "e"})),
    (step("Job", {"RoleArn": "arn:aws:iam::111122223333:role/R", "JobCategory": "Agent", "JobConfigSchemaVersion": "1.0.0", "JobConfigDocument": "{}"}), "wrong-value", "AgentRFT",
     step("Job", {"RoleArn": "arn:aws:iam::111122223333:role/R", "JobCategory": "AgentRFT", "JobConfigSchemaVersion": "1.0.0", "JobConfigDocument": "{}"})),
]  # fmt: skip
PARAMETERS = [{"Name": "name", "Type": "String"}, {"Name": "yes", "Type": "Boolean"}]


def found_in(given):
    whole = {"Version": "2020-12-01", "Parameters": PARAMETERS, "Steps": [given]}
    return [problem for problem in lint_definition(whole, build_graph(whole)) if problem.code != "unused-parameter"]


@pytest.mark.parametrize("wrong, code, words, right", FAMILIES)
@pytest.mark.newest_boto3
def test_a_rule_of_a_family_finds_its_mistake_and_nothing_in_what_is_right(wrong, code, words, right):
    found = [problem for problem in found_in(wrong) if problem.code == code]
    assert found, found_in(wrong)
    assert any(words in f"{problem.message} {problem.fix}" for problem in found), found
    assert found_in(right) == []


@pytest.mark.parametrize("kind, path, right", [
    ("EMRServerless", "jobRun.stat", "jobRun.state"), ("Lineage", "Arns['a']", "ActionArns['a']"),
    ("BedrockCustomModel", "ModelAr", "ModelArn"), ("BedrockModelImport", "Jobarn", "JobArn"),
    ("InferenceComponent", "Arn", "InferenceComponentArn"), ("Job", "JobAr", "JobArn"),
])  # fmt: skip
@pytest.mark.newest_boto3
def test_properties_of_every_family_are_known(kind, path, right):
    def problems_with(path):
        whole = {
            "Steps": [
                step(kind, {}),
                {"Name": "z", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": f"Steps.s.{path}"}}},
            ]
        }
        return [problem.code for problem in lint_definition(whole, build_graph(whole)) if problem.step == "z"]

    assert problems_with(path) == ["unknown-property"]
    assert problems_with(right) == []


def test_messages_are_sentences_a_newcomer_can_act_on():
    """Each says something to do, and none speaks of Python."""
    for wrong, _ in PAIRS.values():
        name, text = wrong if isinstance(wrong, tuple) else ("pipeline", wrong)
        for problem in Pipeline.from_yaml(text, name=name).problems:
            assert problem.message
            assert "NoneType" not in problem.message
            assert not re.search(r"\b(dict|str|list) object\b|Traceback|Error\b", problem.message)
            assert problem.fix or problem.code in ("yaml-syntax", "unknown-property"), problem
