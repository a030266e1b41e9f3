"""The canvas widget, kernel side: what it sends, and what readers without a kernel get."""

from __future__ import annotations

import networkx as nx
import pytest

from sm_pipeline_widgets.view.picture import NodeState, draw
from sm_pipeline_widgets.widgets.canvas import PipelineCanvas


class Counting(PipelineCanvas):
    """Counts the messages that would go to the page."""

    def __init__(self, *arguments, **traits):
        self.sent = []
        super().__init__(*arguments, **traits)
        self.sent.clear()

    def send_state(self, key=None):
        self.sent.append(key)
        super().send_state(key)


@pytest.fixture
def canvas():
    return Counting(draw(nx.DiGraph([("prepare", "train"), ("train", "<b>")])))


def test_the_whole_picture_is_one_value(canvas):
    assert [element["group"] for element in canvas.elements] == ["nodes"] * 3 + ["edges"] * 2
    assert canvas.graph.nodes == []


def test_all_new_states_are_one_message(canvas):
    canvas.show_states({"n1": NodeState("succeeded", "0:03"), "n2": NodeState("running", "0:01")})
    assert canvas.sent == ["states"]
    assert canvas.states == {"n1": ["succeeded", "0:03"], "n2": ["running", "0:01"]}


def test_the_same_states_send_nothing(canvas):
    canvas.show_states({"n1": NodeState("running")})
    canvas.sent.clear()
    canvas.show_states({"n1": NodeState("running")})
    assert canvas.sent == []


def test_a_reader_without_a_kernel_sees_the_picture_with_its_states(canvas):
    canvas.show_states({"n1": NodeState("failed", "0:03")})
    bundle = canvas._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "failed" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert bundle["text/plain"] == "Pipeline graph: prepare, train, <b>"


def test_the_view_is_asked_for_in_a_version_that_the_page_has(canvas):
    assert (canvas._view_module, canvas._view_name) == ("sm-pipeline-widgets", "PipelineCanvasView")
