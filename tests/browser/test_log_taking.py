"""Lines that leave the log: downloaded, copied by button and by hand, linked to; and the browser's notice of a run's end."""

from __future__ import annotations

import pytest

from .looking import hide
from .test_run_tools import LINES, RUNNING, SETUP, VIEW

LONG = 'long_log(run, "train_forest", 30_001)\nview.logs_grew(run.totals())'
ON_AWS = """
run.set("train_forest", "running", 10, job_arn="arn:aws:sagemaker:eu-west-1:123456789012:training-job/pipelines-x-train")
view.show_state(run.state, now=now())
"""
CONSOLE = "https://eu-west-1.console.aws.amazon.com"
SAVING = 'view.attach_logs(run.pages, run.total, run.follow, lambda step: f"{step}.log has all 30,001 lines")\n'


@pytest.fixture(autouse=True)
def clean_page(page_errors):
    yield
    assert page_errors == []


def copied(page):
    return page.evaluate("() => navigator.clipboard.readText()")


def test_lines_are_downloaded_and_copied(notebook):
    page = notebook.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.open([SETUP, RUNNING, ON_AWS, SAVING + LONG])
    notebook.run(0)
    notebook.run(1)
    page.locator(f"{VIEW} .smpw-span-bar", has_text="train_forest").click()
    page.wait_for_selector(LINES)

    with page.expect_download() as expected:
        page.get_by_role("button", name="Download", exact=True).click()
    assert expected.value.suggested_filename == "train_forest.log"
    saved = expected.value.path().read_text().splitlines()
    assert len(saved) == 85
    assert saved[0].endswith("algo-1 tree   0 rmse=57.30 depth 0")
    assert saved[83].endswith("algo-1 WARNING slow"), "colours are no part of the text"

    page.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_selector(f"{VIEW} .smpw-copy:has-text('✓ copied')")
    assert copied(page).splitlines() == saved

    page.locator(LINES, has_text="Traceback").click()
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector(f"{VIEW} .smpw-copy:has-text('✓ copied')")
    assert copied(page).endswith("#smpw-log=abc123def456/train_forest/81")
    assert "token" not in copied(page)

    # by hand: from one line into another one, in the lines' order whatever their order in the page
    page.evaluate(
        """lines => {
            const row = text => [...document.querySelectorAll(lines)].find(one => one.innerText.includes(text));
            const [from, to] = [row('Traceback').firstChild.firstChild, row('no bmi').lastChild.firstChild];
            document.getSelection().setBaseAndExtent(from, 0, to, to.length);
        }""",
        LINES,
    )
    page.keyboard.press("Control+c")
    page.wait_for_function("async () => (await navigator.clipboard.readText()).split('\\n').length === 3")
    assert copied(page).splitlines() == saved[80:83]

    # a job on AWS is in AWS's console, too
    assert page.get_by_role("link", name="CloudWatch").count() == 0
    notebook.run(2)
    page.get_by_role("tab", name="Details").click()
    job, log = (page.get_by_role("link", name=name).get_attribute("href") for name in ("the job", "its log"))
    assert job == f"{CONSOLE}/sagemaker/home?region=eu-west-1#/jobs/pipelines-x-train"
    assert log == (
        f"{CONSOLE}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fsagemaker$252FTrainingJobs"
        "$3FlogStreamNameFilter$3Dpipelines-x-train$252F"
    )
    page.get_by_role("tab", name="Log").click()

    # what would take the page minutes the kernel writes
    notebook.run(3)
    page.get_by_role("button", name="Download", exact=True).click()
    page.wait_for_selector(f"{VIEW} .smpw-log-foot:has-text('train_forest.log has all 30,001 lines')")


NOTICES = """
window.told = [];
window.Notification = class {
    static permission = 'default';
    static async requestPermission() { return (this.permission = 'granted'); }
    constructor(words) { window.told.push(words); }
};
"""
END = """
run.set('train_forest', 'succeeded', 10, 50)
run.end('Succeeded')
view.show_state(run.state, now=now())
"""
AGAIN = """
run.state = replace(run.state, status=ExecutionStatus.EXECUTING, ended=None)
view.show_state(run.state, now=now())
"""
EXECUTE = "code => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code}).done"


def test_the_browser_tells_of_the_end_once_it_may(notebook):
    page = notebook.page
    page.add_init_script(NOTICES)
    page.set_viewport_size({"width": 1280, "height": 360})  # the last cell and the view do not both fit
    notebook.open([SETUP, RUNNING, END, "# out of sight"])
    for number in range(3):
        notebook.run(number)
    notice = page.locator(".Toastify__toast", has_text="diabetes succeeded after 1:00")
    notice.wait_for()
    assert page.evaluate("window.told") == []
    notice.get_by_role("button", name="Tell me outside too").click()
    page.evaluate(EXECUTE, AGAIN)
    page.wait_for_selector(f"{VIEW} .smpw-summary:has-text('running')", state="attached")
    hide(page)
    page.evaluate(EXECUTE, END)
    page.wait_for_function("window.told.length === 1")
    assert page.evaluate("window.told") == ["diabetes succeeded after 1:00"]
    # who has said yes is not asked again
    page.locator(".Toastify__toast", has_text="diabetes succeeded").first.wait_for()
    page.wait_for_function("() => !document.querySelector('.Toastify').textContent.includes('Tell me outside too')")
