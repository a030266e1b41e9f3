"""A model's versions in JupyterLab: evidence, decisions, two side by side, an endpoint's life - all by the view alone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import AXE, AXE_RUN
from tests.registry_story import pipeline_text

VIEW = ".smpw-registry"
ROW = ",".join(["0.05"] * 10)
RUNS = """
%load_ext sm_pipeline_widgets
from sm_pipeline_widgets import Pipeline, run
text = open({path!r}).read()
pipeline = Pipeline.from_yaml(text, name="lab-diabetes")
runs = [run(pipeline, parameters={{"alpha": alpha}}) for alpha in (0.1, 1.0)]
print([one.wait(timeout=120).status for one in runs])
"""

TRAFFIC = "%pipeline endpoint lab-diabetes --traffic v1=40 v2=60"
OTHER = """%%pipeline other
steps:
  a:
    type: Fail
    message: no
"""


def violations(page) -> list[str]:
    """What axe-core finds serious in the view."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    return page.evaluate(AXE_RUN, [VIEW])


class Registry:
    """What a person does in the view."""

    def __init__(self, notebook) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.view = self.page.locator(VIEW)

    def press(self, name: str, *, within: str = "") -> None:
        place = self.view.locator(within) if within else self.view
        place.get_by_role("button", name=name, exact=True).first.click()

    def row(self, number: int):
        return self.view.locator("tr[data-name]").filter(
            has=self.page.get_by_role("button", name=str(number), exact=True)
        )

    def stands(self, number: int, status: str) -> None:
        """Wait until a version has this status."""
        self.row(number).locator(".smpw-registry-status", has_text=status).wait_for()

    def open(self, number: int) -> None:
        self.row(number).get_by_role("button", name=str(number), exact=True).click()
        self.view.get_by_role("heading", name=f"Lab-Diabetes/{number}").wait_for()
        self.view.get_by_text("Comes from").wait_for()

    def do(self, action: str, *, go: str, **fields: str) -> str:
        """Press an action, fill in its form, read what it would do, do it; the words of the plan."""
        self.press(action)
        plan = self.view.locator(".smpw-registry-plan")
        for label, value in fields.items():
            plan.get_by_label(label.replace("_", " "), exact=True).fill(value)
        if fields:
            plan.get_by_role("button", name="What would it do?").click()
        words = plan.locator(".smpw-registry-words")
        words.wait_for()
        told = words.inner_text()
        if action == "Deploy…":
            self.notebook.screenshot("registry-plan", VIEW)
        plan.get_by_role("button", name=go, exact=True).click()
        plan.wait_for(state="hidden")
        return told

    def endpoint(self, *texts: str):
        card = self.view.locator(".smpw-registry-endpoint")
        for text in texts:
            card.get_by_text(text, exact=True).first.wait_for()
        return card


@pytest.fixture
def registry(notebook, tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_text(pipeline_text(tmp_path, "Lab-Diabetes"))
    notebook.page.set_viewport_size({"width": 1280, "height": 1300})  # the whole view in one picture
    notebook.open(
        [
            RUNS.format(path=str(path)),
            "%pipeline models Lab-Diabetes",
            TRAFFIC,
            OTHER,
        ]
    )
    notebook.run(0)
    notebook.run(1)
    shown = Registry(notebook)
    shown.row(2).wait_for()
    yield shown
    assert notebook.errors == []


def test_from_evidence_to_an_endpoint_and_back(registry):
    view, page = registry.view, registry.page
    heads = view.locator("thead th").all_inner_texts()
    assert heads == ["Version", "Status", "Created", "rmse", "r2", "From", "Decision"]

    registry.open(1)
    evidence = view.locator(".smpw-registry-page")
    assert "step `register` of pipeline `lab-diabetes`, after train, evaluate" in evidence.inner_text()
    assert "regression_metrics" in evidence.locator(".smpw-registry-report").inner_text()
    registry.press("Approve…")
    registry.press("What would it do?")
    view.get_by_text("Note is needed.").wait_for()
    page.keyboard.press("Escape")
    told = registry.do("Approve…", go="Approve", Note="rmse is fine")
    assert "pending → approved" in told
    registry.stands(1, "approved")

    told = registry.do("Deploy…", go="Deploy", Endpoint="lab-diabetes")
    assert "Cost: nothing" in told
    registry.endpoint("InService", "100 %")
    view.get_by_label("Sample for lab-diabetes").fill(ROW)
    registry.press("Ask")
    answer = view.get_by_label("Answer of lab-diabetes")
    answer.get_by_text("v1 · ").wait_for()
    assert answer.inner_text().startswith("[1") or answer.inner_text().startswith("[2")

    for number in (1, 2):
        registry.row(number).get_by_role("checkbox").check()
    registry.press("Compare two")
    view.get_by_role("heading", name="Lab-Diabetes/1 and Lab-Diabetes/2").wait_for()
    registry.row(2).get_by_role("button", name="2", exact=True).focus()
    page.keyboard.press("Enter")
    view.get_by_role("heading", name="Lab-Diabetes/2", exact=False).first.wait_for()
    registry.press("Beside the approved one")
    view.get_by_role("heading", name="Lab-Diabetes/1 and Lab-Diabetes/2").wait_for()
    compared = view.locator(".smpw-registry-compared").first.inner_text()
    assert ", worse" in compared or ", better" in compared
    assert violations(page) == []
    registry.notebook.screenshot("registry-compared-light", VIEW)
    registry.open(2)
    registry.do("Approve…", go="Approve", Note="a try on a quarter of the requests")
    registry.stands(2, "approved")
    told = registry.do("Deploy…", go="Deploy", Endpoint="lab-diabetes", Share_of_the_requests_in_percent="25")
    assert "25 % of the requests" in told
    registry.endpoint("InService", "75 %", "25 %")
    registry.notebook.set_theme("JupyterLab Dark")
    assert violations(page) == []
    registry.notebook.screenshot("registry-dark", VIEW)
    registry.notebook.set_theme("JupyterLab Light")
    registry.do(
        "Shift traffic… lab-diabetes",
        go="Shift the traffic",
        **{"v1 (lab-diabetes/1)": "50", "v2 (lab-diabetes/2)": "50"},
    )
    registry.endpoint("InService", "50 %")
    registry.notebook.run(2)
    asked = page.locator(".jp-Notebook .jp-Cell").nth(2)
    assert "v1 40 %, v2 60 %" in asked.inner_text()
    registry.notebook.screenshot("registry-asked")
    asked.get_by_role("button", name="Shift the traffic").click()
    asked.get_by_text("60 %").last.wait_for()
    registry.endpoint("40 %", "60 %")  # the view above hears of it
    registry.press("Refresh")
    view.get_by_text("Everything was read anew.").wait_for()
    assert "Cost" in registry.do("Roll back… lab-diabetes", go="Roll back")
    registry.endpoint("InService", "100 %")

    registry.open(1)
    told = registry.do("Roll back to it…", go="Roll back", Note="2 drifts")
    assert "Lab-Diabetes/2: approved → rejected" in told
    registry.stands(2, "rejected")
    registry.notebook.screenshot("registry-light", VIEW)

    registry.press("Put into a cell…")
    cells = page.locator(".jp-Notebook .jp-Cell")
    cells.nth(3).get_by_text("ModelPackageName").wait_for()
    registry.press("Open run")
    cells.nth(2).get_by_text("%pipeline watch arn").wait_for()

    told = registry.do("Delete… lab-diabetes", go="Delete")
    assert "delete endpoint `lab-diabetes`" in told
    view.get_by_text("No endpoint serves a version of this group.").wait_for()
