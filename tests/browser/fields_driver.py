"""The verbs of tests that edit fields: begin editing, open a step's form, write into it, wait for the cell's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Notebook

TEXT = """\
%%pipeline diabetes
description: Predict disease progression  # kept
parameters:
  alpha: 0.1
  image: {type: String, default: sklearn}
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train, test]
  train:
    type: Training
    code: train.py
    hyperparameters: {alpha: $parameters.alpha}
    inputs: {train: $steps.prepare.outputs.train}
  evaluate:
    type: Processing
    code: evaluate.py
    inputs:
      model: $steps.train.model
"""
SOURCE = "window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource()"


@dataclass(frozen=True, slots=True)
class Form:
    """A notebook whose second cell declares a pipeline that is being edited."""

    notebook: Notebook

    @property
    def page(self) -> Page:
        return self.notebook.page

    @property
    def source(self) -> str:
        return str(self.page.evaluate(SOURCE))

    def begin(self, text: str = TEXT, server: object = None) -> Form:
        root = self.notebook.open(["%load_ext sm_pipeline_widgets", text], server).parent
        for name in ("prepare", "train", "evaluate"):
            (root / f"{name}.py").write_text("print('hello')\n")
        self.notebook.run(0)
        self.notebook.run(1)
        self.page.wait_for_selector(".smpw-edit-toggle:not([hidden])")
        if self.page.locator(".smpw-edit-toggle").get_attribute("aria-pressed") == "false":
            self.page.click(".smpw-edit-toggle")
        self.page.locator(".smpw-execution").scroll_into_view_if_needed()
        self.page.wait_for_selector(".smpw-fields .smpw-row")
        return self

    def wait_source(self, part: str, *, absent: bool = False) -> None:
        """Until the cell's text has `part`, or has it no longer."""
        sign = "!" if absent else ""
        self.page.wait_for_function(f"part => {sign}{SOURCE}.includes(part)", arg=part)

    def open_step(self, name: str) -> None:
        self.tab("Steps")
        self.row(name).locator("bdi").click()
        self.tab("Fields")
        self.page.wait_for_function("name => document.querySelector('.smpw-step-name input')?.value === name", arg=name)

    def tab(self, label: str) -> None:
        self.page.locator(".smpw-tab", has_text=label).click()

    def row(self, name: str) -> Locator:
        return self.page.locator(f'.smpw-steps tbody tr:has(th[title="{name}"])')

    def field(self, label: str) -> Locator:
        return self.page.locator(f'.smpw-row:has(> .smpw-label > bdi:text-is("{label}"))').first

    def input(self, label: str) -> Locator:
        return self.field(label).locator("input, textarea")

    def write(self, label: str, text: str, key: str = "Enter") -> None:
        self.input(label).fill(text)
        self.input(label).press(key)

    def offers(self, label: str, typed: str = "") -> list[str]:
        """What the list below a field has, opened with the down arrow."""
        self.input(label).focus()
        if typed:
            self.input(label).press_sequentially(typed)
        else:
            self.input(label).press("ArrowDown")
        self.page.wait_for_selector(".smpw-picker")
        return self.page.locator(".smpw-picker-label").all_inner_texts()

    @property
    def focused(self) -> str:
        return str(
            self.page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.title")
        )
