"""NotebookJob: a notebook as a step.

The service has no such type: it is a Training step of an image with a scheduler in it (``sagemaker.md`` §1.5), made
here as the SDK's NotebookJobStep makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps.base import (
    DEFAULT_INSTANCE,
    DEFAULT_VOLUME_GB,
    JOB_KEYS,
    RETRY_KEY,
    StepType,
    run_prefix,
    said,
)
from sm_pipeline_widgets.definition.steps.members import (
    code_folder_uri,
    group,
    has,
    image_of,
    length,
    place,
    refer_paths,
    role,
    text_map,
    text_setting,
)

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.compilation import CodeUse
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.source import Json
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

CHANNEL = "sagemaker_headless_execution_pipelinestep"
_COMMAND = "pip install sagemaker-headless-execution-driver && exec amazon_sagemaker_scheduler"
_TWO_DAYS = 172_800
_PATHS = {
    "output": "OutputDataConfig.S3OutputPath",
    "notebook": "Environment['SM_OUTPUT_NOTEBOOK_NAME']",
    "name": "TrainingJobName",
    "arn": "TrainingJobArn",
}


def build(context: StepContext) -> dict[str, Json]:
    """The members of a NotebookJob: a Training step's."""
    use = context.code_use("files", "notebook")
    if use is None and not has(context, "notebook"):
        context.problem("missing-key", "`notebook` is missing", None, "For example `notebook: report.ipynb`.")
    where, _ = place(context, "output", {"uri": ""}, "the output")
    if where is None and not context.bare:
        where = run_prefix(context)
    return {
        "Type": "Training",
        "Arguments": said(
            {
                "AlgorithmSpecification": group({"TrainingImage": _image(context), **_algorithm(context)}),
                "RoleArn": role(context),
                "OutputDataConfig": group({"S3OutputPath": where}),
                "ResourceConfig": group(
                    {
                        "InstanceType": context.value("instance", DEFAULT_INSTANCE),
                        "InstanceCount": None if context.bare else 1,
                        "VolumeSizeInGB": context.value("volume", DEFAULT_VOLUME_GB),
                    }
                ),
                "StoppingCondition": group({"MaxRuntimeInSeconds": length(context, "max_runtime", _TWO_DAYS)}),
                "InputDataConfig": _input(context, use),
                "HyperParameters": text_map(context, "parameters") or None,
                "Environment": _environment(context, use) or None,
                "EnableInterContainerTrafficEncryption": None if context.bare else True,
                "RetryStrategy": None if context.bare else {"MaximumRetryAttempts": 1},
                "Tags": _tags(context, use),
            }
        ),
    }


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``output``, ``notebook``, ``name`` and ``arn``."""
    return refer_paths(_PATHS, step, reference)


def _image(context: StepContext) -> Json:
    own = context.step.node("image")
    if own is None:
        if not context.bare and "arguments" not in context.step.entries:
            fix = "Give the URI of a SageMaker Distribution image of the target's region."
            context.problem("missing-key", "`image` is missing", None, fix)
        return None
    return image_of(context, own)


def _algorithm(context: StepContext) -> dict[str, Json]:
    if context.bare:
        return {}
    return {
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["/bin/bash"],
        "ContainerArguments": ["-l", "-c", _COMMAND],
    }


def _input(context: StepContext, use: CodeUse | None) -> Json:
    if use is None:
        return None
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": code_folder_uri(context, use),
        "S3DataDistributionType": "FullyReplicated",
    }
    return [{"ChannelName": CHANNEL, "DataSource": {"S3DataSource": source}}]


def _environment(context: StepContext, use: CodeUse | None) -> dict[str, Json]:
    own = text_map(context, "environment") or {}
    kernel = text_setting(context, "kernel", "python3")
    if context.bare or use is None:
        return {**own, **said({"SM_KERNEL_NAME": kernel})}
    init = text_setting(context, "init_script")
    return {
        **own,
        "AWS_DEFAULT_REGION": context.pipeline.facts.region,
        "SM_JOB_DEF_VERSION": "1.0",
        "SM_ENV_NAME": "sagemaker-default-env",
        "SM_SKIP_EFS_SIMULATION": "true",
        "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{CHANNEL}",
        "SM_KERNEL_NAME": kernel,
        "SM_INPUT_NOTEBOOK_NAME": use.facts.entry,
        "SM_OUTPUT_NOTEBOOK_NAME": f"{context.step.name}.ipynb",
        **said({"SM_INIT_SCRIPT": init}),
    }


def _tags(context: StepContext, use: CodeUse | None) -> Json:
    """By these Studio knows a notebook job; without the notebook's name there is none."""
    if context.bare or use is None:
        return None
    told = {
        "sagemaker:name": context.step.name,
        "sagemaker:notebook-name": use.facts.entry,
        "sagemaker:notebook-job-origin": "PIPELINE_STEP",
        "sagemaker:is-studio-archived": "false",
    }
    return [{"Key": key, "Value": value} for key, value in told.items()]


NOTEBOOK_JOB = StepType(
    name="NotebookJob",
    family="job",
    doc="Runs a notebook and keeps it with its outputs.",
    keys={
        "notebook": "The notebook: a file, or a folder with `entry:` when it needs others beside it.",
        "entry": "The notebook inside the folder.",
        "kernel": "The kernel's name; `python3` when left out.",
        "parameters": "Values for the notebook's cell tagged `parameters`.",
        "init_script": "A shell script inside the folder that is sourced first.",
        "output": "The S3 prefix the notebook goes below; the run's own when left out.",
        **{key: JOB_KEYS[key] for key in ("image", "instance", "volume", "role", "environment", "max_runtime")},
        **RETRY_KEY,
    },
    build=build,
    refer=refer,
    outputs={
        "output": "The S3 prefix the notebook lies below.",
        "notebook": "The file name of the notebook with its outputs.",
        "name": "The job's name.",
        "arn": "The job's ARN.",
    },
)
