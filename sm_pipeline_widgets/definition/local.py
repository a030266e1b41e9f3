"""``local:`` of a step: what it returns when the pipeline runs on this machine, where the step itself does not run.

It travels in the definition's ``Metadata``, and only in one that is compiled for a local target: AWS never sees it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.expressions import find_gets
from sm_pipeline_widgets.definition.source import Json, MappingNode
from sm_pipeline_widgets.definition.values import StepContext

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.compilation import Compilation
    from sm_pipeline_widgets.definition.source import Node

PREFIX = "sm-pipeline-widgets:local:"
KEYS = {"outputs": "What later steps find of it: names and values."}
_EXAMPLE = "Such as `local: {outputs: {ClusterId: j-1}}`."


def local_metadata(work: Compilation) -> dict[str, Json]:
    """The ``Metadata`` of the steps that have ``local:``; nothing for a target that is not local."""
    found: dict[str, Json] = {}
    for step in work.spec.steps.values():
        if step.literal is not None or "local" not in step.entries:
            continue
        context = StepContext(step, work, ())
        answer = _answer(context, step.entries["local"].value)
        if answer is not None and work.facts.is_local:
            found[f"{PREFIX}{step.name}"] = json.dumps(answer, sort_keys=True)
    return found


def _answer(context: StepContext, node: Node) -> dict[str, Json] | None:
    options = context.options(node, KEYS, "`local`") if isinstance(node, MappingNode) else {}
    outputs = options.get("outputs")
    if not isinstance(outputs, MappingNode):
        context.problem("wrong-kind", "`local` says what the step returns on this machine", node.span, _EXAMPLE)
        return None
    value = context.json(outputs)
    if any(get.startswith("Steps.") for get in find_gets(value)):
        message = "`local` outputs are values; of references, only those to parameters have one here"
        context.problem("wrong-kind", message, outputs.span, _EXAMPLE)
    return {"outputs": value}
