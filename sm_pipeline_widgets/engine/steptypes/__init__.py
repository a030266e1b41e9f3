"""The table of step types: what the engine runs, and how. One row per type; adding a type is adding a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.steptypes import (
    callback,
    checks,
    cleanup,
    condition,
    endpoint,
    fail,
    foreach,
    lambda_,
    lineage,
    model,
    processing,
    training,
    transform,
    tuning,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.steptypes.base import StepType

TABLE: dict[str, StepType] = {
    row.name: row
    for row in (
        condition.CONDITION,
        fail.FAIL,
        foreach.FOR_EACH,
        callback.CALLBACK,
        processing.PROCESSING,
        training.TRAINING,
        transform.TRANSFORM,
        tuning.TUNING,
        checks.QUALITY_CHECK,
        checks.CLARIFY_CHECK,
        cleanup.CLEANUP,
        endpoint.ENDPOINT_CONFIG,
        endpoint.ENDPOINT_STEP,
        lambda_.LAMBDA,
        lineage.LINEAGE,
        model.MODEL,
        model.REGISTER_MODEL,
    )
}
