r"""A pipeline that is edited in a view: its newest readable text is what is drawn and what a run runs.

>>> from sm_pipeline_widgets.api.pipeline import Pipeline
>>> shown = []
>>> edited = EditedPipeline(Pipeline.from_yaml("steps: {a: {type: Fail}}"), lambda new, renamed: shown.append(new.text))
>>> edited.draw("steps: {b: {type: Fail}}", {}), edited.draw("steps: {", {}).code
(None, 'yaml-syntax')
>>> shown, edited.pipeline.text
(['steps: {b: {type: Fail}}\n'], 'steps: {b: {type: Fail}}\n')
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.code_book import files_in
from sm_pipeline_widgets.definition.assist_values import Surroundings
from sm_pipeline_widgets.definition.rewrite_page import last_scalar, read_page
from sm_pipeline_widgets.errors import EditRefusedError
from sm_pipeline_widgets.widgets.edit_messages import EditorFact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.definition.compile import Compiled
    from sm_pipeline_widgets.definition.spec import PipelineSpec
    from sm_pipeline_widgets.errors import Problem

    Show = Callable[[Pipeline, Mapping[str, str]], None]

_SHELL_S = ("In", "Out", "exit", "quit", "open", "get_ipython")
"""Variables every notebook has, which are IPython's."""
MOST_WRITTEN = 60
"""Steps of a pipeline that came as JSON whose text is made for every view, which takes a moment."""
_UNREADABLE = ("yaml-", "not-a-mapping")
"""Codes of what keeps a text from being drawn, where the problem belongs to no step."""


class EditedPipeline:
    """What an edit desk works on.

    Parameters
    ----------
    show
        Draws a pipeline; told as well which steps have another name now.
    unreadable
        Told of what keeps a text from being read, and None when it can be read again.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        show: Show,
        *,
        unreadable: Callable[[Problem | None], None] = lambda _problem: None,
    ) -> None:
        self.pipeline = pipeline
        self._show = show
        self._unreadable = unreadable
        self._drawn: tuple[str, int] = (_ended(pipeline.text or ""), pipeline.code.version)
        self._wrong: Problem | None = None

    @property
    def first_line(self) -> int:
        """The number people see on the text's first line."""
        return self.pipeline.first_line

    def around(self) -> Surroundings:
        """What the text may name that does not stand in it."""
        code, variables = self.pipeline.code, self.pipeline.variables
        own = {name: value for name, value in variables.items() if not name.startswith("_") and name not in _SHELL_S}
        return Surroundings(self.name, code.cells, files_in, own, read_code=code.facts)

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.pipeline.name

    def compiled(self, text: str) -> Compiled:
        """What a text compiles to, lines of its problems counted as people see them."""
        text = _ended(text)
        return (self.pipeline if text == self.pipeline.text else self.pipeline.with_text(text)).compiled()

    def draw(self, text: str, renamed: Mapping[str, str]) -> Problem | None:
        """Show this text from now on; gives back what keeps it from being read, and then shows what it showed."""
        ended = _ended(text)
        key = (ended, self.pipeline.code.version)
        if key == self._drawn and self._wrong is None:
            return None
        made = self.pipeline.with_text(ended, _spec_of(text))
        wrong = next((one for one in made.text_problems if one.step is None and one.code.startswith(_UNREADABLE)), None)
        if wrong is None and key != self._drawn:
            self._drawn, self.pipeline = key, made
            self._show(made, renamed)
        if wrong != self._wrong:
            self._wrong = wrong
            self._unreadable(wrong)
        return wrong

    def names_code(self, code: CodeBook, name: str) -> bool:
        """Whether the text names a cell of code."""
        return self.pipeline.code is code and f"cell:{name}" in (self.pipeline.text or "")

    @property
    def is_readable(self) -> bool:
        """Whether the newest text is the one that is shown."""
        return self._wrong is None


class Cards:
    """The ids of a view's cards: a step keeps its own across edits, also under another name."""

    def __init__(self, names: Sequence[str]) -> None:
        self._ids = {name: f"n{at}" for at, name in enumerate(names, start=1)}
        self._made = len(names)

    def ids(self, names: Sequence[str], renamed: Mapping[str, str]) -> dict[str, str]:
        """The ids for these steps now; `renamed` says new names by old ones."""
        old = {renamed.get(name, name) if name not in names else name: known for name, known in self._ids.items()}
        gone, fresh = [name for name in old if name not in names], [name for name in names if name not in old]
        if len(gone) == len(fresh) == 1:  # one went, one came: it was renamed by hand, or back by undoing
            old[fresh[0]] = old[gone[0]]
        self._ids = {name: old.get(name) or self._new() for name in names}
        return self._ids

    def _new(self) -> str:
        self._made += 1
        return f"n{self._made}"


def editor_fact(pipeline: Pipeline) -> EditorFact:
    """What a page is told of editing a pipeline; what came as JSON is written as a text first."""
    fact = EditorFact(can_edit=True, reason="", text=pipeline.text or "", name=pipeline.name)
    if pipeline.text is not None:
        return fact
    advice = f"`%pipeline import {pipeline.name}` makes a cell of it, which can be edited."
    if len(pipeline.graph) > MOST_WRITTEN:
        return {**fact, "can_edit": False, "reason": f"it came as JSON and is large. {advice}"}
    if any(problem.code == "secret" for problem in pipeline.problems):
        return {**fact, "can_edit": False, "reason": f"it came as JSON and holds what looks like a secret. {advice}"}
    return {**fact, "text": pipeline.to_yaml()}


def _spec_of(text: str) -> PipelineSpec | None:
    """The spec of a text that is read for edits anyway; None where a line break at its end makes a difference."""
    try:
        page = read_page(text)
    except EditRefusedError:
        return None
    last = last_scalar(page.source.root)
    return None if last is not None and last.style in ("|", ">") else page.spec


def _ended(text: str) -> str:
    """The text with a line break at its end, as a cell that runs has one: a text block at the end depends on it."""
    return text if not text or text.endswith(("\n", "\r")) else f"{text}\n"
