"""Completion and help as front ends ask for them: of a real kernel by its messages, and of a shell as a terminal does."""

from __future__ import annotations

import logging

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel
from traitlets.config import Config

from sm_pipeline_widgets.magics.assist_cell import CellText, MagicLine, place_in_cell

HEAD = "%%pipeline demo\nsteps:\n  fit:\n    type: Training\n"
DECLARED = "%%pipeline diabetes\nparameters: {rows: 5}\nsteps:\n  end:\n    type: Fail\n    message: no\n"
COMPLETE = "_jupyter_types_experimental"


def at_cursor(marked):
    cursor = marked.index("|")
    return marked[:cursor] + marked[cursor + 1 :], cursor


class Kernel:
    """A kernel that is spoken to as a front end speaks to it."""

    def __init__(self, client):
        self.client = client

    def run(self, cell):
        return self.client.execute_interactive(cell, timeout=60, output_hook=lambda _: None)["content"]["status"]

    def completions(self, marked):
        code, cursor = at_cursor(marked)
        content = self.reply(self.client.complete(code, cursor))
        assert content["cursor_end"] == cursor
        return content

    def offered(self, marked):
        return [item["text"] for item in self.completions(marked)["metadata"].get(COMPLETE, ())]

    def help(self, marked):
        return self.reply(self.client.inspect(*at_cursor(marked)))

    def reply(self, identity):
        while True:
            message = self.client.get_shell_msg(timeout=60)
            if message["parent_header"]["msg_id"] == identity:
                return message["content"]


@pytest.fixture(scope="module")
def bare_kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "prepare.py").write_text("")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    yield Kernel(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()


@pytest.fixture
def kernel(bare_kernel):
    assert bare_kernel.run("%load_ext sm_pipeline_widgets") == "ok"
    return bare_kernel


def test_a_kernel_completes_inside_our_cells(kernel):
    found = kernel.completions(HEAD + "    inp|")
    assert found["matches"] == ["inputs: ", "input_mode: "]
    assert found["cursor_start"] == found["cursor_end"] - len("inp")
    assert found["metadata"][COMPLETE][0]["type"].startswith("Channels:")
    assert kernel.offered(HEAD + "    code: pre|") == ["prepare.py"]


def test_characters_count_as_one_however_wide(kernel):
    assert kernel.offered(HEAD + "    description: '😀é'\n    input_m|") == ["input_mode: "]


def test_python_does_not_speak_in_our_cells(kernel):
    assert kernel.offered(HEAD + "    zzz|") == []
    assert kernel.offered(HEAD + "    description: pri|") == []
    assert kernel.offered(HEAD + "    inp|") == ["inputs: ", "input_mode: "]


@pytest.mark.parametrize(
    "marked, expected",
    [
        ("import os\nos.path.baseni|", []),
        ("import os\nos.path.basena|", ["basename"]),
        ("%%step fit\nimport os\nos.path.basena|", ["basename"]),
        ("%%time\nisinst|", ["isinstance"]),
        ("%%pipeli|", ["%%pipeline"]),
    ],
)
def test_other_cells_keep_their_completion(kernel, marked, expected):
    assert kernel.offered(marked) == expected


@pytest.mark.parametrize(
    "marked, expected",
    [
        ("%pipeline ru|", ["run", "runs"]),
        ("x = 1\n%pipeline ru|", ["run", "runs"]),
        ("%pipeline run dia|", ["diabetes"]),
        ("%pipeline run diabetes --t|", ["--target", "--tag"]),
        ("%pipeline run diabetes -p r|", ["rows="]),
        ("%pipeline run diabetes --target l|", ["local"]),
        ("%pipeline logs e|", ["end"]),
        ("%pipeline help wh|", ["why"]),
        ("%pipeline show pre|", ["prepare.py"]),
        ("%%pipeline demo --r|", ["--run"]),
        ("%%pipeline dia|\nsteps:\n", ["diabetes"]),
    ],
)
def test_lines_of_magics_are_completed(kernel, marked, expected):
    assert kernel.run(DECLARED) == "ok"
    assert kernel.offered(marked) == expected


def test_groups_of_declared_pipelines_are_offered_where_models_are_spoken_of(kernel):
    step = "type: RegisterModel\n    model: s3://b/m.tar.gz\n    group: progression\n"
    assert kernel.run(f"%%pipeline registers\nsteps:\n  keep:\n    {step}") == "ok"
    assert kernel.offered("%pipeline models pro|") == ["progression"]
    assert kernel.offered("%pipeline invoke pro|") == ["progression"]


def test_step_cells_of_the_notebook_are_offered_as_code(kernel):
    assert kernel.run("%%step clean_up\npass\n") == "ok"
    assert kernel.offered(HEAD + "    code: cell:cl|") == ["cell:clean_up"]


def test_a_kernel_explains_the_word_at_the_cursor(kernel):
    found = kernel.help(HEAD + "    inst|ance: ml.m5.large\n")
    assert found["found"]
    assert "Arguments.ResourceConfig.InstanceType" in found["data"]["text/plain"]
    assert found["data"]["text/markdown"].startswith("### `instance`")


def test_a_problem_comes_first(kernel):
    assert kernel.help(HEAD + "    inst|ence: x\n")["data"]["text/plain"].startswith("error: `instence` is not a key")


def test_python_keeps_its_help_and_does_not_speak_in_our_cells(kernel):
    assert "number of items" in kernel.help("le|n([])")["data"]["text/plain"]
    ours = kernel.help(HEAD + "    description: pri|nt")["data"]["text/plain"]
    assert "What the step is for." in ours
    assert "Prints" not in ours


def test_unloading_leaves_nothing_behind(kernel):
    assert kernel.run("%unload_ext sm_pipeline_widgets") == "ok"
    assert "inputs: " not in kernel.offered(HEAD + "    inp|")
    assert not kernel.help(HEAD + "    inst|ance: x\n")["found"]
    assert kernel.run("assert 'do_inspect' not in vars(get_ipython().kernel)") == "ok"
    assert kernel.run("assert 'pipeline' not in get_ipython().magics_manager.magics['cell']") == "ok"
    assert kernel.run("%load_ext sm_pipeline_widgets") == "ok"
    assert kernel.run("%reload_ext sm_pipeline_widgets") == "ok"
    assert kernel.offered(HEAD + "    inp|") == ["inputs: ", "input_mode: "]


# -- a shell without a kernel -----------------------------------------------------------------------------------------


@pytest.fixture
def shell():
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=config)
    shell.run_line_magic("load_ext", "sm_pipeline_widgets")
    yield shell
    InteractiveShell.clear_instance()


def test_a_terminal_completes_as_a_notebook_does(shell):
    code, cursor = at_cursor(HEAD + "    inputs: {a: $steps.|")
    with provisionalcompleter():
        assert list(shell.Completer.completions(code, cursor)) == []
        code, cursor = at_cursor(HEAD + "    inputs: {a: $ste|")
        (found,) = shell.Completer.completions(code, cursor)
    assert (found.text, code[found.start : found.end]) == ("steps", "ste")


def test_what_goes_wrong_is_logged_and_disturbs_nobody(shell, caplog):
    assistance = shell.magics_manager.registry["PipelineMagics"].assistance
    broken = type(assistance)(shell, session=None)
    with caplog.at_level(logging.ERROR):
        found = broken.matches(HEAD, len(HEAD))
        told = broken.help(HEAD, len(HEAD) - 3)
    assert list(found["completions"]) == []
    assert told == {"status": "ok", "found": False, "data": {}, "metadata": {}}
    assert [record.message[:20] for record in caplog.records] == ["Completion failed; p", "Help failed; please "]


# -- which part of a cell is ours -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "marked, expected",
    [
        ("%%pipeline demo --run\nste|", CellText("ste", 3, 22, "demo --run")),
        ("\n\n%%pipeline demo\n|", CellText("", 0, 18, "demo")),
        ("%%pipeline de|mo\nsteps:", MagicLine("%%pipeline", "de", " demo")),
        ("%%pipeline|", None),
        ("%%pipelines x\nste|", None),
        ("%%step fit\nx = |", None),
        ("%%bash\n%pipeline ru|", None),
        ("x = %pipeline ru|n", MagicLine("%pipeline", "ru", " run")),
        ("a = 1\n  %pipeline run x|\nb", MagicLine("%pipeline", "run x", " run x")),
        ("a = 1|\n%pipeline run", None),
    ],
)
def test_the_place_in_a_cell(marked, expected):
    assert place_in_cell(*at_cursor(marked)) == expected
