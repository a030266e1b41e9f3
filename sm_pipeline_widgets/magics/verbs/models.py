"""``%pipeline models``, ``approve``, ``reject`` and ``rollback``: the model registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from sm_pipeline_widgets.api.live_views import tell_registry
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.asking import confirmed
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.registry import Registry, VersionComparison, VersionPage, Versions
    from sm_pipeline_widgets.execution.registry import Version
    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--against", default=None, metavar="VERSION")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--target", default=None)


def deciding_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--note", default="")
    parser.add_argument("--target", default=None)


def rollback_options(parser: argparse.ArgumentParser) -> None:
    deciding_options(parser)
    parser.add_argument("--yes", "-y", action="store_true")


def run(session: Session, given: argparse.Namespace) -> str | None:
    registry = registry_of(session, given)
    if not given.name:
        return groups_text(registry, given.limit)
    display(_shown(registry, given))  # type: ignore[no-untyped-call]
    return None


def _shown(registry: Registry, given: argparse.Namespace) -> object:
    """The live view of a group; a version or a comparison as a page."""
    from sm_pipeline_widgets.api.registry_view import GroupView  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.execution.registry import names_version  # noqa: PLC0415

    if given.against is None and not names_version(given.name):
        return GroupView(registry.target, given.name, given.limit).view
    return looked_up(registry, given)


def looked_up(registry: Registry, given: argparse.Namespace) -> Versions | VersionPage | VersionComparison:
    """The versions of a group, one version, or two of them side by side.

    Raises
    ------
    UsageError
        There is no such group or version, or ``--against`` without a version.
    """
    from sm_pipeline_widgets.execution.registry import names_version  # noqa: PLC0415 - kept out of %load_ext's time

    is_version = names_version(given.name)
    if given.against is not None:
        if not is_version:
            fix = f"For example `%pipeline models {given.name}/latest --against approved`."
            raise UsageError(f"`{given.name}` is a group; versions are compared.", fix)
        return registry.compare(given.against, given.name)
    return registry.version(given.name) if is_version else registry.versions(given.name, given.limit)


def groups_text(registry: Registry, limit: int) -> str:
    """The groups at the target."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from sm_pipeline_widgets.view import registry_text  # noqa: PLC0415 - kept out of %load_ext's time

    found = registry.groups(limit=limit)
    if not found:
        return f"No model groups at {registry.target.words}. A RegisterModel step (`group: NAME`) makes one."
    return registry_text.groups_text(found, datetime.now(UTC))


def approve(session: Session, given: argparse.Namespace) -> str:
    approved = registry_of(session, given).approve(given.name, given.note)
    tell_registry()
    return _told(approved)


def reject(session: Session, given: argparse.Namespace) -> str:
    rejected = registry_of(session, given).reject(given.name, given.note)
    tell_registry()
    return _told(rejected)


def rollback(session: Session, given: argparse.Namespace) -> str | None:
    """Say what would be decided, then decide it."""
    from sm_pipeline_widgets.api.registry import rollback_question  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.aws.registry import checked_note  # noqa: PLC0415

    registry = registry_of(session, given)
    checked_note(given.note)
    plan = registry.plan_rollback(given.name)

    def go_back() -> str:
        registry.roll_back(plan, given.note)
        tell_registry()
        return f"{plan.to.name} is the newest approved version of `{plan.to.group}` again.\n{plan}"

    return confirmed(session, rollback_question(plan), go_back, yes=given.yes)


def registry_of(session: Session, given: argparse.Namespace) -> Registry:
    """The registry of the target that is meant."""
    from sm_pipeline_widgets.api.registry import Registry  # noqa: PLC0415 - kept out of %load_ext's time

    return Registry(session.named_target(given.target))


def _told(version: Version) -> str:
    from sm_pipeline_widgets.view.registry_text import decision_words  # noqa: PLC0415 - kept out of %load_ext's time

    return f"{version.name} {decision_words(version.decisions[0])}"


MODELS = Verb(
    name="models",
    usage="models [GROUP | GROUP/VERSION [--against VERSION]] [--limit N] [--target T]",
    does="List the groups of the model registry, a group's versions with metrics and decisions, or everything about a "
    "version (`/3`, `/latest`, `/approved`); `--against approved` puts two side by side.",
    example="%pipeline models diabetes/latest --against approved",
    run=run,
    options=options,
)
APPROVE = Verb(
    name="approve",
    usage="approve GROUP/VERSION --note WHY [--target T]",
    does="Approve a version of a model; why, who and when are kept with it.",
    example='%pipeline approve diabetes/3 --note "rmse 54, below 60"',
    run=approve,
    options=deciding_options,
)
REJECT = Verb(
    name="reject",
    usage="reject GROUP/VERSION --note WHY [--target T]",
    does="Reject a version of a model; why, who and when are kept with it.",
    example='%pipeline reject diabetes/2 --note "leaks the target"',
    run=reject,
    options=deciding_options,
)
ROLLBACK = Verb(
    name="rollback",
    usage="rollback GROUP/VERSION --note WHY [--yes] [--target T]",
    does="Make an earlier version the newest approved one again: approve it, reject the newer ones. Says first what it "
    "will decide.",
    example='%pipeline rollback diabetes/2 --note "3 drifts" --yes',
    run=rollback,
    options=rollback_options,
)
