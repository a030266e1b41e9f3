"""A question with two buttons: the first press counts, and an error can be answered again."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.submitting import Asks, Question
from sm_pipeline_widgets.widgets.question import QuestionView

QUESTION = Question(Asks.UPDATE, "Update it?", "~ n", "Update and run")


@pytest.fixture
def pressed():
    return []


def test_yes_goes_on_once_however_often_it_is_pressed(pressed):
    view = QuestionView([QUESTION], lambda: pressed.append(1))
    assert view.yes.description == "Update and run"
    view.yes.click()
    view.yes.click()
    assert pressed == [1]
    assert view.yes.disabled


def test_cancel_changes_nothing(pressed):
    view = QuestionView([QUESTION, QUESTION], lambda: pressed.append(1))
    assert view.yes.description == "Yes to all, and run"
    view.no.click()
    view.yes.click()
    assert pressed == []
    assert "nothing was changed" in view.said


def test_what_goes_wrong_is_said_and_may_be_tried_again(pressed):
    def go_on():
        pressed.append(1)
        if len(pressed) == 1:
            raise UsageError("It was changed meanwhile.", "Run it again.")

    view = QuestionView([QUESTION], go_on)
    view.yes.click()
    assert view.said.startswith("It was changed meanwhile.")
    view.yes.click()
    assert pressed == [1, 1]


def test_without_a_front_end_the_question_is_still_readable():
    bundle = QuestionView([QUESTION], lambda: None)._repr_mimebundle_()
    assert bundle["text/plain"] == "Update it?"
