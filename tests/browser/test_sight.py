"""Views that nobody looks at: the kernel is told, nothing is drawn meanwhile, and all is there again for who comes back."""

from __future__ import annotations

import json

import pytest

from .looking import hide, reveal
from .test_run_tools import RUNNING, SETUP, VIEW

SEEN = "seen = []\nview.attach_sight(lambda name, is_seen: seen.append([name, is_seen]))\nview\n"
TOLD = "import json\nprint(json.dumps(seen))"
ON = 'run.set("train_forest", "succeeded", 10, 50)\nrun.set("evaluate", "running", 51)\nview.show_state(run.state, now=now())'
FILLER = "\n".join(f"# line {n}" for n in range(120))


@pytest.fixture(autouse=True)
def clean_page(page_errors):
    yield
    assert page_errors == []


@pytest.fixture
def told(notebook):
    """``told()``: what the kernel was told of views that are looked at, in order; no cell is run for it."""
    page = notebook.page

    def asking() -> list[list[object]]:
        result = page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, silent: false, store_history: false});
                let text = '';
                future.onIOPub = message => { text += message.content.text ?? ''; };
                await future.done;
                return text;
            }""",
            TOLD,
        )
        found: list[list[object]] = json.loads(result)
        return found

    return asking


def until(page, told, is_seen):
    """Wait until the last thing the kernel was told is that."""
    for _ in range(40):
        if told()[-1:] and told()[-1][1] is is_seen:
            return
        page.wait_for_timeout(250)
    raise AssertionError(told())


def test_the_kernel_knows_whether_somebody_looks(notebook, told):
    page = notebook.page
    notebook.open([SETUP.removesuffix("view\n") + SEEN, RUNNING, ON, FILLER])
    notebook.run(0)
    page.wait_for_selector(f"{VIEW} .smpw-card")
    notebook.run(1)
    content = "window.jupyterapp.shell.currentWidget.content"
    page.evaluate(f"() => {content}.scrollToItem(0, 'end')")
    until(page, told, True)

    page.evaluate(f"() => {{ {content}.activeCellIndex = 3; void {content}.scrollToItem(3, 'end'); }}")
    until(page, told, False)
    page.evaluate(f"() => {content}.scrollToItem(0, 'end')")
    until(page, told, True)

    hide(page)
    until(page, told, False)
    # what happens meanwhile is there at once
    page.evaluate(
        "code => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code}).done", ON
    )
    reveal(page)
    until(page, told, True)
    page.wait_for_selector(f"{VIEW} tr.smpw-is-running:has-text('evaluate')", state="attached")
    page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('3 of 7 done')")

    assert len({name for name, _is_seen in told()}) == 1, "one view has one name"
    # scrolling is said once, not with every pixel
    assert [is_seen for _name, is_seen in told()] == [True, False, True, False, True]
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    after = told()[5:]
    assert after[0] == [told()[4][0], False], "the page that went has said so"


def test_two_views_of_a_run_have_their_own_tabs_and_share_the_step(notebook):
    page = notebook.page
    notebook.open([SETUP, RUNNING, "display(view)"])
    for number in range(3):
        notebook.run(number)
    page.wait_for_function("view => document.querySelectorAll(view).length === 2", arg=VIEW)
    one, other = page.locator(VIEW).nth(0), page.locator(VIEW).nth(1)
    one.get_by_role("tab", name="Details").click()
    other.get_by_role("tab", name="Metrics").click()
    other.get_by_role("button", name="Timeline").click()

    def chosen(view):
        return view.locator("[role='tab'][aria-selected='true']").inner_text()

    assert (chosen(one), chosen(other)) == ("Details", "Metrics")
    assert one.locator(".smpw-lanes").is_visible()
    assert other.locator(".smpw-lanes").is_hidden()
    one.get_by_role("tab", name="Steps").click()
    one.locator(".smpw-steps tbody tr", has_text="train_forest").click()
    other.locator(".smpw-panel-head strong").filter(has_text="train_forest").wait_for()
    assert (chosen(one), chosen(other)) == ("Log", "Metrics")
