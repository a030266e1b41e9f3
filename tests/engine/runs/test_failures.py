"""Failing processing, exit codes, limits, what a container sees and must not see."""

from __future__ import annotations

import os

import pytest


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["python3", "-c", "raise SystemExit(7)"], "AlgorithmError: , exit code: 7"),
        (["/bin/sh", "-c", "kill -SEGV $$"], "AlgorithmError: , exit code: 139"),
        (["/bin/sh", "-c", "kill -9 $$"], "AlgorithmError: , exit code: 137"),
        (["no-such-program"], "AlgorithmError: , exit code: 127"),
        (["/etc/passwd"], "AlgorithmError: , exit code: 126"),
    ],
)
def test_the_exit_code_is_in_the_reason(lab, command, reason):
    end = lab.run([lab.processing("one", command)])
    assert end.status == "Failed"
    assert end.steps["one"]["FailureReason"] == reason
    assert end.job("one")["ProcessingJobStatus"] == "Failed"


def test_a_program_that_is_not_there_is_named_in_the_log(lab):
    assert lab.run([lab.processing("one", ["no-such-program"])]).log("one") == [
        "no-such-program: No such file or directory"
    ]


def test_an_exit_message_and_a_failure_file(lab):
    code = "open('/opt/ml/output/message', 'w').write('half done ' + 'x' * 2000)\nraise SystemExit(1)"
    end = lab.run([lab.processing("one", code)])
    assert end.job("one")["ExitMessage"].startswith("half done x")
    assert len(end.job("one")["ExitMessage"]) == 1024


def test_after_a_failure_nothing_below_starts_and_what_is_ready_goes_on(lab):
    bad = lab.processing("bad", "raise SystemExit(1)")
    good = lab.processing("good", "import time; time.sleep(0.2)")
    below = lab.processing("below", "pass", DependsOn=["bad"])
    late = lab.processing("late", "pass", DependsOn=["good"])
    end = lab.run([bad, good, below, late])
    assert end.status == "Failed"
    assert {name: at["StepStatus"] for name, at in end.steps.items()} == {"bad": "Failed", "good": "Succeeded"}


def test_a_job_that_runs_too_long_is_stopped(lab):
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    end = lab.run([lab.processing("one", "import time\nprint('in')\ntime.sleep(60)", arguments=limit)])
    assert end.status == "Failed"
    assert end.steps["one"]["StepStatus"] == "Failed"
    assert "MaxRuntimeInSeconds (1 s)" in end.steps["one"]["FailureReason"]
    assert end.job("one")["ProcessingJobStatus"] == "Stopped"
    assert end.log("one") == ["in"]


def test_what_a_step_sees_of_the_world(make_lab):
    environ = {
        **os.environ, "AWS_SECRET_ACCESS_KEY": "the user's", "AWS_PROFILE": "prod", "MY_TOKEN": "t",
        "HTTPS_PROXY": "http://me:secret@proxy",
    }  # fmt: skip
    lab = make_lab(environ=environ)
    code = (
        "import json, os, sys\n"
        "names = ['AWS_ENDPOINT_URL', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_PROFILE', 'MY_TOKEN', 'HTTPS_PROXY', 'GIVEN', 'PYTHONUNBUFFERED']\n"
        "print([os.environ.get(name) for name in names])\n"
        "print(os.environ['AWS_CONFIG_FILE'])\n"
        "print(json.load(open('/opt/ml/config/processingjobconfig.json'))['Environment'])\n"
        "print(json.load(open('/opt/ml/config/resourceconfig.json'))['current_host'])\n"
    )
    end = lab.run(
        [lab.processing("one", code, arguments={"Environment": {"GIVEN": "yes", "AWS_ENDPOINT_URL": "https://real"}})]
    )
    assert end.log("one") == [
        "['http://127.0.0.1:9', 'local secret', 'eu-west-3', None, None, None, 'yes', '1']",
        "/dev/null",
        "{'GIVEN': 'yes', 'AWS_ENDPOINT_URL': 'https://real'}",
        "algo-1",
    ]


def test_python_is_the_engines_with_its_packages(lab):
    end = lab.run([lab.processing("one", ["/usr/bin/python3.8", "-c", "import networkx, sys; print(sys.executable)"])])
    assert end.status == "Succeeded"
    assert end.log("one") == [lab.settings.python]


def test_wrong_arguments_are_the_steps_failure(lab):
    for more in (
        {"inputs": {"d": "s3://data/../x"}},
        {"inputs": {"d": "file:///etc"}},
        {
            "arguments": {
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1000, "VolumeSizeInGB": 1}
                }
            }
        },
        {"arguments": {"ProcessingResources": {}}},
        {
            "arguments": {
                "ProcessingInputs": [
                    {"InputName": "a", "S3Input": {"S3Uri": "s3://data/x", "LocalPath": "/opt/ml/../../etc"}}
                ]
            }
        },
        {"arguments": {"ProcessingInputs": [{"InputName": "a"}]}},
        {"arguments": {"StoppingCondition": {"MaxRuntimeInSeconds": "soon"}}},
    ):
        end = lab.run([lab.processing("one", "pass", **more)])
        assert end.status == "Failed", more
        assert end.steps["one"]["FailureReason"].startswith("ClientError: "), end.steps["one"]["FailureReason"]


def test_a_hostile_key_stays_inside(lab, tmp_path):
    lab.put("in/../../../../escaped", "x")
    end = lab.run([lab.processing("one", "pass", inputs={"d": "s3://data/in/"})])
    assert "cannot be a file's path" in end.steps["one"]["FailureReason"]
    assert "escaped" not in {name for _, _, names in os.walk(tmp_path) for name in names}


def test_links_are_not_uploaded(lab):
    code = (
        "import os\nbase = '/opt/ml/processing/output/o/'\nos.symlink('/etc/passwd', base + 'link')\n"
        "os.symlink('/etc', base + 'folder')\nopen(base + 'own', 'w').close()"
    )
    assert lab.run([lab.processing("one", code, outputs={"o": "s3://data/o"})]).status == "Succeeded"
    assert lab.keys("o") == ["o/own"]


def test_hostile_texts_pass_through_untouched(lab):
    text = "'; rm -rf / $(x) `y` <script>\u202e\U0001f600\t\x01"
    name = "a" * 64
    step = lab.processing(name, ["python3", "-S", "-c", "import sys; print(sys.argv[1])", text], DisplayName=text)
    end = lab.run([step])
    assert end.log(name) == [text]
    assert end.steps[name]["StepDisplayName"] == text
    odd = "__proto__"
    end = lab.run([lab.processing(odd, "print(1)"), lab.processing("-", "pass", DependsOn=[odd])])
    assert (end.status, end.log(odd)) == ("Succeeded", ["1"])


def test_a_number_where_the_service_wants_text_is_refused_as_there(lab):
    arguments = {"Environment": {"N": {"Get": "Parameters.n"}}}
    declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]
    end = lab.run([lab.processing("one", "pass", arguments=arguments)], declared=declared)
    reason = end.steps["one"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: ")
    assert "NUMBER_VALUE can not be converted to a String" in reason
    assert "Metadata" not in end.steps["one"]
