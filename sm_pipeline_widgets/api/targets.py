"""Where things run: making targets, and the one that is used when none is named."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.studio import studio_place
from sm_pipeline_widgets.aws.target import Target, aws_target, engine_target
from sm_pipeline_widgets.engine.daemon import ensure, revive, state_home, status
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def connect(
    name: str = "local",
    *,
    profile: str | None = None,
    region: str | None = None,
    role: str | None = None,
    bucket: str | None = None,
    endpoint_url: str | None = None,
    read_only: bool = False,
    home: Path | None = None,
) -> Target:
    """A target by name: ``local`` is the engine on this machine, ``aws`` the default credentials, else a profile.

    Parameters
    ----------
    profile
        A profile of the AWS configuration, where it is called otherwise than the target.
    role
        What pipelines and their jobs act as: an ARN or a role's name. By default the role SageMaker gives this
        notebook, or the one the credentials act as.
    bucket
        By default the SageMaker SDK's: ``sagemaker-REGION-ACCOUNT``.
    endpoint_url
        Where every client talks to, for a stand-in of AWS.
    read_only
        Refuse everything that would change something there.
    home
        The engine's state folder; by default the user's own.

    Raises
    ------
    UsageError
        An option was given that the engine on this machine does not take.
    TargetError
        There is no such profile, no credentials, no region; or the engine does not start.
    """
    if name == "local":
        if read_only or any(given is not None for given in (profile, region, role, bucket, endpoint_url)):
            raise UsageError(
                "The engine on this machine has its own region, role and bucket, and takes no options.",
                "Name an AWS target: `%pipeline target aws --region …`, or a profile.",
            )
        return _local(home or state_home())
    chosen = profile or (None if name == "aws" else name)
    return aws_target(chosen, region, role, bucket, endpoint_url, read_only=read_only, studio=studio_place())


@cache  # by the folder itself: where it is by default may change, and each engine has keys of its own
def _local(home: Path) -> Target:
    return engine_target(
        ensure(home), lambda: ensure(home), lambda: revive(home), is_up=lambda: status(home) is not None
    )
