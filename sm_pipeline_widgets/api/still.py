"""One moment of a pipeline or an execution, for what cannot be live: files, and whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.view.details import display_names
from sm_pipeline_widgets.view.html import Snapshot
from sm_pipeline_widgets.view.picture import draw, node_states
from sm_pipeline_widgets.view.svg import render_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.view.picture import NodeState, Picture


def pipeline_of(execution: Execution) -> Pipeline:
    """The pipeline as an execution ran it."""
    return Pipeline.from_definition(execution.state.definition, name=execution.state.pipeline)


@dataclass(frozen=True, slots=True)
class Still:
    """A picture with its states, and the snapshot of the view around it."""

    pipeline: Pipeline
    picture: Picture
    states: Mapping[str, NodeState]
    snapshot: Snapshot

    @property
    def title(self) -> str:
        return self.snapshot.title

    @property
    def svg(self) -> str:
        return self.snapshot.svg

    @classmethod
    def of_pipeline(cls, pipeline: Pipeline) -> Still:
        compiled = pipeline.compiled()
        names = display_names(compiled.definition)
        picture = draw(compiled.graph, labels=names, problems=compiled.problems)
        snapshot = Snapshot(
            title=pipeline.name,
            subtitle=pipeline.description,
            svg=render_svg(picture, title=pipeline.name),
            names=tuple(compiled.graph),
            problems=compiled.problems,
            parameters=tuple((name, str(entry.get("DefaultValue", ""))) for name, entry in pipeline.parameters.items()),
        )
        return cls(pipeline, picture, {}, snapshot)

    @classmethod
    def of_execution(cls, execution: Execution) -> Still:
        state, now = execution.state, datetime.now(UTC)
        pipeline = pipeline_of(execution)
        graph = pipeline.graph
        picture = draw(graph, labels=display_names(state.definition))
        states = node_states(picture, state, now)
        snapshot = Snapshot(
            title=state.pipeline,
            svg=render_svg(picture, states, title=state.pipeline),
            names=tuple(graph),
            state=state,
            report=execution.why() if state.status.is_bad else None,
            parameters=tuple(state.parameters.items()),
            now=now,
        )
        return cls(pipeline, picture, states, snapshot)
