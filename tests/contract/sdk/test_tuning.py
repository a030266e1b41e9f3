"""The SDK 2.x: tuning."""

from __future__ import annotations

import warnings

import pytest

from tests.contract.sdk.kit import reasons, ridge

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.inputs import TrainingInput
    from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import TuningStep

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]


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
