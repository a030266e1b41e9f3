"""The API's own shapes, read from botocore's models: what a request takes, and what lies at a path of a response.

A shape is compiled once into a function that checks a value. A value that is right costs one call per node and
nothing else; paths and words are made only for what is wrong. The model (2.5 MB of JSON) is read when a step needs it.

>>> check_request("sagemaker", "CreateTransformJob", {"ModelNam": "m"}, lambda _: None)[0].words
'the API has no `ModelNam`'
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.loaders import DataNotFoundError, JSONFileLoader, Loader

from sm_pipeline_widgets.definition.findings import Finding, Kinds, problem
from sm_pipeline_widgets.definition.shape_words import (
    LOOKS,
    NUMBERS,
    WORDS,
    bound,
    count,
    fit,
    misfit,
    mismatch,
    missing,
    not_a_name,
    not_among,
    unknown,
)
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

Check = Callable[[Any, Kinds], list[Finding]]
Shape = Mapping[str, Any]

EXPRESSIONS = frozenset({"Get", "Std:Join", "Std:JsonGet"})
KEYED_LISTS = {"ProcessingInputs": "InputName", "ProcessingOutputs": "OutputName", "FinalMetricDataList": "MetricName"}
"""Lists whose items the service also finds by name (sagemaker.md §1.5)."""

_NONE: list[Finding] = []


class _PlainLoader(JSONFileLoader):
    """Loads a model as plain dicts, in a third of the time that ordered ones take."""

    def _load_file(self, full_path: str, open_method: Any) -> Any:
        try:
            with open_method(full_path, "rb") as file:
                return json.loads(file.read())
        except FileNotFoundError:
            return None  # the loader tries one place and one spelling after the other


class PropertyPathError(ValueError):
    """A path that leads nowhere in a response; ``fix`` says what there is."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@cache
def service(name: str) -> Mapping[str, Any]:
    """A service's model as botocore ships it; an empty one when this botocore does not know the service."""
    loader = Loader()
    loader.file_loader = _PlainLoader()
    # `load_service_model` would look into the folders of all four hundred services first.
    try:
        version = max(loader.list_api_versions(name, "service-2"))
        model: Mapping[str, Any] = loader.load_data(f"{name}/{version}/service-2")
    except DataNotFoundError:
        return {"operations": {}, "shapes": {}}
    return model


def knows(name: str, operation: str) -> bool:
    """Whether this botocore knows the operation; an older one than the step type does not."""
    return operation in service(name)["operations"]


def output_shape(name: str, operation: str) -> str | None:
    """The name of an operation's response shape."""
    found = service(name)["operations"].get(operation, {}).get("output", {}).get("shape")
    return str(found) if found else None


def check_request(
    name: str, operation: str, value: Any, kinds: Kinds, optional: frozenset[str] = frozenset()
) -> list[Finding]:
    """Everything in `value` that the operation would refuse; members in `optional` may be missing."""
    operations = service(name)["operations"]
    if operation not in operations:
        return _NONE
    return checker(name, operations[operation]["input"]["shape"], optional)(value, kinds)


@cache
def checker(name: str, shape_name: str, optional: frozenset[str] = frozenset()) -> Check:
    """The compiled check of one shape."""
    shape = service(name)["shapes"][shape_name]
    kind = shape["type"]
    if kind == "structure":
        return _structure(name, shape, optional)
    if kind == "list":
        return _list(name, shape)
    if kind == "map":
        return _map(name, shape)
    if kind == "string":
        return _string(shape_name, shape)
    if kind in NUMBERS:
        return _number(shape)
    return _boolean if kind == "boolean" else _anything


# -- values ---------------------------------------------------------------------------------------------------------


def _structure(name: str, shape: Shape, optional: frozenset[str]) -> Check:
    members: Mapping[str, Shape] = shape["members"]
    required = [key for key in shape.get("required", ()) if key not in optional]
    checks: dict[str, Check] = {}

    def check(value: Any, kinds: Kinds) -> list[Finding]:
        if type(value) is not dict:
            return misfit(value, "structure")
        if len(value) == 1 and next(iter(value)) in EXPRESSIONS:
            return fit(value, "structure", kinds)
        found: list[Finding] | None = None
        for key, item in value.items():
            member = checks.get(key)
            if member is None:
                if key not in members:
                    found = [*(found or ()), unknown(key, members)]
                    continue
                member = checks[key] = checker(name, members[key]["shape"])
            # A null is left out by the service's reader.
            if item is not None and (inner := member(item, kinds)):
                found = [*(found or ()), *(one.below(key) for one in inner)]
        for key in required:
            if value.get(key) is None:
                found = [*(found or ()), missing(key)]
        return found or _NONE

    return check


def _list(name: str, shape: Shape) -> Check:
    item_check = checker(name, shape["member"]["shape"])
    least, most = shape.get("min", 0), shape.get("max")

    def check(value: Any, kinds: Kinds) -> list[Finding]:
        if type(value) is not list:
            return fit(value, "list", kinds) if _is_expression(value) else misfit(value, "list")
        found: list[Finding] | None = None
        for at, item in enumerate(value):
            inner = item_check(item, kinds)
            if inner:
                found = [*(found or ()), *(one.below(at) for one in inner)]
        if not least <= len(value) <= (most if most is not None else len(value)):
            found = [*(found or ()), count(len(value), least, most, "entry", "entries")]
        return found or _NONE

    return check


def _map(name: str, shape: Shape) -> Check:
    value_check = checker(name, shape["value"]["shape"])
    key_check = checker(name, shape["key"]["shape"])
    least, most = shape.get("min", 0), shape.get("max")
    known: set[str] = set()

    def check(value: Any, kinds: Kinds) -> list[Finding]:
        if type(value) is not dict:
            return misfit(value, "map")
        if len(value) == 1 and next(iter(value)) in EXPRESSIONS:
            return fit(value, "map", kinds)
        found: list[Finding] | None = None
        for key, item in value.items():
            if key not in known:
                wrong = key_check(key, kinds)
                if wrong:
                    found = [*(found or ()), not_a_name(key, wrong[0])]
                else:
                    known.add(key)
            inner = value_check(item, kinds)
            if inner:
                found = [*(found or ()), *(one.below(key) for one in inner)]
        if not least <= len(value) <= (most if most is not None else len(value)):
            found = [*(found or ()), count(len(value), least, most, "entry", "entries")]
        return found or _NONE

    return check


def _string(shape_name: str, shape: Shape) -> Check:
    least, most = shape.get("min", 0), shape.get("max")
    allowed = frozenset(shape.get("enum", ()))
    matches = pattern(shape["pattern"]) if "pattern" in shape else None
    right: set[str] = set()

    def check(value: Any, kinds: Kinds) -> list[Finding]:
        if type(value) is not str:
            return fit(value, "string", kinds) if _is_expression(value) else misfit(value, "string")
        if value in right:
            return _NONE
        if allowed and value not in allowed:
            return [not_among(value, allowed)]
        if not least <= len(value) <= (most if most is not None else len(value)):
            if shape_name in LOOKS and len(value) < least:
                return [mismatch(value, shape_name, "")]
            return [count(len(value), least, most, "character", "characters")]
        if matches is not None and not matches(value):
            return [mismatch(value, shape_name, shape["pattern"])]
        if len(right) < _MOST_REMEMBERED:
            right.add(value)
        return _NONE

    return check


_MOST_REMEMBERED = 5_000


def _number(shape: Shape) -> Check:
    kind = shape["type"]
    whole = kind in ("integer", "long")
    least, most = shape.get("min"), shape.get("max")

    def check(value: Any, kinds: Kinds) -> list[Finding]:
        if type(value) is not int and (type(value) is not float or (whole and not value.is_integer())):
            return fit(value, kind, kinds) if _is_expression(value) else misfit(value, kind)
        if (least is not None and value < least) or (most is not None and value > most):
            allowed = f"{least} to {most}" if most is not None and least is not None else bound(least, most)
            return [problem("out-of-range", f"`{{at}}` is {value}", f"The service takes {allowed}.")]
        return _NONE

    return check


def _boolean(value: Any, kinds: Kinds) -> list[Finding]:
    if type(value) is bool:
        return _NONE
    return fit(value, "boolean", kinds) if _is_expression(value) else misfit(value, "boolean")


def _anything(_value: Any, _kinds: Kinds) -> list[Finding]:
    return _NONE


def _is_expression(value: Any) -> bool:
    return type(value) is dict and len(value) == 1 and next(iter(value)) in EXPRESSIONS


@cache
def pattern(text: str) -> Callable[[str], object] | None:
    """A Java pattern as a Python one that takes at least as much; None when that cannot be written."""
    text = text.replace(r"\p{Alnum}", "A-Za-z0-9")
    # `\w` also takes an underscore: a check may let something pass, but must not refuse what the service takes.
    text = re.sub(r"\\p\{[LMN]\}", r"\\w", text).replace(r"\p{Z}", r"\s")
    if r"\p" in text or r"\P" in text or "&&" in text or "[[" in text or re.search(r"\$[{(*+?]", text):
        return None
    try:
        return re.compile(text).fullmatch
    except re.error:
        return None


# -- responses ------------------------------------------------------------------------------------------------------


def kind_at(name: str, shape_name: str, parts: tuple[str | int, ...]) -> str | None:
    """The type of what lies at a path of a response; None for times and the like.

    Raises
    ------
    PropertyPathError
        Nothing lies there.
    """
    shapes = service(name)["shapes"]
    at, owner = shape_name, ""
    for part in parts:
        shape = shapes[at]
        kind = shape["type"]
        if kind == "structure":
            if part not in shape["members"]:
                members = sorted(shape["members"])
                raise PropertyPathError(
                    f"{f'`{owner}`' if owner else 'the step'} has no `{part}`",
                    did_you_mean(str(part), members, f"It has {listed(members, most=20)}."),
                )
            at = shape["members"][part]["shape"]
        elif kind == "list":
            if isinstance(part, str) and at not in KEYED_LISTS:
                raise PropertyPathError(f"`{owner}` is a list", f"Say which entry: `{owner}[0]`, not `{part}`.")
            at = shape["member"]["shape"]
        elif kind == "map":
            at = shape["value"]["shape"]
        else:
            raise PropertyPathError(
                f"`{owner}` is {WORDS.get(kind, 'one value')}; `{part}` leads nowhere", "End there."
            )
        owner = str(part) if isinstance(part, str) else f"{owner}[{part}]"
    kind = shapes[at]["type"]
    return {"long": "integer", "double": "float"}.get(kind, kind) if kind in WORDS else None
