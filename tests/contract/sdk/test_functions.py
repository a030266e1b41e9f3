"""The SDK 2.x: functions as steps."""

from __future__ import annotations

import warnings

import pytest

from tests.contract.sdk.kit import IMAGE, INSTANCE, reasons

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionGreaterThan, ConditionLessThan
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.function_step import step
    from sagemaker.workflow.parameters import ParameterInteger
    from sagemaker.workflow.pipeline import Pipeline

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


def test_functions_as_steps(engine, session, submit):
    machine = {"instance_type": INSTANCE, "image_uri": IMAGE, "role": engine.endpoint.role}

    @step(name="double", **machine)
    def double(n):
        return {"twice": n * 2}

    @step(name="more", **machine)
    def more(found):
        return found["twice"] + 1

    @step(name="bad", **machine)
    def bad(found, _after):
        raise ValueError(f"not {found['twice']}")

    n = ParameterInteger("n", default_value=4)
    doubled = double(n)
    one_more = more(doubled)
    # `bad` begins when the gate opens: after a failure no other step would begin
    # a condition on what a function returned makes it leave its result as JSON
    gate = ConditionStep(
        "gate",
        conditions=[ConditionGreaterThan(left=one_more, right=20), ConditionLessThan(left=doubled["twice"], right=21)],
        if_steps=[FailStep("enough", error_message="it is enough")],
        else_steps=[FailStep("short", error_message="it is not")],
    )
    pipeline = Pipeline(
        "sdk-functions", parameters=[n], steps=[gate, bad(doubled, one_more)], sagemaker_session=session
    )
    execution = submit(pipeline, fails=True, parameters={"n": 10})
    assert execution.result("more") == 21
    assert "not 20" in reasons(execution)["bad"]
    assert reasons(execution)["enough"] == "it is enough"
