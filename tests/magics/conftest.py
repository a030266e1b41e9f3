"""A real IPython shell whose cells talk to a real engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config


@dataclass
class Output:
    """What a cell printed, displayed and raised."""

    text: str
    displayed: list[dict[str, Any]]
    error: BaseException | None

    @property
    def shown(self) -> str:
        """The plain text of what was displayed."""
        return "\n".join(bundle["text/plain"] for bundle in self.displayed)


class Notebook:
    """Runs cells, one after the other, in one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, cell: str) -> Output:
        """Run a cell; what it raises fails the test."""
        output = self.attempt(cell)
        if output.error is not None:
            raise output.error
        return output

    def attempt(self, cell: str) -> Output:
        """Run a cell that may raise."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell, silent=False)
        return Output(
            captured.stdout,
            [output.data for output in captured.outputs],
            result.error_in_exec or result.error_before_exec,
        )


@pytest.fixture
def notebook(engine, monkeypatch, tmp_path):
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(engine.home))
    monkeypatch.chdir(tmp_path)
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    notebook = Notebook(shell)
    notebook.run("%load_ext sm_pipeline_widgets")
    yield notebook
    InteractiveShell.clear_instance()
