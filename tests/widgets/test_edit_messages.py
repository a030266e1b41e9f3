"""What kernel and page say to each other about editing: both sides agree, and nothing else is taken."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sm_pipeline_widgets.definition import edits
from sm_pipeline_widgets.definition.edits import UNSET, Leftover
from sm_pipeline_widgets.errors import EditRefusedError
from sm_pipeline_widgets.widgets import edit_messages
from sm_pipeline_widgets.widgets.edit_facts import KINDS, edit_fact, read_edit
from sm_pipeline_widgets.widgets.edit_requests import read_edit_request

TWIN = Path(__file__).parents[2] / "labextension" / "src" / "editProtocol.ts"
TEXT = re.sub(r"/\*\*.*?\*/", "", TWIN.read_text(), flags=re.DOTALL)


def test_both_sides_know_the_same_messages():
    bodies = re.findall(r"export interface (\w+) \{(.*?)\n?\}", TEXT, re.DOTALL)
    theirs = {name: sorted(re.findall(r"^\s*(\w+)\??:", body, re.MULTILINE)) for name, body in bodies}
    ours = {
        name: sorted(value.__annotations__)
        for name, value in vars(edit_messages).items()
        if isinstance(value, type) and hasattr(value, "__total__")
    }
    assert ours == theirs


def test_both_sides_know_the_same_edits():
    union = re.search(r"export type EditFact =(.*?);\n\n", TEXT, re.DOTALL)[1]
    theirs = {}
    for line in union.split("\n  | "):
        if line.strip():
            name = re.search(r"edit: '(\w+)'", line)[1]
            members = set(re.findall(r"(\w+)\??:", re.sub(r"\{ \[key: string\]: Json \}", "Json", line))) - {"edit"}
            theirs[name] = members - {"text"} | ({"value"} if "ValueFact" in line else set())
    assert theirs == {name: {one.name for one in fields(kind)} for name, kind in KINDS.items()}


EDITS = [
    edits.AddStep("a", "Fail", {"message": "x"}, "b", ("gate", "then")),
    edits.DeleteStep("a", Leftover.KEEP),
    edits.RenameStep("a", "b"),
    edits.DuplicateStep("a", None),
    edits.Connect("a", "model", "b", ("inputs", "x")),
    edits.Disconnect("a", "b"),
    edits.SetField("a", ("args", 0), ["x", {"y": 1}]),
    edits.RemoveField("a", ("args", 0)),
    edits.RenameField("a", ("environment", "A"), "B"),
    edits.MoveToBranch("a", "gate", "else"),
    edits.AddParameter("p", 5, "Integer", (), "How many"),
    edits.AddParameter("p", UNSET, "String", ("x", "y")),
    edits.RenameParameter("p", "q"),
    edits.SetParameter("p", "default", UNSET),
    edits.DeleteParameter("p"),
    edits.SetSetting(("defaults", "image"), UNSET),
    edits.SetSetting(("description",), "x"),
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: type(edit).__name__)
def test_edits_travel_as_they_are(edit):
    assert read_edit(edit_fact(edit)) == edit


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("5", 5), ("0.5", 0.5), ("true", True), ("no", "no"), ("", ""), ("s3://b/x", "s3://b/x"), ("a: b", "a: b"),
        ("# x", "# x"), ("[a, 2]", ["a", 2]), ("{a: $steps.b.model}", {"a": "$steps.b.model"}), ("'5'", "5"),
        ('{"a": [1, null]}', {"a": [1, None]}), ("two\nlines", "two\nlines"), ("*x", "*x"), ("${steps.a.b}/c", "${steps.a.b}/c"),
    ],
)  # fmt: skip
def test_what_is_typed_into_a_field_means_what_a_person_thinks(typed, means):
    edit = read_edit({"edit": "SetField", "step": "a", "path": ["x"], "text": typed})
    assert edit == edits.SetField("a", ("x",), means)
    assert type(edit.value) is type(means)


@pytest.mark.parametrize("typed", ["[a", '"x', "{a: 1", "['a' b]"])
def test_an_open_bracket_is_refused_with_words(typed):
    with pytest.raises(EditRefusedError) as refused:
        read_edit({"edit": "SetField", "step": "a", "path": ["x"], "text": typed})
    assert "cannot be read" in refused.value.message


FRAME = {"ticket": 3, "text": "steps:"}


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "edit_text", **FRAME, "follows": ""},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "RenameStep", "name": "a", "new": "b"}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "SetField", "step": "a", "path": ["x", 0], "text": "[a"}]},
        {"kind": "edit_connections", **FRAME, "source": "a", "target": "b"},
        {"kind": "edit_mentions", **FRAME, "steps": ["a"], "parameters": []},
        {"kind": "edit_form", **FRAME, "steps": []},
        {"kind": "edit_form", **FRAME, "steps": ["a"], "below": ["arguments", "Tags", 0]},
        {"kind": "edit_options", **FRAME, "steps": ["a"], "path": ["image"], "typed": ""},
        {"kind": "edit_palette", "ticket": 1},
        {"kind": "edit_template", **FRAME, "name": "tune"},
        {"kind": "edit_copy", **FRAME, "steps": ["a"]},
        {"kind": "edit_paste", **FRAME, "pasted": "", "branch": None},
        {"kind": "edit_paste", **FRAME, "pasted": "", "branch": ["gate", "then"]},
        {"kind": "edit_paste", **FRAME, "pasted": "", "branch": None, "beside": "a"},
    ],
)
def test_requests_of_the_page_are_read(content):
    assert read_edit_request(content) == content


@pytest.mark.parametrize(
    "content",
    [
        None,
        {"kind": "edit_text", "text": "x", "follows": ""},
        {"kind": "edit_text", "ticket": "1", "text": "x", "follows": ""},
        {"kind": "edit_text", "ticket": True, "text": "x", "follows": ""},
        {"kind": "edit_text", "ticket": 1, "text": None, "follows": ""},
        {"kind": "edit_text", "ticket": 1, "text": "x"},
        {"kind": "edit_everything", **FRAME},
        {"kind": "edit_apply", **FRAME, "edits": None},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "Nothing"}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "RenameStep", "name": "a"}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "RenameStep", "name": "a", "new": 5}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "RenameStep", "name": "a", "new": "b", "more": 1}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "SetField", "step": "a", "path": [None], "value": 1}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "SetField", "step": "a", "path": ["x"]}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "DeleteStep", "name": "a", "leftover": "burn"}]},
        {"kind": "edit_apply", **FRAME, "edits": [{"edit": "Restore", "rounds": []}]},
        {"kind": "edit_form", **FRAME, "steps": [1]},
        {"kind": "edit_form", **FRAME, "steps": [], "below": [True]},
        {"kind": "edit_paste", **FRAME, "pasted": "", "branch": ["gate"]},
    ],
)
def test_anything_else_is_refused(content):
    assert read_edit_request(content) is None
