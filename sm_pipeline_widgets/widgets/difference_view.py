"""Two definitions in one view: the graph of both, coloured by what became of each step, with the values that differ.

The execution view without an execution: what stands where a run's states would be are the changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import traitlets

from sm_pipeline_widgets.view.svg import render_svg
from sm_pipeline_widgets.widgets import protocol
from sm_pipeline_widgets.widgets.execution_view import ExecutionView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.view.html import Snapshot
    from sm_pipeline_widgets.view.picture import NodeState, Picture


class DifferenceView(ExecutionView):
    """What differs between two definitions.

    Parameters
    ----------
    picture, changes
        The graph of both sides, and what became of its cards by node id; a card without is unchanged.
    comparison
        The counts, in one line.
    text
        The whole difference, for readers without a kernel.
    """

    comparison = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        picture: Picture,
        changes: Mapping[str, NodeState],
        *,
        title: str,
        comparison: str,
        text: str,
        details: Mapping[str, Sequence[tuple[str, str]]],
        frame: Mapping[str, str],
    ) -> None:
        self._changes = changes
        self._text = text
        super().__init__(picture, title=title, parameters=frame, details=details)
        words = {node.name: changes[node.id].word for node in picture.nodes if node.id in changes}
        self.steps = protocol.compared_facts(picture, words)
        self.comparison = protocol.wire_text(comparison)
        self.canvas.show_states(changes)

    def snapshot(self) -> Snapshot:
        """The picture with its changes, and the whole difference as text."""
        svg = render_svg(self._picture, self._changes, title=self.title)
        return replace(super().snapshot(), svg=svg, parameters=(), text=self._text)
