"""Whether a person looks at the notebook: what the kernel was sent says it."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from sm_pipeline_widgets.magics.asking import has_buttons


def shell(message):
    return SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda _channel: message))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (shell({"content": {"allow_stdin": True}}), True),
        (shell({"content": {"allow_stdin": False}}), False),
        (shell({"content": {}}), False),
        (shell({}), False),
        (shell(None), False),
        (SimpleNamespace(kernel=object()), False),
        (SimpleNamespace(), False),
    ],
)
def test_a_front_end_that_takes_input_can_show_buttons(at, expected):
    assert has_buttons(at) is expected


@pytest.mark.parametrize("allowed", [True, False])
def test_a_real_kernel_tells_what_it_was_sent(allowed):
    source = "from sm_pipeline_widgets.magics.asking import has_buttons\nprint(has_buttons())"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(notebook, timeout=100, kernel_name="python3")
    with client.setup_kernel():
        client.kc.allow_stdin = allowed
        client.execute_cell(notebook.cells[0], 0)
    assert notebook.cells[0].outputs[0].text.strip() == str(allowed)
