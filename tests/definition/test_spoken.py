"""Values said in one line: every definition has a speaker, however odd its members are."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.definition.spoken import speaker


@pytest.mark.parametrize(
    "step",
    [
        {"Name": "a", "Type": "ClarifyCheck", "Arguments": {"ProcessingInputs": [{"InputName": {"x": 1}, "S3Input": {}}]}},
        {"Name": "a", "Type": "Tuning", "Arguments": {"HyperParameterTuningJobConfig": {
            "HyperParameterTuningJobObjective": {"Type": {"x": 1}, "MetricName": "m"}}}},
        {"Name": "a", "Type": {"x": 1}, "Arguments": {}},
        {"Name": "a", "Type": "Condition", "Arguments": {"IfSteps": 3}},
        {"Name": {"x": 1}, "Type": "Fail", "Arguments": []},
    ],
)  # fmt: skip
def test_members_of_another_type_than_the_service_takes_do_not_stop_it(step):
    assert speaker({"Steps": [step]}).say({"Get": "Steps.a.b"}).startswith("$steps.a")


def test_conditions_of_a_form_of_their_own_are_said_as_they_are():
    said = speaker({})
    assert said.condition([{"Type": "Equals", "LeftValue": 1, "RightValue": 2}]) == "1 == 2"
    assert said.condition([{"Type": "Like", "x": 1}]) == "[{Type: Like, x: 1}]"
    assert said.condition("none") == "none"
