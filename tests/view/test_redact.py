"""What counts as a secret by its name or shape, and what does not."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.view.redact import is_secret_name, redacted, without_keys


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "password",
        "API_TOKEN",
        "apiToken",
        "clientSecret",
        "AWS_SECRET_ACCESS_KEY",
        "environment.OPENAI_API_KEY",
        "private-key",
    ],
)
def test_secret_names(name):
    assert is_secret_name(name)
    assert "hunter2" not in redacted(name, "hunter2")


@pytest.mark.parametrize("name", ["max_tokens", "keyword", "alpha", "key", "sort_key", "Tokenizer", "compass", ""])
def test_names_of_no_secret(name):
    assert not is_secret_name(name)
    assert redacted(name, "0.1") == "0.1"


def test_keys_are_found_by_their_shape():
    assert "AKIA" not in without_keys("id=AKIAABCDEFGHIJKLMNOP done")
    assert without_keys("-----BEGIN RSA PRIVATE KEY-----").startswith("••")
    assert without_keys("AKIA is a prefix") == "AKIA is a prefix"


def test_an_empty_secret_is_empty():
    assert redacted("DB_PASSWORD", "") == ""
