"""Long sessions of random edits: the text stays readable, what is undone is gone, what was not meant is untouched.

Each sample is made from a number, so a failure names what to run again.
"""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.connections import possible_connections
from sm_pipeline_widgets.definition.edits import (
    UNSET,
    AddParameter,
    AddStep,
    Connect,
    DeleteParameter,
    DeleteStep,
    Disconnect,
    DuplicateStep,
    Leftover,
    MoveToBranch,
    RemoveField,
    RenameField,
    RenameParameter,
    RenameStep,
    SetField,
    SetParameter,
    SetSetting,
)
from sm_pipeline_widgets.definition.rewrite import apply, apply_all
from sm_pipeline_widgets.definition.rewrite_mentions import Finder, Subject
from sm_pipeline_widgets.definition.rewrite_order import waits_for
from sm_pipeline_widgets.definition.rewrite_page import read_page
from sm_pipeline_widgets.definition.source import plain, read_source
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.errors import EditRefusedError

SOAK_S = 120

BLOCK = """\
# What it is for: $steps.prepare
description: Predict disease progression
parameters:
  alpha: 0.1                                   # type inferred: Float
  max_rmse: {type: Float, default: 60, description: Quality gate}

  mode:
    enum: [full, fast]
    default: full   # the thorough one
defaults:                                      # merged into every step
  image: sklearn
  environment: {FROM: $parameters.mode}

steps:

  # --- data
  prepare:   # a comment
    type: Processing
    code: prepare.py
    args: [--n, 3, "--quoted", 'it''s']
    outputs: [train, test]                     # two folders
    retry: {on: [capacity], attempts: 3}

  # --- model
  train:
    type: Training
    code: "cell:train"
    hyperparameters: {alpha: $parameters.alpha, note: "a ${parameters.mode} run"}
    inputs: {train: $steps.prepare.outputs.train}   # one channel
    depends_on:
    - {step: prepare, on: failed}
    # nothing else

  evaluate:
    type: Processing
    code: s3://bucket/code/evaluate.py
    inputs:
      model: $steps.train.model   # the newest
      # and the data
      test:
        uri: ${steps['prepare'].outputs.test}
        mode: File
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
    arguments:
      Tags:
        - Key: a
          Value: {Get: Steps.train.TrainingJobName}
        - {Key: b, Value: c}
  good_enough:
    type: Condition
    if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse and ($parameters.mode in ['full', 'fast'] or not 1 == 2)
    then: [register]
    else:
      - too_bad   # sad
  register: {type: RegisterModel, model: $steps.train.model, group: diabetes, arguments: {Tags: [{Key: a, Value: b}]}}
  too_bad:
    type: Fail
    message: |
      rmse was ${steps.evaluate.metrics.rmse}
        which is too much, $$steps.evaluate

      really
  raw: {definition: {Name: raw, Type: Fail, Arguments: {ErrorMessage: {Get: Steps.train.TrainingJobArn}}}}
  json:
    definition: '{"Name": "json", "Type": "Later", "Arguments": {"A": {"Get": "Steps.prepare.ProcessingJobArn"}}}'
# the end
"""
FLOW = """\
{
  parameters: {alpha: 0.1, mode: {enum: [full, fast], default: full}},   # two
  "defaults": {image: sklearn},
  steps: {
    prepare: {type: Processing, code: prepare.py, 'outputs': [train, test]},   # first
    "train": {type: Training, code: cell:train, inputs: {train: $steps.prepare.outputs.train},
              hyperparameters: {alpha: $parameters.alpha}},
    loop: {type: ForEach, items: [a, b], body: [each], select: {max: $steps.each.outputs.auc}},
    each: {type: Lambda, function: f, inputs: {x: $item.name}, outputs: {auc: Float}},
    best: {type: Lambda, function: g, inputs: {auc: '$steps.loop.iterations[0].each.outputs.auc',
           raw: {Get: 'Steps.loop.IterationOutputs[0].each.OutputParameters[''auc'']'}}, depends_on: train},
    gate: {type: Condition, if: $steps.best.outputs.x > 1, then: [end]},
    end: {type: Fail, message: "${steps.best.outputs.x} of \\"${steps.train.model}\\""}
  }
}
"""
ROOMY = BLOCK.replace("  ", "    ").replace("- Key: a", "-   Key: a").replace("\n", "\r\n")
NARROW = "steps:\n a:\n  type: Fail\n b: {type: Fail}\n c:\n  type: Processing\n  inputs:\n   x: s3://b/x"
TEXTS = {"block": BLOCK, "flow": FLOW, "roomy": ROOMY, "narrow": NARROW, "nothing": "", "mark": "\ufeff" + BLOCK}
ODD = [
    "---\nsteps:\n  a:\n    type: Fail\n...\n",
    "--- {steps: {a: {type: Fail}}}\n",
    '"steps": {"a":{"type":"Fail","message":"x"},"b":{"type":"Training","inputs":{"t":"$steps.p.outputs.o"}},"p":{"type":"Processing","outputs":["o"]}}',
    "  steps:\n    a:\n      type: Training\n      inputs:\n        - a\n        -\n        - b: 1\n          c: 2\n    b:\n    c: ~\n    d: null\n  # tail\n",
    "steps:\n  a: {type: Fail,\n  message: >+\n   }\n",
    "steps:\n  a:\n    type: Fail\n    message: >\n      one\n        two\n\n      ${steps.b.arn}\n  b: {type: Model}\n\n\n",
    "steps:\n  a:\n    type: Condition\n    if: >-\n      $steps.b.arn == 'x'\n      and $steps.b.name == 'y'\n    then: b2\n    else:\n  b: {type: Model,}\n  b2: {type: Fail, message: 'a\n     b ${steps.b.arn}',}\n",
    "steps:\n  a: # x\n    # y\n    type: Fail # z\n\n    # w\n\n  # v\n\n\n  b: # u\n    type: Fail\n    message: |+\n      x\n\n\n# t\nparameters:\n# s\n  p: 1 # r\n# q\n",
    "steps: {a: {type: Training, inputs: {x: [a: 1, b], y: [[1, 2], [3]]}}, # c\n  b: {type: Fail}\n  # d\n  }\n# e",
    "parameters: [a]\nsteps:\n  a: [x]\n",
    'steps:\n  a:\n    type: Processing\n    arguments:\n      - - 1\n        - 2\n      - - 3\n      -\n        - 4\n    args:\n    - a\n    -   b\n    - |\n      c\n    - "d\n\n      e"\n',
    'steps:\n  a: {definition: {"Name": "a", "Type": "Fail"}}\n  b:\n    definition: |\n      {"Name": "b", "DependsOn": ["a"], "X": {"Get": "Steps.a.Y"}}\n',
    "steps:\r  a:\r    type: Fail\r  b:\r    type: Fail\r",
    "steps:\n\n\n",
    "# only\n\n# comments\n\n",
    "%YAML 1.1\n---\nsteps:\n  a: {type: Fail}\n",
    "defaults:\nparameters:\nsteps:\n",
    "steps:\n  a:\n    type: Fail\n    message: |\n      x",
]
"""Ways to write that nobody would choose: markers, JSON, odd folds, comments everywhere, other line breaks."""
NAMES = [
    "prepare",
    "fit",
    "a",
    "b",
    "b-1",
    "c_",
    "-d",
    "null",
    "12",
    "no",
    "too_bad_2",
    "Ein",
    "x" * 64,
    "$x",
    "a b",
    "",
]
TYPES = ["Processing", "Training", "Condition", "Fail", "Model", "RegisterModel", "Lambda", "Transform", "ForEach"]
VALUES = [
    "plain", "no", "012", "1e3", "", " ", "$steps.prepare.outputs.train", "a: b", "# c", "it's", 'say "x"', "a\nb\n",
    "a\n\n  b", "tab\t", "[x", "{y}", "ä𝒳", 1, 0.5, True, None, [], {}, [1, "a, b"], {"k": "v", "l": ["m", {"n": "o\np"}]},
    ["x" * 50] * 5, {"a" * 30: "b" * 60, "c": 1}, "- x", "? y", "&a", "*b", "!t", "%d", "@e", "`f`", "${execution.id}/x",
    "s3://b/${steps.train.output}/y", "null", "~", "true", "2026-01-01", "x #y", "z:", {"Get": "Steps.prepare.X"},
]  # fmt: skip
PATHS = [
    ("code",), ("image",), ("instance",), ("inputs", "train"), ("inputs", "new"), ("inputs", "new", "uri"),
    ("inputs", "train", "mode"), ("hyperparameters", "alpha"), ("hyperparameters", "x y"), ("environment", "A"),
    ("arguments", "A", "B"), ("arguments", "Tags", 0), ("arguments", "Tags", 1, "Key"), ("arguments", "Tags", 2),
    ("message",), ("outputs",), ("outputs", 0), ("outputs", "test"), ("args", 0), ("depends_on",), ("description",),
    ("if",), ("then",), ("nix",), ("type",), ("cache",), (), ("inputs", 3),
]  # fmt: skip


def any_edit(dice, text):
    """An edit that may or may not fit."""
    spec = read_spec(text)
    steps = [*spec.steps, *([] if dice.random() < 0.9 else NAMES)] or ["a"]
    parameters = [*spec.parameters] or ["alpha"]
    holders = [name for name, one in spec.steps.items() if one.type in ("Condition", "ForEach")] or ["a"]
    step, other = dice.choice(steps), dice.choice(steps)
    edges = [(first, last) for last, earlier in waits_for(spec).items() for first in sorted(earlier)] or [(step, other)]
    connectable = possible_connections(spec, step, other).choices
    there = [*paths_of(plain(read_source(text).root), step)] or PATHS
    if len(spec.steps) > 6 and dice.random() < 0.05:
        return DeleteStep(step, dice.choice(list(Leftover)))
    if dice.random() < 0.2:
        return SetField(step, dice.choice(there), dice.choice(VALUES))
    makers = [
        lambda: AddStep(dice.choice(NAMES), dice.choice(TYPES), {"description": dice.choice(VALUES)}, dice.choice([None, step])),
        lambda: AddStep(dice.choice(NAMES), dice.choice(TYPES), branch=(dice.choice(holders), dice.choice(["then", "else", "body"]))),
        lambda: RenameStep(step, dice.choice(NAMES)),
        lambda: DuplicateStep(step, dice.choice([None, dice.choice(NAMES)])),
        lambda: dice.choice(connectable).edit if connectable else Connect(step, "model", other, ("inputs", "m")),
        lambda: dice.choice(connectable).edit if connectable else Disconnect(step, other),
        lambda: Disconnect(*dice.choice(edges)),
        lambda: SetField(step, dice.choice(PATHS), dice.choice(VALUES)),
        lambda: SetField(step, dice.choice(PATHS), dice.choice(VALUES)),
        lambda: RemoveField(step, dice.choice(there)),
        lambda: RenameField(step, dice.choice(there), dice.choice([*NAMES, "A", "no"])),
        lambda: MoveToBranch(step, dice.choice(holders), dice.choice(["then", "else", "body", None])),
        lambda: AddParameter(dice.choice(NAMES), dice.choice(VALUES)),
        lambda: RenameParameter(dice.choice(parameters), dice.choice(NAMES)),
        lambda: SetParameter(dice.choice(parameters), dice.choice(["default", "description", "type"]), dice.choice([*VALUES, UNSET])),
        lambda: DeleteParameter(dice.choice(parameters), dice.choice(list(Leftover))),
        lambda: SetSetting(dice.choice([("description",), ("defaults", "image"), ("defaults", "environment", "B"), ("experiment",)]), dice.choice([*VALUES, UNSET])),
    ]  # fmt: skip
    return dice.choice(makers)()


def paths_of(root, step):
    """Paths to values that a step has."""
    pending = [((), ((root or {}).get("steps") or {}).get(step))]
    while pending:
        path, value = pending.pop()
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        pending += [((*path, key), one) for key, one in inner]
        if path and path[0] not in ("type", "definition"):
            yield path


def check(text, edit, edited):
    """What holds for every edit of every text."""
    again = read_source(edited.text)
    assert again.problems == (), (edit, text, edited.text)
    assert apply(edited.text, edited.inverse).text == text, (edit, text, edited.text)
    assert _without(edited.text, edited.changes) == _without(text, apply(edited.text, edited.inverse).changes), (
        edit,
        text,
        edited.text,
    )
    changed = untouched_steps(edit, plain(read_source(text).root), plain(again.root))
    assert changed == [], (edit, text, edited.text)
    if isinstance(edit, SetField):
        value = plain(again.root)["steps"][edit.step]
        for part in edit.path if edit.path[-1] != "uri" else ():
            value = value[part] if not isinstance(value, list) or isinstance(part, int) else None
        if edit.path[-1] != "uri" and not (edit.path == ("outputs", "test") and value is None):
            assert value == edit.value, (edit, text, edited.text)
            assert type(value) is type(edit.value), (edit, text, edited.text)

    check_order(text, edit, edited)


def check_order(text, edit, edited):
    """Who waits for whom afterwards is what the edit says."""
    before, after = waits_for(read_spec(text)), waits_for(read_spec(edited.text))
    if isinstance(edit, Connect):
        assert edit.source in after[edit.target], (edit, text, edited.text)
    elif isinstance(edit, Disconnect):
        kept = any(not mention.removed for mention in edited.mentions)
        assert kept or edit.source not in after[edit.target], (edit, text, edited.text)
    elif isinstance(edit, MoveToBranch) and edit.condition and edit.branch:
        assert edit.condition in after[edit.step], (edit, text, edited.text)
    elif isinstance(edit, RenameStep):
        moved = {edit.name: edit.new}
        renamed = {moved.get(name, name): {moved.get(one, one) for one in earlier} for name, earlier in before.items()}
        # What stood for a step that was not there may name this one now.
        assert all(earlier <= after[name] for name, earlier in renamed.items()), (edit, text, edited.text)
        left = Finder(read_page(edited.text.removeprefix("\ufeff")), Subject.STEP, edit.name).everywhere()
        assert edit.name == edit.new or left == [], (edit, text, edited.text)
    elif isinstance(edit, DeleteStep) and edit.leftover is Leftover.REMOVE:
        left = Finder(read_page(edited.text.removeprefix("\ufeff")), Subject.STEP, edit.name).everywhere()
        kept = [mention for mention in edited.mentions if not mention.removed]
        # A raw `Get` of a step that is no more is told as kept, and found no longer.
        assert len(left) <= len(kept), (edit, text, edited.text)


def _without(text, stretches):
    kept, at = [], 0
    for one in stretches:
        kept.append(text[at : one.start])
        at = one.end
    return [*kept, text[at:]]


def untouched_steps(edit, before, after):
    """The steps that an edit has no business with and that read differently all the same."""
    if isinstance(edit, (SetField, RemoveField, RenameField)):
        mine = {edit.step}
    elif isinstance(edit, Connect) and edit.input[0] not in ("then", "else", "body"):
        mine = {edit.source, edit.target}
    elif isinstance(edit, AddStep):
        mine = {edit.name, (edit.branch or ("",))[0]}
    elif isinstance(edit, (AddParameter, SetParameter, SetSetting)):
        mine = set()
    else:
        return []
    old, new = (before or {}).get("steps") or {}, (after or {}).get("steps") or {}
    return [name for name in {*old, *new} - mine if old.get(name) != new.get(name) or name not in new]


def play(number, length, start=None):
    """A session from a text to wherever it leads, and back."""
    dice = random.Random(number)
    start = text = dice.choice(list(TEXTS.values())) if start is None else start
    done = []
    for _ in range(length):
        edit = any_edit(dice, text)
        try:
            edited = apply(text, edit)
        except EditRefusedError as error:
            assert error.message
            continue
        check(text, edit, edited)
        done.append(edit)
        text = edited.text
    whole = apply_all(start, done)
    assert whole.text == text
    assert apply(text, whole.inverse).text == start
    return len(done)


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if text])
def test_the_texts_are_texts(name):
    assert read_source(TEXTS[name]).problems == ()


@pytest.mark.parametrize("number", range(12))
def test_a_session_of_edits_leaves_a_text_that_is_read_and_can_be_undone(number):
    play(number, 200)


@pytest.mark.parametrize("start", ODD)
def test_texts_written_in_odd_ways_are_edited_or_left_alone(start):
    for number in range(4):
        play(number, 20, start)


@given(st.sampled_from([*TEXTS.values()]), st.randoms(use_true_random=False), st.integers(1, 8))
def test_edits_and_then_their_inverses_give_the_text_as_it_was(start, dice, length):
    text, undo = start, []
    for _ in range(length):
        try:
            edited = apply(text, any_edit(dice, text))
        except EditRefusedError:
            continue
        text = edited.text
        undo.append(edited.inverse)
    for inverse in reversed(undo):
        text = apply(text, inverse).text
    assert text == start


@pytest.mark.soak
@pytest.mark.timeout(SOAK_S * 3)
def test_sessions_go_on_for_minutes():
    begin, number = time.monotonic(), random.randrange(10**9)
    print("first number", number)
    while time.monotonic() - begin < SOAK_S:
        play(number, 200)
        number += 1
