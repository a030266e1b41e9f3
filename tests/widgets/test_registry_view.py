"""The kernel's side of the view of a model's versions: what both sides agree on, what is answered, done once at most."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import is_typeddict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.decisions import Decision
from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint, Variant
from sm_pipeline_widgets.execution.model_metrics import metrics_in
from sm_pipeline_widgets.execution.registry import Approval, Container, Evidence, Report, ReportFile, Version
from sm_pipeline_widgets.execution.version_compare import compare_versions
from sm_pipeline_widgets.widgets import registry_messages
from sm_pipeline_widgets.widgets.next_desk import PlannedAction
from sm_pipeline_widgets.widgets.registry_view import RegistryView
from tests.widgets.test_execution_view import recorded

TWIN = Path(__file__).parents[2] / "labextension" / "src" / "registryProtocol.ts"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/diabetes/{}"
HOSTILE = "<img src=x onerror=alert(1)>"


def evidence(number: int) -> Evidence:
    version = Version(
        "diabetes", number, ARN.format(number), "Completed", Approval.APPROVED, created=NOW,
        decisions=(Decision("Approved", f"{HOSTILE} AKIAABCDEFGHIJKLMNOP", "ada", "2026-11-22 08:00 UTC"),),
        containers=(Container("image", "s3://b/m", "", {"API_TOKEN": "hunter2"}),),
        generated_by="arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abc",
    )  # fmt: skip
    return Evidence(
        version, (Report(ReportFile("model quality", "s3://b/e"), '{"rmse": 5}', metrics_in({"rmse": number})),)
    )


class Acts:
    """Somebody who answers, and notes what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def evidence(self, name):
        if name == "nothere":
            raise UsageError("No such version.")
        return evidence(int(name))

    def version(self, name):
        return evidence(int(name)).version

    def compare(self, before, after):
        return compare_versions(evidence(int(before)), evidence(int(after)))

    def plan(self, action, what, values):
        return PlannedAction(f"{action} {what}?\n  {values}", "Do it", lambda: self.done.append(action) or "done")

    def ask(self, endpoint, variant, data, content_type):
        assert endpoint == "e"
        return Answer(data.encode(), content_type or "text/csv", variant or "v1", 0.01)

    def refresh(self):
        self.done.append("refresh")


@pytest.fixture
def acts():
    return Acts()


@pytest.fixture
def view(acts):
    made = RegistryView("diabetes", "here", acts, spawn=lambda work: work())
    made.show_versions([evidence(2), evidence(1)], NOW)
    return recorded(made)


def tell(view, kind, **members):
    """What a page says, and what it is answered last."""
    view._receive(view, {"kind": kind, "ticket": "t", **members}, [])
    return view.comm.customs[-1]


def test_both_sides_know_the_same_messages():
    text = re.sub(r"/\*\*.*?\*/", "", TWIN.read_text(), flags=re.DOTALL)
    theirs = {
        name: sorted(re.findall(r"^\s*(\w+):", body, re.MULTILINE))
        for name, body in re.findall(r"export interface (\w+) \{(.*?)\n\}", text, re.DOTALL)
    }
    ours = {
        name: sorted(shape.__annotations__) for name, shape in vars(registry_messages).items() if is_typeddict(shape)
    }
    assert ours == theirs


def test_rows_and_pages_are_plain_json_without_secrets(view):
    (column,) = view.columns
    assert (column, [row["metrics"] for row in view.versions]) == ("rmse", [["2"], ["1"]])
    page = tell(view, "registry_page_request", name="2")["page"]
    told = json.dumps([page, view.versions])
    assert "hunter2" not in told
    assert "AKIAABCDEFGHIJKLMNOP" not in told
    assert HOSTILE in told, "text stays text: the page shows it as such"
    assert page["step"].startswith("steps:\n  diabetes_v2:\n    type: Model\n")
    assert "No such version" in tell(view, "registry_page_request", name="nothere")["error"]


def test_two_side_by_side(view):
    answer = tell(view, "registry_compare_request", before="1", after="2")
    assert (answer["before"], answer["after"]) == ("diabetes/1", "diabetes/2")
    assert answer["rows"][0] == {
        "section": "metrics", "name": "rmse", "before": "1", "after": "2", "note": "+1 (+100 %), worse", "is_same": False,
    }  # fmt: skip


def test_a_plan_is_shown_and_then_done_once(view, acts):
    plan = tell(view, "registry_plan_request", action="approve", what="2", values=[["note", "fine"]])
    assert (plan["title"], plan["go"]) == ("approve 2?", "Do it")
    assert "fine" in plan["words"]
    assert acts.done == []
    assert tell(view, "registry_start")["words"] == "done"
    assert "out of date" in tell(view, "registry_start")["error"]
    assert acts.done.count("approve") == 1


def test_an_endpoint_is_shown_and_asked(view):
    variants = (
        Variant("v1", "m", ARN.format(1), 3.0, "ml.m5.large"),
        Variant("v2", "n", ARN.format(2), 1.0, "ml.m5.large"),
    )
    view.show_endpoints([Endpoint("e", "arn", "InService", "c", variants)])
    (shown,) = view.endpoints
    assert [(one["serves"], one["share"]) for one in shown["variants"]] == [("diabetes/1", 75.0), ("diabetes/2", 25.0)]
    answer = tell(view, "registry_invoke", endpoint="e", variant="v2", data="1,2", content_type="")
    assert (answer["text"], answer["told"]) == ("1,2", "v2 · text/csv · 10 ms")


def test_a_version_becomes_a_step_of_a_cell(view):
    answer = tell(view, "registry_insert", name="2", text="steps:\n  a: {type: Fail, message: no}  # kept\n")
    assert answer["text"].startswith("steps:\n  a: {type: Fail, message: no}  # kept\n  diabetes_v2:\n")
    assert tell(view, "registry_insert", name="2", text="steps: [no")["error"]


def test_readers_without_a_kernel_get_a_table_without_markup_of_its_texts(view):
    bundle = view._repr_mimebundle_()
    assert "VERSION  STATUS" in bundle["text/plain"]
    assert "<table>" in bundle["text/html"]
    assert HOSTILE not in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


members = st.dictionaries(
    st.sampled_from(["kind", "ticket", "name", "before", "after", "action", "what", "values", "text", "endpoint"]),
    st.sampled_from(
        [
            "registry_page_request",
            "registry_plan_request",
            "registry_start",
            "registry_insert",
            "",
            7,
            None,
            [["a"]],
            [["a", "b"]],
        ]
    ),
)


@given(st.lists(members | st.none() | st.text(), max_size=4))
def test_a_page_may_say_anything(said):
    acts = Acts()
    made = recorded(RegistryView("diabetes", "here", acts, spawn=lambda work: work()))
    for message in said:
        made._receive(made, message, [])  # the comm's own way would swallow what goes wrong
    json.dumps(made.comm.customs, allow_nan=False)
    assert "approve" not in acts.done
