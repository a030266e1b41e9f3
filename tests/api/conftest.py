"""Targets that behave as AWS does, served by the engine of this machine."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets import connect


@pytest.fixture
def aws(engine, monkeypatch):
    """Makes targets of the kind AWS is, which ask before they change things, at the engine's address."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    at = engine.endpoint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", at.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", at.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", at.region)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    def make(**options):
        return connect("aws", endpoint_url=at.url, **options)

    return make
