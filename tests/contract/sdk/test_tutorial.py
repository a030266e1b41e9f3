"""The SageMaker SDK 2.x, a client nobody here wrote, against the engine: unmodified except for its session.

The pipeline of everybody's tutorial.
"""

from __future__ import annotations

import warnings

import pytest

from tests.contract.sdk.kit import IMAGE, INSTANCE, reasons, states

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.inputs import TrainingInput
    from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput, ScriptProcessor
    from sagemaker.sklearn.estimator import SKLearn
    from sagemaker.sklearn.model import SKLearnModel
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.functions import Join, JsonGet
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.properties import PropertyFile
    from sagemaker.workflow.selective_execution_config import SelectiveExecutionConfig
    from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


@pytest.fixture
def diabetes(engine, session, sources):
    """The pipeline of everybody's tutorial: prepare, train, evaluate, register or fail."""
    role = engine.endpoint.role
    rows = ParameterInteger("rows", default_value=400)
    alpha, limit = ParameterFloat("alpha", default_value=0.1), ParameterFloat("limit", default_value=60.0)
    cache = CacheConfig(enable_caching=True, expire_after="P1D")
    machine = {"role": role, "instance_count": 1, "instance_type": INSTANCE, "sagemaker_session": session}
    script = ScriptProcessor(image_uri=IMAGE, command=["python3"], **machine)
    prepare = ProcessingStep(
        "prepare",
        step_args=script.run(
            code=str(sources / "prepare.py"),
            arguments=["--rows", rows.to_string()],
            outputs=[ProcessingOutput(output_name="train", source="/opt/ml/processing/train")],
        ),
        cache_config=cache,
    )
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    estimator = SKLearn(
        entry_point="train.py", source_dir=str(sources / "src"), framework_version="1.2-1", py_version="py3",
        hyperparameters={"alpha": alpha}, metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*?);"}], **machine,
    )  # fmt: skip
    train = TrainingStep("train", step_args=estimator.fit({"train": TrainingInput(data)}), cache_config=cache)
    model_data = train.properties.ModelArtifacts.S3ModelArtifacts
    framework = FrameworkProcessor(SKLearn, framework_version="1.2-1", **machine)
    report = PropertyFile("report", output_name="evaluation", path="evaluation.json")
    evaluate = ProcessingStep(
        "evaluate",
        step_args=framework.run(
            code="evaluate.py",
            source_dir=str(sources / "src"),
            inputs=[
                ProcessingInput(source=model_data, destination="/opt/ml/processing/model"),
                ProcessingInput(source=data, destination="/opt/ml/processing/test"),
            ],
            outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
        ),
        property_files=[report],
    )
    model = SKLearnModel(
        model_data=model_data, role=role, entry_point="inference.py", source_dir=str(sources / "src"),
        framework_version="1.2-1", sagemaker_session=session,
    )  # fmt: skip
    register = ModelStep(
        "register",
        step_args=model.register(
            content_types=["text/csv"], response_types=["text/csv"], inference_instances=[INSTANCE],
            transform_instances=[INSTANCE], model_package_group_name="sdk-diabetes", approval_status="Approved",
        ),
    )  # fmt: skip
    create = ModelStep("create", step_args=model.create(instance_type=INSTANCE))
    too_bad = FailStep("too-bad", error_message=Join(on=" ", values=["rmse is over", limit]))
    decide = ConditionStep(
        "decide",
        conditions=[
            ConditionLessThanOrEqualTo(
                left=JsonGet(step_name="evaluate", property_file=report, json_path="metrics.rmse.value"), right=limit
            )
        ],
        if_steps=[register, create],
        else_steps=[too_bad],
    )
    return Pipeline(
        "sdk-diabetes", parameters=[rows, alpha, limit], steps=[prepare, train, evaluate, decide],
        sagemaker_session=session,
    )  # fmt: skip


def test_prepare_train_evaluate_register_then_again_and_in_part(engine, submit, diabetes, plain, sources):
    first = submit(diabetes, parameters={"alpha": 0.5})
    assert first.describe()["PipelineExecutionStatus"] == "Succeeded"
    assert states(first) == dict.fromkeys(
        ["prepare", "train", "evaluate", "decide", "register-RegisterModel", "create-CreateModel"], "Succeeded"
    )
    given = {at["Name"]: at["Value"] for at in first.list_parameters()["PipelineParameters"]}
    assert given == {"rows": "400", "alpha": "0.5", "limit": "60.0"}
    steps = {step["StepName"]: step for step in first.list_steps()}
    client = engine.client("sagemaker")
    job = client.describe_training_job(
        TrainingJobName=steps["train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    )
    (metric,) = job["FinalMetricDataList"]
    assert (metric["MetricName"], 40 < metric["Value"] < 60) == ("rmse", True)
    package = client.describe_model_package(
        ModelPackageName=steps["register-RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert (package["ModelApprovalStatus"], package["ModelPackageVersion"]) == ("Approved", 1)
    assert (
        package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        == (job["ModelArtifacts"]["S3ModelArtifacts"])
    )

    # with what the first run was given, but for the limit: the jobs are found in the cache, the gate closes
    parameters = diabetes.build_parameters_from_execution(first.arn, {"limit": 1.0})
    assert parameters == {"rows": "400", "alpha": "0.5", "limit": 1.0}
    second = submit(diabetes, fails=True, parameters=parameters)
    assert second.describe()["PipelineExecutionStatus"] == "Failed"
    assert reasons(second) == {"too-bad": "rmse is over 1.0"}
    cached = {step["StepName"]: step.get("CacheHitResult", {}) for step in second.list_steps()}
    assert cached["prepare"] == cached["train"] == {"SourcePipelineExecutionArn": first.arn}

    # one step again, on what the first run left
    selected = SelectiveExecutionConfig(source_pipeline_execution_arn=first.arn, selected_steps=["evaluate"])
    third = submit(diabetes, selective_execution_config=selected, parameters={"alpha": 0.5})
    chosen = {step["StepName"]: "SelectiveExecutionResult" in step for step in third.list_steps()}
    assert chosen["evaluate"] is False
    assert all(taken for name, taken in chosen.items() if name != "evaluate")

    listed = diabetes.list_executions()["PipelineExecutionSummaries"]
    assert [at["PipelineExecutionStatus"] for at in listed] == ["Succeeded", "Failed", "Succeeded"]
    diabetes.delete()
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.describe_pipeline(PipelineName="sdk-diabetes")
