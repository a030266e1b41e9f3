"""The SageMaker SDK 2.x, a client nobody here wrote, against the engine: unmodified except for its session."""

from __future__ import annotations

import json
import textwrap
import time
import warnings

import pytest
from botocore.exceptions import ClientError, WaiterError
from sklearn.datasets import load_diabetes

from sm_pipeline_widgets import connect

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sagemaker
    from sagemaker.inputs import TrainingInput
    from sagemaker.lambda_helper import Lambda
    from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput, ScriptProcessor
    from sagemaker.sklearn.estimator import SKLearn
    from sagemaker.sklearn.model import SKLearnModel
    from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
    from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.function_step import step
    from sagemaker.workflow.functions import Join, JsonGet
    from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.pipeline_context import PipelineSession
    from sagemaker.workflow.properties import PropertyFile
    from sagemaker.workflow.selective_execution_config import SelectiveExecutionConfig
    from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TuningStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
# it would call a host of its own otherwise
QUIET = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1"
INSTANCE = "ml.m5.large"

PREPARE = """
    import os, sys
    import numpy as np
    from sklearn.datasets import load_diabetes
    rows = int(sys.argv[sys.argv.index("--rows") + 1])
    X, y = load_diabetes(return_X_y=True)
    os.makedirs("/opt/ml/processing/train", exist_ok=True)
    np.savetxt("/opt/ml/processing/train/train.csv", np.c_[y, X][:rows], delimiter=",")
"""
TRAIN = """
    import argparse, os
    import joblib, numpy as np
    from sklearn.linear_model import Ridge
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float)
    given, _ = parser.parse_known_args()
    data = np.loadtxt(os.environ["SM_CHANNEL_TRAIN"] + "/train.csv", delimiter=",")
    model = Ridge(alpha=given.alpha).fit(data[:, 1:], data[:, 0])
    print("rmse=%.3f;" % np.sqrt(((model.predict(data[:, 1:]) - data[:, 0]) ** 2).mean()))
    joblib.dump(model, os.environ["SM_MODEL_DIR"] + "/model.joblib")
"""
EVALUATE = """
    import json, os, tarfile, tempfile
    import joblib, numpy as np
    folder = tempfile.mkdtemp()
    tarfile.open("/opt/ml/processing/model/model.tar.gz").extractall(folder)
    model = joblib.load(folder + "/model.joblib")
    data = np.loadtxt("/opt/ml/processing/test/train.csv", delimiter=",")
    rmse = float(np.sqrt(((model.predict(data[:, 1:]) - data[:, 0]) ** 2).mean()))
    os.makedirs("/opt/ml/processing/evaluation", exist_ok=True)
    json.dump({"metrics": {"rmse": {"value": rmse}}}, open("/opt/ml/processing/evaluation/evaluation.json", "w"))
"""
INFERENCE = """
    import os
    import joblib

    def model_fn(folder):
        return joblib.load(os.path.join(folder, "model.joblib"))
"""


@pytest.fixture(scope="module")
def boto(engine):
    """The target's boto3 session, whose every client talks to the engine: the SDK's one seam."""
    return connect("local", home=engine.home).session


@pytest.fixture(scope="module")
def session(engine, boto):
    """The session in which calls become steps."""
    return PipelineSession(boto_session=boto, default_bucket=engine.endpoint.bucket, sagemaker_config=QUIET)


@pytest.fixture(scope="module")
def plain(engine, boto):
    """The session in which calls are made at once."""
    return sagemaker.Session(boto_session=boto, default_bucket=engine.endpoint.bucket, sagemaker_config=QUIET)


@pytest.fixture
def sources(tmp_path):
    """The user's files: one script, and a folder with the rest."""
    (tmp_path / "src").mkdir()
    scripts = {
        "prepare.py": PREPARE, "src/train.py": TRAIN, "src/evaluate.py": EVALUATE, "src/inference.py": INFERENCE
    }  # fmt: skip
    for name, text in scripts.items():
        (tmp_path / name).write_text(textwrap.dedent(text))
    return tmp_path


@pytest.fixture
def submit(engine):
    """Upsert a pipeline, start it, wait for its end; the SDK's execution."""

    def run(pipeline, fails=False, **start):
        pipeline.upsert(role_arn=engine.endpoint.role)
        return ended(pipeline.start(**start), fails=fails)

    return run


def ended(execution, fails=False):
    if fails:
        with pytest.raises(WaiterError):
            execution.wait(delay=1, max_attempts=300)
    else:
        execution.wait(delay=1, max_attempts=300)
    return execution


def states(execution) -> dict[str, str]:
    return {step["StepName"]: step["StepStatus"] for step in execution.list_steps()}


def reasons(execution) -> dict[str, str]:
    return {step["StepName"]: step["FailureReason"] for step in execution.list_steps() if "FailureReason" in step}


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


@pytest.fixture
def data(engine, plain):
    """The diabetes data as one CSV below a prefix of its own; the prefix."""
    rows, targets = load_diabetes(return_X_y=True)
    text = "\n".join(
        ",".join(str(value) for value in (target, *row)) for target, row in zip(targets, rows, strict=True)
    )
    engine.client("s3").put_object(Bucket=engine.endpoint.bucket, Key="sdk-data/train.csv", Body=text.encode())
    return f"s3://{engine.endpoint.bucket}/sdk-data"


def ridge(engine, session, sources, **more):
    """An estimator in script mode."""
    return SKLearn(
        entry_point="train.py", source_dir=str(sources / "src"), framework_version="1.2-1", py_version="py3",
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*?);"}], role=engine.endpoint.role, instance_count=1,
        instance_type=INSTANCE, sagemaker_session=session, **more,
    )  # fmt: skip


def test_fit_deploy_predict_and_transform_without_a_pipeline(engine, plain, sources, data):
    client = engine.client("sagemaker")
    estimator = ridge(engine, plain, sources, hyperparameters={"alpha": 0.1})
    estimator.fit({"train": data}, logs=False)
    model = SKLearnModel(
        model_data=estimator.model_data, role=engine.endpoint.role, entry_point="inference.py",
        source_dir=str(sources / "src"), framework_version="1.2-1", sagemaker_session=plain,
    )  # fmt: skip
    predictor = model.deploy(1, INSTANCE, endpoint_name="sdk-ridge", wait=False)
    client.get_waiter("endpoint_in_service").wait(EndpointName="sdk-ridge", WaiterConfig={"Delay": 1})
    rows, targets = load_diabetes(return_X_y=True)
    predictions = predictor.predict(rows[:50])
    assert abs(predictions - targets[:50]).mean() < 60
    predictor.delete_endpoint()

    package = model.register(
        content_types=["application/x-npy"], response_types=["application/x-npy"], inference_instances=[INSTANCE],
        transform_instances=[INSTANCE], model_package_group_name="sdk-ridges", approval_status="Approved",
    )  # fmt: skip
    assert package.model_package_arn.endswith(":model-package/sdk-ridges/1")
    approved = sagemaker.ModelPackage(
        role=engine.endpoint.role, model_package_arn=package.model_package_arn, sagemaker_session=plain
    )
    approved.deploy(1, INSTANCE, endpoint_name="sdk-approved", wait=False)
    client.get_waiter("endpoint_in_service").wait(EndpointName="sdk-approved", WaiterConfig={"Delay": 1})
    answer = engine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="sdk-approved", ContentType="application/json", Body=json.dumps(rows[:5].tolist())
    )
    assert json.loads(answer["Body"].read()) == pytest.approx(list(predictions[:5]))
    client.delete_endpoint(EndpointName="sdk-approved")

    engine.client("s3").put_object(
        Bucket=engine.endpoint.bucket, Key="sdk-batch/in.csv",
        Body="\n".join(",".join(map(str, row)) for row in rows[:20]).encode(),
    )  # fmt: skip
    transformer = model.transformer(1, INSTANCE, accept="text/csv", assemble_with="Line")
    transformer.transform(
        f"s3://{engine.endpoint.bucket}/sdk-batch", content_type="text/csv", split_type="Line", logs=False
    )
    bucket, _, key = f"{transformer.output_path}/in.csv.out".removeprefix("s3://").partition("/")
    lines = engine.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().split()
    assert [float(line) for line in lines] == pytest.approx(list(predictions[:20]))


def test_tuning(engine, session, submit, sources, data):
    tuner = HyperparameterTuner(
        ridge(engine, session, sources), "rmse", {"alpha": ContinuousParameter(0.01, 10)},
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*?);"}], objective_type="Minimize", strategy="Random",
        max_jobs=3, max_parallel_jobs=2,
    )  # fmt: skip
    tune = TuningStep("tune", step_args=tuner.fit({"train": TrainingInput(data)}))
    best = tune.get_top_model_s3_uri(top_k=0, s3_bucket=engine.endpoint.bucket)
    said = FailStep("say", error_message=best)
    execution = submit(Pipeline("sdk-tuning", steps=[tune, said], sagemaker_session=session), fails=True)
    assert reasons(execution)["say"].startswith(f"s3://{engine.endpoint.bucket}/")
    name = next(at for at in execution.list_steps() if at["StepName"] == "tune")["Metadata"]["TuningJob"]["Arn"]
    job = engine.client("sagemaker").describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name.rpartition("/")[2]
    )
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    assert job["BestTrainingJob"]["TrainingJobName"] in reasons(execution)["say"]


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


def test_stopping(engine, session, tmp_path):
    (tmp_path / "slow.py").write_text("import time; print('up', flush=True); time.sleep(600)")
    script = ScriptProcessor(
        image_uri=IMAGE, command=["python3"], role=engine.endpoint.role, instance_count=1, instance_type=INSTANCE,
        sagemaker_session=session,
    )  # fmt: skip
    slow = ProcessingStep("slow", step_args=script.run(code=str(tmp_path / "slow.py")))
    pipeline = Pipeline("sdk-slow", steps=[slow], sagemaker_session=session)
    pipeline.upsert(role_arn=engine.endpoint.role)
    execution = pipeline.start(execution_display_name="to-be-stopped", execution_description="it sleeps")
    execution.stop()
    deadline = time.monotonic() + 60
    while (described := execution.describe())["PipelineExecutionStatus"] in ("Executing", "Stopping"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert described["PipelineExecutionStatus"] == "Stopped"
    assert described["PipelineExecutionDisplayName"] == "to-be-stopped"


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


def test_upsert_reads_back_and_merges_tags(engine, session):
    client, role = engine.client("sagemaker"), engine.endpoint.role
    pipeline = Pipeline("sdk-upsert", steps=[FailStep("no", error_message="no")], sagemaker_session=session)
    arn = pipeline.upsert(role_arn=role, tags=[{"Key": "team", "Value": "a"}])["PipelineArn"]
    assert json.loads(pipeline.describe()["PipelineDefinition"]) == json.loads(pipeline.definition())
    pipeline.upsert(
        role_arn=role, tags=[{"Key": "stage", "Value": "b"}], parallelism_config={"MaxParallelExecutionSteps": 2}
    )
    assert {tag["Key"] for tag in client.list_tags(ResourceArn=arn)["Tags"]} == {"team", "stage"}
    assert pipeline.describe()["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert len(pipeline.list_pipeline_versions()["PipelineVersionSummaries"]) == 2
    pipeline.delete()
    with pytest.raises(ClientError, match="does not exist"):
        pipeline.describe()
