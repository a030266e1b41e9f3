"""The tables of the engine's SQLite file, version by version. A step of the list brings a file to the next version."""

from __future__ import annotations

_VERSION_1 = """
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
"""

_VERSION_2 = """
ALTER TABLE versions ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]';
ALTER TABLE executions ADD COLUMN selection TEXT NOT NULL DEFAULT '{}';
ALTER TABLE executions ADD COLUMN experiment TEXT NOT NULL DEFAULT '{}';
ALTER TABLE jobs ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
ALTER TABLE steps ADD COLUMN cache_key TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN cached_from TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN reused_from TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN parent TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN iteration INTEGER;
ALTER TABLE steps ADD COLUMN item TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN again_at REAL;
ALTER TABLE steps ADD COLUMN first_attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE steps ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX steps_by_key ON steps (cache_key, name);
CREATE TABLE resources (kind TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, created REAL NOT NULL,
  modified REAL NOT NULL, record TEXT NOT NULL, PRIMARY KEY (kind, name));
CREATE INDEX resources_by_arn ON resources (arn)
"""

MIGRATIONS = (_VERSION_1, _VERSION_2)
LOSS = "pipelines and their history begin anew, objects and logs stay"
"""What is lost without the file."""
