"""Starting a run in two moves: what is asked, what is told, and that nothing happens before the answer."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from sm_pipeline_widgets import Pipeline, connect, run
from sm_pipeline_widgets.api.asking import answers, typed_answer
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.submit import Tools, form_for, new_token, prepare
from sm_pipeline_widgets.aws.session import TargetSession
from sm_pipeline_widgets.aws.target import Target
from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import DefinitionError, ReadOnlyError, ServiceError, UnansweredError, UsageError
from sm_pipeline_widgets.execution.submitting import Asks, Question, Stage

TEXT = """\
parameters:
  n: 1
  mode: {type: String, default: fast, enum: [fast, slow]}
steps:
  say:
    type: Processing
    code: cell:say
    args: [$parameters.n, $parameters.mode]
"""
SAY = "%%step say\nimport sys\nprint(sys.argv[1:])\n"
numbers = itertools.count()


@pytest.fixture
def code():
    book = CodeBook()
    book.add_cell("say", f"{SAY}# of its own in every test, or it would be uploaded already: {next(numbers)}\n")
    return book


@pytest.fixture
def pipeline(code):
    """A pipeline of a name that no other test uses."""
    return Pipeline.from_yaml(TEXT, name=f"submit-{next(numbers)}", code=code)


def changed(pipeline, code):
    return Pipeline.from_yaml(TEXT.replace("n: 1", "n: 2"), name=pipeline.name, code=code)


def versions(engine, name):
    return len(engine.client("sagemaker").list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"])


def test_a_first_run_is_told_in_stages(pipeline, aws):
    told = []
    ticks = itertools.count(100.0, 0.5)
    made = prepare(pipeline, aws(), listener=told.append, tools=Tools(clock=lambda: next(ticks)))
    assert made.questions == ()
    assert {one.code for one in made.report.findings} >= {"quota-unknown"}
    execution = made.start((), told.append)
    assert execution.wait(60).status == "Succeeded"
    over = [one for one in told if one.seconds is not None]
    assert [one.stage for one in over] == [Stage.CHECKING, Stage.UPLOADING, Stage.UPDATING, Stage.STARTING]
    assert over[0].seconds == pytest.approx(0.5)
    uploading = [one for one in told if one.stage is Stage.UPLOADING]
    total = uploading[0].total
    assert [one.done for one in uploading] == [0, total, total]
    assert total >= len(SAY.partition("\n")[2])
    assert over[-1].words == execution.arn


def test_a_second_run_uploads_nothing_and_makes_no_version(pipeline, aws, engine):
    run(pipeline, target=aws())
    told = []
    run(pipeline, target=aws(), parameters={"n": 5}, listener=told.append)
    assert {one.stage for one in told} == {Stage.CHECKING, Stage.STARTING}
    assert versions(engine, pipeline.name) == 1


def test_replacing_what_is_deployed_is_asked_with_the_difference(pipeline, code, aws, engine):
    run(pipeline, target=aws())
    made = prepare(changed(pipeline, code), aws())
    (question,) = made.questions
    assert question.asks is Asks.UPDATE
    assert "account 000000000000" in question.title
    assert "DefaultValue: 1 → 2" in question.text
    with pytest.raises(UnansweredError, match="Update and run"):
        made.start()
    assert versions(engine, pipeline.name) == 1
    made.start({Asks.UPDATE})
    assert versions(engine, pipeline.name) == 2


def test_at_the_engine_of_this_machine_nothing_is_asked(pipeline, code, engine):
    local = connect("local", home=engine.home)
    run(pipeline, target=local)
    made = prepare(changed(pipeline, code), local)
    assert made.questions == ()
    assert made.change == "step: 1 unchanged; parameters: 1 changed, 1 unchanged"


@pytest.mark.parametrize("answer", [True, False])
def test_the_python_twin_asks_whoever_it_is_given(pipeline, code, aws, engine, answer):
    run(pipeline, target=aws())
    if answer:
        assert run(changed(pipeline, code), target=aws(), ask=lambda _: True).arn
    else:
        with pytest.raises(UsageError, match="You said no to: Replace"):
            run(changed(pipeline, code), target=aws(), ask=lambda _: False)
    assert versions(engine, pipeline.name) == (2 if answer else 1)


def test_a_script_says_yes_beforehand_or_is_refused(pipeline, code, aws, engine):
    run(pipeline, target=aws())
    with pytest.raises(UnansweredError, match="--yes"):
        run(changed(pipeline, code), target=aws())
    run(changed(pipeline, code), target=aws(), yes=True)
    assert versions(engine, pipeline.name) == 2


def test_a_pipeline_that_somebody_changed_while_one_was_asked_is_not_overwritten(pipeline, code, aws, engine):
    run(pipeline, target=aws())
    made = prepare(changed(pipeline, code), aws())
    theirs = Pipeline.from_yaml(TEXT.replace("n: 1", "n: 3"), name=pipeline.name, code=code)
    run(theirs, target=aws(), yes=True)
    with pytest.raises(UsageError, match="by somebody else"):
        made.start({Asks.UPDATE})
    assert versions(engine, pipeline.name) == 2


def test_code_that_changed_while_one_was_asked_is_not_uploaded_under_another_hash(pipeline, code, aws):
    made = prepare(pipeline, aws())
    code.add_cell("say", SAY + "# more\n")
    with pytest.raises(UsageError, match="`cell:say` has changed"):
        made.start()


def test_a_press_that_is_sent_twice_starts_once(pipeline, aws, engine):
    form = form_for(pipeline, aws())
    made = prepare(pipeline, aws(), form.options)
    assert made.start() is made.start()
    # the same press through another kernel, or after an answer that was lost
    assert prepare(pipeline, aws(), form.options).start().arn == made.start().arn
    listed = engine.client("sagemaker").list_pipeline_executions(PipelineName=pipeline.name)
    assert len(listed["PipelineExecutionSummaries"]) == 1
    other = replace(form, token=new_token())
    assert prepare(pipeline, aws(), other.options).start().arn != made.start().arn


def test_a_form_offers_what_was_used_last_and_the_versions_there_are(pipeline, aws):
    target = aws()
    assert form_for(pipeline, target).versions == ()
    run(pipeline, target=target, parameters={"n": 7, "mode": "slow"})
    form = form_for(pipeline, target)
    assert [(one.name, one.last) for one in form.fields] == [("n", "7"), ("mode", "slow")]
    assert form.versions == (1,)
    assert "account 000000000000" in form.target
    started = prepare(pipeline, target, form.with_last().options).start()
    assert started.wait(60).parameters == {"n": "7", "mode": "slow"}


def test_what_is_said_of_a_run_reaches_the_service(pipeline, aws, engine):
    options = RunOptions({"n": "3"}, "my-run", "why not", parallelism=2, tags=(("team", "a"),))
    execution = run(pipeline, target=aws(), options=options)
    client = engine.client("sagemaker")
    described = client.describe_pipeline_execution(PipelineExecutionArn=execution.arn)
    assert described["PipelineExecutionDisplayName"] == "my-run"
    assert described["PipelineExecutionDescription"] == "why not"
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    assert client.list_tags(ResourceArn=described["PipelineArn"])["Tags"] == [{"Key": "team", "Value": "a"}]
    # a tag more is added without a new version
    run(pipeline, target=aws(), options=RunOptions(tags=(("cost", "b"),)))
    assert {tag["Key"] for tag in client.list_tags(ResourceArn=described["PipelineArn"])["Tags"]} == {"team", "cost"}
    assert versions(engine, pipeline.name) == 1


def test_an_older_version_is_started_as_it_is(pipeline, code, aws, engine):
    run(pipeline, target=aws())
    run(changed(pipeline, code), target=aws(), yes=True)
    execution = run(pipeline, target=aws(), options=RunOptions({"mode": "slow"}, version=1))
    described = engine.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=execution.arn)
    assert described["PipelineVersionId"] == 1
    assert versions(engine, pipeline.name) == 2
    with pytest.raises(UsageError, match="no version 9 of pipeline"):
        prepare(pipeline, aws(), RunOptions(version=9))


@pytest.mark.parametrize(
    "options, words",
    [
        (RunOptions({"nn": 1}), "no parameter `nn`"),
        (RunOptions({"mode": "medium"}), "`fast` and `slow`"),
        (RunOptions(display_name="my run"), "cannot be called"),
        (RunOptions(parallelism=0), "at once"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(pipeline, aws, engine, options, words):
    with pytest.raises(UsageError, match=words):
        prepare(pipeline, aws(), options)
    listed = engine.client("sagemaker").list_pipelines(PipelineNamePrefix=pipeline.name)["PipelineSummaries"]
    assert listed == []


def test_a_read_only_target_runs_nothing(pipeline, aws):
    with pytest.raises(ReadOnlyError, match="read-only"):
        prepare(pipeline, aws(read_only=True))


def test_a_text_with_errors_is_not_prepared(aws):
    with pytest.raises(DefinitionError):
        prepare(Pipeline.from_yaml("steps: {a: {type: Processing}}", name="wrong"), aws())


# -- against moto: buckets that are not there, roles that are not there ----------------------------------------------


@pytest.fixture
def moto_target(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with mock_aws():
        yield connect("aws", region="eu-west-1", role="arn:aws:iam::123456789012:role/Nobody")


def test_a_bucket_is_created_after_asking_only(pipeline, moto_target):
    made = prepare(pipeline, moto_target)
    assert [one.asks for one in made.questions] == [Asks.FINDINGS, Asks.BUCKET]
    assert "role-missing" in made.questions[0].text
    assert "sagemaker-eu-west-1-123456789012" in made.questions[1].title
    with pytest.raises(UnansweredError):
        made.start({Asks.FINDINGS})
    assert moto_target.s3.list_buckets()["Buckets"] == []
    made.start({Asks.FINDINGS, Asks.BUCKET}).watcher.close()
    assert [one["Name"] for one in moto_target.s3.list_buckets()["Buckets"]] == ["sagemaker-eu-west-1-123456789012"]


def test_findings_do_not_hold_up_a_script(pipeline, moto_target, caplog):
    moto_target.ensure_bucket()
    run(pipeline, target=moto_target).watcher.close()
    assert "role-missing" in caplog.text


# -- a stubbed service: what neither of the others does -------------------------------------------------------------

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo"
DEFINITION = {"Version": "2020-12-01", "Parameters": [], "Steps": []}


@pytest.fixture
def stub():
    session = TargetSession(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    target = Target("aws", session, role="arn:aws:iam::123456789012:role/R", account="123456789012")
    with Stubber(target.sagemaker) as stubber:
        stubber.target = target
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_start_that_is_refused_until_the_tags_have_spread_is_tried_again(stub):
    stub.add_client_error("describe_pipeline", "ResourceNotFound", "no")
    tags = [{"Key": "team", "Value": "a"}]
    stub.add_response(
        "create_pipeline",
        {"PipelineArn": ARN},
        {
            "PipelineName": "demo",
            "PipelineDefinition": json.dumps(DEFINITION),
            "RoleArn": stub.target.role,
            "Tags": tags,
            "ClientRequestToken": ANY,
        },
    )
    for _ in range(2):
        stub.add_client_error("start_pipeline_execution", "AccessDeniedException", "not yet")
    stub.add_response("start_pipeline_execution", {"PipelineExecutionArn": f"{ARN}/execution/abcdefghijkl"})
    slept = []
    made = prepare(
        Pipeline.from_definition(DEFINITION, "demo"), stub.target, RunOptions(tags=(("team", "a"),)), check=False
    )
    execution = made.start(tools=Tools(sleep=slept.append))
    execution.watcher.close()
    assert slept == [1.0, 2.0]


def test_without_new_tags_a_refusal_is_one(stub):
    stub.add_response("describe_pipeline", described())
    stub.add_client_error("start_pipeline_execution", "AccessDeniedException", "no")
    with pytest.raises(ServiceError, match="AccessDenied"):
        prepare(Pipeline.from_definition(DEFINITION, "demo"), stub.target).start()


@pytest.mark.newest_boto3
def test_an_alias_is_started_as_it_is(stub):
    asked = {"PipelineName": "demo", "PipelineVersionAlias": "prod"}
    stub.add_response("describe_pipeline", described(), asked)
    stub.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": f"{ARN}/execution/abcdefghijkl"},
        {"PipelineName": "demo", "PipelineVersionAlias": "prod", "ClientRequestToken": "t" * 32},
    )
    options = RunOptions(alias="prod", token="t" * 32)
    prepare(Pipeline.from_definition(DEFINITION, "demo"), stub.target, options).start().watcher.close()


def test_another_role_alone_is_a_change_to_ask_about(stub):
    stub.add_response("describe_pipeline", described(RoleArn="arn:aws:iam::123456789012:role/Old"))
    made = prepare(Pipeline.from_definition(DEFINITION, "demo"), stub.target)
    assert made.change == "another role"
    assert "role/Old → arn:aws:iam::123456789012:role/R" in made.questions[0].text


def described(**more):
    return {
        "PipelineArn": ARN,
        "PipelineName": "demo",
        "RoleArn": "arn:aws:iam::123456789012:role/R",
        "PipelineDefinition": json.dumps(DEFINITION),
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
    } | more


# -- the keyboard ---------------------------------------------------------------------------------------------------

UPDATE = Question(Asks.UPDATE, "Update it?", "~ n", "Update and run")
FINDINGS = Question(Asks.FINDINGS, "Run it all the same?", "✕ error", "Run anyway")


@pytest.mark.parametrize(
    "typed, is_yes", [("y", True), ("YES ", True), ("", False), ("n", False), ("yes please", False)]
)
def test_only_a_plain_yes_is_one(capsys, typed, is_yes):
    prompts = []
    assert typed_answer(UPDATE, lambda prompt: prompts.append(prompt) or typed) == is_yes
    assert prompts == ["Update and run? [y/N] "]
    assert "~ n" in capsys.readouterr().out


def test_where_nobody_types_nobody_is_waited_for(capsys):
    def nobody(_prompt):
        raise EOFError

    with pytest.raises(UnansweredError, match="Nobody can be asked"):
        typed_answer(UPDATE, nobody)


def test_findings_alone_pass_where_nobody_can_be_asked(caplog):
    def nobody(question):
        raise UnansweredError(str(question))

    assert answers([FINDINGS], nobody) == {Asks.FINDINGS}
    assert "Run it all the same?" in caplog.text
    with pytest.raises(UnansweredError):
        answers([FINDINGS, UPDATE], nobody)
    assert answers([FINDINGS, UPDATE], nobody, yes=True) == {Asks.FINDINGS, Asks.UPDATE}
