"""Where a terminal's verbs work: options of the target that every verb takes."""

from __future__ import annotations

import io

import pytest

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.terminal import main
from sm_pipeline_widgets.magics.terminal_session import Place

ROLE = "arn:aws:iam::000000000000:role/r"
SAY = """\
steps:
  say: {type: Processing, image: x/y, command: [python3, -c, "print('hello')"]}
"""


@pytest.mark.parametrize(
    ("words", "place", "left"),
    [
        ("list", Place(), "list"),
        ("list --region eu-west-1 x", Place(region="eu-west-1"), "list x"),
        ("--role R run a.yaml -p x=-1 -n 5", Place(role="R"), "run a.yaml -p x=-1 -n 5"),
        ("run a.yaml --read-only --wait", Place(read_only=True), "run a.yaml --wait"),
        ("target aws --region eu-west-1", Place(), "target aws --region eu-west-1"),
        ("why --bucket b --profile=p --endpoint-url u", Place(bucket="b", profile="p", endpoint_url="u"), "why"),
    ],
)
def test_options_of_the_target_stand_anywhere(words, place, left):
    assert Place.taken_from(words.split()) == (place, left.split())


def test_an_option_without_a_value_is_bad_input():
    with pytest.raises(UsageError, match="--role"):
        Place.taken_from(["list", "--role"])


@pytest.fixture
def terminal(engine, monkeypatch, tmp_path):
    """Run a command line that takes the engine for AWS."""
    at = engine.endpoint
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", at.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", at.secret_key)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_ENDPOINT_URL", at.url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "placed.yaml").write_text(SAY)

    def run(*words):
        output, errors = io.StringIO(), io.StringIO()
        return (
            main([*words, "--region", at.region, "--role", ROLE], output, errors),
            output.getvalue(),
            errors.getvalue(),
        )

    return run


def test_a_run_on_aws_says_where_it_is(terminal):
    code, said, errors = terminal("run", "placed.yaml", "--no-check", "--yes", "--wait")
    assert (code, errors) == (0, "")
    assert "at aws · us-east-1 · account 000000000000" in said
    assert "say  succeeded" in said
    code, said, _ = terminal("logs", "say", "--execution", "placed")
    assert (code, said.strip().endswith("hello")) == (0, True)


def test_a_target_that_is_only_looked_at_is_not_changed(terminal):
    code, _, errors = terminal("run", "placed.yaml", "--read-only")
    assert code == 1
    assert "read-only" in errors
