"""Endpoints: deployed, asked, weighted, updated, broken, deleted - told with plain boto3."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import tarfile
import time

import pytest
from botocore.exceptions import ClientError

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.magics.verbs.engine import ENGINE

FAST = {"Delay": 1, "MaxAttempts": 60}
SCRIPT = """\
import json, os

def model_fn(model_dir):
    return float(open(os.path.join(model_dir, "factor")).read())

def input_fn(data, content_type):
    if content_type != "application/json":
        raise ValueError("no " + content_type)
    return json.loads(data)

def predict_fn(data, model):
    print("asked", data)
    return [at * model for at in data]

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
"""


def archive(factor: float, script: str = SCRIPT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, text in (("factor", str(factor)), ("code/inference.py", script)):
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            packed.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@pytest.fixture
def sagemaker(engine):
    return engine.client("sagemaker")


@pytest.fixture
def runtime(engine):
    return engine.client("sagemaker-runtime")


@pytest.fixture
def model(engine, sagemaker):
    """Make a model that multiplies; its name."""

    def made(name: str, factor: float, script: str = SCRIPT) -> str:
        key = f"endpoints/{name}/model.tar.gz"
        engine.client("s3").put_object(Bucket=engine.endpoint.bucket, Key=key, Body=archive(factor, script))
        container = {"Image": "i", "ModelDataUrl": f"s3://{engine.endpoint.bucket}/{key}"}
        sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=engine.endpoint.role)
        return name

    return made


@pytest.fixture
def config(sagemaker):
    """Make a configuration of variants with weights; its name."""

    def made(name: str, **weights: float) -> str:
        variants = [
            {"VariantName": at.replace("_", "-"), "ModelName": at.replace("_", "-"), "InstanceType": "ml.m5.large",
             "InitialInstanceCount": 1, "InitialVariantWeight": weight}
            for at, weight in weights.items()
        ]  # fmt: skip
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        return name

    return made


def asked(runtime, endpoint, values=(1, 2), **more):
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(list(values)), **more
    )
    return json.loads(answer["Body"].read()), answer["InvokedProductionVariant"]


def test_an_endpoints_life(engine, sagemaker, runtime, model, config):
    model("twice", 2), model("thrice", 3)
    config("life-one", twice=1.0)
    arn = sagemaker.create_endpoint(EndpointName="life", EndpointConfigName="life-one")["EndpointArn"]
    assert sagemaker.describe_endpoint(EndpointName="life")["EndpointStatus"] == "Creating"
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="life", WaiterConfig=FAST)
    assert asked(runtime, "life") == ([2.0, 4.0], "twice")
    group = "/aws/sagemaker/Endpoints/life"
    events = engine.client("logs").filter_log_events(logGroupName=group)["events"]
    assert [event["message"] for event in events] == ["asked [1, 2]"]

    config("life-two", twice=1.0, thrice=0.0)
    assert sagemaker.update_endpoint(EndpointName="life", EndpointConfigName="life-two")["EndpointArn"] == arn
    assert asked(runtime, "life") == ([2.0, 4.0], "twice"), "the old one answers until the new one does"
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="life", WaiterConfig=FAST)
    assert sagemaker.describe_endpoint(EndpointName="life")["EndpointConfigName"] == "life-two"
    assert {asked(runtime, "life")[1] for _ in range(5)} == {"twice"}
    assert asked(runtime, "life", TargetVariant="thrice") == ([3.0, 6.0], "thrice")
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="life",
        DesiredWeightsAndCapacities=[
            {"VariantName": "twice", "DesiredWeight": 0}, {"VariantName": "thrice", "DesiredWeight": 1}
        ],
    )  # fmt: skip
    assert {asked(runtime, "life")[1] for _ in range(5)} == {"thrice"}
    variants = sagemaker.describe_endpoint(EndpointName="life")["ProductionVariants"]
    assert {at["VariantName"]: at["CurrentWeight"] for at in variants} == {"twice": 0.0, "thrice": 1.0}

    assert [at["EndpointName"] for at in sagemaker.list_endpoints(NameContains="life")["Endpoints"]] == ["life"]
    configs = sagemaker.list_endpoint_configs(NameContains="life", SortBy="Name", SortOrder="Ascending")
    assert [at["EndpointConfigName"] for at in configs["EndpointConfigs"]] == ["life-one", "life-two"]
    sagemaker.delete_endpoint(EndpointName="life")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="life")
    with pytest.raises(ClientError, match="Endpoint life not found"):
        asked(runtime, "life")


def test_a_model_that_fails_at_a_request(sagemaker, runtime, model, config):
    model("fails", 1)
    config("fails-config", fails=1.0)
    sagemaker.create_endpoint(EndpointName="fails", EndpointConfigName="fails-config")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="fails", WaiterConfig=FAST)
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName="fails", ContentType="text/csv", Body=b"1,2")
    assert caught.value.response["OriginalStatusCode"] == 500
    assert "no text/csv" in caught.value.response["OriginalMessage"]
    assert asked(runtime, "fails")[0] == [1.0, 2.0], "it goes on"
    sagemaker.delete_endpoint(EndpointName="fails")


def test_a_model_that_does_not_load(sagemaker, runtime, model, config):
    model("broken", 1, "def model_fn(d):\n    raise RuntimeError('no such weights')\n")
    model("sound", 1)
    config("broken-config", broken=1.0)
    config("sound-config", sound=1.0)
    sagemaker.create_endpoint(EndpointName="broken", EndpointConfigName="broken-config")
    with pytest.raises(Exception, match="Failed"):
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="broken", WaiterConfig=FAST)
    described = sagemaker.describe_endpoint(EndpointName="broken")
    assert "no such weights" in described["FailureReason"]
    with pytest.raises(ClientError, match="not in service: it is Failed"):
        asked(runtime, "broken")
    sagemaker.delete_endpoint(EndpointName="broken")

    sagemaker.create_endpoint(EndpointName="sound", EndpointConfigName="sound-config")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="sound", WaiterConfig=FAST)
    sagemaker.update_endpoint(EndpointName="sound", EndpointConfigName="broken-config")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="sound", WaiterConfig=FAST)
    described = sagemaker.describe_endpoint(EndpointName="sound")
    assert described["EndpointConfigName"] == "sound-config", "a bad update leaves what was there"
    assert "no such weights" in described["FailureReason"]
    assert asked(runtime, "sound")[1] == "sound"
    sagemaker.delete_endpoint(EndpointName="sound")


def test_what_is_refused(sagemaker, model, config):
    with pytest.raises(ClientError, match="Could not find model"):
        config("refused", nothere=1.0)
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.create_endpoint(EndpointName="refused", EndpointConfigName="nothere")
    model("again", 1)
    config("again-config", again=1.0)
    with pytest.raises(ClientError, match="already existing endpoint configuration"):
        config("again-config", again=1.0)
    sagemaker.delete_endpoint_config(EndpointConfigName="again-config")
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        sagemaker.describe_endpoint_config(EndpointConfigName="again-config")


def test_steps_deploy_and_update(engine, sagemaker, runtime, model, wait):
    model("step-one", 10), model("step-two", 20)

    def run(name: str) -> dict[str, str]:
        variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        steps = [
            {"Name": "Config", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [variant]}},
            {"Name": "Deploy", "Type": "Endpoint", "Arguments": {
                "EndpointName": "by-steps",
                "EndpointConfigName": {"Get": "Steps.Config.EndpointConfigName"}}},
        ]  # fmt: skip
        text = json.dumps({"Version": "2020-12-01", "Steps": steps})
        pipeline = f"deploys-{name}"
        sagemaker.create_pipeline(PipelineName=pipeline, PipelineDefinition=text, RoleArn=engine.endpoint.role)
        arn = sagemaker.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]
        assert wait(arn)["PipelineExecutionStatus"] == "Succeeded"
        found = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return {step["StepName"]: next(iter(step["Metadata"].values()))["Arn"] for step in found}

    first = run("step-one")
    assert first["Deploy"].endswith(":endpoint/by-steps")
    assert asked(runtime, "by-steps")[0] == [10.0, 20.0]
    assert run("step-two")["Config"] != first["Config"]
    assert asked(runtime, "by-steps")[0] == [20.0, 40.0]
    sagemaker.delete_endpoint(EndpointName="by-steps")


def test_an_endpoint_survives_its_engine_and_keeps_it_awake(engine, tmp_path, monkeypatch):
    """The servers of an engine that was killed are found again; those of one that ended start when they are asked."""
    home = tmp_path / "home"
    at = daemon.ensure(home)
    lasting = type(engine)(at, home)
    client = lasting.client("sagemaker", retries={"total_max_attempts": 3})
    runtime = lasting.client("sagemaker-runtime", retries={"total_max_attempts": 3})
    lasting.client("s3").put_object(Bucket=at.bucket, Key="m.tar.gz", Body=archive(5, SCRIPT + "\nprint('loaded')\n"))
    container = {"Image": "i", "ModelDataUrl": f"s3://{at.bucket}/m.tar.gz"}
    client.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=at.role)
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")
    client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=FAST)

    def loads() -> int:
        events = lasting.client("logs").filter_log_events(logGroupName="/aws/sagemaker/Endpoints/e")["events"]
        return [event["message"] for event in events].count("loaded")

    try:
        os.kill(at.pid, signal.SIGKILL)
        while daemon.status(home) is not None:
            time.sleep(0.01)
        assert daemon.ensure(home).url == at.url
        assert asked(runtime, "e")[0] == [5.0, 10.0]
        assert loads() == 1, "the same server answers"
        daemon.stop(home)
        assert daemon.ensure(home).url == at.url
        assert asked(runtime, "e")[0] == [5.0, 10.0]
        assert loads() == 2
        daemon.stop(home)
        monkeypatch.setenv("SM_PIPELINE_WIDGETS_IDLE_SECONDS", "0.4")
        monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(home))
        daemon.ensure(home)
        said = ENGINE.run(None, argparse.Namespace(action="status"))
        assert "serving endpoint e\n" in said
        assert "stays   as long as there is work: 1 endpoint in service; delete_endpoint ends one" in said
        time.sleep(1.0)
        assert daemon.status(home) is not None, "it may be asked as long as it is there"
        client.delete_endpoint(EndpointName="e")
        while daemon.status(home) is not None:
            time.sleep(0.01)
        assert "nobody asked" in (home / "engine.log").read_text()
    finally:
        daemon.stop(home)


@pytest.mark.parametrize(("excluded", "weight"), [([], 5.0), ([{"VariantPropertyType": "DesiredWeight"}], 1.0)])
def test_what_variants_keep_of_their_weights(sagemaker, model, config, excluded, weight):
    name = f"keeps-{len(excluded)}"
    served = model(name, 2)
    for which in ("a", "b"):
        config(f"{name}-{which}", **{served: 1.0})
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-a")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=FAST)
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[{"VariantName": served, "DesiredWeight": 5}]
    )
    sagemaker.update_endpoint(
        EndpointName=name, EndpointConfigName=f"{name}-b", RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=excluded,
    )  # fmt: skip
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=FAST)
    variants = sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
    assert [at["CurrentWeight"] for at in variants] == [weight]
    sagemaker.delete_endpoint(EndpointName=name)
