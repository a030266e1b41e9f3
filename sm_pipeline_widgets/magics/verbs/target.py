"""``%pipeline target``: show or choose where things run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default=None)
    for option in ("region", "role", "bucket"):
        parser.add_argument(f"--{option}", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    if given.name is not None or given.region or given.role or given.bucket:
        name = given.name or session.target.name
        session.target = connect(name, region=given.region, role=given.role, bucket=given.bucket)
    target = session.target
    where = "the engine on this machine" if target.is_local else "AWS"
    return "\n".join(
        [
            f"Target `{target.name}`: {where}",
            f"  region   {target.region}",
            f"  account  {target.account}",
            f"  role     {target.role}",
            f"  bucket   {target.bucket}",
        ]
    )


TARGET = Verb(
    name="target",
    usage="target [local|aws|PROFILE] [--region R] [--role ARN] [--bucket B]",
    does="Show where things run, or choose it: the engine on this machine, AWS, or a profile of yours.",
    example="%pipeline target local",
    run=run,
    options=options,
)
