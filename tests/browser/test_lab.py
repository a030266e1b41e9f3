"""JupyterLab around the views: the panel of pipelines, commands, settings, files as a canvas. All of it below a base URL."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from sm_pipeline_widgets import Pipeline, connect
from sm_pipeline_widgets.aws import pipelines

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

    def settings(self, **values):
        """What a person has set; nothing: the defaults."""
        path = self.server.root.parent / "state" / "settings" / "sm-pipeline-widgets" / "plugin.jupyterlab-settings"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(values))

    def open_file(self, name, text):
        """As a double click in the file browser does."""
        path = self.server.root / name
        path.write_text(text)
        if not self.page.url.startswith(self.server.url):
            self.page.goto(self.server.address(name))
        else:
            self.page.evaluate("path => window.jupyterapp.commands.execute('docmanager:open', {path})", name)
        self.until(f"window.jupyterapp?.shell.currentWidget?.context?.path === '{name}'")
        return path

    @property
    def shown(self):
        """The document that is in sight."""
        return self.page.locator(".smpw-document:not(.lm-mod-hidden)").locator("visible=true").last

    def text(self):
        """The open document's text."""
        return self.page.evaluate("window.jupyterapp.shell.currentWidget.context.model.sharedModel.getSource()")

    def until(self, script):
        self.page.wait_for_function(script)


@pytest.fixture
def jupyterlab(notebook, lab):
    made = Lab(notebook, lab)
    yield made
    made.settings()
    assert notebook.errors == []


@pytest.fixture(scope="module")
def waiting(lab):
    """A pipeline that runs on JupyterLab's engine until it is stopped, and one that never ran."""
    target = connect("local", home=lab.root.parent / "state" / "engine")
    for name, text in (("quick", QUICK), ("waits", WAITS)):
        pipelines.submit(target, name, Pipeline.from_yaml(text, name).definition(target))
    return pipelines.start(target, "waits")


def test_the_panel_its_commands_and_the_status_bar(jupyterlab, waiting):
    notebook, page, panel = jupyterlab.notebook, jupyterlab.page, jupyterlab.panel
    notebook.open([""])
    # commands are cells that are put in and run; the first one loads the package
    page.locator(".jp-Notebook .jp-Cell").first.click()
    jupyterlab.press("Escape", "Control+Alt+n")
    page.locator(".jp-Dialog input").fill("fresh")
    jupyterlab.press("Enter")
    page.wait_for_selector(".smpw-execution")
    assert [jupyterlab.cell(0), jupyterlab.cell(1)] == ["%load_ext sm_pipeline_widgets", "%%pipeline fresh"]
    page.evaluate("void window.jupyterapp.commands.execute('sm-pipelines:run', {name: 'quick'})")
    expect(page.locator(".smpw-execution").last).to_contain_text("failed", timeout=30_000)
    assert jupyterlab.cell(-1) == "%pipeline run quick"

    jupyterlab.command("panel")
    expect(jupyterlab.row("waits")).to_contain_text("running")
    expect(jupyterlab.row("quick")).to_contain_text("failed")
    expect(page.locator(".smpw-running-button")).to_have_text("1 pipeline execution running")

    # by keys alone: open the pipeline, go to its execution, show it
    jupyterlab.row("waits").click()
    jupyterlab.press("ArrowRight", "ArrowDown")
    expect(panel.locator(".smpw-list-row-run[aria-selected=true]")).to_contain_text("running")
    jupyterlab.press("Enter")
    page.wait_for_selector(".smpw-execution .smpw-is-running")
    assert jupyterlab.cell(-1) == f"%pipeline watch {waiting}"
    notebook.screenshot("lab-panel")

    # what somebody else ran in the kernel that is shared is its picture first
    page.evaluate(
        """() => {
            const outputs = window.jupyterapp.shell.currentWidget.content.widgets.at(-1).outputArea.model;
            const shown = outputs.toJSON();
            outputs.trusted = false;
            outputs.fromJSON(shown);
        }"""
    )
    page.locator(".smpw-attach").get_by_role("button", name="Attach").click()
    page.wait_for_selector(".smpw-execution .smpw-is-running")

    search = panel.locator("input[type=search]")
    search.fill("qui")
    expect(panel.locator(".smpw-list-row-pipeline")).to_have_count(1)
    search.fill("nothing like it")
    expect(panel).to_contain_text("Nothing here has “nothing like it”")
    search.fill("")

    panel.locator("select").select_option("aws")
    # the tests have no credentials: the panel says so, and what to do
    expect(panel.get_by_role("alert")).to_contain_text("no AWS credentials")
    notebook.screenshot("lab-panel-trouble")
    panel.locator("select").select_option("local")

    jupyterlab.row("waits").click()
    panel.get_by_role("button", name="Stop").click()
    page.locator(".jp-Dialog").get_by_role("button", name="Stop").click()
    expect(jupyterlab.row("waits")).to_contain_text("stop")
    notebook.set_theme("JupyterLab Dark")
    jupyterlab.row("waits").click(button="right")
    expect(page.locator(".lm-Menu")).to_contain_text("Copy ARN")
    notebook.screenshot("lab-panel-dark")


def test_files_open_as_a_canvas(jupyterlab):
    jupyterlab.settings(theme="dark")
    a_text_is_edited(jupyterlab)
    a_text_that_cannot_be_read_stays_as_it_is(jupyterlab)
    a_definition_is_shown_and_converted(jupyterlab)
    a_definition_that_is_none_says_so(jupyterlab)


def a_text_is_edited(jupyterlab):
    page, model = jupyterlab.page, "window.jupyterapp.shell.currentWidget.context.model"
    path = jupyterlab.open_file("demo.pipeline.yaml", TEXT)
    page.wait_for_selector(".smpw-document .smpw-execution .smpw-card >> nth=1")
    # the setting makes views dark in a light JupyterLab
    expect(page.locator(".smpw-execution")).to_have_css("background-color", "rgb(33, 33, 33)")
    Graph(jupyterlab.notebook, 0).click("second")
    page.locator("[data-action=remove]").click()
    jupyterlab.until(f"!{model}.sharedModel.getSource().includes('second')")
    assert jupyterlab.text() == TEXT.replace("  second: {type: Fail, message: more}\n", "")
    assert page.evaluate(f"{model}.dirty")
    heights = [page.locator(each).first.bounding_box()["height"] for each in (".smpw-canvas-host", ".smpw-canvas")]
    assert heights[1] > 0.9 * heights[0]
    jupyterlab.notebook.screenshot("lab-document")

    page.locator("[data-action=undo]").click()
    jupyterlab.until(f"{model}.sharedModel.getSource().includes('second')")
    page.evaluate(f"{model}.sharedModel.updateSource(0, 0, 'description: typed\\n')")
    expect(page.locator(".smpw-execution .smpw-header")).to_contain_text("typed")
    page.locator(".jp-Toolbar").get_by_text("Save", exact=True).click()
    jupyterlab.until(f"!{model}.dirty")
    assert path.read_text() == "description: typed\n" + TEXT


def a_text_that_cannot_be_read_stays_as_it_is(jupyterlab):
    path = jupyterlab.open_file("broken.pipeline.yaml", "steps: {a: [\n")
    expect(jupyterlab.shown.locator(".smpw-execution")).to_contain_text("this is not YAML", timeout=30_000)
    jupyterlab.shown.locator("xpath=..").get_by_text("Open as text").click()
    jupyterlab.page.wait_for_selector(".jp-FileEditor")
    jupyterlab.notebook.screenshot("lab-document-broken")
    assert path.read_text() == "steps: {a: [\n"


def a_definition_is_shown_and_converted(jupyterlab):
    jupyterlab.open_file("made.pipeline.json", json.dumps(Pipeline.from_yaml(TEXT, "made").definition()))
    jupyterlab.shown.locator(".smpw-card").nth(1).wait_for()
    jupyterlab.shown.locator("xpath=..").get_by_text("Convert to a text").click()
    jupyterlab.until("window.jupyterapp.shell.currentWidget?.context?.path === 'made.pipeline.yaml'")
    jupyterlab.shown.locator(".smpw-edit-bar").wait_for()
    assert "second" in (jupyterlab.server.root / "made.pipeline.yaml").read_text()


def a_definition_that_is_none_says_so(jupyterlab):
    # it is drawn anew when it is saved, here or by anybody else
    jupyterlab.open_file("made.pipeline.json", '{"Steps": 1')
    jupyterlab.page.evaluate("void window.jupyterapp.shell.currentWidget.context.revert()")
    expect(jupyterlab.shown.get_by_role("alert")).to_contain_text("cannot be drawn", timeout=30_000)
    jupyterlab.notebook.screenshot("lab-document-wrong")
