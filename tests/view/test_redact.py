"""What counts as a secret by its name or shape, and what does not."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.view.redact import HIDDEN_BY_SHAPE, is_secret_name, redacted, without_keys, without_secrets


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DB_PASSWORD=hunter2 MODE=fast", "DB_PASSWORD=•••••• MODE=fast"),
        ("run --api-token abc --depth 3", "run --api-token •••••• --depth 3"),
        ('{"client_secret": "hunter2", "n": "1"}', '{"client_secret": ••••••, "n": "1"}'),
        ("connect(password='hunter2', host='h')", "connect(password=••••••, host='h')"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ••••••"),
        ("postgres://me:hunter2@db:5432/x", "postgres://me:••••••@db:5432/x"),
        ("id AKIAABCDEFGHIJKLMNOP", f"id {HIDDEN_BY_SHAPE}"),
        ("s3://bucket/key=1/x http://localhost:8080/y", "s3://bucket/key=1/x http://localhost:8080/y"),
        ("epoch=3 loss: 0.2 max_tokens=5 tokens: 12", "epoch=3 loss: 0.2 max_tokens=5 tokens: 12"),
    ],
)
def test_secrets_within_a_text_are_hidden_and_the_rest_stays(text, shown):
    assert without_secrets(text) == shown
