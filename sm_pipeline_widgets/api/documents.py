"""Files that JupyterLab opens as a canvas: the page holds the text, and this kernel draws it.

The page calls :func:`open_document` in a kernel of the document's own, and edits by the messages that every view has.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.execution import run
from sm_pipeline_widgets.api.finding import TEXTS, of_text
from sm_pipeline_widgets.api.show import LiveView
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.errors import PipelineWidgetsError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.submitting import Question

_OPEN: dict[str, LiveView] = {}
"""The view of each document, by the page that shows it; one that is opened again takes the other's place."""
_CORRECT = "Open it as a text, correct it there, save it, and try again."
_READ_ONLY = "a definition is shown as it is; “Convert to a text” makes a file of it that can be edited"


def open_document(page: str, path: str, text: str, place: dict[str, str]) -> str:
    """Draw a file's text; returns JSON: the widget's ``model_id``, or ``message`` and ``fix``.

    Parameters
    ----------
    page
        Whose view it is: two people who have a file open have a view each.
    path
        Names the pipeline, and tells a text (``.yaml``) from a definition.
    place
        Where its Run button runs it: ``target``, ``profile`` and ``region``, empty where they are left open.
    """
    try:
        live = _drawn(of_text(text, path), lambda: _target(place))
    except PipelineWidgetsError as error:
        return _answer(message=error.message, fix=_CORRECT)
    if not path.endswith(TEXTS):
        live.view.editor = {**(live.view.editor or {}), "can_edit": False, "reason": _READ_ONLY}
    before = _OPEN.pop(page, None)
    if before is not None:
        before.view.close()
    _OPEN[page] = live
    return _answer(model_id=live.view.model_id)


def converted(path: str, text: str) -> str:
    """A definition as a text; returns JSON: ``text``, or ``message`` and ``fix``."""
    try:
        return _answer(text=of_text(text, path).to_yaml())
    except PipelineWidgetsError as error:
        return _answer(message=error.message, fix=_CORRECT)


def _drawn(pipeline: Pipeline, where: Callable[[], Target]) -> LiveView:
    def ask(question: Question) -> bool:
        raise UnansweredError(str(question), "Press `Run with…`: its form asks, and goes on when you say yes.")

    def start(newest: Pipeline) -> Execution:
        return run(newest, target=where(), ask=ask)

    return LiveView.of_pipeline(pipeline, start, target=where)


def _target(place: dict[str, str]) -> Target:
    name = place.get("target") or "local"
    if name == "local":
        return connect("local")
    return connect(name, profile=place.get("profile") or None, region=place.get("region") or None)


def _answer(**told: Any) -> str:
    return json.dumps(told)
