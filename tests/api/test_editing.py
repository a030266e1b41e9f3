"""Editing as a page does it, message by message: the text is written, the view follows, and what is shown is what runs."""

from __future__ import annotations

import itertools
import queue

import pytest

from sm_pipeline_widgets import Pipeline, connect
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.editing import Cards
from sm_pipeline_widgets.api.live_views import tell_code
from sm_pipeline_widgets.api.show import LiveView
from sm_pipeline_widgets.definition.edits import (
    AddParameter,
    AddStep,
    DeleteStep,
    DuplicateStep,
    Leftover,
    MoveToBranch,
    RenameStep,
    SetField,
    SetParameter,
)
from sm_pipeline_widgets.definition.templates import TEMPLATES, template
from sm_pipeline_widgets.errors import EditRefusedError
from tests.fake_page import FakePage

TEXT = """\
# What it is for
parameters:
  limit: 3
steps:
  prepare:   # first
    type: Processing
    code: s3://bucket/prepare.py
    outputs: [train]
  train:
    type: Training
    code: s3://bucket/train.tar.gz
    entry: train.py
    hyperparameters: {limit: $parameters.limit}
    inputs: {train: $steps.prepare.outputs.train}
"""
numbers = itertools.count()


def opened(text=TEXT, **more):
    """A view of a cell's pipeline with its page."""
    pipeline = Pipeline.from_yaml(text, "demo", first_line=2, **more)
    live = LiveView.of_pipeline(pipeline)
    return live, FakePage(live.view, text)


def cards(live):
    return {row["name"]: row["id"] for row in live.view.steps}


def test_an_edit_writes_the_text_first_and_redraws_with_one_message_for_each_widget():
    live, page = opened()
    answer = page.edit(RenameStep("prepare", "load"))
    assert page.text == TEXT.replace("prepare:", "load:").replace("steps.prepare.", "steps.load.")
    assert answer["select"] == ["load"]
    assert [page.text[start:end] for start, end in answer["changes"]] == ["load", "load"]
    kinds = [data.get("method") for kind, data in live.view.comm.sent if kind == "comm_msg"]
    assert kinds == ["custom", "update"]
    of_view, of_canvas = page.updates()
    assert {"steps", "details"} <= set(of_view)
    assert [one["data"]["name"] for one in of_canvas["elements"] if one["group"] == "nodes"] == ["load", "train"]


def test_cards_stay_the_same_cards_under_another_name_and_beside_new_ones():
    live, page = opened()
    assert cards(live) == {"prepare": "n1", "train": "n2"}
    page.edit(RenameStep("train", "fit"))
    page.edit(AddStep("look", "Processing", after="prepare"))
    assert cards(live) == {"prepare": "n1", "look": "n3", "fit": "n2"}
    page.type(page.text.replace("fit:", "train:"))  # by hand, or undone
    assert cards(live) == {"prepare": "n1", "look": "n3", "train": "n2"}
    page.edit(DeleteStep("look"))
    page.edit(AddStep("other", "Fail"))
    assert cards(live) == {"prepare": "n1", "train": "n2", "other": "n4"}


def test_ids_are_never_given_twice():
    made = Cards(["a", "b"])
    assert made.ids(["b", "a"], {}) == {"b": "n2", "a": "n1"}
    assert made.ids(["b", "c"], {"a": "c"}) == {"b": "n2", "c": "n1"}
    assert made.ids(["x", "y", "z"], {}) == {"x": "n3", "y": "n4", "z": "n5"}


def test_what_was_typed_is_drawn_and_what_cannot_be_read_keeps_the_last_picture():
    live, page = opened()
    assert page.type(TEXT + "  last: {type: Fail, message: x}\n")["is_readable"]
    assert list(cards(live)) == ["prepare", "train", "last"]
    answer = page.type(TEXT + "  last: {type: Fail\n")
    assert not answer["is_readable"]
    assert (answer["line"], bool(answer["message"])) == (17, True)  # of the cell, whose magic is line 1
    assert list(cards(live)) == ["prepare", "train", "last"]
    assert live.view.actions[0]["reason"] == "its text cannot be read"
    assert page.type(TEXT)["is_readable"]
    assert live.view.actions[0]["reason"] == ""
    page.ask("edit_text")
    assert page.updates() == []  # the same text again is no news


def test_problems_are_drawn_too_and_keep_it_from_running():
    live, page = opened()
    page.edit(SetField("train", ("inputs", "train"), "$steps.prepare.outputs.nothing"))
    assert {problem["step"] for problem in live.view.problems} == {"train"}
    assert live.view.actions[0]["reason"] == "its text has an error"


def test_a_refused_edit_leaves_everything_as_it_was():
    live, page = opened()
    answer = page.ask("edit_apply", edits=[{"edit": "RenameStep", "name": "train", "new": "prepare"}])
    assert (answer["kind"], answer["message"]) == ("edit_refused", "there is a step `prepare` already")
    cycle = {"edit": "SetField", "step": "prepare", "path": ["inputs", "x"], "value": "$steps.train.model"}
    answer = page.ask(
        "edit_apply",
        edits=[{"edit": "RenameStep", "name": "train", "new": "fit"}, cycle | {"value": "$steps.fit.model"}],
    )
    assert "`prepare` cannot wait for `fit`: `fit` waits for `prepare` already" in answer["message"]
    assert page.updates() == []
    assert live.view.editor["can_edit"]


def test_every_request_gets_an_answer_of_its_kind_also_from_a_text_that_cannot_be_read():
    _live, page = opened()
    page.type("steps: {")
    choices = page.ask("edit_connections", source="prepare", target="train")
    assert (choices["kind"], choices["choices"]) == ("edit_choices", [])
    assert "cannot be read" in choices["reason"]
    assert page.ask("edit_mentions", steps=["train"], parameters=[])["mentions"] == []
    assert page.ask("edit_options", steps=["train"], path=["image"], typed="")["options"] == []
    assert "cannot be read" in page.ask("edit_form", steps=["train"])["error"]
    assert page.ask("edit_copy", steps=["train"])["kind"] == "edit_refused"
    page.text = "steps: {a: {type: Fail, message: \ud83d}}"
    assert "half a character" in page.ask("edit_text")["message"]
    answer = page.ask("edit_apply", edits=[{"edit": "Tomorrow"}])
    assert answer["fix"].startswith("Reload the page")


def test_several_edits_at_once_are_one_text():
    _live, page = opened()
    answer = page.edit(DuplicateStep("train", "again"), SetField("again", ("count",), 2))
    assert page.text == TEXT + TEXT[TEXT.index("  train:") :].replace("train:", "again:", 1) + "    count: 2\n"
    assert answer["select"] == ["again"]


def test_deleting_tells_first_and_then_what_went():
    _live, page = opened()
    (mention,) = page.ask("edit_mentions", steps=["prepare"], parameters=[])["mentions"]
    assert (mention["step"], mention["path"], mention["line"]) == ("train", ["inputs", "train"], 15)
    assert page.ask("edit_mentions", steps=["prepare", "train"], parameters=["limit"])["mentions"] == []
    answer = page.edit(DeleteStep("prepare", Leftover.KEEP))
    assert "$steps.prepare.outputs.train" in page.text
    assert [one["removed"] for one in answer["mentions"]] == [False]
    assert "still names `prepare`" in answer["notes"][0]


def test_copies_go_from_one_notebook_to_another_as_text():
    _live, page = opened()
    copied = page.ask("edit_copy", steps=["train"])["text"]
    assert copied.startswith("%%pipeline demo_steps\nparameters:\n  limit: 3\nsteps:\n  train:\n")
    _other, there = opened("steps:\n  prepare: {type: Fail, message: x}\n  train: {type: Fail, message: y}\n")
    answer = there.write("edit_paste", pasted=copied, branch=None)
    assert answer["select"] == ["train_2"]
    assert answer["notes"] == [
        "`train` is called `train_2` here.",
        "The parameter `limit` came along.",
        "They use `prepare` of this pipeline.",
    ]
    refused = there.ask("edit_paste", pasted="just words", branch=None)
    assert refused["message"].startswith("what was pasted is no pipeline")


def test_an_empty_cell_opens_the_editor():
    live, page = opened("")
    assert live.view.problems == []
    assert live.view.actions[0]["reason"] == "it has no steps yet"
    assert live.view.editor == {"can_edit": True, "reason": "", "text": "", "name": "demo"}
    palette = page.ask("edit_palette")
    assert [one["name"] for one in palette["templates"]] == [one.name for one in TEMPLATES]
    assert [one["type"] for one in palette["types"] if one["common"]][:2] == ["Processing", "Training"]
    answer = page.write("edit_template", name="prepare-train")
    assert [one["name"] for one in answer["cells"]] == ["prepare", "train"]
    assert answer["cells"][0]["source"].startswith("%%step prepare\n")
    assert page.text == template("prepare-train").text.rstrip("\n")
    assert list(cards(live)) == ["prepare", "train"]
    refused = page.ask("edit_template", name="tune")
    assert "holds one already" in refused["message"]


def test_what_came_as_json_is_edited_as_the_text_it_makes():
    definition = Pipeline.from_yaml(TEXT, "demo").definition()
    live = LiveView.of_pipeline(Pipeline.from_definition(definition, "demo"))
    page = FakePage(live.view, live.view.editor["text"])
    page.edit(RenameStep("train", "fit"))
    assert list(cards(live)) == ["prepare", "fit"]


def test_what_came_as_json_with_a_secret_is_not_made_a_text_of():
    text = TEXT.replace("outputs: [train]", "outputs: [train]\n    environment: {DB_PASSWORD: hunter2}")
    live = LiveView.of_pipeline(Pipeline.from_definition(Pipeline.from_yaml(text, "demo").definition(), "demo"))
    assert not live.view.editor["can_edit"]
    assert "%pipeline import demo" in live.view.editor["reason"]
    assert "hunter2" not in str(live.view.get_state())


def test_the_python_twin_of_an_edit():
    pipeline = Pipeline.from_yaml(TEXT, "demo")
    edited = pipeline.edit(RenameStep("train", "fit"), SetParameter("limit", "default", 5))
    assert list(edited.graph) == ["prepare", "fit"]
    assert "# What it is for\nparameters:\n  limit: 5\n" in edited.to_yaml()
    assert pipeline.to_yaml() == TEXT
    with pytest.raises(EditRefusedError, match="there is no step `nix`"):
        pipeline.edit(DeleteStep("nix"))


def test_a_cell_of_code_that_was_run_is_no_problem_any_more():
    code = CodeBook()
    live, page = opened("steps:\n  a: {type: Processing, code: cell:fit}\n", code=code)
    assert [problem["code"] for problem in live.view.problems] == ["code-not-found"]
    code.add_cell("fit", "%%step fit\nprint(1)\n")
    tell_code(code, "other")
    assert len(live.view.problems) == 1
    tell_code(code, "fit")
    assert live.view.problems == []
    assert live.view.actions[0]["reason"] == ""
    assert cards(live) == {"a": "n1"}
    assert page.updates()


# -- on the engine ----------------------------------------------------------------------------------------------------

WRITE = """\
%%step write
import os, pathlib
for name in ("train", "test"):
    (pathlib.Path(os.environ[f"SM_OUTPUT_{name.upper()}"]) / "data.csv").write_text("1\\n2\\n")
"""
FIT = """\
%%step fit
import os, pathlib
rows = (pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]) / "data.csv").read_text().split()
(pathlib.Path(os.environ["SM_MODEL_DIR"]) / "model.txt").write_text(str(len(rows)))
"""
MEASURE = """\
%%step measure
import json, os, pathlib
assert (pathlib.Path(os.environ["SM_INPUT_MODEL"]) / "model.tar.gz").exists()
(pathlib.Path(os.environ["SM_OUTPUT_REPORT"]) / "scores.json").write_text(json.dumps({"rmse": 2.5}))
"""


class OnTheEngine:
    """A view of a new pipeline whose Run button runs it on a real engine."""

    def __init__(self, engine, text="", cells=()):
        self.code = CodeBook()
        for cell in cells:
            self.add(cell)
        self.runs, self.newest = queue.Queue(), []
        pipeline = Pipeline.from_yaml(text, f"edited-{next(numbers)}", code=self.code, first_line=2)
        target = connect("local", home=engine.home)
        live = LiveView.of_pipeline(pipeline, target=lambda: target, started=self.runs.put, changed=self.newest.append)
        self.view, self.page = live.view, FakePage(live.view, text)

    def add(self, cell):
        """Run a `%%step` cell."""
        self.code.add_cell(cell.split()[1], cell)

    def run(self):
        """Press Run as the page does: ask for the form, start, wait for the end."""
        forms = queue.Queue()
        self.page.listen(lambda message: forms.put(message["form"]) if message["kind"] == "run_form" else None)
        self.page.tell({"kind": "run_form_request", "view": "v"})
        press = forms.get(timeout=60)["press"]
        entries = {"values": [], "display_name": "", "description": "", "parallelism": "", "tags": [], "version": None,
                   "alias": ""}  # fmt: skip
        self.page.tell({"kind": "run_start", "press": press, "entries": entries, "confirmed": []})
        execution = self.runs.get(timeout=60)
        execution.wait(180)
        return execution


def test_a_pipeline_built_by_edits_alone_runs_to_success(engine):
    made = OnTheEngine(engine, cells=[WRITE, FIT, MEASURE])
    page = made.page
    page.edit(AddStep("prepare", "Processing"))
    page.edit(SetField("prepare", ("code",), "cell:write"))
    page.edit(SetField("prepare", ("outputs", 0), "train"), SetField("prepare", ("outputs", 1), "test"))
    page.edit(AddStep("train", "Training", {"code": "cell:fit"}, after="prepare"))
    page.connect("prepare", "train", into="inputs")
    page.edit(AddStep("evaluate", "Processing", {"code": "cell:measure", "outputs": ["report"]}))
    page.connect("train", "evaluate", into="inputs")
    page.edit(SetField("evaluate", ("property_files", "metrics"), "report/scores.json"))
    page.edit(AddParameter("max_rmse", 3.5), AddStep("good_enough", "Condition"))
    page.connect("evaluate", "good_enough", into="if", says="rmse")
    page.edit(SetField("good_enough", ("if",), "$steps.evaluate.metrics.rmse <= $parameters.max_rmse"))
    page.edit(AddStep("register", "RegisterModel", {"group": "by-hand"}, branch=("good_enough", "then")))
    page.connect("train", "register", into="model")
    page.edit(AddStep("too_bad", "Fail", {"message": "too bad"}), MoveToBranch("too_bad", "good_enough", "else"))
    page.edit(RenameStep("prepare", "load"))
    assert made.view.problems == []
    assert made.newest[-1].text == page.text + "\n"
    execution = made.run()
    assert execution.status == "Succeeded", execution.why()
    statuses = {name: step.status.value for name, step in execution.steps.items()}
    assert statuses["load"] == statuses["register"] == "succeeded"
    assert statuses["too_bad"] == "skipped"


@pytest.mark.parametrize("name", [one.name for one in TEMPLATES])
def test_every_template_is_without_a_problem_and_runs_with_its_code(engine, name):
    made = OnTheEngine(engine)
    answer = made.page.write("edit_template", name=name)
    assert [one["name"] for one in answer["cells"]] == list(template(name).cells)
    for cell in answer["cells"]:
        made.add(cell["source"])
    made.page.ask("edit_text")
    assert made.view.problems == []
    execution = made.run()
    assert execution.status == "Succeeded", execution.why()


def test_what_is_shown_is_what_runs(engine):
    made = OnTheEngine(engine, "steps:\n  a: {type: Fail, message: first}\n")
    made.page.type("steps:\n  a: {type: Fail, message: second}\n")
    execution = made.run()
    assert "second" in execution.steps["a"].reason


def test_a_connection_that_asks_is_drawn_with_the_answer():
    text = "steps:\n  e: {type: Processing, code: s3://b/x.py, outputs: [r], property_files: {m: r/x.json}}\n  c: {type: Condition}\n"
    _live, page = opened(text)
    (choice, *_) = page.ask("edit_connections", source="e", target="c")["choices"]
    assert choice["edit"] == {"edit": "Connect", "source": "e", "output": "m", "target": "c", "input": ["if"]}
    assert choice["asks"]
    page.connect("e", "c", into="if", says="rmse")
    assert page.text.endswith("c: {type: Condition, if: $steps.e.m.rmse}\n")
