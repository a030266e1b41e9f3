"""Declare, draw, run, watch and debug Amazon SageMaker Pipelines in Jupyter.

>>> from sm_pipeline_widgets import Pipeline
>>> pipeline = Pipeline.from_yaml("steps: {a: {type: Fail, message: no}}", name="demo")
>>> list(pipeline.graph)
['a']
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sm_pipeline_widgets.api.execution import Execution, run
    from sm_pipeline_widgets.api.history import executions
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.api.registry import Registry
    from sm_pipeline_widgets.api.show import show
    from sm_pipeline_widgets.api.targets import connect
    from sm_pipeline_widgets.aws.target import Target

__all__ = ["Execution", "Pipeline", "Registry", "Target", "connect", "executions", "run", "show"]

# Public names are imported when they are first used: boto3 and ipywidgets take most of a second together, and the
# engine's processes import this package too.
_HOMES = {
    "Execution": "api.execution",
    "Pipeline": "api.pipeline",
    "Registry": "api.registry",
    "Target": "aws.target",
    "connect": "api.targets",
    "executions": "api.history",
    "run": "api.execution",
    "show": "api.show",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("sm_pipeline_widgets")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext sm_pipeline_widgets``: register the magics."""
    from sm_pipeline_widgets.magics.extension import load_ipython_extension as load  # noqa: PLC0415

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext sm_pipeline_widgets``: take the magics, completion and help away again."""
    from sm_pipeline_widgets.magics.extension import unload_ipython_extension as unload  # noqa: PLC0415

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where ``jupyter labextension develop`` finds the built front end."""
    return [{"src": "labextension", "dest": "sm-pipeline-widgets"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Where the Jupyter server finds the handlers of JupyterLab's panel."""
    return [{"module": "sm_pipeline_widgets.server"}]
