"""The execution view in JupyterLab: states, logs, failure card, hostile text, and views that come and go."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("execution_driver.py").read_text()
SETUP = f"{DRIVER}\n\nrun = FakeRun()\nview = make_view(run)\nview\n"
RUNNING = r"""
run.set("prepare", "succeeded", 1, 9)
run.set("train_ridge", "cached", 9, 9.4, cached_from="arn:aws:sagemaker:us-east-1:000000000000:pipeline/diabetes/execution/yesterday")
run.set("train_forest", "running", 10, attempts=2, job_arn="arn:aws:sagemaker:us-east-1:000000000000:training-job/pipelines-abc123def456-train-forest")
run.write("prepare", "reading diabetes.csv", "442 rows, 10 columns", "wrote train.csv, test.csv")
run.write("train_forest", *[f"tree {n:3d}  \x1b[32mrmse={57.3 - n / 100:.2f}\x1b[0m  depth {n % 7}" for n in range(80)],
          "\x1b[1;33mWARNING\x1b[0m feature `bmi` is constant in fold 3", "ERROR retrying fold 3")
view.show_state(run.state, now=now())
view.logs_grew(run.totals())
"""
FAILED = r"""
run.set("train_forest", "failed", 10, 51, attempts=2, reason='AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: could not convert string to float: \'n/a\'"')
for name in ("evaluate", "good_enough", "too_bad"):
    run.set(name, "blocked", reason="`train_forest` failed", because=("train_forest",))
run.set("register", "skipped", reason="the run ended before `good_enough` was decided")
run.end("Failed", "Step failure: One or multiple steps failed", after=52)
tail = ["fold 3 of 5", "Traceback (most recent call last):", '  File "/opt/ml/code/train.py", line 12, in main',
        "    model.fit(features, target)", "ValueError: could not convert string to float: 'n/a'"]
run.write("train_forest", *tail)
report = make_report(run, tail)
view.show_state(run.state, now=now())
view.logs_grew(run.totals())
view.show_report(report)
"""

VIEW = ".smpw-execution"
ROWS = f"{VIEW} .smpw-steps tbody tr"
LINES = f"{VIEW} .smpw-log-lines > .smpw-logline"
SCROLLER = f"{VIEW} .smpw-log-scroll"


@pytest.fixture(autouse=True)
def clean_page(page_errors):
    """Every test ends without an error in the page."""
    yield
    assert page_errors == []


@pytest.fixture
def said(page, run_cell):
    """``said(n)``: run cell `n` and read the JSON it prints last."""

    def reading(number):
        run_cell(number)
        output = page.locator(".jp-Notebook .jp-Cell").nth(number).locator(".jp-OutputArea-output pre").last
        output.wait_for()
        return json.loads(output.inner_text())

    return reading


@pytest.fixture
def table(page):
    """``table()``: the rows as (state, step) and whatever else they show."""

    def reading(root=VIEW):
        return page.eval_on_selector_all(
            f"{root} .smpw-steps tbody tr",
            "rows => rows.map(row => ({state: row.querySelector('.smpw-col-state').textContent.trim(),"
            " name: row.querySelector('th').textContent, note: row.querySelector('.smpw-note').textContent,"
            " time: row.querySelector('.smpw-col-time').textContent}))",
        )

    return reading


@pytest.fixture
def started(open_notebook, run_cell, page):
    """``started(*cells)``: a notebook whose first cell has drawn the view; `cells` come after it."""

    def starting(*cells):
        open_notebook([SETUP, *cells])
        run_cell(0)
        page.wait_for_selector(ROWS, state="attached")

    return starting


def step(page, name):
    return page.locator(ROWS).filter(has=page.locator("th", has_text=re.compile(f"^{re.escape(name)}$")))


# whether a card is in sight and where it was a frame ago: the notebook scrolls when an output becomes longer
STANDS_STILL = """name => {
    const card = document.querySelector(`.smpw-execution .smpw-card[aria-label^="${name}, "]`);
    const box = card.getBoundingClientRect(), before = card.dataset.before;
    card.dataset.before = `${box.x} ${box.y}`;
    return before === card.dataset.before && box.top > 0 && box.bottom < window.innerHeight;
}"""


def tab(page, name):
    return page.locator(f'{VIEW} [role="tab"]', has_text=name)


def shown_tab(page, name):
    """Wait until that tab is the one shown, and only its pane."""
    page.wait_for_function(
        """([view, name]) => {
            const chosen = [...document.querySelectorAll(`${view} [role=tab][aria-selected=true]`)].filter(one => one.checkVisibility());
            const panes = [...document.querySelectorAll(`${view} [role=tabpanel]`)].filter(one => one.checkVisibility());
            return chosen.length === 1 && chosen[0].innerText.split(' ')[0] === name
                && panes.length === 1 && panes[0].getAttribute('aria-labelledby') === chosen[0].id;
        }""",
        arg=[VIEW, name],
    )


def box(page, part):
    return page.locator(f"{VIEW} {part}").first.bounding_box()


def arranged(page, width, height, arrangement):
    """Give the window a width and wait for the arrangement that goes with it."""
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(
        """([view, wanted]) => {
            const {classList} = document.querySelector(view);
            const found = classList.contains('smpw-very-wide') ? 'very-wide' : classList.contains('smpw-wide') ? 'wide' : 'narrow';
            return found === wanted;
        }""",
        arg=[VIEW, arrangement],
    )


def test_states_reach_table_and_canvas_in_one_message(started, said, table, cytoscape, page):
    count = """
import json
sent, messages = count_messages(view), []
def show(**more):
    del sent[:]
    view.show_state(run.state, now=now(), **more)
    messages.append(len(sent))
run.set("prepare", "running", 1); show()
show(); show()
run.set("prepare", "succeeded", 1, 9); run.set("train_ridge", "failed", 9, 12, reason="no space left on device")
run.set("train_forest", "running", 10)
for name in ("evaluate", "good_enough", "too_bad"):
    run.set(name, "blocked", reason="`train_ridge` failed")
show()
show(health_message="data 40 s old: credentials expired")
print(json.dumps(messages))
"""
    started(count)
    assert said(1) == [1, 0, 0, 1, 1]
    page.wait_for_function("() => document.querySelector('.smpw-health').textContent.includes('credentials expired')")
    rows = {row["name"]: row for row in table()}
    assert [row["state"] for row in rows.values()] == [
        "succeeded", "failed", "running", "blocked", "blocked", "waiting", "blocked",
    ]  # fmt: skip
    assert rows["prepare"]["time"] == "0:08"
    assert rows["evaluate"]["note"] == "`train_ridge` failed"
    cytoscape(edges=8)
    states = page.eval_on_selector_all(
        f"{VIEW} .smpw-canvas .smpw-card", "cards => cards.map(card => card.dataset.state)"
    )
    assert sorted(states) == sorted(row["state"] for row in rows.values())
    assert "1 of 7 done · 1 running · 1 failed · 3 blocked" in page.locator(f"{VIEW} .smpw-summary").inner_text()


def test_running_durations_advance_without_messages(started, run_cell, table, page):
    started(RUNNING)
    run_cell(1)
    page.wait_for_function("() => document.querySelectorAll('.smpw-is-running').length > 0")
    first = table()[2]["time"]
    page.wait_for_function(
        "first => document.querySelectorAll('.smpw-steps tbody tr')[2].querySelector('.smpw-col-time').innerText !== first",
        arg=first,
    )
    note = page.locator(f"{VIEW} .smpw-card", has_text="train_forest").locator(".smpw-card-note").text_content()
    assert re.fullmatch(r"\d+:\d\d", note)


def test_a_report_opens_on_its_card_and_is_copied_as_markdown(started, run_cell, page, screenshot):
    started(RUNNING, FAILED)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    run_cell(1)
    run_cell(2)
    card = page.locator(f"{VIEW} .smpw-failure")
    card.wait_for()
    text = card.inner_text()
    order = [
        "ValueError",
        "cell train_forest, line 12",
        "model.fit(features, target)",
        "Last log lines",
        "Blocked (3)",
        "Succeeded all the same (2)",
    ]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    shown_tab(page, "Why")
    card.get_by_role("button", name="Copy as Markdown").click()
    page.wait_for_function("() => document.querySelector('.smpw-failure .smpw-copy').textContent.includes('copied')")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("### `train_forest`, Training, exit code 1")
    assert "model.fit(features, target)" in copied
    card.get_by_role("button", name="open the whole log").click()
    page.wait_for_selector(LINES)
    shown_tab(page, "Log")


def test_a_report_does_not_take_the_panel_from_a_reader(started, run_cell, page):
    started(RUNNING, FAILED)
    run_cell(1)
    step(page, "prepare").click()
    tab(page, "Details").click()
    run_cell(2)
    page.wait_for_function("() => document.querySelector('.smpw-summary').innerText.includes('failed')")
    assert tab(page, "Details").get_attribute("aria-selected") == "true"
    assert "●" in tab(page, "Why").inner_text()
    page.locator(f"{VIEW} .smpw-why").click()
    assert page.locator(f"{VIEW} .smpw-failure").is_visible()


LONG_LOG = r"""
run.set("train_forest", "running", 10)
run.logs["train_forest"] = [LogLine(1_700_000_000_000 + n, "algo-1", f"line {n} of the log " + "x" * (n % 90)) for n in range(100_000)]
view.show_state(run.state, now=now())
view.logs_grew(run.totals())
"""


def test_a_long_log_scrolls_with_few_rows_in_the_page(started, run_cell, page):
    started(LONG_LOG)
    run_cell(1)
    step(page, "train_forest").click()
    page.wait_for_function(
        "selector => [...document.querySelectorAll(selector)].some(row => row.innerText.includes('line 99999 '))",
        arg=LINES,
    )
    frames = page.evaluate(
        """async selector => {
            const scroller = document.querySelector(selector);
            const times = [];
            let last = performance.now();
            for (let n = 0; n < 120; n++) {
                scroller.scrollTop -= 900;
                await new Promise(requestAnimationFrame);
                const now = performance.now();
                times.push(now - last);
                last = now;
            }
            times.sort((a, b) => a - b);
            return {median: times[60], p95: times[114], worst: times[119], rows: scroller.querySelectorAll('.smpw-logline').length};
        }""",
        SCROLLER,
    )
    print("frame times while scrolling", frames)
    assert frames["rows"] < 150
    assert frames["median"] < 34
    # whatever part is shown in the end is filled with its own lines
    page.evaluate("selector => { document.querySelector(selector).scrollTop = 0; }", SCROLLER)
    page.wait_for_function(
        "selector => [...document.querySelectorAll(selector)].some(row => row.innerText.includes('line 0 of'))",
        arg=LINES,
    )
    page.evaluate("selector => { document.querySelector(selector).scrollTop = 900_000; }", SCROLLER)
    page.wait_for_function(
        """selector => {
            const box = document.querySelector('.smpw-log-scroll').getBoundingClientRect();
            const seen = [...document.querySelectorAll(selector)].filter(row => {
                const at = row.getBoundingClientRect();
                return at.top >= box.top && at.bottom <= box.bottom;
            });
            return seen.length > 3 && seen.every(row => row.innerText.includes(`line ${row.dataset.index} of`));
        }""",
        arg=LINES,
    )


def test_follow_pauses_when_scrolled_up_and_resumes_at_the_bottom(started, run_cell, page):
    more = 'run.write("train_forest", *[f"later {n}" for n in range(200)])\nview.logs_grew(run.totals())'
    started(LONG_LOG, more, more)
    run_cell(1)
    step(page, "train_forest").click()
    follow = page.locator(f"{VIEW} .smpw-follow")
    page.wait_for_function("() => document.querySelector('.smpw-log-foot').innerText.includes('100,000 lines')")
    page.locator(SCROLLER).hover()
    page.mouse.wheel(0, -400)
    page.wait_for_function("() => document.querySelector('.smpw-follow').getAttribute('aria-pressed') === 'false'")
    places = """() => Object.fromEntries([...document.querySelectorAll('.smpw-log-lines > .smpw-logline')]
        .map(row => [row.dataset.index, row.getBoundingClientRect().top]))"""
    page.wait_for_timeout(300)  # a wheel turn glides to its end
    box = page.locator(SCROLLER).bounding_box()
    before = page.evaluate(places)
    run_cell(2)
    page.wait_for_function("() => document.querySelector('.smpw-follow').innerText.includes('200 new')")
    after_box = page.locator(SCROLLER).bounding_box()
    after = page.evaluate(places)
    moved = {
        index: round(after[index] - after_box["y"] - (top - box["y"]), 1)
        for index, top in before.items()
        if index in after
    }
    assert len(moved) > 20
    assert set(moved.values()) == {0}
    follow.click()
    page.wait_for_function(
        "selector => [...document.querySelectorAll(selector)].some(row => row.innerText.includes('later 199'))",
        arg=LINES,
    )
    run_cell(3)
    page.wait_for_function("() => document.querySelector('.smpw-log-foot').innerText.includes('100,400 lines')")
    page.wait_for_function(
        """selector => { const box = document.querySelector(selector); return box.scrollHeight - box.scrollTop - box.clientHeight < 2; }""",
        arg=SCROLLER,
    )


def test_a_million_lines_keep_their_place_beyond_what_a_browser_can_scroll(started, run_cell, page):
    setup = r"""
class Endless:
    def pages(self, step, first, count):
        return [LogLine(1_700_000_000_000 + n, "algo-1", f"line {n} of many") for n in range(first, first + count)]
many = {"train_forest": 1_000_000}
view.attach_logs(Endless().pages, lambda step: many[step], lambda step, on: None)
run.set("train_forest", "running", 10)
view.show_state(run.state, now=now())
view.logs_grew(many)
"""
    started(setup, 'many["train_forest"] += 5_000\nview.logs_grew(many)')
    run_cell(1)
    step(page, "train_forest").click()
    page.wait_for_function(
        "selector => [...document.querySelectorAll(selector)].some(row => row.innerText.includes('line 999999 '))",
        arg=LINES,
    )
    page.evaluate("selector => { document.querySelector(selector).scrollTop /= 2; }", SCROLLER)
    in_sight = """() => {
        const box = document.querySelector('.smpw-log-scroll').getBoundingClientRect();
        const seen = [...document.querySelectorAll('.smpw-log-lines > .smpw-logline')]
            .filter(row => row.getBoundingClientRect().top >= box.top && row.getBoundingClientRect().bottom <= box.bottom);
        return seen.length && seen.every(row => row.dataset.held === '1') ? [seen[0].innerText, seen[0].getBoundingClientRect().top - box.top] : null;
    }"""
    before = page.wait_for_function(in_sight).json_value()
    assert re.search(r"line (49|50)\d{4} of many", before[0])
    run_cell(2)
    page.wait_for_function("() => document.querySelector('.smpw-log-foot').innerText.includes('1,005,000')")
    after = page.wait_for_function(in_sight).json_value()
    assert after[0] == before[0]
    assert abs(after[1] - before[1]) < 2


def test_lines_come_while_the_kernel_is_busy(started, run_cell, page):
    busy = r"""
import threading
def feed():
    for n in range(40):
        run.write("train_forest", f"while busy {n}")
        view.logs_grew(run.totals())
        time.sleep(0.05)
run.set("train_forest", "running", 10)
view.show_state(run.state, now=now())
thread = threading.Thread(target=feed); thread.start()
time.sleep(6)
"""
    started(busy)
    run_cell(1, wait=False)
    page.wait_for_selector(f"{VIEW} [role='tab']:not([aria-disabled='true']) >> text=Log")
    tab(page, "Log").click()
    page.wait_for_function(
        "selector => [...document.querySelectorAll(selector)].some(row => row.innerText.includes('while busy 39'))",
        arg=LINES,
    )
    prompt = page.locator(".jp-Notebook .jp-Cell").nth(1).locator(".jp-InputArea-prompt").inner_text()
    assert "*" in prompt


HOSTILE = r"""
evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
names = [evil, "a\u202egnp.exe", "n\x00ul\x1b[31m\x07", "__proto__", "constructor", "long" * 2500, "same"]
steps = [(name, evil, None) for name in names]
bad = FakeRun(steps)
bad_view = make_view(
    bad, steps, [(names[0], name, ("data",)) for name in names[1:]], title=evil, subtitle=evil,
    problems=[Problem(evil, Severity.ERROR, evil, evil, names[0], 1, 1)], parameters={evil: evil, "__proto__": evil},
    details={name: [(evil, evil)] for name in names}, actions={"run": lambda: (_ for _ in ()).throw(RuntimeError(evil))})
for name in names:
    bad.set(name, "blocked", reason=evil)
for name in (names[0], "__proto__"):
    bad.set(name, "failed", 1, 2, reason=evil, job_arn=evil)
    bad.write(name, evil, "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07", "\u202eright to left", "50%\r100%", "\x1b[2J\x1b[31mred\x1b[0m \x00 \udc80", "y" * 20_000)
bad.end("Failed", evil)
bad_view.show_state(bad.state, now=now(), health_message=evil)
bad_view.logs_grew(bad.totals())
bad_view.show_report(make_report(bad, [], names[0], message=evil + "\n\u202e", source=evil))
bad_view
"""


def test_hostile_text_never_becomes_markup(open_notebook, run_cell, page, screenshot):
    open_notebook([DRIVER, HOSTILE])
    run_cell(0)
    run_cell(1)
    page.wait_for_selector(f"{VIEW} .smpw-failure")
    made = []
    for name in ("Why", "Problems", "Details"):
        tab(page, name).click()
        made.append(page.locator(VIEW).inner_html())
    for number in (0, 3):
        tab(page, "Steps").click()
        page.locator(ROWS).nth(number).click()
        made.append(page.locator(VIEW).inner_html())
        tab(page, "Log").click()
        page.wait_for_selector(LINES)
        made.append(page.locator(VIEW).inner_html())
        tab(page, "Details").click()
        made.append(page.locator(VIEW).inner_html())
    page.locator(f"{VIEW} .smpw-primary").click()
    page.wait_for_function("() => document.querySelector('.smpw-notice').textContent.includes('<img')")
    screenshot("execution-hostile", VIEW)
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(f"{VIEW} img, {VIEW} script, {VIEW} a[href^='javascript']").count() == 0
    assert not any(re.search("<img|<script", html) for html in made)
    shown = page.evaluate("selector => document.querySelector(selector).textContent", VIEW)
    assert not re.search("[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]", shown)
    tab(page, "Log").click()
    page.wait_for_function(
        "([lines, text]) => [...document.querySelectorAll(lines)].some(one => one.textContent.startsWith(text))",
        arg=[f"{LINES} .smpw-logline-text", "yyy"],
    )
    texts = page.eval_on_selector_all(f"{LINES} .smpw-logline-text", "all => all.map(one => one.textContent)")
    assert texts[1] == "link"
    assert texts[3] == "100%"
    assert texts[4].startswith("red ⟨00⟩ ")
    assert len(texts[5]) < 5_000


def test_buttons_ask_twice_tell_their_errors_and_say_why_they_rest(started, run_cell, said, page):
    started(RUNNING, "import json; print(json.dumps(pressed))")
    stop = page.locator(f"{VIEW} .smpw-buttons button", has_text="Stop")
    retry = page.locator(f"{VIEW} .smpw-buttons button", has_text="Retry")
    assert stop.get_attribute("aria-disabled") == "true"
    assert stop.get_attribute("title") == "nothing is running yet"
    stop.click(force=True)
    run_cell(1)
    page.wait_for_function("() => !document.querySelectorAll('.smpw-buttons button')[1].hasAttribute('aria-disabled')")
    assert retry.get_attribute("title") == "the run has not ended"
    retry.click(force=True)
    stop.click()
    assert "click again" in stop.inner_text()
    stop.click()
    page.locator(f"{VIEW} .smpw-primary").click()
    notice = page.locator(f"{VIEW} .smpw-notice")
    notice.wait_for()
    assert "AccessDenied" in notice.inner_text()
    assert said(2) == ["stop"]


@pytest.fixture(params=["full", "contentVisibility"])
def windowing(lab, request):
    """How the notebook treats outputs out of sight: `full` takes them out of the page."""
    setting = lab.root.parent / "state/settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    setting.parent.mkdir(parents=True, exist_ok=True)
    setting.write_text(json.dumps({"windowingMode": request.param}))
    yield request.param
    setting.unlink()


def test_a_view_that_scrolls_away_comes_back_whole(windowing, started, run_cell, cytoscape, page):
    page.set_viewport_size({"width": 1280, "height": 700})
    filler = ["\n".join(f"# line {n}" for n in range(30))] * 14
    started(RUNNING, *filler)
    run_cell(1)
    step(page, "train_forest").click()
    page.wait_for_selector(LINES)
    page.evaluate("selector => { document.querySelector(selector).scrollTop = 400; }", SCROLLER)
    page.wait_for_function("() => document.querySelector('.smpw-follow').getAttribute('aria-pressed') === 'false'")
    content = "window.jupyterapp.shell.currentWidget.content"
    # the active cell would stay in the page
    last = f"{content}.widgets.length - 1"
    page.evaluate(f"() => {{ {content}.activeCellIndex = {last}; void {content}.scrollToItem({last}, 'center'); }}")
    page.wait_for_function(
        """selector => {
            const view = document.querySelector(selector);
            const isSeen = view && view.checkVisibility({visibilityProperty: true}) && view.clientHeight;
            return !isSeen || view.getBoundingClientRect().bottom < 0;
        }""",
        arg=VIEW,
    )
    page.evaluate(f"() => {content}.scrollToItem(0, 'end')")
    page.wait_for_selector(LINES)
    cytoscape(edges=8)
    page.wait_for_function("selector => document.querySelector(selector).scrollTop === 400", arg=SCROLLER)
    assert page.locator(f"{VIEW} .smpw-follow").get_attribute("aria-pressed") == "false"
    assert page.locator(f"{VIEW} .smpw-panel-head strong").inner_text() == "train_forest"
    assert page.locator(ROWS).nth(2).get_attribute("aria-selected") == "true"
    size = page.evaluate(
        "selector => { const c = document.querySelector(selector + ' canvas'); return [c.clientWidth, c.clientHeight]; }",
        VIEW,
    )
    assert min(size) > 50


def test_a_late_view_and_a_reloaded_page_have_everything(started, run_cell, table, cytoscape, page):
    started(RUNNING, FAILED, "display(view)")
    for number in (1, 2, 3):
        run_cell(number)
    page.wait_for_function("selector => document.querySelectorAll(selector).length === 2", arg=VIEW)
    page.wait_for_function("() => document.querySelectorAll('.smpw-failure').length === 2")
    expected = table(".jp-Cell:nth-of-type(1)") or table()
    second = page.locator(VIEW).nth(1)
    assert second.locator(".smpw-steps tbody tr").count() == 7
    assert "failed 0:52" in " ".join(second.locator(".smpw-summary").inner_text().split())
    second.get_by_role("tab", name="Steps").click()
    second.locator(".smpw-steps tbody tr").nth(0).click()
    second.locator(".smpw-logline").first.wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    # the notebook begins at its first cell, whose code alone fills the window
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(3, 'smart')")
    page.wait_for_selector(f"{VIEW} .smpw-steps tbody tr.smpw-is-failed", state="attached")
    assert [row["state"] for row in table()][:3] == [row["state"] for row in expected][:3]
    cytoscape(edges=8)
    page.locator(VIEW).first.get_by_role("tab", name="Steps").click()
    page.locator(VIEW).first.locator(".smpw-steps tbody tr").nth(2).click()
    page.locator(VIEW).first.locator(".smpw-logline").first.wait_for()


# how close the graph is seen, and which of its points is in the middle
LOOK = """view => {
    const cy = document.querySelector(`${view} .smpw-canvas`)?._cyreg?.cy;
    const middle = axis => Math.round(((axis === 'x' ? cy.width() : cy.height()) / 2 - cy.pan()[axis]) / cy.zoom());
    return cy && [cy.zoom(), middle('x'), middle('y')];
}"""


def test_a_view_drawn_anew_goes_on_where_it_was(started, run_cell, page):
    started(RUNNING, 'run.end("Succeeded"); view.show_state(run.state, now=now())', "display(view)")
    run_cell(1)
    tab(page, "Log").click()
    page.wait_for_selector(LINES)
    assert "following what runs" in page.locator(f"{VIEW} .smpw-panel-head").inner_text()
    run_cell(2)
    whole = page.evaluate(LOOK, VIEW)
    for _ in range(2):
        page.locator(VIEW).locator('.smpw-zoom button[title="Zoom in"]').click()
    looked = page.evaluate(LOOK, VIEW)
    assert looked[0] > whole[0] * 1.5
    assert page.locator(f"{VIEW} .smpw-card[aria-selected='true']").count() == 0, "the buttons lie over cards"
    page.evaluate("selector => { document.querySelector(selector).dataset.old = '1'; }", VIEW)
    run_cell(3)
    anew = f"{VIEW}:not([data-old])"
    page.wait_for_selector(f"{anew} .smpw-logline")
    assert page.locator(f"{anew} .smpw-panel-head strong").inner_text() == "train_forest"
    assert page.locator(f"{anew} [role='tab'][aria-selected='true']").inner_text() == "Log"
    page.wait_for_function(f"([view, was]) => String(({LOOK})(view)) === String(was)", arg=[anew, looked])


def test_everything_can_be_reached_with_the_keyboard(started, run_cell, page):
    started(RUNNING)
    run_cell(1)
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    cells = page.evaluate(count)
    shown_tab(page, "Steps")
    page.locator(ROWS).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.smpw-panel-head strong').innerText === 'train_forest'")
    assert page.evaluate("() => document.activeElement.closest('tr').dataset.row") == "2"
    for key in ("d", "d", "x"):  # deletes a cell in the notebook's command mode
        page.keyboard.press(key)
    # walking through the table leaves it in sight; Enter opens a step, and the focus goes with what is shown
    shown_tab(page, "Steps")
    page.keyboard.press("Enter")
    shown_tab(page, "Log")
    assert page.evaluate("() => document.activeElement.innerText") == "Log"
    page.keyboard.press("ArrowRight")
    assert tab(page, "Details").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('.smpw-steps tr[aria-selected=true]') === null")
    assert page.evaluate(count) == cells
    separator = page.locator(f"{VIEW} [role='separator']:visible").first
    before = box(page, ".smpw-panel")
    separator.focus()
    page.keyboard.press("ArrowLeft")
    assert box(page, ".smpw-panel")["width"] > before["width"]


def test_selection_goes_both_ways(started, run_cell, said, page, cytoscape):
    started(RUNNING, "import json; print(json.dumps(view.selected))", 'view.selected = "prepare"')
    run_cell(1)
    cytoscape(edges=8)
    step(page, "train_ridge").click()
    shown_tab(page, "Log")
    page.wait_for_function("() => document.querySelector('.smpw-canvas')._cyreg.cy.$(':selected').length === 1")
    assert said(2) == "train_ridge"
    run_cell(3)
    page.wait_for_function("() => document.querySelector('.smpw-panel-head strong').innerText === 'prepare'")
    selected = page.evaluate("() => document.querySelector('.smpw-canvas')._cyreg.cy.$(':selected').data('name')")
    assert selected == "prepare"


def test_reduced_motion_and_both_themes(started, run_cell, page, set_theme):
    page.emulate_media(reduced_motion="reduce")
    started(RUNNING, FAILED)
    run_cell(1)
    page.wait_for_selector(f"{VIEW} tr.smpw-is-running")
    animated = page.eval_on_selector_all(
        f"{VIEW} .smpw-icon", "all => all.filter(one => getComputedStyle(one).animationName !== 'none').length"
    )
    assert animated == 0
    cards = """() => getComputedStyle(document.querySelector('.smpw-execution')).backgroundColor"""
    light = page.evaluate(cards)
    set_theme("JupyterLab Dark")
    page.wait_for_function(f"light => ({cards})() !== light", arg=light)
    run_cell(2)
    shown_tab(page, "Why")


# window, arrangement, least height of the graph, level of detail of its cards
ARRANGEMENTS = [
    (900, "narrow", 200, {"name"}),
    (1280, "wide", 300, {"all"}),
    (1440, "wide", 300, {"all"}),
    (1920, "very-wide", 300, {"all"}),
]


@pytest.mark.parametrize("sizing", ARRANGEMENTS, ids=[str(each[0]) for each in ARRANGEMENTS])
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_arrangements(started, notebook, sizing, theme):
    width, arrangement, least, details = sizing
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 900})
    started(RUNNING, FAILED)
    notebook.set_theme(f"JupyterLab {theme}")
    arranged(page, width, 900, arrangement)
    name = f"execution-%s-{width}-{theme.lower()}"
    shown_tab(page, "Details")
    notebook.cytoscape(edges=8)
    notebook.screenshot(name % "declared", VIEW)
    notebook.run(1)
    shown_tab(page, "Log" if arrangement == "very-wide" else "Steps")
    assert tab(page, "Steps").is_visible() == (arrangement != "very-wide")
    view, graph, table, panel = (box(page, part) for part in ("", ".smpw-canvas", ".smpw-steps-scroll", ".smpw-panel"))
    assert graph["height"] >= least
    # the timeline makes the view longer and takes nothing from the graph
    strip = box(page, ".smpw-timeline")["height"]
    assert view["height"] == pytest.approx((640 if arrangement == "narrow" else 440) + strip, abs=1)
    if arrangement == "narrow":
        assert panel["y"] >= graph["y"] + graph["height"]
    else:
        assert panel["x"] >= graph["x"] + graph["width"]
        assert graph["width"] > 300
    assert (table["x"] < panel["x"]) == (arrangement == "very-wide")
    scroller = page.locator(f"{VIEW} .smpw-steps-scroll")
    assert scroller.evaluate("one => one.scrollWidth <= one.clientWidth")
    for column in ("state", "step", "start", "time"):
        cells = page.locator(f"{VIEW} .smpw-steps tr:nth-child(3) .smpw-col-{column}")
        assert cells.evaluate("cell => cell.scrollWidth <= cell.clientWidth && cell.clientWidth > 40"), column
    assert page.locator(f"{VIEW} .smpw-cards").get_attribute("data-detail") in details
    notebook.screenshot(name % "running", VIEW)
    step(page, "train_forest").click()
    page.wait_for_selector(LINES)
    shown_tab(page, "Log")
    notebook.screenshot(name % "log", VIEW)
    page.keyboard.press("Escape")
    notebook.run(2)
    shown_tab(page, "Why")
    notebook.screenshot(name % "failed", VIEW)


def test_the_tab_shown_is_the_one_that_matters_until_one_is_chosen(started, run_cell, page, cytoscape):
    ended = 'run.set("train_forest", "succeeded", 10, 20); run.end("Succeeded"); view.show_state(run.state, now=now())'
    started(RUNNING, ended)
    cytoscape(edges=8)
    shown_tab(page, "Details")
    run_cell(1)
    shown_tab(page, "Steps")
    assert page.locator(f"{VIEW} .smpw-panel-head strong").inner_text() == "Pipeline"
    # a step chosen in the graph opens its log; Escape there goes back
    page.wait_for_function(STANDS_STILL, arg="train_ridge")
    card = page.locator(f"{VIEW} .smpw-card", has_text="train_ridge").bounding_box()
    page.mouse.click(card["x"] + card["width"] / 2, card["y"] + card["height"] / 2)
    shown_tab(page, "Log")
    page.keyboard.press("Escape")
    shown_tab(page, "Steps")
    # from the table to a log and back by the tab; the same row opens again
    for _ in range(2):
        step(page, "prepare").click()
        shown_tab(page, "Log")
        page.wait_for_selector(LINES)
        tab(page, "Steps").click()
        shown_tab(page, "Steps")
    run_cell(2)
    page.wait_for_function("() => document.querySelector('.smpw-summary').innerText.includes('succeeded')")
    shown_tab(page, "Steps")
    # a chosen tab stays, whatever is selected
    tab(page, "Details").click()
    page.wait_for_function(STANDS_STILL, arg="evaluate")
    card = page.locator(f"{VIEW} .smpw-card", has_text="evaluate").bounding_box()
    page.mouse.click(card["x"] + card["width"] / 2, card["y"] + card["height"] / 2)
    page.wait_for_function("() => document.querySelector('.smpw-panel-head strong').innerText === 'evaluate'")
    shown_tab(page, "Details")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('.smpw-panel-head strong').innerText === 'Pipeline'")
    shown_tab(page, "Details")


def test_a_pipeline_with_errors_opens_on_its_problems(open_notebook, run_cell, page):
    wrong = 'Problem("E001", Severity.ERROR, "`alpha` is no number", "Write 0.1", None, 1, 1)'
    open_notebook([f"{DRIVER}\n\nmake_view(FakeRun(), problems=[{wrong}])"])
    run_cell(0)
    shown_tab(page, "Problems")
    assert "Write 0.1" in page.locator(f"{VIEW} .smpw-problems").inner_text()


def test_sizes_a_person_chose_belong_to_their_arrangement(started, run_cell, page):
    page.set_viewport_size({"width": 1280, "height": 900})
    started(RUNNING)
    run_cell(1)
    arranged(page, 1280, 900, "wide")
    separator = page.locator(f"{VIEW} [aria-label='Drag to resize the panel']:visible")
    handle = separator.bounding_box()
    page.mouse.move(handle["x"], handle["y"] + 40)
    page.mouse.down()
    page.mouse.move(handle["x"] - 90, handle["y"] + 40, steps=3)
    page.mouse.up()
    chosen = box(page, ".smpw-panel")["width"]
    arranged(page, 1920, 900, "very-wide")
    column = box(page, ".smpw-steps-scroll")["width"]
    page.locator(f"{VIEW} [aria-label='Drag to resize the table of steps']:visible").focus()
    page.keyboard.press("ArrowLeft")
    assert box(page, ".smpw-steps-scroll")["width"] == pytest.approx(column + 24, abs=1)
    arranged(page, 900, 900, "narrow")
    assert box(page, ".smpw-graph")["height"] > 120
    arranged(page, 1280, 900, "wide")
    assert box(page, ".smpw-panel")["width"] == chosen
    arranged(page, 1920, 900, "very-wide")
    assert box(page, ".smpw-steps-scroll")["width"] == pytest.approx(column + 24, abs=1)


def test_a_gone_kernel_is_said(started, run_cell, page):
    started(RUNNING)
    run_cell(1)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.wait_for_function("() => document.querySelector('.smpw-health').textContent.includes('the kernel is gone')")
    assert page.locator(f"{VIEW} .smpw-primary").get_attribute("title") == "the kernel is gone"


def test_a_restarted_kernel_is_said_too(started, run_cell, page):
    started(RUNNING)
    run_cell(1)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function("() => document.querySelector('.smpw-health').textContent.includes('the kernel is gone')")
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
