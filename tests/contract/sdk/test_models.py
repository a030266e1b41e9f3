"""The SDK 2.x: a model packed again with its handlers inside the pipeline, and asked there for a whole folder."""

from __future__ import annotations

import warnings

import pytest
from sklearn.datasets import load_diabetes

from tests.contract.sdk.kit import INSTANCE, ridge, states

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.inputs import TrainingInput
    from sagemaker.pytorch.model import PyTorchModel
    from sagemaker.transformer import Transformer
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import TrainingStep, TransformStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


def test_repack_create_and_transform(engine, session, submit, sources, data):
    s3, bucket = engine.client("s3"), engine.endpoint.bucket
    rows, _ = load_diabetes(return_X_y=True)
    lines = "\n".join(",".join(map(str, row)) for row in rows[:20])
    s3.put_object(Bucket=bucket, Key="sdk-repack/in/rows.csv", Body=lines.encode())
    estimator = ridge(engine, session, sources, hyperparameters={"alpha": 0.1})
    train = TrainingStep("train", step_args=estimator.fit({"train": TrainingInput(data)}))
    # a framework whose handlers the SDK packs into the model itself, by a training job of its own
    model = PyTorchModel(
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts, role=engine.endpoint.role,
        entry_point="inference.py", source_dir=str(sources / "src"), framework_version="2.0", py_version="py310",
        sagemaker_session=session,
    )  # fmt: skip
    create = ModelStep("make", step_args=model.create(instance_type=INSTANCE))
    transformer = Transformer(
        model_name=create.properties.ModelName, instance_count=1, instance_type=INSTANCE, accept="text/csv",
        assemble_with="Line", output_path=f"s3://{bucket}/sdk-repack/out", sagemaker_session=session,
    )  # fmt: skip
    ask = TransformStep(
        "ask",
        step_args=transformer.transform(f"s3://{bucket}/sdk-repack/in", content_type="text/csv", split_type="Line"),
    )
    execution = submit(Pipeline("sdk-repack", steps=[train, create, ask], sagemaker_session=session))
    assert states(execution) == dict.fromkeys(["train", "make-RepackModel-0", "make-CreateModel", "ask"], "Succeeded")
    answers = s3.get_object(Bucket=bucket, Key="sdk-repack/out/rows.csv.out")["Body"].read().split()
    assert len(answers) == 20
    assert all(50 < float(answer) < 300 for answer in answers)
