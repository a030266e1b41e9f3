"""``%pipeline engine`` in a notebook."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.verbs.engine import size, why_it_stays


def test_status_names_process_folder_and_what_runs(engine, notebook):
    said = notebook.run("%pipeline engine").text
    assert said.startswith("The engine on this machine runs.")
    for fact in (str(engine.home), engine.endpoint.url, str(engine.endpoint.pid), "executions"):
        assert fact in said
    assert engine.endpoint.secret_key not in said


def test_cleaning_only_says_what_would_go(engine, notebook):
    before = engine.endpoint.pid
    said = notebook.run("%pipeline engine clean --older-than 0s").text
    assert "This would remove" in said
    assert "Add `--yes`" in said
    assert str(before) in notebook.run("%pipeline engine").text, "the engine went on meanwhile"


def test_an_unknown_action_shows_the_usage(notebook):
    error = notebook.attempt("%pipeline engine explode").error
    assert isinstance(error, UsageError)
    assert "engine [status|stop|clean]" in str(error)


@pytest.mark.parametrize(
    "work, words",
    [
        ((0, 0, 0), "until nobody has asked for a while; nothing keeps it awake"),
        ((2, 0, 0), "as long as there is work: 2 executions"),
        ((0, 1, 2), "as long as there is work: 1 job, 2 endpoints in service; delete_endpoint ends one"),
    ],
)
def test_what_keeps_it_awake(work, words):
    assert why_it_stays(*work) == words


@pytest.mark.parametrize(
    "count, words", [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (5 << 20, "5 MiB"), (3 << 40, "3.0 TiB")]
)
def test_sizes(count, words):
    assert size(count) == words
