"""Operands of conditions that are outputs of Lambda and Callback steps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sm_pipeline_widgets.execution.operands import Unread
from sm_pipeline_widgets.watch.values import condition_values

GET = {"Get": "Steps.ask.OutputParameters['rows']"}


def values(metadata):
    condition = {
        "Name": "enough", "Type": "Condition",
        "Arguments": {"Conditions": [{"Type": "GreaterThan", "LeftValue": GET, "RightValue": 3}]},
    }  # fmt: skip
    steps = [{"Name": "ask", "Type": "Lambda"}, condition]
    state = SimpleNamespace(
        definition={"Version": "2020-12-01", "Steps": steps}, steps={"ask": SimpleNamespace(metadata=metadata)}
    )
    # no source: nothing may be asked for
    return list(condition_values(None, state, ("enough",)).values())


@pytest.mark.parametrize("kind", ["Lambda", "Callback"])
def test_the_metadata_holds_them(kind):
    told = {kind: {"OutputParameters": [{"Name": "rows", "Value": "40"}, {"Name": "other", "Value": "x"}]}}
    assert values(told) == ["40"]


def test_one_that_is_not_there_is_said_to_be_unread():
    (found,) = values({"Lambda": {"Arn": "a"}})
    assert isinstance(found, Unread)
    assert "OutputParameters['rows']" in found.reason
