"""The forms of steps and of the pipeline, and what can stand in their fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sm_pipeline_widgets.definition.assist_values import Surroundings
from sm_pipeline_widgets.definition.edits import SetField
from sm_pipeline_widgets.definition.field_options import Group, field_options
from sm_pipeline_widgets.definition.form import FormText, step_form
from sm_pipeline_widgets.definition.form_pipeline import pipeline_form
from sm_pipeline_widgets.definition.form_values import FieldKind, Origin
from sm_pipeline_widgets.definition.palette import PALETTE, palette_entry
from sm_pipeline_widgets.definition.rewrite import apply
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, STEP_TYPES
from sm_pipeline_widgets.errors import EditRefusedError
from tests.definition.test_rewrite_sessions import ODD, TEXTS

TEXT = """\
description: For forms
parameters:
  alpha: 0.1
  rows: {type: Integer, default: 5, description: How many}
  kind: {enum: [a, b], default: a}
  DB_PASSWORD: hunter2
defaults: {instance: ml.c5.xlarge}
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train, test]
    environment: {API_KEY: hunter2, A: '5', B: "${parameters.kind}"}
  train:
    type: Training
    count: 1.5
    hyperparameters: {alpha: $parameters.alpha, n: 3}
    inputs:
      train: $steps.prepare.outputs.train
      other: {uri: s3://my-bucket/x, mode: File}
    arguments: {StoppingCondition: {MaxWaitTimeInSeconds: 90000}, Tags: [{Key: a, Value: b}]}
  look:
    type: Processing
    code: look.py
    instance: ml.m5.xlarge
    inputs: {model: $steps.train.model}
  gate: {type: Condition, if: $steps.train.metrics.x > 1, then: [end]}
  end: {type: Fail, message: x}
"""


def fields_of(*steps, text=TEXT, below=None):
    """Every field of a form by its path."""
    made = FormText(text)
    form = step_form(made, steps, below) if steps else pipeline_form(made, "demo", below)
    found, pending = {}, [field for section in form.sections for field in section.fields]
    while pending:
        field = pending.pop(0)
        found[field.path] = field
        pending += field.fields
    return found


def test_a_form_begins_with_what_a_step_needs_and_ends_with_all_the_api_takes():
    form = step_form(FormText(TEXT), ["train"])
    assert [section.title for section in form.sections] == [
        "Training", "Where it runs", "In the pipeline", "Everything else the API takes",
    ]  # fmt: skip
    assert form.sections[0].fields[0].path == ("code",)
    assert form.sections[0].fields[0].is_required
    api = {field.label: field for field in form.sections[3].fields}
    assert api["RetryStrategy"].is_lazy
    assert api["ResourceConfig"].default == "{InstanceType: ml.c5.xlarge, InstanceCount: 1.5, VolumeSizeInGB: 30}"
    assert (api["RoleArn"].default, api["RoleArn"].default_from) == ("$target.role", Origin.KEYS)


@pytest.mark.parametrize(
    ("path", "kind", "value", "default", "default_from"),
    [
        (("code",), FieldKind.CODE, None, "", ""),
        (("instance",), FieldKind.TEXT, None, "ml.c5.xlarge", Origin.DEFAULTS),
        (("image",), FieldKind.TEXT, None, "sklearn", Origin.BUILT_IN),
        (("role",), FieldKind.TEXT, None, "the target's role", Origin.TARGET),
        (("count",), FieldKind.INTEGER, "1.5", "1", Origin.BUILT_IN),
        (("spot",), FieldKind.BOOLEAN, None, "", ""),
        (("input_mode",), FieldKind.CHOICE, None, "File", Origin.BUILT_IN),
        (("hyperparameters",), FieldKind.MAP, "{alpha: $parameters.alpha, n: 3}", "", ""),
        (("hyperparameters", "n"), FieldKind.ANY, "3", "", ""),
        (("inputs", "train"), FieldKind.TEXT, "$steps.prepare.outputs.train", "", ""),
        (("inputs", "other", "mode"), FieldKind.CHOICE, "File", "", ""),
        (("inputs", "other", "content_type"), FieldKind.TEXT, None, "", ""),
        (("depends_on",), FieldKind.STEPS, None, "", ""),
        (("args",), FieldKind.LIST, None, "", ""),
        (("arguments", "Tags"), FieldKind.LIST, "[{Key: a, Value: b}]", "", ""),
    ],
)
def test_a_field_knows_how_it_is_edited_and_what_counts_without_it(path, kind, value, default, default_from):
    field = fields_of("train")[path]
    assert (field.kind, field.value, field.default, field.default_from) == (kind, value, default, default_from)


def test_fields_are_documented_by_the_language_and_by_the_service():
    fields = fields_of("train")
    says = fields["instance",].says
    assert says.startswith("The instance type.\n\nExample: instance: ml.m5.large")
    assert fields["instance",].source == "ResourceConfig.InstanceType of CreateTrainingJob"
    assert "checkpoint" in fields["arguments", "CheckpointConfig"].says
    assert fields["volume",].unit == "GB"
    assert "File" in fields["input_mode",].allowed


def test_problems_stand_beside_their_fields():
    fields = fields_of("train")
    assert "whole number" in fields["count",].problems[0].message
    assert [path for path, field in fields.items() if field.problems] == [("count",)]
    fields = fields_of("a", text="steps:\n  a: {type: Training}\n")
    assert [path for path, field in fields.items() if field.problems] == [("code",)]


def test_problems_of_a_cell_are_counted_from_its_magic_on():
    made = FormText(TEXT)
    moved = replace(
        made.compiled, problems=tuple(replace(one, line=one.line and one.line + 1) for one in made.compiled.problems)
    )
    form = step_form(FormText(TEXT, moved, 1), ["train"])
    (count,) = [field for section in form.sections for field in section.fields if field.path == ("count",)]
    assert count.problems


def test_a_secret_is_not_shown():
    fields = fields_of("prepare")
    assert fields["environment",].value == "{API_KEY: (hidden), A: '5', B: '${parameters.kind}'}"
    assert fields["environment",].is_secret
    assert (fields["environment", "API_KEY"].value, fields["environment", "A"].value) == ("(hidden)", "'5'")
    assert "hunter2" not in str(fields)
    assert "hunter2" not in str(fields_of())


def test_deep_members_are_made_when_they_are_asked_for():
    fields = fields_of("train", below=("arguments", "StoppingCondition"))
    assert fields["arguments", "StoppingCondition", "MaxWaitTimeInSeconds"].value == "90000"
    assert fields["arguments", "StoppingCondition", "MaxRuntimeInSeconds"].default == "86400"
    assert fields_of("train", below=("arguments", "Tags", 0))["arguments", "Tags", 0, "Key"].value == "a"
    assert ("retry", "on") in fields_of("train", below=("retry",))


def test_several_steps_have_the_fields_they_share():
    fields = fields_of("prepare", "look")
    assert (fields["instance",].is_mixed, fields["instance",].value) == (True, None)
    assert (fields["count",].is_mixed, fields["count",].default) == (False, "1")
    assert ("metrics",) not in fields_of("prepare", "train")
    assert step_form(FormText(TEXT), ["prepare", "train"]).title == "2 steps"


def test_the_pipeline_has_a_form_of_its_own():
    fields = fields_of()
    assert fields["description",].value == "For forms"
    assert fields["parameters",].can_add == "parameter"
    assert fields["parameters", "rows", "default"].kind is FieldKind.INTEGER
    assert fields["parameters", "kind", "default"].allowed == ("a", "b")
    assert (fields["parameters", "alpha", "type"].value, fields["parameters", "alpha", "type"].default) == (
        None,
        "Float",
    )
    assert fields["defaults", "instance"].value == "ml.c5.xlarge"
    assert fields["defaults", "image"].default == "sklearn"


@pytest.mark.parametrize("type_name", [*STEP_TYPES, "Lineage"])
def test_every_type_has_a_form_for_every_key(type_name):
    fields = fields_of("s", text=f"steps:\n  s:\n    type: {type_name}\n")
    keys = {path[0] for path in fields}
    row = STEP_TYPES.get(type_name)
    assert keys >= set(row.keys if row is not None else ("depends_on",))


def test_what_cannot_be_edited_has_words_instead():
    with pytest.raises(EditRefusedError, match="cannot be read"):
        step_form(FormText("steps: {"), ["a"])
    with pytest.raises(EditRefusedError, match="no step `b`"):
        step_form(FormText("steps: {a: {type: Fail}}"), ["b"])


# -- options ----------------------------------------------------------------------------------------------------------

AROUND = Surroundings(cells=("fit",), files=lambda folder: [f"{folder}a.py"] if not folder else ["b.py"])


@pytest.mark.parametrize(
    ("steps", "path", "typed", "some", "none"),
    [
        (["train"], ("count",), "", ["$parameters.rows"], ["$parameters.alpha", "$parameters.kind"]),
        (["train"], ("code",), "", ["cell:fit", "a.py"], ["$parameters.kind"]),
        (["train"], ("code",), "src/", ["src/b.py"], ["cell:fit"]),
        (["train"], ("instance",), "m5.l", ["ml.m5.large"], ["ml.c5.large"]),
        (["train"], ("image",), "skl", ["sklearn"], ["xgboost"]),
        (["train"], ("spot",), "", ["true", "false"], ["$parameters.kind"]),
        (["train"], ("inputs", "x"), "", ["$steps.prepare.outputs.test", "$parameters.kind"], ["$steps.look"]),
        (["look"], ("inputs", "x"), "", ["$steps.train.model", "$steps.prepare.outputs.test"], []),
        (["look"], ("inputs", "x"), "$steps.train.met", [], ["$steps.train.model"]),
        (["look"], ("inputs", "x"), "$steps.train.mo", ["$steps.train.model"], ["$steps.prepare.outputs.test"]),
        (["look"], ("depends_on",), "", ["prepare", "train"], ["look"]),
        (["prepare"], ("depends_on",), "", [], ["end", "train", "look", "gate", "prepare"]),
        (["gate"], ("else",), "", ["prepare"], ["end", "gate"]),
        (["train"], ("hyperparameters", "x"), "", ["$parameters.alpha", "$execution.id"], []),
        (["train"], ("arguments", "TrainingJobName"), "", ["$parameters.kind"], ["$parameters.alpha"]),
        (["train", "look"], ("inputs", "x"), "", ["$steps.prepare.outputs.test"], ["$steps.train.model"]),
        ([], ("defaults", "instance"), "m5.l", ["ml.m5.large"], []),
        ([], ("parameters", "kind", "default"), "", ["a", "b"], []),
        ([], ("parameters", "rows", "type"), "", ["Integer"], []),
    ],
)  # fmt: skip
def test_a_picker_lists_what_is_there_and_fits(steps, path, typed, some, none):
    texts = [option.text for option in field_options(TEXT, steps, path, typed, AROUND)]
    assert set(some) <= set(texts)
    assert not [text for text in texts if any(text.startswith(one) for one in none)]
    assert len(set(texts)) == len(texts)


def test_what_is_picked_can_be_written():
    picked = field_options(TEXT, ["look"], ("inputs", "x"), "", AROUND)
    for option in picked:
        assert apply(TEXT, SetField("look", ("inputs", "x"), option.text)).text
    assert {option.group for option in picked} == {Group.OUTPUT, Group.PARAMETER, Group.EXECUTION}
    assert "hunter2" not in str(picked)


def test_the_palette_has_every_type_the_likely_ones_first():
    assert {entry.type for entry in PALETTE} == set(KNOWN_TYPES)
    common = [entry.is_common for entry in PALETTE]
    assert common == sorted(common, reverse=True)
    assert palette_entry("Training").free_name({"train", "train_2"}) == "train_3"
    assert palette_entry("Tomorrow").title == "Tomorrow"


@pytest.mark.parametrize("text", [*TEXTS.values(), *ODD])
def test_however_a_text_is_written_its_forms_can_be_shown_or_there_are_words(text):
    made = FormText(text.removeprefix("\ufeff"))
    try:
        steps = list(made.page.spec.steps)
        pipeline_form(made, "demo")
    except EditRefusedError as refused:
        assert refused.message
        return
    for name in steps:
        try:
            form = step_form(made, [name])
        except EditRefusedError as refused:
            assert "JSON" in refused.message
            continue
        for field in (field for section in form.sections[:2] for field in section.fields):
            field_options(made.text, [name], field.path, "")
            if field.is_lazy:
                assert step_form(made, [name], field.path).sections[0].fields
