"""Registering the magics in an IPython shell."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class

from sm_pipeline_widgets.api.live_views import tell_busy
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.assistance import Assistance
from sm_pipeline_widgets.magics.cell import declare_pipeline, declare_step
from sm_pipeline_widgets.magics.empty_cell import with_body
from sm_pipeline_widgets.magics.line import run_line
from sm_pipeline_widgets.magics.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell


@magics_class
class PipelineMagics(Magics):
    """``%pipeline``, ``%%pipeline`` and ``%%step``, over one session."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.session = Session()
        self.session.variables = self.variables = shell.user_ns
        self.assistance = Assistance(shell, self.session)

    @line_cell_magic
    def pipeline(self, line: str, cell: str | None = None) -> None:
        """Declare a pipeline, or do something with one (``%pipeline help`` lists what).

        ::

            %%pipeline NAME [--run] [-p PARAMETER=VALUE]... [--target T] [--wait]
            steps:
              train:
                type: Training
                code: cell:train

        In the cell, Tab offers what fits at the cursor; in a notebook, Shift+Tab explains the word at it. Without a
        text, `%%pipeline NAME` opens the editor: begin there with a template or a step.
        """
        if cell is None:
            _print(run_line(self.session, line))
        else:
            declare_pipeline(self.session, line, cell, self.variables)

    @cell_magic
    def step(self, line: str, cell: str) -> None:
        """Take the cell's text as the code of a step: ``code: cell:NAME``."""
        if not line.strip():
            raise UsageError("A step's code needs a name.", "Write it behind the magic: `%%step train`.")
        _print(declare_step(self.session, line, cell))


def _print(text: str | None) -> None:
    if text:
        print(text)  # noqa: T201 - what a line magic answers


def _cell_begins(*_info: object) -> None:
    tell_busy(is_busy=True)


def _cell_has_ended(*_result: object) -> None:
    tell_busy(is_busy=False)


_EVENTS: Mapping[str, Callable[..., None]] = {"pre_run_cell": _cell_begins, "post_run_cell": _cell_has_ended}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext sm_pipeline_widgets``."""
    magics = PipelineMagics(shell)
    shell.register_magics(magics)
    magics.assistance.register()
    for event, tell in _EVENTS.items():
        shell.events.register(event, tell)
    if with_body not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(with_body)
    threading.Thread(target=_warm_up, daemon=True).start()


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext sm_pipeline_widgets``: completion, help and the magics are gone again."""
    registered = shell.magics_manager.registry.pop(PipelineMagics.__name__, None)
    if isinstance(registered, PipelineMagics):
        registered.assistance.unregister()
        for event, tell in _EVENTS.items():
            if tell in shell.events.callbacks[event]:
                shell.events.unregister(event, tell)
        if with_body in shell.input_transformers_cleanup:
            shell.input_transformers_cleanup.remove(with_body)
        for kind, names in registered.magics.items():
            for name in names:
                shell.magics_manager.magics[kind].pop(name, None)


def told(shell: InteractiveShell) -> str:
    """Name and region of the target in use, for JupyterLab's panel, which asks before it puts in a cell; asks nobody.

    Empty where the magics are not registered.
    """
    registered = shell.magics_manager.registry.get(PipelineMagics.__name__)
    if not isinstance(registered, PipelineMagics):
        return ""
    return f"{registered.session.target_name} {registered.session.region or ''}".strip()


def _warm_up() -> None:
    """Import what draws (a third of a second: ipycytoscape brings pandas) and read the API's model (a tenth).

    The first cell need not wait for either.
    """
    import_module("sm_pipeline_widgets.definition.assist_complete")
    import_module("sm_pipeline_widgets.definition.assist_help")
    import_module("sm_pipeline_widgets.api.show")
    import_module("sm_pipeline_widgets.definition.service_shapes").service("sagemaker")
