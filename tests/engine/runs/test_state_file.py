"""The state's file: older, newer, damaged, read-only, and on a full disk."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.engine.database import Database
from sm_pipeline_widgets.engine.objects import ObjectStore
from sm_pipeline_widgets.engine.resources import ResourceRecord, Resources
from sm_pipeline_widgets.engine.schema import LOSS, MIGRATIONS
from sm_pipeline_widgets.engine.storage import StorageError
from sm_pipeline_widgets.engine.store import Store
from sm_pipeline_widgets.errors import EngineError

ARN = "arn:aws:sagemaker:eu-west-3:000000000000:pipeline/old/execution/abcdefghijkl"
STEP = {"Name": "one", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}
VERSION_1 = """
CREATE TABLE pipelines (name TEXT PRIMARY KEY COLLATE NOCASE, arn TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL,
  description TEXT NOT NULL, role TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
  version INTEGER NOT NULL, last_run REAL, parallelism INTEGER, tags TEXT NOT NULL);
CREATE TABLE versions (pipeline TEXT NOT NULL COLLATE NOCASE, version INTEGER NOT NULL, definition TEXT NOT NULL,
  created REAL NOT NULL, PRIMARY KEY (pipeline, version));
CREATE TABLE executions (arn TEXT PRIMARY KEY, pipeline TEXT NOT NULL COLLATE NOCASE, version INTEGER NOT NULL,
  status TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL, role TEXT NOT NULL,
  display_name TEXT NOT NULL, description TEXT NOT NULL, reason TEXT NOT NULL, parallelism INTEGER,
  parameters TEXT NOT NULL);
CREATE INDEX executions_of ON executions (pipeline, created);
CREATE TABLE steps (execution TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, status TEXT NOT NULL,
  started REAL NOT NULL, ended REAL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, metadata TEXT NOT NULL,
  end_order INTEGER NOT NULL, display_name TEXT NOT NULL, description TEXT NOT NULL, PRIMARY KEY (execution, name));
CREATE TABLE properties (execution TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL,
  PRIMARY KEY (execution, name));
CREATE TABLE jobs (name TEXT PRIMARY KEY, kind TEXT NOT NULL, arn TEXT NOT NULL, execution TEXT NOT NULL,
  step TEXT NOT NULL, request TEXT NOT NULL, status TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
  stream TEXT NOT NULL, started REAL, ended REAL, reason TEXT NOT NULL, exit_message TEXT NOT NULL,
  model TEXT NOT NULL, transitions TEXT NOT NULL, metrics TEXT NOT NULL);
CREATE INDEX jobs_of ON jobs (execution, step);
CREATE INDEX jobs_by_stream ON jobs (kind, stream);
CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, execution TEXT NOT NULL,
  step TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX events_of ON events (execution);
CREATE TABLE tokens (operation TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, answer TEXT NOT NULL,
  PRIMARY KEY (operation, token));
PRAGMA user_version=1;
"""


def opened(path):
    return Database(path, MIGRATIONS, LOSS)


def old_file(path):
    """A file as the first version left it: a pipeline, a failed execution, its step and a job."""
    definition = json.dumps({"Version": "2020-12-01", "Steps": [STEP]})
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1)
        arn = ARN.partition("/execution")[0]
        db.execute("INSERT INTO pipelines VALUES ('old', ?, '', '', 'role', 1, 1, 1, 2, NULL, '{}')", (arn,))
        db.execute("INSERT INTO versions VALUES ('old', 1, ?, 1)", (definition,))
        db.execute(
            "INSERT INTO executions VALUES (?, 'old', 1, 'Failed', 2, 3, 'role', '', '', 'why', NULL, '{}')", (ARN,)
        )
        db.execute(
            "INSERT INTO steps VALUES (?, 'one', 0, 'Failed', 2, 3, 1, 'x', '{\"Fail\": {\"ErrorMessage\": \"x\"}}', 1, '', '')",
            (ARN,),
        )
        db.execute(
            "INSERT INTO jobs VALUES ('j', 'Processing', 'a', ?, 'one', '{}', 'Completed', 1, 2, 's', 1, 2, '', '', '', '[]', '[]')",
            (ARN,),
        )
        db.commit()


def test_a_file_of_the_first_version_is_read_and_written(tmp_path):
    path = tmp_path / "engine.sqlite"
    old_file(path)
    with closing(opened(path)) as database:
        store = Store(database)
        (execution,) = store.executions("old")
        assert (execution.arn, execution.reason, execution.selection) == (ARN, "why", {})
        (step,) = store.steps(ARN)
        assert (step.reason, step.metadata, step.cached_from) == ("x", {"Fail": {"ErrorMessage": "x"}}, "")
        assert store.version("old", 1).aliases == ()
        assert store.job("j").details == {}
        assert Resources(database).resources("model") == []
    with closing(opened(path)) as database:
        assert database.rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)


def test_an_old_execution_is_shown_and_its_pipeline_runs_again(tmp_path, make_lab):
    (tmp_path / "home").mkdir()
    old_file(tmp_path / "home" / "engine.sqlite")
    lab = make_lab()
    assert lab.end(ARN).steps["one"]["FailureReason"] == "x"
    assert lab.end(lab.begin("old")).steps["one"]["FailureReason"] == "x"


def test_a_file_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "engine.sqlite"
    opened(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    with pytest.raises(EngineError, match=r"newer version of sm_pipeline_widgets \(its schema is 99; .*\nUpgrade"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: b"no database" * (len(data) // 10), "is damaged: it is no SQLite file"),
        (lambda data: data[:100] + b"\xff" * 4000 + data[4100:], "is damaged"),
    ],
)
def test_a_damaged_file_is_said_to_be_and_left_alone(tmp_path, damage, words):
    path = tmp_path / "engine.sqlite"
    opened(path).close()
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(EngineError, match=rf"{words}.*\nMove engine.sqlite, .* and start again"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["engine.sqlite", "objects/index.sqlite"])
def test_an_engine_over_a_damaged_file_says_so_to_who_starts_it(tmp_path, name):
    path = tmp_path / "home" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(EngineError, match="is damaged: it is no SQLite file"):
        daemon.ensure(tmp_path / "home")


def test_a_folder_that_cannot_be_made_says_so():
    with pytest.raises(EngineError, match=r"state folder /sys/.* cannot be used: .*\n.*SM_PIPELINE_WIDGETS_HOME"):
        daemon.ensure(type(daemon.state_home())("/sys/sm-pipeline-widgets/home"))


def resource(name, size=10):
    return ResourceRecord("model", name, f"arn:{name}", 1.0, 1.0, {"text": "x" * size})


def full(database):
    """No page more than there are: what a full disk looks like from inside SQLite."""
    pages = database._db.execute("PRAGMA page_count").fetchone()[0]
    database._db.execute(f"PRAGMA max_page_count={pages}")


def test_a_full_disk_is_said_and_changes_nothing(tmp_path):
    with closing(opened(tmp_path / "engine.sqlite")) as database:
        resources = Resources(database)
        resources.put_resource(resource("kept"))
        full(database)
        with pytest.raises(StorageError, match=r"ServiceUnavailable: The disk of .* is full. Nothing was changed."):
            resources.put_resource(resource("large", 100_000))
        assert [at.name for at in resources.resources("model")] == ["kept"]
        database._db.execute("PRAGMA max_page_count=100000")
        resources.put_resource(resource("large", 100_000))
        assert len(resources.resources("model")) == 2


def test_a_read_only_file_is_said_and_changes_nothing(tmp_path):
    with closing(opened(tmp_path / "engine.sqlite")) as database:
        database._db.execute("PRAGMA query_only=ON")
        with pytest.raises(StorageError, match=r"may not write its state: .*engine.sqlite is read-only"):
            Resources(database).put_resource(resource("a"))
        assert Resources(database).resources("model") == []


def test_objects_on_a_full_disk(tmp_path):
    with closing(ObjectStore(tmp_path / "objects")) as objects:
        objects.create_bucket("data")
        full(objects._index._database)

        def put_many():
            for at in range(1000):
                objects.put_bytes("data", f"{'k' * 900}{at}", b"x")

        with pytest.raises(StorageError, match="is full"):
            put_many()
        kept = tuple(objects.iter("data", ""))
        assert len(kept) < 1000
        assert objects.list("data", max_keys=1000).objects == kept


@pytest.mark.parametrize("trouble", ["PRAGMA query_only=ON", "PRAGMA max_page_count=1"])
def test_an_execution_waits_until_its_end_can_be_written(lab, tmp_path, trouble):
    wait = (
        f"import os, time\nopen({str(tmp_path / 'ready')!r}, 'w').close()\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)"
    )
    lab.create([lab.processing("one", wait), lab.processing("after", "pass", DependsOn=["one"])])
    arn = lab.begin()
    lab.until(lambda: (tmp_path / "ready").exists() and lab.steps(arn)["one"].get("Metadata"))
    _, name = lab.job_name(lab.steps(arn)["one"])
    database = lab.engine._database
    database._db.execute(trouble)
    (tmp_path / "go").touch()
    lab.until((lab.home / "jobs" / name / "exit.json").exists)
    database._db.execute("PRAGMA query_only=OFF")
    database._db.execute("PRAGMA max_page_count=100000")
    end = lab.end(arn)
    assert (end.status, list(end.steps)) == ("Succeeded", ["one", "after"])
    assert end.steps["one"]["AttemptCount"] == 1


def test_what_cannot_be_kept_does_not_happen(lab):
    lab.create([lab.processing("one", "pass")])
    lab.engine._database._db.execute("PRAGMA query_only=ON")
    for act in (lab.begin, lambda: lab.create([lab.processing("two", "pass")]), lambda: lab.create([], "other")):
        with pytest.raises(StorageError, match="Nothing was changed"):
            act()
    lab.engine._database._db.execute("PRAGMA query_only=OFF")
    assert lab.engine.store.executions("demo") == []
    assert lab.engine.store.pipeline("other") is None
    assert list(lab.end(lab.begin()).steps) == ["one"]
