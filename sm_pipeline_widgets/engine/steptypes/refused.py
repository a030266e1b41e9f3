"""Step types that are known and cannot run on this machine, and why: said at start and in the parity table."""

from __future__ import annotations

_CLOUD = "Nothing on this machine does what it does."
REFUSED: dict[str, str] = {
    "AutoML": "The search is AWS's own algorithm.",
    "EMR": "There is no cluster here.",
    "EMRServerless": "There is no cluster here.",
    "Athena": _CLOUD,
    "InferenceComponent": "Use EndpointConfig and Endpoint.",
    "Job": "Serverless customisation runs on AWS alone.",
    "HubContent": _CLOUD,
    "BedrockCustomModel": _CLOUD,
    "BedrockCustomModelDeployment": _CLOUD,
    "BedrockModelImport": _CLOUD,
    "BedrockProvisionedModelThroughput": _CLOUD,
}
"""Types that are known and cannot run here; a step of one can still be given declared outputs."""
