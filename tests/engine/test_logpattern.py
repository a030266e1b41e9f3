"""Filter patterns as tables: what matches and what cannot be read."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.engine.logpattern import PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "message", "is_found"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR disk", "disk ERROR", True),
        ("ERROR disk", "ERROR", False),
        ('"disk full"', "the disk full of", True),
        ('"disk full"', "full disk", False),
        ('"a \\"b\\""', 'say a "b"', True),
        ("?ERROR ?WARN", "WARN: x", True),
        ("?ERROR ?WARN", "INFO", False),
        ("ERROR -retry", "ERROR, will retry", False),
        ("ERROR -retry", "ERROR", True),
        ('-"all is well"', "all is well", False),
        ("%err(or)?=[0-9]+%", "err=12", True),
        ("%err(or)?=[0-9]+%", "err=x", False),
    ],
)
def test_terms(pattern, message, is_found):
    assert compile_pattern(pattern)(message) is is_found


EVENT = {
    "level": "ERROR", "code": 500, "took": 0.25, "user": {"name": "ada lovelace", "tags": ["x", "y"]},
    "ok": True, "gone": None, "with space": 1, "star": "a*b",
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "is_found"),
    [
        ('{ $.level = "ERROR" }', True),
        ("{ $.level = ERROR }", True),
        ('{ $.level = "WARN" }', False),
        ('{ $.level != "WARN" }', True),
        ('{ $.none != "WARN" }', False),
        ("{ $.code = 500 }", True),
        ("{ $.code >= 500 && $.took < 1 }", True),
        ("{ $.code > 500 || $.took <= 0.25 }", True),
        ("{ $.code > 500 || ( $.took > 1 && $.ok IS TRUE ) }", False),
        ("{ $.level > 3 }", False),
        ('{ $.user.name = "ada*" }', True),
        ('{ $.user.name = "*love*" }', True),
        ('{ $.user.name = "ada" }', False),
        ('{ $.user.name = "ada ?ovelace" }', False),
        ("{ $.user.name = %^ada% }", True),
        ("{ $.user.tags[1] = y }", True),
        ("{ $.user.tags[2] = y }", False),
        ("{ $['with space'] = 1 }", True),
        ("{ $.ok IS TRUE }", True),
        ("{ $.ok IS FALSE }", False),
        ("{ $.gone IS NULL }", True),
        ("{ $.none IS NULL }", False),
        ("{ $.none NOT EXISTS }", True),
        ("{ $.gone NOT EXISTS }", False),
        ("{$.code=5*}", True),
    ],
)
def test_json(pattern, is_found):
    test = compile_pattern(pattern)
    assert test(json.dumps(EVENT)) is is_found
    assert not test("no json")
    assert not test("12")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("[ip, user]", "knows no patterns for columns"),
        ("{ $.a = 1", "no closing brace"),
        ("{ }", "needs a selector"),
        ("{ a = 1 }", "not 'a'"),
        ("{ $.a }", "needs a comparison"),
        ("{ $.a = }", "needs a value"),
        ("{ ($.a = 1 }", "not closed"),
        ("{ $.a = 1 $.b = 2 }", "from '$.b = 2' on"),
        ("{ $.a < b }", "is no number"),
        ("{ $.a && 1 }", "cannot compare with &&"),
        ("{ $.a IS MAYBE }", "no comparison IS MAYBE"),
        ("%(%", "cannot be read"),
    ],
)
def test_what_cannot_be_read(pattern, words):
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert words in str(caught.value)
