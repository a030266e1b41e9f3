"""What most steps of a text say alike, said once under ``defaults:``.

Knows keys and values alone; whether the shorter text still means the same is for :mod:`decompile` to find out.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.values import BUILT_IN
from sm_pipeline_widgets.definition.yaml_text import Block

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sm_pipeline_widgets.definition.source import Json

SHAREABLE = ("image", "instance", "count", "volume", "role", "max_runtime", "input_mode")
"""Keys that are lifted; the rest says something about its step alone."""

_LINES = 4
"""What a step without a shared key costs: it must stand alone, and so say all its other keys itself."""

Steps = dict[str, dict[str, "Json"]]


def with_shared_defaults(document: Mapping[str, Json], others: Collection[str]) -> Block | None:
    """A text's keys with ``defaults:`` for what its steps share, or None when they share nothing.

    Parameters
    ----------
    others
        Steps that mean something else when they take part; they keep every key.
    """
    steps = {name: keys for name, keys in _steps(document).items() if "definition" not in keys}
    shared = _shared(keys for name, keys in steps.items() if name not in others and _is_bare(keys))
    if not shared:
        return None
    told = Block({name: _told(name, keys, shared, others) for name, keys in _steps(document).items()})
    found = Block()
    for key, value in document.items():
        if key == "steps":
            found["defaults"] = Block({BUILT_IN: "none", **shared})
        found[key] = told if key == "steps" else value
    return found


def _steps(document: Mapping[str, Json]) -> Steps:
    steps = document["steps"]
    return {name: keys for name, keys in steps.items() if isinstance(keys, dict)} if isinstance(steps, dict) else {}


def _is_bare(keys: Mapping[str, Json]) -> bool:
    return keys.get("defaults") == "none"


def _shared(steps: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """For each key the value most steps give it, when that saves lines."""
    counts: dict[str, Counter[str]] = {key: Counter() for key in SHAREABLE}
    without: Counter[str] = Counter()
    for keys in steps:
        known = step_type(str(keys["type"])).all_keys
        for key in SHAREABLE:
            if key in keys:
                counts[key][json.dumps(keys[key], sort_keys=True)] += 1
            elif key in known:
                without[key] += 1
    most = {key: found.most_common(1)[0] for key, found in counts.items() if found}
    return {key: json.loads(value) for key, (value, count) in most.items() if count > 1 + _LINES * without[key]}


def _told(name: str, keys: dict[str, Json], shared: Mapping[str, Json], others: Collection[str]) -> Json:
    if "definition" in keys:
        return keys
    if name in others:
        return keys if _is_bare(keys) else Block({"type": keys["type"], "defaults": "all", **keys})
    return Block({
        key: value
        for key, value in keys.items()
        if key != "defaults" and not (key in shared and _equal(value, shared[key]) and _is_bare(keys))
    })  # fmt: skip


def _equal(one: Json, other: Json) -> bool:
    # `==` alone would take 1 for 1.0.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
