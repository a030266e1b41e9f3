"""Known causes: every message of the catalogue of real failures finds its cause, and harmless logs find none."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from sm_pipeline_widgets.execution import causes as module
from sm_pipeline_widgets.execution.catalogue.row import Confidence
from sm_pipeline_widgets.execution.causes import CATALOGUE, Evidence, Seen, Surroundings, find_causes
from tests.execution.failure_docs import document

DOCS = Path(__file__).parents[2] / "docs" / "failures.md"
LIMIT = (
    "ResourceLimitExceeded: The account-level service limit 'ml.p2.xlarge for training job usage' is 0 Instances, with current "
    "utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this limit."
)

# Messages as people reported them, or as the documentation and the SDK spell them, by number of the collection.
MESSAGES = [
    (1, "Step failure: One or multiple steps failed", "several-steps-failed"),
    (3, "ClientError: Quality check failed. See violation report", "quality-drift"),
    (4, "ClientError: Clarify check failed. See violation report", "bias-drift"),
    (5, "Unable to parse pipeline definition. Unknown Argument member 'AdditionalModelDataSources'", "unknown-member"),
    (6, "Unknown Argument member 'ModelPackageName'", "unknown-member"),
    (7, "Unable to parse pipeline definition. x Expecting start of Json Array", "list-expected"),
    (8, "Expecting start of Json Object", "object-expected"),
    (9, "Unable to parse pipeline definition. Model Validation failed: string 'x' with length=260 cannot be greater than 256", "text-too-long"),
    (9, 'string "a-name" is too long (length: 90, maximum allowed: 82)', "text-too-long"),
    (9, "1 validation error detected: Value 'a' at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63", "text-too-long"),
    (10, "Pipeline names must be unique within an AWS account and region. Pipeline with name (x) already exists", "name-taken"),
    (11, "Either Pipeline Definition or Pipeline Definition S3 location should be provided", "no-definition"),
    (12, "Parameter 'p' is undefined", "unknown-parameter"),
    (12, "Unknown parameter 'p'", "unknown-parameter"),
    (12, "Unexpected type for parameter 'p'", "unknown-parameter"),
    (13, "Invalid SourcePipelineExecutionArn: null. The selected steps [a] have dependencies on [b]", "selective-source"),
    (14, LIMIT, "quota"),
    (15, "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.", "capacity"),
    (16, "Insufficient capacity error from EC2 while launching instances, retrying!", "capacity-wait"),
    (17, "ClientError: Failed to download data. ListObjectsV2 failed for s3://b/p nextToken:[null]: Unable to execute request to S3", "s3-unreachable"),
    (18, "ClientError: Data download failed:Unable to download object s3://b/k (AccessDenied: Access Denied)", "download-denied"),
    (19, "ClientError: Data download failed:NoSuchKey (404): The specified key does not exist", "no-such-object"),
    (19, 'No S3 objects found under S3 URL "s3://b/p" given in input data source', "nothing-at-the-input"),
    (20, "ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.", "image-pull"),
    (21, "API error (404): manifest for r/i:t not found: manifest unknown: Requested image not found", "image-tag"),
    (22, 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "Oh: no"\nCommand "/usr/bin/python3 train.py"', "script-raised"),
    (23, "AlgorithmError: framework error: \nTraceback (most recent call last):", "framework-error"),
    (24, "AlgorithmError: , exit code: 1", "ended-with-an-error"),
    (25, "AlgorithmError: , exit code: 137", "memory"),
    (25, "ClientError: Please use an instance type with more memory, or reduce the size of job data processed on an instance", "memory"),
    (26, "AlgorithmError: Exit Code: 139", "segmentation-fault"),
    (27, "AlgorithmError: , exit code: 132", "illegal-instruction"),
    (28, "AlgorithmError: , exit code: 126", "command-not-executable"),
    (28, "AlgorithmError: , exit code: 127", "command-missing"),
    (29, "InternalServerError: We encountered an internal error. Please try again.", "internal-error"),
    (30, "Platform Error: SageMaker pipe channel timed out", "pipe-mode"),
    (31, "An error occurred (ThrottlingException) when calling the CreateTrainingJob operation: Rate exceeded", "throttled"),
    (32, "Could not find model data at s3://b/model.tar.gz.", "model-missing"),
    (32, 'Failed to download model data for container "c" from URL: "s3://b/m". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions', "model-missing"),
    (33, "MaxRuntimeExceeded", "time-limit"),
    (34, "MaxWaitTimeExceeded", "spot-wait"),
    (35, "Interrupted: the spot instance was reclaimed", "spot-reclaimed"),
    (36, "AccessDeniedException: User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: sagemaker:CreateProcessingJob on resource: arn:x because no identity-based policy allows it", "permission"),
    (36, "User: u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/r", "pass-role"),
    (38, "2026-11-01T00:00:00Z 1-2 Task timed out after 3.00 seconds", "lambda-time"),
    (38, '{"errorMessage": "bad", "errorType": "ValueError"}', "lambda-error"),
    (39, "non-retryable client error on OutputParameters['a']['b']", "nested-outputs"),
    (41, "ServiceError: Failed to read serialized bytes from s3://b/p/function/metadata.json: An error occurred (404) when calling the HeadObject operation", "remote-payload-missing"),
    (42, "Integrity check for the serialized function or data failed", "remote-integrity"),
    (43, "TypeError: __init__() missing 1 required positional argument: 'hmac_key'", "remote-version"),
    (43, "sagemaker.remote_function.errors.DeserializationError: x", "remote-version"),
    (44, "ClientError: AlgorithmError: RuntimeError('x')", "script-raised"),
    (45, "LeftValue [1] of type [int] and RightValue [a] of type [str] are not of the same type.", "compared-types"),
    (46, "Condition of type [GreaterThan] not supported between [a] and [b]", "comparison-unsupported"),
    (47, "Invalid json path 'a.b'", "property-path"),
    (47, "Contents of file s3://b/e.json are not in valid JSON format.", "property-file-content"),
    (47, "Received an error while reading file s3://b/e.json", "property-file-content"),
    (47, "{'Get': 'Steps.a.X'} is undefined.", "property-path"),
    (48, "JsonGet function (with property_file) can only be evaluated on processing step outputs.", "property-file-wiring"),
    (48, "Property file reference 'x' is undefined in step a", "property-file-wiring"),
    (48, "Processing output name 'x' defined in property file 'y' not found in processing step 'z'", "property-file-wiring"),
    (49, "Step type RegisterModel is not supported in local mode.", "local-mode-unsupported"),
    (50, "RuntimeError: Failed to run: ['docker-compose', '-f', 'x', 'up'], Process exited with code: 1", "local-mode-container"),
    (51, "An error occurred (403) when calling the HeadObject operation: Forbidden", "object-of-another-account"),
    (52, "1 validation error detected: Value '[a]' at 'processingInputs' failed to satisfy constraint: Member must have length less than or equal to 10", "text-too-long"),
    (53, "Pipeline steps cannot have duplicate names. In addition, steps added in the ConditionStep", "step-graph"),
    (53, "Cycle detected in pipeline step graph.", "step-graph"),
    (53, "Step X is undefined.", "step-graph"),
    (54, "Training Execution failed. For more details, see CloudWatch logs at 'aws/sagemaker/TrainingJobs'. x", "see-the-log"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "message", "name"), MESSAGES)
def test_a_message_of_the_service_finds_its_cause(number, message, name):
    seen = Seen.STATUS if number in (16, 33, 34, 35) else Seen.REASON
    found = find_causes([Evidence(message, seen)])
    assert [cause.name for cause in found][:1] == [name]
    assert found[0].evidence
    assert found[0].evidence in message


@pytest.mark.parametrize(
    ("message", "around", "name"),
    [
        ("rmse was 57.3", Surroundings(type="Fail"), "fail-step"),
        ("Lambda invocation timed out", Surroundings(type="Lambda", seconds=600), "lambda-step-time"),
        ("the worker gave up", Surroundings(type="Callback"), "callback-unanswered"),
        ("", Surroundings(exit_code=137), "memory"),
        ("", Surroundings(exit_code=139), "segmentation-fault"),
        ("", Surroundings(exit_code=127), "command-missing"),
        ("", Surroundings(exit_code=2), "arguments-refused"),
    ],
)
def test_some_causes_need_what_is_known_of_the_step(message, around, name):
    assert [cause.name for cause in find_causes([Evidence(message, Seen.REASON)], around)] == [name]


# What programs print on their way to succeed, or before they die of something else.
HARMLESS = """
epoch 3: train_error=0.12 val_error=0.31
0 errors, 0 warnings
error rate: 0.05
mean absolute error 57.3
Test set: Average loss: 0.0304, Accuracy: 9900/10000, errors: 100
validation-error:0.24313
[12]#011train-error:0.117#011validation-error:0.243
WARNING: Running pip as the 'root' user can result in broken permissions
UserWarning: X does not have valid feature names, but LinearRegression was fitted with feature names
FutureWarning: The behavior of DataFrame concatenation is deprecated
WARNING:root:No module named 'apex', falling back to native amp
INFO could not find a version of numba, acceleration disabled
WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError: Failed to establish a new connection'
botocore.exceptions.ClientError: An error occurred (SlowDown) when calling PutObject, retrying in 2 s
Rate exceeded, attempt 2 of 5
download failed, will retry
Connection reset by peer, retrying
[WARN] NCCL error handling is set to async
NCCL INFO Bootstrap : Using eth0
INFO: 2026 10:00:00 Segmentation fault handler installed
WARNING: memory usage is high: 91 %
memory: 3 GB free
Killed 3 stale workers
no errors found
Loading model... errors will be written to stderr
exception_rate=0.0
I tensorflow/core/platform: This TensorFlow binary is optimized with oneDNN
Could not load dynamic library 'libcudart.so.11.0'; ignored
Collecting numpy==1.26.4
Successfully installed pip-24.0
Reporting training SUCCESS
spot price 0.12
SIGTERM handler registered
Access denied pages: 3
""".strip().splitlines()


@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_line_is_no_cause(line):
    assert find_causes([Evidence(line, Seen.LOG)]) == ()


def test_at_least_thirty_harmless_lines_were_tried_and_none_counts_in_company_either():
    assert len(HARMLESS) >= 30
    around = Surroundings(type="Training", exit_code=1, seconds=700)
    assert find_causes([Evidence(line, Seen.LOG) for line in HARMLESS], around) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NameError: name 'frame' is not defined", "undefined-name"),
        ("ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "missing-library"),
        ("ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/x/urls.py)", "package-version"),
        ("AttributeError: module 'numpy' has no attribute 'float'", "package-version"),
        ("KeyError: 'SM_HP_ALPHA'", "missing-variable"),
        ("KeyError: \"['age'] not in index\"", "missing-column"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'config.json'", "missing-file"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/input/data/train/x.csv'", "missing-input-file"),
        ("ValueError: could not convert string to float: 'abc'", "text-where-numbers-belong"),
        ("ValueError: Input X contains NaN.", "missing-values"),
        ("ValueError: X has 9 features, but StandardScaler is expecting 10 features as input.", "feature-count"),
        ("RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x784 and 10x5)", "tensor-shapes"),
        ("pandas.errors.EmptyDataError: No columns to parse from file", "empty-table"),
        ("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", "unreadable-json"),
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0x8b in position 1", "not-utf-8"),
        ("SyntaxError: invalid syntax", "syntax"),
        ("PermissionError: [Errno 13] Permission denied: '/usr/share/x'", "write-denied"),
        ("OSError: [Errno 28] No space left on device", "disk-full"),
        ("botocore.exceptions.NoCredentialsError: Unable to locate credentials", "no-credentials"),
        ('botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://x"', "network"),
        ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 8.00 GiB for an array", "memory"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "gpu-memory"),
        ("RuntimeError: No CUDA GPUs are available", "no-gpu"),
        ("RuntimeError: CUDA error: no kernel image is available for execution on the device", "gpu-architecture"),
        ("botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied", "s3-denied"),
        ("botocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation", "no-such-object"),
    ],
)  # fmt: skip
def test_an_exception_finds_its_cause(text, name):
    assert find_causes([Evidence(text, Seen.RAISED)])[0].name == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ERROR: No matching distribution found for sklearnn==9", "requirement-not-found"),
        ("train.py: error: unrecognized arguments: --n 3", "wrong-arguments"),
        ("python3: can't open file '/opt/ml/code/trian.py': [Errno 2] No such file or directory", "entry-point-missing"),
        ("Error in library(caret) : there is no package called ‘caret’", "missing-r-package"),
        ('Exception in thread "main" java.lang.OutOfMemoryError: Java heap space', "java-memory"),
        ("java.lang.ClassNotFoundException: org.apache.hadoop.fs.s3a.S3AFileSystem", "missing-java-class"),
        ("run.sh: line 3: gunicorn: command not found", "command-missing"),
        ("./run.sh: line 2: $'\\r': command not found", "windows-line-ends"),
        ("exec /usr/bin/python3: exec format error", "wrong-architecture"),
        ("run.sh: line 7:    12 Killed                  python train.py", "memory"),
        ("Killed", "memory"),
        ("Fatal Python error: Segmentation fault", "segmentation-fault"),
        ("[10:00:00] Customer Error: Unable to determine delimiter from the first line", "algorithm-refused"),
        ("2021-03-14T23:56:26.474:[sagemaker logs]: x.jpg: Bad HTTP status received from algorithm: 500", "inference-failed"),
    ],
)  # fmt: skip
def test_a_program_without_a_traceback_leaves_its_words_in_the_log(line, name):
    assert find_causes([Evidence(line, Seen.LOG)])[0].name == name


def test_the_specific_stands_before_the_possible_and_the_general_is_left_out():
    said = Evidence(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "CUDA out of memory"', Seen.REASON
    )
    log = Evidence("recv failed: Connection closed by peer", Seen.LOG)
    assert [cause.name for cause in find_causes([log, said])] == ["gpu-memory"]
    assert [cause.name for cause in find_causes([log])] == ["collective"]


def test_several_causes_are_told_the_surest_first():
    found = find_causes([Evidence("ValueError: could not convert string to float: 'a'", Seen.RAISED), Evidence("No space left on device", Seen.LOG)])  # fmt: skip
    assert [cause.name for cause in found] == ["disk-full", "text-where-numbers-belong"]
    assert [cause.confidence for cause in found] == [Confidence.CERTAIN, Confidence.LIKELY]


def test_a_kill_after_a_stop_is_not_blamed_on_memory():
    stopped = Surroundings(exit_code=137, is_ended_from_outside=True)
    assert find_causes([Evidence("AlgorithmError: , exit code: 137", Seen.REASON)], stopped)[0].name != "memory"


def test_a_policy_names_what_was_refused():
    denied = "User: u is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because"
    (cause,) = find_causes([Evidence(denied, Seen.REASON)])
    assert cause.snippet == '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"}'


def test_the_line_that_was_recognised_is_shown_and_a_long_one_cut_around_it():
    text = "first line\nOSError: [Errno 28] No space left on device: 'x'\nlast line"
    assert find_causes([text])[0].evidence == "OSError: [Errno 28] No space left on device: 'x'"
    (cause,) = find_causes([f"{'a' * 900} No space left on device {'b' * 900}"])
    assert "No space left on device" in cause.evidence
    assert len(cause.evidence) < 310


def test_every_row_can_be_told_apart_and_says_what_to_do():
    assert len(CATALOGUE) >= 50
    assert len({row.name for row in CATALOGUE}) == len(CATALOGUE)
    assert [row.name for row in CATALOGUE if not (row.title and row.fix and row.source)] == []
    assert [row.name for row in CATALOGUE if row.pattern is None and not row.exits] == []


def test_every_row_has_its_heading_and_every_heading_its_row():
    headings = re.findall(r"^## (.+)$", DOCS.read_text(), re.MULTILINE)
    assert headings == [row.name for row in CATALOGUE]


def test_the_document_says_what_the_catalogue_says():
    assert DOCS.read_text() == document(), "run: python -m tests.execution.failure_docs > docs/failures.md"


def test_the_modules_example():
    assert doctest.testmod(module).failed == 0
