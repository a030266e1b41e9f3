"""``local:``: what a step returns on this machine."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.spec import read_spec

TEXT = """
parameters: {rows: 3}
steps:
  spark:
    type: EMR
    arguments: {ClusterId: j-2, StepConfig: {HadoopJarStep: {Jar: s3://a/b.jar}}}
    local: LOCAL
"""


def compiled(local, *, is_local=True):
    facts = TargetFacts(is_local=is_local)
    return compile_spec(read_spec(TEXT.replace("LOCAL", local)), "p", facts=facts)


def test_it_travels_in_the_metadata_of_a_local_definition():
    found = compiled("{outputs: {ClusterId: j-1, Status: {State: COMPLETED}, rows: $parameters.rows}}")
    assert [problem for problem in found.problems if "local" in problem.message] == []
    (name, text), *rest = found.definition["Metadata"].items()
    assert (name, rest) == ("sm-pipeline-widgets:local:spark", [])
    outputs = {"ClusterId": "j-1", "Status": {"State": "COMPLETED"}, "rows": {"Get": "Parameters.rows"}}
    assert json.loads(text) == {"outputs": outputs}


def test_aws_never_sees_it():
    found = compiled("{outputs: {ClusterId: j-1}}", is_local=False)
    assert found.definition["Metadata"] == {}
    assert "local" not in found.definition["Steps"][0]


@pytest.mark.parametrize(
    ("local", "words"),
    [
        ("yes", "`local` says what the step returns on this machine"),
        ("{}", "`local` says what the step returns on this machine"),
        ("{outputs: [a]}", "`local` says what the step returns on this machine"),
        ("{output: {a: 1}}", "`output` is not a key of `local`"),
        ("{outputs: {a: $steps.spark.ClusterId}}", "only those to parameters"),
    ],
)
def test_what_it_cannot_say(local, words):
    problems = compiled(local, is_local=False).problems
    assert any(words in problem.message for problem in problems), problems
