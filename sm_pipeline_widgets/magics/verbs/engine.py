"""``%pipeline engine``: is the engine on this machine there, end it, remove what is old."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.durations import seconds
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from mypy_boto3_sagemaker import SageMakerClient

    from sm_pipeline_widgets.magics.session import Session

OLD = "30d"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("status", "stop", "clean"), default="status")
    parser.add_argument("--older-than", default=OLD, metavar="AGE")
    parser.add_argument("--outputs", action="store_true")
    parser.add_argument("--all", action="store_true", dest="everything")
    parser.add_argument("--yes", action="store_true")


def run(_session: Session, given: argparse.Namespace) -> str:
    home = daemon.state_home()
    if given.action == "stop":
        return _stop(home)
    if given.action == "clean":
        return _remove_everything(home, really=given.yes) if given.everything else _clean(home, given)
    return _status(home)


def _status(home: Path) -> str:
    from sm_pipeline_widgets.api.targets import connect  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.engine.housekeeping import usage  # noqa: PLC0415

    endpoint = daemon.status(home)
    used = usage(home)
    parts = f"objects {size(used.objects)}, jobs and logs {size(used.jobs)}, database {size(used.database)}"
    lines = [f"  state   {home}", f"  disk    {size(used.total)} ({parts}, other {size(used.other)})"]
    if endpoint is None:
        return "\n".join(["The engine on this machine does not run; the next run starts it.", *lines])
    client = connect("local", home=home).sagemaker
    under_way, jobs, served = _under_way(client), _jobs_alone(client), _served(client)
    lines += [
        f"  process {endpoint.pid}",
        f"  url     {endpoint.url} (region {endpoint.region}, account {endpoint.account})",
        f"  running {_counted(len(under_way), 'execution')}",
        *(f"          {arn}" for arn in under_way),
        *(f"  running {kind} job {name}" for kind, name in jobs),
        *(f"  serving endpoint {name}" for name in served),
        f"  stays   {why_it_stays(len(under_way), len(jobs), len(served))}",
    ]
    return "\n".join(["The engine on this machine runs.", *lines])


def why_it_stays(executions: int, jobs: int, endpoints: int) -> str:
    """What keeps an engine from ending by itself, by how many there are of each."""
    work = [
        *([_counted(executions, "execution")] if executions else []),
        *([_counted(jobs, "job")] if jobs else []),
        *([_counted(endpoints, "endpoint in service")] if endpoints else []),
    ]
    if not work:
        return "until nobody has asked for a while; nothing keeps it awake"
    ends = "; delete_endpoint ends one" if endpoints else ""
    return f"as long as there is work: {', '.join(work)}{ends}"


def _counted(number: int, what: str) -> str:
    first, _, rest = what.partition(" ")
    return f"{number} {first}{'' if number == 1 else 's'}{f' {rest}' if rest else ''}"


def _under_way(client: SageMakerClient) -> list[str]:
    found: list[str] = []
    for page in client.get_paginator("list_pipelines").paginate():
        for pipeline in page["PipelineSummaries"]:
            answer = client.list_pipeline_executions(PipelineName=pipeline["PipelineName"], MaxResults=100)
            found += [
                at["PipelineExecutionArn"]
                for at in answer["PipelineExecutionSummaries"]
                if at["PipelineExecutionStatus"] in ("Executing", "Stopping")
            ]
    return found


def _jobs_alone(client: SageMakerClient) -> list[tuple[str, str]]:
    """Kind and name of the jobs that run outside pipelines."""
    training = client.list_training_jobs(StatusEquals="InProgress", MaxResults=100)["TrainingJobSummaries"]
    processing = client.list_processing_jobs(StatusEquals="InProgress", MaxResults=100)["ProcessingJobSummaries"]
    transform = client.list_transform_jobs(StatusEquals="InProgress", MaxResults=100)["TransformJobSummaries"]
    found = [
        *(("training", at["TrainingJobName"]) for at in training),
        *(("processing", at["ProcessingJobName"]) for at in processing),
        *(("transform", at["TransformJobName"]) for at in transform),
    ]
    return [(kind, name) for kind, name in found if not name.startswith("pipelines-")]


def _served(client: SageMakerClient) -> list[str]:
    return [at["EndpointName"] for at in client.list_endpoints(StatusEquals="InService", MaxResults=100)["Endpoints"]]


def _running_now(home: Path) -> list[str]:
    from sm_pipeline_widgets.api.targets import connect  # noqa: PLC0415 - kept out of %load_ext's time

    return _under_way(connect("local", home=home).sagemaker) if daemon.status(home) is not None else []


def _stop(home: Path) -> str:
    running = _running_now(home)
    if not daemon.stop(home):
        return "The engine on this machine does not run."
    if not running:
        return "The engine on this machine has ended; the next run starts it again."
    return (
        f"The engine on this machine has ended. The steps of {len(running)} executions go on by themselves; the next "
        "engine takes them up: `%pipeline list` starts it."
    )


def _clean(home: Path, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.engine.housekeeping import clean  # noqa: PLC0415 - kept out of %load_ext's time

    age = seconds(given.older_than)
    if age is None:
        raise UsageError(f"`--older-than {given.older_than}` is no length of time.", "Such as `30d` or `12h`.")
    if not home.exists():
        return f"There is nothing to clean: {home} does not exist."
    with _Paused(home) if given.yes else nullcontext():
        waste = clean(home, time.time() - age, outputs=given.outputs, really=given.yes)
    what = f"{len(waste.executions)} executions that ended more than {given.older_than} ago, with jobs and logs"
    if given.outputs:
        what += f", and {len(waste.outputs)} objects they left in S3"
    if given.yes:
        return f"Removed {what}: {size(waste.size)}."
    more = "" if given.outputs else " (`--outputs` also takes what they left in S3)"
    return f"This would remove {what}: {size(waste.size)}.\nAdd `--yes` to do it{more}; `--all` removes everything."


def _remove_everything(home: Path, *, really: bool) -> str:
    from sm_pipeline_widgets.engine.housekeeping import remove_everything, usage  # noqa: PLC0415

    used = size(usage(home).total)
    if not really:
        return (
            f"This would remove everything the engine keeps in {home} ({used}): pipelines, executions, models and "
            "objects, and end the steps that run.\nAdd `--yes` to do it."
        )
    daemon.stop(home)
    if home.exists():
        remove_everything(home)
    return f"Removed everything the engine kept in {home}: {used}."


class _Paused:
    """The engine ended for a moment, and started again if it ran; its steps notice nothing."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._ran = False

    def __enter__(self) -> None:
        self._ran = daemon.stop(self._home)

    def __exit__(self, *_error: object) -> None:
        if self._ran:
            daemon.ensure(self._home)


def size(count: float) -> str:
    """Bytes as people read them."""
    for unit in _UNITS[:-1]:
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} {_UNITS[-1]}"


ENGINE = Verb(
    name="engine",
    usage="engine [status|stop|clean] [--older-than 30d] [--outputs] [--all] [--yes]",
    does="Show the engine on this machine and what it holds, end it, or remove old executions.",
    example="%pipeline engine clean --older-than 7d --outputs --yes",
    run=run,
    options=options,
)
