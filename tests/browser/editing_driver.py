"""The verbs of tests that edit on the graph: see cards, press and drag them, read the cell's text, run the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import JupyterServer, Notebook

LOAD = "%load_ext sm_pipeline_widgets"
VIEW = ".smpw-execution"
CODE = "%%step work\nimport os, pathlib\nfor folder in ('SM_MODEL_DIR', 'SM_OUTPUT_DATA'):\n    if folder in os.environ:\n        pathlib.Path(os.environ[folder], 'made.txt').write_text('made')\nprint('done')"
CARDS = """() => {
    const canvas = document.querySelector('.smpw-canvas');
    const cy = canvas?._cyreg?.cy;
    const frame = canvas?.getBoundingClientRect();
    return !cy ? [] : cy.nodes().map(node => {
        const box = node.renderedBoundingBox({includeLabels: false, includeOverlays: false});
        return {
            name: node.data('name'), x: frame.left + (box.x1 + box.x2) / 2, y: frame.top + (box.y1 + box.y2) / 2,
            foot: frame.top + box.y2, left: frame.left + box.x1, top: frame.top + box.y1, selected: node.selected(), badges: (node.data('badges') ?? []).length,
        };
    });
}"""
SOURCE = "number => window.jupyterapp.shell.currentWidget.content.widgets[number].model.sharedModel.getSource()"
WRITE = """([number, text]) =>
    window.jupyterapp.shell.currentWidget.content.widgets[number].model.sharedModel.setSource(text)"""


@dataclass(frozen=True, slots=True)
class Graph:
    """A notebook whose cell `number` declares a pipeline that is edited on its graph."""

    notebook: Notebook
    number: int

    @property
    def page(self) -> Page:
        return self.notebook.page

    @property
    def source(self) -> str:
        return str(self.page.evaluate(SOURCE, self.number))

    def begin(self, cells: list[str], server: JupyterServer | None = None, **more: Any) -> Graph:
        """Open a notebook, run its cells, and edit the pipeline of cell `number`."""
        self.notebook.open(cells, server, **more)
        for number in range(self.number + 1):
            self.notebook.run(number)
        self.page.wait_for_selector(".smpw-edit-toggle:not([hidden])")
        self.page.locator(VIEW).scroll_into_view_if_needed()
        if self.page.locator(".smpw-edit-toggle").get_attribute("aria-pressed") == "false":
            self.page.click(".smpw-edit-toggle")
        self.page.wait_for_selector(f"{VIEW}.smpw-editing")
        return self

    def cards(self) -> dict[str, dict[str, Any]]:
        return {card["name"]: card for card in self.page.evaluate(CARDS)}

    def card(self, name: str) -> dict[str, Any]:
        """A card that stands still."""
        self.page.wait_for_function(
            """name => {
                const cy = document.querySelector('.smpw-canvas')?._cyreg?.cy;
                return cy?.nodes().some(node => node.data('name') === name) && !cy.animated() && !cy.nodes(':animated').length;
            }""",
            arg=name,
        )
        return self.cards()[name]

    def wait_source(self, part: str, *, absent: bool = False) -> None:
        """Until the cell's text has `part`, or has it no longer."""
        sign = "!" if absent else ""
        self.page.wait_for_function(
            f"([number, part]) => {sign}({SOURCE})(number).includes(part)", arg=[self.number, part]
        )

    def wait_count(self, part: str, count: int) -> None:
        self.page.wait_for_function(
            f"([number, part, count]) => ({SOURCE})(number).split(part).length === count + 1",
            arg=[self.number, part, count],
        )

    def wait_selected(self, name: str) -> None:
        self.page.wait_for_function(
            """name => document.querySelector('.smpw-canvas')?._cyreg?.cy.nodes(':selected')
                .some(node => node.data('name') === name)""",
            arg=name,
        )

    def wait_cards(self, count: int) -> None:
        self.page.wait_for_function(
            "count => document.querySelector('.smpw-canvas')?._cyreg?.cy.nodes().length === count", arg=count
        )

    def write_source(self, text: str) -> None:
        """Write into the cell, as typing does."""
        self.page.evaluate(WRITE, [self.number, text])

    def click(self, name: str) -> None:
        card = self.card(name)
        self.page.mouse.click(card["x"], card["y"])
        self.page.wait_for_function(
            "name => document.querySelector('.smpw-panel-head strong')?.title === name", arg=name
        )

    def add(self, type_name: str, onto: str | None = None) -> None:
        """Drag a type from the list onto the graph, or onto a card."""
        row = self.page.locator(f".smpw-palette-row[data-type={type_name}]")
        if not row.is_visible():
            self.page.click("[data-action=add]")
        row.hover()
        self.page.mouse.down()
        canvas = self.page.locator(".smpw-canvas").bounding_box() or {}
        spot = (canvas["x"] + canvas["width"] - 24, canvas["y"] + canvas["height"] - 60)
        if onto is not None:
            card = self.cards()[onto]
            spot = (card["x"], card["y"])
        self.page.mouse.move(spot[0] - 20, spot[1] - 10, steps=3)
        self.page.mouse.move(*spot)
        self.page.mouse.up()

    def draw(self, source: str, target: str) -> None:
        """Drag from the handle of one card to another."""
        start, end = self.card(source), self.card(target)
        self.page.mouse.move(start["x"], start["y"])
        self.page.locator(".smpw-handle").wait_for()
        self.page.mouse.move(start["x"], start["foot"])
        self.page.mouse.down()
        self.page.mouse.move(end["x"] - 10, end["y"] - 6, steps=4)
        self.page.mouse.move(end["x"], end["y"])
        self.page.mouse.up()

    def box(self, *names: str) -> None:
        """Shift+drag around cards that stand beside each other."""
        found = [card for name, card in self.cards().items() if name in names]
        left = min(card["left"] for card in found)
        right = max(2 * card["x"] - card["left"] for card in found)
        top, foot = min(card["top"] for card in found), max(card["foot"] for card in found)
        self.page.keyboard.down("Shift")
        self.page.mouse.move(left - 4, foot + 4)
        self.page.mouse.down()
        self.page.mouse.move(left + 20, top + 10, steps=3)
        self.page.mouse.move(right + 4, top - 3, steps=3)
        self.page.mouse.up()
        self.page.keyboard.up("Shift")

    def choose(self, words: str) -> None:
        """Answer which edge a line is to mean."""
        self.page.locator(".smpw-choice", has_text=words).first.click()
        self.page.wait_for_selector(".smpw-popover", state="detached")

    def field(self, label: str) -> Any:
        return self.page.locator(f'.smpw-row:has(> .smpw-label > bdi:text-is("{label}")) :is(input, textarea)').first

    def write(self, step: str, label: str, text: str) -> None:
        """Write into a field of a step, and wait until it stands in the text."""
        self.click(step)
        self.page.wait_for_function("name => document.querySelector('.smpw-step-name input')?.value === name", arg=step)
        self.field(label).fill(text)
        self.field(label).press("Enter")
        self.wait_source(f"{label}: {text}")

    def run(self) -> None:
        """Run it on the engine, to the end."""
        run = self.page.locator(".smpw-buttons button", has_text="Run").first
        self.page.wait_for_function(  # asked anew each time: the buttons are made anew with their reasons
            """() => [...document.querySelectorAll('.smpw-buttons button')].find(each => each.textContent.includes('Run'))
                ?.getAttribute('aria-disabled') !== 'true'"""
        )
        run.click()
        self.page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('succeeded')", timeout=90_000)
