"""JupyterLab around the views: the panel of pipelines, commands, settings, files as a canvas. All of it below a base URL."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from sm_pipeline_widgets import Pipeline, connect
from sm_pipeline_widgets.aws import pipelines

from .conftest import wait_idle
from .editing_driver import Graph

pytestmark = pytest.mark.timeout(300)
QUICK = "steps: {no: {type: Fail, message: that is all}}"
WAITS = """
steps:
  wait: {type: Callback, queue: https://sqs.us-east-1.amazonaws.com/123456789012/questions, outputs: {answer: String}}
"""
TEXT = """\
# what is written here stays
steps:
  first:   # and this
    type: Fail
    message: enough
  second: {type: Fail, message: more}
"""
PANEL = "#sm-pipelines-panel"


class Lab:
    """JupyterLab with its panel, as a person uses it."""

    def __init__(self, notebook, server):
        self.notebook, self.page, self.server = notebook, notebook.page, server
        self.panel = self.page.locator(PANEL)

    def command(self, name):
        self.page.evaluate("id => void window.jupyterapp.commands.execute(id)", f"sm-pipelines:{name}")

    def row(self, words):
        return self.panel.locator(".smpw-list-row", has_text=words).first

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def cell(self, number):
        """A cell's text."""
        return self.page.evaluate(
            "n => window.jupyterapp.shell.currentWidget.content.widgets.at(n).model.sharedModel.getSource()", number
        )

    def set(self, **values):
        """Change settings as the settings editor does."""
        self.page.evaluate(
            """async values => {
                const manager = window.jupyterapp.serviceManager.settings;
                await manager.save('sm-pipeline-widgets:plugin', JSON.stringify(values));
            }""",
            values,
        )

    def open_file(self, name, text):
        path = self.server.root / name
        path.write_text(text)
        self.page.goto(self.server.address(name))
        return path

    def text(self):
        """The open document's text."""
        return self.page.evaluate("window.jupyterapp.shell.currentWidget.context.model.sharedModel.getSource()")

    def until(self, script):
        self.page.wait_for_function(script)


@pytest.fixture
def jupyterlab(notebook, lab):
    made = Lab(notebook, lab)
    yield made
    assert notebook.errors == []


@pytest.fixture(scope="module")
def waiting(lab):
    """A pipeline that runs on JupyterLab's engine until it is stopped, and one that never ran."""
    target = connect("local", home=lab.root.parent / "state" / "engine")
    for name, text in (("quick", QUICK), ("waits", WAITS)):
        pipelines.submit(target, name, Pipeline.from_yaml(text, name).definition(target))
    return pipelines.start(target, "waits")


def test_the_panel_lists_searches_opens_and_stops(jupyterlab, waiting):
    notebook, page = jupyterlab.notebook, jupyterlab.page
    notebook.open(["%load_ext sm_pipeline_widgets"])
    notebook.run(0)
    jupyterlab.command("panel")
    expect(jupyterlab.row("waits")).to_contain_text("running")
    expect(jupyterlab.row("quick")).to_contain_text("never run")

    # by keys alone: open the pipeline, go to its execution, show it
    jupyterlab.row("waits").click()
    jupyterlab.press("ArrowRight", "ArrowDown")
    expect(jupyterlab.panel.locator(".smpw-list-row-run[aria-selected=true]")).to_contain_text("running")
    jupyterlab.press("Enter")
    page.wait_for_selector(".smpw-execution .smpw-is-running")
    # the package was loaded already: the cell says no more than what is done
    assert jupyterlab.cell(1) == f"%pipeline watch {waiting}"
    notebook.screenshot("lab-panel")

    page.locator(f"{PANEL} input[type=search]").fill("qui")
    expect(jupyterlab.panel.locator(".smpw-list-row")).to_have_count(1)
    page.locator(f"{PANEL} input[type=search]").fill("nothing like it")
    expect(jupyterlab.panel).to_contain_text("Nothing here has “nothing like it”")
    page.locator(f"{PANEL} input[type=search]").fill("")

    status = page.locator(".smpw-running-button")
    expect(status).to_have_text("1 pipeline execution running")
    jupyterlab.row("waits").click()
    jupyterlab.panel.get_by_role("button", name="Stop").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Stop").click()
    expect(jupyterlab.panel.locator(".smpw-list-row-run").first).to_contain_text("stop")
    notebook.set_theme("JupyterLab Dark")
    jupyterlab.row("waits").click(button="right")
    expect(page.locator(".lm-Menu")).to_contain_text("Copy ARN")
    notebook.screenshot("lab-panel-dark")


def test_commands_are_cells_and_settings_take_effect(jupyterlab, waiting):
    notebook, page = jupyterlab.notebook, jupyterlab.page
    notebook.open([""])
    page.locator(".jp-Notebook .jp-Cell").first.click()
    jupyterlab.press("Escape", "Control+Alt+n")
    page.locator(".jp-Dialog input").fill("fresh")
    jupyterlab.press("Enter")
    page.wait_for_selector(".smpw-execution")
    assert [jupyterlab.cell(0), jupyterlab.cell(1)] == ["%load_ext sm_pipeline_widgets", "%%pipeline fresh"]

    page.evaluate("void window.jupyterapp.commands.execute('sm-pipelines:run', {name: 'quick'})")
    expect(page.locator(".smpw-execution").last).to_contain_text("failed")
    assert jupyterlab.cell(-1) == "%pipeline run quick"

    jupyterlab.command("panel")
    expect(jupyterlab.row("quick")).to_contain_text("failed")
    page.locator(f"{PANEL} select").select_option("aws")
    # the tests have no credentials: the panel says so, and what to do
    expect(jupyterlab.panel.get_by_role("alert")).to_contain_text("no AWS credentials")
    notebook.screenshot("lab-panel-trouble")
    page.locator(f"{PANEL} select").select_option("local")
    expect(jupyterlab.row("quick")).to_contain_text("failed")


def test_a_text_is_edited_as_a_file(jupyterlab):
    page = jupyterlab.page
    path = jupyterlab.open_file("demo.pipeline.yaml", TEXT)
    page.wait_for_selector(".smpw-document .smpw-execution .smpw-card >> nth=1")
    wait = "window.jupyterapp.shell.currentWidget.context.model"
    Graph(jupyterlab.notebook, 0).click("second")
    page.locator("[data-action=remove]").click()
    jupyterlab.until(f"!{wait}.sharedModel.getSource().includes('second')")
    assert jupyterlab.text() == TEXT.replace("  second: {type: Fail, message: more}\n", "")
    assert page.evaluate(f"{wait}.dirty")
    jupyterlab.notebook.screenshot("lab-document")

    page.locator("[data-action=undo]").click()
    jupyterlab.until(f"{wait}.sharedModel.getSource().includes('second')")
    page.evaluate(f"{wait}.sharedModel.updateSource(0, 0, 'description: typed\\n')")
    expect(page.locator(".smpw-execution .smpw-header")).to_contain_text("typed")
    page.locator(".jp-Toolbar").get_by_text("Save", exact=True).click()
    jupyterlab.until(f"!{wait}.dirty")
    assert path.read_text() == "description: typed\n" + TEXT


def test_a_text_that_cannot_be_read_stays_as_it_is(jupyterlab):
    path = jupyterlab.open_file("broken.pipeline.yaml", "steps: {a: [\n")
    view = jupyterlab.page.locator(".smpw-document .smpw-execution")
    view.wait_for()
    expect(view).to_contain_text("this is not YAML")
    jupyterlab.page.locator(".jp-Toolbar").get_by_text("Open as text").click()
    jupyterlab.page.wait_for_selector(".jp-FileEditor")
    jupyterlab.notebook.screenshot("lab-document-broken")
    assert path.read_text() == "steps: {a: [\n"


def test_a_definition_is_shown_and_converted(jupyterlab):
    page = jupyterlab.page
    definition = Pipeline.from_yaml(TEXT, "made").definition()
    jupyterlab.open_file("made.pipeline.json", json.dumps(definition))
    page.wait_for_selector(".smpw-document .smpw-card >> nth=1")
    page.locator(".jp-Toolbar").get_by_text("Convert to a text").click()
    jupyterlab.until("window.jupyterapp.shell.currentWidget?.context?.path === 'made.pipeline.yaml'")
    page.wait_for_selector(".smpw-document .smpw-editing")
    assert "second" in (jupyterlab.server.root / "made.pipeline.yaml").read_text()

    jupyterlab.open_file("wrong.pipeline.json", '{"Steps": 1')
    page.wait_for_selector(".smpw-document-note[role=alert]")
    expect(page.locator(".smpw-document-note")).to_contain_text("cannot be drawn")
    jupyterlab.notebook.screenshot("lab-document-wrong")


def test_notebook_7_has_the_panel_and_no_error(notebook, notebook7):
    page = notebook.page
    notebook.open(["1 + 1"], notebook7)
    wait_idle(page)
    page.evaluate("void window.jupyterapp.commands.execute('sm-pipelines:panel')")
    expect(page.locator(PANEL)).to_contain_text("engine on this machine")
    expect(page.locator(PANEL)).to_contain_text("does not run")
    notebook.screenshot("lab-notebook7")
    assert notebook.errors == []
