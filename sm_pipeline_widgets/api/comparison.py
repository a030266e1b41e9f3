"""Two pipelines or executions compared: in words, as values, and live in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.display import display

from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.aws.pipelines import definition_of
from sm_pipeline_widgets.definition.compare import Difference, compare
from sm_pipeline_widgets.view.diff_picture import change_states, draw_difference, frame_details, step_details
from sm_pipeline_widgets.view.diff_text import Voices, difference_text, summary
from sm_pipeline_widgets.view.svg import render_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.widgets.difference_view import DifferenceView


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: its definition, and what it is called in the title."""

    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs from one side to the other. Its text says it all; ``difference`` holds it as values."""

    before: Side
    after: Side
    difference: Difference

    def __str__(self) -> str:
        return difference_text(self.difference, self._voices, self.before.name, self.after.name)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return not self.difference.is_same

    @property
    def svg(self) -> str:
        """The graph of both sides, coloured by what became of each step."""
        picture = draw_difference(self.difference, self.before.definition, self.after.definition)
        return render_svg(picture, change_states(picture, self.difference), title=self._title)

    def view(self, *, is_told: bool = False) -> DifferenceView:
        """A live view, to place where one likes; `is_told` says that its text stands beside it already."""
        from sm_pipeline_widgets.widgets.difference_view import DifferenceView  # noqa: PLC0415 - widgets take long

        picture = draw_difference(self.difference, self.before.definition, self.after.definition)
        voices = self._voices
        return DifferenceView(
            picture,
            change_states(picture, self.difference),
            title=self._title,
            comparison=summary(self.difference),
            text=f"{self._title}\n{summary(self.difference)}" if is_told else str(self),
            details=step_details(self.difference, voices),
            frame=frame_details(self.difference, voices),
        )

    def display(self, *, is_told: bool = False) -> None:
        """Show it as an output of the cell that is running; see :meth:`view`."""
        display(self.view(is_told=is_told))

    def _ipython_display_(self) -> None:
        """Show itself live where IPython shows a value."""
        self.display()

    @property
    def _title(self) -> str:
        return f"{self.before.name} → {self.after.name}"

    @property
    def _voices(self) -> Voices:
        return Voices.of(self.before.definition, self.after.definition)


def compare_sides(before: Side, after: Side) -> Comparison:
    """Compare two definitions."""
    return Comparison(before, after, compare(before.definition, after.definition))


def compare_pipelines(before: Pipeline, after: Pipeline, target: Target | None = None) -> Comparison:
    """Compare two pipelines; texts are compiled for the target, wrong ones as far as they go."""
    names = (before.name, after.name) if before.name != after.name else (f"{before.name} (1)", f"{after.name} (2)")
    return compare_sides(*(side(one, name, target) for one, name in zip((before, after), names, strict=True)))


def side(what: Pipeline | Execution, name: str, target: Target | None) -> Side:
    """One side: of an execution the definition that it ran, of a text what it becomes for the target."""
    if isinstance(what, Execution):
        return Side(name, definition_of(what.target, what.arn))
    return Side(name, what.compiled(target).definition)
