"""Questions of the magics: buttons in a notebook, the keyboard elsewhere."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython
from IPython.display import display

from sm_pipeline_widgets.api.asking import answers, typed_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.execution.submitting import Question
    from sm_pipeline_widgets.magics.session import Session


def has_buttons(shell: object | None = None) -> bool:
    """Whether a person looks at this notebook, so that a button can be pressed.

    A front end that lets code read from the keyboard says so with every cell it sends (``allow_stdin`` of Jupyter's
    ``execute_request``); nbclient and papermill say no. A kernel that does not tell what it was sent is asked nothing:
    then the question is put at the keyboard.
    """
    kernel = getattr(shell or get_ipython(), "kernel", None)
    get_parent = getattr(kernel, "get_parent", None)  # ipykernel's, from version 6 on
    if get_parent is None:
        return False
    match get_parent("shell"):
        case {"content": {"allow_stdin": bool(allowed)}}:
            return allowed
    return False


def ask_with_buttons(questions: Sequence[Question], begin: Callable[[], Execution]) -> None:
    """Show the questions with a button that goes on; the run's live view takes their place then."""
    from sm_pipeline_widgets.api.show import LiveView  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.widgets.question import QuestionView  # noqa: PLC0415

    place = uuid.uuid4().hex

    def go_on() -> None:
        LiveView.of_execution(begin()).display(instead_of=place)

    print("\n\n".join(question.text for question in questions if question.text))  # noqa: T201 - what is asked about
    display(QuestionView(questions, go_on), display_id=place)


def confirmed(session: Session, question: Question, act: Callable[[], str], *, yes: bool) -> str | None:
    """Ask, then act; what is told of it. With buttons the cell ends, and the answer stands in place of the question.

    Raises
    ------
    UsageError
        The answer was no.
    UnansweredError
        Nobody can be asked.
    """
    if not yes and session.ask is None and has_buttons():
        _with_buttons(question, act)
        return None
    answers([question], session.ask or typed_answer, yes=yes)
    return act()


def _with_buttons(question: Question, act: Callable[[], str]) -> None:
    from sm_pipeline_widgets.widgets.question import QuestionView  # noqa: PLC0415 - kept out of %load_ext's time

    place = uuid.uuid4().hex
    print(question.text)  # noqa: T201 - what is asked about
    display(QuestionView([question], lambda: _show_text(act(), place)), display_id=place)


def _show_text(text: str, place: str) -> None:
    display({"text/plain": text}, raw=True, display_id=place, update=True)
