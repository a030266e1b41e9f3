"""Steps that cannot run here, answered with what their user declared."""

from __future__ import annotations

import json

import pytest


def emr(name="spark"):
    return {"Name": name, "Type": "EMR", "Arguments": {"ClusterId": "j-2", "StepConfig": {}}}


def answers(**outputs):
    return {f"sm-pipeline-widgets:local:{name}": json.dumps({"outputs": value}) for name, value in outputs.items()}


def say(lab, value):
    return lab.processing("after", ["python3", "-S", "-c", "import sys; print(sys.argv[1])", value])


def test_a_declared_answer_stands_for_the_step(lab):
    after = say(lab, {"Get": "Steps.spark.Status.State"})
    end = lab.run([emr(), after], Metadata=answers(spark={"ClusterId": "j-1", "Status": {"State": "COMPLETED"}}))
    assert (end.status, end.steps["spark"]["StepStatus"]) == ("Succeeded", "Succeeded")
    assert end.log("after") == ["COMPLETED"]


def test_outputs_of_a_call_are_found_where_calls_have_them(lab):
    step = {
        "Name": "call", "Type": "Lambda", "FunctionArn": "arn:aws:lambda:eu-west-3:000000000000:function:f",
        "Arguments": {}, "OutputParameters": [{"OutputName": "rows", "OutputType": "String"}],
    }  # fmt: skip
    after = say(lab, {"Get": "Steps.call.OutputParameters['rows']"})
    declared = [{"Name": "n", "Type": "String", "DefaultValue": "7"}]
    end = lab.run([step, after], declared=declared, Metadata=answers(call={"rows": {"Get": "Parameters.n"}}))
    assert end.log("after") == ["7"]
    missing = lab.run([step], Metadata=answers(call={"other": 1}))
    assert "does not give rows" in missing.steps["call"]["FailureReason"]


def test_every_step_that_cannot_run_is_named_in_one_message(lab):
    steps = [emr("one"), emr("two"), emr("three"), {"Name": "auto", "Type": "AutoML", "Arguments": {}}]
    lab.create(steps, Metadata=answers(two={"ClusterId": "j"}))
    with pytest.raises(
        Exception, match=r"cannot run these steps: 'one' \(EMR\).*'three' \(EMR\).*'auto' \(AutoML\)"
    ) as said:
        lab.begin()
    assert "'two'" not in str(said.value)


def test_an_answer_for_no_step_and_one_nobody_can_read(lab):
    lab.create([emr()], Metadata=answers(spark={}, spork={}))
    with pytest.raises(Exception, match="local outputs of steps that do not exist: spork"):
        lab.begin()
    with pytest.raises(Exception, match="must be the text of a JSON object"):
        lab.create([emr()], Metadata={"sm-pipeline-widgets:local:spark": "[1]"})
