"""Pipelines of the SageMaker SDK 3.x, printed as one JSON line each: run by an interpreter that has `sagemaker>=3`.

3.x and 2.x cannot be installed together, and 3.x is a gigabyte, so this is a program and no test.
"""

from __future__ import annotations

import json

from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.workflow.conditions import ConditionGreaterThan, ConditionIn, ConditionNot, ConditionOr
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterString
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.emr_serverless_step import EMRServerlessJobConfig, EMRServerlessStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.for_each_step import CurrentItem, ForEachSelector, ForEachStep, IterationOutput
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.step_dependency import StepDependency, TriggerCondition

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:f"
ROLE = "arn:aws:iam::111122223333:role/sdk"


def call(name, **more):
    return LambdaStep(
        name=name,
        lambda_func=Lambda(function_arn=FUNCTION),
        outputs=[LambdaOutput("score", LambdaOutputTypeEnum.Float)],
        **more,
    )


def conditions():
    alpha, mode, yes = (
        ParameterFloat("alpha", 6.0),
        ParameterString("mode", "x"),
        ParameterBoolean("yes", default_value=False),
    )
    bad = FailStep(name="bad", error_message=Join(on=" ", values=["alpha was", alpha]))
    either = ConditionOr(
        [ConditionGreaterThan(left=alpha, right=1), ConditionNot(ConditionIn(value=mode, in_values=["a", "b"]))]
    )
    gate = ConditionStep(name="gate", conditions=[either], if_steps=[call("go")], else_steps=[bad])
    return Pipeline(name="conditions", parameters=[alpha, mode, yes], steps=[gate])


def run_conditions():
    first = call("first")
    after = call("after", depends_on=[StepDependency(first, TriggerCondition.FAILED)])
    return Pipeline(name="run-conditions", steps=[first, after, call("last", depends_on=[after])])


def for_each():
    body = call("body", inputs={"item": CurrentItem()})
    loop = ForEachStep(name="loop", iterable_items=["a", "b"], for_each_body=[body], max_concurrency=2,
                       selector=ForEachSelector(pick="MaxBy", field=IterationOutput(body).OutputParameters["score"]))  # fmt: skip
    return Pipeline(name="for-each", steps=[loop])


def emr_serverless():
    config = EMRServerlessJobConfig(
        job_driver={"sparkSubmit": {"entryPoint": "s3://bucket/job.py"}}, execution_role_arn=ROLE
    )
    step = EMRServerlessStep(name="spark", display_name="s", description="d", job_config=config, application_id="00f1")
    return Pipeline(name="emr-serverless", steps=[step])


for builder in (conditions, run_conditions, for_each, emr_serverless):
    pipeline = builder()
    print(json.dumps({"name": pipeline.name, "definition": pipeline.definition()}))
