"""From letting go of the mouse to the new text in the cell, and to the new picture, in a browser.

A step is dragged from the list onto the graph, again and again; and one is connected to another.

``python -m tests.benchmarks.bench_drop``
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.bench_canvas import CHROMIUM, CHROMIUM_ARGS, open_notebook, run, server
from tests.benchmarks.bench_definition import layered, text_of

SIZES = (50, 500)
RUNS = 7
WATCH = """() => {
    const shared = window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel;
    const cy = document.querySelector('.smpw-canvas')._cyreg.cy;
    window.addEventListener('pointerup', () => {
        window.dropped = performance.now();
        window.written = window.drawn = null;
    }, {capture: true});
    shared.changed.connect(() => (window.written ??= performance.now()));
    cy.on('add', 'edge', () => (window.drawn ??= performance.now()));
}"""


def dropped(page: Page) -> tuple[float, float]:
    """Milliseconds until the text and until the picture, once both are there."""
    page.wait_for_function("window.written && window.drawn", timeout=60_000)
    found: list[float] = page.evaluate("[window.written - window.dropped, window.drawn - window.dropped]")
    page.wait_for_timeout(1500)  # the form of the new step, and whatever else follows
    return found[0], found[1]


def add(page: Page) -> tuple[float, float]:
    row = page.locator(".smpw-palette-row[data-type=Processing]")
    if not row.is_visible():
        page.click("[data-action=add]")
    row.hover()
    page.mouse.down()
    canvas = page.locator(".smpw-canvas").bounding_box() or {}
    page.mouse.move(canvas["x"] + canvas["width"] - 60, canvas["y"] + 8, steps=4)
    page.mouse.move(canvas["x"] + canvas["width"] - 64, canvas["y"] + 6)
    page.mouse.up()
    return dropped(page)


def measure(page: Page, size: int) -> list[tuple[float, float]]:
    page.wait_for_selector(".smpw-edit-toggle:not([hidden])", timeout=60_000)
    page.locator(".smpw-execution").scroll_into_view_if_needed()
    page.click(".smpw-edit-toggle")
    page.wait_for_selector(".smpw-fields .smpw-row")
    page.locator(".smpw-execution").scroll_into_view_if_needed()
    page.evaluate(WATCH)
    return [add(page) for _ in range(RUNS)]


def main() -> None:
    print("| steps | text | picture |\n|---|---|---|")
    with server() as where, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for size in SIZES:
            page = browser.new_page(viewport={"width": 1700, "height": 1000})
            text = f"%%pipeline large\n{text_of(layered(size))}"
            open_notebook(page, where, f"drop-{size}.ipynb", ["%load_ext sm_pipeline_widgets", text])
            run(page, 0)
            run(page, 1)
            times = measure(page, size)
            written, drawn = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"| {size} | {written:.0f} ms | {drawn:.0f} ms |")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
