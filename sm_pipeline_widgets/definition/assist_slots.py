"""What may stand at a place of the cell language: the keys a mapping takes, the words and names a value may be.

The keys themselves and what they are for are the step table's (`spec.py`, `common.py`, `steps/`); this adds what kind
of value each takes. Words that the API takes are not repeated here: they are asked of its shapes.

>>> sorted(slot_at(("steps", "train", "depends_on", 0), "Training").keys)
['on', 'step']
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_api import Member, child_of, key_member, member_at, members_of, request_of
from sm_pipeline_widgets.definition.assist_api import first_sentence as sentence
from sm_pipeline_widgets.definition.common import DEPENDENCY_KEYS, RETRY_CAUSES, RETRY_KEYS, TRIGGERS
from sm_pipeline_widgets.definition.compile import TOP_MEMBERS
from sm_pipeline_widgets.definition.lint_requests import APIS
from sm_pipeline_widgets.definition.spec import FIXED_MEMBERS, PARAMETER_KEYS, PARAMETER_TYPES, TOP_KEYS
from sm_pipeline_widgets.definition.steps import (
    KNOWN_TYPES,
    STEP_TYPES,
    automl,
    checks,
    emr,
    endpoint,
    members,
    processing,
    register,
    step_type,
    training,
    transform,
    tuning,
)
from sm_pipeline_widgets.definition.steps.base import COMMON_KEYS
from sm_pipeline_widgets.definition.values import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sm_pipeline_widgets.definition.assist_spot import Path


class Kind(StrEnum):
    """What a single value names, where it is more than a word of a list."""

    PLAIN = "plain"
    TEXT = "text"
    STEP = "step"
    IMAGE = "image"
    INSTANCE = "instance"
    CODE = "code"
    URI = "uri"
    CONDITION = "condition"
    OUTPUT_FILE = "output file"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Slot:
    """What may stand at one place.

    Parameters
    ----------
    keys
        The keys a mapping here takes, with what each is for.
    below
        What stands below single keys.
    each
        What stands below every other name, and in every entry of a list.
    kind
        What a single value names.
    choices
        Words a single value may be, with what each means.
    closed
        Whether it may be nothing else.
    member
        The API's member that stands here as the API spells it.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    below: Mapping[str, Slot] = field(default_factory=dict)
    each: Slot | None = None
    kind: Kind = Kind.PLAIN
    choices: Mapping[str, str] = field(default_factory=dict)
    closed: bool = True
    member: Member | None = None

    def child(self, part: str | int) -> Slot:
        """What may stand one key, name or index below."""
        if self.member is not None:
            found = child_of(self.member, part)
            return of_member(found) if found is not None else NOTHING
        if isinstance(part, str) and (part in self.below or part in self.keys):
            return self.below.get(part, PLAIN)
        return self.each or NOTHING


PLAIN = Slot()
NOTHING = Slot()
"""Where nothing is known."""


def value(kind: Kind) -> Slot:
    return Slot(kind=kind)


def words(choices: Iterable[str] | Mapping[str, str], says: str = "") -> Slot:
    told = choices if isinstance(choices, dict) else dict.fromkeys(choices, says)
    return Slot(choices={word: str(told[word] or says) for word in told})


def options(keys: Mapping[str, str], kind: Kind = Kind.PLAIN, **below: Slot) -> Slot:
    """Keys and values, or a single value in their place."""
    return Slot(keys=keys, below=below, kind=kind)


def several(each: Slot) -> Slot:
    """A list, or one entry alone."""
    return Slot(keys=each.keys, below=each.below, each=each, kind=each.kind, choices=each.choices)


def by_name(each: Slot) -> Slot:
    return Slot(each=each)


def _required(member: Member, optional: frozenset[str]) -> str:
    return ", required" if member.required and member.name not in optional else ""


def of_member(member: Member) -> Slot:
    """What the API takes at a member."""
    api = next((api for api in APIS.values() if api.create == member.name), None)
    optional = api.optional if api is not None else frozenset()
    inner = members_of(member, refused=api.refused if api is not None else ())
    keys = {
        name: f"{one.kind}{_required(one, optional)}: {sentence(one.documentation)}"
        for name, one in sorted(inner.items(), key=lambda pair: pair[0] in optional)
    }
    choices = dict.fromkeys(member.allowed, "") if member.kind == "string" else {}
    if member.kind == "boolean":
        choices = {"true": "", "false": ""}
    return Slot(keys=keys, choices=choices, member=member)


# -- the language -----------------------------------------------------------------------------------------------------

_YES = Slot(choices={"true": "", "false": ""})
_URI = value(Kind.URI)
_STEPS = several(value(Kind.STEP))
_NODES = options(emr._NODE_KEYS, Kind.INSTANCE, instance=value(Kind.INSTANCE))  # noqa: SLF001 - the table's own words
_CONTAINER = options(members.CONTAINER_KEYS, model=_URI, image=value(Kind.IMAGE), environment=by_name(PLAIN))
_VARIANT = options(endpoint.VARIANT_KEYS, instance=value(Kind.INSTANCE), serverless=options(endpoint.SERVERLESS_KEYS))
_FILE = options(register._FILE_KEYS, Kind.URI, uri=_URI)  # noqa: SLF001

ANY_STEP = {
    "depends_on": several(options(DEPENDENCY_KEYS, Kind.STEP, step=value(Kind.STEP), on=words(TRIGGERS, "an end"))),
    "cache": Slot(
        closed=False,
        choices={
            "true": "an equal run of the last 30 days is reused",
            "false": "the step always runs",
            "7d": "how long a result stays good",
            "12h": "how long a result stays good",
        },
    ),
    "retry": several(
        options(
            RETRY_KEYS,
            on=several(words(RETRY_CAUSES)),
            interval=value(Kind.LENGTH),
            expire=value(Kind.LENGTH),
        )
    ),
    "defaults": words(
        {"none": "fill in nothing that the step does not say itself", "all": "fill in what is built in as well"}
    ),
    "message": value(Kind.TEXT),
    "image": value(Kind.IMAGE),
    "instance": value(Kind.INSTANCE),
    "instances": several(value(Kind.INSTANCE)),
    "transform_instances": several(value(Kind.INSTANCE)),
    "max_runtime": value(Kind.LENGTH),
    "max_training_runtime": value(Kind.LENGTH),
    "code": value(Kind.CODE),
    "script": value(Kind.URI),
    "notebook": value(Kind.CODE),
    "config": value(Kind.CODE),
    "environment": by_name(PLAIN),
    "hyperparameters": by_name(PLAIN),
    "properties": by_name(PLAIN),
    "parameters": by_name(PLAIN),
    "metadata": by_name(PLAIN),
    "args": several(PLAIN),
    "command": several(PLAIN),
    "then": _STEPS,
    "else": _STEPS,
    "body": _STEPS,
    "if": value(Kind.CONDITION),
    "containers": several(_CONTAINER),
    "variants": by_name(_VARIANT),
    "serverless": options(endpoint.SERVERLESS_KEYS),
    "skip": _YES,
    "fail_on_violation": _YES,
    "new_baseline": _YES,
    "isolated": _YES,
    "spot": _YES,
    "encrypted_traffic": _YES,
    "skip_validation": _YES,
    "early_stopping": _YES,
    "output": _URI,
    "dataset": options(checks._DATASET_KEYS, Kind.URI, uri=_URI),  # noqa: SLF001
}
"""Keys that take the same in every type that has them."""

_INPUTS = {
    "Processing": by_name(options(processing.INPUT_KEYS, Kind.URI, uri=_URI)),
    "Training": by_name(options(training.CHANNEL_KEYS, Kind.URI, uri=_URI)),
    "Tuning": by_name(options(training.CHANNEL_KEYS, Kind.URI, uri=_URI)),
    "AutoML": by_name(options(automl.CHANNEL_KEYS, Kind.URI, uri=_URI)),
}
_GOAL = Slot(
    keys=dict.fromkeys(tuning.GOALS, "the metric"),
    closed=False,
    choices={"minimize METRIC": "the lowest is best", "maximize METRIC": "the highest is best"},
)
_RANGE = options(
    tuning.RANGE_KEYS,
    scale=words(tuning._SCALES),  # noqa: SLF001
    type=words(tuning._KINDS),  # noqa: SLF001
)
OF_TYPE: Mapping[tuple[str, str], Slot] = {
    **{(name, "inputs"): slot for name, slot in _INPUTS.items()},
    ("Processing", "outputs"): Slot(each=options(processing.OUTPUT_KEYS, Kind.URI, uri=_URI)),
    ("Processing", "property_files"): by_name(value(Kind.OUTPUT_FILE)),
    ("Training", "metrics"): by_name(PLAIN),
    ("Tuning", "metrics"): by_name(PLAIN),
    ("Tuning", "ranges"): by_name(_RANGE),
    ("Tuning", "objective"): _GOAL,
    ("Tuning", "strategy"): words(tuning._STRATEGIES.values()),  # noqa: SLF001
    ("Tuning", "warm_start"): options(
        tuning._WARM_KEYS,  # noqa: SLF001
        type=words(("IdenticalDataAndAlgorithm", "TransferLearning")),
    ),
    ("Transform", "input"): options(transform.INPUT_KEYS, Kind.URI, uri=_URI),
    ("Transform", "output"): options(transform.OUTPUT_KEYS, Kind.URI, uri=_URI),
    ("Transform", "model"): PLAIN,
    ("Model", "model"): _URI,
    ("RegisterModel", "model"): _URI,
    ("RegisterModel", "metrics"): Slot(
        keys=dict.fromkeys(register.METRICS, "What was measured."),
        below={
            name: options(dict.fromkeys(files, "A file."), Kind.URI, **dict.fromkeys(files, _FILE))
            for name, (_, files) in register.METRICS.items()
        },
    ),
    ("RegisterModel", "baselines"): Slot(
        keys=dict.fromkeys(register.BASELINES, "What later checks compare with."),
        below={
            name: options(dict.fromkeys(files, "A file."), Kind.URI, **dict.fromkeys(files, _FILE))
            for name, (_, files) in register.BASELINES.items()
        },
    ),
    ("QualityCheck", "check"): words(checks.QUALITY_CHECKS),
    ("QualityCheck", "format"): words(tuple(checks.FORMATS)),
    ("ClarifyCheck", "check"): words(checks.CLARIFY_CHECKS),
    ("EMR", "cluster"): options(
        emr.CLUSTER_KEYS, primary=_NODES, core=_NODES, task=_NODES, log=_URI, applications=several(words(("Spark",)))
    ),
    ("EMRServerless", "application"): options(emr._APPLICATION_KEYS, type=words(("SPARK", "HIVE"))),  # noqa: SLF001
    ("ForEach", "select"): options({"max": "The highest counts.", "min": "The lowest counts."}),
    ("ForEach", "items"): several(by_name(PLAIN)),
    ("Lambda", "inputs"): by_name(PLAIN),
    ("Callback", "inputs"): by_name(PLAIN),
    ("Lambda", "outputs"): by_name(words(PARAMETER_TYPES, "type of the output")),
    ("Callback", "outputs"): by_name(words(PARAMETER_TYPES, "type of the output")),
    ("Endpoint", "config"): PLAIN,
}
"""Keys that take something else in one type than in others."""

_PARAMETER = options(PARAMETER_KEYS, type=words(PARAMETER_TYPES, "type of parameter"), enum=several(PLAIN))
_STEP_MEMBERS = {"Arguments", "Steps"}


def step_slot(type_name: str) -> Slot:
    """A step's keys by its type; a step without one has yet to say it."""
    row = step_type(type_name)
    keys = row.all_keys if type_name else COMMON_KEYS
    below = {key: key_slot(type_name, key) for key in keys}
    return Slot(keys=keys, below=below)


def key_slot(type_name: str, key: str) -> Slot:
    """What a step's key takes."""
    if key == "type":
        return Slot(choices={name: step_type(name).doc for name in KNOWN_TYPES})
    if key == "arguments":
        request = request_of(type_name)
        return of_member(request) if request is not None else NOTHING
    if key == "definition":
        return NOTHING
    return OF_TYPE.get((type_name, key)) or ANY_STEP.get(key, PLAIN)


def defaults_slot() -> Slot:
    """What steps can share."""
    keys = {key: doc for row in STEP_TYPES.values() for key, doc in row.keys.items() if key not in COMMON_KEYS}
    below = {
        key: ANY_STEP.get(key) or next((OF_TYPE[name, key] for name in STEP_TYPES if (name, key) in OF_TYPE), PLAIN)
        for key in keys
    }
    keys[BUILT_IN] = "`none`: fill in nothing that neither the step nor these defaults say."
    below[BUILT_IN] = ANY_STEP["defaults"]
    return Slot(keys=keys, below=below)


def _top_members() -> dict[str, Slot]:
    return {
        key: options({short: f"The service's `{long}`." for short, long in inner.items()})
        for key, (_, inner) in TOP_MEMBERS.items()
    }


def slot_at(path: Path, type_name: str) -> Slot:
    """What may stand at a path of a text; `type_name` is that of the step the path leads into, if it does."""
    if not path:
        return Slot(keys=TOP_KEYS)
    first, rest = path[0], path[1:]
    if first == "steps":
        if not rest:
            return Slot(each=NOTHING)
        return _down(step_slot(type_name), rest[1:])
    tops: dict[str, Slot] = {
        "parameters": by_name(_PARAMETER),
        "omit": several(words(FIXED_MEMBERS, "a member of every definition")),
        "description": value(Kind.TEXT),
        **_top_members(),
    }
    if first == "defaults":
        return _down(defaults_slot(), rest)
    return _down(tops.get(str(first), NOTHING), rest)


def _down(slot: Slot, path: Path) -> Slot:
    for part in path:
        slot = slot.child(part)
    return slot


def member_of_path(path: Path, type_name: str) -> Member | None:
    """The API's member behind a place in a step: what a friendly key makes, or what is spelled as the API spells it."""
    request = request_of(type_name)
    if len(path) < 3 or path[0] != "steps" or request is None:
        return None
    if path[2] == "arguments":
        return member_at(request, path[3:])
    slot, keys = step_slot(type_name), []
    for part in path[2:]:
        if isinstance(part, int):
            slot = slot.child(part)
            continue
        keys.append(part if part in slot.keys else "*")
        slot = slot.child(part)
    found = key_member(type_name, tuple(keys)) if keys and keys[-1] != "*" else None
    return member_at(request, found[1:]) if found is not None and found[0] == "Arguments" else None
