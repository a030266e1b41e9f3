"""``%pipeline target``: show or choose where things run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.aws.target import Target, TargetSettings
    from sm_pipeline_widgets.magics.session import Session

_BUCKETS = {
    "there": "it is there",
    "missing": "not there yet: a run asks before it creates it",
    "refused": "it belongs to another account, or you may not use it: choose another one with `--bucket`",
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default=None)
    for option in ("profile", "region", "role", "bucket", "endpoint-url"):
        parser.add_argument(f"--{option}", default=None)
    parser.add_argument("--read-only", action="store_true")


def run(session: Session, given: argparse.Namespace) -> str:
    changes = {
        name: value
        for name in ("profile", "region", "role", "bucket", "endpoint_url")
        if (value := getattr(given, name)) is not None
    }
    if given.name is None and not changes and not given.read_only:
        return describe(session.target)
    target = _chosen(session, given.name, changes, read_only=given.read_only)
    if not target.is_local:
        _ = target.identity  # keys that are not accepted leave the notebook where it was
    before = session.target
    session.target = target
    moved = "" if before.place == target.place else _left_behind(session, before)
    return describe(target) + moved


def describe(target: Target) -> str:
    """Where a target is, who asks there, and what pipelines get."""
    if target.is_local:
        head, rows = "the engine on this machine", [("bucket", target.bucket)]
    else:
        head = "AWS" + (f" (by {target.session.endpoint_url})" if target.session.endpoint_url else "")
        head += ", read-only: nothing is changed there" if target.is_read_only else ""
        rows = [("who", f"{target.identity.words}, {target.identity.arn}"), ("bucket", _bucket(target))]
    rows = [("region", target.region), ("account", target.account), ("role", _role(target)), *rows]
    return "\n".join([f"Target `{target.name}`: {head}", *(f"  {name.ljust(8)} {value}" for name, value in rows)])


def _chosen(session: Session, name: str | None, changes: dict[str, str], *, read_only: bool) -> Target:
    """A target by its name, or the one of now with something changed."""
    if name is not None:
        return connect(name, read_only=read_only, **changes)  # type: ignore[arg-type] # names of its own parameters
    now = session.target
    if now.is_local:
        raise UsageError(
            "The engine on this machine takes no options.", "Name an AWS target: `%pipeline target aws …`."
        )
    settings: TargetSettings = replace(now.settings, **changes)  # type: ignore[arg-type]
    return connect(
        settings.name,
        profile=settings.profile,
        region=settings.region,
        role=settings.role,
        bucket=settings.bucket,
        endpoint_url=settings.endpoint_url,
        read_only=settings.read_only or read_only,
    )


def _role(target: Target) -> str:
    if target.is_local:
        return target.role
    try:
        return f"{target.found_role.arn} ({target.found_role.words})"
    except PipelineWidgetsError as error:
        return f"none yet. {error.fix}"


def _bucket(target: Target) -> str:
    try:
        return f"{target.bucket} ({_BUCKETS[target.bucket_state]})"
    except PipelineWidgetsError:
        return f"{target.bucket} (it could not be looked at)"


def _left_behind(session: Session, before: Target) -> str:
    running = [one for one in session.executions.values() if one.target.place == before.place and _is_running(one)]
    if not running:
        return ""
    count = "A run goes" if len(running) == 1 else f"{len(running)} runs go"
    return f"\n{count} on at {before.words}; their views stay there."


def _is_running(execution: object) -> bool:
    state = execution.watcher.state  # type: ignore[attr-defined]
    return state is not None and not state.status.is_end


TARGET = Verb(
    name="target",
    usage="target [local|aws|PROFILE] [--profile P] [--region R] [--role ARN] [--bucket B] [--endpoint-url U] "
    "[--read-only]",
    does="Show where things run, or choose it: the engine on this machine, AWS, or a profile of yours.",
    example="%pipeline target local",
    run=run,
    options=options,
)
