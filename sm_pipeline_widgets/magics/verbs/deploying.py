"""``%pipeline deploy``, ``endpoints``, ``endpoint``, ``invoke`` and ``undeploy``: versions that answer requests."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from sm_pipeline_widgets.api.live_views import tell_registry
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.asking import confirmed
from sm_pipeline_widgets.magics.parser import parameter_values
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.api.deploying import Planned
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.endpoints import Answer, Endpoint
    from sm_pipeline_widgets.magics.session import Session


def deploy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version")
    parser.add_argument("--endpoint", default="", metavar="NAME")
    parser.add_argument("--instance", default="", metavar="TYPE")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--traffic", default=None, metavar="PERCENT")
    _changing(parser)


def endpoint_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--traffic", nargs="+", default=[], metavar="VARIANT=SHARE")
    parser.add_argument("--rollback", nargs="?", const="", default=None, metavar="CONFIGURATION")
    _changing(parser)


def endpoints_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("contains", nargs="?", default="")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--target", default=None)


def invoke_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("data", nargs="?", default=None)
    parser.add_argument("--file", default=None)
    parser.add_argument("--variant", default="")
    parser.add_argument("--content-type", default="")
    parser.add_argument("--accept", default="")
    parser.add_argument("--target", default=None)


def undeploy_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--yes", "-y", action="store_true")
    parser.add_argument("--target", default=None)


def _changing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("--yes", "-y", action="store_true")
    parser.add_argument("--target", default=None)


def planned_deploy(session: Session, given: argparse.Namespace) -> Planned:
    """What deploying would do."""
    from sm_pipeline_widgets.api.deploying import plan_deploy  # noqa: PLC0415 - kept out of %load_ext's time

    share = None if given.traffic is None else _number(given.traffic.removesuffix("%"), "--traffic")
    target = session.named_target(given.target)
    return plan_deploy(target, given.version, given.endpoint, instance=given.instance, count=given.count, traffic=share)


def planned_change(session: Session, given: argparse.Namespace) -> Planned | None:
    """What an endpoint's options would do; None where they only look."""
    from sm_pipeline_widgets.api.deploying import plan_rollback, plan_traffic  # noqa: PLC0415 - as above

    if given.traffic and given.rollback is not None:
        raise UsageError("`--traffic` and `--rollback` are two things.", "Do one after the other.")
    target = session.named_target(given.target)
    if given.rollback is not None:
        return plan_rollback(target, given.name, given.rollback)
    if not given.traffic:
        return None
    words = parameter_values(given.traffic, "--traffic", "Variant")
    return plan_traffic(
        target, given.name, {name: _number(at.removesuffix("%"), "--traffic") for name, at in words.items()}
    )


def deploy(session: Session, given: argparse.Namespace) -> str | None:
    planned = planned_deploy(session, given)
    return confirmed(session, planned.question, lambda: done(planned, wait=given.wait), yes=given.yes)


def endpoint(session: Session, given: argparse.Namespace) -> str | None:
    """Show an endpoint, or change who answers."""
    planned = planned_change(session, given)
    if planned is None:
        display(looked_at(session, given))  # type: ignore[no-untyped-call]
        return None
    return confirmed(session, planned.question, lambda: done(planned, wait=given.wait), yes=given.yes)


def looked_at(session: Session, given: argparse.Namespace) -> object:
    """The endpoint, once nothing moves any more where that is waited for."""
    from sm_pipeline_widgets.api import deploying  # noqa: PLC0415 - kept out of %load_ext's time

    target = session.named_target(given.target)
    return deploying.wait(target, given.name) if given.wait else deploying.endpoint(target, given.name)


def done(planned: Planned, *, wait: bool) -> str:
    """Do what is planned; how the endpoint stands then."""
    from sm_pipeline_widgets.api import deploying  # noqa: PLC0415 - kept out of %load_ext's time

    planned.perform()
    name = planned.plan.endpoint
    try:
        shown = deploying.wait(planned.target, name) if wait else deploying.endpoint(planned.target, name)
    except KeyboardInterrupt:
        return f"It goes on. `%pipeline endpoint {name}` shows how it stands."
    finally:
        tell_registry()
    more = f"\n`%pipeline endpoint {name} --wait` waits until it answers." if shown.state.is_moving else ""
    return f"{shown}{more}"


def endpoints(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.view.registry_text import endpoints_text  # noqa: PLC0415 - kept out of %load_ext's time

    target = session.named_target(given.target)
    found = listed(target, given)
    if not found:
        return f"No endpoints at {target.words}. `%pipeline deploy GROUP/VERSION` makes one."
    return endpoints_text(found, datetime.now(UTC))


def listed(target: Target, given: argparse.Namespace) -> tuple[Endpoint, ...]:
    """The endpoints at the target."""
    from sm_pipeline_widgets.aws.endpoints import iter_endpoints  # noqa: PLC0415 - kept out of %load_ext's time

    return tuple(itertools.islice(iter_endpoints(target, given.contains), given.limit))


def invoke(session: Session, given: argparse.Namespace) -> str:
    return str(answered(session, given))


def answered(session: Session, given: argparse.Namespace) -> Answer:
    """What the endpoint answers to the sample: typed, a variable of the notebook, or a file's content.

    Raises
    ------
    UsageError
        There is no sample, or no such file.
    """
    from sm_pipeline_widgets.api.deploying import as_request  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.aws.endpoints import invoke as ask  # noqa: PLC0415

    body, kind = as_request(_sample(session, given), given.content_type)
    target = session.named_target(given.target)
    return ask(target, given.name, body, kind, accept=given.accept, variant=given.variant)


def undeploy(session: Session, given: argparse.Namespace) -> str | None:
    """Say what would be deleted, then delete it."""
    from sm_pipeline_widgets.api.deploying import plan_undeploy  # noqa: PLC0415 - kept out of %load_ext's time

    planned = plan_undeploy(session.named_target(given.target), given.name)

    def delete() -> str:
        planned.perform()
        tell_registry()
        return f"Endpoint `{given.name}` is deleted."

    return confirmed(session, planned.question, delete, yes=given.yes)


def _sample(session: Session, given: argparse.Namespace) -> object:
    if (given.data is None) == (given.file is None):
        fix = f"`%pipeline invoke {given.name} 1,2,3`, a variable's name, or `--file rows.csv`."
        raise UsageError("Give one sample: as text, or with `--file`.", fix)
    if given.file is None:
        return session.variables.get(given.data, given.data) if given.data.isidentifier() else given.data
    try:
        return Path(given.file).read_bytes()
    except OSError as error:
        raise UsageError(f"`{given.file}` cannot be read: {error.strerror}.", "Check the path.") from error


def _number(word: str, option: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise UsageError(f"`{option} {word}` is no number.", "Give percent, such as `10`.") from None


DEPLOY = Verb(
    name="deploy",
    usage="deploy GROUP[/VERSION] [--endpoint NAME] [--instance TYPE] [--count N] [--traffic PERCENT] [--wait] [--yes] "
    "[--target T]",
    does="Serve an approved version (of a group, the newest approved) by an endpoint, a new one or one that is there; "
    "`--traffic 10` gives it a tenth of the requests beside what is served already. Says first what is made and what "
    "it costs.",
    example="%pipeline deploy diabetes/3 --endpoint diabetes --traffic 10",
    run=deploy,
    options=deploy_options,
)
ENDPOINTS = Verb(
    name="endpoints",
    usage="endpoints [PART-OF-A-NAME] [--limit N] [--target T]",
    does="List the endpoints at the target.",
    example="%pipeline endpoints",
    run=endpoints,
    options=endpoints_options,
)
ENDPOINT = Verb(
    name="endpoint",
    usage="endpoint NAME [--traffic VARIANT=SHARE... | --rollback [CONFIGURATION]] [--wait] [--yes] [--target T]",
    does="Show an endpoint: its state, versions and who gets which share of the requests; shift that with `--traffic`, "
    "go back to what it served before with `--rollback`.",
    example="%pipeline endpoint diabetes --traffic v2=50 v3=50",
    run=endpoint,
    options=endpoint_options,
)
INVOKE = Verb(
    name="invoke",
    usage="invoke NAME TEXT|VARIABLE|--file FILE [--variant V] [--content-type TYPE] [--accept TYPE] [--target T]",
    does="Ask an endpoint: with text (JSON or CSV), a variable that holds rows, or a file.",
    example="%pipeline invoke diabetes 0.04,0.05,0.06",
    run=invoke,
    options=invoke_options,
)
UNDEPLOY = Verb(
    name="undeploy",
    usage="undeploy NAME [--yes] [--target T]",
    does="Delete an endpoint, and the configurations and models that `deploy` made for it; says first which.",
    example="%pipeline undeploy diabetes",
    run=undeploy,
    options=undeploy_options,
)
