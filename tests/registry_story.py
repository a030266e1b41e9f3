"""A pipeline that trains, evaluates and registers a scikit-learn model, for whoever tells of registries and endpoints."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = {
    "train.py": """
        import argparse, os
        import joblib
        from sklearn.datasets import load_diabetes
        from sklearn.linear_model import Ridge
        parser = argparse.ArgumentParser()
        parser.add_argument("--alpha", type=float)
        given, _ = parser.parse_known_args()
        X, y = load_diabetes(return_X_y=True)
        joblib.dump(Ridge(alpha=given.alpha).fit(X[:300], y[:300]), os.environ["SM_MODEL_DIR"] + "/model.joblib")
    """,
    "evaluate.py": """
        import json, os, tarfile, tempfile
        import joblib, numpy as np
        from sklearn.datasets import load_diabetes
        folder = tempfile.mkdtemp()
        tarfile.open(os.environ["SM_INPUT_MODEL"] + "/model.tar.gz").extractall(folder, filter="data")
        model = joblib.load(folder + "/model.joblib")
        X, y = load_diabetes(return_X_y=True)
        rmse = float(np.sqrt(((model.predict(X[300:]) - y[300:]) ** 2).mean()))
        r2 = float(model.score(X[300:], y[300:]))
        report = {"regression_metrics": {"rmse": {"value": rmse, "standard_deviation": 1.5}, "r2": {"value": r2}}}
        json.dump(report, open(os.environ["SM_OUTPUT_REPORT"] + "/evaluation.json", "w"))
    """,
    "serve.py": """
        import os
        import joblib

        def model_fn(folder):
            return joblib.load(os.path.join(folder, "model.joblib"))
    """,
}
PIPELINE = """\
parameters:
  alpha: 0.1
steps:
  train:
    type: Training
    code: train.py
    hyperparameters: {alpha: $parameters.alpha}
  evaluate:
    type: Processing
    code: evaluate.py
    inputs: {model: $steps.train.model}
    outputs: [report]
  register:
    type: RegisterModel
    model: $steps.train.model
    code: serve.py
    group: Verbs-Diabetes
    metrics: {model_quality: "${steps.evaluate.outputs.report}/evaluation.json"}
"""


def pipeline_text(folder: Path, group: str) -> str:
    """The pipeline, with its scripts written into a folder."""
    text = PIPELINE.replace("Verbs-Diabetes", group)
    for name, script in SCRIPTS.items():
        (folder / name).write_text(textwrap.dedent(script))
        text = text.replace(f"code: {name}", f"code: {folder / name}")
    return text
