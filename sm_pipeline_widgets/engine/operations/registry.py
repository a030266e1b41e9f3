"""Every operation of the JSON and query services, by service and name; S3's are in ``s3.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.operations import (
    executions,
    functions,
    jobs,
    lineage,
    logs,
    model_packages,
    models,
    pipelines,
    sts,
    tags,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation

OPERATIONS: dict[str, dict[str, Operation]] = {
    "sagemaker": {
        **pipelines.OPERATIONS,
        **executions.OPERATIONS,
        **jobs.OPERATIONS,
        **models.OPERATIONS,
        **model_packages.OPERATIONS,
        **lineage.OPERATIONS,
        **tags.OPERATIONS,
    },
    "lambda": functions.OPERATIONS,
    "logs": logs.OPERATIONS,
    "sts": sts.OPERATIONS,
}
