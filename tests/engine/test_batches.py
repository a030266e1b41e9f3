"""Records of a batch transform as tables: requests made of an object, answers put together."""

from __future__ import annotations

import io

import pytest

from sm_pipeline_widgets.engine.batches import BatchError, BatchPlan, batches, output_of, plan_of
from sm_pipeline_widgets.engine.jsonpath import PathError, select


def request(kind="text/csv", split="Line", **more):
    processing = {name: more.pop(name) for name in ("InputFilter", "OutputFilter", "JoinSource") if name in more}
    return {
        "TransformInput": {"DataSource": {}, "ContentType": kind, "SplitType": split},
        "TransformOutput": {"S3OutputPath": "s3://b/o", "AssembleWith": "Line"},
        "DataProcessing": processing,
        **more,
    }


def bodies(data, asked):
    return [batch.body for batch in batches(io.BytesIO(data), plan_of(asked))]


@pytest.mark.parametrize(
    ("data", "asked", "expected"),
    [
        (b"1,2\n3,4\n", request(), [b"1,2\n3,4\n"]),
        (b"1,2\r\n\r\n3,4", request(), [b"1,2\n3,4\n"]),
        (b"1,2\n3,4\n", request(BatchStrategy="SingleRecord"), [b"1,2", b"3,4"]),
        (b"1,2\n3,4\n", request(split="None"), [b"1,2\n3,4\n"]),
        (b"", request(), []),
        (b"id,1,2\nno,3,4\n", request(InputFilter="$[1:]"), [b"1,2\n3,4\n"]),
        (b'"a,b",1\n', request(InputFilter="$[0]"), [b'"a,b"']),
        (b'{"x": [1, 2], "id": 7}\n', request("application/jsonlines", InputFilter="$.x"), [b"[1, 2]"]),
        (b"7,1,2\n8,3,4\n", request(split="None", InputFilter="$[1:]"), [b"1,2\n3,4\n"]),
    ],
)
def test_requests(data, asked, expected):
    assert bodies(data, asked) == expected


def test_a_request_is_no_larger_than_its_limit():
    data = b"".join(b"%07d\n" % at for at in range(300_000))
    found = bodies(data, request(MaxPayloadInMB=1))
    assert b"".join(found) == data
    assert max(map(len, found)) <= 1 << 20
    assert len(found) == 3
    with pytest.raises(BatchError, match="larger than MaxPayloadInMB"):
        bodies(b"x" * (1 << 20), request(MaxPayloadInMB=1))


@pytest.mark.parametrize(
    ("data", "answer", "asked", "expected"),
    [
        (b"1\n2\n", b"10\n20", request(), b"10\n20\n"),
        (b"1\n2\n", b"10\n20", request(split="None", TransformOutput={}), b"10\n20"),
        (b"a,1\nb,2\n", b"10\n20\n", request(JoinSource="Input"), b"a,1,10\nb,2,20\n"),
        (b"a,1\nb,2\n", b"10\n20\n", request(JoinSource="Input", OutputFilter="$[0,-1]"), b"a,10\nb,20\n"),
        (b"a,1\n", b"0.1,0.9\n", request(OutputFilter="$[-1]"), b"0.9\n"),
        (b'{"id":1}\n', b'{"p":2}\n', request("application/jsonlines", JoinSource="Input"), b'{"id": 1, "SageMakerOutput": {"p": 2}}\n'),
        (b"[1]\n", b"2\n", request("application/jsonlines", JoinSource="Input"), b'{"SageMakerInput": [1], "SageMakerOutput": 2}\n'),
        (b'{"id":1,"x":3}\n', b"2\n", request("application/jsonlines", JoinSource="Input", OutputFilter="$['id','SageMakerOutput']"), b'{"id": 1, "SageMakerOutput": 2}\n'),
        (b'{"x": [1]}', b'{"p": [2]}', request("application/json", "None", JoinSource="Input", TransformOutput={}), b'{"x": [1], "SageMakerOutput": {"p": [2]}}'),
        (b"a,1\nb,2\n", b"10\n20\n", request(split="None", JoinSource="Input", TransformOutput={}), b"a,1,10\nb,2,20"),
    ],
)  # fmt: skip
def test_answers(data, answer, asked, expected):
    plan = plan_of(asked)
    (batch,) = batches(io.BytesIO(data), plan)
    assert output_of(batch, answer, plan) == expected


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (request(split="RecordIO"), "SplitType RecordIO is not known"),
        (request(InputFilter="x"), r"must begin with \$"),
        (request(OutputFilter="$[a]"), "cannot be read"),
        (request("image/png", JoinSource="Input"), "not 'image/png'"),
    ],
)
def test_what_cannot_be_done(asked, words):
    with pytest.raises(BatchError, match=words):
        plan_of(asked)


def test_answers_that_do_not_fit():
    plan = BatchPlan(by_line=True, joins=True, form="csv")
    (batch,) = batches(io.BytesIO(b"1\n2\n"), plan)
    with pytest.raises(BatchError, match="2 records went to the model and 1 came back"):
        output_of(batch, b"10\n", plan)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", {"a": [1, 2, 3], "b": {"c d": 4}}),
        ("$.a", [1, 2, 3]),
        ("$.a[0]", 1),
        ("$.a[-1]", 3),
        ("$.a[1:]", [2, 3]),
        ("$.a[:-1]", [1, 2]),
        ("$.a[0, 2]", [1, 3]),
        ("$['b']['c d']", 4),
        ('$.b["c d"]', 4),
        ("$['b', 'a']", {"b": {"c d": 4}, "a": [1, 2, 3]}),
    ],
)
def test_paths(path, expected):
    assert select({"a": [1, 2, 3], "b": {"c d": 4}}, path) == expected


@pytest.mark.parametrize("path", ["", "a", "$.x", "$.a[9]", "$.a.b", "$[0]", "$..a", "$.a[", "$.a[?(@)]"])
def test_paths_that_lead_nowhere(path):
    with pytest.raises(PathError):
        select({"a": [1]}, path)
