"""A real JupyterLab (or Notebook 7) and a real Chromium, and the few verbs that browser tests speak."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from sm_pipeline_widgets.engine import daemon

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), NAMES[0])
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCREENSHOTS = Path(__file__).parent / "screenshots"
TOKEN = "browser-tests"
STARTUP_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True, slots=True)
class JupyterServer:
    """A running server: where it listens, which folder it shows, and how it names notebooks in addresses."""

    url: str
    root: Path
    tree: str

    def address(self, path: str) -> str:
        return f"{self.url}{self.tree}/{path}?reset&token={TOKEN}"


def serve(
    folder: Path, application: str, tree: str, base_url: str = "/", *, python: Path | None = None
) -> Iterator[JupyterServer]:
    """A server until the generator ends; of another `python`, with what is installed there and nothing of this tree."""
    root, state = folder / "notebooks", folder / "state"
    root.mkdir()
    state.mkdir()
    settings = state / "settings" / "@jupyterlab"
    for extension, name, values in (
        ("apputils-extension", "notification", {"fetchNews": "false", "checkForUpdates": False}),
        # each window of the browser starts anew
        ("docmanager-extension", "plugin", {"autosave": False}),
    ):
        (settings / extension).mkdir(parents=True, exist_ok=True)
        (settings / extension / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
    own = [] if python is not None else _own_parts(state)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "JUPYTER"))}
    environment |= {
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "JUPYTER_DATA_DIR": str(state / "data"),
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(state / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(state / "workspaces"),
        "IPYTHONDIR": str(state / "ipython"),
        "SM_PIPELINE_WIDGETS_HOME": str(state / "engine"),
    }
    command = [
        *(str(python or sys.executable), "-m", application, "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={root}"),
        *(f"--IdentityProvider.token={TOKEN}", "--LabServerApp.news_url=", f"--ServerApp.base_url={base_url}"),
        *own,
    ]
    if python is not None:
        environment.pop("PYTHONPATH", None)
    with (state / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=root)
    try:
        yield JupyterServer(_wait_for_url(process, state), root, tree)
    finally:
        process.terminate()
        process.wait(timeout=30)
        daemon.stop(state / "engine")


def _own_parts(state: Path) -> list[str]:
    """The options with which a server uses the parts that belong to the Python under test, wherever others are installed."""
    _enable_server_part(state / "config")
    folder = state / "labextensions"
    folder.mkdir()
    own = Path(__file__).parents[2] / "sm_pipeline_widgets" / "labextension"
    (folder / "sm-pipeline-widgets").symlink_to(own, target_is_directory=True)
    return [f"--LabServerApp.extra_labextensions_path={folder}"]


def _enable_server_part(config: Path) -> None:
    """As the wheel does it: with the file it installs for the Jupyter server."""
    own = Path(__file__).parents[2] / "sm_pipeline_widgets" / "server" / "jupyter_server_config.json"
    (config / "jupyter_server_config.d").mkdir(parents=True)
    shutil.copy(own, config / "jupyter_server_config.d" / "sm_pipeline_widgets.json")


def _wait_for_url(process: subprocess.Popen[bytes], state: Path) -> str:
    found = state / "runtime" / f"jpserver-{process.pid}.json"
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found.exists() and (text := found.read_text()).endswith("}"):
            return str(json.loads(text)["url"])
        time.sleep(0.05)
    raise RuntimeError("Jupyter did not start:\n" + (state / "server.log").read_text()[-4000:])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    # as behind a proxy: whatever a story reaches, it reaches below a base URL and with a token
    yield from serve(tmp_path_factory.mktemp("lab"), "jupyterlab", "lab/tree", "/user/someone/")


@pytest.fixture(scope="session")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    yield from serve(tmp_path_factory.mktemp("notebook7"), "notebook", "notebooks")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong in the page's part of this package: uncaught errors and console errors that name it."""
    return []


@pytest.fixture
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


OpenNotebook = Callable[..., Path]


@pytest.fixture
def open_notebook(page: Page, request: pytest.FixtureRequest) -> OpenNotebook:
    """``open_notebook(cells_or_path, server=None)``: open a notebook, made of `cells` or copied, with an idle kernel."""

    def opening(source: list[str] | Path, server: JupyterServer | None = None) -> Path:
        server = server or request.getfixturevalue("lab")
        name = f"{request.node.name.translate({ord(c): '-' for c in '[]/: '})}.ipynb"
        path = server.root / name
        if isinstance(source, Path):
            book = nbformat.read(source, as_version=4)
        else:
            book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in source])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        nbformat.write(book, path)
        page.goto(server.address(name))
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function("window.jupyterapp !== undefined")
        wait_idle(page)
        return path

    return opening


def wait_idle(page: Page) -> None:
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp.shell.currentWidget;
            return panel?.sessionContext?.session?.kernel?.status === 'idle';
        }"""
    )


@pytest.fixture
def run_cell(page: Page) -> Callable[..., None]:
    """``run_cell(n, wait=True)``: Shift+Enter in cell `n`, from 0; returns when the cell has its number."""

    def running(number: int, *, wait: bool = True) -> None:
        cell = page.locator(".jp-Notebook .jp-Cell").nth(number)
        cell.locator(".jp-InputArea-editor").first.click()
        page.keyboard.press("Shift+Enter")
        if wait:
            page.wait_for_function(
                """number => /\\[\\d+\\]/.test(
                    document.querySelectorAll('.jp-Notebook .jp-Cell')[number]
                        ?.querySelector('.jp-InputArea-prompt')?.textContent ?? '')""",
                arg=number,
            )

    return running


@pytest.fixture
def cytoscape(page: Page) -> Callable[..., dict[str, Any]]:
    """``cytoscape(edges=None)``: nodes, edges and viewport of the canvas; waits until it has that many edges."""

    def reading(edges: int | None = None, selector: str = ".smpw-canvas") -> dict[str, Any]:
        page.wait_for_function(
            """([selector, edges]) => {
                const cy = document.querySelector(selector)?._cyreg?.cy;
                return cy && cy.nodes().length && (edges === null || cy.edges().length === edges);
            }""",
            arg=[selector, edges],
        )
        found: dict[str, Any] = page.evaluate(
            """selector => {
                const cy = document.querySelector(selector)._cyreg.cy;
                const one = e => ({...e.data(), classes: e.classes(), selected: e.selected()});
                return {
                    nodes: cy.nodes().map(n => ({...one(n), ...n.position()})),
                    edges: cy.edges().map(e => ({...one(e), midpoint: e.midpoint()})),
                    zoom: cy.zoom(), pan: cy.pan(), extent: cy.extent(),
                };
            }""",
            selector,
        )
        return found

    return reading


@pytest.fixture
def screenshot(page: Page) -> Callable[..., Path]:
    """``screenshot(name, selector=None)``: keep a picture for eyes, of the page or of one element."""

    def taking(name: str, selector: str | None = None) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        if selector:  # without what JupyterLab lays over everything
            page.locator(selector).first.screenshot(path=path, style=".Toastify { display: none }")
        else:
            page.screenshot(path=path)
        return path

    return taking


@pytest.fixture
def set_theme(page: Page) -> Iterator[Callable[[str], None]]:
    """``set_theme("JupyterLab Dark")``: change JupyterLab's theme as the settings menu does; light again afterwards."""

    def changing(name: str) -> None:
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=name)
        # JupyterLab covers itself while it loads a theme, and takes the cover away some time after
        page.wait_for_selector("#jupyterlab-splash", state="detached")

    yield changing
    if page.evaluate("document.body.dataset.jpThemeLight === 'false'"):
        changing("JupyterLab Light")


@dataclass(frozen=True, slots=True)
class Notebook:
    """All verbs in one hand, for tests that need many."""

    page: Page
    open: OpenNotebook
    run: Callable[..., None]
    cytoscape: Callable[..., dict[str, Any]]
    screenshot: Callable[..., Path]
    set_theme: Callable[[str], None]
    errors: list[str]


@pytest.fixture
def notebook(request: pytest.FixtureRequest) -> Notebook:
    names = ("page", "open_notebook", "run_cell", "cytoscape", "screenshot", "set_theme", "page_errors")
    return Notebook(*(request.getfixturevalue(name) for name in names))


AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = ("JupyterLab Light", "JupyterLab Dark")
AXE_RUN = """async selectors => {
    // colours that are still on their way from one theme to the other are nobody's colours
    await Promise.all(document.getAnimations().filter(each => each.effect?.getTiming().iterations !== Infinity)
        .map(each => each.finished.catch(() => undefined)));
    const found = await axe.run({include: selectors.filter(each => document.querySelector(each)).map(each => [each])});
    return found.violations
        .filter(each => each.impact === 'serious' || each.impact === 'critical')
        .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}"""
AXE_LOOKS_AT = [".smpw-execution", ".smpw-picker", "#sm-pipelines-panel"]


@pytest.fixture
def axe(notebook: Any) -> Iterator[Callable[[str], None]]:
    """``axe(name)``: look at what is shown, in both themes; whatever was found is told at the end."""
    told: list[str] = []
    themes = list(THEMES)

    def looking(name: str) -> None:
        for theme in themes:
            if notebook.page.evaluate("document.body.dataset.jpThemeName") != theme:
                notebook.set_theme(theme)
            if not notebook.page.evaluate("typeof axe === 'object'"):
                notebook.page.evaluate(AXE.read_text())
            found = notebook.page.evaluate(AXE_RUN, AXE_LOOKS_AT)
            notebook.screenshot(f"axe-{name}-{theme.split()[-1].lower()}")
            told.extend(f"{name}, {theme}: {each}" for each in found)
        themes.reverse()  # the next look begins with the theme that is there

    yield looking
    assert told == []
