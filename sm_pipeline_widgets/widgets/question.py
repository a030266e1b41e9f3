"""A question with two buttons, made of ipywidgets' own widgets, so that it shows in every front end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from sm_pipeline_widgets.view.picture import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sm_pipeline_widgets.execution.submitting import Question


class QuestionView(ipywidgets.VBox):
    """Asks once: whichever button is pressed first counts.

    Parameters
    ----------
    go_on
        Called when yes was said; what it raises is shown, and the question can be answered again.
    """

    def __init__(self, questions: Sequence[Question], go_on: Callable[[], None]) -> None:
        self._go_on = go_on
        self._text = "\n".join(question.title for question in questions)
        # Output shows plain text, in as many lines as it takes
        self._title, self._said = ipywidgets.Output(), ipywidgets.Output()
        _write(self._title, self._text)
        label = questions[0].yes if len(questions) == 1 else "Yes to all, and run"
        width = ipywidgets.Layout(width="auto")
        self.yes = ipywidgets.Button(description=label, button_style="primary", layout=width)
        self.no = ipywidgets.Button(description="Cancel", layout=width)
        self.yes.on_click(lambda _: self._answer(is_yes=True))
        self.no.on_click(lambda _: self._answer(is_yes=False))
        super().__init__([self._title, ipywidgets.HBox([self.yes, self.no]), self._said])

    @property
    def said(self) -> str:
        """What became of it, in words."""
        return "".join(output["text"] for output in self._said.outputs)

    def _answer(self, *, is_yes: bool) -> None:
        if self.yes.disabled:
            return
        self.yes.disabled = self.no.disabled = True
        if not is_yes:
            _write(self._said, "Cancelled: nothing was changed or started.")
            return
        _write(self._said, "Starting…")
        try:
            self._go_on()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is shown beside the button
            _write(self._said, str(error) or type(error).__name__)
            self.yes.disabled = self.no.disabled = False

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any] | None:
        bundle: dict[str, Any] | None = super()._repr_mimebundle_(**options)
        return None if bundle is None else {**bundle, "text/plain": self._text}


def _write(place: ipywidgets.Output, text: str) -> None:
    lines = "\n".join(readable(line) for line in text.splitlines())
    place.outputs = ({"output_type": "stream", "name": "stdout", "text": lines},)
