"""Sessions of the SageMaker SDK 2.x that talk to the engine, and a user's files and data."""

from __future__ import annotations

import textwrap
import warnings

import pytest
from sklearn.datasets import load_diabetes

from sm_pipeline_widgets import connect
from tests.contract.sdk.kit import EVALUATE, INFERENCE, PREPARE, QUIET, TRAIN, ended

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sagemaker
    from sagemaker.workflow.pipeline_context import PipelineSession


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
def data(engine, plain):
    """The diabetes data as one CSV below a prefix of its own; the prefix."""
    rows, targets = load_diabetes(return_X_y=True)
    text = "\n".join(
        ",".join(str(value) for value in (target, *row)) for target, row in zip(targets, rows, strict=True)
    )
    engine.client("s3").put_object(Bucket=engine.endpoint.bucket, Key="sdk-data/train.csv", Body=text.encode())
    return f"s3://{engine.endpoint.bucket}/sdk-data"


@pytest.fixture
def submit(engine):
    """Upsert a pipeline, start it, wait for its end; the SDK's execution."""

    def run(pipeline, fails=False, **start):
        pipeline.upsert(role_arn=engine.endpoint.role)
        return ended(pipeline.start(**start), fails=fails)

    return run
