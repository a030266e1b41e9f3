"""Any JSON becomes a call or a refusal, and an answer survives the way out and in again."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.engine import shapes
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.wire import operation_model

OPERATIONS = [
    ("sagemaker", "CreatePipeline"),
    ("sagemaker", "StartPipelineExecution"),
    ("sagemaker", "ListPipelines"),
    ("logs", "FilterLogEvents"),
]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20))
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("service, operation", OPERATIONS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_members_are_read_or_refused(service, operation, data):
    shape = operation_model(service, operation).input_shape
    value = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(shape.members, ANYTHING)) | ANYTHING)
    try:
        parameters = shapes.from_json(shape, {} if value is None else value)
        shapes.check(shape, parameters)
    except ServiceException as error:
        assert error.code in {"SerializationException", "ValidationException"}
        assert error.status == 400


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_moments_survive_to_the_millisecond(moment):
    shape = operation_model("sagemaker", "DescribePipeline").output_shape
    text = json.dumps(shapes.to_json(shape, {"CreationTime": moment}))
    again = shapes.from_json(shape, json.loads(text))["CreationTime"]
    assert abs((again - moment).total_seconds()) <= 0.001


def test_long_values_are_cut_in_complaints():
    shape = operation_model("sagemaker", "DescribePipeline").input_shape
    with pytest.raises(ServiceException) as caught:
        shapes.check(shape, {"PipelineName": "x" * 100_000})
    assert len(caught.value.message) < 500


@pytest.mark.parametrize("text", ["a" * 1_000_000, "-" * 10_000, ("a-" * 5_000), "\n" * 100_000])
@pytest.mark.parametrize("operation", ["CreatePipeline", "UpdatePipeline"])
def test_patterns_take_no_time(operation, text):
    shape = operation_model("sagemaker", operation).input_shape
    given_text = dict.fromkeys((name for name in shape.members if shape.members[name].type_name == "string"), text)
    with pytest.raises(ServiceException):
        shapes.check(shape, given_text)
