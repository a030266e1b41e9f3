"""``%pipeline list``: the pipelines at the target, and those this notebook declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prefix", nargs="?", default="")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--target", default=None)


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.aws.pipelines import list_pipelines  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.view.text import pipelines_table  # noqa: PLC0415

    target = session.named_target(given.target)
    found = list_pipelines(target, given.prefix, given.limit + 1)
    declared = [name for name in session.pipelines if name.startswith(given.prefix)]
    place = f"`{target.name}`" if target.is_local else target.words
    lines = [f"Declared in this notebook: {', '.join(declared) or 'none'}", f"At target {place}:"]
    more = [f"(the newest {given.limit}; `--limit` shows more)"] if len(found) > given.limit else []
    return "\n".join([*lines, pipelines_table(found[: given.limit]), *more])


LIST = Verb(
    name="list",
    usage="list [PREFIX] [--limit N] [--target T]",
    does="List the pipelines at the target and in this notebook.",
    example="%pipeline list",
    run=run,
    options=options,
)
