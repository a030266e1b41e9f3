"""The SDK 2.x: functions as steps."""

from __future__ import annotations

import warnings

import pytest

from tests.contract.sdk.kit import IMAGE, INSTANCE, reasons

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
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
    def bad(found):
        raise ValueError(f"not {found['twice']}")

    n = ParameterInteger("n", default_value=4)
    doubled = double(n)
    pipeline = Pipeline("sdk-functions", parameters=[n], steps=[more(doubled), bad(doubled)], sagemaker_session=session)
    execution = submit(pipeline, fails=True, parameters={"n": 10})
    assert execution.result("more") == 21
    assert "not 20" in reasons(execution)["bad"]
