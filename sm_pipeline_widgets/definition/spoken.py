"""Any value of a definition as one line, in the words of the cell language.

>>> speaker({"Steps": [{"Name": "train", "Type": "Training", "Arguments": {}}]}).say(
...     {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"})
'$steps.train.model'
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.conditions import render_conditions
from sm_pipeline_widgets.definition.decompile_steps import step_keys
from sm_pipeline_widgets.definition.decompile_values import Wording, is_expression
from sm_pipeline_widgets.definition.document import dicts
from sm_pipeline_widgets.definition.expressions import BRANCH_KEYS
from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.definition.offers import friendly_outputs
from sm_pipeline_widgets.definition.yaml_text import is_writable, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping


def speaker(definition: Mapping[str, Any]) -> Speaker:
    """Says the values of this definition, with the friendly names its steps and outputs have."""
    steps = {at.name: at.step for at in iter_steps(definition) if at.name}
    parameters = {
        str(entry["Name"]): str(entry.get("Type", "String"))
        for entry in dicts(definition.get("Parameters"))
        if "Name" in entry
    }
    plain = Wording(frozenset(steps), parameters, has_item=True)
    keys = {name: step_keys(own_part(step), plain, {}) for name, step in steps.items() if _has_keys(step)}
    outputs, files = friendly_outputs(keys)
    return Speaker(replace(plain, outputs=outputs, files=files))


def _has_keys(step: Mapping[str, Any]) -> bool:
    """Whether the step has the form that friendly keys are made of; Conditions and loops offer no outputs by name."""
    arguments, kind = step.get("Arguments"), step.get("Type")
    is_formed = isinstance(kind, str) and bool(kind) and isinstance(arguments, dict)
    return is_formed and not any(key in step["Arguments"] for key in BRANCH_KEYS) and is_writable(dict(step))


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says values; made by :func:`speaker`."""

    wording: Wording

    def say(self, value: Any) -> str:
        """A value as a text would have it: ``$steps.a.model``, ``0.1``, ``'0.1'``, ``{lr: 0.1}``."""
        if is_expression(value):
            return self._expression(value)
        if isinstance(value, dict):
            return "{" + ", ".join(f"{_key(key)}: {self.say(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.say(item) for item in value) + "]"
        return _single(value)

    def condition(self, conditions: Any) -> str:
        """A Condition step's list as one boolean expression, or as it is where it has a form of its own."""
        try:
            return render_conditions(conditions, self.say) if conditions else self.say(conditions)
        except (KeyError, TypeError, AttributeError):
            return self.say(conditions)

    def _expression(self, value: Mapping[str, Any]) -> str:
        said = self.wording.reference(dict(value), braced=False) or self.wording.template(value)
        if said is not None:
            return said
        ((kind, inner),) = value.items()
        if kind == "Get" and isinstance(inner, str):
            root, _, path = inner.partition(".")
            return f"${root.lower()}.{path}"
        if kind == "Std:Join" and isinstance(inner, dict) and isinstance(inner.get("Values"), list):
            return str(inner.get("On", "")).join(self._joined(part) for part in inner["Values"])
        if kind == "Std:JsonGet" and isinstance(inner, dict):
            source = inner.get("PropertyFile", inner.get("S3Uri"))
            return f"{self.say(source)} → {inner.get('Path', '')}"
        return f"{{{kind}: {self.say(inner)}}}"

    def _joined(self, part: Any) -> str:
        if isinstance(part, str):
            return part
        return self.wording.reference(part, braced=True) or self.say(part)


def _single(value: Any) -> str:
    if isinstance(value, str) and not is_writable(value):
        return json.dumps(value)
    return scalar(value, flow=True)


def _key(key: Any) -> str:
    return _single(str(key)) if not str(key).isidentifier() else str(key)
