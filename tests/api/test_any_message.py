"""A page may send anything - a hostile notebook's script, an older page: the kernel never stumbles."""

from __future__ import annotations

import json
import typing

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.api.show import LiveView
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.widgets import (
    edit_facts,
    edit_messages,
    failure_messages,
    log_messages,
    protocol,
    run_messages,
)
from tests.fake_page import FakePage

TEXT = """\
parameters: {limit: 3}
steps:
  prepare: {type: Processing, code: s3://bucket/prepare.py, outputs: [train]}
  train: {type: Training, code: s3://bucket/train.tar.gz, entry: train.py, inputs: {train: $steps.prepare.outputs.train}}
"""
MODULES = (protocol, log_messages, run_messages, edit_messages, failure_messages)
KNOWN = st.sampled_from(
    ["prepare", "train", "limit", "demo", "stop", "retry", "add", "outputs.train", "$steps.train.model", "", TEXT]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | KNOWN | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def requests():
    """Every message a page may send, by its declared members."""
    for module in MODULES:
        for name, shape in vars(module).items():
            if typing.is_typeddict(shape) and shape.__module__ == module.__name__ and is_request(name, shape):
                hints = typing.get_type_hints(shape, localns=vars(edit_facts))
                yield st.fixed_dictionaries({key: member(hint) for key, hint in hints.items()})


def is_request(name, shape):
    return name.endswith("Request") or name in {"ActionMessage", "SightMessage", "FollowMessage"}


def member(hint):
    if hint is str:
        return KNOWN | st.text(max_size=10)
    if typing.Any in typing.get_args(hint) or hint is typing.Any or "Any" in str(hint):
        return JSON
    return st.from_type(hint)


@st.composite
def messages(draw):
    """A message as it should be, or one with members that are missing, of another kind, or too many."""
    message = draw(st.one_of(*requests()))
    for _ in range(draw(st.integers(0, 2))):
        key = draw(st.sampled_from([*sorted(message), "kind", "more"]))
        if draw(st.booleans()):
            message[key] = draw(JSON)
        else:
            message.pop(key, None)
    return json.loads(json.dumps(message))


@pytest.fixture(scope="module")
def view():
    live = LiveView.of_pipeline(Pipeline.from_yaml(TEXT, "demo", first_line=2))
    lines = [LogLine(n, "algo-1", f"line {n}") for n in range(30)]
    live.view.attach_logs(lambda _step, first, count: lines[first : first + count], lambda _step: 30, lambda *_: None)
    return live.view, FakePage(live.view, TEXT)


@given(message=messages() | JSON)
@example(
    message={"kind": "edit_apply", "ticket": 1, "text": TEXT, "edits": [{"edit": "SetField", "path": ["__class__"]}]}
)
@example(message={"kind": "log_page_request", "step": "train", "first": -5, "count": 10**30})
@example(message={"kind": "log_search", "search": "a", "text": "(a+)+$", "is_regex": True})
@example(message={"kind": ["action"], "name": {}})
@settings(max_examples=300, deadline=None)
def test_no_message_is_too_odd(view, message):
    live, page = view
    page.view.comm.sent.clear()
    live._receive(live, message, [])
    for content in page.customs():
        json.dumps(content, allow_nan=False)
    event(str(message.get("kind") if isinstance(message, dict) else None)[:20])
    event(f"{len(page.customs())} answers")


def test_the_table_of_messages_is_whole():
    kinds = {
        typing.get_args(typing.get_type_hints(shape, localns=vars(edit_facts))["kind"])[0]
        for module in MODULES
        for name, shape in vars(module).items()
        if typing.is_typeddict(shape) and is_request(name, shape) and "kind" in shape.__annotations__
    }
    assert {"action", "sight", "follow", "log_page_request", "run_start", "edit_apply", "next_start"} <= kinds
