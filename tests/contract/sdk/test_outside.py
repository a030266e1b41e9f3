"""The SDK 2.x without a pipeline: fit, deploy, predict, register, transform."""

from __future__ import annotations

import json
import warnings

import pytest
from sklearn.datasets import load_diabetes

from tests.contract.sdk.kit import INSTANCE, ridge

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sagemaker
    from sagemaker.sklearn.model import SKLearnModel

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


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
