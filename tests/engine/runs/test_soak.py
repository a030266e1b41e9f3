"""What takes long: a million lines from one step, and data too large to hold in memory."""

from __future__ import annotations

import hashlib
import resource
import time

import pytest

from sm_pipeline_widgets.engine.operations import logs

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

LINES = 1_000_000
GIB = 1 << 30


def test_a_million_lines_come_whole_and_are_searched(lab):
    code = f"import sys\nwrite = sys.stdout.write\nfor at in range({LINES}): write(f'line {{at}} and some words that a training loop would say\\n')"
    began = time.monotonic()
    end = lab.run([lab.processing("one", code)])
    took = time.monotonic() - began
    group, stream = lab.stream(end.steps["one"])
    seen, token, count = 0, None, 0
    began = time.monotonic()
    while True:
        request = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
        answer = logs.get_log_events(lab.engine, {**request, **({"nextToken": token} if token else {})})
        for event in answer["events"]:
            assert event["message"].startswith(f"line {seen} ")
            seen += 1
        count += 1
        if answer["nextForwardToken"] == token:
            break
        token = answer["nextForwardToken"]
    assert seen == LINES
    reading = time.monotonic() - began
    began = time.monotonic()
    found, token = [], None
    while True:
        request = {"logGroupName": group, "filterPattern": '"line 999999 "', **({"nextToken": token} if token else {})}
        page = logs.filter_log_events(lab.engine, request)
        found += page["events"]
        token = page.get("nextToken")
        if token is None:
            break
    assert len(found) == 1
    searching = time.monotonic() - began
    began = time.monotonic()
    last = logs.get_log_events(lab.engine, {"logGroupName": group, "logStreamName": stream, "limit": 10})
    assert [event["message"].split()[1] for event in last["events"]] == [str(LINES - 10 + at) for at in range(10)]
    assert time.monotonic() - began < 0.5
    print(f"running {took:.1f} s, reading {count} pages {reading:.1f} s, searching {searching:.1f} s")
    assert took < 60


def test_two_gibibytes_go_through_a_step(lab):
    """In as an input, out as an output, without being held in memory."""
    block = hashlib.sha256(b"block").digest() * 32768
    path = lab.home / "large"
    with path.open("wb") as file:
        for _ in range(2 * GIB // len(block)):
            file.write(block)
    lab.objects.put_file("data", "in/large", path)
    path.unlink()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code = (
        "import os, shutil\n"
        "source = '/opt/ml/processing/input/d/large'\nprint(os.path.getsize(source))\n"
        "shutil.copy(source, '/opt/ml/processing/output/o/large')\n"
    )
    lab.create([lab.processing("one", code, inputs={"d": "s3://data/in"}, outputs={"o": "s3://data/out"})])
    began, arn = time.monotonic(), lab.begin()
    lab.until(lambda: lab.describe(arn)["PipelineExecutionStatus"] != "Executing", 800)
    end = lab.end(arn)
    print(f"through in {time.monotonic() - began:.0f} s")
    assert end.status == "Succeeded", end.steps["one"]
    assert end.log("one") == [str(2 * GIB)]
    info = lab.objects.head("data", "out/large")
    assert info is not None
    assert info.size == 2 * GIB
    assert info.etag == lab.objects.head("data", "in/large").etag
    # kilobytes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
