"""Targets, checks, questions and history as a person types them; "AWS" is the engine behind an AWS target."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import PipelineWidgetsError, ReadOnlyError, UnansweredError, UsageError

SAY = "%%step say\nimport sys\nprint(sys.argv[1:])\n"


def cell(name, n=1):
    return f"""\
%%pipeline {name}
parameters:
  n: {n}
steps:
  say:
    type: Processing
    code: cell:say
    args: [$parameters.n]
"""


@pytest.fixture
def aws(notebook, engine, monkeypatch):
    """A notebook whose target is AWS as far as this package can tell."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    at = engine.endpoint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", at.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", at.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", at.region)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    notebook.run(SAY)
    notebook.run(f"%pipeline target aws --endpoint-url {at.url}")
    return notebook


def session_of(notebook):
    return notebook.shell.magics_manager.registry["PipelineMagics"].session


def test_a_target_says_where_it_is_who_asks_and_what_pipelines_get(aws, engine):
    text = aws.run("%pipeline target").text
    assert f"Target `aws`: AWS (by {engine.endpoint.url})" in text
    assert "account  000000000000" in text
    assert "role     arn:aws:iam::000000000000:role/sm-pipeline-widgets-local (the one you act as)" in text
    assert "who      role sm-pipeline-widgets-local (local)" in text
    assert "(it is there)" in text


def test_one_thing_of_a_target_is_changed_and_the_rest_stays(aws):
    text = aws.run("%pipeline target --region eu-west-1 --role arn:aws:iam::000000000000:role/Mine").text
    assert "region   eu-west-1" in text
    assert "role/Mine (given)" in text
    assert "AWS (by http" in text
    assert "read-only" in aws.run("%pipeline target --read-only").text
    assert "role/Mine" in aws.run("%pipeline target").text


def test_a_target_that_does_not_answer_leaves_the_notebook_where_it_was(aws, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    url = session_of(aws).target.session.endpoint_url
    error = aws.attempt(f"%pipeline target aws --region eu-west-1 --endpoint-url {url}").error
    assert isinstance(error, PipelineWidgetsError)
    assert session_of(aws).target.region == "us-east-1"


def test_a_run_says_at_its_head_where_it_is_and_who_asked(aws):
    aws.run(cell("head"))
    output = aws.run("%pipeline run head --wait")
    assert "aws · us-east-1 · account 000000000000 · role sm-pipeline-widgets-local (local) · runs as" in output.shown
    assert "updating: `head`: created" in output.text
    assert "starting: arn:aws" in output.text


def test_replacing_what_is_deployed_needs_a_yes(aws):
    aws.run(cell("replace"))
    aws.run("%pipeline run replace --wait")
    aws.run(cell("replace", n=2))
    error = aws.attempt("%pipeline run replace --wait").error
    assert isinstance(error, UnansweredError)
    assert "DefaultValue: 1 → 2" in str(error)
    assert "--yes" in str(error)
    asked = []
    session_of(aws).ask = lambda question: asked.append(question) or False
    assert "You said no" in str(aws.attempt("%pipeline run replace").error)
    assert len(asked) == 1
    assert "updated" in aws.run("%pipeline run replace --yes --wait").text


def test_the_run_of_a_cell_takes_the_same_options(aws):
    output = aws.run(cell("options").replace("options", "options --run --wait -p n=5 --name five --tag team=a", 1))
    assert output.displayed
    history = aws.run("%pipeline runs options").shown
    assert "five" in history
    error = aws.attempt(cell("options", n=3).replace("options", "options --run", 1)).error
    assert isinstance(error, UnansweredError)


def test_what_is_deployed_is_started_by_its_name_and_not_updated(aws, engine):
    aws.run(cell("elsewhere"))
    aws.run("%pipeline run elsewhere --wait")
    session_of(aws).pipelines.clear()
    text = aws.run("%pipeline run elsewhere --wait -p n=9").text
    assert "updating" not in text
    assert "uploading" not in text
    versions = engine.client("sagemaker").list_pipeline_versions(PipelineName="elsewhere")["PipelineVersionSummaries"]
    assert len(versions) == 1
    assert " 9 " in aws.run("%pipeline runs elsewhere --where n=9").shown


def test_a_read_only_target_watches_and_starts_nothing(aws):
    aws.run(cell("look"))
    aws.run("%pipeline run look --wait")
    aws.run("%pipeline target --read-only")
    assert isinstance(aws.attempt("%pipeline run look --yes").error, ReadOnlyError)
    assert isinstance(aws.attempt("%pipeline stop").error, ReadOnlyError) is False, "the run keeps its own target"
    assert "say" in aws.run("%pipeline watch look").shown
    assert isinstance(aws.attempt("%pipeline stop").error, PipelineWidgetsError)


def test_a_check_tells_what_it_could_not_find_out_and_creates_nothing(aws, engine):
    aws.run(cell("checked"))
    text = aws.run("%pipeline check checked").text
    assert "Nothing is wrong with the definition." in text
    assert "? note quota-unknown [account]" in text
    assert text.rstrip().endswith("Nothing was created or changed.")
    assert engine.client("sagemaker").list_pipelines(PipelineNamePrefix="checked")["PipelineSummaries"] == []
    missing = cell("checked").replace("    args:", "    inputs: {data: s3://nowhere/at/all/}\n    args:")
    aws.run(missing)
    assert "✕ error input-missing [say]" in aws.run("%pipeline check checked").text
    aws.run("%pipeline target local")
    assert "✕ error input-missing [say]" in aws.run("%pipeline check checked").text


def test_history_has_parameters_as_columns_and_finds_by_them(notebook):
    notebook.run(SAY)
    notebook.run(cell("past"))
    for n in (1, 2):
        notebook.run(f"%pipeline run past -p n={n} --wait")
    output = notebook.run("%pipeline runs")
    assert "<table>" in output.displayed[0]["text/html"]
    assert output.shown.count("pipeline/past/execution/") == 2
    assert notebook.run("%pipeline runs past --limit 1").shown.count("/execution/") == 1
    assert notebook.run("%pipeline runs past --where n=2 --status succeeded").shown.count("/execution/") == 1
    assert "none." in notebook.run("%pipeline runs past --status failed").shown


def test_a_view_says_when_the_notebook_has_gone_elsewhere(notebook, engine, monkeypatch):
    from sm_pipeline_widgets.api.show import LiveView

    notebook.run(SAY)
    notebook.run(cell("stays"))
    notebook.run("%pipeline run stays --wait")
    live = LiveView.of_execution(session_of(notebook).latest)
    at = engine.endpoint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", at.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", at.secret_key)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    notebook.run(f"%pipeline target aws --region eu-west-1 --endpoint-url {at.url}")
    health = live.view.state["run"]["health"]
    assert health.startswith("this run stays at engine on this machine; the notebook's target is aws · eu-west-1")
    notebook.run("%pipeline target local")
    assert live.view.state["run"]["health"] == ""


def test_a_declared_pipelines_view_says_where_its_run_is(notebook):
    from sm_pipeline_widgets.api.show import LiveView

    notebook.run(SAY)
    notebook.run(cell("headed").replace("parameters:", "description: Says it\nparameters:"))
    live = LiveView.of_pipeline(session_of(notebook).pipelines["headed"])
    assert live.view.subtitle == "Says it"
    notebook.run("%pipeline run headed --wait")
    live.follow(session_of(notebook).latest)
    assert live.view.subtitle == "engine on this machine"


@pytest.mark.parametrize(
    "line, words",
    [
        ("%pipeline target local --read-only", "takes no options"),
        ("%pipeline target --region eu-west-1", "takes no options"),
        ("%pipeline run hello --parallelism many", "invalid int"),
        ("%pipeline run hello --tag team", "--tag team="),
        ("%pipeline runs", "Nothing has been run"),
        ("%pipeline runs nothing", "no pipeline `nothing`"),
        ("%pipeline runs nothing --limit 0", "from 1 on"),
        ("%pipeline runs nothing --where x", "--where x="),
        ("%pipeline check nothing", "%%pipeline nothing"),
        ("%pipeline run nothing.yaml", "cannot be read"),
    ],
)
def test_what_is_typed_wrongly_is_answered_with_what_to_do(notebook, line, words):
    error = notebook.attempt(line).error
    assert isinstance(error, UsageError), error
    assert words in str(error)
