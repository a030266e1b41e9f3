"""Jobs on several hosts, which are processes of this machine."""

from __future__ import annotations

import io
import json
import tarfile

from sm_pipeline_widgets.engine.operations import logs


def on(count):
    return {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}}}  # fmt: skip


def group_on(count):
    return {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}}


def by_host(lab, step):
    """The lines of each host's log stream."""
    kind, name = lab.job_name(step)
    group = f"/aws/sagemaker/{kind}s"
    streams = logs.describe_log_streams(lab.engine, {"logGroupName": group, "logStreamNamePrefix": f"{name}/"})
    found = {}
    for stream in streams["logStreams"]:
        request = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True}
        events = logs.get_log_events(lab.engine, request)["events"]
        found[stream["logStreamName"].split("/")[1].rpartition("-")[0]] = [event["message"] for event in events]
    return found


def test_each_host_knows_its_place_and_has_a_log_of_its_own(lab):
    code = (
        "import json\nfound = json.load(open('/opt/ml/config/resourceconfig.json'))\n"
        "print(found['current_host'], found['hosts'])"
    )
    end = lab.run([lab.processing("one", code, arguments=on(3))])
    assert end.status == "Succeeded"
    hosts = ["algo-1", "algo-2", "algo-3"]
    assert by_host(lab, end.steps["one"]) == {name: [f"{name} {hosts}"] for name in hosts}


def test_hosts_find_each_other_by_name(lab):
    """The first listens, the second calls it."""
    code = (
        "import json, socket, time\n"
        "me = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        "if me == 'algo-1':\n"
        "    with socket.create_server(('algo-1', 8999)) as server:\n"
        "        caller, _ = server.accept()\n"
        "        print(caller.recv(100).decode())\n"
        "else:\n"
        "    end = time.monotonic() + 30\n"
        "    while time.monotonic() < end:\n"
        "        try:\n"
        "            with socket.create_connection(('algo-1', 8999)) as call:\n"
        "                call.sendall(b'hello from ' + me.encode())\n"
        "            break\n"
        "        except ConnectionRefusedError:\n"
        "            time.sleep(0.02)\n"
    )
    end = lab.run([lab.processing("one", code, arguments=on(2))])
    assert end.status == "Succeeded", by_host(lab, end.steps["one"])
    assert by_host(lab, end.steps["one"]) == {"algo-1": ["hello from algo-2"]}


def test_sharded_objects_are_dealt_out_and_outputs_come_together(lab):
    for name in "abcde":
        lab.put(f"in/{name}", name)
    code = (
        "import json, os\n"
        "me = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        "names = sorted(os.listdir('/opt/ml/processing/input/part'))\n"
        "print(names, sorted(os.listdir('/opt/ml/processing/input/all')))\n"
        "open(f'/opt/ml/processing/output/o/{me}', 'w').write(''.join(names))\n"
    )
    inputs = [
        {"InputName": name, "S3Input": {"S3Uri": "s3://data/in", "LocalPath": f"/opt/ml/processing/input/{name}", "S3DataType": "S3Prefix", "S3DataDistributionType": kind}}
        for name, kind in (("part", "ShardedByS3Key"), ("all", "FullyReplicated"))
    ]  # fmt: skip
    step = lab.processing("one", code, arguments={**on(2), "ProcessingInputs": inputs}, outputs={"o": "s3://data/out"})
    end = lab.run([step])
    everything = list("abcde")
    assert by_host(lab, end.steps["one"]) == {
        "algo-1": [f"{['a', 'c', 'e']} {everything}"],
        "algo-2": [f"{['b', 'd']} {everything}"],
    }
    assert (lab.get("s3://data/out/algo-1"), lab.get("s3://data/out/algo-2")) == (b"ace", b"bd")


def test_one_host_that_fails_ends_the_others(make_lab):
    lab = make_lab(grace_seconds=60.0)
    code = (
        "import json, sys, time\n"
        "me = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        "if me == 'algo-2':\n    print('no luck')\n    sys.exit(7)\n"
        "time.sleep(600)\n"
    )
    end = lab.run([lab.processing("one", code, arguments=on(3))])
    assert end.status == "Failed"
    assert end.steps["one"]["FailureReason"] == "AlgorithmError: , exit code: 7 (host algo-2 of 3)"
    assert end.job("one")["ProcessingJobStatus"] == "Failed"


def test_a_stop_reaches_all_hosts(lab, tmp_path):
    code = (
        "import json, os, time\n"
        "me = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        f"open({str(tmp_path)!r} + '/' + me, 'w').close()\n"
        "time.sleep(600)\n"
    )
    lab.create([lab.processing("one", code, arguments=on(2))])
    arn = lab.begin()
    lab.until(lambda: (tmp_path / "algo-1").exists() and (tmp_path / "algo-2").exists())
    from sm_pipeline_widgets.engine.operations import execution_control

    execution_control.stop_pipeline_execution(lab.engine, {"PipelineExecutionArn": arn})
    end = lab.end(arn)
    assert (end.status, end.steps["one"]["StepStatus"]) == ("Stopped", "Stopped")


def test_training_hosts_make_one_model_and_one_set_of_metrics(lab):
    code = (
        "import json, os\n"
        "me = os.environ['SM_CURRENT_HOST']\n"
        "assert json.loads(os.environ['SM_HOSTS']) == ['algo-1', 'algo-2']\n"
        "assert json.load(open('/opt/ml/input/config/resourceconfig.json'))['current_host'] == me\n"
        "open('/opt/ml/model/shared', 'w').write(me)\n"
        "open(f'/opt/ml/model/{me}', 'w').write(me)\n"
        "if me == 'algo-2': print('loss=0.5;')\n"
    )
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(lab.code({"train.py": code}))}
    metrics = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*?);"}]}
    end = lab.run([lab.training("train", given, algorithm=metrics, arguments=group_on(2))])
    assert end.status == "Succeeded", by_host(lab, end.steps["train"])
    job = end.job("train")
    with tarfile.open(fileobj=io.BytesIO(lab.get(job["ModelArtifacts"]["S3ModelArtifacts"]))) as archive:
        kept = {at.name: archive.extractfile(at).read() for at in archive.getmembers()}
    assert kept == {"shared": b"algo-1", "algo-1": b"algo-1", "algo-2": b"algo-2"}
    assert [(at["MetricName"], at["Value"]) for at in job["FinalMetricDataList"]] == [("loss", 0.5)]


def test_groups_of_different_machines(lab):
    groups = [
        {"InstanceGroupName": "data", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
        {"InstanceGroupName": "fit", "InstanceType": "ml.g5.xlarge", "InstanceCount": 2},
    ]
    code = "import json, os; print(os.environ['SM_CURRENT_HOST'], os.environ['SM_CURRENT_INSTANCE_GROUP'], os.environ['SM_CURRENT_INSTANCE_GROUP_HOSTS'])"
    given = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": json.dumps(lab.code({"train.py": code}))}
    end = lab.run([lab.training("train", given, arguments={"ResourceConfig": {"InstanceGroups": groups, "VolumeSizeInGB": 1}})])  # fmt: skip
    assert by_host(lab, end.steps["train"]) == {
        "algo-1": ['algo-1 data ["algo-1"]'],
        "algo-2": ['algo-2 fit ["algo-2", "algo-3"]'],
        "algo-3": ['algo-3 fit ["algo-2", "algo-3"]'],
    }


def test_without_a_namespace_hosts_run_and_are_told_what_is_missing(rewriting):
    lab = rewriting
    code = "import json, os; print(json.load(open(os.environ['CONFIG']))['current_host'])"
    more = {**on(2), "Environment": {"CONFIG": "/opt/ml/config/resourceconfig.json"}}
    end = lab.run([lab.processing("one", code, arguments=more)])
    found = by_host(lab, end.steps["one"])
    assert [lines[1:] for lines in found.values()] == [["algo-1"], ["algo-2"]]
    assert "The hosts' names (algo-1 …) cannot be looked up; all of them are 127.0.0.1." in found["algo-1"][0]


def test_a_single_host_has_a_name_too(lab):
    end = lab.run([lab.processing("one", "import socket; print(socket.gethostbyname('algo-1'))")])
    assert end.log("one") == ["127.0.1.1"]
