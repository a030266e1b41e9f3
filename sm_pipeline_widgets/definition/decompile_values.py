"""Values of a definition as values of a text: expressions become references and templates, all else stays.

The inverse of :mod:`values`. Whatever the reference syntax cannot say keeps the service's form (``{Get: …}``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.expressions import step_of
from sm_pipeline_widgets.definition.joins import place_segments
from sm_pipeline_widgets.definition.references import (
    SERVICE_VARIABLES,
    Part,
    ReferenceSyntaxError,
    match_reference,
    parse_template,
    render_reference,
    service_path,
)
from sm_pipeline_widgets.definition.source import Json, typed
from sm_pipeline_widgets.definition.values import EXPRESSIONS
from sm_pipeline_widgets.definition.yaml_text import scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_ITEM = "ForEach.CurrentItem"
_VARIABLES = {service: friendly for friendly, service in SERVICE_VARIABLES.items()}


class InexpressibleError(ValueError):
    """A friendly key cannot say this value; it stays under ``arguments``."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Says values, knowing which names a text declares.

    Parameters
    ----------
    steps
        The steps a reference may name.
    parameters
        The declared parameters with their types.
    outputs
        For a ``Get`` that has a friendly name, the path of that name below ``$steps``.
    files
        The property files that have one, as (step, file).
    has_references
        Whether expressions become references at all.
    has_item
        Whether the step runs once for each item of a ForEach.
    """

    steps: Collection[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    files: Collection[tuple[str, str]] = ()
    has_references: bool = True
    has_item: bool = False

    def value(self, value: Json) -> Json:
        """Any value, where the text takes any."""
        if isinstance(value, str):
            return escaped(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        if is_expression(value):
            said = self.reference(value, braced=False) or self.template(value)
            if said is not None:
                return said
        return {key: self.value(inner) for key, inner in value.items()}

    def setting(self, value: Json) -> Json:
        """A value where a key takes one that is not null: a scalar or an expression.

        Raises
        ------
        InexpressibleError
            It is a list, an object or null.
        """
        if value is None or isinstance(value, list) or (isinstance(value, dict) and not is_expression(value)):
            raise InexpressibleError(str(value))
        return self.value(value)

    def text(self, value: Json) -> Json:
        """A value where a key takes text: numbers written there become text, parameters are joined.

        Raises
        ------
        InexpressibleError
            It is neither text nor an expression.
        """
        if isinstance(value, str):
            number = typed(value)
            if number is not None and not isinstance(number, str) and scalar(number) == value:
                return number
            return escaped(value)
        if not isinstance(value, dict) or not is_expression(value):
            raise InexpressibleError(str(value))
        inner = _only_joined(value)
        if inner is not None and self._becomes_join(inner):
            said = self.reference(inner, braced=False)
        else:
            said = None if self._becomes_join(value) else self.reference(value, braced=False) or self.template(value)
        return said if said is not None else {key: self.value(member) for key, member in value.items()}

    def template(self, value: Mapping[str, Any]) -> str | None:
        """A ``Std:Join`` on nothing, or of a place in S3, as text with references, if that reads back the same."""
        join = value.get("Std:Join")
        if not isinstance(join, dict) or set(join) != {"On", "Values"} or not isinstance(join["Values"], list):
            return None
        if join["On"] == "/":
            return self._place(join["Values"])
        if join["On"] != "":
            return None
        parts = join["Values"]
        if len(parts) < 2 or all(isinstance(part, str) for part in parts) or place_segments(parts) is not None:
            return None
        written: list[str] = []
        for at, part in enumerate(parts):
            if isinstance(part, str):
                if not part or (at and isinstance(parts[at - 1], str)):
                    return None
                written.append(part.replace("$", "$$"))
                continue
            said = self.reference(part, braced=True)
            if said is None:
                return None
            written.append(said)
        return "".join(written)

    def _place(self, segments: list[Json]) -> str | None:
        """The segments of a place in S3 as one text."""
        if segments[:1] != ["s3:/"] or all(isinstance(segment, str) for segment in segments):
            return None
        written: list[str] = []
        for segment in segments:
            if isinstance(segment, str):
                if "/" in segment.removeprefix("s3:/") or not segment:
                    return None
                written.append(segment.replace("$", "$$"))
                continue
            said = self.reference(segment, braced=True)
            if said is None:
                return None
            written.append(said)
        return "/".join(written)

    def reference(self, value: Json, *, braced: bool) -> str | None:
        """An expression as a reference, or None when there is none for it."""
        if not self.has_references or not isinstance(value, dict) or len(value) != 1:
            return None
        if isinstance(value.get("Get"), str):
            found = self._of_get(value["Get"])
        elif isinstance(value.get("Std:JsonGet"), dict):
            found = self._of_json_get(value["Std:JsonGet"])
        else:
            found = None
        return render_reference(found[0], found[1], braced=braced) if found is not None else None

    def _of_get(self, get: str) -> tuple[str, tuple[Part, ...]] | None:
        if get in self.outputs:
            return "steps", self.outputs[get]
        root, _, rest = get.partition(".")
        if root == "Parameters" and rest in self.parameters:
            return "parameters", (Part(rest),)
        if root == "Execution" and rest in _VARIABLES:
            return "execution", (Part(_VARIABLES[rest]),)
        if self.has_item and get.startswith(_ITEM):
            path = path_parts(get.removeprefix(_ITEM))
            return ("item", path) if path is not None else None
        found = step_of(get, self.steps)
        if found is None:
            return None
        name = found[0]
        parts = path_parts(get.removeprefix(f"Steps.{name}"))
        first = parts[0].value if parts else None
        if not parts or not isinstance(first, str) or not first[:1].isupper() or (name, first) in self.files:
            return None
        return "steps", (Part(name), *parts)

    def _of_json_get(self, inner: Mapping[str, Any]) -> tuple[str, tuple[Part, ...]] | None:
        file, path = inner.get("PropertyFile"), inner.get("Path")
        if len(inner) != 2 or not isinstance(file, dict) or len(file) != 1 or not isinstance(path, str):
            return None
        get = file.get("Get")
        found = step_of(get, self.steps) if isinstance(get, str) else None
        if found is None or get != f"Steps.{found[0]}.{found[1]}":
            return None
        name = found[1].removeprefix("PropertyFiles.")
        parts = path_parts(path if path.startswith("[") else f".{path}")
        if (found[0], name) not in self.files or name == found[1] or not parts:
            return None
        return "steps", (Part(found[0]), Part(name), *parts)

    def _becomes_join(self, value: Json) -> bool:
        """Whether a reference to it is joined where text is taken."""
        if not isinstance(value, dict):
            return False
        get = value.get("Get")
        if isinstance(get, str) and get.startswith("Parameters."):
            return self.parameters.get(get.removeprefix("Parameters."), "String") != "String"
        return "Std:JsonGet" in value


def escaped(text: str) -> str:
    """A literal text, its dollars doubled where they would begin a reference."""
    if "$" not in text:
        return text
    try:
        is_literal = parse_template(text) == [text]
    except ReferenceSyntaxError:
        is_literal = False
    return text if is_literal else text.replace("$", "$$")


def is_expression(value: Json) -> bool:
    """Whether a JSON value has an expression's form."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in EXPRESSIONS


def path_parts(text: str) -> tuple[Part, ...] | None:
    """A service path (``.A['k'][0]``) as parts of a reference; None when it would not read back the same."""
    try:
        reference = match_reference(f"$x{text}", 0)
    except ReferenceSyntaxError:
        return None
    if reference is None or service_path(reference.path) != text:
        return None
    return reference.path


def _only_joined(value: Mapping[str, Any]) -> Json:
    """The only value of a join on nothing."""
    join = value.get("Std:Join")
    if not isinstance(join, dict) or set(join) != {"On", "Values"} or join["On"] != "":
        return None
    values: Json = join["Values"]
    return values[0] if isinstance(values, list) and len(values) == 1 else None
