"""The SDK 2.x: steps that call out, to functions and to workers."""

from __future__ import annotations

import json
import warnings

import pytest

from tests.contract.sdk.kit import ended, reasons

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.lambda_helper import Lambda
    from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.functions import Join
    from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
    from sagemaker.workflow.parameters import ParameterInteger
    from sagemaker.workflow.pipeline import Pipeline

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


def test_lambda_steps(engine, session, plain, submit, tmp_path):
    (tmp_path / "scale.py").write_text(
        "def handler(event, context):\n"
        "    return {'scaled': event['n'] * 10, 'word': 'x' * int(event['n']), 'nested': {'a': [1]}}\n"
    )
    function = Lambda(
        function_name="sdk-scale", execution_role_arn=engine.endpoint.role, script=str(tmp_path / "scale.py"),
        handler="scale.handler", session=plain,
    )  # fmt: skip
    n = ParameterInteger("n", default_value=3)
    outputs = {
        "scaled": LambdaOutputTypeEnum.Integer, "word": LambdaOutputTypeEnum.String,
        "nested": LambdaOutputTypeEnum.String,
    }  # fmt: skip
    scale = LambdaStep(
        "scale", lambda_func=function, inputs={"n": n},
        outputs=[LambdaOutput(output_name=name, output_type=kind) for name, kind in outputs.items()],
    )  # fmt: skip
    said = FailStep("say", error_message=Join(on="|", values=[scale.properties.Outputs[name] for name in outputs]))
    execution = submit(
        Pipeline("sdk-lambda", parameters=[n], steps=[scale, said], sagemaker_session=session), fails=True
    )
    assert reasons(execution)["say"] == '30|xxx|{"a": [1]}'
    told = next(step for step in execution.list_steps() if step["StepName"] == "scale")["Metadata"]["Lambda"]
    assert {"Name": "scaled", "Value": "30"} in told["OutputParameters"]

    (tmp_path / "scale.py").write_text("def handler(event, context):\n    return {'scaled': 1}\n")
    function.upsert()
    execution = submit(
        Pipeline("sdk-lambda", parameters=[n], steps=[scale, said], sagemaker_session=session), fails=True
    )
    assert "'word'" in reasons(execution)["scale"]
    function.delete()


def test_callback_steps_are_answered_by_a_worker(engine, session, submit):
    sqs = engine.client("sqs")
    url = sqs.create_queue(QueueName="sdk-callbacks")["QueueUrl"]
    ask = CallbackStep(
        "ask", sqs_queue_url=url, inputs={"question": "how many?"},
        outputs=[CallbackOutput(output_name="count", output_type=CallbackOutputTypeEnum.Integer)],
    )  # fmt: skip
    said = FailStep("say", error_message=Join(on=" ", values=["it said", ask.properties.Outputs["count"]]))
    pipeline = Pipeline("sdk-callback", steps=[ask, said], sagemaker_session=session)
    pipeline.upsert(role_arn=engine.endpoint.role)
    execution = pipeline.start()
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    body = json.loads(message["Body"])
    assert (body["arguments"], body["pipelineExecutionArn"]) == ({"question": "how many?"}, execution.arn)
    engine.client("sagemaker").send_pipeline_execution_step_success(
        CallbackToken=body["token"], OutputParameters=[{"Name": "count", "Value": "42"}]
    )
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    ended(execution, fails=True)
    assert reasons(execution)["say"] == "it said 42"
