"""An interpreter that has the SageMaker SDK 3.x: `make soak` makes one and names it in a variable."""

from __future__ import annotations

import os

import pytest

VARIABLE = "SM_PIPELINE_SDK3_PYTHON"


@pytest.fixture(scope="session")
def python3():
    """The interpreter's path."""
    path = os.environ.get(VARIABLE)
    assert path, f"set {VARIABLE} to an interpreter with sagemaker>=3; `make soak` makes one"
    return path
