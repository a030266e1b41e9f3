"""One page and one kernel for all stories of a file: a story finds its cells in the notebook that is open already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Error, Page

    from tests.browser.conftest import JupyterServer, OpenNotebook

PUT = """sources => {
    const {shell} = window.jupyterapp;
    const panels = [...shell.widgets('main')];
    const panel = panels.find(each => each.content?.model?.sharedModel?.insertCells);
    panels.filter(each => each !== panel).forEach(each => each.dispose());
    shell.activateById(panel.id);
    const shared = panel.content.model.sharedModel;
    const cells = sources.map(source => ({cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null}));
    shared.transact(() => {
        shared.deleteCellRange(0, shared.cells.length);
        shared.insertCells(0, cells);
    }, false);
    panel.content.activeCellIndex = 0;
}"""
DRAWN = """count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count &&
    !document.querySelector('.smpw-execution')"""
IDLE = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


@pytest.fixture(scope="module")
def page_errors() -> list[str]:
    return []


@pytest.fixture(autouse=True)
def clean_page(page_errors: list[str]) -> Iterator[None]:
    yield
    told = list(page_errors)
    page_errors.clear()
    assert told == []


@pytest.fixture(scope="module", params=["lab", "notebook7"])
def place(request: pytest.FixtureRequest) -> JupyterServer:
    """JupyterLab, and Notebook 7."""
    server: JupyterServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture(scope="module")
def page(browser: Browser, page_errors: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(60_000)

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "sm-pipeline-widgets" in message.text:
            page_errors.append(message.text)

    def fail(error: Error) -> None:
        if "sm-pipeline-widgets" in (error.stack or ""):
            page_errors.append(error.stack or str(error))

    opened.on("pageerror", fail)
    opened.on("console", hear)
    yield opened
    context.close()


@dataclass(slots=True)
class _Open:
    server: JupyterServer | None = None
    path: Path | None = None


@pytest.fixture(scope="module")
def open_now() -> _Open:
    return _Open()


@pytest.fixture
def open_notebook(
    open_notebook: OpenNotebook, page: Page, open_now: _Open, request: pytest.FixtureRequest
) -> Callable[..., Path]:
    """``open_notebook(cells, server=None)``: the cells in place of those of the story before; `anew` in a page of their own."""

    def opening(source: list[str], server: JupyterServer | None = None, *, anew: bool = False) -> Path:
        server = server or request.getfixturevalue("lab")
        if anew or open_now.server is not server or open_now.path is None:
            open_now.path, open_now.server = open_notebook(source, server), server
            return open_now.path
        page.evaluate(PUT, source)
        page.wait_for_function(DRAWN, arg=len(source))
        page.wait_for_function(IDLE)
        return open_now.path

    return opening
