"""Edits of a text: what a person asks for is what changes, and nothing else."""

from __future__ import annotations

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
    Mention,
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
from sm_pipeline_widgets.definition.source import plain, read_source
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.errors import EditRefusedError

HEAD = """\
steps:
  prepare:
    type: Processing
    outputs: [train, test]   # two
"""


def step(body, name="train", kind="Training"):
    return f"{HEAD}  {name}:\n    type: {kind}\n{body}"


SETTING = [
    # what stands there, the key's path, the value, what stands there then
    ("    image: a   # why\n", ("image",), "b", "    image: b   # why\n"),
    ("    image: 'a' # why\n", ("image",), "b", "    image: 'b' # why\n"),
    ('    image: "a"\n', ("image",), "it's", '    image: "it\'s"\n'),
    ("    image: 'a'\n", ("image",), "$parameters.x", "    image: $parameters.x\n"),
    ("    image:\n", ("image",), "b", "    image: b\n"),
    ("    image:   # none yet\n", ("image",), "b", "    image: b   # none yet\n"),
    ("    image: a", ("image",), "b", "    image: b"),
    ("    image: a\t# tab\n", ("image",), "b", "    image: b\t# tab\n"),
    ('    "image": a\n', ("image",), "b", '    "image": b\n'),
    ("    image: a\n", ("image",), "no", "    image: 'no'\n"),
    ("    image: a\n", ("image",), "1e3", "    image: '1e3'\n"),
    ("    image: a\n", ("image",), "012", "    image: '012'\n"),
    ("    image: a\n", ("image",), "2026-01-01", "    image: '2026-01-01'\n"),
    ("    image: a\n", ("image",), "a: b", "    image: 'a: b'\n"),
    ("    count: 1 # n\n", ("count",), 2, "    count: 2 # n\n"),
    ("    image: a # why\n    count: 1\n", ("image",), "x\ny\n", "    image: | # why\n      x\n      y\n    count: 1\n"),
    ("    image: | # why\n      x\n\n      y\n\n    count: 1\n", ("image",), "b", "    image: b # why\n\n    count: 1\n"),
    ("    image: a", ("image",), "x\ny\n", "    image: |\n      x\n      y\n"),
    ("    image: a", ("entry",), "x\ny\n", "    image: a\n    entry: |\n      x\n      y\n"),
    ("    image: a\n", ("count",), 2, "    image: a\n    count: 2\n"),
    ("    image: a # why", ("count",), 2, "    image: a # why\n    count: 2"),
    ("    inputs: {a: s3://b/x}   # one\n", ("inputs", "a"), "s3://b/y", "    inputs: {a: s3://b/y}   # one\n"),
    ("    inputs: {a: s3://b/x}   # one\n", ("inputs", "b"), "a, b", "    inputs: {a: s3://b/x, b: 'a, b'}   # one\n"),
    ("    inputs:\n      a: s3://b/x # x\n\n    count: 1\n", ("inputs", "b"), "s3://b/y",
     "    inputs:\n      a: s3://b/x # x\n      b: s3://b/y\n\n    count: 1\n"),
    ("    inputs: {\n      a: s3://b/x   # x\n    }\n", ("inputs", "b"), "y",
     "    inputs: {\n      a: s3://b/x,   # x\n      b: y\n    }\n"),
    ("    inputs: {}\n", ("inputs", "b"), "s3://b/y", "    inputs: {b: s3://b/y}\n"),
    ("    count: 1\n", ("inputs", "b"), "s3://b/y", "    count: 1\n    inputs: {b: s3://b/y}\n"),
    ("    inputs:\n      a: s3://b/x\n", ("inputs", "a", "mode"), "File",
     "    inputs:\n      a: {uri: s3://b/x, mode: File}\n"),
    ("    inputs:\n      a: {uri: x, mode: File}\n", ("inputs", "a", "uri"), "y",
     "    inputs:\n      a: {uri: y, mode: File}\n"),
    ("    arguments:\n      X: {Y: 1}\n", ("arguments", "X", "Y"), [1, "b"], "    arguments:\n      X: {Y: [1, b]}\n"),
    ("    arguments:\n      X:\n      - a   # 1\n      - b\n", ("arguments", "X", 0), "c",
     "    arguments:\n      X:\n      - c   # 1\n      - b\n"),
    ("    arguments:\n      X:\n      - a\n      # end\n", ("arguments", "X", 1), "b",
     "    arguments:\n      X:\n      - a\n      - b\n      # end\n"),
    ("    arguments:\n      X:\n        - K: a # k\n          V: 1\n", ("arguments", "X", 0, "V"), 2,
     "    arguments:\n      X:\n        - K: a # k\n          V: 2\n"),
    ("    inputs: # all\n      # first\n      a: b\n    count: 1\n", ("inputs",), {"c": "d"},
     "    inputs: {c: d} # all\n    count: 1\n"),
]  # fmt: skip


@pytest.mark.parametrize("before, path, value, after", SETTING)
def test_a_value_takes_the_place_of_another_and_its_comment_stays(before, path, value, after):
    edited = apply(step(before), SetField("train", path, value))
    assert edited.text == step(after)
    assert edited.step == "train"
    assert apply(edited.text, edited.inverse).text == step(before)


REMOVING = [
    ("    image: a   # why\n    count: 1\n", ("image",), "    count: 1\n"),
    ("    # of the image\n    image: a\n    # of the count\n    count: 1\n", ("image",), "    # of the count\n    count: 1\n"),
    ("    count: 1\n    image: a", ("image",), "    count: 1\n"),
    ("    inputs: {a: x, b: y, c: z}\n", ("inputs", "a"), "    inputs: {b: y, c: z}\n"),
    ("    inputs: {a: x, b: y, c: z}\n", ("inputs", "b"), "    inputs: {a: x, c: z}\n"),
    ("    inputs: {a: x, b: y, c: z}\n", ("inputs", "c"), "    inputs: {a: x, b: y}\n"),
    ("    inputs: {\n      a: x, # a\n      b: y\n    }\n", ("inputs", "b"), "    inputs: {\n      a: x, # a\n    }\n"),
    ("    inputs: {\n      a: x, # a\n      b: y\n    }\n", ("inputs", "a"), "    inputs: {\n      b: y\n    }\n"),
    ("    count: 1\n    inputs: {a: x}\n", ("inputs", "a"), "    count: 1\n"),
    ("    count: 1\n    arguments:\n      A:\n        B: 1\n", ("arguments", "A", "B"), "    count: 1\n"),
    ("    arguments:\n      A:\n      - x\n      - y\n", ("arguments", "A", 0), "    arguments:\n      A:\n      - y\n"),
    ("    arguments:\n      A:\n      - K: x\n        V: y\n", ("arguments", "A", 0, "K"), "    arguments:\n      A:\n      - V: y\n"),
    ("    image: |\n      a\n\n      b\n    count: 1\n", ("image",), "    count: 1\n"),
]  # fmt: skip


@pytest.mark.parametrize("before, path, after", REMOVING)
def test_a_key_goes_and_what_holds_nothing_then(before, path, after):
    edited = apply(step(before), RemoveField("train", path))
    assert edited.text == step(after)
    assert apply(edited.text, edited.inverse).text == step(before)


KEYS_RENAMED = [
    ("    environment: {A: 1, B: 2}   # both\n", ("environment", "A"), "C", "    environment: {C: 1, B: 2}   # both\n"),
    ('    environment:\n      # first\n      "A": x   # why\n', ("environment", "A"), "B-2",
     '    environment:\n      # first\n      "B-2": x   # why\n'),
    ("    hyperparameters: {depth: 5}\n", ("hyperparameters", "depth"), "a: b", "    hyperparameters: {'a: b': 5}\n"),
    ("    arguments:\n      A:\n      - K: x\n", ("arguments", "A", 0, "K"), "L", "    arguments:\n      A:\n      - L: x\n"),
]  # fmt: skip


@pytest.mark.parametrize("before, path, new, after", KEYS_RENAMED)
def test_a_key_of_a_map_has_another_name_and_all_else_stays(before, path, new, after):
    edited = apply(step(before), RenameField("train", path, new))
    assert edited.text == step(after)
    assert apply(edited.text, edited.inverse).text == step(before)


RENAMING = [
    ("    inputs: {a: $steps.prepare.outputs.train}\n", "    inputs: {a: $steps.p-1.outputs.train}\n"),
    ("    image: s3://x/${steps.prepare.outputs.train}/y # $steps.prepare.x\n",
     "    image: s3://x/${steps.p-1.outputs.train}/y # $steps.prepare.x\n"),
    ("    image: ${steps['prepare'].outputs.train}\n", "    image: ${steps['p-1'].outputs.train}\n"),
    ("    image: 'it''s ${steps[''prepare''].a}'\n", "    image: 'it''s ${steps[''p-1''].a}'\n"),
    ('    image: "\\t\\u0041 ${steps.prepare.a}"\n', '    image: "\\t\\u0041 ${steps.p-1.a}"\n'),
    ("    image: >-\n      a b\n      ${steps.prepare.a}\n\n      c\n", "    image: >-\n      a b\n      ${steps.p-1.a}\n\n      c\n"),
    ("    image: |2\n        a\n      ${steps.prepare.a}\n", "    image: |2\n        a\n      ${steps.p-1.a}\n"),
    ("    image: a\n      ${steps.prepare.a} b\n", "    image: a\n      ${steps.p-1.a} b\n"),
    ("    depends_on: prepare # first\n", "    depends_on: p-1 # first\n"),
    ("    depends_on:\n    - {step: prepare, on: failed}\n    - 'prepare'\n", "    depends_on:\n    - {step: p-1, on: failed}\n    - 'p-1'\n"),
    ("    arguments: {A: {Get: Steps.prepare.ProcessingJobArn}}\n", "    arguments: {A: {Get: Steps.p-1.ProcessingJobArn}}\n"),
    ("    arguments: {A: {Get: \"Steps.prepare.X['a']\"}}\n", "    arguments: {A: {Get: \"Steps.p-1.X['a']\"}}\n"),
    ("    DependsOn: [prepare, {Step: prepare, Trigger: Failed}]\n", "    DependsOn: [p-1, {Step: p-1, Trigger: Failed}]\n"),
    ("    image: $steps.prepared.a $$steps.prepare.a prepare $5 $vars.prepare\n",) * 2,
    ("    image: prepare\n    code: cell:prepare\n    arguments: {A: Steps.prepare.X}\n",) * 2,
    ("    definition: {Type: Later, Name: train, Arguments: {A: {Get: Steps.prepare.X}, B: prepare}}\n",
     "    definition: {Type: Later, Name: train, Arguments: {A: {Get: Steps.p-1.X}, B: prepare}}\n"),
    ('    definition: \'{"Type": "Later", "DependsOn": ["prepare"], "Arguments": {"A": {"Get": "Steps.prepare.X"}}}\'\n',
     '    definition: \'{"Type": "Later", "DependsOn": ["p-1"], "Arguments": {"A": {"Get": "Steps.p-1.X"}}}\'\n'),
]  # fmt: skip


@pytest.mark.parametrize("before, after", RENAMING)
def test_a_rename_follows_every_reference_and_no_look_alike(before, after):
    edited = apply(step(before), RenameStep("prepare", "p-1"))
    assert edited.text == step(after).replace("  prepare:\n", "  p-1:\n")
    assert apply(edited.text, edited.inverse).text == step(before)


@pytest.mark.parametrize(
    "before, after",
    [
        ("$steps.prepare.a > 1 and ($steps.prepare.b < 2 or not '$steps.prepare.a' == 'x')",
         "$steps.p-1.a > 1 and ($steps.p-1.b < 2 or not '$steps.prepare.a' == 'x')"),
        ("1 < $steps.prepare.a < 5", "1 < $steps.p-1.a < 5"),
        ("$steps.prepare.a in [$steps.prepare.b, 'prepare']", "$steps.p-1.a in [$steps.p-1.b, 'prepare']"),
    ],
)  # fmt: skip
def test_a_rename_reads_conditions(before, after):
    text = step(f'    if: "{before}"\n    then: [prepare, other]\n    else: prepare\n', kind="Condition")
    edited = apply(text, RenameStep("prepare", "p-1")).text
    assert edited == step(f'    if: "{after}"\n    then: [p-1, other]\n    else: p-1\n', kind="Condition").replace(
        "  prepare:\n", "  p-1:\n"
    )


def test_a_name_that_cannot_stand_behind_a_dot_stands_in_brackets():
    text = step(
        "    image: $steps.prepare.outputs.train\n    inputs: {a: $steps.prepare.outputs.train, b: '$steps.prepare.x y'}\n"
    )
    edited = apply(text, RenameStep("prepare", "p-"))
    assert "    image: $steps['p-'].outputs.train\n" in edited.text
    assert "{a: '$steps[''p-''].outputs.train', b: '$steps[''p-''].x y'}" in edited.text
    assert apply(edited.text, RenameStep("p-", "prepare")).text.count("prepare") == 4


LOOP = """\
steps:
  loop:
    type: ForEach
    items: [a, b]
    body: [each]
    select: {max: $steps.each.outputs.auc}
  each: {type: Lambda, function: f, inputs: {x: $item}, outputs: {auc: Float}}
  last:
    type: Lambda
    function: f
    inputs: {a: "$steps.loop.iterations[0].each.outputs.auc", each: x}
    arguments: {A: {Get: "Steps.loop.IterationOutputs[1].each.OutputParameters['auc']"}}
"""


def test_a_rename_follows_the_steps_of_a_loop():
    edited = apply_all(LOOP, [RenameStep("each", "one"), RenameStep("loop", "all")])
    assert edited.text == (
        LOOP.replace("body: [each]", "body: [one]").replace("steps.each", "steps.one").replace("  each: {", "  one: {")
        .replace("].each.", "].one.").replace("  loop:", "  all:").replace("teps.loop", "teps.all")
    )  # fmt: skip
    assert apply(edited.text, edited.inverse).text == LOOP


BRANCHED = """\
# the pipeline
parameters: {limit: 3, mode: full}
steps:

  prepare:
    type: Processing
    outputs: [train, test]

  # of the model
  train:
    type: Training
    inputs:
      train: $steps.prepare.outputs.train   # the data
      other: s3://b/x
    # nothing else

  gate:
    type: Condition
    if: $steps.train.metrics.acc > $parameters.limit and ($parameters.mode == 'full' or $steps.prepare.x == 1)
    then: [good]
    else:
      - bad   # sad
  good: {type: RegisterModel, model: $steps.train.model, group: g, depends_on: [prepare, train]}
  bad:
    type: Fail
    message: accuracy was ${steps.train.metrics.acc}, too little
"""


def test_deleting_a_step_takes_what_refers_to_it_along_and_says_so():
    edited = apply(BRANCHED, DeleteStep("train"))
    assert edited.text == (
        BRANCHED.replace(BRANCHED[BRANCHED.index("  # of the model") : BRANCHED.index("  gate:")], "")
        .replace("$steps.train.metrics.acc > $parameters.limit and (", "(")
        .replace("model: $steps.train.model, ", "").replace("[prepare, train]", "[prepare]")
        .replace("was ${steps.train.metrics.acc}, too", "was, too")
    )  # fmt: skip
    assert edited.mentions == (
        Mention("gate", ("if",), 19, 9, "$steps.train.metrics.acc", removed=True),
        Mention("good", ("model",), 23, 38, "$steps.train.model", removed=True),
        Mention("good", ("depends_on", 1), 23, 90, "train", removed=True),
        Mention("bad", ("message",), 26, 27, "${steps.train.metrics.acc}", removed=True),
    )
    assert edited.step is None


def test_deleting_a_step_can_leave_the_rest_to_the_person():
    edited = apply(BRANCHED, DeleteStep("good", Leftover.KEEP))
    assert "then: [good]" in edited.text
    assert [mention.removed for mention in edited.mentions] == [False]
    assert edited.notes == ("`gate` still names `good`.",)
    assert "then: []" in apply(BRANCHED, DeleteStep("good")).text


@pytest.mark.parametrize(
    "edit, before, after",
    [
        (Connect("prepare", "outputs.test", "train", ("inputs", "test")),
         "      other: s3://b/x\n", "      other: s3://b/x\n      test: $steps.prepare.outputs.test\n"),
        (Connect("prepare", "outputs.test", "train", ("inputs", "train")), "outputs.train   #", "outputs.test   #"),
        (Connect("prepare", "", "bad", ("depends_on",)), "too little\n", "too little\n    depends_on: [prepare]\n"),
        (Connect("prepare", "outputs.train", "good", ("metrics", "model_quality")),
         "train]}", "train], metrics: {model_quality: $steps.prepare.outputs.train}}"),
        (Connect("train", "metrics.acc", "bad", ("message",)), "too little", "too little ${steps.train.metrics.acc}"),
        (Disconnect("prepare", "train"), "      train: $steps.prepare.outputs.train   # the data\n", ""),
        (Disconnect("prepare", "good"), "[prepare, train]", "[train]"),
        (Disconnect("gate", "bad"), "else:\n      - bad   # sad\n", "else: []\n"),
        (Disconnect("prepare", "gate"), " and ($parameters.mode == 'full' or $steps.prepare.x == 1)", " and ($parameters.mode == 'full')"),
        (MoveToBranch("good", "gate", "else"), "then: [good]\n    else:\n      - bad   # sad\n",
         "then: []\n    else:\n      - bad   # sad\n      - good\n"),
        (MoveToBranch("bad"), "else:\n      - bad   # sad\n", "else: []\n"),
        (MoveToBranch("bad", "gate", "then"), "[good]\n    else:\n      - bad   # sad\n", "[good, bad]\n    else: []\n"),
    ],
)  # fmt: skip
def test_edges_are_drawn_and_taken_away(edit, before, after):
    text = BRANCHED.replace("    inputs:", "    metrics: {acc: acc=(.*)}\n    inputs:")
    edited = apply(text, edit)
    assert edited.text == text.replace(before, after)
    assert apply(edited.text, edited.inverse).text == text


@pytest.mark.parametrize(
    "edit, words, fix",
    [
        (AddStep("train", "Fail"), "there is a step `train` already", "Choose another name"),
        (AddStep("a b", "Fail"), "`a b` cannot be the name of a step", "letters, digits"),
        (AddStep("x", "Trainin"), "`Trainin` is not a known type", "Did you mean `Training`?"),
        (AddStep("x", "Fail", {"image": "a"}), "`image` is not a key of `x`, a Fail step", "Did you mean"),
        (AddStep("x", "Fail", branch=("train", "then")), "has no branch `then`", "Only Condition steps"),
        (RenameStep("trian", "x"), "there is no step `trian`", "Did you mean `train`?"),
        (RenameStep("train", "gate"), "there is a step `gate` already", ""),
        (RenameStep("train", ""), "cannot be the name", ""),
        (SetField("train", ("imge",), "x"), "`imge` is not a key", "Did you mean `image`?"),
        (SetField("gate", ("if", "x"), 1), "is a single value", "as a whole"),
        (SetField("train", ("image",), "\ud800"), "cannot be written", "half characters"),
        (RemoveField("train", ("image",)), "step `train` has no `image`", "It has"),
        (RemoveField("train", ("type",)), "cannot go without a type", ""),
        (RenameField("train", ("inputs",), "input"), "has no `inputs` to rename", "own keys hold"),
        (RenameField("train", ("inputs", "nothing"), "x"), "has no `inputs.nothing` to rename", "own keys hold"),
        (RenameField("prepare", ("outputs", "train"), "x"), "to rename", ""),
        (Connect("train", "model", "prepare", ("inputs", "x")), "`train` waits for `prepare` already", "other way round"),
        (Connect("bad", "", "prepare", ("depends_on",)),
         "`prepare` cannot wait for `bad`: `bad` waits for `gate`, which waits for `prepare` already", ""),
        (Connect("train", "", "train", ("depends_on",)), "`train` cannot wait for itself", ""),
        (Connect("train", "modell", "good", ("model",)), "has no output `modell`", "Did you mean `model`?"),
        (Connect("train", "NoSuch thing", "good", ("model",)), "not how an output is written", ""),
        (Connect("train", "model", "good", ("modle",)), "`modle` is not a key", "Did you mean `model`?"),
        (Connect("prepare", "", "good", ("depends_on",)), "`good` waits for `prepare` already", ""),
        (Disconnect("bad", "good"), "nothing of `good` refers to `bad`", "edges"),
        (MoveToBranch("train", "gate", "then"), "`train` cannot wait for `gate`", ""),
        (MoveToBranch("train"), "`train` stands in no branch", ""),
        (MoveToBranch("good", "gate", "then"), "stands in the branch `then` of `gate` already", ""),
        (AddParameter("limit", 1), "there is a parameter `limit` already", ""),
        (AddParameter("x"), "neither a default nor a type", ""),
        (AddParameter("x", "a", "Integer"), "is not of type Integer", ""),
        (SetParameter("limit", "default", [1]), "", ""),
        (SetParameter("limit", "defalt", 1), "`defalt` is not a key of a parameter", "`default`"),
        (SetSetting(("step",), 1), "`step` is not a setting", ""),
        (SetSetting(("defaults", "imag"), 1), "`imag` cannot be a default", "Did you mean `image`?"),
        (SetSetting(("description",), UNSET), "has no `description`", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(edit, words, fix):
    with pytest.raises(EditRefusedError) as refused:
        apply(BRANCHED, edit)
    assert words in refused.value.message
    assert fix in refused.value.fix


@pytest.mark.parametrize(
    "text, words",
    [
        ("steps:\n  a: {type: Fail\n  b: 1\n", "line 3 of the text cannot be read"),
        ("steps:\n  a: &x {type: Fail}\n", "anchors and aliases"),
        ("steps:\n  a: {type: Fail}\n  a: {type: Fail}\n", "the key `a` stands twice"),
        ("- a\n", "something else than a pipeline"),
        ("definition: {Steps: []}\n", "given as its JSON"),
        ("steps:\n  ? a\n  : {type: Fail}\n", "line 2 of the text begins a key with `\\?`"),
        ("steps:\n  a: {type: Fail, message: '${steps.a'}\n", "line 2 of the text names `a` but cannot be read"),
        ("steps:\n  a: {type: Condition, if: $steps.a.x <}\n", "cannot be read"),
    ],
)
def test_a_text_that_cannot_be_read_is_left_alone(text, words):
    with pytest.raises(EditRefusedError, match=words):
        apply(text, RenameStep("a", "c"))


NEW = "steps:\n  z:\n    type: Fail\n    message: x\n"


@pytest.mark.parametrize(
    "before, after",
    [
        ("", NEW), ("\n", "\n" + NEW), ("# hi", "# hi\n" + NEW), ("\ufeff", "\ufeff" + NEW), ("{}\n", NEW), ("steps:\n", NEW),
        ("steps: {}   # none\n", NEW.replace("steps:", "steps:   # none")), ("steps: {}", NEW[:-1]), ("steps:", NEW[:-1]),
        ("parameters:\n  a: 1\n", "parameters:\n  a: 1\n" + NEW),
        ("steps:\n# end\n", NEW + "# end\n"),
        ("{steps: {a: {type: Fail}}}", "{steps: {a: {type: Fail}, z: {type: Fail, message: x}}}"),
        ("steps: {\n  a: {type: Fail}   # one\n}\n", "steps: {\n  a: {type: Fail},   # one\n  z: {type: Fail, message: x}\n}\n"),
        ("steps:\n  a: {type: Fail}\n", "steps:\n  a: {type: Fail}\n  z: {type: Fail, message: x}\n"),
        ("steps:\n a:\n   type: Fail", "steps:\n a:\n   type: Fail\n z:\n  type: Fail\n  message: x"),
        ("steps:\n    a:\n        type: Fail\n", "steps:\n    a:\n        type: Fail\n    z:\n        type: Fail\n        message: x\n"),
        ("steps:\r\n  a:\r\n    type: Fail\r\n\r\n  b:\r\n    type: Fail\r\n",
         "steps:\r\n  a:\r\n    type: Fail\r\n\r\n  b:\r\n    type: Fail\r\n\r\n  z:\r\n    type: Fail\r\n    message: x\r\n"),
        ("steps:\n  a:\n    type: Fail\n    # of a\n# end", "steps:\n  a:\n    type: Fail\n    # of a\n  z:\n    type: Fail\n    message: x\n# end"),
    ],
)  # fmt: skip
def test_a_step_is_written_as_its_neighbours_are(before, after):
    edited = apply(before, AddStep("z", "Fail", {"message": "x"}))
    assert edited.text == after.replace("\n z:\n  type: Fail\n  message: x", "\n z:\n   type: Fail\n   message: x")
    assert apply(edited.text, edited.inverse).text == before


def test_a_text_begins_with_nothing():
    first = [AddStep("prepare", "Processing", {"outputs": ["train"]}), AddParameter("alpha", 0.1),
             SetSetting(("defaults", "image"), "sklearn"), SetSetting(("description",), "Mine"),
             AddStep("train", "Training"), Connect("prepare", "outputs.train", "train", ("inputs", "train"))]  # fmt: skip
    edited = apply_all("", first)
    assert edited.text == (
        "description: Mine\nparameters:\n  alpha: 0.1\ndefaults: {image: sklearn}\nsteps:\n  prepare:\n"
        "    type: Processing\n    outputs: [train]\n  train:\n    type: Training\n"
        "    inputs: {train: $steps.prepare.outputs.train}\n"
    )
    assert apply(edited.text, edited.inverse).text == ""
    assert edited.step == "train"


@pytest.mark.parametrize("text", ["steps: x\n", "steps: [a]\n", "steps:\n- a\n"])
def test_what_is_no_place_for_steps_is_not_overwritten(text):
    with pytest.raises(EditRefusedError, match="holds something else than names with values"):
        apply(text, AddStep("a", "Fail"))


def test_a_text_block_at_the_very_end_does_not_get_a_line_break():
    text = "steps:\n  a:\n    type: Fail\n    message: |\n      x"
    edited = apply(text, AddStep("b", "Fail"))
    assert edited.text == text.replace("|", "|-") + "\n  b:\n    type: Fail"
    assert apply(edited.text, edited.inverse).text == text


@pytest.mark.parametrize(
    "edit, before, after",
    [
        (AddParameter("n", 3), "mode: full}", "mode: full, n: 3}"),
        (AddParameter("n", type="Integer", description="how: many"), "mode: full}", "mode: full, n: {type: Integer, description: 'how: many'}}"),
        (RenameParameter("limit", "top"), ("{limit:", "$parameters.limit"), ("{top:", "$parameters.top")),
        (SetParameter("limit", "default", 4), "limit: 3", "limit: 4"),
        (SetParameter("mode", "enum", ["full", "fast"]), "mode: full}", "mode: {default: full, enum: [full, fast]}}"),
        (SetParameter("limit", "default", UNSET), "limit: 3", "limit: {type: Integer}"),
        (DeleteParameter("mode"), (", mode: full", "($parameters.mode == 'full' or $steps.prepare.x == 1)"), ("", "($steps.prepare.x == 1)")),
        (SetSetting(("description",), "of: it"), "parameters: {", "description: 'of: it'\nparameters: {"),
        (SetSetting(("defaults", "image"), "sklearn"), "steps:\n", "defaults: {image: sklearn}\nsteps:\n"),
    ],
)  # fmt: skip
def test_parameters_and_settings(edit, before, after):
    expected = BRANCHED
    for old, new in [(before, after)] if isinstance(before, str) else zip(before, after, strict=True):
        expected = expected.replace(old, new)
    if isinstance(edit, SetSetting) and edit.path[0] == "description":
        expected = expected.replace("# the pipeline\ndescription", "# the pipeline\ndescription")
    edited = apply(BRANCHED, edit)
    assert edited.text == expected
    assert apply(edited.text, edited.inverse).text == BRANCHED


def test_a_copy_has_all_but_the_branches():
    edited = apply(BRANCHED, DuplicateStep("gate"))
    assert "  gate_copy:\n    type: Condition\n    if: $steps.train.metrics.acc >" in edited.text
    assert [name for name, one in read_spec(edited.text).steps.items() if "then" in one.entries] == ["gate"]
    assert edited.step == "gate_copy"
    assert "then: [good, good_copy]" in apply(BRANCHED, DuplicateStep("good")).text
    assert "  fit:\n    type: Training\n    inputs:\n      train: $steps.prepare.outputs.train   # the data\n" in apply(
        BRANCHED, DuplicateStep("train", "fit")
    ).text  # fmt: skip


def test_several_edits_are_one_step_of_undoing_and_all_or_nothing():
    several = [RenameStep("train", "fit"), SetField("fit", ("image",), "xgboost"), DeleteStep("bad")]
    edited = apply_all(BRANCHED, several)
    assert apply(edited.text, edited.inverse).text == BRANCHED
    again = apply(BRANCHED, apply(edited.text, edited.inverse).inverse)
    assert again.text == edited.text
    with pytest.raises(EditRefusedError, match="no step `train`"):
        apply_all(BRANCHED, [*several, DeleteStep("train")])


def test_undoing_does_not_overwrite_what_was_typed_meanwhile():
    edited = apply(BRANCHED, SetField("train", ("inputs", "other"), "s3://b/y"))
    with pytest.raises(EditRefusedError, match="has changed since"):
        apply(edited.text.replace("s3://b/y", "s3://b/z"), edited.inverse)


def test_what_two_steps_can_be_connected_by():
    spec = read_spec(BRANCHED)
    choices = possible_connections(spec, "prepare", "train").choices
    assert [(one.edit.output, one.edit.input) for one in choices] == [
        ("outputs.test", ("inputs", "test")), ("", ("depends_on",))]  # fmt: skip
    assert choices[0].words == "The output's S3 URI (`outputs.test`) as the channel `test`"
    branches = possible_connections(spec, "gate", "good").choices
    assert [one.edit.input for one in branches][:1] == [("else",)]
    assert branches[0].words == "`good` runs when `gate` does not hold"
    refused = possible_connections(spec, "train", "prepare")
    assert refused.choices == ()
    assert refused.reason == "`prepare` cannot wait for `train`: `train` waits for `prepare` already"


def test_a_value_in_a_property_file_is_asked_for():
    text = HEAD + "    property_files: {scores: train/x.json}\n  gate: {type: Condition, if: $parameters.a or 1 == 2}\n"
    choice = possible_connections(read_spec(text), "prepare", "gate").choices[0]
    assert choice.asks
    edited = apply(text, Connect("prepare", f"{choice.edit.output}.auc", "gate", choice.edit.input))
    assert "if: ($parameters.a or 1 == 2) and $steps.prepare.scores.auc" in edited.text


@pytest.mark.parametrize("source, target, first", [
    ("Training", "RegisterModel", ("model", ("model",))), ("Training", "Model", ("model", ("model",))),
    ("Model", "Transform", ("name", ("model",))), ("Model", "EndpointConfig", ("name", ("model",))),
    ("EndpointConfig", "Endpoint", ("name", ("config",))), ("Tuning", "Processing", ("best_model", ("inputs", "best_model"))),
    ("Transform", "QualityCheck", ("output", ("dataset",))), ("ForEach", "Lambda", ("", ("body",))),
])  # fmt: skip
def test_the_likeliest_connection_comes_first(source, target, first):
    spec = read_spec(f"steps: {{a: {{type: {source}}}, b: {{type: {target}}}}}")
    choice = possible_connections(spec, "a", "b").choices[0]
    assert (choice.edit.output, choice.edit.input) == first


@given(
    st.text(),
    st.sampled_from([BRANCHED, "steps: {train: {type: Training, image: x}}", step("    image: |\n      a\n")]),
)
def test_any_text_at_all_as_a_value_reads_back(value, text):
    try:
        edited = apply(text, SetField("train", ("image",), value))
    except EditRefusedError:
        assert any("\ud800" <= character <= "\udfff" for character in value)
        return
    assert plain(read_source(edited.text).root)["steps"]["train"]["image"] == value
    assert apply(edited.text, edited.inverse).text == text


def test_a_new_step_in_a_branch_of_the_last_one_follows_it():
    edited = apply(
        "steps:\n  gate:\n    type: Condition\n    if: 1 == 1\n", AddStep("end", "Fail", branch=("gate", "then"))
    )
    assert edited.text == (
        "steps:\n  gate:\n    type: Condition\n    if: 1 == 1\n    then: [end]\n  end:\n    type: Fail\n"
    )


CIRCLE = """\
steps:
  a: {type: Processing, code: a.py, outputs: [o], args: [--x, 1, --model, $steps.b.model, --last]}
  b: {type: Training, code: b.py}
  c: {type: Training, code: b.py, inputs: {t: $steps.a.outputs.o}}
  loop: {type: ForEach, items: [1], body: [each, other], select: {max: $steps.each.outputs.auc}}
  each: {type: Lambda, function: f, outputs: {auc: Float}}
  other: {type: Lambda, function: f}
"""


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (SetField("b", ("inputs", "x"), "$steps.c.model"), "`c` waits for `a`, which waits for `b` already"),
        (SetField("b", ("inputs", "x"), {"uri": "${steps['c'].model}/y"}), "`b` cannot wait for `c`"),
        (SetField("b", ("depends_on",), ["a"]), "`a` waits for `b` already"),
        (SetField("b", ("depends_on",), [{"step": "a", "on": "failed"}]), "`a` waits for `b` already"),
        (SetField("b", ("environment", "X"), "$steps.b.model"), "`b` cannot wait for itself"),
        (SetField("loop", ("items",), "$steps.each.outputs.auc"), "`each` waits for `loop` already"),
        (SetSetting(("defaults", "environment"), {"A": "$steps.c.model"}), "`a` cannot wait for `c`"),
    ],
)
def test_a_value_makes_no_cycle(edit, words):
    with pytest.raises(EditRefusedError) as refused:
        apply(CIRCLE, edit)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (SetField("c", ("depends_on",), ["b"]), "inputs: {t: $steps.a.outputs.o}, depends_on: [b]}"),
        (
            SetField("loop", ("select",), {"min": "$steps.other.outputs.auc"}),
            "select: {min: $steps.other.outputs.auc}}",
        ),
        # the reference goes with the flag in front of it, and no other
        (DeleteStep("b"), "args: [--x, 1, --last]}"),
        # a loop selects by an output of its own body
        (MoveToBranch("each"), "loop: {type: ForEach, items: [1], body: [other]}"),
        (Disconnect("loop", "each"), "loop: {type: ForEach, items: [1], body: [other]}"),
        (Disconnect("loop", "other"), "body: [each], select: {max: $steps.each.outputs.auc}}"),
    ],
)
def test_what_an_edit_takes_along(edit, line):
    assert line in apply(CIRCLE, edit).text
