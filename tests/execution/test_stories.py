"""Failures told as people met them: what was logged, and what the report makes of it."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sm_pipeline_widgets.execution import arguments, exit_words, lanes, program_errors
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.exit_words import ExitFacts
from sm_pipeline_widgets.execution.failure import build_report
from sm_pipeline_widgets.execution.first_errors import first_errors, speaks_of_error
from sm_pipeline_widgets.execution.jobfacts import Stage
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.execution.traceback import last_traceback
from tests.execution.test_causes import HARMLESS

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abcdefghijkl"
JOB = "arn:aws:sagemaker:us-east-1:123456789012:training-job/pipelines-abc-train-xyz"
METADATA = {"Metadata": {"TrainingJob": {"Arn": JOB}}}
PEER = """Traceback (most recent call last):
  File "/opt/ml/code/train.py", line 40, in <module>
    dist.barrier()
torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1970, remote process exited"""
DEATH = """Traceback (most recent call last):
  File "/opt/ml/code/train.py", line 12, in <module>
    fit()
ValueError: bad row 7"""


def log(text: str, stream: str = "algo-1", start: int = 0) -> list[LogLine]:
    return [LogLine(start + n, stream, line) for n, line in enumerate(text.splitlines())]


def failed(
    job: dict | None = None,
    tail: list[LogLine] = (),
    *,
    reason="",
    arguments=None,
    parameters=None,
    item=METADATA,
    **step,
):
    """The report of a run whose one step failed."""
    definition = {
        "Parameters": [{"Name": "machine", "Type": "String", "DefaultValue": "ml.p4d.24xlarge"}],
        "Steps": [{"Name": "train", "Type": "Training", "Arguments": arguments or {}}],
    }
    described = {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Failed", "CreationTime": NOON}
    items = [{"StepName": "train", "StepStatus": "Failed", "StartTime": NOON, "EndTime": NOON + timedelta(seconds=100), "FailureReason": reason, **item, **step}]  # fmt: skip
    state = derive(definition, described, items, parameters)
    return build_report(state, {"train": job} if job else {}, {"train": tail} if tail else {}).roots[0]


def crashed(tail: list[LogLine], code: int = 1, **job):
    return failed({"TrainingJobStatus": "Failed", "FailureReason": f"AlgorithmError: , exit code: {code}", **job}, tail)


def test_of_two_hosts_the_one_that_failed_by_itself_explains_though_its_peer_spoke_first():
    root = crashed([*log(PEER, "algo-2"), *log(DEATH, "algo-1", 50)])
    assert (root.headline, root.host) == ("ValueError: bad row 7", "algo-1")


def test_ranks_that_write_into_one_log_at_once_are_told_apart():
    one = [f"[rank0]: {line}" for line in PEER.splitlines()]
    other = [f"[rank1]: {line}" for line in DEATH.splitlines()]
    mixed = "\n".join(line for pair in zip(one, other, strict=True) for line in pair)
    assert crashed(log(mixed)).headline == "ValueError: bad row 7"


@pytest.mark.parametrize(
    "prefix", ["[0]: ", "[default3]:", "[1,mpirank:0,algo-1]<stderr>:", "(train_fn pid=12, ip=10.0.0.1) "]
)
def test_every_launchers_rank_is_seen_through(prefix):
    found = last_traceback(log("\n".join(f"{prefix}{line}" for line in DEATH.splitlines())))
    assert (found.final.message, found.final.frames[0].source) == ("bad row 7", "fit()")


@given(order=some.permutations(range(8)))
def test_whatever_the_order_in_which_ranks_write_each_is_read_whole(order):
    waiting = [[f"[rank0]: {line}" for line in PEER.splitlines()], [f"[rank1]: {line}" for line in DEATH.splitlines()]]
    mixed = [waiting[at % 2].pop(0) for at in order if waiting[at % 2]]
    assert crashed(log("\n".join(mixed))).headline == "ValueError: bad row 7"


PIECES = (*DEATH.splitlines(), *PEER.splitlines(), "Caused by: java.io.IOException: x", "\tat a.b.C(D.java:1)", "Error in f(x) :", "Execution halted",
          "During handling of the above exception, another exception occurred:", "[rank0]: ", "  + Exception Group Traceback (most recent call last):",
          "terminate called after throwing an instance of 'x'", "run.sh: line 3: x: command not found", "    | ", '"""', "Killed")  # fmt: skip


@given(lines=some.lists(some.one_of(some.sampled_from(PIECES), some.text(max_size=60)), max_size=30))
def test_no_log_whatever_it_holds_breaks_a_report(lines):
    tail = [LogLine(n, f"algo-{n % 3}", line) for n, line in enumerate(lines)]
    assert crashed(tail).headline


def test_a_message_that_ends_in_a_colon_goes_on_in_the_next_line():
    text = 'Traceback (most recent call last):\n  File "/opt/ml/code/t.py", line 1, in f\n    g()\nbotocore.exceptions.ParamValidationError: Parameter validation failed:\nMissing required parameter in input: "Bucket"'
    assert (
        crashed(log(text)).exception_message
        == 'Parameter validation failed: Missing required parameter in input: "Bucket"'
    )


def test_a_loggers_time_may_stand_before_the_first_line_only_or_before_each():
    first, *rest = DEATH.splitlines()
    assert (
        last_traceback(log("\n".join([f"2026-11-01 10:00:00,123 ERROR {first}", *rest]))).final.message == "bad row 7"
    )
    each = [f"2026-11-01 10:00:0{n} ERROR {line}" for n, line in enumerate(DEATH.splitlines())]
    assert last_traceback(log("\n".join(each))).final.message == "bad row 7"


def test_a_line_of_another_thread_within_a_traceback_does_not_hide_it():
    lines = DEATH.splitlines()
    text = "\n".join(
        [lines[0], '  File "/opt/ml/code/train.py", line 30, in <module>', "    main()", "epoch 3 loss 0.2", *lines[1:]]
    )
    found = last_traceback(log(text))
    assert [frame.line for frame in found.final.frames] == [30, 12]


def test_a_progress_bar_before_a_traceback_does_not_hide_it():
    assert last_traceback(log(" 50%|#####     | 5/10\r 60%|######    | 6/10\r" + DEATH)).final.message == "bad row 7"


def test_the_childs_traceback_is_told_before_the_parents_word_that_it_died():
    parent = """Traceback (most recent call last):
  File "/opt/ml/code/run.py", line 3, in <module>
    subprocess.run(command, check=True)
subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1."""
    root = crashed(log(f"{DEATH}\n{parent}"))
    assert root.headline == "ValueError: bad row 7"
    assert root.led_to == (
        "subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1.",
    )
    assert crashed(log(parent)).exception_type == "subprocess.CalledProcessError"


def test_a_launchers_traceback_gives_way_to_those_of_its_ranks():
    launcher = """Traceback (most recent call last):
  File "/opt/conda/bin/torchrun", line 33, in <module>
    sys.exit(main())
torch.distributed.elastic.multiprocessing.errors.ChildFailedError: train.py FAILED"""
    ranks = "\n".join(f"[rank1]: {line}" for line in DEATH.splitlines())
    assert crashed([*log(launcher), *log(ranks, start=90)]).headline == "ValueError: bad row 7"


def test_an_exception_raised_while_another_was_handled_keeps_it():
    text = f"{DEATH}\n\nDuring handling of the above exception, another exception occurred:\n\n{DEATH.replace('ValueError: bad row 7', 'OSError: disk gone')}"
    root = crashed(log(text))
    assert (root.headline, root.followed) == ("OSError: disk gone", ("ValueError: bad row 7",))


def test_a_log_that_begins_within_a_traceback_is_read_as_far_as_it_is_there():
    root = crashed(log("\n".join(DEATH.splitlines()[1:])))
    assert (root.headline, root.own_frame.line) == ("ValueError: bad row 7", 12)


def test_a_log_that_ends_within_a_traceback_leaves_the_services_words():
    said = 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: bad row 7"\nCommand "x"'
    root = failed({"TrainingJobStatus": "Failed", "FailureReason": said}, log("\n".join(DEATH.splitlines()[:2])))
    assert root.headline == "ValueError: bad row 7"


def test_a_traceback_in_the_services_words_is_read_where_there_is_no_log():
    said = f"AlgorithmError: framework error: \n{DEATH}"
    root = failed({"TrainingJobStatus": "Failed", "FailureReason": said})
    assert (root.headline, root.own_frame.line, root.traceback_at) == ("ValueError: bad row 7", 12, None)
    cut = failed({"TrainingJobStatus": "Failed", "FailureReason": said[:-30]})
    assert cut.headline.startswith("AlgorithmError: framework error")


def test_of_an_error_message_of_several_lines_the_one_that_names_the_exception_comes_first():
    said = 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "raise EnvironmentError(msg)\n OSError: x\nOSError: no file named model.bin"\nCommand "x"'
    root = failed({"TrainingJobStatus": "Failed", "FailureReason": said})
    assert root.headline == "OSError: no file named model.bin"


# What people pasted into issues, and what it should have told them.
PASTED = [
    ("ClientError: SageMaker was unable to assume the role 'arn:aws:iam::1:role/R'", "assume-role"),
    ("ClientError: TrainingHostAgent Initialization failed:InvalidInputException: SageMaker is unable to perform: sts:AssumeRole on the role.", "assume-role"),
    ("AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is implemented and responds with an HTTP 200 status code", "ping"),
    ("ClientError: An error occurred (ValidationException) when calling the CreateTrainingJob operation: Cannot find repository: a/b in registry ID: 1 Please check if your ECR repository exists", "image-pull"),
    ('No S3 objects found under S3 URL "s3://b/output/train" given in input data source. Please ensure that the bucket exists in the selected region', "nothing-at-the-input"),
    ("2 validation errors detected: Value 'x' at 'modelName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]*", "constraint"),
    ("InternalServerError: We encountered an internal error.  Please try again.", "internal-error"),
    ("AlgorithmError: Exit Code: 1", "ended-with-an-error"),
    ("ClientError: Unable to get response from algorithm", "no-inference-answer"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "cause"), PASTED)
def test_what_people_pasted_into_issues_is_recognised(reason, cause):
    assert failed({"TrainingJobStatus": "Failed", "FailureReason": reason}).causes[0].name == cause


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (
            (
            'Exception in thread "main" java.lang.RuntimeException: job failed\n\tat com.me.Main.run(Main.java:12)\n'
            "Caused by: java.io.FileNotFoundException: no such file s3://b/k\n\tat com.me.Reader.open(Reader.java:7)\n\t... 3 more"
            ),
            "java.io.FileNotFoundException: no such file s3://b/k",
        ),
        ("Error in fit(x) : object 'y' not found\nCalls: main -> fit\nExecution halted", "R: object 'y' not found (in fit(x))"),
        ("Error: cannot open the connection\nExecution halted", "R: cannot open the connection"),
        ("starting\nrun.sh: line 3: gunicorn: command not found", "shell: gunicorn: command not found"),
        ("TypeError: x is not a function\n    at main (/app/run.js:3:5)\n    at Object.<anonymous> (/app/run.js:9:1)", "TypeError: x is not a function"),
        ("terminate called after throwing an instance of 'std::runtime_error'\n  what():  no such device", "std::runtime_error: no such device"),
    ],
)  # fmt: skip
def test_deaths_without_a_python_traceback(text, headline):
    assert crashed(log(text)).headline == headline


def test_javas_innermost_cause_is_told_where_a_python_program_only_passed_it_on():
    text = """Traceback (most recent call last):
  File "/opt/ml/processing/input/code/prepare.py", line 9, in <module>
    spark.read.csv(path)
py4j.protocol.Py4JJavaError: An error occurred while calling o46.csv.
: org.apache.spark.SparkException: Job aborted
\tat org.apache.spark.Driver.run(Driver.scala:11)
Caused by: java.lang.OutOfMemoryError: Java heap space
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3745)"""
    root = crashed(log(text))
    assert root.headline == "java.lang.OutOfMemoryError: Java heap space"
    assert root.own_frame.line == 9
    assert root.causes[0].name == "java-memory"
    assert root.led_to[0].startswith("py4j.protocol.Py4JJavaError")


def test_a_java_frame_of_ones_own_is_told_from_a_librarys():
    text = 'Exception in thread "main" java.lang.IllegalStateException: x\n\tat java.util.List.get(List.java:1)\n\tat com.me.Main.run(Main.java:12)'
    assert [(frame.line, frame.is_user) for frame in crashed(log(text)).frames] == [(12, True), (1, False)]


def test_the_first_error_of_each_host_is_shown_where_the_end_of_the_log_hides_it():
    early = log("reading\nERROR shard 3 is unreadable\nskipping\n" + "\n".join(f"row {n}" for n in range(300)))
    late = log("reading\nfatal: lost the leader", "algo-2", 400)
    root = crashed([*early, *late])
    assert [(error.stream, error.line.text, error.before) for error in root.first_errors] == [
        ("algo-1", "ERROR shard 3 is unreadable", 1),
        ("algo-2", "fatal: lost the leader", 1),
    ]
    assert crashed(log("ERROR here\nend")).first_errors == ()


@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_line_is_no_first_error(line):
    assert not speaks_of_error(line)


@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_line_is_no_cause_of_a_crash(line):
    assert crashed(log(line)).causes == ()


def test_the_first_errors_come_in_the_order_of_time():
    found = first_errors([*log("ERROR late", "a", 500), *log("ERROR early", "b", 100)])
    assert [error.stream for error in found] == ["b", "a"]


def test_a_step_that_never_had_a_job_says_so_and_shows_what_it_was_asked_for():
    reason = "ClientError: ResourceLimitExceeded: The account-level service limit 'ml.p4d.24xlarge for training job usage' is 0 Instances"
    wanted = {"ResourceConfig": {"InstanceType": {"Get": "Parameters.machine"}, "InstanceCount": 1}, "RoleArn": "r"}
    root = failed(reason=reason, arguments=wanted, item={})
    assert (root.started_at_all, root.stage) == (False, Stage.REFUSED)
    assert ("machine", "1 of ml.p4d.24xlarge") in root.facts
    assert root.causes[0].name == "quota"


def moments(*statuses: str) -> list[dict]:
    return [
        {"Status": status, "StartTime": NOON + timedelta(seconds=10 * n), "EndTime": NOON + timedelta(seconds=10 * n + 9), "StatusMessage": f"now {status}"}
        for n, status in enumerate(statuses)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "statuses", "stage", "cause"),
    [
        ("ClientError: Cannot pull algorithm container. Either the image does not exist or its permissions are incorrect.", ["Starting", "DownloadingTrainingImage", "Failed"], Stage.IMAGE, "image-pull"),
        ("ClientError: Data download failed:NoSuchKey (404): The specified key does not exist", ["Starting", "Downloading", "Failed"], Stage.DATA, "no-such-object"),
        ("CapacityError: Unable to provision requested ML compute capacity.", ["Starting", "Failed"], Stage.MACHINE, "capacity"),
        ("AlgorithmError: , exit code: 1", ["Starting", "Downloading", "Training", "Uploading", "Failed"], Stage.PROGRAM, "ended-with-an-error"),
        ("ClientError: Data upload failed: AccessDenied", ["Starting", "Training", "Uploading", "Failed"], Stage.RESULTS, "data-upload"),
    ],
)  # fmt: skip
def test_how_far_a_job_without_a_log_stream_came(reason, statuses, stage, cause):
    root = failed(
        {"TrainingJobStatus": "Failed", "FailureReason": reason, "SecondaryStatusTransitions": moments(*statuses)}
    )
    assert (root.stage, root.causes[0].name) == (stage, cause)
    assert [moment.status for moment in root.history] == statuses
    assert root.history[0].seconds == 9
    assert root.log_tail == ()


@pytest.mark.parametrize(
    ("code", "facts", "words"),
    [
        (1, ExitFacts(), "the script ended with an error"),
        (2, ExitFacts(), "the script did not accept its arguments"),
        (126, ExitFacts(), "the command is there but may not be executed"),
        (127, ExitFacts(), "the command was not found"),
        (134, ExitFacts(), "the program aborted itself"),
        (137, ExitFacts(), "it was killed, most often because memory ran out"),
        (137, ExitFacts("ml.m5.large"), "it was killed, most often because memory ran out (it ran on ml.m5.large)"),
        (137, ExitFacts(is_stopped=True), "it was killed when the step was stopped, since it had not ended by itself within its grace time"),
        (137, ExitFacts(ran=3600, allowed=3600), "it was killed when its time limit of 3600 s was over, since it had not ended by itself within its grace time"),
        (139, ExitFacts(is_stopped=True), "the program crashed on a wrong memory access"),
        (143, ExitFacts(), "it was asked to end: stopped, or over its time limit"),
        (143, ExitFacts(is_over_time=True, allowed=60), "it ended when its time limit of 60 s was over"),
        (143, ExitFacts(is_stopped=True), "it ended when the step was stopped"),
        (200, ExitFacts(), "a code of the script's own"),
    ],
)  # fmt: skip
def test_an_exit_code_in_words(code, facts, words):
    assert exit_words.exit_words(code, facts) == words


def test_a_kill_at_the_time_limit_is_not_blamed_on_memory():
    root = crashed([], 137, StoppingCondition={"MaxRuntimeInSeconds": 100})
    assert root.headline.startswith("exit code 137: it was killed when its time limit of 100 s was over")
    assert "memory" not in [cause.name for cause in root.causes]


def test_variables_role_and_time_limit_are_among_the_facts():
    root = crashed(
        [],
        RoleArn="arn:role",
        Environment={"MODE": "fast", "SM_INPUT_X": "/x"},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    assert {("role", "arn:role"), ("variable MODE", "fast"), ("time limit", "600 s")} <= set(root.facts)
    assert not any("SM_INPUT" in name for name, _ in root.facts)


def test_a_log_counts_where_the_job_may_not_be_described():
    assert failed(None, log(DEATH), reason="AlgorithmError: , exit code: 1").headline == "ValueError: bad row 7"


@pytest.mark.parametrize("module", [arguments, exit_words, lanes, program_errors])
def test_the_modules_examples(module):
    assert doctest.testmod(module).failed == 0
