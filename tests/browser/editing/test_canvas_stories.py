"""Pipelines edited on the graph, by mouse and by keys; what is made there stands in the cell, and runs."""

from __future__ import annotations

from tests.browser.editing_driver import CODE, LOAD, Graph

FIVE = """\
%%pipeline demo
# what stands here stays
steps:
  prepare: {type: Processing, code: 'cell:work'}
  train:
    type: Training
    code: cell:work  # by hand
    depends_on: [prepare]
  evaluate:
    type: Processing
    code: cell:work
    inputs: {model: $steps.train.model}
"""


def test_five_steps_from_an_empty_cell_by_mouse(notebook, place):
    graph = Graph(notebook, 2).begin([LOAD, CODE, "%%pipeline mouse"], place)
    page, tree = graph.page, place.tree.split("/")[0]
    page.wait_for_selector(".smpw-template")
    notebook.screenshot(f"editing-start-{tree}")
    page.locator(".smpw-start .smpw-go").click()

    graph.add("Processing")
    graph.wait_source("type: Processing")
    graph.write("prepare", "code", "cell:work")
    # dropped on a card, a step can take what that one gives
    graph.add("Training", onto="prepare")
    graph.choose("only waits until")
    graph.wait_source("depends_on: [prepare]")
    graph.write("train", "code", "cell:work")
    graph.add("Processing", onto="train")
    page.wait_for_selector(".smpw-choice")
    notebook.screenshot(f"editing-choice-{tree}", ".smpw-execution")
    graph.choose("model")
    graph.wait_source("$steps.train.model")
    card = graph.card("prepare_2")
    page.mouse.dblclick(card["x"], card["y"])
    page.locator(".smpw-rename").fill("evaluate")
    page.keyboard.press("Enter")
    graph.wait_source("  evaluate:\n")
    graph.write("evaluate", "code", "cell:work")

    # a line that would close a circle is refused with words
    graph.draw("evaluate", "prepare")
    assert "waits for" in page.locator(".smpw-popover .smpw-refusal").inner_text()
    page.keyboard.press("Escape")

    graph.add("Condition", onto="evaluate")
    graph.choose("only waits until")
    graph.write("check", "if", "$execution.pipeline_name != 'x'")
    graph.add("Processing")
    graph.wait_source("  prepare_2:")
    page.keyboard.press("Escape")
    graph.write("prepare_2", "code", "cell:work")
    page.locator(".smpw-zoom button").last.click()
    graph.draw("check", "prepare_2")
    graph.choose("holds")
    graph.wait_source("then: [prepare_2]")
    graph.card("prepare_2")
    notebook.screenshot(f"editing-five-{tree}")
    graph.run()
    assert len(graph.cards()) == 5


def test_the_same_by_keys_alone(notebook, place):
    graph = Graph(notebook, 2).begin([LOAD, CODE, "%%pipeline keys"], place)
    page, press = graph.page, graph.page.keyboard.press
    # from the cell, Tab leads through the view's buttons into the card that says how to begin
    page.locator(".smpw-edit-toggle").focus()
    for _ in range(40):
        press("Tab")
        if page.evaluate("document.activeElement.classList.contains('smpw-go')"):
            break
    press("Enter")

    def add(words: str, part: str) -> None:
        page.wait_for_selector(".smpw-palette input:focus")
        page.keyboard.type(words)
        page.wait_for_selector(".smpw-palette-row[aria-selected=true]")
        press("Enter")
        graph.wait_source(part)

    def give_code(name: str) -> None:
        page.wait_for_selector(f'.smpw-panel-head strong[title="{name}"]')
        page.wait_for_selector(".smpw-canvas:focus")
        press("Enter")
        page.wait_for_function("name => document.activeElement?.value === name", arg=name)
        while page.evaluate("document.activeElement.getAttribute('aria-label')") != "code":
            press("Tab")
        given = graph.source.count("code: cell:work")
        page.keyboard.type("cell:work")
        press("Enter")
        graph.wait_count("code: cell:work", given + 1)
        press("Escape")
        page.wait_for_selector(".smpw-canvas:focus")

    add("processing", "  prepare:")
    give_code("prepare")
    press("a")
    add("training", "  train:")
    page.wait_for_selector(".smpw-choice:focus")
    press("Enter")
    graph.wait_source("depends_on: [prepare]")
    give_code("train")
    press("a")
    add("processing", "  prepare_2:")
    page.wait_for_selector(".smpw-choice:focus")
    notebook.screenshot("editing-keys", ".smpw-execution")
    press("Enter")
    graph.wait_source("$steps.train.model")
    page.wait_for_selector(".smpw-canvas:focus")
    press("F2")
    page.wait_for_selector(".smpw-rename:focus")
    page.keyboard.type("evaluate")
    press("Enter")
    graph.wait_source("  evaluate:\n")
    give_code("evaluate")
    press("Control+d")
    graph.wait_source("  evaluate_copy:")
    press("Control+d")
    graph.wait_source("  evaluate_copy_copy:")
    # connect by keys: from the copy to its copy
    page.wait_for_selector('.smpw-panel-head strong[title="evaluate_copy_copy"]')
    press("c")
    page.wait_for_selector(".smpw-mode-hint:not([hidden])")
    for way in ("ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowUp"):
        press(way)
        if "to evaluate_copy?" in page.locator(".smpw-mode-hint").inner_text():
            break
    press("Enter")
    page.wait_for_selector(".smpw-choice:focus, .smpw-edit-said span span")
    press("Enter")
    graph.run()
    assert len(graph.cards()) == 5


SAVED = """([number, words]) => window.jupyterapp.shell.currentWidget.content.widgets[number].model.outputs.toJSON()
    .some(output => [output.data?.['text/plain']].flat().join('').includes(words))"""


def test_renamed_copied_deleted_undone_to_the_start_and_redone(notebook, place):
    """One sitting: each edit is one step of the cell's own undo, and undoing them all gives the text as it was."""
    graph = Graph(notebook, 2).begin([LOAD, CODE, FIVE], place)
    page, press = graph.page, graph.page.keyboard.press
    begun = graph.source

    # every reference follows a name
    graph.click("train")
    press("F2")
    page.locator(".smpw-rename").fill("fit")
    press("Enter")
    graph.wait_source("inputs: {model: $steps.fit.model}")
    assert "code: cell:work  # by hand" in graph.source
    graph.wait_selected("fit")

    # several at once
    graph.click("prepare")
    page.keyboard.down("Shift")
    card = graph.card("evaluate")
    page.mouse.click(card["x"], card["y"])
    page.keyboard.up("Shift")
    assert {name for name, card in graph.cards().items() if card["selected"]} == {"prepare", "evaluate"}
    press("Control+d")
    graph.wait_source("evaluate_copy:")
    graph.card("prepare_copy")
    graph.card("evaluate_copy")

    # what others refer to is asked about
    graph.click("fit")
    press("Delete")
    page.wait_for_selector(".smpw-delete")
    notebook.screenshot("editing-delete", ".smpw-execution")
    page.get_by_role("button", name="Keep references").click()
    graph.wait_source("  fit:", absent=True)
    assert "$steps.fit.model" in graph.source
    page.wait_for_selector(".smpw-problems-button.smpw-has-errors")

    for _ in range(3):
        press("Control+z")
    graph.wait_source(begun)
    assert graph.source == begun
    graph.card("train")
    assert set(graph.cards()) == {"prepare", "train", "evaluate"}
    for part in ("  fit:", "evaluate_copy:"):
        press("Control+y")
        graph.wait_source(part)
    graph.card("evaluate_copy")
    # what a closed notebook shows is what was drawn last; the live view stays as it is
    view = page.locator(".smpw-execution").element_handle()
    page.wait_for_function(SAVED, arg=[2, "prepare_copy"])
    assert view.is_visible()
    graph.run()


HELD = "import pathlib, time\nwhile not pathlib.Path('go-on').exists():\n    time.sleep(0.05)"


def test_what_is_typed_is_drawn_and_a_conflict_loses_nothing(notebook, place, axe):
    (place.root / "go-on").unlink(missing_ok=True)
    graph = Graph(notebook, 2).begin([LOAD, CODE, FIVE, HELD], place)
    page = graph.page
    typed = graph.source + "\n  late: {type: Processing, code: cell:work, description: typed}\n"
    graph.write_source(typed.replace("typed}", "["))
    page.wait_for_selector(".smpw-unreadable:not([hidden])")
    assert page.locator(".smpw-canvas-host.smpw-stale").count() == 1
    assert set(graph.cards()) == {"prepare", "train", "evaluate"}
    notebook.screenshot("editing-unreadable", ".smpw-execution")
    graph.write_source(typed)
    graph.card("late")
    page.wait_for_selector(".smpw-unreadable", state="hidden")

    # the kernel is busy while the edit waits; meanwhile the cell is changed
    notebook.run(3, wait=False)
    graph.click("train")
    page.keyboard.press("Control+d")
    mine = typed.replace("description: typed", "description: mine")
    graph.write_source(mine)
    (place.root / "go-on").touch()
    card = page.locator(".smpw-conflict")
    card.wait_for()
    notebook.screenshot("editing-conflict", ".smpw-execution")
    axe("editor-conflict")
    marked = card.locator("mark").all_inner_texts()
    assert any("description: mine" in line for line in marked)
    assert any("train_copy" in line for line in marked)
    assert graph.source == mine
    card.get_by_role("button", name="Take the canvas").click()
    graph.wait_source("train_copy:")
    page.keyboard.press("Control+z")
    graph.wait_source("description: mine")
    assert graph.source == mine
    graph.card("late")
    graph.run()


def test_a_step_is_copied_into_another_notebook(notebook, page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    graph = Graph(notebook, 2).begin([LOAD, CODE, FIVE])
    graph.click("train")
    page.keyboard.press("Control+c")
    page.wait_for_selector(".smpw-edit-said :text('copied')")
    assert "train:" in page.evaluate("navigator.clipboard.readText()")
    text = "%%pipeline other\nsteps:\n  train: {type: Processing, code: 'cell:work'}\n"
    other = Graph(notebook, 2).begin([LOAD, CODE, text], anew=True)
    other.click("train")
    page.locator(".smpw-canvas").focus()
    page.keyboard.press("Control+v")
    other.wait_source("code: cell:work  # by hand")
    assert len(other.source.split("type:")) == 3
    other.wait_cards(2)
    # what it waited for is not here: that is said, and solved
    assert "prepare" in page.locator(".smpw-edit-said").inner_text()
    other.write_source(other.source.replace("depends_on: [prepare]", "depends_on: [train]"))
    page.wait_for_function("document.querySelector('.smpw-canvas')._cyreg.cy.edges().length === 1")
    other.run()


SOURCES = (
    """() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"""
)
MOVE = """number => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = number;
    notebook.mode = 'command';
    return window.jupyterapp.commands.execute('notebook:move-cell-up');
}"""


def test_each_view_writes_into_its_own_cell_wherever_that_is_moved(notebook, place):
    page = notebook.page
    other = "%%pipeline moved\nsteps:\n  first: {type: Processing, code: 'cell:work'}\n"
    Graph(notebook, 2).begin([LOAD, CODE, FIVE, other], place)
    notebook.run(3)
    toggle = page.locator(".smpw-edit-toggle").last
    if toggle.get_attribute("aria-pressed") == "false":
        toggle.click()
    view = page.locator(".smpw-execution").last
    view.locator(".smpw-card").first.wait_for()

    def duplicate(count: int) -> None:
        view.locator(".smpw-canvas").click(position={"x": 5, "y": 5})
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+d")
        page.wait_for_function(
            f"count => ({SOURCES})().some(text => text.startsWith('%%pipeline moved') && text.split('Processing').length > count)",
            arg=count,
        )

    view.scroll_into_view_if_needed()
    duplicate(2)
    page.evaluate(MOVE, 3)
    page.wait_for_function(f"() => ({SOURCES})()[2].startsWith('%%pipeline moved')")
    view = page.locator(".smpw-execution").first
    view.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.smpw-canvas')?._cyreg?.cy?.nodes().length === 2")
    duplicate(4)
    sources = page.evaluate(SOURCES)
    assert sources[3].strip() == FIVE.strip()
    assert sources[2].count("cell:work") == 4
    Graph(notebook, 2).run()


FORKED = """\
%%pipeline forked
steps:
  prepare: {type: Processing, code: 'cell:work', outputs: [data]}
  gate: {type: Condition, if: $execution.pipeline_name != 'x', depends_on: [prepare], then: [good, better], else: [bad, worse]}
  good: {type: Processing, code: 'cell:work'}
  better: {type: Processing, code: 'cell:work'}
  bad: {type: Processing, code: 'cell:work', inputs: {data: $steps.prepare.outputs.data}}
  worse: {type: Processing, code: 'cell:work', depends_on: [prepare]}
"""
BETWEEN = """([source, target]) => {
    const canvas = document.querySelector('.smpw-canvas');
    const {x, y} = canvas.getBoundingClientRect();
    const edge = canvas._cyreg.cy.edges().filter(each => each.source().data('name') === source && each.target().data('name') === target)[0];
    const middle = edge.renderedMidpoint();
    return [x + middle.x, y + middle.y];
}"""


def test_steps_are_boxed_folded_and_pasted_into_a_branch_and_edges_taken_away(notebook):
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    graph = Graph(notebook, 2).begin([LOAD, CODE, FORKED])
    page, press = graph.page, graph.page.keyboard.press
    graph.card("gate")
    assert page.locator(".smpw-hull").count() == 2
    notebook.screenshot("editing-branches", ".smpw-execution")

    # a box around cards selects them
    graph.box("good", "better")
    page.wait_for_selector(".smpw-panel-head strong:has-text('2 steps')")
    assert {name for name, card in graph.cards().items() if card["selected"]} == {"good", "better"}

    # a branch folds into one card by key, and unfolds by a press on the word of its edge
    graph.click("good")
    press("g")
    graph.card("then of gate, folded, 2 steps")
    assert "good" not in graph.cards()
    press("g")
    graph.card("good")
    page.locator("[data-fold^=else]").first.click()
    graph.card("else of gate, folded, 2 steps")
    press("g")
    graph.card("bad")

    # pasted from the menu beside a step of a branch: into that branch
    graph.click("prepare")
    press("Control+c")
    page.wait_for_selector(".smpw-edit-said :text('copied')")
    card = graph.card("good")
    page.mouse.click(card["x"], card["y"], button="right")
    page.locator(".lm-Menu-itemLabel", has_text="Paste").click()
    graph.wait_source("then: [good, better, prepare_2]")
    graph.card("prepare_2")

    # an edge is chosen by a press; a key and the menu take it away, and what went with it is said
    page.mouse.click(*page.evaluate(BETWEEN, ["prepare", "bad"]))
    press("Delete")
    graph.wait_source("inputs: {data:", absent=True)
    said = page.locator(".smpw-edit-said")
    said.locator(":text('$steps.prepare.outputs.data')").wait_for()
    assert "not connected any more" in said.inner_text()
    assert "bad.inputs.data" in said.inner_text()
    graph.card("bad")
    page.mouse.click(*page.evaluate(BETWEEN, ["prepare", "worse"]), button="right")
    page.locator(".lm-Menu-itemLabel", has_text="Disconnect prepare → worse").click()
    graph.wait_source("worse: {type: Processing, code: 'cell:work'}")
    graph.run()
