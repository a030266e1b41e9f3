"""What differs between two definitions: nothing is missed, nothing is made up, renames and moves are seen."""

from __future__ import annotations

import copy
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.compare import Change, Position, compare
from sm_pipeline_widgets.definition.compare_values import ABSENT, canonical, value_changes
from tests.corpus import folder


def step(name, kind="Processing", /, *, depends=(), **arguments):
    made = {"Name": name, "Type": kind, "Arguments": arguments}
    return {**made, "DependsOn": list(depends)} if depends else made


def definition(*steps, parameters=(), **more):
    return {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps), **more}


def changes(before, after):
    return [(one.path, one.before, one.after) for one in value_changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": None}, {}, [("a", None, ABSENT)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, [("a.b", 1, ABSENT), ("a.c", 2, 3)]),
        # an expression is one value
        ({"a": {"Get": "Parameters.x"}}, {"a": {"Get": "Parameters.y"}},
         [("a", {"Get": "Parameters.x"}, {"Get": "Parameters.y"})]),
        # lists with names: by name, whatever their order
        ([{"InputName": "x", "U": 1}, {"InputName": "y", "U": 2}], [{"InputName": "z", "U": 0}, {"InputName": "x", "U": 1},
          {"InputName": "y", "U": 3}], [("[y].U", 2, 3), ("[z]", ABSENT, {"InputName": "z", "U": 0})]),
        ([{"Name": "x"}, {"Name": "y"}], [{"Name": "y"}, {"Name": "x"}], [("(order)", ["x", "y"], ["y", "x"])]),
        # lists without: what is alike is lined up, values of options bear their names
        (["--a", "1", "--b", "2"], ["--new", "--a", "1", "--b", "3"], [("[0]", ABSENT, "--new"), ("[--b]", "2", "3")]),
        (["x", "y"], ["y"], [("[0]", "x", ABSENT)]),
        ({"Conditions": [{"a": 1}, {"b": 2}]}, {"Conditions": [{"a": 1}]},
         [("Conditions", [{"a": 1}, {"b": 2}], [{"a": 1}])]),
    ],
)  # fmt: skip
def test_values_are_compared_path_by_path(before, after, found):
    assert changes(before, after) == found


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=True) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "Name", "Get", "b"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values, json_values)
def test_something_differs_exactly_when_the_json_does(before, after):
    assert bool(changes(before, after)) == (canonical(before) != canonical(after))


@given(json_values, json_values)
def test_wrong_definitions_are_compared_as_well(before, after):
    old, new = {"Steps": before, "X": after}, {"Steps": after, "Parameters": before}
    found = compare(old, new)
    told = found.settings or any(one.change is not Change.UNCHANGED for one in (*found.steps, *found.parameters))
    assert found.is_same == (canonical(old) == canonical(new))
    assert bool(told) != found.is_same


def test_steps_that_came_went_and_changed():
    found = compare(
        definition(step("a", X=1), step("b", Y=1), step("c", Z=1)),
        definition(step("a", X=2), step("c", Z=1), step("d", "Fail")),
    )
    assert [(one.name, one.change) for one in found.steps] == [
        ("a", Change.CHANGED),
        ("c", Change.UNCHANGED),
        ("d", Change.ADDED),
        ("b", Change.REMOVED),
    ]
    assert [(one.path, one.before, one.after) for one in found.step("a").values] == [("X", 1, 2)]


def test_a_step_under_a_new_name_is_renamed_and_what_names_it_is_no_difference():
    values = {"Image": "x", "Count": 1, "Role": "r", "Size": 30, "Path": "s3://b/fit/out"}
    before = definition(step("fit", "Training", **values), step("use", M={"Get": "Steps.fit.Arn"}, depends=["fit"]))
    values["Path"], values["Size"] = "s3://b/train/out", 50
    after = definition(
        step("train", "Training", **values), step("use", M={"Get": "Steps.train.Arn"}, depends=["train"])
    )
    found = compare(before, after)
    assert [(one.name, one.was, one.change) for one in found.steps] == [
        ("train", "fit", Change.CHANGED),
        ("use", None, Change.UNCHANGED),
    ]
    assert [one.path for one in found.step("train").values] == ["Size", "Path"]
    assert {edge.change for edge in found.edges} == {Change.UNCHANGED}


@pytest.mark.parametrize(
    "after",
    [
        step("train", "Training", Image="y", Count=7),  # another step altogether
        step("fit2", "Processing", Image="x", Count=1),  # alike, but of another type
    ],
)
def test_unlike_steps_are_not_taken_for_renamed(after):
    found = compare(definition(step("fit", "Training", Image="x", Count=1)), definition(after))
    assert [one.change for one in found.steps] == [Change.ADDED, Change.REMOVED]


def test_the_likest_of_several_is_the_renamed_one():
    def made(name, **more):
        return step(name, "Training", **{**dict.fromkeys("ABCDEFGH", 1), **more})

    found = compare(definition(made("old")), definition(made("near", A=2), made("exact")))
    assert [(one.name, one.was) for one in found.steps] == [("near", None), ("exact", "old")]


def test_a_step_that_moved_between_branches_says_from_where_to_where():
    def with_branch(key, *outside):
        return definition(step("gate", "Condition", Conditions=[], **{key: [step("end", "Fail")]}), *outside)

    found = compare(with_branch("IfSteps"), with_branch("ElseSteps"))
    assert found.step("end").moved == (Position("gate", "then"), Position("gate", "else"))
    assert found.step("gate").change is Change.UNCHANGED
    out = compare(with_branch("IfSteps"), definition(step("gate", "Condition", Conditions=[]), step("end", "Fail")))
    assert out.step("end").moved == (Position("gate", "then"), Position())
    assert [(edge.source, edge.target, edge.change) for edge in out.edges] == [("gate", "end", Change.REMOVED)]


def test_edges_and_their_kinds():
    before = definition(step("a"), step("b", depends=["a"]), step("c"))
    after = definition(step("a"), step("b", X={"Get": "Steps.a.Arn"}), step("c", depends=["b"]))
    found = {
        (edge.source, edge.target): (edge.change, edge.before, edge.after) for edge in compare(before, after).edges
    }
    assert found == {
        ("a", "b"): (Change.CHANGED, ("order",), ("data",)),
        ("b", "c"): (Change.ADDED, (), ("order",)),
    }


def test_parameters_and_the_rest_of_the_document():
    def named(name, default):
        return {"Name": name, "Type": "Float", "DefaultValue": default}

    found = compare(
        definition(parameters=[named("a", 1), named("b", 1)]),
        definition(parameters=[named("b", 2), named("c", 1)], PipelineExperimentConfig={"TrialName": "t"}),
    )
    assert [(one.name, one.change) for one in found.parameters] == [
        ("b", Change.CHANGED),
        ("c", Change.ADDED),
        ("a", Change.REMOVED),
    ]
    assert [one.path for one in found.settings] == ["PipelineExperimentConfig"]


def test_only_another_order_is_still_a_difference():
    found = compare(definition(step("a"), step("b")), definition(step("b"), step("a")))
    assert (found.is_same, [(one.path, one.before, one.after) for one in found.settings]) == (
        False,
        [("Steps.(order)", ["a", "b"], ["b", "a"])],
    )


def test_every_definition_is_identical_to_its_copy_and_differs_from_the_next():
    files = sorted(folder().glob("*.json"))
    assert files
    read = [value for path in files if isinstance(value := json.loads(path.read_text()), dict)]
    for one, other in pairwise(read):
        assert compare(one, copy.deepcopy(one)).is_same
        found = compare(one, other)
        assert found.is_same == (canonical(one) == canonical(other))
