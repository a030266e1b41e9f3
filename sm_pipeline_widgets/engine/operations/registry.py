"""Every operation of the JSON and query services, by service and name; S3's are in ``s3.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.engine.operations import (
    callbacks,
    endpoints,
    execution_control,
    executions,
    functions,
    iam,
    invocations,
    jobs,
    lineage,
    logs,
    model_packages,
    models,
    pipelines,
    search,
    sqs,
    sts,
    tags,
    tuning,
    versions,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.engine.operations import Operation

OPERATIONS: dict[str, dict[str, Operation]] = {
    "sagemaker": {
        **pipelines.OPERATIONS,
        **versions.OPERATIONS,
        **executions.OPERATIONS,
        **execution_control.OPERATIONS,
        **callbacks.OPERATIONS,
        **search.OPERATIONS,
        **jobs.OPERATIONS,
        **tuning.OPERATIONS,
        **models.OPERATIONS,
        **model_packages.OPERATIONS,
        **lineage.OPERATIONS,
        **endpoints.OPERATIONS,
        **tags.OPERATIONS,
    },
    "sagemaker-runtime": invocations.OPERATIONS,
    "lambda": functions.OPERATIONS,
    "logs": logs.OPERATIONS,
    "sqs": sqs.OPERATIONS,
    "sts": sts.OPERATIONS,
    "iam": iam.OPERATIONS,
}
