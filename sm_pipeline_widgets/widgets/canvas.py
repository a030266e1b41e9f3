"""The live canvas: one widget, one message for the whole picture, one for each change of states.

Knows pictures and how ipycytoscape is spoken to; knows nothing of executions, clients or kernels. The twin of
``labextension/src/canvas.ts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipycytoscape
from traitlets import Bool, Dict, List, Unicode

from sm_pipeline_widgets.view.picture import NodeState, Picture, elements
from sm_pipeline_widgets.view.svg import render_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULE = "sm-pipeline-widgets"
MODULE_VERSION = "^0.1.0"


class PipelineCanvas(ipycytoscape.CytoscapeWidget):
    """A picture drawn by cytoscape in the page.

    ipycytoscape would make one widget per node and edge and lay all out again at each change; here the elements travel
    as one list with their places, and states apart from them.
    """

    _view_name = Unicode("PipelineCanvasView").tag(sync=True)
    _view_module = Unicode(MODULE).tag(sync=True)
    _view_module_version = Unicode(MODULE_VERSION).tag(sync=True)

    elements = List(Dict()).tag(sync=True)
    states = Dict().tag(sync=True)
    selected = Unicode("").tag(sync=True)
    # positions are the picture's; ipycytoscape's defaults would lay out and style in the page
    cytoscape_layout = Dict({"name": "preset", "fit": False}).tag(sync=True)
    cytoscape_style: List[Any] = List([]).tag(sync=True)
    tooltip_source = Unicode("").tag(sync=True)
    auto_ungrabify = Bool(True).tag(sync=True)
    auto_unselectify = Bool(False).tag(sync=True)

    def __init__(self, picture: Picture, states: Mapping[str, NodeState] | None = None, **traits: Any) -> None:
        self.picture = picture
        super().__init__(elements=elements(picture), states=_json(states or {}), **traits)

    def show_states(self, states: Mapping[str, NodeState]) -> None:
        """Show these states, by node id; sends nothing when none changed."""
        self.states = _json(states)

    def redraw(self, picture: Picture) -> None:
        """Show another picture, with one message; cards of the same id are the same cards."""
        self.picture = picture
        with self.hold_sync():
            self.elements = elements(picture)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The live widget, and beside it what a reader without a kernel sees."""
        bundle = super()._repr_mimebundle_(**options) or {}
        states = {node: NodeState(word, note) for node, (word, note) in self.states.items()}
        steps = ", ".join(node.label for node in self.picture.nodes)
        return {**bundle, "text/html": render_svg(self.picture, states), "text/plain": f"Pipeline graph: {steps}"}


def _json(states: Mapping[str, NodeState]) -> dict[str, list[str]]:
    return {node: [state.word, state.note] for node, state in states.items()}
