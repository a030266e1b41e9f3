"""Every operation of the JSON and query services, by service and name; S3's are in ``s3.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.operations import executions, jobs, logs, pipelines, sts

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation

OPERATIONS: dict[str, dict[str, Operation]] = {
    "sagemaker": {**pipelines.OPERATIONS, **executions.OPERATIONS, **jobs.OPERATIONS},
    "logs": logs.OPERATIONS,
    "sts": sts.OPERATIONS,
}
