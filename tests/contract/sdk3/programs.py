"""What a user of the SageMaker SDK 3.x writes, run on the engine by an interpreter that has `sagemaker>=3`.

3.x and 2.x cannot be installed together, and 3.x is a gigabyte, so this is a program and no test::

    python programs.py STATE_FOLDER WORK_FOLDER NAME

What came of it is JSON in WORK_FOLDER/found.json, for `test_runs.py` to judge. Nothing here is made for the engine but
the session, which is `connect("local").session`, and the variables that say the same to clients 3.x makes of its own.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.processing import FrameworkProcessor, ScriptProcessor
from sagemaker.core.shapes import (
    MetricDefinition,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.function_step import step
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.tuner import HyperparameterTuner
from sklearn.datasets import load_diabetes

from sm_pipeline_widgets import connect

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1"
INSTANCE = "ml.m5.large"
FILES = {
    "prepare.py": """
        import os, sys
        import numpy as np
        from sklearn.datasets import load_diabetes
        rows = int(sys.argv[sys.argv.index("--rows") + 1])
        X, y = load_diabetes(return_X_y=True)
        np.savetxt("/opt/ml/processing/train/train.csv", np.c_[y, X][:rows], delimiter=",")
    """,
    "src/train.py": """
        import argparse, os
        import joblib, numpy as np
        from sklearn.linear_model import Ridge
        from shared import rmse
        parser = argparse.ArgumentParser()
        parser.add_argument("--alpha", type=float)
        given = parser.parse_args()
        data = np.loadtxt(os.environ["SM_CHANNEL_TRAIN"] + "/train.csv", delimiter=",")
        model = Ridge(alpha=given.alpha).fit(data[:, 1:], data[:, 0])
        print("rmse=%.3f;" % rmse(model, data))
        joblib.dump(model, os.environ["SM_MODEL_DIR"] + "/model.joblib")
    """,
    "src/inference.py": """
        import os
        import joblib

        def model_fn(folder):
            return joblib.load(os.path.join(folder, "model.joblib"))
    """,
    "src/shared.py": """
        import numpy as np

        def rmse(model, data):
            return float(np.sqrt(((model.predict(data[:, 1:]) - data[:, 0]) ** 2).mean()))
    """,
    "src/evaluate.py": """
        import json, tarfile, tempfile
        import joblib, numpy as np
        from shared import rmse
        folder = tempfile.mkdtemp()
        tarfile.open("/opt/ml/processing/model/model.tar.gz").extractall(folder)
        model = joblib.load(folder + "/model.joblib")
        data = np.loadtxt("/opt/ml/processing/test/train.csv", delimiter=",")
        found = {"metrics": {"rmse": {"value": rmse(model, data)}}}
        json.dump(found, open("/opt/ml/processing/evaluation/evaluation.json", "w"))
    """,
}


class Bench:
    """The engine of a state folder, the SDK's session on it, and the user's files."""

    def __init__(self, home: Path, work: Path) -> None:
        self.target = connect("local", home=home)
        keys = self.target.session.get_credentials()
        # 3.x makes a few clients of its own, whatever session it is given: of logs, while it waits
        os.environ |= {
            "AWS_ENDPOINT_URL": self.target.session.endpoint_url,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_DEFAULT_REGION": self.target.region,
        }
        self.session = PipelineSession(boto_session=self.target.session, default_bucket=self.target.bucket)
        self.machine = {
            "role": self.target.role,
            "image_uri": IMAGE,
            "instance_count": 1,
            "instance_type": INSTANCE,
            "sagemaker_session": self.session,
        }
        self.work = work
        for name, text in FILES.items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))

    def trainer(self, session, hyperparameters: dict) -> ModelTrainer:
        return ModelTrainer(
            training_image=IMAGE,
            source_code=SourceCode(source_dir=str(self.work / "src"), entry_script="train.py"),
            compute=Compute(instance_type=INSTANCE, instance_count=1),
            hyperparameters=hyperparameters,
            role=self.target.role,
            base_job_name="sdk3-train",
            sagemaker_session=session,
        ).with_metric_definitions([MetricDefinition(name="rmse", regex="rmse=(.*?);")])

    def run(self, pipeline: Pipeline, **start):
        """Upsert, start, wait for the end: the execution's and its steps' ends."""
        pipeline.upsert(role_arn=self.target.role)
        execution = pipeline.start(**start)
        try:
            execution.wait(delay=1, max_attempts=300)
        except Exception as error:  # the SDK's waiter says no more than that it failed
            print(error, file=sys.stderr)
        described = execution.describe()
        return {
            "arn": execution.arn,
            "status": described["PipelineExecutionStatus"],
            "steps": {at["StepName"]: at for at in execution.list_steps()},
        }, execution


def output(name: str) -> ProcessingOutput:
    """An output of a processor; where nothing is said of its place, 3.x chooses one below the execution's."""
    place = ProcessingS3Output(s3_uri="", local_path=f"/opt/ml/processing/{name}", s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=place)


def given(name: str, uri) -> ProcessingInput:
    place = ProcessingS3Input(
        s3_uri=uri, local_path=f"/opt/ml/processing/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return ProcessingInput(input_name=name, s3_input=place)


def tutorial(bench: Bench) -> dict:
    """Prepare, train, evaluate, register or fail."""
    rows = ParameterInteger("rows", default_value=400)
    alpha, limit = ParameterFloat("alpha", default_value=0.1), ParameterFloat("limit", default_value=60.0)
    cache = CacheConfig(enable_caching=True, expire_after="P1D")
    script = ScriptProcessor(command=["python3"], **bench.machine)
    prepare = ProcessingStep(
        "prepare",
        step_args=script.run(
            code=str(bench.work / "prepare.py"), arguments=["--rows", rows.to_string()], outputs=[output("train")]
        ),
        cache_config=cache,
    )
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    trainer = bench.trainer(bench.session, {"alpha": alpha.to_string()})
    train = TrainingStep(
        "train",
        step_args=trainer.train(input_data_config=[InputData(channel_name="train", data_source=data)]),
        cache_config=cache,
    )
    model_data = train.properties.ModelArtifacts.S3ModelArtifacts
    report = PropertyFile("report", output_name="evaluation", path="evaluation.json")
    framework = FrameworkProcessor(command=["python3"], **bench.machine)
    evaluate = ProcessingStep(
        "evaluate",
        step_args=framework.run(
            code="evaluate.py",
            source_dir=str(bench.work / "src"),
            inputs=[given("model", model_data), given("test", data)],
            outputs=[output("evaluation")],
        ),
        property_files=[report],
    )
    builder = ModelBuilder(
        image_uri=IMAGE, s3_model_data_url=model_data, role_arn=bench.target.role, sagemaker_session=bench.session
    )
    register = ModelStep(
        "register",
        step_args=builder.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=[INSTANCE],
            transform_instances=[INSTANCE],
            model_package_group_name="sdk3-diabetes",
            approval_status="Approved",
        ),
    )
    too_bad = FailStep("too-bad", error_message=Join(on=" ", values=["rmse is over", limit]))
    value = JsonGet(step_name="evaluate", property_file=report, json_path="metrics.rmse.value")
    decide = ConditionStep(
        "decide",
        conditions=[ConditionLessThanOrEqualTo(left=value, right=limit)],
        if_steps=[register],
        else_steps=[too_bad],
    )
    pipeline = Pipeline(
        "sdk3-diabetes",
        parameters=[rows, alpha, limit],
        steps=[prepare, train, evaluate, decide],
        sagemaker_session=bench.session,
    )
    first, execution = bench.run(pipeline, parameters={"alpha": 0.5})
    parameters = pipeline.build_parameters_from_execution(execution.arn, {"limit": 1.0})
    second, _ = bench.run(pipeline, parameters=parameters)
    return {"first": first, "second": second}


def functions(bench: Bench) -> dict:
    """Functions as steps; one fails."""
    machine = {"instance_type": INSTANCE, "image_uri": IMAGE, "role": bench.target.role}

    @step(name="double", **machine)
    def double(n):
        return {"twice": n * 2}

    @step(name="more", **machine)
    def more(found):
        return found["twice"] + 1

    @step(name="bad", **machine)
    def bad(found):
        raise ValueError(f"not {found['twice']}")

    n = ParameterInteger("n", default_value=4)
    doubled = double(n)
    pipeline = Pipeline(
        "sdk3-functions", parameters=[n], steps=[more(doubled), bad(doubled)], sagemaker_session=bench.session
    )
    ran, execution = bench.run(pipeline, parameters={"n": 10})
    return {**ran, "result": execution.result("more")}


def outside(bench: Bench) -> dict:
    """The same clients without a pipeline: train, tune, build, deploy, ask, transform."""
    session = Session(boto_session=bench.target.session, default_bucket=bench.target.bucket)
    bucket, role = bench.target.bucket, bench.target.role
    rows, targets = load_diabetes(return_X_y=True)
    lines = (",".join(map(str, (target, *row))) for target, row in zip(targets, rows, strict=True))
    bench.target.s3.put_object(Bucket=bucket, Key="sdk3-data/train.csv", Body="\n".join(lines).encode())
    trainer = bench.trainer(session, {"alpha": 0.1})
    data = InputData(channel_name="train", data_source=f"s3://{bucket}/sdk3-data/")
    trainer.train(input_data_config=[data], wait=True, logs=True)
    job = trainer._latest_training_job
    job.refresh()
    tuner = HyperparameterTuner(
        trainer, "rmse", {"alpha": ContinuousParameter(0.01, 10)}, objective_type="Minimize", strategy="Random",
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*?);"}], max_jobs=2, max_parallel_jobs=2,
    )  # fmt: skip
    tuner.tune(inputs=[data], wait=True)
    builder = ModelBuilder(
        image_uri=IMAGE,
        s3_model_data_url=job.model_artifacts.s3_model_artifacts,
        source_code=SourceCode(source_dir=str(bench.work / "src"), entry_script="inference.py"),
        role_arn=role,
        instance_type=INSTANCE,
        sagemaker_session=session,
    )
    builder.build(model_name="sdk3-ridge")
    endpoint = builder.deploy(endpoint_name="sdk3-ridge", initial_instance_count=1, instance_type=INSTANCE)
    answer = endpoint.invoke(body=json.dumps(rows[:5].tolist()), content_type="application/json")
    endpoint.delete()
    return {
        "predictions": json.loads(answer.body.read()),
        "targets": targets[:5].tolist(),
        "status": job.training_job_status,
        "metrics": {at.metric_name: at.value for at in job.final_metric_data_list},
        "model": job.model_artifacts.s3_model_artifacts,
        "best": tuner.best_training_job(),
    }


def record(bench: Bench) -> dict:
    """The request ModelTrainer makes and the drivers it brings, for a test that runs where no SDK 3.x is."""
    trainer = bench.trainer(bench.session, {"alpha": 0.1})
    step = TrainingStep(
        "train",
        step_args=trainer.train(input_data_config=[InputData(channel_name="train", data_source="s3://BUCKET/data/")]),
    )
    pipeline = Pipeline("sdk3-record", steps=[step], sagemaker_session=bench.session)
    (request,) = json.loads(pipeline.definition())["Steps"]
    channels = {at["ChannelName"]: at["DataSource"]["S3DataSource"] for at in request["Arguments"]["InputDataConfig"]}
    bucket, _, prefix = channels["sm_drivers"]["S3Uri"].removeprefix("s3://").partition("/")
    drivers = {}
    for at in bench.target.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        name = at["Key"].removeprefix(f"{prefix}/")
        if not any(word in name for word in ("__pycache__", "mpi_", "torchrun_", "install_requirements")):
            drivers[name] = bench.target.s3.get_object(Bucket=bucket, Key=at["Key"])["Body"].read().decode()
    drivers["sourcecode.json"] = drivers["sourcecode.json"].replace(str(bench.work), "/work")
    request["Arguments"]["OutputDataConfig"]["S3OutputPath"] = "s3://BUCKET/models"
    channels["code"]["S3Uri"], channels["sm_drivers"]["S3Uri"] = "s3://BUCKET/code/", "s3://BUCKET/drivers/"
    return {
        "about": f"Made by `programs.py … record` with the SageMaker SDK {version('sagemaker')}; nothing was changed but "
        "the bucket, the places of code and drivers, and a folder's name. Drivers that only MPI, torch or a "
        "requirements.txt need are left out. The drivers are Amazon's, under the Apache License 2.0.",
        "step": request,
        "drivers": drivers,
        "code": {
            name.removeprefix("src/"): textwrap.dedent(text)
            for name, text in FILES.items()
            if name in ("src/train.py", "src/shared.py")
        },
    }


PROGRAMS = {"record": record, "tutorial": tutorial, "functions": functions, "outside": outside}

if __name__ == "__main__":
    home, work, name = sys.argv[1:]
    found = PROGRAMS[name](Bench(Path(home), Path(work)))
    Path(work, "found.json").write_text(json.dumps(found, default=str, indent=1))
