"""Notebooks executed headless, as they are saved after every cell has run."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient


@pytest.fixture(scope="module")
def execute(engine, tmp_path_factory):
    """Runs a notebook of a path from top to bottom; a cell that raises fails the test."""

    def run(path):
        book = nbformat.read(path, as_version=4)
        folder = tmp_path_factory.mktemp(path.stem)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SM_PIPELINE_WIDGETS_HOME", str(engine.home))
            NotebookClient(book, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
        return book

    return run
