"""What may be said when a run is started, and whether it can be right: the model of a form, and of options typed.

Pure: made from a definition's parameters (and what was used last), changed by making another one, read as
:class:`RunOptions`. Nothing here knows who draws it.

>>> form = run_form("demo", [{"Name": "rows", "Type": "Integer", "DefaultValue": 10}], token="t" * 32)
>>> form.with_value("rows", "many").problems
(('rows', '`rows` is of type Integer; `many` is not. Give a whole number, such as 1.'),)
>>> dict(form.with_value("rows", "20").options.parameters)
{'rows': '20'}
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.secrets import is_secret_name, looks_like_key
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_VALUE = 1024
MAX_DISPLAY_NAME = 82
MAX_DESCRIPTION = 3072
MAX_TAGS = 50
_DISPLAY_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Kind(StrEnum):
    """A parameter's type, spelled as the service does."""

    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    BOOLEAN = "Boolean"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with an option: its name, and words with what to do."""

    name: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.message} {self.fix}"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a person says about one run.

    Parameters
    ----------
    parameters
        Values by name; what is not named keeps its default.
    parallelism
        The most steps at once; None leaves it to the pipeline.
    tags
        Of the pipeline; the service gives executions none of their own.
    version, alias
        Start this version of the deployed pipeline instead of updating it; at most one of them.
    as_deployed
        Start what is deployed under the pipeline's name and update nothing.
    token
        32 to 128 characters; the same token starts one execution however often it is sent. Made where it is empty.
    selected
        Run these steps alone; the closed set of :mod:`sm_pipeline_widgets.execution.rerun`. Empty for all.
    source
        The ARN of the execution whose results selected steps read.
    """

    parameters: Mapping[str, object] = field(default_factory=dict)
    display_name: str = ""
    description: str = ""
    parallelism: int | None = None
    tags: tuple[tuple[str, str], ...] = ()
    version: int | None = None
    alias: str = ""
    as_deployed: bool = False
    token: str = ""
    selected: tuple[str, ...] = ()
    source: str = ""

    @property
    def keeps_deployed(self) -> bool:
        """Whether the run leaves what is deployed as it is."""
        return self.as_deployed or self.version is not None or bool(self.alias)


@dataclass(frozen=True, slots=True)
class FormField:
    """One parameter: what it takes, what it was, what is entered now.

    ``default``, ``last`` and ``value`` are texts as the service takes them; None where there is none. A ``value`` of
    None means the default.
    """

    name: str
    kind: Kind = Kind.STRING
    description: str = ""
    default: str | None = None
    allowed: tuple[str, ...] = ()
    last: str | None = None
    value: str | None = None

    @property
    def is_required(self) -> bool:
        return self.default is None

    @property
    def is_secret(self) -> bool:
        """Whether what is entered should not be readable on the screen."""
        return is_secret_name(self.name)

    @property
    def complaint(self) -> Complaint | None:
        """What is wrong with the value, if anything."""
        if self.value is None:
            return _missing([self.name]) if self.is_required else None
        return value_complaint(self.name, self.value, self.kind, self.allowed)


@dataclass(frozen=True, slots=True)
class RunForm:
    """Everything that can be said about a run of one pipeline at one target.

    Parameters
    ----------
    target
        Where it would run, in words, for the head of the form.
    versions, aliases
        What may be started instead of the newest; empty where nothing is deployed yet.
    token
        Belongs to one press of the button: make the next form with another one.
    """

    pipeline: str
    token: str
    fields: tuple[FormField, ...] = ()
    target: str = ""
    display_name: str = ""
    description: str = ""
    parallelism: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    version: int | None = None
    versions: tuple[int, ...] = ()
    alias: str = ""
    aliases: tuple[str, ...] = ()

    def with_value(self, name: str, value: str | None) -> RunForm:
        """The form with one parameter's value; None takes it back to the default."""
        return self.with_values({name: value})

    def with_values(self, values: Mapping[str, str | None]) -> RunForm:
        """The form with several parameters' values; names that it does not have are left out."""
        entered = tuple(replace(one, value=values[one.name]) if one.name in values else one for one in self.fields)
        return replace(self, fields=entered)

    def with_last(self) -> RunForm:
        """The form with the values of the last run."""
        return self.with_values({one.name: one.last for one in self.fields if one.last is not None})

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """What keeps the run from being started: (name of the field, words)."""
        complaints = [*(one.complaint for one in self.fields), *_frame_complaints(self)]
        return tuple((found.name, str(found)) for found in complaints if found is not None)

    @property
    def options(self) -> RunOptions:
        """What was said. Meaningful when there are no problems."""
        return RunOptions(
            parameters={one.name: one.value for one in self.fields if one.value is not None},
            display_name=self.display_name,
            description=self.description,
            parallelism=int(self.parallelism) if self.parallelism.strip().isdecimal() else None,
            tags=self.tags,
            version=self.version,
            alias=self.alias,
            token=self.token,
        )


def run_form(
    pipeline: str,
    parameters: Iterable[Mapping[str, Any]],
    *,
    token: str,
    last: Mapping[str, str] | None = None,
) -> RunForm:
    """The form of a pipeline.

    Parameters
    ----------
    parameters
        The definition's ``Parameters``.
    last
        The values of the newest run; of secrets nothing is offered.
    """
    return RunForm(pipeline, token, tuple(_field(entry, last or {}) for entry in parameters if entry.get("Name")))


def parameter_complaints(
    pipeline: str, declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, object]
) -> Iterator[Complaint]:
    """What the service would refuse of the values given for a run."""
    for name, value in given.items():
        if name not in declared:
            otherwise = f"It has {listed(declared)}." if declared else "It has no parameters."
            message = f"Pipeline `{pipeline}` has no parameter `{name}`."
            yield Complaint(name, message, did_you_mean(name, declared, otherwise))
            continue
        entry = declared[name]
        found = value_complaint(name, str(value), _kind(entry), _allowed(entry))
        if found is not None:
            yield found
    missing = [name for name, entry in declared.items() if "DefaultValue" not in entry and name not in given]
    if missing:
        yield _missing(missing, pipeline)


def value_complaint(name: str, value: str, kind: Kind, allowed: tuple[str, ...] = ()) -> Complaint | None:
    """What is wrong with a parameter's value, if anything."""
    if allowed and value not in allowed:
        return Complaint(name, f"Parameter `{name}` cannot be `{value}`.", f"It takes {listed(allowed)}.")
    if len(value) > MAX_VALUE:
        message = f"The value of `{name}` has {len(value)} characters; the service takes {MAX_VALUE}."
        return Complaint(name, message, "Put it into a file on S3 and give the file's URI.")
    if not _is_of(kind, value):
        fixes = {
            Kind.INTEGER: "Give a whole number, such as 1.",
            Kind.FLOAT: "Give a number, such as 0.5.",
            Kind.BOOLEAN: "Give `true` or `false`.",
        }
        return Complaint(name, f"`{name}` is of type {kind}; `{value}` is not.", fixes[kind])
    return None


def option_complaints(options: RunOptions) -> Iterator[Complaint]:
    """What is wrong with what was said beside the parameters."""
    name = options.display_name
    if name and (len(name) > MAX_DISPLAY_NAME or not _DISPLAY_NAME.fullmatch(name)):
        message = f"A run cannot be called `{name[:100]}`."
        fix = f"Use at most {MAX_DISPLAY_NAME} letters, digits and single hyphens between them."
        yield Complaint("display_name", message, fix)
    if len(options.description) > MAX_DESCRIPTION:
        message = f"The description has {len(options.description)} characters."
        yield Complaint("description", message, f"The service takes {MAX_DESCRIPTION}.")
    if options.parallelism is not None and options.parallelism < 1:
        message = f"{options.parallelism} steps at once cannot be."
        yield Complaint("parallelism", message, "Give 1 or more, or leave it empty.")
    if options.version is not None and options.alias:
        yield Complaint("version", "A version and an alias were given.", "Give one of them.")
    yield from _tag_complaints(options.tags)


def _tag_complaints(tags: tuple[tuple[str, str], ...]) -> Iterator[Complaint]:
    if len(tags) > MAX_TAGS:
        yield Complaint("tags", f"There are {len(tags)} tags.", f"A pipeline takes {MAX_TAGS}.")
    seen: set[str] = set()
    for key, value in tags:
        fault = ""
        if not 1 <= len(key) <= 128 or len(value) > 256:
            fault = "a tag's key has 1 to 128 characters, its value at most 256"
        elif key.lower().startswith("aws:"):
            fault = "keys that begin with `aws:` are AWS's own"
        elif key in seen:
            fault = "it is given twice"
        seen.add(key)
        if fault:
            yield Complaint("tags", f"Tag `{key[:100]}` cannot be: {fault}.", "Change it.")


def _frame_complaints(form: RunForm) -> Iterator[Complaint]:
    text = form.parallelism.strip()
    if text and not text.isdecimal():
        yield Complaint("parallelism", f"`{text}` is no number of steps.", "Give 1 or more, or leave it empty.")
    yield from option_complaints(form.options)


def _missing(names: list[str], pipeline: str = "") -> Complaint:
    owner = f"Pipeline `{pipeline}` needs a value for" if pipeline else "This run needs a value for"
    return Complaint(names[0], f"{owner} {listed(names)}.", f"Add `{' '.join(f'-p {name}=…' for name in names)}`.")


def _field(entry: Mapping[str, Any], last: Mapping[str, str]) -> FormField:
    name = str(entry["Name"])
    used = last.get(name)
    if used is not None and (is_secret_name(name) or looks_like_key(used)):
        used = None
    return FormField(
        name=name,
        kind=_kind(entry),
        description=str(entry.get("Description") or ""),
        default=_text(entry["DefaultValue"]) if "DefaultValue" in entry else None,
        allowed=_allowed(entry),
        last=used,
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    try:
        return Kind(str(entry.get("Type", "String")))
    except ValueError:
        return Kind.STRING  # the service has the last word on a type nobody knows


def _allowed(entry: Mapping[str, Any]) -> tuple[str, ...]:
    found = entry.get("EnumValues")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _is_of(kind: Kind, value: str) -> bool:
    if kind is Kind.BOOLEAN:
        return value.lower() in {"true", "false"}
    if kind is Kind.STRING:
        return True
    return (_INTEGER if kind is Kind.INTEGER else _FLOAT).fullmatch(value) is not None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
