"""CloudWatch Logs over a step's log: pages, tokens, filters."""

from __future__ import annotations

import os

import pytest

from sm_pipeline_widgets.engine import logbook
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations import logs

GROUP = "/aws/sagemaker/ProcessingJobs"


def code_of(count):
    return f"for at in range({count}): print('line', at)"


@pytest.fixture
def end(lab):
    return lab.run([lab.processing("one", code_of(25))])


def get(end, **request):
    group, stream = end.lab.stream(end.steps["one"])
    return logs.get_log_events(end.lab.engine, {"logGroupName": group, "logStreamName": stream, **request})


def texts(answer):
    return [event["message"] for event in answer["events"]]


def test_reading_forward_ends_when_the_token_comes_back(end):
    answer = get(end, startFromHead=True, limit=10)
    seen, tokens = texts(answer), [answer["nextForwardToken"]]
    while True:
        answer = get(end, nextToken=tokens[-1], limit=10, startFromHead=True)
        seen += texts(answer)
        if answer["nextForwardToken"] == tokens[-1]:
            break
        tokens.append(answer["nextForwardToken"])
    assert seen == [f"line {at}" for at in range(25)]
    assert len(tokens) == 3


def test_without_a_head_the_last_lines_come_and_then_those_before(end):
    answer = get(end, limit=10)
    assert texts(answer) == [f"line {at}" for at in range(15, 25)]
    assert texts(get(end, nextToken=answer["nextForwardToken"])) == []
    before = get(end, nextToken=answer["nextBackwardToken"], limit=10)
    assert texts(before) == [f"line {at}" for at in range(5, 15)]
    first = get(end, nextToken=before["nextBackwardToken"], limit=10)
    assert texts(first) == [f"line {at}" for at in range(5)]
    assert get(end, nextToken=first["nextBackwardToken"])["nextBackwardToken"] == first["nextBackwardToken"]


def test_a_window_of_time(end):
    whole = get(end, startFromHead=True)["events"]
    first, last = whole[0]["timestamp"], whole[-1]["timestamp"]
    assert len(get(end, startTime=first, endTime=last + 1, startFromHead=True)["events"]) == 25
    assert get(end, endTime=first, startFromHead=True)["events"] == []
    assert get(end, startTime=last + 1, startFromHead=True)["events"] == []


def test_log_lines_arrive_while_the_step_runs(lab, tmp_path):
    gate = tmp_path / "gate"
    lab.create(
        [
            lab.processing(
                "one",
                f"import os, time\nprint('first')\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.01)\nprint('second', end='')",
            )
        ]
    )
    arn = lab.begin()
    step = lab.until(lambda: lab.steps(arn).get("one", {}).get("Metadata") and lab.steps(arn)["one"])
    group = GROUP
    name = lab.job_name(step)[1]
    request = {"logGroupName": group, "logStreamNamePrefix": name}
    (stream,) = lab.until(lambda: logs.describe_log_streams(lab.engine, request)["logStreams"])
    read = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True}
    answer = logs.get_log_events(lab.engine, read)
    assert texts(answer) == ["first"]
    gate.touch()
    lab.end(arn)
    more = logs.get_log_events(lab.engine, {**read, "nextToken": answer["nextForwardToken"]})
    assert texts(more) == ["second"]


def test_filtering_over_streams(lab):
    end = lab.run([lab.processing("one", code_of(3)), lab.processing("two", "print('an ERROR here')\nprint('fine')")])
    engine = lab.engine

    def found(**request):
        seen, token = [], None
        while True:
            page = logs.filter_log_events(
                engine, {"logGroupName": GROUP, **request, **({"nextToken": token} if token else {})}
            )
            seen += page["events"]
            token = page.get("nextToken")
            if token is None:
                return seen

    assert len(found()) == 5
    assert len(found(limit=2)) == 5
    assert len({event["eventId"] + event["logStreamName"] for event in found(limit=1)}) == 5
    assert [at["message"] for at in found(filterPattern="ERROR")] == ["an ERROR here"]
    assert len(found(filterPattern="-line")) == 2
    assert len(found(filterPattern='"an ERROR" here')) == 1
    assert len(found(filterPattern="?ERROR ?fine")) == 2
    _, stream = lab.stream(end.steps["two"])
    assert [at["message"] for at in found(logStreamNames=[stream])] == ["an ERROR here", "fine"]


def test_what_is_not_there(lab):
    engine = lab.engine
    with pytest.raises(ServiceException, match="ResourceNotFoundException"):
        logs.describe_log_streams(engine, {"logGroupName": GROUP})
    end = lab.run([lab.processing("silent", "pass"), lab.processing("loud", "print(1)")])
    assert len(logs.describe_log_streams(engine, {"logGroupName": GROUP})["logStreams"]) == 1
    silent = lab.job_name(end.steps["silent"])[1]
    for name in ("none", f"{silent}/algo-1-1"):
        with pytest.raises(ServiceException, match="ResourceNotFoundException"):
            logs.get_log_events(engine, {"logGroupName": GROUP, "logStreamName": name})
    with pytest.raises(ServiceException, match="nextToken is invalid"):
        logs.get_log_events(
            engine, {"logGroupName": GROUP, "logStreamName": lab.stream(end.steps["loud"])[1], "nextToken": "x"}
        )
    assert [at["logGroupName"] for at in logs.describe_log_groups(engine, {})["logGroups"]] == [GROUP]


@pytest.mark.parametrize(
    "group, code",
    [("", "InvalidParameterException"), (".", "ResourceNotFoundException"), ("..", "ResourceNotFoundException")],
)
def test_a_group_that_would_be_another_folder_is_none(lab, group, code):
    logbook.announce(lab.engine.home, "/aws/lambda/one", "a stream", lab.engine.home / "one.log", 0)
    with pytest.raises(ServiceException) as refused:
        logs.describe_log_streams(lab.engine, {"logGroupName": group})
    assert refused.value.code == code


def test_bytes_and_carriage_returns(lab):
    code = (
        "import sys\nout = sys.stdout.buffer\nout.write(b'\\xff\\xfe\\n')\nout.write(b'crlf\\r\\n')\n"
        "out.write(b'\\r 10%\\r 20%\\r100%\\n')\nout.write(b'\\n')\nout.write(b'x' * 300000 + b'\\n')\nout.write(b'end')"
    )
    end = lab.run([lab.processing("one", code)])
    log = end.log("one")
    assert log[:5] == ["\ufffd\ufffd", "crlf", " 10%", " 20%", "100%"]
    assert [len(line) for line in log[5:]] == [0, 262144, 300000 - 262144, 3]


def test_many_lines_come_whole(lab):
    end = lab.run([lab.processing("one", "for at in range(100_000): print('line', at)")])
    group, stream = lab.stream(end.steps["one"])
    seen, token = [], None
    while True:
        request = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
        answer = logs.get_log_events(lab.engine, {**request, **({"nextToken": token} if token else {})})
        seen += texts(answer)
        if answer["nextForwardToken"] == token:
            break
        token = answer["nextForwardToken"]
    assert seen == [f"line {at}" for at in range(100_000)]


def test_a_filter_reads_json_and_says_what_it_cannot_read(lab):
    lab.run(
        [lab.processing("one", """print('{"level": "INFO"}'); print('{"level": "ERROR", "n": 7}'); print('plain')""")]
    )
    request = {"logGroupName": GROUP, "filterPattern": '{ $.level = "ERROR" && $.n > 5 }'}
    assert texts(logs.filter_log_events(lab.engine, request)) == ['{"level": "ERROR", "n": 7}']
    with pytest.raises(ServiceException, match=r"InvalidParameterException.*columns"):
        logs.filter_log_events(lab.engine, {"logGroupName": GROUP, "filterPattern": "[a, b]"})


def test_a_log_keeps_to_its_limit_and_loses_its_oldest_lines(make_lab):
    lab = make_lab(environ={**os.environ, "SM_PIPELINE_WIDGETS_LOG_BYTES": str(4 << 20)})
    end = lab.run([lab.processing("one", "for at in range(60_000): print('line', at, 'x' * 40)")])
    lines = end.log("one")
    path = lab.home / "jobs" / lab.job_name(end.steps["one"])[1] / "log"
    assert path.stat().st_size > 3 << 20
    assert path.stat().st_blocks * 512 < 1.5 * (1 << 20)
    assert get(end, limit=1)["events"][0]["message"].startswith("line 59999 ")
    assert lines[0].startswith("line ")
    first = int(lines[0].split()[1])
    assert first > 30_000


def test_old_logs_make_room_for_new_ones(lab):
    ends = [lab.run([lab.processing("one", f"print('{at}' * 100_000)")]) for at in range(3)]
    names = [lab.job_name(end.steps["one"])[1] for end in ends]
    gone = logbook.prune(lab.home, 300_000, lambda name: name != names[0])
    assert gone == [names[1]]
    assert [(lab.home / "jobs" / name / "log").exists() for name in names] == [True, False, True]


def test_a_stream_that_was_announced(lab):
    path = lab.home / "endpoints" / "e" / "log"
    logbook.announce(lab.home, "/aws/sagemaker/Endpoints/e", "AllTraffic/i-1", path, 12.0)
    assert "/aws/sagemaker/Endpoints/e" in [
        at["logGroupName"] for at in logs.describe_log_groups(lab.engine, {})["logGroups"]
    ]
    request = {"logGroupName": "/aws/sagemaker/Endpoints/e"}
    assert logs.describe_log_streams(lab.engine, request)["logStreams"] == []
    path.parent.mkdir(parents=True)
    path.write_text("13000 hello\n")
    (stream,) = logs.describe_log_streams(lab.engine, request)["logStreams"]
    assert (stream["logStreamName"], stream["creationTime"]) == ("AllTraffic/i-1", 12000)
    assert texts(logs.filter_log_events(lab.engine, request)) == ["hello"]
    logbook.forget(lab.home, "/aws/sagemaker/Endpoints/e", "AllTraffic/i-1")
    assert logs.describe_log_groups(lab.engine, {})["logGroups"] == []
