"""The types of steps as people choose among them: the likely ones first, each with what a new one is called.

Every type the service takes is there; what it is for is the step table's word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.rewrite_plan import free_name
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, step_type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sm_pipeline_widgets.definition.source import Json


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """A type to add.

    Parameters
    ----------
    title
        What people call it.
    name
        What a new step is called at first; a number is put behind it when that is taken.
    fields
        What a new step begins with, beside its type.
    is_common
        Whether most pipelines have one.
    """

    type: str
    title: str
    says: str
    name: str
    fields: Mapping[str, Json] = field(default_factory=dict)
    is_common: bool = False

    def free_name(self, taken: Collection[str]) -> str:
        """A name for a new step of this type."""
        return free_name(self.name, taken)


_COMMON: dict[str, tuple[str, str]] = {
    "Processing": ("Processing", "prepare"),
    "Training": ("Training", "train"),
    "Tuning": ("Hyperparameter tuning", "tune"),
    "Condition": ("Condition", "check"),
    "RegisterModel": ("Register a model", "register"),
    "Model": ("Model", "model"),
    "Transform": ("Batch transform", "transform"),
    "Fail": ("Fail", "fail"),
    "Lambda": ("Lambda function", "call"),
    "ForEach": ("For each item", "each"),
}
"""The types most pipelines are made of, as people look for them, and the first name of a step."""
_TITLES: dict[str, tuple[str, str]] = {
    "AutoML": ("AutoML", "automl"),
    "NotebookJob": ("Notebook", "notebook"),
    "QualityCheck": ("Quality check", "quality"),
    "ClarifyCheck": ("Bias and explanations (Clarify)", "clarify"),
    "EndpointConfig": ("Endpoint configuration", "endpoint_config"),
    "Endpoint": ("Endpoint", "endpoint"),
    "Callback": ("Callback (a queue)", "callback"),
    "EMR": ("EMR cluster", "emr"),
    "EMRServerless": ("EMR Serverless", "emr_serverless"),
}
_BEGINS_WITH: Mapping[str, Mapping[str, Json]] = {"Fail": {"message": "The run was ended here."}}


def _entry(type_name: str) -> PaletteEntry:
    title, name = (_COMMON | _TITLES).get(type_name) or (_spaced(type_name), _snake(type_name))
    fields = _BEGINS_WITH.get(type_name, {})
    return PaletteEntry(type_name, title, step_type(type_name).doc, name, fields, type_name in _COMMON)


def _spaced(type_name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type_name)


def _snake(type_name: str) -> str:
    return _spaced(type_name).replace(" ", "_").lower()


PALETTE = tuple(map(_entry, (*_COMMON, *_TITLES, *(one for one in KNOWN_TYPES if one not in _COMMON | _TITLES))))
"""Every type, the likely ones first."""


def palette_entry(type_name: str) -> PaletteEntry:
    """The type's entry, also for one that is not known."""
    return next((one for one in PALETTE if one.type == type_name), None) or _entry(type_name)
