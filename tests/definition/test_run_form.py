"""The form of a run: what may be said, what is wrong with it, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.run_form import (
    Kind,
    RunOptions,
    option_complaints,
    parameter_complaints,
    run_form,
    value_complaint,
)

PARAMETERS = [
    {"Name": "rows", "Type": "Integer", "DefaultValue": 10, "Description": "How many"},
    {"Name": "mode", "Type": "String", "DefaultValue": "fast", "EnumValues": ["fast", "slow"]},
    {"Name": "rate", "Type": "Float"},
    {"Name": "dry", "Type": "Boolean", "DefaultValue": False},
    {"Name": "API_TOKEN", "Type": "String", "DefaultValue": "x"},
]


def form(**last):
    return run_form("demo", PARAMETERS, token="t" * 32, last=last)


def test_a_form_says_types_defaults_choices_and_what_was_used_last():
    rows, mode, rate, dry, token = form(rows="20", API_TOKEN="s3cret").fields
    assert (rows.kind, rows.default, rows.last, rows.description) == (Kind.INTEGER, "10", "20", "How many")
    assert mode.allowed == ("fast", "slow")
    assert rate.is_required
    assert (dry.kind, dry.default) == (Kind.BOOLEAN, "false")
    assert token.is_secret
    assert token.last is None, "a secret that was used once is not put on the screen"


def test_a_form_becomes_options_with_what_was_entered_alone():
    filled = form(rows="20").with_value("rate", "0.5").with_value("rows", "30").with_value("nobody", "x")
    assert filled.problems == ()
    assert dict(filled.options.parameters) == {"rate": "0.5", "rows": "30"}
    assert filled.options.token == "t" * 32
    back = filled.with_value("rows", None)
    assert dict(back.options.parameters) == {"rate": "0.5"}
    assert dict(filled.with_last().options.parameters)["rows"] == "20"


def test_every_problem_of_a_form_is_told_at_its_field():
    wrong = form().with_values({"rows": "many", "mode": "medium"})
    assert [name for name, _ in wrong.problems] == ["rows", "mode", "rate"]
    assert "whole number" in wrong.problems[0][1]


@pytest.mark.parametrize(
    "kind, value, is_fine",
    [
        (Kind.INTEGER, "7", True),
        (Kind.INTEGER, "-7", True),
        (Kind.INTEGER, "1_000", False),
        (Kind.INTEGER, "7.0", False),
        (Kind.INTEGER, "", False),
        (Kind.FLOAT, "7", True),
        (Kind.FLOAT, "1e-3", True),
        (Kind.FLOAT, ".5", True),
        (Kind.FLOAT, "nan", False),
        (Kind.BOOLEAN, "True", True),
        (Kind.BOOLEAN, "yes", False),
        (Kind.STRING, "", True),
        (Kind.STRING, "x" * 1024, True),
        (Kind.STRING, "x" * 1025, False),
    ],
)
def test_a_value_fits_its_type(kind, value, is_fine):
    assert (value_complaint("p", value, kind) is None) == is_fine


@pytest.mark.parametrize(
    "options, field",
    [
        (RunOptions(display_name="a-run-2"), None),
        (RunOptions(display_name="a run"), "display_name"),
        (RunOptions(display_name="x" * 83), "display_name"),
        (RunOptions(description="x" * 3073), "description"),
        (RunOptions(parallelism=0), "parallelism"),
        (RunOptions(version=3, alias="prod"), "version"),
        (RunOptions(tags=(("team", "a"),)), None),
        (RunOptions(tags=(("aws:team", "a"),)), "tags"),
        (RunOptions(tags=(("", "a"),)), "tags"),
        (RunOptions(tags=tuple((f"t{n}", "") for n in range(51))), "tags"),
    ],
)
def test_what_is_said_beside_the_parameters(options, field):
    assert [one.name for one in option_complaints(options)] == ([] if field is None else [field])


def test_parallelism_that_is_no_number_is_told_in_the_form():
    from dataclasses import replace

    assert [name for name, _ in replace(form(), parallelism="two").problems] == ["rate", "parallelism"]
    assert replace(form(), parallelism=" 2 ").options.parallelism == 2


def test_an_unknown_parameter_gets_a_suggestion():
    declared = {entry["Name"]: entry for entry in PARAMETERS}
    complaints = list(parameter_complaints("demo", declared, {"rwos": 1, "rate": 1}))
    assert [str(one) for one in complaints] == ["Pipeline `demo` has no parameter `rwos`. Did you mean `rows`?"]


@given(st.dictionaries(st.sampled_from([entry["Name"] for entry in PARAMETERS]), st.text(max_size=30)))
def test_what_is_entered_comes_out_as_it_was_and_is_right_exactly_when_nothing_is_told(values):
    filled = form().with_values(values)
    assert dict(filled.options.parameters) == values
    declared = {entry["Name"]: entry for entry in PARAMETERS}
    refused = list(parameter_complaints("demo", declared, filled.options.parameters))
    assert bool(refused) == bool(filled.problems)
