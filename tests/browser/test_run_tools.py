"""What a person does beside looking: search logs, walk the timeline, read metrics, fill in the form of a run."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DRIVER = (HERE / "execution_driver.py").read_text() + "\n" + (HERE / "run_driver.py").read_text()
SETUP = f"{DRIVER}\nrun = FakeRun()\nrun.state = replace(run.state, definition=TRAINING)\nview = make_view(run)\nview\n"
RUNNING = r"""
run.set("prepare", "succeeded", 1, 9)
run.set("train_ridge", "succeeded", 12, 24)
run.set("train_forest", "running", 10, job_arn="arn:aws:sagemaker:us-east-1:000000000000:training-job/x")
run.write("prepare", "reading diabetes.csv", "0 errors so far", "ERROR no column bmi")
run.write("train_ridge", "fine")
run.write("train_forest", *[f"tree {n:3d} rmse={57.3 - n / 100:.2f} depth {n % 7}" for n in range(80)],
          "Traceback (most recent call last):", '  File "train.py", line 12', "ValueError: no bmi", "\x1b[33mWARNING\x1b[0m slow",
          "a long line " + "of words that goes on and on " * 30)
view.show_state(run.state, now=now(), progress={"train_forest": DOWNLOADING})
view.logs_grew(run.totals())
"""
VIEW = ".smpw-execution"
LINES = f"{VIEW} .smpw-log-lines > .smpw-logline"
SHEET = f"{VIEW} .smpw-sheet"


@pytest.fixture(autouse=True)
def clean_page(page, page_errors):
    page.set_default_timeout(20_000)
    yield
    assert page_errors == []


@pytest.fixture
def said(page, run_cell):
    """``said(n)``: run cell `n` and read the JSON it prints."""

    def reading(number):
        run_cell(number)
        output = page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea-output pre").last
        output.wait_for()
        return json.loads(output.inner_text())

    return reading


BEAT = """() => {
    window.frames = [];
    let last = performance.now();
    const beat = () => {
        const now = performance.now();
        window.frames.push(now - last);
        last = now;
        requestAnimationFrame(beat);
    };
    requestAnimationFrame(beat);
}"""
"""Notes how long every frame takes."""


def texts(page, selector=LINES):
    return page.eval_on_selector_all(
        selector, "all => all.map(each => each.querySelector('.smpw-logline-text').textContent)"
    )


def tab(page, name):
    return page.get_by_role("tab", name=re.compile(f"^{name}"))


def test_a_search_finds_lines_in_one_step_and_in_all(open_notebook, run_cell, page, screenshot):
    open_notebook([SETUP, RUNNING])
    run_cell(0)
    run_cell(1)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    tab(page, "Log").click()
    page.wait_for_selector(LINES)
    screenshot("log-tools", VIEW)
    page.get_by_label("Search the log").fill("RMSE=57.1")
    page.wait_for_function(f"document.querySelectorAll('{LINES}').length === 10")
    assert all("rmse=57.1" in text for text in texts(page))
    assert "10 matches in 85 lines" in page.locator(f"{VIEW} .smpw-log-foot").inner_text()
    page.get_by_label("Search the log").fill("")
    page.get_by_label("Which levels to show").select_option("errors")
    page.get_by_label("Where to search").select_option("all steps")
    page.wait_for_function(f"document.querySelectorAll('{LINES}').length === 4")
    assert texts(page)[0] == "ERROR no column bmi"
    assert "0 errors so far" not in texts(page)
    assert texts(page)[1:] == ["Traceback (most recent call last):", '  File "train.py", line 12', "ValueError: no bmi"]
    screenshot("log-search", VIEW)
    # from a match of another step into its log
    page.locator(LINES).first.click()
    page.get_by_role("button", name="See in the log").click()
    page.wait_for_function(f"document.querySelector('{VIEW} .smpw-panel-head strong').textContent === 'prepare'")
    page.wait_for_selector(f"{VIEW} .smpw-logline-marked")
    assert page.locator(f"{VIEW} .smpw-logline-marked .smpw-logline-text").inner_text() == "ERROR no column bmi"
    assert len(texts(page)) == 3


def test_long_lines_are_folded_and_times_said_as_wished(open_notebook, run_cell, page, screenshot):
    open_notebook([SETUP, RUNNING])
    run_cell(0)
    run_cell(1)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    tab(page, "Log").click()
    page.wait_for_selector(LINES)
    page.get_by_role("button", name="Fold long lines").click()
    page.wait_for_function(f"[...document.querySelectorAll('{LINES}')].some(row => row.offsetHeight > 60)")
    boxes = page.eval_on_selector_all(
        LINES,
        "all => all.map(row => [Number(row.dataset.index), row.getBoundingClientRect().top, row.offsetHeight]).sort((a, b) => a[0] - b[0])",
    )
    assert [box[0] for box in boxes] == list(range(boxes[0][0], 85))
    assert all(abs(upper[1] + upper[2] - lower[1]) < 1 for upper, lower in pairwise(boxes))
    bottom = page.eval_on_selector(
        f"{VIEW} .smpw-log-scroll", "each => each.getBoundingClientRect().top + each.clientHeight"
    )
    assert abs(boxes[-1][1] + boxes[-1][2] - bottom) < 2
    screenshot("log-folded", VIEW)
    page.get_by_role("button", name="How times are said").click()
    assert re.match(r"\+\d+:\d\d\.\d\d\d", page.locator(f"{LINES} .smpw-logline-time").first.inner_text())
    page.get_by_role("button", name="How times are said").click()
    assert page.locator(f"{LINES} .smpw-logline-time").count() == 0


def test_the_timeline_tells_waiting_and_the_critical_path(open_notebook, run_cell, page, screenshot, set_theme):
    open_notebook([SETUP, RUNNING])
    run_cell(0)
    run_cell(1)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    bars = page.eval_on_selector_all(
        f"{VIEW} .smpw-span",
        "all => all.map(bar => [bar.querySelector('bdi').textContent, bar.classList.contains('smpw-critical'), bar.title])",
    )
    assert {name for name, is_critical, _title in bars if is_critical} == {"prepare", "train_forest"}
    assert "waited 0:03 to begin" in next(title for name, _c, title in bars if name == "train_ridge")
    assert "downloading its image" in next(title for name, _c, title in bars if name == "train_forest")
    screenshot("timeline", VIEW)
    page.locator(f"{VIEW} .smpw-span-bar", has_text="train_ridge").click()
    page.wait_for_selector(f"{VIEW} .smpw-span[aria-selected='true']")
    page.keyboard.press("ArrowLeft")
    assert page.locator(f"{VIEW} .smpw-span[aria-selected='true'] bdi").inner_text() == "train_forest"
    tab(page, "Metrics").click()
    assert page.locator(f"{VIEW} .smpw-plot").count() == 2
    screenshot("metrics", VIEW)
    set_theme("JupyterLab Dark")
    screenshot("metrics-dark", VIEW)
    page.get_by_role("button", name="Timeline").click()
    assert page.locator(f"{VIEW} .smpw-lanes").is_hidden()


FORM = f"""{DRIVER}
run = FakeRun()
launcher = FakeLauncher(questions=(UPDATE,), last={{'alpha': '0.25'}})
view = make_view(run, actions={{'run': lambda: None}})
view.attach_launcher(launcher)
view
"""
STARTED = (
    "said = lambda o, c: [{**o.parameters}, o.display_name, o.parallelism, [*o.tags], o.token, sorted(c)]\n"
    "print(json.dumps([said(*one) for one in launcher.started]))"
)


def test_a_run_is_filled_in_asked_about_and_started_once(notebook, said):
    page, run_cell, screenshot, set_theme = notebook.page, notebook.run, notebook.screenshot, notebook.set_theme
    notebook.open([FORM, "import json\n" + STARTED])
    run_cell(0)
    page.wait_for_selector(f"{VIEW} .smpw-primary")
    page.locator(f"{VIEW} .smpw-primary").click()  # it costs money: the form comes first
    page.wait_for_selector(f"{SHEET} .smpw-form")
    screenshot("run-form", VIEW)
    sheet = page.locator(SHEET)
    assert "Rows of the sample <b>exactly</b>" in sheet.inner_text()
    sheet.get_by_label("rows").fill("many")
    page.wait_for_selector(f"{SHEET} [aria-invalid='true']")
    assert "`rows` is of type Integer" in sheet.inner_text()
    assert sheet.locator(".smpw-go").get_attribute("aria-disabled") == "true"
    set_theme("JupyterLab Dark")
    screenshot("run-form-dark", VIEW)
    sheet.get_by_label("rows").fill("500")
    sheet.get_by_role("button", name="Values of the last run").click()
    sheet.get_by_label("Name of the run").fill("try-2")
    sheet.get_by_label("Steps at once").fill("3")
    sheet.get_by_label("Tags of the pipeline").fill("team=ml")
    page.wait_for_function(f"document.querySelector('{SHEET} .smpw-go').getAttribute('aria-disabled') !== 'true'")
    sheet.locator(".smpw-go").click()
    page.wait_for_selector(f"{SHEET} .smpw-question-text")
    assert "ml.m5.large → ml.m5.xlarge" in sheet.inner_text()
    screenshot("run-question-dark", VIEW)
    sheet.get_by_role("button", name="Update and run").dblclick()
    page.wait_for_selector(SHEET, state="hidden")
    parameters = {"alpha": "0.25", "rows": "500"}
    assert said(1) == [[parameters, "try-2", 3, [["team", "ml"]], f"{1:032d}", ["update"]]]


def test_a_run_on_this_machine_starts_at_the_first_press_and_tells_its_stages(
    open_notebook, run_cell, page, said, screenshot
):
    here = FORM.replace("questions=(UPDATE,), last={'alpha': '0.25'}", "PARAMETERS[:1], costs=False")
    open_notebook(
        [here.removesuffix("view\n") + "launcher.go_on.clear()\nview\n", "import json\nlauncher.go_on.set()", STARTED]
    )
    run_cell(0)
    page.locator(f"{VIEW} .smpw-primary").click()
    page.wait_for_selector(f"{VIEW} .smpw-notice:has-text('uploading: 3 files to bucket (40 %)')")
    screenshot("run-stages", VIEW)
    assert page.locator(SHEET).is_hidden()
    run_cell(1)
    page.wait_for_selector(f"{VIEW} .smpw-notice", state="hidden")
    assert said(2) == [[{}, "", None, [], f"{1:032d}", []]]
    page.get_by_role("button", name="Run with").click()
    page.wait_for_selector(f"{SHEET} .smpw-form")
    page.keyboard.press("Escape")
    page.wait_for_selector(SHEET, state="hidden")


def test_what_is_refused_is_said_and_can_be_tried_again(open_notebook, run_cell, page, said):
    open_notebook(
        [
            FORM.removesuffix("view\n") + "launcher.questions = ()\nlauncher.error = 'no iam:PassRole'\nview",
            "import json\nlauncher.error = ''",
            STARTED,
        ]
    )
    run_cell(0)
    page.get_by_role("button", name="Run with").click()
    sheet = page.locator(SHEET)
    sheet.get_by_label("rows").fill("5")
    sheet.locator(".smpw-go").click()
    page.wait_for_selector(f"{SHEET} .smpw-sheet-error:has-text('no iam:PassRole')")
    run_cell(1)
    sheet.locator(".smpw-go").click()
    page.wait_for_selector(SHEET, state="hidden")
    assert len(said(2)) == 1


def test_the_end_of_a_run_out_of_sight_is_told_in_the_page(open_notebook, run_cell, page):
    page.set_viewport_size({"width": 1280, "height": 360})  # the last cell and the view do not both fit
    ending = "run.set('train_forest', 'succeeded', 10, 50)\nrun.end('Succeeded')\nview.show_state(run.state, now=now())"
    open_notebook([SETUP, RUNNING, ending])
    run_cell(0)
    run_cell(1)
    run_cell(2)
    page.wait_for_selector("text=diabetes succeeded after 1:00")


def test_a_link_leads_to_a_line(open_notebook, run_cell, page):
    open_notebook([SETUP, RUNNING])
    run_cell(0)
    run_cell(1)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    page.evaluate("location.hash = 'smpw-log=abc123def456/train_forest/41'")
    page.wait_for_selector(f"{VIEW} .smpw-logline-marked")
    assert page.locator(f"{VIEW} .smpw-logline-marked .smpw-logline-text").inner_text().startswith("tree  40")
    page.evaluate("location.hash = 'smpw-log=abc123def456/train_forest/zwei'")
    page.evaluate("location.hash = 'smpw-log=%'")


def test_a_million_lines_are_searched_without_a_frozen_page(open_notebook, run_cell, page, screenshot):
    million = "long_log(run, 'train_forest', 1_000_000)\nview.logs_grew(run.totals())"
    open_notebook([SETUP, RUNNING, million])
    for number in range(3):
        run_cell(number)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    tab(page, "Log").click()
    page.wait_for_selector(LINES)
    page.evaluate(BEAT)
    page.get_by_label("Search the log").fill("fold 999")
    page.wait_for_function(
        f"document.querySelector('{VIEW} .smpw-log-foot').textContent.includes('matches in 1,000,000 lines')"
    )
    assert "4 matches" in page.locator(f"{VIEW} .smpw-log-foot").inner_text()
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+Enter")
    page.wait_for_function(f"document.querySelectorAll('{LINES}').length > 20")
    assert max(page.evaluate("window.frames")) < 1000
    screenshot("log-million", VIEW)


def test_ten_thousand_lines_a_second_leave_the_page_responsive(notebook, said):
    page = notebook.page
    writing = """
import threading
def write():
    for part in range(30):
        began = time.monotonic()
        run.write("train_forest", *[f"epoch {part} {n} rmse=1" for n in range(1000)])
        view.logs_grew(run.totals())
        time.sleep(max(0, 0.1 - (time.monotonic() - began)))
thread = threading.Thread(target=write)
thread.start()
"""
    notebook.open([SETUP, RUNNING, writing, "import json\nthread.join()\nprint(json.dumps(run.total('train_forest')))"])
    for number in range(2):
        notebook.run(number)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    tab(page, "Log").click()
    page.wait_for_selector(LINES)
    page.evaluate(BEAT)
    notebook.run(2)
    assert said(3) == 30_085
    page.wait_for_selector(f"{VIEW} .smpw-log-foot:has-text('30,085 lines')")
    page.wait_for_function("document.querySelector('.smpw-log-lines').textContent.includes('epoch 29 999')")
    frames = sorted(page.evaluate("window.frames"))
    print(f"frames: median {frames[len(frames) // 2]:.0f} ms, longest {frames[-1]:.0f} ms")
    assert frames[-1] < 1000
    assert page.locator(LINES).count() < 200


def test_the_view_folds_to_one_line(notebook):
    page = notebook.page
    notebook.open([SETUP, RUNNING])
    notebook.run(0)
    notebook.run(1)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    page.get_by_role("button", name="Fold the view").click()
    page.wait_for_selector(f"{VIEW} .smpw-body", state="hidden")
    assert page.locator(VIEW).bounding_box()["height"] < 60
    assert "2 of 7 done" in page.locator(VIEW).inner_text()
    notebook.screenshot("folded", VIEW)
    page.get_by_role("button", name="Unfold the view").click()
    page.wait_for_selector(f"{VIEW} .smpw-span")
    assert notebook.cytoscape(8)["zoom"] > 0.3


@pytest.mark.parametrize("width", [700, 1900])
def test_the_view_fits_narrow_and_very_wide_pages(notebook, width):
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 1000})
    notebook.open([SETUP, RUNNING])
    notebook.run(0)
    notebook.run(1)
    page.wait_for_selector(f"{VIEW} .smpw-span")
    tab(page, "Log").click()
    page.wait_for_selector(LINES)
    notebook.screenshot(f"tools-{width}", VIEW)
    overflowing = page.eval_on_selector_all(
        f"{VIEW} .smpw-header, {VIEW} .smpw-timeline, {VIEW} .smpw-log-tools, {VIEW} .smpw-log-foot",
        "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.className)",
    )
    assert overflowing == []
