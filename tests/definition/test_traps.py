"""What readers of real definitions trip over (sagemaker.md §9): each trap small, and combined at random.

For every one: in is out, type for type; it survives its text; it is drawn; it is checked without raising.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.view.details import details_of, display_names
from sm_pipeline_widgets.view.html import Snapshot, render_html, render_text
from sm_pipeline_widgets.view.picture import draw
from sm_pipeline_widgets.view.svg import render_svg


def exactly(value):
    """JSON whose equality means equality of types as well: `==` takes 1 for 1.0 and true, and NaN for nothing."""
    return json.dumps(value, sort_keys=True)


def survives(definition, *, steps=None):
    """All that must hold for any definition; gives its text and its problems."""
    pipeline = Pipeline.from_definition(json.dumps(definition))
    assert exactly(pipeline.definition()) == exactly(definition)
    text = pipeline.to_yaml()
    assert exactly(compile_spec(read_spec(text), "other").definition) == exactly(definition), text
    for problem in pipeline.problems:
        assert str(problem)
        assert "{at}" not in problem.message
    drawn(pipeline, definition)
    if steps is not None:
        assert set(pipeline.graph) == set(steps)
    return text, [problem.code for problem in pipeline.problems]


def drawn(pipeline, definition):
    """Picture, SVG, HTML, text and details; the SVG is XML, and no name opens an element in the HTML."""
    picture = draw(pipeline.graph, labels=display_names(definition), problems=pipeline.problems)
    assert len(picture.nodes) == len(pipeline.graph)
    svg = render_svg(picture)
    ET.fromstring(svg.encode("utf-8", "replace"))  # noqa: S314 - our own
    snapshot = Snapshot("traps", svg=svg, names=tuple(pipeline.graph), problems=tuple(pipeline.problems))
    html = render_html(snapshot)
    assert "<script" not in html
    assert render_text(snapshot)
    details_of(definition)


def definition(*steps, **top):
    return {"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": list(steps), **top}


def get(path):
    return {"Get": path}


def join(on, *values):
    return {"Std:Join": {"On": on, "Values": list(values)}}


def job(name, kind="Processing", **arguments):
    return {"Name": name, "Type": kind, "Arguments": arguments}


def fail(name="end", message="x"):
    return job(name, "Fail", ErrorMessage=message)


def condition(name, *, then=(), other=(), conditions=()):
    arguments = {"Conditions": list(conditions) or [{"Type": "Equals", "LeftValue": 1, "RightValue": 1.0}]}
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {**arguments, "IfSteps": list(then), "ElseSteps": list(other)},
    }


def call(name="call", **more):
    return {"Name": name, "Type": "Lambda", "FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f",
            "Arguments": {}, "OutputParameters": [{"OutputName": "o", "OutputType": "String"}], **more}  # fmt: skip


def check(name="check", **more):
    return {
        "Name": name,
        "Type": "QualityCheck",
        "CheckType": "DATA_QUALITY",
        "SkipCheck": False,
        "Arguments": {},
        **more,
    }


def nested(depth):
    """Conditions inside conditions."""
    step = fail("deepest")
    for level in reversed(range(depth)):
        step = condition(f"c{level}", then=[step]) if level % 2 else condition(f"c{level}", other=[step])
    return step


def lists(depth):
    value = 1
    for level in range(depth):
        value = {"x": value} if level % 2 else [value]
    return value


P = {"Name": "p", "Type": "String"}
READ = {"Std:JsonGet": {"PropertyFile": get("Steps.prep.PropertyFiles.f"), "Path": "a.b[0]['k']"}}
READ_URI = {
    "Std:JsonGet": {
        "S3Uri": join("/", get("Steps.prep.OutputDataConfig.S3OutputPath"), "results.json"),
        "Path": "Result[0]",
    }
}
PREP = {**job("prep"), "PropertyFiles": [{"PropertyFileName": "f", "OutputName": "o", "FilePath": "f.json"}]}

EDGES = {
    "in a name of a check step": (definition(job("m", "Model"), check(ModelName=get("Steps.m.ModelName"))), [("m", "check")]),
    "in a baseline": (definition(job("p"), check(SuppliedBaselineStatistics=get("Steps.p.X"))), [("p", "check")]),
    "in a function's ARN": (definition(call("a"), call("b", FunctionArn=get("Steps.a.OutputParameters['o']"))), [("a", "b")]),
    "dependencies of both forms": (
        definition(job("a"), job("b"), {**fail(), "DependsOn": ["a", {"Step": "b", "Trigger": "Failed"}]}), [("a", "end"), ("b", "end")]),
    "on a step in a branch": (
        definition(condition("c", then=[job("in")]), {**job("after"), "DependsOn": ["in", "c"]}), [("c", "in"), ("in", "after"), ("c", "after")]),
    "dotted names": (definition(job("a"), job("a.b"), fail(message=get("Steps.a.b.ExitMessage"))), [("a.b", "end")]),
    "names with spaces": (definition(job("a b"), fail(message=get("Steps.a b.ExitMessage"))), [("a b", "end")]),
    "a whole step in brackets": (definition(job("a"), fail(message=get("Steps.a['x']"))), [("a", "end")]),
    "an unescaped quote": (definition(job("a"), fail(message=get("Steps.a.Environment['it's']"))), [("a", "end")]),
    "dots and spaces inside quotes": (definition(job("a"), fail(message=get("Steps.a.Environment['x. y']"))), [("a", "end")]),
    "a join within a join": (definition(job("a"), fail(message=join("", "x", join("-", join("/", get("Steps.a.X")))))), [("a", "end")]),
    "a file read by its place": (definition(PREP, fail(message=READ_URI)), [("prep", "end")]),
    "a property file": (definition(PREP, fail(message=READ)), [("prep", "end")]),
    "in any order": (definition(fail(message=get("Steps.late.X")), job("late")), [("late", "end")]),
    "a cleanup's sources": (
        definition(job("a"), {"Name": "tidy", "Type": "Cleanup", "Arguments": {"Resources": {"S3": [{"StepName": "a"}]}}}), [("a", "tidy")]),
    "a condition's own comparison": (
        definition(job("a"), condition("c", then=[fail()], conditions=[
            {"Type": "Or", "Conditions": [{"Type": "Not", "Condition": {"Type": "In", "QueryValue": get("Steps.a.X"), "Values": [1]}}]}])),
        [("a", "c"), ("c", "end")]),
    "a selector": (
        definition({"Name": "fan", "Type": "ForEach", "Arguments": {"IterableItems": get("Parameters.p"), "Selector": {
            "Pick": "MaxBy", "Field": get("IterationOutput.call.OutputParameters['o']")}, "ForEachBody": [call()]}}, Parameters=[P]),
        [("fan", "call")]),
}  # fmt: skip


@pytest.mark.parametrize("given, edges", EDGES.values(), ids=EDGES)
def test_edges_are_found_wherever_they_hide(given, edges):
    survives(given)
    assert sorted(Pipeline.from_definition(given).graph.edges) == sorted(edges)


TRAPS = {
    "no edge to what does not exist": definition(fail(message=get("Steps.gone.X"))),
    "a step that refers to itself": definition(job("a", X=get("Steps.a.ProcessingJobName"))),
    "an empty pipeline": definition(),
    "no name": definition({"Type": "Fail", "Arguments": {"ErrorMessage": "x"}}),
    "a name of 64 characters": definition(fail("n" * 64)),
    "a name of 65 characters": definition(fail("n" * 65)),
    "a name of 300 characters": definition(job("é" * 300), fail(message=get(f"Steps.{'é' * 300}.X"))),
    "names of JavaScript": definition(fail("__proto__"), fail("constructor"), fail("toString"), Parameters=[{**P, "Name": "__proto__"}]),
    "names of HTML": definition(fail("<script>alert(1)</script>"), fail("&amp;"), {**fail("'\"><img src=x>"), "DisplayName": "<b>"}),
    "names of YAML": definition(*(fail(name) for name in ("no", "~", "1", "1.0", "- a", "a: b", "#", "<<", "null", "{x}", "*a", "&a", "!t"))),
    "the same name twice": definition(fail("a"), fail("a", "y")),
    "undeclared parameters": definition(fail(message=get("Parameters.gone"))),
    "a parameter and a step of one name": definition(call("x"), fail(message=join("", get("Parameters.x"), get("Steps.x.OutputParameters['o']"))),
                                                     Parameters=[{**P, "Name": "x"}]),
    "falsy defaults": definition(Parameters=[{"Name": "a", "Type": "Integer", "DefaultValue": 0}, {"Name": "b", "Type": "String", "DefaultValue": ""},
                                             {"Name": "c", "Type": "Boolean", "DefaultValue": False}, {"Name": "d", "Type": "Float", "DefaultValue": -0.0}]),
    "a default of null": definition(Parameters=[{**P, "DefaultValue": None}]),
    "a parameter without a type": definition(Parameters=[{"Name": "p", "DefaultValue": "x"}]),
    "parameters of one name": definition(Parameters=[P, {**P, "Type": "Integer"}]),
    "a literal that looks like an expression": definition(call(Arguments={"a": get("not a path"), "b": get(""), "c": {"Get": 3}, "d": {"Get": "a", "x": 1}})),
    "nulls beside the arguments": definition(check(SuppliedBaselineStatistics=None, ModelPackageGroupName=None, CacheConfig=None)),
    "nulls at the top": definition(fail(), PipelineExperimentConfig=None, MlflowConfig=None, Metadata=None),
    "members nobody knows": definition({**fail(), "Tomorrow": {"a": [1]}}, Tomorrow=[1, {"x": None}]),
    "no members at all": {"Steps": []},
    "every root": definition(fail(message=join("", get("Parameters.p"), get("Execution.StartDateTime"), get("PipelineExperimentConfig.TrialName"),
                                              get("ForEach.CurrentItem.x['y']"), get("IterationOutput.b.c"), get("Else.where"))), Parameters=[P]),
    "both ways to read a file": definition(PREP, fail(message=join("", READ, READ_URI))),
    "a file's path that is computed": definition(PREP, fail(message={"Std:JsonGet": {**READ["Std:JsonGet"], "Path": get("Parameters.p")}})),
    "aggregates of a loop": definition(
        {"Name": "fan", "Type": "ForEach", "Arguments": {"IterableItems": ["a", 1, None, get("Parameters.p")], "ForEachBody": [call()]}},
        fail(message=join("", get("Steps.fan.IterationOutputs[0].call.OutputParameters['o']"), get("Steps.fan.Selected.OutputParameters['o']"))),
        Parameters=[P]),
}  # fmt: skip


@pytest.mark.parametrize("given", TRAPS.values(), ids=TRAPS)
def test_a_trap_is_read_written_drawn_and_checked(given):
    named = [step["Name"] for step in given["Steps"] if step.get("Name")]
    text, _ = survives(given)
    assert text
    assert set(named) <= set(Pipeline.from_definition(given).graph)


VALUES = [
    6.0, 6, True, 1, 1.0, 0, False, 0.0, -0.0, None, 1e16, 1e-7, 1.5e300, 2**53 + 1, -(2**63), 10**40, float("nan"), float("inf"), float("-inf"),
    "", " ", "\ud800", "x\udfffy", "\0", "\u2028", "é😀", "NaN", "Infinity", "1e+16", "\\u0041", "$", "$$x", "${steps.a}", "s3://b/${x}", "s3:/",
    [], {}, [[]], [None], {"": {}}, {"Get": "x"}, {"__proto__": 1}, {"Std:Join": []}, lists(60),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
@pytest.mark.parametrize("place", ["argument", "join", "hyperparameter", "default", "beside", "compared", "item"])
def test_a_value_keeps_its_type_at_every_place(value, place):
    survives({
        "argument": lambda: definition(call(Arguments={"v": value})),
        "join": lambda: definition(fail(message=join("/", "a", value, [value]))),
        "hyperparameter": lambda: definition(job("t", "Training", HyperParameters={
            "v": value, "sagemaker_program": '"t.py"', "sagemaker_submit_directory": '"s3://b/x.tar.gz"'})),
        "default": lambda: definition(Parameters=[{"Name": "p", "Type": "Float", "DefaultValue": value}]),
        "beside": lambda: definition(check(Anything=value, CacheConfig=value, DependsOn=value)),
        "compared": lambda: definition(condition("c", conditions=[{"Type": "Equals", "LeftValue": value, "RightValue": {"Type": value}}])),
        "item": lambda: definition({"Name": "f", "Type": "ForEach", "Arguments": {"IterableItems": [value], "ForEachBody": [call()]}}),
    }[place]())  # fmt: skip


@pytest.mark.parametrize("values", [[], [None], [True, False], [1, 1.0, -0.0], [[]], [{}], ["", ""], ["s3:/"], ["s3:/", "", get("Parameters.p")],
                                    ["s3://", get("Parameters.p")], [join("", join("", join("/", get("Parameters.p"))))], ['{"a": ', get("Parameters.p"), "}"]])  # fmt: skip
@pytest.mark.parametrize("on", ["", "/", "-", ", ", "$", None, 3])
def test_a_join_holds_anything(on, values):
    survives(definition(fail(message=join(on, *values)), Parameters=[P]))


def test_a_chain_of_two_thousand_steps():
    steps = [job("s0")] + [job(f"s{n}", X=get(f"Steps.s{n - 1}.ExitMessage")) for n in range(1, 2000)]
    survives(definition(*steps), steps=[step["Name"] for step in steps])


@pytest.mark.parametrize("depth", [3, 20, 200])
def test_conditions_inside_conditions(depth):
    given = definition(nested(depth))
    _, codes = survives(given, steps=[at.name for at in iter_steps(given)])
    assert codes.count("nested-condition") == depth - 1


def test_the_text_says_names_as_they_are():
    text, codes = survives(definition(job("__proto__"), fail("a.b", get("Steps.__proto__.ExitMessage"))))
    assert "__proto__:" in text
    assert "$steps['__proto__'].ExitMessage" in text or "$steps.__proto__.ExitMessage" in text
    assert "step-name" in codes


# -- all of it at random ----------------------------------------------------------------------------------------------

NAMES = ["a", "b", "a.b", "c d", "__proto__", "x" * 65, "no", "é"]
roots = st.sampled_from(["Parameters.p", "Parameters.a", "Parameters.gone", "Execution.PipelineExecutionId", "Execution.StartDateTime",
                         "PipelineExperimentConfig.TrialName", "ForEach.CurrentItem", "ForEach.CurrentItem.x", "IterationOutput.a.b"])  # fmt: skip
paths = st.sampled_from(["", ".ExitMessage", ".OutputParameters['o']", ".Outputs[0]", ".Environment['it's']", ".A['x. y'].B", ".PropertyFiles.f",
                         ".ModelArtifacts.S3ModelArtifacts", ".ProcessingOutputConfig.Outputs['o'].S3Output.S3Uri"])  # fmt: skip
gets = st.one_of(roots, st.builds("Steps.{}{}".format, st.sampled_from(NAMES), paths)).map(get)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["s3:/", "s3://b", "/", "$x", "bucket"]),
)


def extended(inner):
    joins = st.builds(
        lambda on, values: join(on, *values), st.sampled_from(["", "/", "-"]), st.lists(inner, max_size=5)
    )
    reads = st.builds(
        lambda file, path: {"Std:JsonGet": {"PropertyFile": file, "Path": path}},
        gets,
        st.sampled_from(["a", "a.b[0]", "['k']", "[0]", ""]),
    )
    placed = st.builds(
        lambda uri, path: {"Std:JsonGet": {"S3Uri": uri, "Path": path}}, inner, st.sampled_from(["Result", "Result[0]"])
    )
    return st.one_of(
        joins,
        reads,
        placed,
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["k", "Get", "$", ""]), inner, max_size=2),
    )


expressions = st.recursive(st.one_of(gets, gets, scalars), extended, max_leaves=8)
comparisons = st.recursive(
    st.one_of(
        st.builds(lambda kind, left, right: {"Type": kind, "LeftValue": left, "RightValue": right},
                  st.sampled_from(["Equals", "GreaterThan", "LessThanOrEqualTo"]), expressions, expressions),
        st.builds(lambda value, values: {"Type": "In", "QueryValue": value, "Values": values}, expressions, st.lists(expressions, max_size=3)),
    ),
    lambda inner: st.one_of(st.builds(lambda one: {"Type": "Not", "Condition": one}, inner),
                            st.builds(lambda many: {"Type": "Or", "Conditions": many}, st.lists(inner, max_size=3))),
    max_leaves=4,
)  # fmt: skip


@st.composite
def steps(draw, depth=0):
    name = draw(st.sampled_from(NAMES))
    kind = draw(
        st.sampled_from(
            [
                "Condition",
                "Processing",
                "Training",
                "Fail",
                "Lambda",
                "QualityCheck",
                "RegisterModel",
                "ForEach",
                "Tomorrow",
            ]
        )
    )
    beside = draw(st.fixed_dictionaries({}, optional={
        "DependsOn": st.lists(st.one_of(st.sampled_from(NAMES), st.builds(
            lambda step, trigger: {"Step": step, "Trigger": trigger}, st.sampled_from(NAMES), st.sampled_from(["Failed", "Any"]))), max_size=2),
        "CacheConfig": st.sampled_from([None, {"Enabled": True, "ExpireAfter": "T12H"}, {"Enabled": False}]),
        "DisplayName": expressions, "SuppliedBaselineConstraints": expressions,
    }))  # fmt: skip
    if kind == "Condition" and depth < 3:
        branches = {key: draw(st.lists(steps(depth + 1), max_size=2)) for key in ("IfSteps", "ElseSteps")}
        return {**job(name, kind, Conditions=draw(st.lists(comparisons, max_size=2)), **branches), **beside}
    if kind == "ForEach" and depth < 2:
        return {
            **job(name, kind, IterableItems=draw(expressions), ForEachBody=draw(st.lists(steps(3), max_size=2))),
            **beside,
        }
    members = {
        "Fail": ["ErrorMessage"], "Lambda": ["a", "b"], "Training": ["RoleArn", "HyperParameters", "InputDataConfig", "OutputDataConfig"],
        "RegisterModel": ["ModelPackageGroupName", "ModelMetrics"],
    }.get(kind, ["RoleArn", "Environment", "AppSpecification", "ProcessingInputs"])  # fmt: skip
    return {
        **job(name, kind, **draw(st.fixed_dictionaries({}, optional=dict.fromkeys(members, expressions)))),
        **beside,
    }


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps(), max_size=4), st.lists(st.fixed_dictionaries({"Name": st.sampled_from(["p", "a", "no"]), "Type": st.sampled_from(["String", "Float"])},
                                                                     optional={"DefaultValue": scalars}), max_size=2, unique_by=lambda one: one["Name"]))  # fmt: skip
def test_any_definition_with_any_expressions_survives(given, parameters):
    survives(definition(*given, Parameters=parameters))
