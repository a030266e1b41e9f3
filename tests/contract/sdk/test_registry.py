"""A version registered by the SDK 2.x, approved by the AWS CLI, deployed and asked by the SDK, shifted and deleted."""

from __future__ import annotations

import io
import json
import tarfile
import warnings

import pytest
from sklearn.datasets import load_diabetes

from sm_pipeline_widgets import Registry, connect
from sm_pipeline_widgets.api import deploying
from tests.contract.sdk.kit import IMAGE, INSTANCE, ridge, states

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker import ModelPackage
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.inputs import TrainingInput
    from sagemaker.model import Model
    from sagemaker.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import CSVSerializer
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import TrainingStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
NAME = "SdkDiabetes"


def packed(engine, sources) -> str:
    """The user's scripts as an archive in S3; its URI."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(sources / "src" / "inference.py", "inference.py")
    engine.client("s3").put_object(
        Bucket=engine.endpoint.bucket, Key="sdk-registry/code.tar.gz", Body=buffer.getvalue()
    )
    return f"s3://{engine.endpoint.bucket}/sdk-registry/code.tar.gz"


def test_from_the_sdk_to_an_endpoint_shared_by_two_versions(  # noqa: PLR0917 - fixtures
    engine, session, plain, submit, sources, data, aws, tmp_path
):
    report = f"s3://{engine.endpoint.bucket}/sdk-registry/evaluation.json"
    metrics = {"regression_metrics": {"rmse": {"value": 54.0}}}
    engine.client("s3").put_object(
        Bucket=engine.endpoint.bucket, Key="sdk-registry/evaluation.json", Body=json.dumps(metrics)
    )
    estimator = ridge(engine, session, sources, hyperparameters={"alpha": 0.1})
    train = TrainingStep("train", step_args=estimator.fit({"train": TrainingInput(data)}))
    # its handlers lie beside the model: nothing has to be packed anew
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": packed(engine, sources)}
    model = Model(
        image_uri=IMAGE, model_data=train.properties.ModelArtifacts.S3ModelArtifacts, role=engine.endpoint.role,
        env=environment, sagemaker_session=session,
    )  # fmt: skip
    register = ModelStep(
        "version",
        step_args=model.register(
            content_types=["text/csv"], response_types=["application/json"], inference_instances=[INSTANCE],
            transform_instances=[INSTANCE], model_package_group_name=NAME, approval_status="PendingManualApproval",
            model_metrics=ModelMetrics(model_statistics=MetricsSource("application/json", report)),
        ),
    )  # fmt: skip
    pipeline = Pipeline("sdk-registry", steps=[train, register], sagemaker_session=session)
    assert set(states(submit(pipeline)).values()) == {"Succeeded"}
    sagemaker = engine.client("sagemaker")
    (made,) = sagemaker.list_model_packages(ModelPackageGroupName=NAME)["ModelPackageSummaryList"]
    inference = sagemaker.describe_model_package(ModelPackageName=made["ModelPackageArn"])["InferenceSpecification"]
    sagemaker.create_model_package(ModelPackageGroupName=NAME, InferenceSpecification=inference)

    rows = aws("sagemaker", "list-model-packages", "--model-package-group-name", NAME, "--sort-order", "Ascending")
    arns = [row["ModelPackageArn"] for row in rows["ModelPackageSummaryList"]]
    assert [arn.rpartition("/")[2] for arn in arns] == ["1", "2"]
    aws("sagemaker", "update-model-package", "--model-package-arn", arns[0], "--model-approval-status", "Approved",
        "--approval-description", "seen by the CLI")  # fmt: skip
    registry = Registry(connect("local", home=engine.home))
    first = registry.version(f"{NAME}/1")
    assert "approved: seen by the CLI" in str(first)
    assert "rmse 54" in str(first)
    assert "after train" in str(first)
    registry.approve(f"{NAME}/2", note="a second one")

    package = ModelPackage(role=engine.endpoint.role, model_package_arn=arns[0], sagemaker_session=plain)
    package.deploy(1, INSTANCE, endpoint_name="sdk-registry", wait=False)  # it would look every 30 s
    deploying.wait(registry.target, "sdk-registry")
    predictor = Predictor(
        "sdk-registry", sagemaker_session=plain, serializer=CSVSerializer(), deserializer=JSONDeserializer()
    )
    values, _ = load_diabetes(return_X_y=True)
    assert 50 < predictor.predict(values[:2].tolist())[0] < 300

    target = registry.target
    deploying.plan_deploy(target, f"{NAME}/2", "sdk-registry", traffic=50).perform()
    shown = deploying.wait(target, "sdk-registry")
    assert [one.version for one in shown.state.variants] == ["sdkdiabetes/1", "sdkdiabetes/2"]
    aws("sagemaker", "update-endpoint-weights-and-capacities", "--endpoint-name", "sdk-registry",
        "--desired-weights-and-capacities", "VariantName=AllTraffic,DesiredWeight=0", "VariantName=v2,DesiredWeight=1")  # fmt: skip
    sample = ",".join(str(value) for value in values[0])
    answer = aws("sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "sdk-registry", "--content-type", "text/csv",
                 "--body", sample, str(tmp_path / "answer"))  # fmt: skip
    assert answer["InvokedProductionVariant"] == "v2"
    assert 50 < json.loads((tmp_path / "answer").read_text())[0] < 300
    aws("sagemaker", "delete-endpoint", "--endpoint-name", "sdk-registry")
    assert "Could not find endpoint" in aws(
        "sagemaker", "describe-endpoint", "--endpoint-name", "sdk-registry", fails=True
    )
