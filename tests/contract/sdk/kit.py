"""What the tests with the SageMaker SDK 2.x share: the user's scripts, and what is asked of an execution."""

from __future__ import annotations

import warnings

import pytest
from botocore.exceptions import WaiterError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sagemaker.sklearn.estimator import SKLearn

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


def ridge(engine, session, sources, **more):
    """An estimator in script mode."""
    return SKLearn(
        entry_point="train.py", source_dir=str(sources / "src"), framework_version="1.2-1", py_version="py3",
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*?);"}], role=engine.endpoint.role, instance_count=1,
        instance_type=INSTANCE, sagemaker_session=session, **more,
    )  # fmt: skip
