"""Files in and out: every format, nothing overwritten, scripts that run over the wire, and whatever can be read."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sm_pipeline_widgets import Execution, Pipeline, connect, run
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.api.export import FORMATS, export
from sm_pipeline_widgets.api.finding import resolve
from sm_pipeline_widgets.api.png import load_resvg, png_of
from sm_pipeline_widgets.errors import DefinitionError, UsageError

TEXT = """\
description: Says "hello" {twice}
parameters: {who: world}
steps:
  greet: {type: Processing, code: cell:greet, args: [$parameters.who], outputs: [said]}
  train: {type: Training, code: cell:fit, inputs: {said: $steps.greet.outputs.said}}
"""
GREET = """%%step greet
import os, pathlib, sys
pathlib.Path(os.environ["SM_OUTPUT_SAID"], "said.txt").write_text(f"hello {sys.argv[1]} \\"é\\"")
"""
FIT = """%%step fit
import os, pathlib
said = pathlib.Path(os.environ["SM_CHANNEL_SAID"], "said.txt").read_text()
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(said)
print(said)
"""


SECRET = TEXT.replace("{who: world}", "{who: world, API_TOKEN: hunter2}")


@pytest.fixture
def target(engine):
    return connect("local", home=engine.home)


@pytest.fixture
def pipeline():
    code = CodeBook()
    code.add_cell("greet", GREET)
    code.add_cell("fit", FIT)
    return Pipeline.from_yaml(TEXT, "greeting", code=code)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_written_and_says_so(pipeline, tmp_path, suffix):
    written = pipeline.export(tmp_path / f"out{suffix}")
    assert written.size == (tmp_path / f"out{suffix}").stat().st_size > 0
    assert str(written).startswith(f"Wrote `{tmp_path / f'out{suffix}'}`: {FORMATS[suffix].what}, ")
    assert list(tmp_path.iterdir()) == [tmp_path / f"out{suffix}"]


@pytest.fixture
def secretive():
    return Pipeline.from_yaml(SECRET, "greeting")


@pytest.mark.parametrize("suffix", [".mmd", ".dot", ".svg", ".html"])
def test_pictures_and_pages_hide_secrets(secretive, tmp_path, suffix):
    secretive.export(tmp_path / f"out{suffix}")
    assert "hunter2" not in (tmp_path / f"out{suffix}").read_text()


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".py"])
def test_what_must_hold_its_values_takes_secrets_only_when_told_to(tmp_path, suffix):
    definition = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "API_TOKEN", "Type": "String", "DefaultValue": "hunter2"}],
    }
    pipeline = Pipeline.from_definition({**definition, "Steps": []}, "greeting")
    place = tmp_path / f"out{suffix}"
    with pytest.raises(
        UsageError, match="was not written, for it would hold what looks like a secret: the parameter `API_"
    ):
        pipeline.export(place)
    assert not place.exists()
    pipeline.export(place, with_secrets=True)
    assert "hunter2" in place.read_text()


def test_json_and_text_read_back_as_the_same_pipeline(pipeline, target, tmp_path):
    said = str(pipeline.export(tmp_path / "out.json", target=target))
    assert f"Filled in for target `local`: region {target.region}, bucket {target.bucket}, role {target.role}." in said
    assert resolve(tmp_path / "out.json", None, connect).definition() == pipeline.definition(target)
    pipeline.export(tmp_path / "out.yaml")
    assert (tmp_path / "out.yaml").read_text() == TEXT
    imported = Pipeline.from_definition(pipeline.definition(target), "x")
    imported.export(tmp_path / "again.yaml")
    assert resolve(tmp_path / "again.yaml", None, connect).definition() == pipeline.definition(target)


def test_a_file_that_is_there_is_not_overwritten_unless_asked_for(pipeline, tmp_path):
    place = tmp_path / "out.svg"
    place.write_text("mine")
    with pytest.raises(UsageError, match=r"is there already[\s\S]*--force"):
        pipeline.export(place)
    assert place.read_text() == "mine"
    pipeline.export(place, force=True)
    assert place.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out.jsn", "Did you mean `.json`"),
        ("out", r"The suffix says the format: `\.json`"),
        ("nowhere/out.svg", "cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_written_says_why(pipeline, tmp_path, name, words):
    with pytest.raises(UsageError, match=words):
        pipeline.export(tmp_path / name)


def test_a_text_with_errors_has_pictures_but_no_definition(tmp_path):
    broken = Pipeline.from_yaml("steps: {a: {type: Procesing}}", "broken")
    for suffix in (".json", ".py"):
        with pytest.raises(DefinitionError, match=r"was not exported[\s\S]*unknown-type[\s\S]*can be exported"):
            broken.export(tmp_path / f"out{suffix}")
    for suffix in (".yaml", ".svg", ".png", ".html", ".mmd", ".dot"):
        broken.export(tmp_path / f"out{suffix}")


def test_without_the_package_that_draws_pngs_its_installation_is_told():
    def find(name):
        raise ModuleNotFoundError(name)

    with pytest.raises(UsageError, match=r"needs the package resvg-py[\s\S]*%pip install 'sm_pipeline_widgets\[png\]'"):
        png_of("<svg/>", (1, 1), load=lambda: load_resvg(find))


def test_a_machine_without_fonts_is_told_so_instead_of_a_picture_without_words():
    class Blind:
        @staticmethod
        def svg_to_bytes(**_options):
            return b"always the same"

    with pytest.raises(UsageError, match=r"no font[\s\S]*fonts-dejavu-core"):
        png_of("<svg/>", (1, 1), load=lambda: Blind)


def run_script(engine, place, *options):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(place), *options],
        env=engine.environment(), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_script_deploys_and_runs_the_pipeline_with_boto3_alone(engine, pipeline, target, tmp_path):
    place = tmp_path / "greeting.py"
    pipeline.export(place, target=target)
    arn, started = run_script(engine, place, "--start", "-p", "who=moon")
    execution = Execution.attach(started, target)
    assert execution.wait(60).status.value == "Succeeded", execution.why()
    assert 'hello moon "é"' in "".join(line.text for line in execution.logs("train"))
    assert Pipeline.from_deployed(target, arn).definition() == pipeline.definition(target)
    # once more is an update, with another name and bucket a pipeline of its own
    assert run_script(engine, place) == [arn]
    run_script(engine, place, "--name", "greeting-two", "--bucket", "another-bucket", "--role", target.role + "-two")
    other = json.dumps(Pipeline.from_deployed(target, "greeting-two").definition())
    assert "s3://another-bucket/" in other
    assert target.bucket not in other
    assert target.role + "-two" in other


def test_a_long_definition_goes_through_s3(engine, target, tmp_path):
    long = {"Version": "2020-12-01", "Metadata": {"long": "é" * 60_000}, "Parameters": [], "Steps": [
        {"Name": "no", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}]}  # fmt: skip
    place = tmp_path / "long.py"
    Pipeline.from_definition(long, "long").export(place, target=target)
    run_script(engine, place, "--bucket", "for-long-definitions")
    assert Pipeline.from_deployed(target, "long").definition() == long
    stored = target.s3.list_objects_v2(Bucket="for-long-definitions")["Contents"]
    assert [entry["Key"].startswith("pipeline-definitions/") for entry in stored] == [True]


def test_an_execution_is_drawn_with_its_states_and_gives_the_definition_it_ran(pipeline, target, tmp_path):
    execution = run(pipeline, target)
    assert execution.wait(60).status.value == "Succeeded", execution.why()
    for suffix, word in ((".svg", "succeeded"), (".html", "succeeded"), (".mmd", "succeeded"), (".dot", "succeeded")):
        export(execution, tmp_path / f"run{suffix}")
        assert word in (tmp_path / f"run{suffix}").read_text()
    export(execution, tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text()) == pipeline.definition(target)


def test_versions_arns_and_objects_are_read(target, tmp_path):
    def deploy(message):
        text = f"steps: {{end: {{type: Fail, message: {message}}}}}"
        run(Pipeline.from_yaml(text, "versions"), target).wait(60)
        return Pipeline.from_yaml(text, "versions").definition(target)

    first, second = deploy("one"), deploy("two")
    arn = target.sagemaker.describe_pipeline(PipelineName="versions")["PipelineArn"]
    for what, wanted in (("versions", second), (arn, second), ("versions@1", first), (f"{arn}@1", first)):
        assert resolve(what, target, connect).definition() == wanted
    assert Pipeline.from_deployed(target, "versions", version=1).definition() == first
    target.s3.create_bucket(Bucket="definitions")
    target.s3.put_object(Bucket="definitions", Key="a/b.json", Body=json.dumps(first).encode())
    target.s3.put_object(Bucket="definitions", Key="a/c.yaml", Body=b"steps: {x: {type: Fail, message: '1'}}")
    assert resolve("s3://definitions/a/b.json", target, connect).definition() == first
    assert list(resolve("s3://definitions/a/c.yaml", target, connect).graph) == ["x"]
    assert resolve("s3://definitions/a/b.json", target, connect).name == "b"


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("nothing", UsageError, r"has no pipeline `nothing`[\s\S]*pipeline list"),
        ("nothing@3", UsageError, "no version 3 of a pipeline `nothing`"),
        ("nothing@x", UsageError, r"names no version[\s\S]*`nothing@1`"),
        ("s3://nowhere/a.json", UsageError, "has no object `s3://nowhere/a.json`"),
        ("s3://only-a-bucket", UsageError, "s3://BUCKET/KEY"),
        ("s3://broken/latin.json", UsageError, "is not UTF-8: byte 7 is 0xe9"),
        ("s3://broken/text.json", DefinitionError, "is not JSON"),
        ("missing.json", UsageError, "cannot be read: No such file"),
        (3, UsageError, "A int is neither a pipeline nor an execution"),
        (Pipeline, UsageError, "A type is neither"),
        ("sdk_pipeline", UsageError, "`sdk_pipeline` is nothing that is known here"),
        ("my.csv", UsageError, r"nothing that is known here[\s\S]*files end in `\.json`"),
        ([1], UsageError, "A list is neither"),
    ],
)
def test_what_is_not_there_or_no_definition_says_so(target, what, error, words):
    if str(what).startswith("s3://broken"):
        target.s3.create_bucket(Bucket="broken")
        target.s3.put_object(Bucket="broken", Key="latin.json", Body='{"a": "é"}'.encode("latin-1"))
        target.s3.put_object(Bucket="broken", Key="text.json", Body=b"{Steps")
    with pytest.raises(error, match=words):
        resolve(what, target, connect)
