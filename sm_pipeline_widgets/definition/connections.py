"""What one step can give another: every edge a person could mean by drawing a line between two cards.

Knows what outputs are (a model, data, the name of something, a single value) and which keys take which.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import HOLDERS
from sm_pipeline_widgets.definition.edits import Connect
from sm_pipeline_widgets.definition.rewrite_links import check_branch, meaningful_reference
from sm_pipeline_widgets.definition.rewrite_order import cycle_words
from sm_pipeline_widgets.definition.rewrite_page import is_empty
from sm_pipeline_widgets.definition.rewrite_plan import free_name
from sm_pipeline_widgets.definition.source import MappingNode, Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps import step_type
from sm_pipeline_widgets.definition.steps.base import PROCESSES, named
from sm_pipeline_widgets.definition.steps.control import branch_names
from sm_pipeline_widgets.errors import EditRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.definition.edits import Path
    from sm_pipeline_widgets.definition.spec import PipelineSpec, StepSpec


class Gives(StrEnum):
    """What an output is."""

    MODEL = "model"
    DATA = "data"
    NAME = "name"
    VALUE = "value"
    FILE = "property file"


@dataclass(frozen=True, slots=True)
class Output:
    """One output by its friendly path behind the step's name, and what it is."""

    path: str
    gives: Gives
    says: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One edge that could be drawn.

    Parameters
    ----------
    edit
        The edit that draws it.
    words
        What it would mean.
    replaces
        What of the target it would replace.
    asks
        What a person has yet to say: it goes behind the edit's `output`, with a dot.
    """

    edit: Connect
    words: str
    replaces: str = ""
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Possible:
    """The edges that could be drawn from one step to another, likeliest first; without any, why not and what to do."""

    choices: tuple[Choice, ...]
    reason: str = ""
    fix: str = ""


_GIVES: Mapping[tuple[str, str], Gives] = {
    ("Processing", "outputs.NAME"): Gives.DATA,
    ("Processing", "inputs.NAME"): Gives.DATA,
    ("Training", "model"): Gives.MODEL,
    ("Training", "output"): Gives.DATA,
    ("Tuning", "best_model"): Gives.MODEL,
    ("Tuning", "models[K]"): Gives.MODEL,
    ("Tuning", "output"): Gives.DATA,
    ("AutoML", "best_model"): Gives.MODEL,
    ("AutoML", "insights"): Gives.DATA,
    ("AutoML", "explainability"): Gives.DATA,
    ("AutoML", "output"): Gives.DATA,
    ("Transform", "output"): Gives.DATA,
    ("NotebookJob", "output"): Gives.DATA,
    ("QualityCheck", "statistics"): Gives.DATA,
    ("Model", "name"): Gives.NAME,
    ("Model", "model"): Gives.MODEL,
    ("EndpointConfig", "name"): Gives.NAME,
}
"""What outputs are; every other is a single value."""
_CHECK_FILES = ("constraints", "baseline_constraints", "baseline_statistics")
_NAMED_BY = {"outputs": "outputs", "inputs": "inputs", "metrics": "metrics", "best_hyperparameters": "ranges"}

_NAMES_TAKEN: Mapping[tuple[str, str], str] = {
    ("Transform", "model"): "Model",
    ("ClarifyCheck", "model"): "Model",
    ("EndpointConfig", "model"): "Model",
    ("Endpoint", "config"): "EndpointConfig",
}
"""Keys that take the name of what a step of a certain type made."""
_MODEL_KEYS = ("Model", "RegisterModel")
_INPUT_TYPES = ("Processing", "Training", "Tuning")
_VALUE_MAPS: Mapping[str, str] = {
    "Training": "hyperparameters",
    "Tuning": "hyperparameters",
    "NotebookJob": "parameters",
    "Lambda": "inputs",
    "Callback": "inputs",
    "Processing": "environment",
}
"""Where a single value goes by a name."""
_DATA_KEYS: Mapping[str, str] = {"Transform": "input", "QualityCheck": "dataset", "ClarifyCheck": "dataset"}
_CHANNELS = ("training", "validation")


def possible_connections(spec: PipelineSpec, source: str, target: str) -> Possible:
    """What could be drawn from `source` to `target`. Never raises."""
    for name in (source, target):
        if name not in spec.steps:
            return Possible((), f"there is no step `{name}`", "Add it first.")
    words = cycle_words(spec, source, target)
    if words:
        return Possible((), words, "Draw it the other way round.")
    if spec.steps[target].literal is not None:
        return Possible((), f"`{target}` is given as its JSON", "Edit what stands under its `definition:`.")
    choices = [choice for choice in _choices(spec.steps[source], spec.steps[target]) if _is_possible(spec, choice)]
    if not choices:
        return Possible((), f"`{target}` waits for `{source}` already, and takes nothing else of it", "")
    return Possible(tuple(dict.fromkeys(choices)))


def outputs_of(step: StepSpec) -> list[Output]:
    """The friendly outputs of a step that can be named as they stand."""
    found: list[Output] = []
    for output, doc in dict(step_type(step.type).outputs).items():
        first, _, rest = output.partition(".")
        gives = _gives(step.type, output)
        says = doc.rstrip(".")
        if first == "PROPERTY_FILE":
            found += [Output(name, Gives.FILE, "property file") for name in named(step.node("property_files"))]
        elif rest == "NAME" and first in _NAMED_BY:
            found += [Output(f"{first}.{name}", gives, says) for name in named(step.node(_NAMED_BY[first]))]
        elif output != "NAME" and not rest:
            found.append(Output(output.replace("[K]", "[0]"), gives, says))
    return found


def _gives(type_name: str, output: str) -> Gives:
    if type_name in ("QualityCheck", "ClarifyCheck") and output in _CHECK_FILES:
        return Gives.DATA
    return _GIVES.get((type_name, output), Gives.VALUE)


def _is_possible(spec: PipelineSpec, choice: Choice) -> bool:
    """Whether the target could see it: nothing of a loop's body can be named from outside."""
    edit = choice.edit
    try:
        if edit.input[0] in ("then", "else", "body"):
            check_branch(spec, edit.target, edit.source, str(edit.input[0]))
        elif edit.output:
            output = f"{edit.output}.value" if choice.asks else edit.output
            meaningful_reference(spec, edit.source, output, spec.steps[edit.target])
    except EditRefusedError:
        return False
    return True


def _choices(source: StepSpec, target: StepSpec) -> Iterator[Choice]:
    for branch in HOLDERS.get(source.type, ()):
        if source.literal is None:
            yield Choice(Connect(source.name, "", target.name, (branch,)), _branch_words(source, target, branch))
    outputs = outputs_of(source)
    for gives in (Gives.MODEL, Gives.NAME, Gives.DATA, Gives.FILE, Gives.VALUE):
        for output in outputs:
            if output.gives is gives:
                yield from _of_output(source, output, target)
    if not _waits(target, source.name):
        edit = Connect(source.name, "", target.name, ("depends_on",))
        yield Choice(edit, f"`{target.name}` only waits until `{source.name}` has ended")


def _branch_words(source: StepSpec, target: StepSpec, branch: str) -> str:
    if branch == "body":
        return f"`{target.name}` runs for each item of `{source.name}`"
    return f"`{target.name}` runs when `{source.name}` {'holds' if branch == 'then' else 'does not hold'}"


def _of_output(source: StepSpec, output: Output, target: StepSpec) -> Iterator[Choice]:
    for path, takes in _places(source, output, target):
        old = _at(target, path)
        replaces = old.text if isinstance(old, Scalar) and not is_empty(old) else "what stands there" if old else ""
        reference = f"$steps.{source.name}.{output.path}"
        if path in (("if",), ("message",)):
            replaces = ""
        elif replaces == reference or _has(target, path[0], reference):
            continue
        words = f"{output.says} (`{output.path}`) as {takes}"
        asks = "the path of a value in the file, such as `rmse`" if output.gives is Gives.FILE else ""
        yield Choice(Connect(source.name, output.path, target.name, path), words, replaces, asks)


def _places(source: StepSpec, output: Output, target: StepSpec) -> Iterator[tuple[Path, str]]:
    """Where a target takes an output, and what it is there."""
    kind = target.type
    for (type_name, key), made_by in _NAMES_TAKEN.items():
        if type_name == kind and output.gives is Gives.NAME and source.type == made_by:
            yield (key,), f"its `{key}`"
    if output.gives is Gives.MODEL and kind in _MODEL_KEYS:
        yield ("model",), "its `model`"
    if output.gives in (Gives.MODEL, Gives.DATA):
        yield from _data_places(source, output, target)
    if output.gives in (Gives.VALUE, Gives.FILE):
        yield from _value_places(source, output, target)


def _data_places(source: StepSpec, output: Output, target: StepSpec) -> Iterator[tuple[Path, str]]:
    kind = target.type
    if kind in _INPUT_TYPES:
        name = new_name(target, "inputs", source.name, output.path)
        yield ("inputs", name), f"the {'input' if kind == 'Processing' else 'channel'} `{name}`"
    elif kind == "AutoML":
        channel = next((one for one in _CHANNELS if one not in named(target.node("inputs"))), None)
        if channel is not None:
            yield ("inputs", channel), f"the channel `{channel}`"
    elif kind in _DATA_KEYS and output.gives is Gives.DATA:
        yield (_DATA_KEYS[kind],), f"its `{_DATA_KEYS[kind]}`"
    elif kind == "RegisterModel" and source.type in PROCESSES and output.path.startswith("outputs."):
        yield ("metrics", "model_quality"), "how good the model is"
    elif kind in ("Lambda", "Callback"):
        name = new_name(target, "inputs", source.name, output.path)
        yield ("inputs", name), f"the input `{name}`"


def _value_places(source: StepSpec, output: Output, target: StepSpec) -> Iterator[tuple[Path, str]]:
    kind = target.type
    if kind == "Condition":
        yield ("if",), "one more term of its condition"
    elif kind == "Fail":
        yield ("message",), "a part of its message"
    elif kind == "ForEach" and is_empty(target.node("items")):
        yield ("items",), "the list of its items"
    elif kind in _VALUE_MAPS:
        key = _VALUE_MAPS[kind]
        name = new_name(target, key, source.name, output.path)
        name = name.upper().replace("-", "_") if key == "environment" else name
        yield (key, name), f"`{name}` of its `{key}`"


def takes_at(source: StepSpec, output: Output, target: StepSpec, path: Path, *, is_text: bool = True) -> bool:
    """Whether a target's key takes an output: what a line would be drawn for, and single values wherever text goes."""
    if any(place[0] == path[0] and len(place) == len(path) for place, _ in _places(source, output, target)):
        return True
    if path[0] == "inputs" and len(path) > 1 and path[-1] == "uri":
        return output.gives in (Gives.MODEL, Gives.DATA)
    if path[0] == "arguments":
        return is_text and output.gives is not Gives.FILE
    return output.gives is Gives.VALUE and path[0] in ("args", "environment", "hyperparameters", "parameters")


def new_name(target: StepSpec, key: str, source: str, output: str) -> str:
    """What a new input is called: as the output is, else with the source's name, else with a number."""
    last = output.rpartition(".")[2].partition("[")[0]
    taken = set(named(target.node(key)))
    plain = source if last in ("output", "name", "arn", "id") else last
    if plain not in taken:
        return plain
    return free_name(f"{source}_{last}", taken)


def _at(step: StepSpec, path: Path) -> Scalar | MappingNode | SequenceNode | None:
    node = step.node(str(path[0]))
    return (
        node.get(str(path[1])) if len(path) > 1 and isinstance(node, MappingNode) else node if len(path) == 1 else None
    )


def _has(step: StepSpec, key: str | int, reference: str) -> bool:
    node = step.node(str(key))
    return isinstance(node, MappingNode) and any(getattr(one, "text", "") == reference for _, one in node.items())


def _waits(step: StepSpec, name: str) -> bool:
    node = step.node("depends_on")
    items = node.values if isinstance(node, SequenceNode) else (node,) if node is not None else ()
    named_steps = [item.get("step") if isinstance(item, MappingNode) else item for item in items]
    in_branch = any(name == one.text for key in HOLDERS.get(step.type, ()) for one in branch_names(step, key))
    return in_branch or any(isinstance(one, Scalar) and one.text == name for one in named_steps)
