"""The kernel's side of the run form: makes the form, checks what was entered, and starts the run away from the cells.

Receives callables; knows neither targets nor clients. A press of the button is one token: whatever is sent twice under
it is started once.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from sm_pipeline_widgets.execution.submitting import Asks
from sm_pipeline_widgets.widgets import run_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.definition.run_form import RunForm, RunOptions
    from sm_pipeline_widgets.execution.submitting import Progress, Question

    Send = Callable[[Mapping[str, object]], None]


class Launcher(Protocol):
    """What starts runs."""

    def costs(self) -> bool:
        """Whether a run costs money, or is seen by others: it is not started at the first press then."""
        ...

    def form(self) -> RunForm:
        """The form, with a token of its own."""
        ...

    def start(
        self, options: RunOptions, confirmed: frozenset[Asks], listener: Callable[[Progress], None]
    ) -> tuple[Question, ...]:
        """Start the run and show it; gives back the questions that have to be answered first, if there are any."""
        ...


def in_background(work: Callable[[], None]) -> None:
    """Do it on a thread of its own, so that the kernel stays free for cells."""
    threading.Thread(target=work, name="start a run", daemon=True).start()


class RunDesk:
    """Answers what pages ask about starting a run."""

    def __init__(
        self, launcher: Launcher, send: Send, spawn: Callable[[Callable[[], None]], None] = in_background
    ) -> None:
        self._launcher = launcher
        self._send = send
        self._spawn = spawn
        self._lock = threading.Lock()
        self._forms: dict[str, RunForm] = {}
        self._busy: set[str] = set()

    def receive(self, request: run_messages.RunRequest) -> None:
        """Answer a request; what takes time is done in the background."""
        if request["kind"] == "run_form_request":
            view = request["view"]
            self._spawn(lambda: self._make_form(view))
        elif request["kind"] == "run_check":
            self._check(request["press"], request["entries"])
        else:
            self._begin(request)

    def _make_form(self, view: str) -> None:
        fact, error = None, ""
        try:
            form = self._launcher.form()
            self._forms[form.token] = form
            fact = run_messages.form_fact(form, at_once=not self._launcher.costs())
        except Exception as raised:  # noqa: BLE001 - whatever goes wrong is shown where the form would be
            error = str(raised) or type(raised).__name__
        self._send({**run_messages.RunFormMessage(kind="run_form", view=view, form=fact, error=error)})

    def _check(self, press: str, entries: run_messages.RunEntries) -> None:
        form = self._filled(press, entries)
        problems = list(form.problems) if form is not None else []
        self._send({**run_messages.RunProblemsMessage(kind="run_problems", press=press, problems=problems)})

    def _begin(self, request: run_messages.RunStartRequest) -> None:
        press = request["press"]
        form = self._filled(press, request["entries"])
        with self._lock:
            if press in self._busy:
                return  # pressed twice: the first one is being answered
            self._busy.add(press)
        if form is None:
            self._end(press, "This form is out of date. Close it and open it again.")
        elif form.problems:
            self._busy.discard(press)
            self._check(press, request["entries"])
        else:
            confirmed = frozenset(Asks(word) for word in request["confirmed"] if word in set(Asks))
            self._spawn(lambda: self._start(press, form.options, confirmed))

    def _start(self, press: str, options: RunOptions, confirmed: frozenset[Asks]) -> None:
        def listener(progress: Progress) -> None:
            self._send({**run_messages.stage_message(press, progress)})

        try:
            questions = self._launcher.start(options, confirmed, listener)
        except Exception as raised:  # noqa: BLE001 - whatever goes wrong is shown beside the button
            self._end(press, str(raised) or type(raised).__name__)
            return
        if not questions:
            self._forms.pop(press, None)
            self._end(press, "")
            return
        self._busy.discard(press)
        asked = [run_messages.question_fact(question) for question in questions]
        self._send({**run_messages.RunQuestionsMessage(kind="run_questions", press=press, questions=asked)})

    def _end(self, press: str, error: str) -> None:
        self._busy.discard(press)
        self._send({**run_messages.RunStartedMessage(kind="run_started", press=press, error=error)})

    def _filled(self, press: str, entries: run_messages.RunEntries) -> RunForm | None:
        form = self._forms.get(press)
        if form is None:
            return None
        return replace(
            form.with_values(dict(entries["values"])),
            display_name=entries["display_name"].strip(),
            description=entries["description"].strip(),
            parallelism=entries["parallelism"],
            tags=tuple((key, value) for key, value in entries["tags"]),
            version=entries["version"],
            alias=entries["alias"],
        )
