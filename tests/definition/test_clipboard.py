"""Steps copied as a text, and such a text pasted: names made free, references followed, nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.definition.clipboard import copy_steps, paste
from sm_pipeline_widgets.definition.rewrite import apply
from sm_pipeline_widgets.definition.rewrite_page import read_page
from sm_pipeline_widgets.definition.source import plain, read_source
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.definition.templates import TEMPLATES, begin_with, template
from sm_pipeline_widgets.errors import EditRefusedError
from tests.definition.test_rewrite_sessions import BLOCK, FLOW, NARROW, ODD, ROOMY

TEXT = """\
parameters:
  alpha: 0.1   # how strongly
  other: 1
steps:
    # reads
    load:
        type: Processing   # quick
        code: cell:load
        args: [--n, $parameters.alpha]
        outputs: [o]

    fit: {type: Training, code: cell:fit, inputs: {train: $steps.load.outputs.o}}
    gate:
        type: Condition
        if: $steps.load.x == '1'
        then: [fit, stop]
    stop: {type: Fail, message: |-
            no more }
"""


def test_a_copy_is_a_cell_that_can_stand_alone():
    assert copy_steps(TEXT.replace("stop: {type: Fail, message: |-\n            no more }", "stop: {type: Fail}"), ["load", "fit"], "demo") == (
        "%%pipeline demo_steps\n"
        "parameters:\n"
        "  alpha: 0.1   # how strongly\n"
        "steps:\n"
        "  # reads\n"
        "  load:\n"
        "      type: Processing   # quick\n"
        "      code: cell:load\n"
        "      args: [--n, $parameters.alpha]\n"
        "      outputs: [o]\n"
        "  fit: {type: Training, code: cell:fit, inputs: {train: $steps.load.outputs.o}}\n"
    )  # fmt: skip


SMALL = "%%pipeline x --run\nsteps:\n  a: {type: Lambda, function: f, outputs: [o]}\n  b: {type: Fail, message: $steps.a.outputs.o}\n"


@pytest.mark.parametrize(
    ("text", "pasted", "branch", "expected", "notes"),
    [
        ("", SMALL, None, SMALL.partition("\n")[2], []),
        ("# mine\n", SMALL, None, "# mine\n" + SMALL.partition("\n")[2], []),
        (
            "steps:\n  a: {type: Fail, message: x}   # mine\n",
            SMALL,
            None,
            ("steps:\n  a: {type: Fail, message: x}   # mine\n"
            "  a_2: {type: Lambda, function: f, outputs: [o]}\n  b: {type: Fail, message: $steps.a_2.outputs.o}\n"),
            ["`a` is called `a_2` here."],
        ),
        (
            "steps: {z: {type: Fail, message: x}}\n",
            SMALL,
            None,
            ("steps: {z: {type: Fail, message: x}, a: {type: Lambda, function: f, outputs: [o]}, "
            "b: {type: Fail, message: $steps.a.outputs.o}}\n"),
            [],
        ),
        (
            "steps:\n  g:\n    type: Condition\n    if: 1 == 1\n",
            "steps:\n  n: {type: Fail, message: x}\n",
            ("g", "else"),
            "steps:\n  g:\n    type: Condition\n    if: 1 == 1\n    else: [n]\n  n: {type: Fail, message: x}\n",
            [],
        ),
        (
            "parameters: {p: 1}\nsteps:\n  z: {type: Fail, message: x}\n",
            "parameters: {p: 2, q: 3}\nsteps:\n  n: {type: Fail, message: '$parameters.q $steps.gone.x'}\n",
            None,
            ("parameters: {p: 1, q: 3}\nsteps:\n  z: {type: Fail, message: x}\n"
            "  n: {type: Fail, message: '$parameters.q $steps.gone.x'}\n"),
            [
                "The value of `p` is the one that is here.",
                "The parameter `q` came along.",
                "They name `gone`, which is not here.",
            ],
        ),
        (
            "steps:\n  z: {type: Fail, message: x}\n",
            "steps:\n  g: {type: Condition, if: 1 == 1, then: [z, n], else: [y]}\n  n: {type: Fail, message: x}\n",
            None,
            ("steps:\n  z: {type: Fail, message: x}\n"
            "  g: {type: Condition, if: 1 == 1, then: [n]}\n  n: {type: Fail, message: x}\n"),
            [],
        ),
    ],
)  # fmt: skip
def test_what_is_pasted_stands_behind_all_else(text, pasted, branch, expected, notes):
    edited = paste(text, pasted, branch)
    assert edited.text == expected
    assert list(edited.notes) == notes
    assert apply(edited.text, edited.inverse).text == text


@pytest.mark.parametrize(
    "pasted", ["", "words", "a: 1", "%%pipeline x\n", "import os\nprint(1)\n", "steps: {", "steps:\n"]
)
def test_what_is_no_pipeline_is_refused(pasted):
    with pytest.raises(EditRefusedError, match="what was pasted"):
        paste(TEXT.replace("|-\n            no more }", "x}"), pasted)


@settings(max_examples=40)
@given(
    st.sampled_from([BLOCK, FLOW, NARROW, ROOMY]), st.sampled_from([BLOCK, FLOW, NARROW, ROOMY, "", *ODD]), st.data()
)
def test_whatever_is_copied_can_be_pasted_and_undone(source, target, data):
    names = list(read_spec(source).steps)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    copied = copy_steps(source, chosen, "demo")
    here = plain(read_source(source).root)["steps"]
    there = plain(read_source(copied.partition("\n")[2]).root)["steps"]
    assert there == {name: here[name] for name in names if name in chosen}
    try:
        edited = paste(target, copied)
    except EditRefusedError as refused:
        assert refused.message
        return
    assert read_source(edited.text).problems == ()
    before, after = read_spec(target).steps, read_spec(edited.text).steps
    assert len(after) == len(before) + len(chosen)
    assert apply(edited.text, edited.inverse).text == target


# -- templates --------------------------------------------------------------------------------------------------------


def test_a_template_begins_a_text_and_keeps_its_comments():
    made = template("tune")
    edited = begin_with("# mine\n\n", made)
    assert edited.text == "# mine\n\n" + made.text
    assert edited.notes == ("Its steps name code: the cells `%%step prepare` and `%%step train`.",)
    for text in ("", "\n\n", "# mine", "# mine\n"):
        done = begin_with(text, made)
        assert apply(done.text, done.inverse).text == text
        assert [done.text[one.start : one.end] for one in done.changes] == [made.text]


def test_a_template_is_not_put_over_what_is_there():
    with pytest.raises(EditRefusedError, match="holds one already"):
        begin_with("steps:\n", template("tune"))
    with pytest.raises(EditRefusedError, match="no template `tine`") as refused:
        template("tine")
    assert "tune" in refused.value.fix


@pytest.mark.parametrize("name", [one.name for one in TEMPLATES])
def test_the_code_of_a_template_is_python(name):
    for cell, code in template(name).cells.items():
        assert f"cell:{cell}" in template(name).text
        compile(code, cell, "exec")


HOME = "defaults: {image: pytorch, instance: ml.c5.large}\nsteps:\n  a: {type: Training, code: x.py, instance: ml.m5.large}\n  b: {type: Fail, message: m}\n"


@pytest.mark.parametrize(
    "here, written",
    [
        ("steps: {}\n", "image: pytorch"),
        ("defaults: {image: sklearn}\nsteps: {}\n", "image: pytorch"),
        ("defaults: {image: pytorch}\nsteps: {}\n", None),
    ],
)
def test_what_defaults_gave_a_step_comes_along_where_others_count(here, written):
    done = paste(here, copy_steps(HOME, ["a", "b"], "demo"))
    pasted = read_page(done.text).spec.steps
    assert ("image" in pasted["a"].entries) == (written is not None)
    assert plain(pasted["a"].entries["instance"].value) == "ml.m5.large"
    assert "image" not in pasted["b"].entries
    assert any("came from the `defaults:` there" in note for note in done.notes) == (written is not None)


def test_a_step_that_takes_no_defaults_brings_none():
    text = "defaults: {image: pytorch}\nsteps:\n  a: {type: Training, defaults: none, code: x.py}\n"
    assert "pytorch" not in copy_steps(text, ["a"], "demo")
