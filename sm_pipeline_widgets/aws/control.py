"""What can be done to an execution beside starting and stopping it: retry it, answer a step that waits for somebody."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.aws.target import Target

MOST_OUTPUTS = 50
LONGEST_OUTPUT = 1024
LONGEST_REASON = 256


def retry(target: Target, arn: str, parallelism: int | None = None) -> None:
    """Run an execution on under the same ARN: what has succeeded is kept, all else runs again."""
    more = {} if parallelism is None else {"ParallelismConfiguration": {"MaxParallelExecutionSteps": parallelism}}
    with translated():
        target.sagemaker.retry_pipeline_execution(
            PipelineExecutionArn=arn,
            ClientRequestToken=str(uuid.uuid4()),
            **more,  # type: ignore[arg-type]
        )


def send_success(target: Target, token: str, outputs: Mapping[str, str]) -> None:
    """Tell a waiting Callback step that it has succeeded.

    Raises
    ------
    UsageError
        There are more outputs, or longer ones, than the service takes.
    """
    if len(outputs) > MOST_OUTPUTS:
        raise UsageError(f"{len(outputs)} outputs were given; the service takes {MOST_OUTPUTS}.", "Give fewer.")
    for name, value in outputs.items():
        if len(value) > LONGEST_OUTPUT:
            message = f"Output `{name}` has {len(value)} characters; the service takes {LONGEST_OUTPUT}."
            raise UsageError(message, "Put it into a file on S3 and give the file's URI.")
    with translated():
        target.sagemaker.send_pipeline_execution_step_success(
            CallbackToken=token,
            OutputParameters=[{"Name": name, "Value": value} for name, value in outputs.items()],
            ClientRequestToken=str(uuid.uuid4()),
        )


def send_failure(target: Target, token: str, reason: str) -> None:
    """Tell a waiting Callback step that it has failed.

    Raises
    ------
    UsageError
        The reason is longer than the service takes.
    """
    if len(reason) > LONGEST_REASON:
        message = f"The reason has {len(reason)} characters; the service takes {LONGEST_REASON}."
        raise UsageError(message, "Say it shorter; the details belong into a log.")
    with translated():
        target.sagemaker.send_pipeline_execution_step_failure(
            CallbackToken=token, FailureReason=reason, ClientRequestToken=str(uuid.uuid4())
        )
