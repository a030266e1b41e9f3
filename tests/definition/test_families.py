"""Every family of steps: text → the step's JSON, as the SDKs emit it; what references mean; what is wrong where."""

from __future__ import annotations

import json
import textwrap

import pytest

from sm_pipeline_widgets.definition.code import CodeFacts
from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.decompile import to_text
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.spec import read_spec
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, STEP_TYPES
from sm_pipeline_widgets.errors import Severity

FACTS = TargetFacts(
    region="us-west-2",
    account="123456789012",
    role="arn:aws:iam::123456789012:role/SageMakerRole",
    bucket="sagemaker-us-west-2-123456789012",
)
BUCKET = "s3://sagemaker-us-west-2-123456789012"
CODE = f"{BUCKET}/sm-pipeline-widgets/code"
SKLEARN = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


def found_code(ref):
    return CodeFacts("abc", ref.entry or ref.name, is_folder=ref.entry is not None)


def compiled(text, name="demo"):
    return compile_spec(read_spec(textwrap.dedent(text)), name, facts=FACTS, read_code=found_code)


def walk(steps):
    for one in steps:
        yield one
        for key in ("IfSteps", "ElseSteps", "ForEachBody"):
            yield from walk(one["Arguments"].get(key, []))


def step(text, name, *, quiet=True):
    result = compiled(text)
    if quiet:
        assert result.problems == ()
    return next(one for one in walk(result.definition["Steps"]) if one["Name"] == name)


def run(name, *tail):
    values = ["s3:/", "sagemaker-us-west-2-123456789012", "demo", {"Get": "Execution.PipelineExecutionId"}, name, *tail]
    return {"Std:Join": {"On": "/", "Values": values}}


def get(path):
    return {"Get": path}


def joined(*values):
    return {"Std:Join": {"On": "", "Values": list(values)}}


def s3_input(name, uri, path):
    return {
        "InputName": name, "AppManaged": False,
        "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File",
                    "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"},
    }  # fmt: skip


def s3_output(name, uri):
    there = {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "AppManaged": False, "S3Output": there}


# -- steps as the SDKs emit them ----------------------------------------------------------------------------------

# What stands at the right is a step of somebody's definition, trimmed of the time stamps in its names alone.
REAL = [
    pytest.param(
        """\
        steps:
          MyLambdaStep2:
            type: Lambda
            function: sagemaker_test_lambda
            inputs: {arg1: $steps.MyLambdaStep1.outputs.output1}
            outputs: [output2]
            depends_on: TestStep
          MyLambdaStep1: {type: Lambda, function: first, outputs: [output1]}
          TestStep: {type: Lambda, function: first}
        """,
        {"Name": "MyLambdaStep2", "Type": "Lambda",
         "Arguments": {"arg1": get("Steps.MyLambdaStep1.OutputParameters['output1']")}, "DependsOn": ["TestStep"],
         "FunctionArn": "arn:aws:lambda:us-west-2:123456789012:function:sagemaker_test_lambda",
         "OutputParameters": [{"OutputName": "output2", "OutputType": "String"}]},
        id="lambda",
    ),
    pytest.param(
        """\
        steps:
          CallbackStep:
            type: Callback
            queue: https://sqs.us-west-2.amazonaws.com/123456789012/queue
            inputs: {arg1: value}
            outputs: {output: String, score: Float}
        """,
        {"Name": "CallbackStep", "Type": "Callback", "Arguments": {"arg1": "value"},
         "SqsQueueUrl": "https://sqs.us-west-2.amazonaws.com/123456789012/queue",
         "OutputParameters": [{"OutputName": "output", "OutputType": "String"},
                              {"OutputName": "score", "OutputType": "Float"}]},
        id="callback",
    ),
    pytest.param(
        """\
        parameters: {data: 's3://my-bucket/model.tar.gz'}
        steps:
          MyModel-CreateModel:
            type: Model
            image: 246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.5-1
            model: $parameters.data
            environment: {}
            isolated: true
        """,
        {"Name": "MyModel-CreateModel", "Type": "Model",
         "Arguments": {"ExecutionRoleArn": FACTS.role, "EnableNetworkIsolation": True,
                       "PrimaryContainer": {
                           "Image": "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.5-1",
                           "Environment": {}, "ModelDataUrl": get("Parameters.data")}}},
        id="model",
    ),
    pytest.param(
        """\
        parameters: {data: 's3://my-bucket/model.tar.gz'}
        steps:
          MyModelStep-RegisterModel:
            type: RegisterModel
            model: $parameters.data
            image: fake/image
            environment: {}
            framework: TENSORFLOW
            group: TestModelPackageGroup
            content_types: [application/json]
            response_types: [application/json]
            instances: [ml.m5.large]
            approval: Approved
        """,
        {"Name": "MyModelStep-RegisterModel", "Type": "RegisterModel",
         "Arguments": {"ModelPackageGroupName": "TestModelPackageGroup",
                       "InferenceSpecification": {
                           "Containers": [{"Image": "fake/image", "Environment": {}, "Framework": "TENSORFLOW",
                                           "ModelDataUrl": get("Parameters.data")}],
                           "SupportedContentTypes": ["application/json"],
                           "SupportedResponseMIMETypes": ["application/json"],
                           "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
                           "SupportedTransformInstanceTypes": ["ml.m5.large"]},
                       "ModelApprovalStatus": "Approved", "SkipModelValidation": "None"}},
        id="register",
    ),
    pytest.param(
        f"""\
        steps:
          MonitorBatchTransformStep-transform:
            type: Transform
            model: $steps.MyModel-CreateModel.name
            input: {{uri: {BUCKET}/abalone, content_type: text/libsvm}}
            output: {BUCKET}/my-pipeline-clarifyTransform
            instance: ml.m5.xlarge
            strategy: SingleRecord
          MyModel-CreateModel: {{type: Model, model: s3://my-bucket/model.tar.gz}}
        """,
        {"Name": "MonitorBatchTransformStep-transform", "Type": "Transform",
         "Arguments": {"ModelName": get("Steps.MyModel-CreateModel.ModelName"),
                       "TransformInput": {
                           "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/abalone"}},
                           "ContentType": "text/libsvm"},
                       "TransformOutput": {"S3OutputPath": f"{BUCKET}/my-pipeline-clarifyTransform"},
                       "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge"},
                       "BatchStrategy": "SingleRecord"}},
        id="transform",
    ),
    pytest.param(
        f"""\
        steps:
          HPTuning:
            type: Tuning
            strategy: Random
            jobs: 3
            parallel: 2
            early_stopping: true
            objective: minimize average test loss
            metrics: {{average test loss: 'Test set: Average loss: ([0-9\\.]+)'}}
            ranges: {{lr: {{min: 0.001, max: 0.1}}, batch-size: [32, 64, 128, 256, 512]}}
            image: 763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:1.10.0-gpu-py38
            hyperparameters: {{epochs: 1, backend: gloo, sagemaker_program: mnist.py}}
            inputs: {{training: {BUCKET}/v3-tuning/data/data}}
            instance: ml.m5.xlarge
            max_runtime: 1h
            output: {BUCKET}/pytorch-mnist-hpo
            arguments: {{TrainingJobDefinition: {{OutputDataConfig: {{CompressionType: GZIP}}}}}}
        """,
        {"Name": "HPTuning", "Type": "Tuning", "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "ResourceLimits": {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 3},
                "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "average test loss"},
                "ParameterRanges": {
                    "ContinuousParameterRanges": [
                        {"Name": "lr", "MinValue": "0.001", "MaxValue": "0.1", "ScalingType": "Auto"}],
                    "CategoricalParameterRanges": [
                        {"Name": "batch-size", "Values": ["32", "64", "128", "256", "512"]}]},
                "TrainingJobEarlyStoppingType": "Auto"},
            "TrainingJobDefinition": {
                "AlgorithmSpecification": {
                    "TrainingInputMode": "File",
                    "TrainingImage": "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:1.10.0-gpu-py38",
                    "MetricDefinitions": [
                        {"Name": "average test loss", "Regex": "Test set: Average loss: ([0-9\\.]+)"}]},
                "RoleArn": FACTS.role,
                "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/pytorch-mnist-hpo", "CompressionType": "GZIP"},
                "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
                "StaticHyperParameters": {"epochs": "1", "backend": "gloo", "sagemaker_program": "mnist.py"},
                "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": {
                    "S3DataType": "S3Prefix", "S3Uri": f"{BUCKET}/v3-tuning/data/data",
                    "S3DataDistributionType": "FullyReplicated"}}}],
                "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}}}},
        id="tuning",
    ),
    pytest.param(
        """\
        parameters: {y: price}
        steps:
          MyAutoMLStep:
            type: AutoML
            inputs:
              training: {uri: s3://bucket/data, compression: Gzip}
              validation: {uri: s3://bucket/validation_data, compression: Gzip}
            target: $parameters.y
            output: s3://my-other-bucket/
            max_candidates: 1
            max_training_runtime: 1h
            max_runtime: 10h
            features: s3://bucket/features.json
            validation_fraction: 0.3
            objective: F1
            problem_type: BinaryClassification
            role: arn:aws:iam::123456789012:role/DummyRole
        """,
        {"Name": "MyAutoMLStep", "Type": "AutoML", "Arguments": {
            "InputDataConfig": [
                {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data"}},
                 "TargetAttributeName": get("Parameters.y"), "CompressionType": "Gzip", "ChannelType": "training"},
                {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/validation_data"}},
                 "TargetAttributeName": get("Parameters.y"), "CompressionType": "Gzip", "ChannelType": "validation"}],
            "OutputDataConfig": {"S3OutputPath": "s3://my-other-bucket/"},
            "AutoMLJobConfig": {
                "CompletionCriteria": {"MaxCandidates": 1, "MaxRuntimePerTrainingJobInSeconds": 3600,
                                       "MaxAutoMLJobRuntimeInSeconds": 36000},
                "CandidateGenerationConfig": {"FeatureSpecificationS3Uri": "s3://bucket/features.json"},
                "DataSplitConfig": {"ValidationFraction": 0.3}, "Mode": "ENSEMBLING"},
            "RoleArn": "arn:aws:iam::123456789012:role/DummyRole", "AutoMLJobObjective": {"MetricName": "F1"},
            "ProblemType": "BinaryClassification"}},
        id="automl",
    ),
    pytest.param(
        """\
        parameters: {group: g, statistics: 's3://my-bucket/s', constraints: 's3://my-bucket/c', data: 's3://my-bucket/d'}
        steps:
          DataQualityCheckStep:
            type: QualityCheck
            check: data_quality
            dataset: $parameters.data
            preprocess: s3://my-bucket/data_quality/preprocessor.py
            postprocess: s3://my-bucket/data_quality/postprocessor.py
            output: s3://my-bucket/out
            instance: ml.m5.xlarge
            volume: 60
            max_runtime: 1800
            cache: 1h
            group: $parameters.group
            fail_on_violation: false
            baseline_statistics: $parameters.statistics
            baseline_constraints: $parameters.constraints
        """,
        {"Name": "DataQualityCheckStep", "Type": "QualityCheck", "Arguments": {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1,
                                                      "VolumeSizeInGB": 60}},
            "AppSpecification": {
                "ImageUri": "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"},
            "RoleArn": FACTS.role,
            "ProcessingInputs": [
                s3_input("baseline_dataset_input", get("Parameters.data"),
                         "/opt/ml/processing/input/baseline_dataset_input"),
                s3_input("record_preprocessor_script_input", "s3://my-bucket/data_quality/preprocessor.py",
                         "/opt/ml/processing/input/record_preprocessor_script_input"),
                s3_input("post_analytics_processor_script_input", "s3://my-bucket/data_quality/postprocessor.py",
                         "/opt/ml/processing/input/post_analytics_processor_script_input")],
            "ProcessingOutputConfig": {"Outputs": [s3_output("quality_check_output", "s3://my-bucket/out")]},
            "Environment": {
                "output_path": "/opt/ml/processing/output", "publish_cloudwatch_metrics": "Disabled",
                "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
                "record_preprocessor_script":
                    "/opt/ml/processing/input/record_preprocessor_script_input/preprocessor.py",
                "post_analytics_processor_script":
                    "/opt/ml/processing/input/post_analytics_processor_script_input/postprocessor.py",
                "dataset_source": "/opt/ml/processing/input/baseline_dataset_input"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 1800}},
         "CacheConfig": {"Enabled": True, "ExpireAfter": "PT1H"}, "CheckType": "DATA_QUALITY",
         "ModelPackageGroupName": get("Parameters.group"), "SkipCheck": False, "FailOnViolation": False,
         "RegisterNewBaseline": False, "SuppliedBaselineStatistics": get("Parameters.statistics"),
         "SuppliedBaselineConstraints": get("Parameters.constraints")},
        id="data-quality",
    ),
    pytest.param(
        """\
        steps:
          monitoring:
            type: QualityCheck
            check: model_quality
            dataset: s3://my-bucket/baseline
            format: csv_without_header
            problem_type: Regression
            prediction: Label
            label: Prediction
            output: s3://my-bucket/results
            instance: ml.c5.xlarge
            volume: 60
        """,
        {"Name": "monitoring", "Type": "QualityCheck", "Arguments": {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1,
                                                      "VolumeSizeInGB": 60}},
            "AppSpecification": {
                "ImageUri": "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"},
            "RoleArn": FACTS.role,
            "ProcessingInputs": [s3_input("baseline_dataset_input", "s3://my-bucket/baseline",
                                          "/opt/ml/processing/input/baseline_dataset_input")],
            "ProcessingOutputConfig": {"Outputs": [s3_output("quality_check_output", "s3://my-bucket/results")]},
            "Environment": {
                "output_path": "/opt/ml/processing/output", "publish_cloudwatch_metrics": "Disabled",
                "dataset_format": '{"csv": {"header": false, "output_columns_position": "START"}}',
                "dataset_source": "/opt/ml/processing/input/baseline_dataset_input", "analysis_type": "MODEL_QUALITY",
                "problem_type": "Regression", "inference_attribute": "Label", "ground_truth_attribute": "Prediction"}},
         "CheckType": "MODEL_QUALITY", "SkipCheck": False, "FailOnViolation": True, "RegisterNewBaseline": False},
        id="model-quality",
    ),
    pytest.param(
        """\
        steps:
          ModelBiasCheckStep:
            type: ClarifyCheck
            check: model_bias
            dataset: s3://my-bucket/input
            config: s3://my-bucket/output/analysis_config.json
            output: s3://my-bucket/output
            instance: ml.m5.xlarge
            model: model_name
            baseline_constraints: s3://my-bucket/constraints
            arguments: {ProcessingOutputConfig: {KmsKeyId: output_kms_key}}
        """,
        {"Name": "ModelBiasCheckStep", "Type": "ClarifyCheck", "Arguments": {
            "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1,
                                                      "VolumeSizeInGB": 30}},
            "AppSpecification": {
                "ImageUri": "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0"},
            "RoleArn": FACTS.role,
            "ProcessingInputs": [
                s3_input("analysis_config", "s3://my-bucket/output/analysis_config.json",
                         "/opt/ml/processing/input/config"),
                s3_input("dataset", "s3://my-bucket/input", "/opt/ml/processing/input/data")],
            "ProcessingOutputConfig": {"Outputs": [s3_output("analysis_result", "s3://my-bucket/output")],
                                       "KmsKeyId": "output_kms_key"}},
         "CheckType": "MODEL_BIAS", "SkipCheck": False, "FailOnViolation": True, "RegisterNewBaseline": False,
         "SuppliedBaselineConstraints": "s3://my-bucket/constraints", "ModelName": "model_name"},
        id="clarify",
    ),
    pytest.param(
        """\
        steps:
          emr-step-2:
            type: EMR
            display_name: emr_step_2
            description: EMR Step with cluster config and retry policies
            jar: s3://us-west-2.elasticmapreduce/libs/script-runner/script-runner.jar
            args: [dummy_emr_script_path]
            cluster:
              AmiVersion: 3.8.0
              AdditionalInfo: MyAdditionalInfo
              Instances:
                InstanceGroups:
                  - {Name: Master Instance Group, InstanceRole: MASTER, InstanceCount: 1, InstanceType: m1.small,
                     Market: ON_DEMAND}
                InstanceCount: 1
                HadoopVersion: MyHadoopVersion
            retry: {on: fault, attempts: 3, interval: 1s, backoff: 2.0}
        """,
        {"Name": "emr-step-2", "Type": "EMR", "Arguments": {
            "StepConfig": {"HadoopJarStep": {
                "Jar": "s3://us-west-2.elasticmapreduce/libs/script-runner/script-runner.jar",
                "Args": ["dummy_emr_script_path"]}},
            "ClusterConfig": {
                "Instances": {"InstanceGroups": [{"Name": "Master Instance Group", "InstanceRole": "MASTER",
                                                  "InstanceCount": 1, "InstanceType": "m1.small",
                                                  "Market": "ON_DEMAND"}],
                              "InstanceCount": 1, "HadoopVersion": "MyHadoopVersion"},
                "AmiVersion": "3.8.0", "AdditionalInfo": "MyAdditionalInfo"}},
         "DisplayName": "emr_step_2", "Description": "EMR Step with cluster config and retry policies",
         "RetryPolicies": [{"BackoffRate": 2.0, "IntervalSeconds": 1, "MaxAttempts": 3,
                            "ExceptionType": ["Step.SERVICE_FAULT"]}]},
        id="emr",
    ),
    pytest.param(
        f"""\
        parameters: {{InputDataUrl: 's3://my-bucket/x'}}
        steps:
          HeartFailureEMR:
            type: EMR
            script: {BUCKET}/emr-step-pipeline/app/preprocess.py
            args: [--input, $parameters.InputDataUrl]
            cluster:
              release: emr-6.6.0
              applications: [Spark]
              primary: m5.2xlarge
              core: {{instance: m5.2xlarge, count: 2}}
              job_role: arn:aws:iam::123456789012:instance-profile/EMR_EC2_DefaultRole
              service_role: arn:aws:iam::123456789012:role/EMR_DefaultRole_V2
              BootstrapActions: []
        """,
        {"Name": "HeartFailureEMR", "Type": "EMR", "Arguments": {
            "StepConfig": {"HadoopJarStep": {"Jar": "command-runner.jar", "Args": [
                "spark-submit", "--deploy-mode", "cluster", f"{BUCKET}/emr-step-pipeline/app/preprocess.py", "--input",
                get("Parameters.InputDataUrl")]}},
            "ClusterConfig": {
                "Applications": [{"Name": "Spark"}],
                "Instances": {"InstanceGroups": [
                    {"InstanceRole": "MASTER", "InstanceCount": 1, "InstanceType": "m5.2xlarge"},
                    {"InstanceRole": "CORE", "InstanceCount": 2, "InstanceType": "m5.2xlarge"}]},
                "BootstrapActions": [], "ReleaseLabel": "emr-6.6.0",
                "JobFlowRole": "arn:aws:iam::123456789012:instance-profile/EMR_EC2_DefaultRole",
                "ServiceRole": "arn:aws:iam::123456789012:role/EMR_DefaultRole_V2"}}},
        id="emr-spark",
    ),
    pytest.param(
        """\
        steps:
          spark:
            type: EMRServerless
            application: 00fabcd
            code: job.py
            args: [--day, monday]
            spark: [--conf, spark.executor.cores=4]
            max_runtime: 2h
        """,
        {"Name": "spark", "Type": "EMRServerless", "Arguments": {
            "ExecutionRoleArn": FACTS.role,
            "JobConfig": {
                "executionRoleArn": FACTS.role, "applicationId": "00fabcd", "executionTimeoutMinutes": 120,
                "jobDriver": {"sparkSubmit": {"entryPoint": f"{CODE}/abc/job.py",
                                              "entryPointArguments": ["--day", "monday"],
                                              "sparkSubmitParameters": "--conf spark.executor.cores=4"}}},
            "ApplicationId": "00fabcd"}},
        id="emr-serverless",
    ),
    pytest.param(
        """\
        steps:
          simple:
            type: NotebookJob
            notebook: simple.ipynb
            image: 542918446943.dkr.ecr.us-west-2.amazonaws.com/sagemaker-distribution-prod:1
            parameters: {alpha: 0.5}
            environment: {env_key: x}
        """,
        {"Name": "simple", "Type": "Training", "Arguments": {
            "RoleArn": FACTS.role, "RetryStrategy": {"MaximumRetryAttempts": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 172800}, "EnableInterContainerTrafficEncryption": True,
            "AlgorithmSpecification": {
                "TrainingImage": "542918446943.dkr.ecr.us-west-2.amazonaws.com/sagemaker-distribution-prod:1",
                "TrainingInputMode": "File", "ContainerEntrypoint": ["/bin/bash"],
                "ContainerArguments": [
                    "-l", "-c", "pip install sagemaker-headless-execution-driver && exec amazon_sagemaker_scheduler"]},
            "InputDataConfig": [{"ChannelName": "sagemaker_headless_execution_pipelinestep", "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{CODE}/abc/",
                                 "S3DataDistributionType": "FullyReplicated"}}}],
            "OutputDataConfig": {"S3OutputPath": run("simple")},
            "ResourceConfig": {"VolumeSizeInGB": 30, "InstanceCount": 1, "InstanceType": "ml.m5.large"},
            "HyperParameters": {"alpha": "0.5"},
            "Tags": [{"Key": "sagemaker:name", "Value": "simple"},
                     {"Key": "sagemaker:notebook-name", "Value": "simple.ipynb"},
                     {"Key": "sagemaker:notebook-job-origin", "Value": "PIPELINE_STEP"},
                     {"Key": "sagemaker:is-studio-archived", "Value": "false"}],
            "Environment": {
                "env_key": "x", "AWS_DEFAULT_REGION": "us-west-2", "SM_JOB_DEF_VERSION": "1.0",
                "SM_ENV_NAME": "sagemaker-default-env", "SM_SKIP_EFS_SIMULATION": "true",
                "SM_EXECUTION_INPUT_PATH": "/opt/ml/input/data/sagemaker_headless_execution_pipelinestep",
                "SM_KERNEL_NAME": "python3", "SM_INPUT_NOTEBOOK_NAME": "simple.ipynb",
                "SM_OUTPUT_NOTEBOOK_NAME": "simple.ipynb"}}},
        id="notebook",
    ),
    pytest.param(
        """\
        steps:
          config: {type: EndpointConfig, model: my-model}
        """,
        {"Name": "config", "Type": "EndpointConfig", "Arguments": {
            "EndpointConfigName": {"Std:Join": {"On": "-", "Values": [
                "demo-config", get("Execution.PipelineExecutionId")]}},
            "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "my-model", "InitialInstanceCount": 1,
                                    "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}]}},
        id="endpoint-config",
    ),
    pytest.param(
        """\
        steps:
          config:
            type: EndpointConfig
            name: fixed
            variants:
              blue: {model: a, instance: ml.c5.large, count: 2, weight: 9}
              green: {model: b, serverless: {memory: 4096, concurrency: 20}}
        """,
        {"Name": "config", "Type": "EndpointConfig", "Arguments": {
            "EndpointConfigName": "fixed",
            "ProductionVariants": [
                {"VariantName": "blue", "ModelName": "a", "InstanceType": "ml.c5.large", "InitialInstanceCount": 2,
                 "InitialVariantWeight": 9},
                {"VariantName": "green", "ModelName": "b", "InitialVariantWeight": 1,
                 "ServerlessConfig": {"MemorySizeInMB": 4096, "MaxConcurrency": 20}}]}},
        id="endpoint-variants",
    ),
    pytest.param(
        """\
        steps:
          serve_it: {type: Endpoint, config: $steps.config.name}
          config: {type: EndpointConfig, model: my-model}
        """,
        {"Name": "serve_it", "Type": "Endpoint", "Arguments": {
            "EndpointName": "demo-serve-it", "EndpointConfigName": get("Steps.config.EndpointConfigName")}},
        id="endpoint",
    ),
    pytest.param(
        """\
        parameters: {P: b}
        steps:
          Fan:
            type: ForEach
            items: [a, 2, $parameters.P, {name: c, many: [1, 2]}]
            max_concurrency: 5
            body: [Body]
            select: {max: $steps.Body.outputs.score}
          Body:
            type: Lambda
            function: score
            inputs: {all: $item, name: $item.name, first: "$item['many'][0]"}
            outputs: {score: Float}
        """,
        {"Name": "Fan", "Type": "ForEach", "Arguments": {
            "IterableItems": ["a", 2, get("Parameters.P"), '{"name": "c", "many": [1, 2]}'],
            "MaxConcurrency": 5,
            "Selector": {"Pick": "MaxBy", "Field": get("IterationOutput.Body.OutputParameters['score']")},
            "ForEachBody": [{
                "Name": "Body", "Type": "Lambda",
                "Arguments": {"all": get("ForEach.CurrentItem"), "name": get("ForEach.CurrentItem.name"),
                              "first": get("ForEach.CurrentItem['many'][0]")},
                "FunctionArn": "arn:aws:lambda:us-west-2:123456789012:function:score",
                "OutputParameters": [{"OutputName": "score", "OutputType": "Float"}]}]}},
        id="for-each",
    ),
]  # fmt: skip


@pytest.mark.parametrize("text, expected", REAL)
def test_a_step_is_what_the_sdk_makes_of_it(text, expected):
    assert step(text, expected["Name"]) == expected


@pytest.mark.parametrize("name", [one for one in STEP_TYPES if one != "NotebookJob"])
def test_every_type_takes_what_the_api_takes_and_arguments_win(name):
    text = f"steps: {{x: {{type: {name}, defaults: none, Beside: 1, arguments: {{Far: {{Away: [1]}}, RoleArn: r}}}}}}"
    result = compiled(text).definition["Steps"][0]
    assert result == {"Name": "x", "Type": name, "Arguments": {"Far": {"Away": [1]}, "RoleArn": "r"}, "Beside": 1}


@pytest.mark.parametrize("text, expected", REAL)
def test_a_step_has_a_text_again(text, expected):
    definition = compiled(text).definition
    again = compile_spec(read_spec(to_text(definition)), "demo", facts=FACTS)
    assert again.definition == definition
    assert next(one for one in walk(again.definition["Steps"]) if one["Name"] == expected["Name"]) == expected
    assert [one for one in again.problems if one.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    "name, keys",
    [
        ("HPTuning", ["jobs: 3", "early_stopping: true", "objective: {minimize: average test loss}"]),
        ("MyAutoMLStep", ["max_candidates: 1", "objective: F1", "validation_fraction: 0.3"]),
        ("emr-step-2", ["jar: s3://us-west-2", "args: [dummy_emr_script_path]", "cluster:"]),
        ("serve_it", ["config: $steps.config.", "name: demo-serve-it"]),
    ],
)
def test_a_definition_is_told_in_friendly_keys(name, keys):
    text = next(case.values[0] for case in REAL if case.values[1]["Name"] == name)
    told = to_text(compiled(text).definition)
    assert [key for key in keys if key not in told] == []


def test_every_type_has_words_for_its_keys_and_outputs():
    for row in STEP_TYPES.values():
        words = [row.doc, *row.keys.values(), *dict(row.outputs).values()]
        assert all(one.endswith(".") for one in words), row.name
        assert row.name in KNOWN_TYPES


DESIGN = """\
description: Predict disease progression
parameters:
  alpha: 0.1
  max_rmse: {type: Float, default: 60, description: Quality gate}
defaults:
  image: sklearn
  instance: ml.m5.large
steps:
  prepare:
    type: Processing
    code: prepare.py
    outputs: [train, test]
  train:
    type: Training
    code: cell:train
    hyperparameters: {alpha: $parameters.alpha}
    inputs: {train: $steps.prepare.outputs.train}
  evaluate:
    type: Processing
    code: evaluate.py
    inputs:
      model: $steps.train.model
      test: $steps.prepare.outputs.test
    outputs: [report]
    property_files: {metrics: report/evaluation.json}
  good_enough:
    type: Condition
    if: $steps.evaluate.metrics.rmse <= $parameters.max_rmse
    then: [register]
    else: [too_bad]
  register:
    type: RegisterModel
    model: $steps.train.model
    group: diabetes
  too_bad:
    type: Fail
    message: rmse was ${steps.evaluate.metrics.rmse}
"""


def test_the_example_of_the_design_registers_the_model_it_trained():
    assert step(DESIGN, "register") == {
        "Name": "register", "Type": "RegisterModel", "Arguments": {
            "ModelPackageGroupName": "diabetes",
            "InferenceSpecification": {
                "Containers": [{"Image": SKLEARN, "ModelDataUrl": get("Steps.train.ModelArtifacts.S3ModelArtifacts")}],
                "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
                "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
                "SupportedTransformInstanceTypes": ["ml.m5.large"]},
            "ModelApprovalStatus": "PendingManualApproval", "SkipModelValidation": "None"},
    }  # fmt: skip


# -- what a family adds -------------------------------------------------------------------------------------------


def test_a_model_is_served_by_the_image_that_trained_it():
    text = DESIGN.replace("code: cell:train", "code: cell:train\n    image: xgboost:1.7-1")
    container = step(text, "register")["Arguments"]["InferenceSpecification"]["Containers"][0]
    assert container["Image"] == "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"
    own = text.replace("group: diabetes", "group: diabetes\n    image: a/b")
    assert step(own, "register")["Arguments"]["InferenceSpecification"]["Containers"][0]["Image"] == "a/b"
    origins = {(one.key, one.value, one.origin) for one in compiled(text).details["register"]}
    assert ("image", "xgboost:1.7-1", "step train") in origins


@pytest.mark.parametrize(
    "alias, repository",
    [("pytorch:2.6", "pytorch-inference:2.6.0-cpu-py312"), ("pytorch:2.8-gpu", "pytorch-inference:2.6.0-cpu-py312"),
     ("tensorflow:2.19.0-gpu", "tensorflow-inference:2.19.0-cpu"), ("xgboost", "sagemaker-xgboost:3.0-5"),
     ("linear-learner", "linear-learner:1")],
)  # fmt: skip
def test_an_alias_of_a_framework_means_its_image_for_serving(alias, repository):
    text = f"""\
        steps:
          t: {{type: Training, image: '{alias}', code: t.py}}
          made: {{type: Model, model: $steps.t.model}}
          own: {{type: Model, model: s3://my-bucket/m, image: '{alias}'}}
        """
    images = [step(text, name)["Arguments"]["PrimaryContainer"]["Image"] for name in ("made", "own")]
    assert [image.partition("/")[2] for image in images] == [repository, repository]


def test_a_script_serves_a_model_as_the_sdk_says_it():
    text = "steps: {m: {type: Model, model: s3://my-bucket/model.tar.gz, code: serve.py, environment: {A: 1}}}"
    assert step(text, "m")["Arguments"]["PrimaryContainer"]["Environment"] == {
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": f"{CODE}/abc.archive/sourcedir.tar.gz",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": "us-west-2",
        "A": "1",
    }
    assert compiled(text).code["m"].form == "archive"


def test_containers_in_a_row():
    text = """\
        steps:
          m: {type: Model, containers: [{model: s3://my-bucket/a, image: a/b}, {model: s3://my-bucket/b, environment: {K: v}}]}
        """
    assert step(text, "m")["Arguments"]["Containers"] == [
        {"Image": "a/b", "ModelDataUrl": "s3://my-bucket/a"},
        {"Image": SKLEARN, "ModelDataUrl": "s3://my-bucket/b", "Environment": {"K": "v"}},
    ]


def test_a_package_says_how_good_its_model_is_and_what_later_checks_compare_with():
    text = """\
        steps:
          check: {type: QualityCheck, check: data_quality, dataset: s3://my-bucket/d}
          register:
            type: RegisterModel
            model: s3://my-bucket/model.tar.gz
            group: g
            metrics:
              model_quality: s3://my-bucket/evaluation.json
              bias: {before: s3://my-bucket/pre.json, after: {uri: s3://my-bucket/post.csv, content_type: text/csv}}
            baselines:
              data_quality:
                statistics: $steps.check.baseline_statistics
                constraints: $steps.check.baseline_constraints
              explainability: {config: s3://my-bucket/config.json}
            metadata: {key1: value1}
            domain: MACHINE_LEARNING
            task: REGRESSION
            sample_payload: s3://my-bucket/payload.tar.gz
            skip_validation: true
        """

    def file(uri, kind="application/json"):
        return {"ContentType": kind, "S3Uri": uri}

    arguments = step(text, "register")["Arguments"]
    assert arguments["ModelMetrics"] == {
        "ModelQuality": {"Statistics": file("s3://my-bucket/evaluation.json")},
        "Bias": {
            "PreTrainingReport": file("s3://my-bucket/pre.json"),
            "PostTrainingReport": file("s3://my-bucket/post.csv", "text/csv"),
        },
    }
    assert arguments["DriftCheckBaselines"] == {
        "ModelDataQuality": {
            "Statistics": file(get("Steps.check.BaselineUsedForDriftCheckStatistics")),
            "Constraints": file(get("Steps.check.BaselineUsedForDriftCheckConstraints")),
        },
        "Explainability": {"ConfigFile": file("s3://my-bucket/config.json")},
    }
    assert arguments["CustomerMetadataProperties"] == {"key1": "value1"}
    assert [arguments[key] for key in ("Domain", "Task", "SamplePayloadUrl", "SkipModelValidation")] == [
        "MACHINE_LEARNING", "REGRESSION", "s3://my-bucket/payload.tar.gz", "All",
    ]  # fmt: skip


def test_a_tuning_trains_as_a_training_step_does():
    text = """\
        parameters: {deep: 8, low: 0.5}
        defaults: {instance: ml.c5.xlarge}
        steps:
          tune:
            type: Tuning
            code: train.py
            hyperparameters: {epochs: 3}
            metrics: {rmse: 'rmse=(.*)'}
            objective: {maximize: rmse}
            ranges:
              depth: {min: 2, max: $parameters.deep}
              alpha: {min: $parameters.low, max: 1, scale: log}
              steps: {min: 1, max: 9, type: continuous}
            warm_start: [earlier]
        """
    arguments = step(text, "tune")["Arguments"]
    assert arguments["TrainingJobDefinition"]["StaticHyperParameters"] == {
        "epochs": "3",
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": json.dumps(f"{CODE}/abc.archive/sourcedir.tar.gz"),
    }
    assert arguments["TrainingJobDefinition"]["ResourceConfig"]["InstanceType"] == "ml.c5.xlarge"
    config = arguments["HyperParameterTuningJobConfig"]
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Maximize", "MetricName": "rmse"}
    assert config["ParameterRanges"] == {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": joined(get("Parameters.deep")),
                                    "ScalingType": "Auto"}],
        "ContinuousParameterRanges": [
            {"Name": "alpha", "MinValue": joined(get("Parameters.low")), "MaxValue": "1", "ScalingType": "Logarithmic"},
            {"Name": "steps", "MinValue": "1", "MaxValue": "9", "ScalingType": "Auto"}],
    }  # fmt: skip
    assert arguments["WarmStartConfig"] == {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "earlier"}],
    }


def test_what_clarify_shall_do_may_be_a_file_on_this_machine():
    text = """\
        steps:
          bias: {type: ClarifyCheck, check: data_bias, dataset: s3://my-bucket/d, config: analysis_config.json}
        """
    inputs = step(text, "bias")["Arguments"]["ProcessingInputs"]
    assert inputs[0]["S3Input"]["S3Uri"] == f"{CODE}/abc/analysis_config.json"
    assert compiled(text).code["bias"].form == "files"


def test_a_check_does_not_run_the_image_that_other_steps_share():
    text = """\
        defaults: {image: xgboost, instance: ml.c5.xlarge}
        steps:
          check: {type: QualityCheck, check: data_quality, dataset: s3://my-bucket/d}
        """
    arguments = step(text, "check")["Arguments"]
    assert "model-monitor" in arguments["AppSpecification"]["ImageUri"]
    assert arguments["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.c5.xlarge"
    assert arguments["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == run("check", "output")


def test_transform_filters():
    text = """\
        steps:
          t: {type: Transform, model: m, input: s3://my-bucket/i, input_filter: '$$[1:]', output_filter: '$$[0,-1]',
              join: Input, output: {accept: text/csv, assemble: Line}, environment: {A: b}, max_payload: 6}
        """
    arguments = step(text, "t")["Arguments"]
    assert arguments["DataProcessing"] == {"InputFilter": "$[1:]", "OutputFilter": "$[0,-1]", "JoinSource": "Input"}
    assert arguments["TransformOutput"] == {
        "S3OutputPath": run("t", "output"), "Accept": "text/csv", "AssembleWith": "Line",
    }  # fmt: skip
    assert (arguments["Environment"], arguments["MaxPayloadInMB"]) == ({"A": "b"}, 6)


def test_steps_that_say_everything_themselves_get_nothing_else():
    text = """\
        defaults: {instance: ml.c5.large, role: r}
        steps:
          t: {type: Transform, defaults: none, model: m, arguments: {TransformResources: {InstanceCount: 2}}}
          l: {type: Lambda, defaults: none, function: some-function}
          q: {type: QualityCheck, defaults: none, check: DATA_QUALITY, instance: ml.m5.large}
          e: {type: EndpointConfig, defaults: none, model: m}
        """
    assert compiled(text).definition["Steps"] == [
        {"Name": "t", "Type": "Transform", "Arguments": {"ModelName": "m", "TransformResources": {"InstanceCount": 2}}},
        {"Name": "l", "Type": "Lambda", "Arguments": {}, "FunctionArn": "some-function"},
        {"Name": "q", "Type": "QualityCheck", "CheckType": "DATA_QUALITY",
         "Arguments": {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}}}},
        {"Name": "e", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [{"ModelName": "m"}]}},
    ]  # fmt: skip


# -- loops --------------------------------------------------------------------------------------------------------

LOOP = """\
parameters: {names: '["a"]'}
steps:
  loop: {type: ForEach, items: $parameters.names, body: [fetch, score], select: {min: $steps.score.loss}}
  fetch: {type: Processing, code: fetch.py, args: [--name, $item, --n, $item.n], outputs: [data]}
  score:
    type: Lambda
    function: score
    inputs: {data: $steps.fetch.outputs.data, name: $item.name}
    outputs: {loss: Float, uri: String}
  after: {type: Lambda, function: done, inputs: {x: REFERENCE}}
"""


@pytest.mark.parametrize(
    "reference, path",
    [
        ("selected.outputs.loss", "Selected.OutputParameters['loss']"),
        ("selected.uri", "Selected.OutputParameters['uri']"),
        ("selected.OutputParameters['loss']", "Selected.OutputParameters['loss']"),
        ("Selected.OutputParameters['loss']", "Selected.OutputParameters['loss']"),
        ("iterations[2].score.loss", "IterationOutputs[2].score.OutputParameters['loss']"),
        ("iterations[0].fetch.outputs.data",
         "IterationOutputs[0].fetch.ProcessingOutputConfig.Outputs['data'].S3Output.S3Uri"),
        ("iterations[0].fetch.ExitMessage", "IterationOutputs[0].fetch.ExitMessage"),
        ("status", "Status"),
        ("succeeded", "SucceededStepCount"),
    ],
)  # fmt: skip
def test_results_of_a_loop(reference, path):
    text = LOOP.replace("REFERENCE", f'"$steps.loop.{reference}"')
    assert step(text, "after")["Arguments"] == {"x": get(f"Steps.loop.{path}")}
    assert compiled(text).graph.edges["loop", "after"]["kinds"] == ("data",)


def test_steps_of_a_loop_stand_in_it_and_keep_their_results_apart():
    result = compiled(LOOP.replace("REFERENCE", "1"))
    assert [one["Name"] for one in result.definition["Steps"]] == ["loop", "after"]
    assert result.graph.nodes["fetch"] == {"type": "Processing", "branch": "body", "parent": "loop"}
    fetch = step(LOOP.replace("REFERENCE", "1"), "fetch")["Arguments"]
    assert fetch["AppSpecification"]["ContainerArguments"] == [
        "--name", joined(get("ForEach.CurrentItem")), "--n", joined(get("ForEach.CurrentItem.n")),
    ]  # fmt: skip
    where = fetch["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]["Std:Join"]["Values"]
    assert where[-4:] == ["fetch", get("Execution.ProcessingJobName"), "output", "data"]


def test_an_item_of_several_values_is_json_that_may_hold_references():
    text = LOOP.replace("REFERENCE", "1").replace(
        "items: $parameters.names", "items: [{who: $parameters.names, n: $parameters.n, on: [true, {}]}]"
    )
    text = text.replace("parameters: {", "parameters: {n: 3, ")
    assert step(text, "loop")["Arguments"]["IterableItems"] == [
        joined('{"who": "', get("Parameters.names"), '", "n": ', get("Parameters.n"), ', "on": [true, {}]}')
    ]


# -- references ---------------------------------------------------------------------------------------------------

MANY = """\
steps:
  tune: {type: Tuning, image: a/b, objective: minimize validation:rmse, ranges: {a: [x, y]}, TAIL}
  model: {type: Model, model: $steps.tune.best_model}
  register: {type: RegisterModel, model: $steps.tune.best_model, group: g}
  batch: {type: Transform, model: $steps.model.name, input: s3://my-bucket/x}
  auto: {type: AutoML, inputs: {training: s3://my-bucket/t}, target: y}
  quality: {type: QualityCheck, check: data_quality, dataset: s3://my-bucket/d}
  bias: {type: ClarifyCheck, check: data_bias, dataset: s3://my-bucket/d, config: s3://my-bucket/c.json}
  fn: {type: Lambda, function: f, outputs: {score: Float, my-uri: String}}
  ask: {type: Callback, queue: q, outputs: [answer]}
  emr: {type: EMR, cluster: j-1, jar: command-runner.jar}
  spark: {type: EMRServerless, application: a, script: s3://my-bucket/x.py}
  config: {type: EndpointConfig, model: $steps.model.name}
  endpoint: {type: Endpoint, config: $steps.config.name}
  nb: {type: NotebookJob, notebook: n.ipynb, image: a/b}
  x: {type: Lambda, function: f, inputs: {x: "REFERENCE"}}
"""
OUTPUT = get("Steps.tune.TrainingJobDefinition.OutputDataConfig.S3OutputPath")


@pytest.mark.parametrize(
    "reference, expected",
    [
        ("tune.best_job", "BestTrainingJob.TrainingJobName"),
        ("tune.best_metric", "BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value"),
        ("tune.best_hyperparameters.a", "BestTrainingJob.TunedHyperParameters['a']"),
        ("tune.jobs[3]", "TrainingJobSummaries[3].TrainingJobName"),
        ("tune.BestTrainingJob.TrainingJobArn", "BestTrainingJob.TrainingJobArn"),
        ("model.name", "ModelName"),
        ("model.arn", "ModelArn"),
        ("model.model", "PrimaryContainer.ModelDataUrl"),
        ("register.package", "ModelPackageArn"),
        ("register.version", "ModelPackageVersion"),
        ("register.approval", "ModelApprovalStatus"),
        ("register.group", "ModelPackageGroupName"),
        ("batch.output", "TransformOutput.S3OutputPath"),
        ("batch.name", "TransformJobName"),
        ("auto.best_candidate", "BestCandidate.CandidateName"),
        ("auto.best_model", "BestCandidate.InferenceContainers[0].ModelDataUrl"),
        ("auto.insights", "BestCandidateProperties.ModelInsightsJsonReportPath"),
        ("quality.constraints", "CalculatedBaselineConstraints"),
        ("quality.statistics", "CalculatedBaselineStatistics"),
        ("quality.baseline_constraints", "BaselineUsedForDriftCheckConstraints"),
        ("quality.baseline_statistics", "BaselineUsedForDriftCheckStatistics"),
        ("bias.constraints", "CalculatedBaselineConstraints"),
        ("bias.baseline_constraints", "BaselineUsedForDriftCheckConstraints"),
        ("fn.outputs.score", "OutputParameters['score']"),
        ("fn.my-uri", "OutputParameters['my-uri']"),
        ("ask.answer", "OutputParameters['answer']"),
        ("emr.cluster", "ClusterId"),
        ("emr.state", "Status.State"),
        ("spark.state", "jobRun.state"),
        ("spark.jobRun.name", "jobRun.name"),
        ("config.arn", "EndpointConfigArn"),
        ("endpoint.name", "EndpointName"),
        ("nb.output", "OutputDataConfig.S3OutputPath"),
        ("nb.notebook", "Environment['SM_OUTPUT_NOTEBOOK_NAME']"),
    ],
)
def test_references(reference, expected):
    text = MANY.replace("REFERENCE", f"$steps.{reference}").replace(", TAIL", "")
    assert step(text, "x")["Arguments"]["x"] == get(f"Steps.{reference.split('.')[0]}.{expected}")


@pytest.mark.parametrize(
    "tail, reference, values",
    [
        ("", "tune.best_model",
         [OUTPUT, "/", get("Steps.tune.BestTrainingJob.TrainingJobName"), "/output/model.tar.gz"]),
        (", output: s3://my-bucket/models/", "tune.best_model",
         [OUTPUT, get("Steps.tune.BestTrainingJob.TrainingJobName"), "/output/model.tar.gz"]),
        ("", "tune.models[1]",
         [OUTPUT, "/", get("Steps.tune.TrainingJobSummaries[1].TrainingJobName"), "/output/model.tar.gz"]),
    ],
)  # fmt: skip
def test_the_models_of_a_tuning_lie_below_their_jobs(tail, reference, values):
    text = MANY.replace(", TAIL", tail).replace("REFERENCE", f"$steps.{reference}")
    assert step(text, "x")["Arguments"]["x"] == joined(*values)


@pytest.mark.parametrize(
    "reference, is_joined",
    [("fn.score", True), ("fn.my-uri", False), ("tune.best_metric", True), ("register.version", True),
     ("model.name", False)],
)  # fmt: skip
def test_what_may_be_a_number_is_joined_where_text_is_taken(reference, is_joined):
    text = MANY.replace(", TAIL", "").replace('{x: "REFERENCE"}', "{}")
    text += f"  p: {{type: Processing, code: p.py, args: ['$steps.{reference}']}}\n"
    given = step(text, "p")["Arguments"]["AppSpecification"]["ContainerArguments"][0]
    assert ("Std:Join" in given) is is_joined


# -- problems -----------------------------------------------------------------------------------------------------

S = "s3://my-bucket/x"
PROBLEMS = [
    ("{type: Lambda}", "missing-key", (2, 3), "notify"),
    ("{type: Lambda, function: f, inputs: {a: [1]}}", "wrong-kind", (2, 46), "nested"),
    ("{type: Lambda, function: f, outputs: {a: Flaot}}", "parameter-type", (2, 47), "`Float`"),
    ("{type: Lambda, function: f, outputs: {a: [1]}}", "wrong-kind", (2, 47), "Float"),
    ("{type: Callback}", "missing-key", (2, 3), "queue"),
    ("{type: Model}", "missing-key", (2, 3), "model"),
    (f"{{type: Model, containers: {S}}}", "wrong-kind", (2, 32), "`containers`"),
    ("{type: Model, containers: [{modle: x}]}", "unknown-key", (2, 34), "`model`"),
    ("{type: RegisterModel, group: g}", "missing-key", (2, 3), "$steps.train.model"),
    (f"{{type: RegisterModel, model: {S}}}", "missing-key", (2, 3), "diabetes"),
    (f"{{type: RegisterModel, model: {S}, group: g, metrics: {{quality: {S}}}}}", "unknown-key", (2, 73),
     "`data_quality`"),
    (f"{{type: RegisterModel, model: {S}, group: g, metrics: {{bias: {{pre: {S}}}}}}}", "unknown-key", (2, 80),
     "`report`"),
    (f"{{type: RegisterModel, model: {S}, group: g, metrics: {{bias: evaluation.json}}}}", "not-an-s3-uri", (2, 79),
     "s3://"),
    (f"{{type: Transform, input: {S}}}", "missing-key", (2, 3), "$steps.model.name"),
    ("{type: Transform, model: m}", "missing-key", (2, 3), "transform"),
    (f"{{type: Transform, model: m, input: {{urii: {S}}}}}", "unknown-key", (2, 42), "`uri`"),
    ("{type: Tuning, image: a/b, objective: minimize x}", "missing-key", (2, 3), "ranges"),
    ("{type: Tuning, image: a/b, ranges: {a: [x, y]}}", "missing-key", (2, 3), "objective"),
    ("{type: Tuning, image: a/b, ranges: {a: [x, y]}, objective: rmse}", "wrong-kind", (2, 65), "maximize METRIC"),
    ("{type: Tuning, code: t.py, ranges: {a: [x, y]}, metrics: {rmse: 'r=(.*)'}, objective: minimize rsme}",
     "unknown-output", (2, 92), "`rmse`"),
    ("{type: Tuning, image: a/b, ranges: {a: {min: 1}}, objective: minimize x}", "missing-key", (2, 45), "ends"),
    ("{type: Tuning, image: a/b, ranges: {a: {min: 1, max: 2, scale: logg}}, objective: minimize x}", "wrong-kind",
     (2, 69), "`log`"),
    ("{type: Tuning, image: a/b, ranges: {a: {min: 1, max: 2, type: int}}, objective: minimize x}", "wrong-kind",
     (2, 68), "`integer`"),
    ("{type: AutoML, target: y}", "missing-key", (2, 3), "inputs"),
    (f"{{type: AutoML, inputs: {{train: {S}}}, target: y}}", "unknown-key", (2, 30), "`training`"),
    (f"{{type: AutoML, inputs: {{training: {S}}}, target: y, max_runtime: soon}}", "not-a-duration", (2, 83), "90m"),
    ("{type: QualityCheck}", "missing-key", (2, 3), "`data_quality`"),
    (f"{{type: QualityCheck, check: dat_quality, dataset: {S}}}", "wrong-kind", (2, 34), "`data_quality`"),
    ("{type: QualityCheck, check: data_quality}", "missing-key", (2, 3), "dataset"),
    (f"{{type: QualityCheck, check: data_quality, dataset: {S}, format: cvs}}", "wrong-kind", (2, 83), "`csv`"),
    (f"{{type: ClarifyCheck, check: data_bias, dataset: {S}}}", "missing-key", (2, 3), "analysis_config.json"),
    ("{type: EMR, cluster: j-1}", "missing-key", (2, 3), "job.py"),
    (f"{{type: EMR, script: {S}}}", "missing-key", (2, 3), "running cluster"),
    (f"{{type: EMR, script: {S}, cluster: {{release: emr-6}}}}", "missing-key", (2, 53), "no nodes"),
    (f"{{type: EMR, script: {S}, cluster: {{relase: emr-6}}}}", "unknown-key", (2, 54), "`release`"),
    (f"{{type: EMRServerless, script: {S}}}", "missing-key", (2, 3), "application"),
    ("{type: EndpointConfig}", "missing-key", (2, 3), "$steps.model.name"),
    ("{type: EndpointConfig, variants: {a: b}}", "wrong-kind", (2, 43), "`a`"),
    ("{type: EndpointConfig, variants: {a: {}}}", "missing-key", (2, 43), "`model`"),
    ("{type: EndpointConfig, model: m, serverless: 3}", "wrong-kind", (2, 51), "memory"),
    ("{type: Endpoint}", "missing-key", (2, 3), "$steps.config.name"),
    ("{type: NotebookJob, image: a/b}", "missing-key", (2, 3), "report.ipynb"),
    ("{type: NotebookJob, notebook: n.ipynb}", "missing-key", (2, 3), "image"),
    ("{type: ForEach, items: [1]}", "missing-key", (2, 3), "body: [score]"),
    ("{type: ForEach, body: [b]}", "missing-key", (2, 3), "items: [a, b]"),
    ("{type: ForEach, items: [], body: [b]}", "wrong-kind", (2, 29), "1 to 100"),
    ("{type: ForEach, items: abc, body: [b]}", "wrong-kind", (2, 29), "list"),
    ("{type: ForEach, items: [1], body: [b], max_concurrency: 99}", "wrong-kind", (2, 62), "1 to 50"),
    ("{type: ForEach, items: [1], body: [b], select: $steps.b.o}", "wrong-kind", (2, 53), "max"),
    ("{type: ForEach, items: [1], body: [b], select: {max: 3}}", "wrong-kind", (2, 59), "$steps.b.outputs"),
    ("{type: ForEach, items: [1], body: [c]}", "unknown-step", (2, 41), "Declare"),
    ("{type: ForEach, items: [1], body: [f]}", "wrong-place", (2, 41), "Fail"),
    ("{type: ForEach, items: [1], body: [a]}", "cycle", (2, 41), "own branch"),
    ("{type: Lambda, function: f, inputs: {x: $steps.b.nope}}", "unknown-output", (2, 46), "outputs.NAME"),
    ("{type: Lambda, function: f, inputs: {x: $item.x}}", "wrong-place", (2, 46), "ForEach"),
    ("{type: Lambda, function: f, inputs: {x: $steps.t.best_hyperparameters}}", "incomplete-reference", (2, 46),
     "which one"),
    ("{type: Lambda, function: f, inputs: {x: '$steps.t.models[50]'}}", "unknown-output", (2, 47), "0 to 49"),
    ("{type: Lambda, function: f, inputs: {x: $steps.t.models}}", "incomplete-reference", (2, 46), "[0]"),
]  # fmt: skip
OTHERS = """
  b: {type: Lambda, function: f, outputs: [o]}
  f: {type: Fail, message: x}
  t: {type: Tuning, image: a/b, ranges: {a: [x, y]}, objective: minimize m}
"""


@pytest.mark.parametrize("written, code, place, words", PROBLEMS)
def test_each_mistake_is_found_at_its_place_with_a_way_out(written, code, place, words):
    result = compiled(f"steps:\n  a: {written}{OTHERS}")
    found = [problem for problem in result.problems if problem.code == code and problem.step == "a"]
    assert found, result.problems
    assert place in [(one.line, one.column) for one in found]
    assert any(words in f"{one.message} {one.fix}" for one in found), found


ODD = ["", "3", "[]", "{}", "[[]]", "[{a: [1]}]", "{a: {b: [c]}}", "'${'", "$steps.zz.a", "{Get: Parameters.p}",
       "{min: {}, max: [], uri: [1]}", "$item"]  # fmt: skip


@pytest.mark.parametrize("name", STEP_TYPES)
def test_any_value_under_any_key_gives_problems_never_an_exception(name):
    for key in STEP_TYPES[name].all_keys:
        for value in ODD:
            compiled(f"steps:\n  x: {{type: {name}, {'' if key == 'type' else f'{key}: {value}'}}}")


def test_what_arguments_give_is_not_filled_in():
    text = """\
        steps:
          tune: {type: Tuning, arguments: {HyperParameterTuningJobConfig: {Strategy: Grid}, TrainingJobDefinitions: [{}]}}
          model: {type: Model, arguments: {Containers: [{Image: a/b}]}}
          check: {type: QualityCheck, check: data_quality, arguments: {AppSpecification: {ImageUri: a/b}}}
        """
    tune, model, check = (one["Arguments"] for one in compiled(text).definition["Steps"])
    assert "TrainingJobDefinition" not in tune
    assert tune["HyperParameterTuningJobConfig"]["Strategy"] == "Grid"
    assert model == {"ExecutionRoleArn": FACTS.role, "Containers": [{"Image": "a/b"}]}
    assert check["AppSpecification"] == {"ImageUri": "a/b"}


def test_a_step_cannot_be_called_as_an_iteration_is():
    text = "steps:\n  a: {type: ForEach, items: [1], body: [b]}\n  b-0: {type: Lambda, function: f}" + OTHERS
    (problem,) = [one for one in compiled(text).problems if one.code == "step-name"]
    assert (problem.line, problem.column, problem.step) == (3, 3, "a")


@pytest.mark.parametrize(
    "reference, code, words",
    [
        ("$steps.score.loss", "wrong-place", "iterations[0].score.loss"),
        ("$steps.loop.selected", "incomplete-reference", "whole result"),
        ("$steps.loop.iterations", "incomplete-reference", "which iteration"),
        ("'$steps.loop.iterations[0].score'", "incomplete-reference", "whole result"),
        ("'$steps.loop.iterations[0].score.nope'", "unknown-output", "`nope`"),
        ("$steps.loop.selected.nope", "unknown-output", "`nope`"),
        ("$item", "wrong-place", "ForEach"),
    ],
)
def test_what_a_loop_does_not_give(reference, code, words):
    problems = compiled(LOOP.replace("REFERENCE", reference)).problems
    assert [problem.code for problem in problems if problem.severity is Severity.ERROR] == [code]
    assert words in f"{problems[0].message} {problems[0].fix}"
