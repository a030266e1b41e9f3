"""A batch transform's records: an object's bytes → requests to a model → the bytes of its output object. Pure.

What ``SplitType``, ``BatchStrategy``, ``AssembleWith`` and ``DataProcessing`` of CreateTransformJob mean.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import jsonpath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MEGABYTE = 1 << 20
_DEFAULT_PAYLOAD_MB = 6
_WHOLE = "$"


class BatchError(Exception):
    """The job asks for what the engine cannot do, or a record is not what the job says; the text says which."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How an object becomes requests and their answers an object.

    Parameters
    ----------
    form
        How records are read for filters and joins: ``csv``, ``json``, or nothing where none are.
    """

    by_line: bool = False
    is_single: bool = False
    most_bytes: int = _DEFAULT_PAYLOAD_MB * _MEGABYTE
    assembles_lines: bool = False
    input_filter: str = _WHOLE
    output_filter: str = _WHOLE
    joins: bool = False
    form: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: its body, and the records it was made of as they came."""

    records: tuple[bytes, ...]
    body: bytes


def plan_of(request: Mapping[str, Any]) -> BatchPlan:
    """The plan of a CreateTransformJob request.

    Raises
    ------
    BatchError
        It cannot be followed here.
    """
    given, wanted = request["TransformInput"], request.get("TransformOutput") or {}
    processing = request.get("DataProcessing") or {}
    split = str(given.get("SplitType") or "None")
    if split not in ("None", "Line"):
        raise BatchError(f"SplitType {split} is not known to the engine on this machine; it splits by Line, or not.")
    filters = [str(processing.get(name) or _WHOLE) for name in ("InputFilter", "OutputFilter")]
    joins = processing.get("JoinSource") == "Input"
    try:
        for path in filters:
            jsonpath.check(path)
    except jsonpath.PathError as error:
        raise BatchError(f"DataProcessing: {error}") from error
    needs_form = joins or filters != [_WHOLE, _WHOLE]
    payload = request.get("MaxPayloadInMB")
    return BatchPlan(
        by_line=split == "Line",
        is_single=request.get("BatchStrategy") == "SingleRecord",
        # 0 stands for no limit
        most_bytes=int(_DEFAULT_PAYLOAD_MB if payload is None else payload or 1 << 20) * _MEGABYTE,
        assembles_lines=wanted.get("AssembleWith") == "Line",
        input_filter=filters[0],
        output_filter=filters[1],
        joins=joins,
        form=_form(given.get("ContentType")) if needs_form else "",
    )


def batches(lines: Iterable[bytes], plan: BatchPlan) -> Iterator[Batch]:
    """The requests for an object given as its lines, with their line breaks."""
    if not plan.by_line:
        whole = b"".join(lines)
        yield Batch((whole,), _filtered_input(whole, plan))
        return
    records: list[bytes] = []
    bodies: list[bytes] = []
    size = 0
    for line in lines:
        record = line.rstrip(b"\r\n")
        if not record:
            continue
        body = _filtered_input(record, plan)
        if len(body) + 1 > plan.most_bytes:
            raise BatchError(f"a record is larger than MaxPayloadInMB allows: {len(body)} bytes")
        if records and (plan.is_single or size + len(body) + 1 > plan.most_bytes):
            yield _joined(records, bodies)
            records, bodies, size = [], [], 0
        records.append(record)
        bodies.append(body)
        size += len(body) + 1
    if records:
        yield _joined(records, bodies)


def output_of(batch: Batch, answer: bytes, plan: BatchPlan) -> bytes:
    """What a request's answer adds to the output object.

    Raises
    ------
    BatchError
        The answer cannot be joined with its records, or filtered.
    """
    if plan.form:
        lines = _processed(batch, answer, plan)
        return b"".join(line + b"\n" for line in lines) if plan.assembles_lines or plan.by_line else b"\n".join(lines)
    return answer.rstrip(b"\n") + b"\n" if plan.assembles_lines else answer


def _joined(records: list[bytes], bodies: list[bytes]) -> Batch:
    return Batch(tuple(records), b"\n".join(bodies) + (b"\n" if len(bodies) > 1 else b""))


def _filtered_input(record: bytes, plan: BatchPlan) -> bytes:
    if plan.input_filter == _WHOLE:
        return record
    if plan.form == "csv" and not plan.by_line:
        rows = [_filtered_input(row, BatchPlan(by_line=True, input_filter=plan.input_filter, form="csv"))
                for row in record.splitlines() if row]  # fmt: skip
        return b"".join(row + b"\n" for row in rows)
    return _written(_selected(_read(record, plan.form), plan.input_filter), plan.form)


def _processed(batch: Batch, answer: bytes, plan: BatchPlan) -> list[bytes]:
    """The answer's records, joined with the input's where asked, through the output filter."""
    whole_json = plan.form == "json" and not plan.by_line
    answers = [answer] if whole_json else [line for line in answer.splitlines() if line.strip()]
    sources: tuple[bytes, ...] = batch.records
    if plan.form == "csv" and not plan.by_line:
        sources = tuple(line for line in batch.records[0].splitlines() if line)
    if plan.joins and len(answers) != len(sources):
        raise BatchError(
            f"{len(sources)} records went to the model and {len(answers)} came back, so they cannot be joined"
        )
    values = [_read(line, plan.form) for line in answers]
    if plan.joins:
        pairs = zip(sources, values, strict=True)
        values = [_with_source(_read(source, plan.form), value, plan.form) for source, value in pairs]
    return [_written(_selected(value, plan.output_filter), plan.form) for value in values]


def _with_source(source: Any, value: Any, form: str) -> Any:
    if form == "csv":
        return [*source, *value]
    if isinstance(source, dict):
        return {**source, "SageMakerOutput": value}
    return {"SageMakerInput": source, "SageMakerOutput": value}


def _selected(value: Any, path: str) -> Any:
    try:
        return jsonpath.select(value, path)
    except jsonpath.PathError as error:
        raise BatchError(f"DataProcessing: {error}") from error


def _form(content_type: Any) -> str:
    kind = str(content_type or "").partition(";")[0].strip().lower()
    if kind == "text/csv":
        return "csv"
    if kind in ("application/json", "application/jsonlines"):
        return "json"
    raise BatchError(
        f"DataProcessing needs the ContentType text/csv, application/json or application/jsonlines, not {kind!r}."
    )


def _read(record: bytes, form: str) -> Any:
    try:
        text = record.decode()
        if form == "csv":
            return next(csv.reader([text]), [])
        return json.loads(text)
    except (ValueError, csv.Error) as error:
        raise BatchError(f"a record is no {form}: {error}") from error


def _written(value: Any, form: str) -> bytes:
    if form == "csv":
        cells = value if isinstance(value, list) else [value]
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="").writerow(cells)
        return buffer.getvalue().encode()
    return json.dumps(value).encode()
