"""Pipelines that the SageMaker SDK 3.x builds, in an interpreter of its own: `make soak` names it in a variable."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.errors import Severity

BUILT = ["conditions", "run-conditions", "for-each", "emr-serverless"]
EDGES = {
    "conditions": {("gate", "go"), ("gate", "bad")},
    "run-conditions": {("first", "after"), ("after", "last")},
    "for-each": {("loop", "body")},
    "emr-serverless": set(),
}

pytestmark = pytest.mark.soak


@dataclass(frozen=True)
class SdkPipeline:
    """What is read of a pipeline object: both major versions have these two."""

    name: str
    text: str

    def definition(self):
        return self.text


@pytest.fixture(scope="module")
def pipelines(python3):
    """Each pipeline by name; the program has keys that belong to nobody and asks nobody."""
    nobody = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
              "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip
    program = Path(__file__).with_name("pipelines.py")
    done = subprocess.run(
        [python3, "-W", "ignore", str(program)],
        env={**os.environ, **nobody},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {one["name"]: SdkPipeline(one["name"], one["definition"]) for one in found}


def exactly(value):
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("name", BUILT)
def test_a_pipeline_of_the_newer_sdk_is_read_written_and_found_right(pipelines, name):
    given = json.loads(pipelines[name].text)
    pipeline = Pipeline.from_sdk(pipelines[name])
    assert exactly(pipeline.definition()) == exactly(given)
    text = pipeline.to_yaml()
    assert exactly(compile_spec(read_spec(text), "other").definition) == exactly(given)
    assert "definition:" not in text
    assert set(pipeline.graph.edges) == EDGES[name]
    assert [str(problem) for problem in pipeline.problems if problem.severity is Severity.ERROR] == []
