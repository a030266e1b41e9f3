"""Everything that is compared of a run, read from the service: jobs, and what lies at the places they read.

What cannot be read - a job that is gone, a bucket of somebody else - is left out, is then no difference, and is said.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.states import read_state
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError
from sm_pipeline_widgets.execution.jobfacts import job_facts
from sm_pipeline_widgets.execution.runs import InputFact, Run, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.state import ExecutionState, StepState

MOST_JOBS = 100
"""Jobs described of one run; of the others the definition alone is known."""
MOST_INPUTS = 100
MOST_PAGES = 5
"""Pages of a thousand objects that are listed of one input; of a longer one only the place is compared."""
MOST_NAMED = 5
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Listed:
    """What lies at a place now."""

    size: int
    count: int
    etag: str
    newest: datetime | None


def read_run(target: Target, arn: str, *, inputs: bool = True, state: ExecutionState | None = None) -> Run:
    """A run as it is compared with others.

    Parameters
    ----------
    inputs
        List what lies at the steps' inputs, too.
    state
        Its state, where it is known already.
    """
    source = TargetSource(target)
    known = state or read_state(source, arn)
    wanted = [step for step in known.steps.values() if step.metadata][:MOST_JOBS]
    unread = _Unread()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        described = pool.map(lambda step: _job(source, step, unread), wanted)
        jobs = {step.name: job for step, job in zip(wanted, described, strict=True)}
        facts = _inputs(target, known, jobs, pool, unread) if inputs else {}
    return replace(run_of(known, jobs, facts), unread=unread.words())


class _Unread:
    """What could not be read, by the reason: a role that may not describe jobs says so once, not for every step."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def note(self, what: str, error: PipelineWidgetsError) -> None:
        refused = f"{error.operation}: {error.code}" if isinstance(error, ServiceError) else ""
        reason = refused or error.message.rstrip(".")
        self._found.append((what, reason))

    def words(self) -> tuple[str, ...]:
        by_reason: dict[str, list[str]] = {}
        for what, reason in self._found:
            by_reason.setdefault(reason, []).append(what)
        return tuple(sorted(f"{_named(sorted(things))} ({reason})" for reason, things in by_reason.items()))


def _named(things: list[str]) -> str:
    more = len(things) - MOST_NAMED
    return ", ".join([*things[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


def _job(source: TargetSource, step: StepState, unread: _Unread) -> Mapping[str, Any]:
    try:
        return source.describe_job(step.metadata)
    except PipelineWidgetsError as error:
        unread.note(f"the job of `{step.name}`", error)
        return {}


def _inputs(
    target: Target,
    state: ExecutionState,
    jobs: Mapping[str, Mapping[str, Any]],
    pool: ThreadPoolExecutor,
    unread: _Unread,
) -> dict[str, tuple[InputFact, ...]]:
    with translated():
        client: S3Client = target.session.reader("s3")
    places = {name: list(_places(state.steps[name], job)) for name, job in jobs.items()}
    uris = list(dict.fromkeys(uri for found in places.values() for _, uri in found))[:MOST_INPUTS]
    listed = dict(zip(uris, pool.map(lambda uri: _listing(client, uri, unread), uris), strict=True))
    return {
        name: tuple(_fact(label, uri, listed.get(uri), state.steps[name].ended) for label, uri in found)
        for name, found in places.items()
        if found
    }


def _places(step: StepState, job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for label, value in job_facts(step, job):
        if label.startswith("input ") and value.startswith("s3://"):
            yield label.partition(" ")[2], value


def _fact(name: str, uri: str, found: _Listed | None, read_until: datetime | None) -> InputFact:
    if found is None:
        return InputFact(name, uri)
    if found.newest is not None and read_until is not None and found.newest > read_until:
        return InputFact(name, uri, rewritten=f"{found.newest:%Y-%m-%d %H:%M:%S}")
    return InputFact(name, uri, found.size, found.count, found.etag)


def _listing(client: S3Client, uri: str, unread: _Unread) -> _Listed | None:
    """What lies at a place; None where that cannot be read, or is too much."""
    bucket, prefix = bucket_and_key(uri)
    digest, size, count, newest = hashlib.sha256(), 0, 0, None
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    try:
        for _ in range(MOST_PAGES):
            with translated():
                page = client.list_objects_v2(**request)
            for entry in page.get("Contents", ()):
                key = entry.get("Key", "").removeprefix(prefix)
                digest.update(f"{key}\0{entry.get('ETag', '')}\n".encode())
                size, count = size + entry.get("Size", 0), count + 1
                modified = entry.get("LastModified")
                newest = modified if newest is None or (modified is not None and modified > newest) else newest
            if not page.get("IsTruncated"):
                return _Listed(size, count, digest.hexdigest(), newest)
            request["ContinuationToken"] = page["NextContinuationToken"]
    except PipelineWidgetsError as error:
        unread.note(f"what lies at {uri}", error)
        return None
    return None
