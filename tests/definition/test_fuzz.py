"""Anything at all as a text or a definition: problems or a DefinitionError, never another exception, never a hang.

Each sample is made from a number, so a failure names what to run again. `make soak` goes on for minutes with new numbers.
"""

from __future__ import annotations

import json
import random
import re
import time

import pytest

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.errors import DefinitionError
from sm_pipeline_widgets.view.details import details_of
from sm_pipeline_widgets.view.picture import draw

SLOWEST_S = 5.0
"""What one sample may take on a busy machine; they take milliseconds."""
SOAK_S = 180

TEXTS = [
    """\
description: Predict disease progression
parameters:
  alpha: 0.1
  max_rmse: {type: Float, default: 60, description: Quality gate}
  mode: {enum: [full, fast], default: full}
experiment: {name: $execution.pipeline_name, trial: $execution.id}
defaults: {image: sklearn, instance: ml.m5.large}
steps:
  prepare:   # a comment
    type: Processing
    code: prepare.py
    args: [--n, 3, "--quoted", 'it''s']
    outputs: [train, test]
    cache: 30d
    retry: {on: [capacity], attempts: 3, interval: 30s}
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha, note: "a ${parameters.mode} run"}
    inputs: {train: $steps.prepare.outputs.train}
    depends_on: [{step: prepare, on: failed}]
  evaluate:
    type: Processing
    code: s3://bucket/code/evaluate.py
    inputs:
      model: $steps.train.model
      test: s3://bucket/${execution.id}/test
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good_enough:
    type: Condition
    if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse and ($parameters.mode in ['full', 'fast'] or not 1 == 2)
    then: [register]
    else: [too_bad]
  register: {type: RegisterModel, model: $steps.train.model, group: diabetes, arguments: {Tags: [{Key: a, Value: b}]}}
  too_bad: {type: Fail, message: "rmse was ${steps.evaluate.metrics.rmse['x'][0]}, $$5"}
""",
    """\
omit: [Metadata]
mlflow: null
defaults:
  built_in: none
  role: arn:aws:iam::111122223333:role/x
steps:
  fan: {type: ForEach, items: [a, 1, $parameters.p], max_concurrency: 2, body: [each]}
  each: {type: Lambda, function: f, inputs: {x: $item.name}, outputs: {o: Float}}
  check: {type: QualityCheck, check: data_quality, dataset: s3://b/x, group: g}
  tune: {type: Tuning, image: a/b, objective: {maximize: acc}, ranges: {lr: {min: 0.1, max: 1}}, jobs: 3, parallel: 1}
  emr: {type: EMR, cluster: j-1, jar: s3://b/j.jar}
  raw: {definition: {Name: raw, Type: Fail, Arguments: {ErrorMessage: |
    several
    lines
    }}}
  text: {definition: '{"Name": "text", "Type": "Later", "Arguments": {}}'}
""",
    'definition: \'{"Version": "2020-12-01", "Steps": []}\'\n',
]
PIECES = [
    "&a", "*a", "!!python/object:os.system", "<<: *a", "---", "...", "? ", "- ", ": ", "{", "}", "[", "]", '"', "'", "|", ">", "#", "\t", "\0",
    "\ufeff", "\u2028", "\ud800", "$", "${", "$$", "$steps.", "$parameters.alpha", "${steps['", "null", "1e999", "-0.0", ".nan", "0x1F", "99" * 3000,
    "not ", " and ", " or ", "((", "==", "in [", "type: Condition", "definition: {}", "defaults: none", "arguments: []", "steps:", "\r\n", "\n\n", " " * 40,
    "{Get: Steps.a}", "{Std:Join: 3}", "{Std:JsonGet: {Path: {}}}", "s3://", "%TAG", "@", "`", "\\", "é😀", "a" * 500,
]  # fmt: skip
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


def mutated(text, chosen):
    """A text with a few tokens, lines or indentations deleted, doubled, swapped or put in."""
    for _ in range(chosen.randint(1, 6)):
        unit = chosen.choice(["token", "line", "character", "indentation", "cut"])
        if unit == "indentation":
            lines = text.split("\n")
            at = chosen.randrange(len(lines))
            lines[at] = " " * chosen.randint(0, 9) + lines[at].lstrip()
            text = "\n".join(lines)
        elif unit == "cut":
            at = chosen.randrange(len(text) + 1)
            text = text[:at] if chosen.random() < 0.5 else text[at:]
        else:
            parts = {"token": TOKEN.findall, "line": lambda text: text.splitlines(keepends=True), "character": list}[
                unit
            ](text)
            text = "".join(changed(parts, chosen))
    return text


def changed(parts, chosen):
    if not parts:
        return [chosen.choice(PIECES)]
    at, other = chosen.randrange(len(parts)), chosen.randrange(len(parts))
    match chosen.choice(["delete", "double", "swap", "insert", "replace"]):
        case "delete":
            del parts[at]
        case "double":
            parts.insert(other, parts[at])
        case "swap":
            parts[at], parts[other] = parts[other], parts[at]
        case "insert":
            parts.insert(at, chosen.choice(PIECES))
        case "replace":
            parts[at] = chosen.choice(PIECES)
    return parts


def noise(chosen):
    """Random bytes, read as somebody's editor might have saved them."""
    raw = bytes(chosen.choices(range(256), k=chosen.randint(0, 400)))
    if chosen.random() < 0.5:
        raw = bytes(chosen.choices(b"steps:{}[]-&*!|>'\"%@`#, \n\t$a1?", k=chosen.randint(0, 400)))
    return raw.decode(
        *chosen.choice([("utf-8", "replace"), ("utf-8", "surrogateescape"), ("latin-1",), ("utf-16-le", "replace")])
    )


KEYS = ["Version", "Parameters", "Steps", "Name", "Type", "Arguments", "DependsOn", "Step", "Trigger", "IfSteps", "ElseSteps", "Conditions", "LeftValue",
        "RightValue", "Get", "Std:Join", "On", "Values", "Std:JsonGet", "PropertyFile", "Path", "S3Uri", "DefaultValue", "EnumValues", "CacheConfig",
        "RetryPolicies", "PropertyFiles", "OutputParameters", "ForEachBody", "IterableItems", "Selector", "Environment", "HyperParameters", "RoleArn",
        "ProcessingInputs", "AppSpecification", "ContainerEntrypoint", "S3Input", "InputName", "Metadata", "definition", "", "x"]  # fmt: skip
TYPES = ["Processing", "Training", "Condition", "Fail", "Lambda", "ForEach", "EMR", "EMRServerless", "QualityCheck", "Tuning", "Lineage", "Job", "Cleanup",
         "RegisterModel", "Model", "AutoML", "Endpoint", "InferenceComponent", "BedrockCustomModel", "Callback", "Transform", "New"]  # fmt: skip


def anything(chosen, depth=0):
    """Any JSON value, leaning towards what definitions are made of."""
    roll = chosen.random()
    if depth > 7 or roll < 0.3:
        return chosen.choice([None, True, False, 0, -1, 1.5, -0.0, float("nan"), float("inf"), 10**400, "", "x", "a", "\ud800", "Steps.a.X", "Parameters.p",
                              "s3://b", "s3:/", "${", "P30D", *TYPES])  # fmt: skip
    if roll < 0.5:
        return [anything(chosen, depth + 1) for _ in range(chosen.randint(0, 4))]
    if roll < 0.6:
        return {"Name": chosen.choice(["a", "b", "", 3]), "Type": chosen.choice(TYPES), "Arguments": anything(chosen, depth + 1),
                chosen.choice(KEYS): anything(chosen, depth + 1)}  # fmt: skip
    return {chosen.choice(KEYS): anything(chosen, depth + 1) for _ in range(chosen.randint(0, 4))}


def document(chosen):
    steps = [anything(chosen) for _ in range(chosen.randint(0, 4))]
    if chosen.random() < 0.2:
        return anything(chosen)
    return {
        "Version": "2020-12-01",
        "Parameters": anything(chosen),
        "Steps": steps,
        chosen.choice(KEYS): anything(chosen),
    }


# -- what must hold --------------------------------------------------------------------------------------------------


def read_text(text):
    """All that a cell does with a text before anything is sent anywhere."""
    pipeline = Pipeline.from_yaml(text)
    for problem in pipeline.problems:
        assert str(problem)
        assert problem.line is None or problem.line >= 1
    compiled = pipeline.compiled()
    draw(pipeline.graph, problems=pipeline.problems)
    details_of(compiled.definition, compiled.details)
    try:
        pipeline.definition()
    except DefinitionError as error:
        assert str(error)


def read_definition(text):
    """All that is done with a definition; it comes back, whatever it is."""
    try:
        pipeline = Pipeline.from_definition(text)
    except DefinitionError as error:
        assert str(error)
        return
    for problem in pipeline.problems:
        assert str(problem)
    given = pipeline.definition()
    draw(pipeline.graph, problems=pipeline.problems)
    details_of(given)
    again = Pipeline.from_yaml(pipeline.to_yaml()).compiled().definition
    assert json.dumps(again, sort_keys=True) == json.dumps(given, sort_keys=True)


def sample(kind, seed):
    """One sample of a kind, and what reads it."""
    chosen = random.Random(f"{kind} {seed}")
    if kind == "mutated text":
        return mutated(chosen.choice(TEXTS), chosen), read_text
    if kind == "noise":
        return noise(chosen), read_text
    if kind == "mutated JSON":
        return mutated(json.dumps(document(chosen)), chosen), read_definition
    return json.dumps(document(chosen)), read_definition


def tried(kind, seed):
    """Try a sample; whatever goes wrong names it."""
    given, read = sample(kind, seed)
    started = time.monotonic()
    try:
        read(given)
    except Exception as error:
        error.add_note(f"sample({kind!r}, {seed}): {given[:2000]!r}")
        raise
    assert time.monotonic() - started < SLOWEST_S, (kind, seed)


KINDS = ["mutated text", "noise", "mutated JSON", "any JSON"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_hundred_of_each_kind(kind):
    for seed in range(250):
        tried(kind, seed)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_as_many_as_there_is_time_for(kind):
    seed = random.SystemRandom().randrange(10**9)
    end = time.monotonic() + SOAK_S / len(KINDS)
    while time.monotonic() < end:
        tried(kind, seed)
        seed += 1


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
MONSTERS = {
    "a line of a megabyte": "steps: {a: {type: Fail, message: '" + "x" * 10**6 + "'}}",
    "a key of a megabyte": "steps: {" + "k" * 10**6 + ": {type: Fail, message: x}}",
    "a megabyte of brackets": "steps: " + "[" * 10**6,
    "a megabyte of dashes": "- " * 500_000,
    "a megabyte of questions": "? " * 500_000,
    "a megabyte of braces": "steps: " + "{a: " * 250_000,
    "a megabyte of quotes": "'" * 10**6,
    "a megabyte of dollars": "steps: {a: {type: Fail, message: '" + "$" * 10**6 + "'}}",
    "references without end": "steps: {a: {type: Fail, message: '" + "${steps." * 100_000 + "'}}",
    "a condition without end": "steps: {a: {type: Condition, if: '" + "(" * 50_000 + "', then: []}}",
    "a condition of many ors": "steps: {a: {type: Condition, if: '"
    + " or ".join(["(1 == 1 and 2 == 2)"] * 40)
    + "', then: []}}",
    "a condition of nots": "steps: {a: {type: Condition, if: '" + "not " * 20_000 + "1 == 1', then: []}}",
    "thousands of keys": "steps:\n" + "".join(f"  s{n}: {n}\n" for n in range(20_000)),
    "thousands of tags": "steps: " + "!a " * 20_000,
    "a bomb of aliases": BOMB,
    "an anchor that holds itself": "a: &a [*a]\nsteps: *a\n",
    "a number of a megabyte": "parameters: {n: " + "9" * 10**6 + "}\nsteps: {}",
}


@pytest.mark.parametrize("text", MONSTERS.values(), ids=MONSTERS)
def test_monstrous_texts_are_read_in_moderate_time(text):
    started = time.monotonic()
    read_text(text)
    assert time.monotonic() - started < 3 * SLOWEST_S


DEEP = {
    "lists": ("[", "]"),
    "objects": ('{"x": ', "}"),
    "conditions": ('{"Name": "c", "Type": "Condition", "Arguments": {"IfSteps": [', "]}}"),
}


@pytest.mark.parametrize("depth", [50, 199, 215, 1_000, 100_000])
@pytest.mark.parametrize("left, right", DEEP.values(), ids=DEEP)
def test_definitions_of_any_depth_are_read_or_refused(left, right, depth):
    inner = "" if left.endswith("[") else "1"
    read_definition(f'{{"Steps": [{left * depth}{inner}{right * depth}]}}')
    read_definition(f'{{"Steps": [], "Other": {left * depth}{inner}{right * depth}}}')


def test_a_definition_that_holds_itself_is_refused():
    endless: dict[str, object] = {"Steps": []}
    endless["Other"] = endless
    with pytest.raises(DefinitionError, match="deep"):
        Pipeline.from_definition(endless)
