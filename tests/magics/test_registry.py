"""From a trained model to an endpoint and back, through the verbs: notebook and terminal, on a real engine."""

from __future__ import annotations

import io
import json
import re

import pytest

from sm_pipeline_widgets.errors import ServiceError, UnansweredError, UsageError
from sm_pipeline_widgets.magics.terminal import main
from tests.registry_story import pipeline_text


@pytest.fixture(scope="module")
def group(engine, tmp_path_factory):
    """A group with two versions, registered by two runs of one pipeline; its name."""
    from sm_pipeline_widgets import Pipeline, connect, run

    text = pipeline_text(tmp_path_factory.mktemp("registry"), "Verbs-Diabetes")
    target = connect("local", home=engine.home)
    pipeline = Pipeline.from_yaml(text, name="verbs-diabetes")
    executions = [run(pipeline, target=target, parameters={"alpha": alpha}) for alpha in (0.1, 1.0)]
    assert [str(one.wait(timeout=120).status) for one in executions] == ["Succeeded"] * 2
    return "Verbs-Diabetes"


ROW = ",".join(["0.05"] * 10)


def test_a_versions_life_in_a_notebook(notebook, group):
    assert group in notebook.run("%pipeline models").text
    table = notebook.run(f"%pipeline models {group}").shown
    assert "VERSION  STATUS   AGE" in table
    assert "RMSE" in table
    assert "verbs-diabetes (run " in table

    page = notebook.run(f"%pipeline models {group}/2").shown
    assert "rmse 5" in page
    assert "step `register` of pipeline `verbs-diabetes`, after train, evaluate" in page
    assert re.search(r"alpha = (0\.1|1\.0)\n", page)
    assert "code of train: s3://" in page

    refused = notebook.attempt(f"%pipeline deploy {group}/1").error
    assert isinstance(refused, UsageError)
    assert "only approved versions are served" in str(refused)
    assert "needs a note" in str(notebook.attempt(f"%pipeline approve {group}/1").error)
    told = notebook.run(f'%pipeline approve {group}/1 --note "rmse is fine"').text
    assert "approved by" in told
    assert "rmse is fine" in told

    compared = notebook.run(f"%pipeline models {group}/2 --against approved").shown
    assert f"{group.lower()}/1" in compared.lower()
    assert "worse" in compared or "better" in compared
    assert "alpha" in compared

    deployed = notebook.run(f"%pipeline deploy {group} --endpoint verbs --yes --wait").text
    assert "InService" in deployed
    assert "100 %" in deployed
    assert "(v1, " in notebook.run(f"%pipeline invoke verbs {ROW}").text
    notebook.run(f'%pipeline approve {group}/2 --note "try it"')
    beside = notebook.run(f"%pipeline deploy {group}/2 --endpoint verbs --traffic 25% --yes --wait").text
    assert "75 %" in beside
    assert "25 %" in beside
    notebook.run("rows = [[0.05] * 10] * 3")
    assert "(v2, " in notebook.run("%pipeline invoke verbs rows --variant v2").text
    shifted = notebook.run("%pipeline endpoint verbs --traffic v1=0 v2=100 --yes").text
    assert "100 %" in shifted
    assert {line[:4] for line in [notebook.run(f"%pipeline invoke verbs {ROW}").text.splitlines()[-1]]} == {"(v2,"}

    back = notebook.run("%pipeline endpoint verbs --rollback --yes --wait").text
    assert "v2" not in back
    assert "again" in notebook.run(f'%pipeline rollback {group}/1 --note "2 drifts" --yes').text
    assert "rejected" in notebook.run(f"%pipeline models {group}").shown
    asked = notebook.attempt("%pipeline undeploy verbs").error
    assert isinstance(asked, UnansweredError)
    assert "delete model `verbs-v1-" in str(asked)
    assert "is deleted" in notebook.run("%pipeline undeploy verbs --yes").text
    assert isinstance(notebook.attempt(f"%pipeline invoke verbs {ROW}").error, ServiceError)
    assert "No other version" in str(notebook.attempt(f"%pipeline models {group}/1 --against approved").error)


def test_the_same_in_a_terminal_with_json(engine, group, monkeypatch):
    monkeypatch.setenv("SM_PIPELINE_WIDGETS_HOME", str(engine.home))

    def ask(*words: str, code: int = 0):
        output, errors = io.StringIO(), io.StringIO()
        assert main([*words, "--json"], output, errors) == code, errors.getvalue()
        return json.loads(errors.getvalue() if code else output.getvalue())

    assert group in [one["name"] for one in ask("models")["groups"]]
    versions = ask("models", group)["versions"]
    assert [one["name"] for one in versions] == [f"{group}/2", f"{group}/1"]
    assert set(versions[0]["metrics"]) == {"rmse", "r2"}
    approved = ask("approve", f"{group}/2", "--note", "again")
    assert (approved["status"], approved["decisions"][0]["note"]) == ("approved", "again")
    origin = ask("models", f"{group}/2")["origin"]
    assert (origin["step"], list(origin["parameters"])) == ("register", ["alpha"])
    rows = {row["name"]: row for row in ask("models", f"{group}/2", "--against", "1")["rows"]}
    assert rows["alpha"]["before"] != rows["alpha"]["after"]

    assert "--yes" in ask("deploy", f"{group}/2", "--endpoint", "terminal", code=2)["fix"]
    deployed = ask("deploy", f"{group}/2", "--endpoint", "terminal", "--wait", "--yes")
    assert deployed["state"]["status"] == "InService"
    assert deployed["cost"].startswith("nothing")
    assert ask("invoke", "terminal", ROW)["variant"] == "v2"
    assert [one["name"] for one in ask("endpoints")["endpoints"]] == ["terminal"]
    assert ask("endpoint", "terminal")["variants"][0]["traffic"] == 100
    assert len(ask("undeploy", "terminal", "--yes")["acts"]) == 3
    assert ask("rollback", f"{group}/2", "--note", "x", "--yes", code=2)["error"] == "UsageError"
    assert ask("reject", f"{group}/2", "--note", "drifts")["status"] == "rejected"


def test_a_pipeline_that_ends_in_an_endpoint(notebook, group, engine):
    sagemaker = engine.client("sagemaker")
    (approved, *_) = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    notebook.run(
        f"""%%pipeline serves
steps:
  model: {{type: Model, arguments: {{Containers: [{{ModelPackageName: "{approved["ModelPackageArn"]}"}}]}}}}
  config: {{type: EndpointConfig, model: $steps.model.name}}
  serve: {{type: Endpoint, config: $steps.config.name, name: by-steps-of-a-cell}}
"""
    )
    assert "✓ serve succeeded" in notebook.run("%pipeline run serves --wait").shown
    assert "AllTraffic" in notebook.run(f"%pipeline invoke by-steps-of-a-cell {ROW}").text
    assert f"{group.lower()}/" in notebook.run("%pipeline endpoint by-steps-of-a-cell").shown
    assert "Kept, since it was not made by `deploy`" in str(
        notebook.attempt("%pipeline undeploy by-steps-of-a-cell").error
    )
    assert "is deleted" in notebook.run("%pipeline undeploy by-steps-of-a-cell --yes").text
