"""The step table: one row per type, one file per family of types.

A type without a row - one that AWS adds tomorrow - is still read, drawn and submitted: its ``arguments`` and every
key that begins with a capital go to the service as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sm_pipeline_widgets.definition.steps.automl import AUTOML
from sm_pipeline_widgets.definition.steps.base import StepType
from sm_pipeline_widgets.definition.steps.call import CALLBACK, LAMBDA
from sm_pipeline_widgets.definition.steps.checks import CLARIFY_CHECK, QUALITY_CHECK
from sm_pipeline_widgets.definition.steps.control import CONDITION, FAIL
from sm_pipeline_widgets.definition.steps.emr import EMR, EMR_SERVERLESS
from sm_pipeline_widgets.definition.steps.endpoint import ENDPOINT, ENDPOINT_CONFIG
from sm_pipeline_widgets.definition.steps.foreach import FOR_EACH
from sm_pipeline_widgets.definition.steps.model import MODEL
from sm_pipeline_widgets.definition.steps.notebook import NOTEBOOK_JOB
from sm_pipeline_widgets.definition.steps.processing import PROCESSING
from sm_pipeline_widgets.definition.steps.register import REGISTER_MODEL
from sm_pipeline_widgets.definition.steps.training import TRAINING
from sm_pipeline_widgets.definition.steps.transform import TRANSFORM
from sm_pipeline_widgets.definition.steps.tuning import TUNING

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.definition.values import StepContext

STEP_TYPES = {
    row.name: row
    for row in (
        PROCESSING, TRAINING, TUNING, TRANSFORM, AUTOML, NOTEBOOK_JOB, QUALITY_CHECK, CLARIFY_CHECK,
        MODEL, REGISTER_MODEL, ENDPOINT_CONFIG, ENDPOINT,
        LAMBDA, CALLBACK, EMR, EMR_SERVERLESS,
        CONDITION, FOR_EACH, FAIL,
    )
}  # fmt: skip

Family = Literal["job", "decision", "model", "call", "loop", "end", "other"]
"""What kind of thing a step is; the shape of its card tells it."""

_FAMILIES: dict[Family, tuple[str, ...]] = {
    "job": ("Processing", "Training", "Transform", "Tuning", "AutoML", "QualityCheck", "ClarifyCheck", "Job",
            "NotebookJob"),
    "model": ("Model", "RegisterModel", "EndpointConfig", "Endpoint", "InferenceComponent", "BedrockCustomModel",
              "BedrockCustomModelDeployment", "BedrockModelImport", "BedrockProvisionedModelThroughput"),
    "call": ("Lambda", "Callback", "EMR", "EMRServerless", "Athena", "Lineage", "Cleanup", "HubContent"),
    "decision": ("Condition",),
    "loop": ("ForEach",),
    "end": ("Fail",),
}  # fmt: skip
_FAMILY_OF = {name: family for family, names in _FAMILIES.items() for name in names}
KNOWN_TYPES = tuple(_FAMILY_OF)
"""Every type a text may say: those the service is known to take (``sagemaker.md`` §1.4), and NotebookJob, which
becomes a Training step."""


def family_of(type_name: str) -> Family:
    """What a type is on a picture."""
    return _FAMILY_OF.get(type_name, "other")


def step_type(name: str) -> StepType:
    """The type's row, or one that passes everything through."""
    return STEP_TYPES.get(name) or StepType(
        name, family_of(name), f"A step of type {name}, as the service takes it.", {}, _pass_through
    )


def _pass_through(context: StepContext) -> dict[str, Json]:
    del context  # keys that begin with a capital pass through for every type
    return {"Arguments": {}}
