"""Asking the person at the keyboard, and knowing when there is none."""

from __future__ import annotations

import builtins
import logging
import sys
import types
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UnansweredError, UsageError
from sm_pipeline_widgets.execution.submitting import Asks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sm_pipeline_widgets.execution.submitting import Question

    Ask = Callable[[Question], bool]
    """Whether a person says yes. Raises UnansweredError where there is nobody."""

logger = logging.getLogger(__name__)


def typed_answer(question: Question, read: Callable[[str], str] | None = None) -> bool:
    """Show the question and read yes or no from the keyboard.

    Parameters
    ----------
    read
        Shows a prompt and reads a line: ``input`` where None.

    Raises
    ------
    UnansweredError
        Nobody sits at a keyboard: a script, a scheduled notebook.
    """
    if read is None and not _somebody_types():
        raise unanswered(question)
    print(f"{question}\n")  # noqa: T201 - the question
    try:
        answer = (read or input)(f"{question.yes}? [y/N] ")
    except (EOFError, OSError, NotImplementedError):  # ipykernel's, where the front end takes no input
        raise unanswered(question) from None
    return answer.strip().lower() in {"y", "yes"}


def unanswered(question: Question) -> UnansweredError:
    """What is said where nobody can be asked."""
    fix = "Nobody can be asked here. If you want it, say so beforehand: `--yes` (in Python `yes=True`)."
    return UnansweredError(str(question), fix)


def refuse_to_ask(question: Question) -> bool:
    """Where a program reads what is written, nobody can be asked.

    Raises
    ------
    UnansweredError
        Always.
    """
    raise unanswered(question)


def answers(questions: Iterable[Question], ask: Ask, *, yes: bool = False) -> frozenset[Asks]:
    """What was said yes to.

    Findings do not hold up a run that nobody watches: what they speak of fails by itself if they are right.

    Raises
    ------
    UsageError
        Something was said no to.
    UnansweredError
        Nobody could be asked.
    """
    confirmed = set()
    for question in questions:
        if not yes:
            try:
                if not ask(question):
                    raise UsageError(f"You said no to: {question.title}", "Nothing was changed or started.")
            except UnansweredError:
                if question.asks is not Asks.FINDINGS:
                    raise
                logger.warning("%s", question)
        confirmed.add(question.asks)
    return frozenset(confirmed)


def _somebody_types() -> bool:
    """Whether input() reaches a person: a terminal's, or a kernel's, which asks in the notebook."""
    is_replaced = not isinstance(builtins.input, types.BuiltinFunctionType)
    return is_replaced or (sys.stdin is not None and sys.stdin.isatty())
