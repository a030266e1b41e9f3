"""Fifty executions watched for twenty minutes in one kernel: what they ask for, and what they leave behind in memory."""

from __future__ import annotations

import gc
import os
import threading
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from botocore.config import Config

from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.source import TargetSource
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.watch.watcher import Watcher
from sm_pipeline_widgets.watch.watchers import Watchers

from .conftest import processing

EXECUTIONS = 50
AT_ONCE = 16
"""Steps that the engine runs at the same time on a small machine; the others are starting."""

MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
WAITS = f"""
import time
end = time.time() + {MINUTES * 60 + 120}
n = 0
while time.time() < end:
    print('line', n, flush=True)
    n += 1
    time.sleep(60)
"""


def resident() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def watching(engine, calls: Counter) -> TargetSource:
    """A source that is as careful as with AWS, and counts what it asks."""
    at = engine.endpoint
    session = TargetSession(
        endpoint_url=at.url,
        config=Config(proxies={}, s3={"addressing_style": "path"}),
        aws_access_key_id=at.access_key,
        aws_secret_access_key=at.secret_key,
        region_name=at.region,
    )
    session.events.register("before-send", lambda **_: calls.update([int(time.monotonic() // 60)]))
    return TargetSource(Target("soak", session, account=at.account))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_fifty_executions_are_watched_without_growth(lab, engine, capsys):
    calls: Counter = Counter()
    source = watching(engine, calls)
    registry = Watchers()
    arns = [lab.start(f"soak-{n}", processing("waits", WAITS)) for n in range(EXECUTIONS)]
    told: Counter = Counter()
    watchers = [registry.watcher_for(arn, lambda arn=arn: Watcher(source, arn)) for arn in arns]
    for watcher in watchers:
        watcher.subscribe(lambda update: told.update([update.state.arn]))
        watcher.follow("waits")
    samples = measured(MINUTES)
    threads = threading.active_count()
    client = engine.client("sagemaker")
    for arn in arns:
        client.stop_pipeline_execution(PipelineExecutionArn=arn)
    for watcher in watchers:
        watcher.poke()
    ends = {str(watcher.wait(120).status) for watcher in watchers}
    minutes = sorted(calls)[1:-2]
    a_minute = [calls[minute] / EXECUTIONS for minute in minutes]
    lines = sorted(watcher.store.total("waits") for watcher in watchers)[-AT_ONCE]
    with capsys.disabled():
        print(
            f"\n{EXECUTIONS} executions, {MINUTES:g} minutes, {threads} threads, at least {lines} lines of each that ran"
        )
        print("calls a minute and execution:", ", ".join(f"{count:.1f}" for count in a_minute))
        print("MB resident:", ", ".join(f"{size:.0f}" for size, _ in samples))
        print("MB of Python objects:", ", ".join(f"{size:.1f}" for _, size in samples))
    registry.close()
    assert ends == {"Stopped"}
    assert max(a_minute) <= 15
    early, late = samples[len(samples) // 3], samples[-1]
    assert late[0] - early[0] <= 0.05 * early[0] + 5
    assert late[1] - early[1] <= 2
    assert lines >= MINUTES - 2


def measured(minutes: float) -> list[tuple[float, float]]:
    """Resident memory and Python's own, every minute."""
    tracemalloc.start()
    samples = []
    try:
        until = time.monotonic() + minutes * 60
        while time.monotonic() < until:
            time.sleep(60)
            gc.collect()
            samples.append((resident(), tracemalloc.get_traced_memory()[0] / 1e6))
    finally:
        tracemalloc.stop()
    return samples
