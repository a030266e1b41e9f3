"""From text to definition JSON, and every problem on the way with its place."""

from __future__ import annotations

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.code import CodeFacts
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.errors import CodeNotFoundError, Severity

DIABETES = """\
description: Predict disease progression
parameters:
  alpha: 0.1
  max_rmse: {type: Float, default: 60, description: Quality gate}
defaults:
  image: sklearn
  instance: ml.m5.large
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train, test]
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha, depth: 4, name: abc}
    inputs: {train: $steps.prepare.outputs.train}
  evaluate:
    type: Processing
    code: evaluate.py
    inputs:
      model: $steps.train.model
      test: $steps.prepare.outputs.test
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good_enough:
    type: Condition
    if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse
    then: [publish]
    else: [too_bad]
  publish:
    type: Processing
    code: publish.py
    inputs: {model: $steps.train.model}
  too_bad:
    type: Fail
    message: rmse was ${steps.evaluate.metrics.rmse}
"""


def compiled(text, name="diabetes", **options):
    return compile_spec(read_spec(textwrap.dedent(text)), name, **options)


def step(text, name, **options):
    found = {}

    def walk(steps):
        for one in steps:
            found[one["Name"]] = one
            walk(one["Arguments"].get("IfSteps", []))
            walk(one["Arguments"].get("ElseSteps", []))

    walk(compiled(text, **options).definition["Steps"])
    return found[name]


def errors(text, **options):
    return [problem for problem in compiled(text, **options).problems if problem.severity is Severity.ERROR]


def test_the_whole_example_compiles_without_a_problem():
    result = compiled(DIABETES)
    assert result.problems == ()
    assert [one["Name"] for one in result.definition["Steps"]] == ["prepare", "train", "evaluate", "good_enough"]
    assert result.definition["Parameters"][1] == {
        "Name": "max_rmse", "Type": "Float", "DefaultValue": 60, "Description": "Quality gate",
    }  # fmt: skip
    assert sorted(result.graph.edges) == sorted(
        [("prepare", "train"), ("prepare", "evaluate"), ("train", "evaluate"), ("evaluate", "good_enough"),
         ("good_enough", "publish"), ("good_enough", "too_bad"), ("train", "publish"), ("evaluate", "too_bad")]
    )  # fmt: skip
    assert result.graph.nodes["publish"] == {"type": "Processing", "branch": "then", "parent": "good_enough"}


def test_a_training_step_is_script_mode_with_json_encoded_hyperparameters():
    arguments = step(DIABETES, "train")["Arguments"]
    assert arguments["HyperParameters"] == {
        "alpha": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.alpha"}]}},
        "depth": "4",
        "name": '"abc"',
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": json.dumps(
            f"s3://sagemaker-us-east-1-111122223333/sm-pipeline-widgets/code/{'0' * 64}.archive/sourcedir.tar.gz"
        ),
    }
    channel = arguments["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    assert channel["S3Uri"] == {"Get": "Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}


def test_a_processing_step_finds_its_folders_in_its_environment():
    arguments = step(DIABETES, "evaluate")["Arguments"]
    assert arguments["Environment"] == {
        "SM_INPUT_MODEL": "/opt/ml/processing/input/model",
        "SM_INPUT_TEST": "/opt/ml/processing/input/test",
        "SM_OUTPUT_REPORT": "/opt/ml/processing/output/report",
    }
    assert arguments["AppSpecification"]["ContainerEntrypoint"] == [
        "python3", "/opt/ml/processing/input/code/evaluate.py",
    ]  # fmt: skip
    output = arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]["Std:Join"]
    assert output["Values"] == [
        "s3:/", "sagemaker-us-east-1-111122223333", "diabetes", {"Get": "Execution.PipelineExecutionId"},
        "evaluate", "output", "report",
    ]  # fmt: skip
    assert step(DIABETES, "evaluate")["PropertyFiles"] == [
        {"PropertyFileName": "metrics", "OutputName": "report", "FilePath": "evaluation.json"}
    ]


def test_conditions_and_messages_read_property_files():
    rmse = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.metrics"}, "Path": "rmse"}}
    assert step(DIABETES, "good_enough")["Arguments"]["Conditions"] == [
        {"Type": "LessThanOrEqualTo", "LeftValue": rmse, "RightValue": {"Get": "Parameters.max_rmse"}}
    ]
    assert step(DIABETES, "too_bad")["Arguments"] == {
        "ErrorMessage": {"Std:Join": {"On": "", "Values": ["rmse was ", rmse]}}
    }


def test_the_target_decides_bucket_role_and_image():
    facts = TargetFacts(region="eu-west-1", account="999999999999", role="arn:aws:iam::999999999999:role/x", bucket="b")
    arguments = step(DIABETES, "prepare", facts=facts)["Arguments"]
    assert arguments["RoleArn"] == facts.role
    assert arguments["AppSpecification"]["ImageUri"].startswith("141502667606.dkr.ecr.eu-west-1.amazonaws.com/")
    assert arguments["ProcessingInputs"][0]["S3Input"]["S3Uri"].startswith("s3://b/sm-pipeline-widgets/code/")


def test_the_hash_of_the_code_is_in_its_uri_and_the_text_alone_decides_the_rest():
    def reader(ref):
        return CodeFacts("abc" if ref.name == "prepare.py" else "def", "main.py", is_folder=True)

    first, second = compiled(DIABETES, read_code=reader), compiled(DIABETES, read_code=reader)
    assert json.dumps(first.definition) == json.dumps(second.definition)
    code = step(DIABETES, "prepare", read_code=reader)["Arguments"]["ProcessingInputs"][0]["S3Input"]
    assert code["S3Uri"].endswith("/code/abc/")
    assert {name: use.facts.sha256 for name, use in first.code.items()}["train"] == "def"


def test_arguments_are_merged_last_and_reach_everything_the_service_can_do():
    text = """\
        parameters: {n: 2, subnet: a}
        steps:
          p:
            type: Processing
            image: 1.dkr.ecr.us-east-1.amazonaws.com/x:1
            count: $parameters.n
            arguments:
              ProcessingResources: {ClusterConfig: {VolumeKmsKeyId: key}}
              NetworkConfig: {VpcConfig: {Subnets: [$parameters.subnet]}}
              AppSpecification: {ImageUri: {Get: Parameters.subnet}}
        """
    arguments = step(text, "p")["Arguments"]
    assert arguments["ProcessingResources"]["ClusterConfig"] == {
        "InstanceType": "ml.m5.large", "InstanceCount": {"Get": "Parameters.n"}, "VolumeSizeInGB": 30,
        "VolumeKmsKeyId": "key",
    }  # fmt: skip
    assert arguments["NetworkConfig"]["VpcConfig"]["Subnets"] == [{"Get": "Parameters.subnet"}]
    assert arguments["AppSpecification"]["ImageUri"] == {"Get": "Parameters.subnet"}


def test_a_type_nobody_knows_yet_passes_through():
    text = """\
        steps:
          t: {type: Teleport, Beam: up, arguments: {To: $execution.id}, depends_on: []}
        """
    result = compiled(text)
    assert result.definition["Steps"] == [
        {"Name": "t", "Type": "Teleport", "Beam": "up", "Arguments": {"To": {"Get": "Execution.PipelineExecutionId"}}}
    ]
    assert [(problem.code, problem.severity) for problem in result.problems] == [("unknown-type", Severity.WARNING)]


@pytest.mark.parametrize(
    "written, json_form",
    [
        ("$execution.id", {"Get": "Execution.PipelineExecutionId"}),
        ("$execution.StartDateTime", {"Get": "Execution.StartDateTime"}),
        ("$target.bucket", "sagemaker-us-east-1-111122223333"),
        ("s3://$target.bucket/x", "s3://sagemaker-us-east-1-111122223333/x"),
        ("a-${execution.pipeline_name}", {"Std:Join": {"On": "", "Values": ["a-", {"Get": "Execution.PipelineName"}]}}),
        ("$steps.c.outcome", {"Get": "Steps.c.Outcome"}),
        ("$steps.t.metrics.rmse", {"Get": "Steps.t.FinalMetricDataList['rmse'].Value"}),
        ("$steps.t.FinalMetricDataList['val:acc'].Value", {"Get": "Steps.t.FinalMetricDataList['val:acc'].Value"}),
        ("$vars.folder", "x/y"),
        ("$vars.many[1]", 2),
        ("$$literal", "$literal"),
    ],
)
def test_references(written, json_form):
    text = f"""\
        steps:
          t: {{type: Training, image: a/b, metrics: {{rmse: 'r=(.*)'}}}}
          c: {{type: Condition, if: 1 < 2}}
          x: {{type: Teleport, arguments: {{A: "{written}"}}}}
        """
    assert step(text, "x", variables={"folder": "x/y", "many": [1, 2]})["Arguments"]["A"] == json_form


@pytest.mark.parametrize(
    "cache, members",
    [("true", {"Enabled": True, "ExpireAfter": "P30D"}), ("false", {"Enabled": False}),
     ("12h", {"Enabled": True, "ExpireAfter": "PT12H"}), ("P4DT12H", {"Enabled": True, "ExpireAfter": "P4DT12H"})],
)  # fmt: skip
def test_cache(cache, members):
    assert step(f"steps: {{p: {{type: Processing, image: a/b, cache: {cache}}}}}", "p")["CacheConfig"] == members


def test_common_keys():
    text = """\
        steps:
          a: {type: Processing, image: a/b}
          p:
            type: Processing
            image: a/b
            display_name: The P
            depends_on: [a, {step: a, on: failed}]
            retry: {on: [capacity, Step.THROTTLING], attempts: 3, interval: 1m, backoff: 1.5}
            max_runtime: 90m
        """
    members = step(text, "p")
    assert members["DisplayName"] == "The P"
    assert members["DependsOn"] == ["a", {"Step": "a", "Trigger": "Failed"}]
    assert members["RetryPolicies"] == [
        {"ExceptionType": ["SageMaker.CAPACITY_ERROR", "Step.THROTTLING"], "IntervalSeconds": 60, "BackoffRate": 1.5,
         "MaxAttempts": 3}
    ]  # fmt: skip
    assert members["Arguments"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 5400}


# -- problems -----------------------------------------------------------------------------------------------------

P = "image: a/b"
PROBLEMS = [
    ("stps: {}", "unknown-key", (1, 1), "`steps`"),
    ("[1]", "not-a-mapping", (1, 1), "steps"),
    ("", "no-steps", (None, None), "steps:"),
    ("steps: 3", "not-a-mapping", (1, 8), "names"),
    ("steps:\n  a: 3", "not-a-mapping", (2, 6), "type"),
    ("steps:\n  a: {image: a/b}", "missing-key", (2, 3), "type: Processing"),
    ("steps:\n  a: {type: Procesing}", "unknown-type", (2, 13), "`Processing`"),
    ("steps:\n  a: {type: Processing, imagee: a/b}", "unknown-key", (2, 25), "`image`"),
    ("steps:\n  a: {type: Processing}", "missing-key", (2, 3), "code"),
    ("steps:\n  a: {type: Training}", "missing-key", (2, 3), "code"),
    ("steps:\n  a: {type: Processing, image: sklern}", "unknown-image", (2, 32), "`sklearn`"),
    ("steps:\n  a: {type: Processing, image: 'sklearn:9'}", "unknown-image", (2, 32), "versions"),
    ("steps:\n  a: {type: Condition}", "missing-key", (2, 3), "if"),
    ("steps:\n  a: {type: Condition, if: $x.y < 1}", "unknown-root", (2, 28), "parameters"),
    ("steps:\n  a: {type: Condition, if: 1 = 2}", "condition-syntax", (2, 30), "=="),
    ("steps:\n  a: {type: Condition, if: 1 < 2, then: [b]}", "unknown-step", (2, 42), "steps"),
    ("parameters: {alpha: 1}\nsteps:\n  a: {type: Fail, message: $parameters.alhpa}", "unknown-parameter", (3, 28),
     "`alpha`"),
    ("steps:\n  a: {type: Fail, message: $steps.b.model}", "unknown-step", (2, 28), "There are"),
    (f"steps:\n  a: {{type: Processing, {P}, outputs: [train]}}\n  b: {{type: Fail, message: $steps.a.outputs.trian}}",
     "unknown-output", (3, 28), "`train`"),
    (f"steps:\n  a: {{type: Processing, {P}}}\n  b: {{type: Fail, message: $steps.a}}", "incomplete-reference", (3, 28),
     "outputs.NAME"),
    (f"steps:\n  a: {{type: Training, {P}}}\n  b: {{type: Fail, message: $steps.a.modell}}", "unknown-output", (3, 28),
     "`model`"),
    (f"steps:\n  a: {{type: Training, {P}}}\n  b: {{type: Fail, message: $steps.a.model.x}}", "unknown-property",
     (3, 28), "nothing lies behind"),
    ("steps:\n  a: {type: Fail, message: $execution.nmae}", "unknown-variable", (2, 28), "There are"),
    ("steps:\n  a: {type: Fail, message: $HOME}", "unknown-root", (2, 28), "$$"),
    ("steps:\n  a: {type: Fail, message: $item}", "wrong-place", (2, 28), "ForEach"),
    ("steps:\n  a: {type: Fail, message: '${x'}", "reference-syntax", (2, 29), "Close"),
    ("steps:\n  a: {type: Fail, message: $vars.x}", "unknown-variable", (2, 28), "Run the cell"),
    (f"steps:\n  a: {{type: Processing, {P}, depends_on: b}}", "unknown-step", (2, 49), "The steps are"),
    (f"steps:\n  a: {{type: Processing, {P}, depends_on: {{step: a, on: fail}}}}", "unknown-trigger", (2, 63), "failed"),
    (f"steps:\n  a: {{type: Processing, {P}, depends_on: b}}\n  b: {{type: Processing, {P}, depends_on: a}}", "cycle",
     (2, 3), "`a` → `b` → `a`"),
    ("steps:\n  a: {type: Condition, if: 1 < 2, then: [a]}", "cycle", (2, 42), "its own branch"),
    (("steps:\n  a: {type: Condition, if: 1 < 2, then: [f]}\n  b: {type: Condition, if: 1 < 2, then: [f]}\n"
     "  f: {type: Fail, message: x}"), "branch-twice", (3, 42), "`a`"),
    ((f"steps:\n  c: {{type: Condition, if: 1 < 2, then: [x], else: [y]}}\n  x: {{type: Processing, {P}}}\n"
     f"  y: {{type: Processing, {P}}}\n  z: {{type: Processing, {P}, depends_on: [x, y]}}"), "never-runs", (5, 3), "`c`"),
    (f"steps:\n  f: {{type: Fail, message: x}}\n  z: {{type: Processing, {P}, depends_on: f}}", "after-fail", (2, 3),
     "`z`"),
    ("steps:\n  'a b': {type: Fail, message: x}", "step-name", (2, 3), "letters"),
    ("parameters:\n  'a b': 1\nsteps:\n  a: {type: Fail, message: x}", "parameter-name", (2, 3), "letters"),
    ("parameters:\n  a:\nsteps:\n  a: {type: Fail, message: x}", "parameter-type", (2, 5), "default"),
    ("parameters:\n  a: {type: Strng}\nsteps:\n  a: {type: Fail, message: x}", "parameter-type", (2, 13), "`String`"),
    ("parameters:\n  a: {type: Integer, default: x}\nsteps:\n  a: {type: Fail, message: x}", "parameter-default",
     (2, 31), "fitting"),
    ("parameters:\n  a: {enum: [x, y], default: z}\nsteps:\n  a: {type: Fail, message: x}", "parameter-default",
     (2, 30), "`x` and `y`"),
    (f"steps:\n  a: {{type: Processing, {P}, inputs: {{x: /tmp/data}}}}", "not-an-s3-uri", (2, 49), "s3://"),
    (f"steps:\n  a: {{type: Processing, {P}, outputs: [r], property_files: {{m: q/x.json}}}}", "unknown-output",
     (2, 71), "`r`"),
    (f"steps:\n  a: {{type: Processing, {P}, outputs: [r], property_files: {{m: x.json}}}}", "wrong-kind", (2, 71),
     "OUTPUT/FILE"),
    (f"steps:\n  a: {{type: Processing, {P}, max_runtime: soon}}", "not-a-duration", (2, 50), "90m"),
    (f"steps:\n  a: {{type: Processing, {P}, cache: sometimes}}", "not-a-duration", (2, 44), "30d"),
    (f"steps:\n  a: {{type: Processing, {P}, retry: {{on: [luck]}}}}", "unknown-cause", (2, 50), "capacity"),
    ("defaults: {imag: x}\nsteps:\n  a: {type: Fail, message: x}", "unknown-key", (1, 12), "`image`"),
    ("defaults: {description: x}\nsteps:\n  a: {type: Fail, message: x}", "unknown-key", (1, 12), "each step"),
]  # fmt: skip


@pytest.mark.parametrize("text, code, place, words", PROBLEMS)
def test_each_mistake_is_found_at_its_place_with_a_way_out(text, code, place, words):
    found = [problem for problem in compiled(text).problems if problem.code == code]
    assert found, compiled(text).problems
    assert (found[0].line, found[0].column) == place
    assert words in f"{found[0].message} {found[0].fix}"


def test_everything_wrong_is_found_in_one_pass_and_the_rest_is_still_drawn():
    text = """\
        steps:
          a: {type: Processing, image: a/b, outputz: [x]}
          a: {type: Fail}
          b: {type: Training, image: nope, inputs: {t: $steps.a.outputs.x}}
          c: {type: Condition, if: $steps.b.metrics.rmse <, then: [d]}
        """
    result = compiled(text)
    assert [problem.code for problem in result.problems] == [
        "unknown-key", "duplicate-key", "unknown-image", "unknown-output", "condition-syntax", "unknown-step",
    ]  # fmt: skip
    assert list(result.graph) == ["a", "b", "c"]


def test_code_that_is_not_there_is_a_problem_not_an_exception():
    def reader(ref):
        raise CodeNotFoundError(f"there is no cell `{ref.name}`", "Did you mean `train`?")

    (problem,) = errors("steps:\n  t: {type: Training, code: 'cell:trian'}", read_code=reader)
    assert (problem.code, problem.line, problem.column) == ("code-not-found", 2, 29)
    assert "`train`" in str(problem)


@pytest.mark.parametrize("name", ["my_pipeline", "-x", "x-", "a b", "", "é", "a" * 83])
def test_a_name_the_service_refuses_is_a_problem(name):
    problems = errors("steps: {a: {type: Fail, message: x}}", name=name)
    assert [problem.code for problem in problems] == ["pipeline-name"]


def test_what_a_default_filled_in_is_told():
    details = compiled(DIABETES).details["prepare"]
    assert ("image", "sklearn", "defaults") in [(one.key, one.value, one.origin) for one in details]
    assert ("count", "1", "built in") in [(one.key, one.value, one.origin) for one in details]


# -- properties ---------------------------------------------------------------------------------------------------

lines = DIABETES.splitlines(keepends=True)


@given(st.lists(st.tuples(st.integers(0, len(lines) - 1), st.sampled_from(["drop", "double", "dedent", "cut", "$"]))))
def test_any_mangled_text_gives_problems_never_an_exception(mutations):
    mangled = list(lines)
    for at, what in mutations:
        line = mangled[at]
        mangled[at] = {"drop": "", "double": line * 2, "dedent": line.lstrip(), "cut": line[: len(line) // 2] + "\n",
                       "$": line.replace("$", "${").replace(":", ": [")}[what]  # fmt: skip
    result = compiled("".join(mangled))
    assert list(result.graph) == list(build_graph(result.definition))


@given(st.text())
def test_any_text_at_all_gives_problems_never_an_exception(text):
    compiled(text)


step_names = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True)


@given(step_names, st.randoms(use_true_random=False))
def test_the_graph_of_a_text_is_the_graph_of_its_definition(names, random):
    text = "steps:\n"
    edges = set()
    for at, name in enumerate(names):
        text += f"  {name}:\n    type: Processing\n    image: a/b\n    outputs: [o]\n"
        upstream = [other for other in names[:at] if random.random() < 0.4]
        for number, other in enumerate(upstream):
            text += f"    {'inputs' if number == 0 else 'args'}:\n" if number < 2 else ""
            text += f"      {f'i{number}: ' if number == 0 else '- '}$steps.{other}.outputs.o\n"
            edges.add((other, name))
    result = compiled(text)
    assert result.problems == ()
    assert set(result.graph.edges) == edges
    again = build_graph(json.loads(json.dumps(result.definition)))
    assert (again.nodes(data=True), set(again.edges)) == (result.graph.nodes(data=True), edges)
    assert json.dumps(compiled(text).definition) == json.dumps(result.definition)
