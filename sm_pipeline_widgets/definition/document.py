"""A definition as its rules read it: steps by name, parameters, and what each expression will be.

Made once for all rules, so that nothing of a large definition is walked twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import PlacedStep, iter_steps, own_part
from sm_pipeline_widgets.definition.secrets import is_secret_name, looks_like_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.findings import Path


IMAGE_MEMBERS = frozenset({"ImageUri", "TrainingImage", "Image"})


@dataclass(slots=True)
class Scan:
    """What one walk over a step's JSON saw."""

    gets: list[str] = field(default_factory=list)
    reads: list[dict[str, Any]] = field(default_factory=list)  # bodies of Std:JsonGet
    malformed: list[dict[str, Any]] = field(default_factory=list)
    named_secrets: list[str] = field(default_factory=list)
    shaped_secrets: list[str] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    uris: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Document:
    """A definition and what is asked of it again and again."""

    definition: Mapping[str, Any]
    placed: tuple[PlacedStep, ...]
    steps: Mapping[str, Mapping[str, Any]]
    parameters: Mapping[str, Mapping[str, Any]]
    scans: tuple[Scan, ...]

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Document:
        """Read a definition; whatever has the wrong form is left out."""
        placed = tuple(at for at in iter_steps(definition) if at.name)
        steps: dict[str, Mapping[str, Any]] = {}
        for at in placed:
            steps.setdefault(at.name, at.step)
        entries = dicts(definition.get("Parameters"))
        parameters = {one["Name"]: one for one in entries if isinstance(one.get("Name"), str)}
        return cls(definition, placed, steps, parameters, tuple(scan(own_part(at.step)) for at in placed))

    def arguments(self, name: str) -> Mapping[str, Any]:
        found = self.steps[name].get("Arguments")
        return found if isinstance(found, dict) else {}


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing when it is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def scan(step: Mapping[str, Any]) -> Scan:
    """Walk a step once."""
    seen = Scan()
    for key, value in step.items():
        if key not in ("Name", "Type", "DependsOn", "DisplayName", "Description"):
            _scan(value, seen)
    return seen


def _scan(value: Any, seen: Scan) -> None:
    if type(value) is dict:
        if len(value) == 1:
            get = value.get("Get")
            if type(get) is str:
                seen.gets.append(get)
                return
            read = value.get("Std:JsonGet")
            if type(read) is dict:
                seen.reads.append(read)
            if _is_malformed(value):
                seen.malformed.append(value)
        for key, inner in value.items():
            if type(inner) is str:
                if inner and _is_secret_name(key) and not inner.startswith("arn:"):
                    seen.named_secrets.append(key)
                elif inner[:3] == "s3:":
                    seen.uris.add(inner)
                elif key in IMAGE_MEMBERS:
                    seen.images.add(inner)
                if looks_like_key(inner):
                    seen.shaped_secrets.append(inner)
            elif inner.__class__ in (dict, list):
                _scan(inner, seen)
    elif type(value) is list:
        option = ""
        for inner in value:
            if type(inner) is str:
                if option and not inner.startswith("-"):
                    seen.named_secrets.append(option)
                elif looks_like_key(inner):
                    seen.shaped_secrets.append(inner)
                elif inner[:3] == "s3:":
                    seen.uris.add(inner)
                option = inner if inner.startswith("--") and "=" not in inner and _is_secret_name(inner) else ""
            else:
                option = ""
                if inner.__class__ in (dict, list):
                    _scan(inner, seen)


def _is_malformed(value: dict[str, Any]) -> bool:
    """Whether a mapping is written as an expression, but with something else inside."""
    key, inner = next(iter(value.items()))
    if key == "Std:Join":
        return type(inner) is not dict or type(inner.get("Values")) is not list
    return key == "Get" or (key == "Std:JsonGet" and type(inner) is not dict)


_is_secret_name = cache(is_secret_name)


def find_path(value: Any, wanted: Any, path: Path = ()) -> Path | None:
    """The path of the first place in a JSON value that equals `wanted`, as a value or as a key."""
    for found, where in _walk(value, path):
        if found == wanted and type(found) is type(wanted):
            return where
    return None


def _walk(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    yield value, path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, (*path, key)
            yield from _walk(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _walk(inner, (*path, at))
