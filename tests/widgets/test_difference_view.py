"""The comparison's widget: what it tells the page, and what a reader without a kernel gets."""

from __future__ import annotations

import base64
import re

from sm_pipeline_widgets import Pipeline

BEFORE = "steps: {a: {type: Fail, message: one}, b: {type: Fail, message: x}, t: {type: Lambda, function: old-TOKEN=1}}"
AFTER = (
    "steps: {a: {type: Fail, message: two}, c: {type: Callback, queue: q}, t: {type: Lambda, function: old-TOKEN=1}}"
)


def compared():
    return Pipeline.from_yaml(BEFORE, "p").diff(Pipeline.from_yaml(AFTER, "p"))


def test_the_page_is_told_what_became_of_each_step():
    view = compared().view()
    assert {fact["name"]: fact["status"] for fact in view.steps} == {
        "a": "changed", "b": "removed", "c": "added", "t": "unchanged",
    }  # fmt: skip
    ids = {fact["name"]: fact["id"] for fact in view.steps}
    assert view.canvas.states == {
        ids["a"]: ["changed", "changed"], ids["b"]: ["removed", "removed"], ids["c"]: ["added", "added"],
    }  # fmt: skip
    assert view.comparison == "steps: 1 added, 1 removed, 1 changed, 1 unchanged"
    assert {each["step"]: each["pairs"] for each in view.details} == {
        "a": [("ErrorMessage", "one → two")], "b": [], "c": [], "t": [],
    }  # fmt: skip


def test_a_reader_without_a_kernel_gets_the_picture_and_the_text():
    bundle = compared().view()._repr_mimebundle_()
    assert bundle["text/plain"] == str(compared())
    assert "ErrorMessage: one → two" in bundle["text/html"]
    svg = base64.b64decode(re.search(r"base64,([^\"]+)", bundle["text/html"])[1]).decode()
    assert "b, Fail, removed<" in svg
    told = compared().view(is_told=True)._repr_mimebundle_()
    assert told["text/plain"].splitlines() == ["p (1) → p (2)", "steps: 1 added, 1 removed, 1 changed, 1 unchanged"]


def test_a_comparison_is_true_when_something_differs():
    same = Pipeline.from_yaml(BEFORE, "p").diff(Pipeline.from_yaml(BEFORE, "p"))
    assert (bool(compared()), bool(same)) == (True, False)
    assert same.view().comparison == "identical"
