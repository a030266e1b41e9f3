"""The picture of what differs between two runs: the graph of both, coloured where they differ, and the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compare import Change
from sm_pipeline_widgets.execution.compare import Kind, outcomes
from sm_pipeline_widgets.view.diff_picture import change_states
from sm_pipeline_widgets.view.diff_text import Voices
from sm_pipeline_widgets.view.picture import NodeState
from sm_pipeline_widgets.view.run_diff_text import finding_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.execution.compare import RunDifference
    from sm_pipeline_widgets.view.picture import Picture

_CONSEQUENCES = (Kind.METRIC, Kind.DURATION)
"""What only came of something else colours no card."""


def run_states(picture: Picture, difference: RunDifference) -> dict[str, NodeState]:
    """What became of each card, by node id; a step that ended otherwise, or was given something else, has changed."""
    states = change_states(picture, difference.definition)
    differs = {finding.step for finding in difference.findings if finding.kind not in _CONSEQUENCES}
    changed = NodeState(Change.CHANGED.value, Change.CHANGED.value)
    return {node.id: changed for node in picture.nodes if node.name in differs} | states


def run_details(
    difference: RunDifference, code: Mapping[str, str]
) -> tuple[dict[str, list[tuple[str, str]]], dict[str, str]]:
    """What differs in each step, and what differs for the whole run, as names and values."""
    voices = Voices.of(difference.before.definition, difference.after.definition)
    ends = outcomes(difference)
    steps: dict[str, list[tuple[str, str]]] = {name: [("state", words)] for name, words in ends.items()}
    frame: dict[str, str] = {}
    for finding in difference.findings:
        told = finding_words(finding, voices)
        if finding.kind is Kind.OUTCOME and not told.path:
            continue  # the state says it
        pair = (told.path or finding.kind.name.lower(), told.values if told.before or told.after else "")
        if finding.step:
            steps.setdefault(finding.step, []).append(pair)
        else:
            frame[pair[0]] = pair[1]
    for step, text in code.items():
        steps.setdefault(step, []).append(("difference of the code", text))
    return steps, frame
