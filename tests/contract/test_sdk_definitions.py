"""Pipelines that the SageMaker SDK builds here and now: read as they are, drawn whole, and never called wrong.

The SDK is a client nobody here wrote. It talks to the engine on this machine, uploads its code there, and its telemetry
is switched off; its own warnings are its own business.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from sm_pipeline_widgets import Pipeline, show
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")

ROLE = "arn:aws:iam::111122223333:role/sdk"
BUCKET = "sdk-made-this"
REGION = "us-east-1"
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/own:1"
QUIET = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


class LoopbackSession(boto3.Session):
    """A boto3 session whose every client and resource talks to one endpoint."""

    def __init__(self, endpoint):
        super().__init__(endpoint.access_key, endpoint.secret_key, region_name=REGION)
        self._endpoint = endpoint.url

    def client(self, *names, **options):
        return super().client(*names, **{**options, "endpoint_url": self._endpoint})

    def resource(self, *names, **options):
        return super().resource(*names, **{**options, "endpoint_url": self._endpoint})


@dataclass(frozen=True)
class Bench:
    """What a builder works with: the SDK's session, a folder with scripts, and the settings of nearly every job."""

    session: Any
    quiet: Any
    """The same with the SDK's defaults, which forbid telemetry: only what would send some uses it, since the SDK checks
    defaults against their schema again and again (0.6 s a step)."""
    folder: Path
    job: dict[str, Any] = field(default_factory=dict)

    def script(self, name):
        path = self.folder / name
        path.write_text("print('hello')\n")
        return str(path)

    def pipeline(self, name, *steps, **more):
        from sagemaker.workflow.pipeline import Pipeline as SdkPipeline

        return SdkPipeline(name=name, steps=list(steps), sagemaker_session=self.session, **more)

    @property
    def fitting(self):
        """The settings of a job that ``fit`` makes."""
        return {**self.job, "sagemaker_session": self.quiet}

    def processor(self):
        from sagemaker.processing import ScriptProcessor

        return ScriptProcessor(image_uri=IMAGE, command=["python3"], **self.job)

    def prepared(self, name="prepare", **more):
        """A script over data, with two outputs."""
        from sagemaker.processing import ProcessingInput, ProcessingOutput
        from sagemaker.workflow.steps import ProcessingStep

        arguments = self.processor().run(
            code=self.script("prepare.py"),
            inputs=[ProcessingInput(source=f"s3://{BUCKET}/raw", destination="/opt/ml/processing/input/raw")],
            outputs=[
                ProcessingOutput(output_name=one, source=f"/opt/ml/processing/{one}") for one in ("train", "test")
            ],
            arguments=["--share", "0.2"],
        )
        return ProcessingStep(name=name, step_args=arguments, **more)

    def estimator(self, **more):
        from sagemaker.estimator import Estimator

        return Estimator(image_uri=IMAGE, output_path=f"s3://{BUCKET}/models", **self.fitting, **more)

    def trained(self, name="train", data=f"s3://{BUCKET}/train", estimator=None, **more):
        from sagemaker.inputs import TrainingInput
        from sagemaker.workflow.steps import TrainingStep

        estimator = estimator or self.estimator(hyperparameters={"alpha": 0.1, "depth": 3})
        return TrainingStep(
            name=name, step_args=estimator.fit({"train": TrainingInput(data, content_type="text/csv")}), **more
        )

    def evaluated(self, train, name="evaluate"):
        """A step with a property file, and the file."""
        from sagemaker.processing import ProcessingInput, ProcessingOutput
        from sagemaker.workflow.properties import PropertyFile
        from sagemaker.workflow.steps import ProcessingStep

        report = PropertyFile(name="metrics", output_name="report", path="evaluation.json")
        model = train.properties.ModelArtifacts.S3ModelArtifacts
        arguments = self.processor().run(
            code=self.script("evaluate.py"),
            inputs=[ProcessingInput(source=model, destination="/opt/ml/processing/model")],
            outputs=[ProcessingOutput(output_name="report", source="/opt/ml/processing/report")],
        )
        return ProcessingStep(name=name, step_args=arguments, property_files=[report]), report


@pytest.fixture(scope="module")
def bench(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdk")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in engine.environment().items():
            environment.setenv(name, value)
        environment.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        from sagemaker.workflow.pipeline_context import PipelineSession

        logging.getLogger("sagemaker").setLevel(logging.CRITICAL)
        session = PipelineSession(boto_session=LoopbackSession(engine.endpoint), default_bucket=BUCKET)
        session.boto_session.client("s3").create_bucket(Bucket=BUCKET)
        quiet = PipelineSession(
            boto_session=LoopbackSession(engine.endpoint), default_bucket=BUCKET, sagemaker_config=QUIET
        )
        job = {"role": ROLE, "instance_type": "ml.m5.large", "instance_count": 1, "sagemaker_session": session}
        yield Bench(session, quiet, folder, job)


@pytest.fixture
def shell():
    """An IPython shell, which is where things are shown."""
    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


# -- the pipelines --------------------------------------------------------------------------------------------------


def script_processor(bench):
    return bench.pipeline("script-processor", bench.prepared())


def framework_processor(bench):
    from sagemaker.processing import FrameworkProcessor, ProcessingOutput
    from sagemaker.sklearn.estimator import SKLearn
    from sagemaker.workflow.steps import ProcessingStep

    bench.script("framework.py")
    processor = FrameworkProcessor(estimator_cls=SKLearn, framework_version="1.2-1", py_version="py3", **bench.job)
    arguments = processor.run(code="framework.py", source_dir=str(bench.folder),
                              outputs=[ProcessingOutput(output_name="o", source="/opt/ml/processing/o")])  # fmt: skip
    return bench.pipeline("framework-processor", ProcessingStep(name="framework", step_args=arguments))


def script_mode(bench):
    from sagemaker.sklearn.estimator import SKLearn
    from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString

    parameters = [ParameterFloat("alpha", 0.1), ParameterInteger("depth", 3), ParameterString("mode", "fast")]
    estimator = SKLearn(entry_point=bench.script("train.py"), framework_version="1.2-1", py_version="py3",
                        hyperparameters={"alpha": parameters[0], "depth": parameters[1], "mode": parameters[2], "fixed": "x", "n": 5},
                        metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*)"}], **bench.fitting)  # fmt: skip
    prepare = bench.prepared()
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    return bench.pipeline("script-mode", prepare, bench.trained(data=data, estimator=estimator), parameters=parameters)


def model_and_register(bench):
    from sagemaker.model import Model
    from sagemaker.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.workflow.functions import Join
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.parameters import ParameterString

    approval = ParameterString("approval", "PendingManualApproval", enum_values=["Approved", "PendingManualApproval"])
    train = bench.trained()
    evaluate, _ = bench.evaluated(train)
    where = Join(
        on="/", values=[evaluate.properties.ProcessingOutputConfig.Outputs["report"].S3Output.S3Uri, "evaluation.json"]
    )
    model = Model(
        image_uri=IMAGE,
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
        role=ROLE,
        sagemaker_session=bench.session,
    )
    register = ModelStep(name="register", step_args=model.register(
        content_types=["text/csv"], response_types=["text/csv"], inference_instances=["ml.m5.large"], transform_instances=["ml.m5.large"],
        model_package_group_name="diabetes", approval_status=approval,
        model_metrics=ModelMetrics(model_statistics=MetricsSource(content_type="application/json", s3_uri=where))))  # fmt: skip
    create = ModelStep(name="create", step_args=model.create(instance_type="ml.m5.large"))
    return bench.pipeline("model-and-register", train, evaluate, register, create, parameters=[approval])


def repacked_model(bench):
    from sagemaker.sklearn.model import SKLearnModel
    from sagemaker.workflow.model_step import ModelStep

    train = bench.trained()
    model = SKLearnModel(model_data=train.properties.ModelArtifacts.S3ModelArtifacts, role=ROLE, entry_point=bench.script("serve.py"),
                         framework_version="1.2-1", py_version="py3", sagemaker_session=bench.session)  # fmt: skip
    return bench.pipeline(
        "repacked", train, ModelStep(name="serve", step_args=model.create(instance_type="ml.m5.large"))
    )


def conditions(bench):
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import (
        ConditionEquals,
        ConditionGreaterThan,
        ConditionIn,
        ConditionLessThanOrEqualTo,
        ConditionNot,
        ConditionOr,
    )
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.functions import Join, JsonGet
    from sagemaker.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterString

    most, mode, strict = (
        ParameterFloat("most", 60.0),
        ParameterString("mode", "full"),
        ParameterBoolean("strict", default_value=False),
    )
    train = bench.trained()
    evaluate, report = bench.evaluated(train)
    rmse = JsonGet(step_name=evaluate.name, property_file=report, json_path="regression.rmse.value")
    inner = ConditionStep(name="inner", conditions=[ConditionGreaterThan(left=rmse, right=1.5)], if_steps=[bench.prepared("again")],
                          else_steps=[FailStep(name="worse", error_message="worse")])  # fmt: skip
    outer = ConditionStep(
        name="outer",
        conditions=[
            ConditionLessThanOrEqualTo(left=rmse, right=most),
            ConditionOr(
                [ConditionEquals(left=mode, right="full"), ConditionNot(ConditionIn(value=mode, in_values=["a", "b"]))]
            ),
            ConditionEquals(left=strict, right=False),
        ],
        if_steps=[inner],
        else_steps=[FailStep(name="bad", error_message=Join(on=" ", values=["rmse was", rmse, "in", mode]))],
    )
    return bench.pipeline("conditions", train, evaluate, outer, parameters=[most, mode, strict])


def tuning(bench):
    from sagemaker.inputs import TrainingInput
    from sagemaker.tuner import CategoricalParameter, ContinuousParameter, HyperparameterTuner, IntegerParameter
    from sagemaker.workflow.steps import TuningStep

    tuner = HyperparameterTuner(
        bench.estimator(hyperparameters={"fixed": 1}), objective_metric_name="rmse", objective_type="Minimize", max_jobs=4, max_parallel_jobs=2,
        hyperparameter_ranges={"alpha": ContinuousParameter(0.01, 1), "depth": IntegerParameter(1, 9), "kind": CategoricalParameter(["a", "b"])},
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=(.*)"}])  # fmt: skip
    tune = TuningStep(name="tune", step_args=tuner.fit({"train": TrainingInput(f"s3://{BUCKET}/train")}))
    best = tune.get_top_model_s3_uri(top_k=0, s3_bucket=BUCKET, prefix="models")
    return bench.pipeline("tuning", tune, bench.prepared(depends_on=[tune]), bench.trained("on-best", data=best))


def transform(bench):
    from sagemaker.model import Model
    from sagemaker.transformer import Transformer
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.steps import TransformStep

    model = Model(image_uri=IMAGE, model_data=f"s3://{BUCKET}/model.tar.gz", role=ROLE, sagemaker_session=bench.session)
    create = ModelStep(name="create", step_args=model.create())
    transformer = Transformer(model_name=create.properties.ModelName, instance_count=1, instance_type="ml.m5.large", strategy="MultiRecord",
                              output_path=f"s3://{BUCKET}/scores", accept="text/csv", assemble_with="Line", sagemaker_session=bench.session)  # fmt: skip
    arguments = transformer.transform(
        data=f"s3://{BUCKET}/rows",
        content_type="text/csv",
        split_type="Line",
        input_filter="$[1:]",
        join_source="Input",
    )
    return bench.pipeline("transform", create, TransformStep(name="score", step_args=arguments))


def calls(bench):
    from sagemaker.lambda_helper import Lambda
    from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
    from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
    from sagemaker.workflow.parameters import ParameterInteger
    from sagemaker.workflow.steps import CacheConfig

    size = ParameterInteger("size", 7)
    count = LambdaStep(
        name="count", lambda_func=Lambda(function_arn="arn:aws:lambda:us-east-1:111122223333:function:count", session=bench.session),
        inputs={"size": size, "what": "rows"}, cache_config=CacheConfig(enable_caching=True, expire_after="P7D"),
        outputs=[LambdaOutput("rows", LambdaOutputTypeEnum.Integer), LambdaOutput("note", LambdaOutputTypeEnum.String)])  # fmt: skip
    ask = CallbackStep(name="ask", sqs_queue_url="https://sqs.us-east-1.amazonaws.com/111122223333/q",
                       inputs={"rows": count.properties.Outputs["rows"]},
                       outputs=[CallbackOutput("go", CallbackOutputTypeEnum.Boolean)])  # fmt: skip
    return bench.pipeline("calls", count, ask, parameters=[size])


def checks(bench):
    from sagemaker.clarify import BiasConfig, DataConfig
    from sagemaker.model_monitor import DatasetFormat
    from sagemaker.workflow.check_job_config import CheckJobConfig
    from sagemaker.workflow.clarify_check_step import ClarifyCheckStep, DataBiasCheckConfig
    from sagemaker.workflow.parameters import ParameterBoolean
    from sagemaker.workflow.quality_check_step import DataQualityCheckConfig, QualityCheckStep

    skip = ParameterBoolean("skip", default_value=True)
    prepare = bench.prepared()
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    job = CheckJobConfig(role=ROLE, instance_type="ml.m5.large", instance_count=1, sagemaker_session=bench.session)
    quality = QualityCheckStep(
        name="quality", check_job_config=job, skip_check=skip, register_new_baseline=False, model_package_group_name="diabetes",
        quality_check_config=DataQualityCheckConfig(baseline_dataset=data, dataset_format=DatasetFormat.csv(header=True)))  # fmt: skip
    bias = ClarifyCheckStep(
        name="bias", check_job_config=job, skip_check=skip, register_new_baseline=True, model_package_group_name="diabetes",
        clarify_check_config=DataBiasCheckConfig(
            data_config=DataConfig(s3_data_input_path=f"s3://{BUCKET}/rows", s3_output_path=f"s3://{BUCKET}/bias", label=0, dataset_type="text/csv"),
            data_bias_config=BiasConfig(label_values_or_threshold=[1], facet_name=[2], facet_values_or_threshold=[[0.5]]), methods="all"))  # fmt: skip
    return bench.pipeline("checks", prepare, quality, bias, parameters=[skip])


def emr(bench):
    from sagemaker.workflow.emr_step import EMRStep, EMRStepConfig

    config = EMRStepConfig(
        jar=f"s3://{BUCKET}/job.jar", args=["--in", f"s3://{BUCKET}/in"], main_class="com.example.Job"
    )
    running = EMRStep(name="running", display_name="r", description="d", cluster_id="j-ABC", step_config=config)
    cluster = {"Instances": {"InstanceGroups": [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]},
               "ReleaseLabel": "emr-6.6.0", "JobFlowRole": "EMR_EC2", "ServiceRole": "EMR"}  # fmt: skip
    own = EMRStep(name="own", display_name="o", description="d", cluster_id=None, step_config=config, cluster_config=cluster,
                  depends_on=[running])  # fmt: skip
    return bench.pipeline("emr", running, own)


def automl(bench):
    from sagemaker.automl.automl import AutoML, AutoMLInput
    from sagemaker.workflow.automl_step import AutoMLStep

    auto = AutoML(
        role=ROLE,
        target_attribute_name="y",
        mode="ENSEMBLING",
        output_path=f"s3://{BUCKET}/auto",
        sagemaker_session=bench.session,
    )
    step = AutoMLStep(name="auto", step_args=auto.fit(inputs=[AutoMLInput(
        inputs=f"s3://{BUCKET}/rows", target_attribute_name="y", channel_type="training")]))  # fmt: skip
    return bench.pipeline("automl", step)


def caching_and_retries(bench):
    from sagemaker.workflow.parallelism_config import ParallelismConfiguration
    from sagemaker.workflow.retry import (
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
        StepExceptionTypeEnum,
        StepRetryPolicy,
    )
    from sagemaker.workflow.steps import CacheConfig

    policies = [
        StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3),
        SageMakerJobStepRetryPolicy(
            exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT], expire_after_mins=60
        ),
        SageMakerJobStepRetryPolicy(
            failure_reason_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR], interval_seconds=5, max_attempts=4
        ),
    ]
    cache = CacheConfig(enable_caching=True, expire_after="P30D")
    prepare = bench.prepared(cache_config=cache, retry_policies=policies)
    data = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    train = bench.trained(
        data=data,
        cache_config=CacheConfig(enable_caching=False),
        retry_policies=policies[:1],
        display_name="Training",
        description="Fits it",
    )
    parallel = ParallelismConfiguration(max_parallel_execution_steps=2)
    del parallel  # a request's argument; no part of the definition
    return bench.pipeline("caching-and-retries", prepare, train)


def parameters_of_every_type(bench):
    from sagemaker.workflow.execution_variables import ExecutionVariables
    from sagemaker.workflow.functions import Join
    from sagemaker.workflow.parameters import ParameterBoolean, ParameterFloat, ParameterInteger, ParameterString
    from sagemaker.workflow.pipeline_experiment_config import PipelineExperimentConfig

    count, share = ParameterInteger("count", 0), ParameterFloat("share", 6.0)
    yes, name = ParameterBoolean("yes", default_value=True), ParameterString("name")
    place = ParameterString("place", f"s3://{BUCKET}/in", enum_values=[f"s3://{BUCKET}/in", f"s3://{BUCKET}/out"])
    from sagemaker.processing import ProcessingInput
    from sagemaker.workflow.steps import ProcessingStep

    arguments = bench.processor().run(
        code=bench.script("all.py"), inputs=[ProcessingInput(source=place, destination="/opt/ml/processing/input/p")],
        arguments=["--count", count.to_string(), "--share", share.to_string(), "--yes", yes.to_string(), "--name", name,
                   "--run", ExecutionVariables.PIPELINE_EXECUTION_ID, "--at", Join(on="-", values=[name, "x", count])])  # fmt: skip
    return bench.pipeline("parameters", ProcessingStep(name="all", step_args=arguments), parameters=[count, share, yes, name, place],
                          pipeline_experiment_config=PipelineExperimentConfig(name, Join(on="-", values=[name, "t"])))  # fmt: skip


def functions(bench):
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionGreaterThan
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.function_step import step

    settings = {"role": ROLE, "instance_type": "ml.m5.large", "image_uri": IMAGE}

    @step(name="split", **settings)
    def split(at):
        return at, [at]

    @step(name="fit", **settings)
    def fit(rows, at):
        return len(rows) * at

    rows = split("x")
    fitted = fit(rows[1], 3)
    gate = ConditionStep(name="gate", conditions=[ConditionGreaterThan(left=fitted, right=1)], if_steps=[], else_steps=[
        FailStep(name="no", error_message="no")])  # fmt: skip
    return bench.pipeline("functions", fitted, gate)


def notebook_job(bench):
    from sagemaker.workflow.notebook_job_step import NotebookJobStep

    path = bench.folder / "report.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    step = NotebookJobStep(name="report", display_name="Report", input_notebook=str(path), image_uri=IMAGE, kernel_name="python3", role=ROLE,
                           s3_root_uri=f"s3://{BUCKET}/notebooks", parameters={"day": "monday"})  # fmt: skip
    return bench.pipeline("notebook-job", step)


def chain_of_300(bench):
    from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
    from sagemaker.workflow.steps import ProcessingStep

    steps = []
    for number in range(300):
        before = (
            f"s3://{BUCKET}/raw"
            if not steps
            else steps[-1].properties.ProcessingOutputConfig.Outputs["o"].S3Output.S3Uri
        )
        arguments = Processor(image_uri=IMAGE, entrypoint=["python3", "next.py"], **bench.job).run(
            inputs=[ProcessingInput(input_name="i", source=before, destination="/opt/ml/processing/input/i")],
            outputs=[ProcessingOutput(output_name="o", source="/opt/ml/processing/output/o", destination=f"s3://{BUCKET}/s{number}")])  # fmt: skip
        steps.append(ProcessingStep(name=f"s{number}", step_args=arguments))
    return bench.pipeline("chain", *steps)


BUILDERS = [
    script_processor, framework_processor, script_mode, model_and_register, repacked_model, conditions, tuning, transform, calls, checks,
    emr, automl, caching_and_retries, parameters_of_every_type, functions, notebook_job, chain_of_300,
]  # fmt: skip


# -- what holds for each --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=BUILDERS, ids=lambda builder: builder.__name__)
def built(request, bench):
    """The SDK's pipeline, the definition it gives, and what is read of it.

    Some definitions hold a time or a token, so the SDK is asked once and its answer kept.
    """
    pipeline = request.param(bench)
    text = pipeline.definition()
    return pipeline, text, Pipeline.from_sdk(Kept(pipeline.name, text))


@dataclass(frozen=True)
class Kept:
    """A pipeline object whose definition was asked for before."""

    name: str
    text: str

    def definition(self):
        return self.text


def exactly(value):
    return json.dumps(value, sort_keys=True)


def test_the_definition_is_the_sdks_own(built):
    _, text, pipeline = built
    assert exactly(pipeline.definition()) == exactly(json.loads(text))


def test_its_text_is_exactly_that_definition(built):
    _, text, pipeline = built
    written = pipeline.to_yaml()
    assert "definition:" not in written
    again = Pipeline.from_yaml(written, name=pipeline.name)
    assert exactly(again.definition()) == exactly(json.loads(text))


def test_its_graph_has_every_edge_the_sdk_knows(built):
    from sagemaker.workflow.pipeline import PipelineGraph

    sdk, _, pipeline = built
    known = PipelineGraph.from_pipeline(sdk).adjacency_list
    assert set(known) <= set(pipeline.graph)
    missing = [
        (before, after)
        for before, others in known.items()
        for after in others
        if not pipeline.graph.has_edge(before, after)
    ]
    assert missing == []


def test_nothing_in_it_is_called_an_error(built):
    _, _, pipeline = built
    assert [str(problem) for problem in pipeline.problems if problem.severity is Severity.ERROR] == []


def test_it_can_be_shown_as_the_object_it_is(built, shell):
    sdk, text, _ = built
    with capture_output() as shown:
        show(Kept(sdk.name, text))
    bundle = shown.outputs[-1].data
    (encoded,) = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", bundle["text/html"])
    drawing = base64.b64decode(encoded).decode()
    for name in [step["Name"] for step in json.loads(text)["Steps"]][:3]:
        assert name in bundle["text/plain"]
        assert name in drawing


def test_an_sdk_object_itself_can_be_read_and_shown(bench, shell):
    sdk = script_processor(bench)
    assert exactly(Pipeline.from_sdk(sdk).definition()) == exactly(json.loads(sdk.definition()))
    with capture_output() as shown:
        show(sdk)
    assert "prepare" in shown.outputs[-1].data["text/plain"]
