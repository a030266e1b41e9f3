"""Lambda steps with handlers that a file or a variable names."""

from __future__ import annotations

import os
import signal

import pytest

from sm_pipeline_widgets.engine import supervised
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.functions import VARIABLE, FunctionError, configured, name_of
from sm_pipeline_widgets.engine.operations import logs

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:scale"
CODE = """\
def handler(event, context):
    print("asked for", event["n"])
    return {"n": event["n"] * 2, "half": event["n"] / 2, "is_big": event["n"] > 2, "kept": [event["n"]]}
"""


def step(name="scale", arn=ARN, arguments=None, **outputs):
    return {
        "Name": name, "Type": "Lambda", "FunctionArn": arn, "Arguments": arguments or {"n": 3},
        "OutputParameters": [{"OutputName": at, "OutputType": kind} for at, kind in outputs.items()],
    }  # fmt: skip


@pytest.fixture
def handler(lab):
    """Write a handler and name it in the state folder's configuration."""

    def named(code: str, name: str = "scale") -> None:
        (lab.home / "scale.py").write_text(code)
        (lab.home / "engine.toml").write_text(f'[lambda]\n"{name}" = "scale.py:handler"\n')

    return named


def values(ended, name="scale"):
    return {at["Name"]: at["Value"] for at in ended.steps[name]["Metadata"]["Lambda"]["OutputParameters"]}


def test_outputs_come_in_their_declared_types_and_the_log_is_there(lab, handler):
    handler(CODE)
    said = {"Name": "say", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": [
        {"Get": f"Steps.scale.OutputParameters['{name}']"} for name in ("n", "half", "is_big", "kept")
    ]}}}}  # fmt: skip
    ended = lab.run([step(n="Integer", half="Float", is_big="Boolean", kept="String"), said])
    assert ended.steps["say"]["FailureReason"] == "6 1.5 true [3]"
    assert values(ended) == {"n": "6", "half": "1.5", "is_big": "true", "kept": "[3]"}
    found = logs.filter_log_events(lab.engine, {"logGroupName": "/aws/lambda/scale"})["events"]
    assert [event["message"] for event in found] == ["asked for 3"]


@pytest.mark.parametrize(
    "code, outputs, words",
    [
        ("def handler(e, c):\n    raise KeyError('customer')\n", {"n": "Integer"}, "KeyError: 'customer'"),
        ("def handler(e, c):\n    return {'m': 1}\n", {"n": "Integer"}, "'n' of step 'scale' is missing"),
        ("def handler(e, c):\n    return {'n': 'many'}\n", {"n": "Integer"}, "is no Integer: 'many'"),
        ("def handler(e, c):\n    return [1]\n", {"n": "Integer"}, "must return a JSON object"),
        ("def handler(e, c):\n    return {'n': 'x' * 1025}\n", {"n": "String"}, "longer than 1024"),
        ("import nothere\n", {}, "No module named 'nothere'"),
    ],
)
def test_what_goes_wrong_is_told(lab, handler, code, outputs, words):
    handler(code)
    ended = lab.run([step(**outputs)])
    assert ended.status == "Failed"
    assert ended.steps["scale"]["FailureReason"].startswith("ClientError: Lambda function " + ARN)
    assert words in ended.steps["scale"]["FailureReason"]
    assert ended.steps["scale"]["Metadata"]["Lambda"]["Arn"] == ARN


def test_a_function_without_outputs_may_return_anything(lab, handler):
    handler("def handler(e, c):\n    return 'done'\n")
    assert lab.run([step()]).status == "Succeeded"


def test_a_function_nobody_named_is_refused_at_start_with_a_way_out(lab):
    lab.create([step()])
    with pytest.raises(ServiceException, match=r"there is no Lambda function .*engine.toml"):
        lab.begin()


def test_a_step_that_is_stopped_lets_its_function_end(lab, handler):
    handler("import time\ndef handler(e, c):\n    print('up', flush=True)\n    time.sleep(1)\n    return {}\n")
    lab.create([step()])
    arn = lab.begin()
    lab.until(lambda: lab.steps(arn).get("scale", {}).get("StepStatus") == "Executing")
    lab.stop(arn)
    ended = lab.end(arn)
    assert (ended.status, ended.steps["scale"]["StepStatus"]) == ("Stopped", "Stopped")


def test_a_function_that_is_killed_is_told_of_in_words(lab, handler, tmp_path, until):
    handler(f"def handler(e, c):\n    open({str(tmp_path / 'up')!r}, 'x').close()\n    import time; time.sleep(600)\n")
    lab.create([step()])
    arn = lab.begin()
    until((tmp_path / "up").exists)
    (folder,) = lab.home.glob("calls/*")
    os.kill(supervised.claimed_by(folder), signal.SIGKILL)
    reason = lab.end(arn).steps["scale"]["FailureReason"]
    assert reason.startswith("InternalServerError: ")
    assert "it was killed, or the machine was restarted" in reason


def test_a_call_that_an_earlier_engine_made_is_not_made_again(make_lab, until):
    lab = make_lab()
    (lab.home / "scale.py").write_text(
        "import os, time\n"
        "def handler(e, c):\n"
        f"    open({str(lab.home / 'calls-made')!r}, 'a').write('x')\n"
        "    time.sleep(1.5)\n"
        "    return {'n': 1}\n"
    )
    (lab.home / "engine.toml").write_text('[lambda]\nscale = "scale.py:handler"\n')
    lab.create([step(n="Integer")])
    arn = lab.begin()
    until((lab.home / "calls-made").exists)
    lab.close()
    again = make_lab()
    ended = again.end(arn)
    assert (ended.status, values(ended)) == ("Succeeded", {"n": "1"})
    assert (lab.home / "calls-made").read_text() == "x"


def test_the_same_call_is_found_in_the_cache(lab, handler):
    handler(CODE)
    cached = {**step(n="Integer"), "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
    first, second = lab.run([cached]), lab.run([cached])
    assert second.steps["scale"]["CacheHitResult"]["SourcePipelineExecutionArn"] == first.arn
    assert values(second) == {"n": "6"}


@pytest.mark.parametrize(
    "given, name",
    [
        (ARN, "scale"),
        (ARN + ":$LATEST", "scale"),
        ("scale", "scale"),
        ("123456789012:function:scale:1", "scale"),
        ("function:scale", "scale"),
        ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:my-scale_2:prod", "my-scale_2"),
        ("no name at all", "no name at all"),
    ],
)
def test_names_and_arns(given, name):
    assert name_of(given) == name


def test_configuration_is_the_file_and_the_variable(tmp_path):
    (tmp_path / "engine.toml").write_text('[lambda]\na = "a.py:f"\nb = "b.py:f"\n')
    assert configured(tmp_path, {VARIABLE: "b=other:g; c=/x/c.py:h"}) == {
        "a": "a.py:f", "b": "other:g", "c": "/x/c.py:h"
    }  # fmt: skip
    for text, words in (("[lambda", "cannot be read"), ('[lambda]\na = "nohandler"\n', "file.py:handler")):
        (tmp_path / "engine.toml").write_text(text)
        with pytest.raises(FunctionError, match=words):
            configured(tmp_path, {})
