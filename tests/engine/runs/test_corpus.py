"""Definitions other people's code made, run here with declared answers: every one comes to an end that is explained."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sm_pipeline_widgets.definition.graph import iter_steps
from sm_pipeline_widgets.engine.local import PREFIX
from sm_pipeline_widgets.engine.operations import pipelines
from tests.corpus import definitions

OWN = {"Condition", "Fail", "ForEach"}
VALUES = {"String": "text", "Integer": "3", "Float": "0.5", "Boolean": "true"}
REFUSED = {
    "h2u_test_model_step_test_register_model_step_using_custom_model_package_name.json",
    "h2u_test_pipeline_test_large_pipeline_create.json",
    "h2u_test_pipeline_test_local_pipeline.json",
    "h2u_test_pipeline_test_pipeline_basic.json",
    "h2u_test_pipeline_test_pipeline_disable_experiment_config.json",
    "h2u_test_pipeline_test_pipeline_override_experiment_config.json",
    "h2u_test_pipeline_test_pipeline_two_step.json",
    "h2u_test_pipeline_test_pipeline_update_4.json",
    "h2u_test_step_collections_test_condition_step_depends_on_step_collection.json",
    "h3u_test_pipeline_mlflow_config_test_pipeline_update_with_mlflow_config.json",
    "h3u_test_pipeline_mlflow_config_test_pipeline_update_with_mlflow_config_2.json",
}
"""What the service would not take either: stand-ins of unit tests with arguments of no API, a package with a name."""


def answered(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with an answer for every step that is no decision."""
    answers = {}
    for at in iter_steps(definition):
        if at.type not in OWN:
            outputs = {entry["OutputName"]: "1" for entry in at.step.get("OutputParameters") or []}
            answers[PREFIX + at.name] = json.dumps(
                {"outputs": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}, **outputs}}
            )
    return {**definition, "Metadata": answers}


def given(definition: dict[str, Any]) -> dict[str, str]:
    """A value for every parameter that has no default."""
    return {
        at["Name"]: VALUES[at.get("Type", "String")]
        for at in definition.get("Parameters") or []
        if at.get("DefaultValue") in (None, "")
    }


@pytest.mark.parametrize("part", range(8))
@pytest.mark.newest_boto3
def test_every_definition_comes_to_an_end(lab, part, caplog):
    ran = 0
    for path in definitions()[part::8]:
        definition = answered(json.loads(path.read_text()))
        request = {"PipelineName": f"p{ran}", "RoleArn": "role", "PipelineDefinition": json.dumps(definition)}
        if path.name in REFUSED:
            with pytest.raises(Exception, match=r"Unable to parse pipeline definition\..*Unknown Argument member"):
                pipelines.create_pipeline(lab.engine, request)
            continue
        pipelines.create_pipeline(lab.engine, request)
        arn = lab.begin(f"p{ran}", given(definition))
        end = lab.end(arn)
        assert end.status in ("Succeeded", "Failed", "CompletedWithFailures"), path.name
        for step in end.steps.values():
            assert step["StepStatus"] in ("Succeeded", "Failed"), path.name
            assert (
                step["StepStatus"] == "Succeeded" or step.get("FailureReason") or "Fail" in step.get("Metadata", {})
            ), (path.name, step)
            assert "InternalServerError" not in step.get("FailureReason", ""), (path.name, step)
        assert end.status != "Succeeded" or all(step["StepStatus"] == "Succeeded" for step in end.steps.values())
        ran += 1
    assert ran > 25
    assert not [record for record in caplog.records if record.exc_info]
