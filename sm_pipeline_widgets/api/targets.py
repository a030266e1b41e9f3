"""Where things run: making targets, and the one that is used when none is named."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.target import Target, aws_target, engine_target
from sm_pipeline_widgets.engine.daemon import ensure

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
    home: Path | None = None,
) -> Target:
    """A target by name: ``local`` is the engine on this machine, ``aws`` the default credentials, else a profile.

    Parameters
    ----------
    home
        The engine's state folder; by default the user's own.

    Raises
    ------
    TargetError
        There is no such profile, no credentials, no region; or the engine does not start.
    """
    if name == "local":
        return _local(home)
    chosen = profile or (None if name == "aws" else name)
    return aws_target(profile=chosen, region=region, role=role, bucket=bucket, endpoint_url=endpoint_url)


@cache
def _local(home: Path | None) -> Target:
    return engine_target(ensure(home), lambda: ensure(home))
