"""What compiling needs to know of the place a pipeline will run in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """Names that a definition holds and a target decides: plain values, no client.

    The defaults are AWS's own documentation account, used when a definition is wanted before a target is known.
    """

    region: str = "us-east-1"
    account: str = "111122223333"
    role: str = "arn:aws:iam::111122223333:role/SageMakerExecutionRole"
    bucket: str = "sagemaker-us-east-1-111122223333"
    is_local: bool = False
    """Whether it is this machine: only then does a definition hold what ``local:`` says."""
