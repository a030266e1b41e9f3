"""The table of steps while a pipeline is edited, with the keyboard alone."""

from __future__ import annotations

from tests.browser.fields_driver import Form


def test_the_table_offers_every_edit_to_the_keyboard(notebook):
    form = Form(notebook).begin()
    page, press = form.page, form.page.keyboard.press
    form.tab("Steps")
    form.row("prepare").focus()

    # rename, in the row
    press("ArrowDown")
    press("F2")
    page.keyboard.type("fit")
    press("Enter")
    form.wait_source("model: $steps.fit.model")
    page.wait_for_function("document.activeElement.closest('tr')?.textContent.includes('fit')")

    # connect: which step, then which edge
    press("c")
    page.wait_for_selector(".smpw-connect")
    press("ArrowDown")
    press("Enter")
    page.wait_for_selector(".smpw-connect h4:has-text('evaluate')")
    notebook.screenshot("table-connect", ".smpw-execution")
    press("Escape")
    page.wait_for_selector(".smpw-connect", state="detached")

    # add behind it
    form.row("fit").focus()
    press("a")
    page.wait_for_function("document.activeElement instanceof HTMLInputElement")
    page.keyboard.type("fail")
    press("Enter")
    form.wait_source("type: Fail")
    page.wait_for_selector(".smpw-connect")  # whether it is to wait for the one before
    press("Escape")
    page.wait_for_selector(".smpw-connect", state="detached")

    # delete asks what becomes of references
    form.row("prepare").focus()
    press("Delete")
    page.wait_for_selector(".smpw-delete")
    notebook.screenshot("table-delete", ".smpw-execution")
    press("Enter")
    form.wait_source("  prepare:\n", absent=True)
    assert "$steps.prepare" not in form.source

    # and all of it can be undone there
    while "  train:\n" not in form.source:
        form.row("evaluate").focus()
        before = form.source
        press("Control+z")
        page.wait_for_function(
            "before => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource() !== before",
            arg=before,
        )
    assert "$steps.prepare.outputs.train" in form.source
    assert notebook.errors == []


def test_the_menu_of_a_row_moves_a_step_into_a_branch(notebook):
    text = "%%pipeline p\nsteps:\n  gate: {type: Condition, if: 1 < 2, then: []}\n  stop: {type: Fail, message: no}\n"
    form = Form(notebook).begin(text)
    form.tab("Steps")
    form.row("stop").click(button="right")
    form.page.locator(".lm-Menu-itemLabel", has_text="Move to branch").hover()
    form.page.locator(".lm-Menu-itemLabel", has_text="else of gate").click()
    form.wait_source("else: [stop]")
