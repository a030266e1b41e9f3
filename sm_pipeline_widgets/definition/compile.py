"""Spec to definition JSON: each step through its row of the step table, branches nested, problems collected.

The same text, code and target give the byte-identical definition. A text with errors still compiles as far as it
goes, so that what can be drawn is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.code import CodeReader, unread_code
from sm_pipeline_widgets.definition.common import common_members
from sm_pipeline_widgets.definition.compilation import CodeUse, Compilation, Detail, ReferenceMeaningError
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.definition.graph import build_graph
from sm_pipeline_widgets.definition.lint import lint_definition
from sm_pipeline_widgets.definition.local import local_metadata
from sm_pipeline_widgets.definition.places import Places
from sm_pipeline_widgets.definition.source import Json, MappingNode, Scalar, Span, plain, problem_at
from sm_pipeline_widgets.definition.spec import FIXED_MEMBERS, StepSpec
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, STEP_TYPES, step_type
from sm_pipeline_widgets.definition.steps.base import COMMON_KEYS, StepType, merged, named, service_reference
from sm_pipeline_widgets.definition.steps.control import BRANCHES, branch_names, is_listed
from sm_pipeline_widgets.definition.steps.foreach import BODY, looped_steps, refer_through
from sm_pipeline_widgets.definition.values import BUILT_IN, StepContext
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx

    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.spec import PipelineSpec

VERSION = "2020-12-01"
"""The only ``Version`` of a pipeline definition there is."""
TOP_MEMBERS = {
    "experiment": ("PipelineExperimentConfig", {"name": "ExperimentName", "trial": "TrialName"}),
    "mlflow": ("MlflowConfig", {"arn": "MlflowResourceArn", "experiment": "MlflowExperimentName"}),
}
"""Top-level keys with the member each becomes, and the members of that."""
HOLDERS = {"Condition": BRANCHES, "ForEach": BODY}
"""The types that hold steps: the keys that name them, and the member each becomes."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a text becomes.

    ``code`` says which code each step uses and in which form; ``details`` where each of a step's settings came from.
    """

    definition: dict[str, Any]
    problems: tuple[Problem, ...]
    graph: nx.DiGraph[str]
    code: Mapping[str, CodeUse]
    details: Mapping[str, tuple[Detail, ...]]


def compile_spec(
    spec: PipelineSpec,
    name: str,
    *,
    facts: TargetFacts | None = None,
    read_code: CodeReader = unread_code,
    variables: Mapping[str, Any] | None = None,
) -> Compiled:
    """Compile a spec for a target (AWS's documentation account when none is given).

    Parameters
    ----------
    read_code
        Finds the code a step names; without one the code's name stands for its content.
    variables
        What ``$vars.NAME`` may refer to.
    """
    work = compilation(name, spec, facts=facts, read_code=read_code, variables=variables)
    definition = assemble(work)
    graph = build_graph(definition)
    problems = [*spec.problems, *work.problems]
    problems += lint_definition(definition, graph, name=name, place=Places(spec, definition), said=problems)
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    details = {step: tuple(dict.fromkeys(found)) for step, found in work.details.items()}
    return Compiled(definition, tuple(dict.fromkeys(problems)), graph, work.code, details)


def compilation(
    name: str,
    spec: PipelineSpec,
    *,
    facts: TargetFacts | None = None,
    read_code: CodeReader = unread_code,
    variables: Mapping[str, Any] | None = None,
) -> Compilation:
    """What a compile has in hand at its beginning."""

    def refer(step: StepSpec, reference: Reference) -> Json:
        found = refer_through(spec.steps, step, reference, refer_to_step) if step.type == "ForEach" else None
        return found if found is not None else refer_to_step(step, reference)

    looped = looped_steps(spec.steps.values())
    return Compilation(name, spec, facts or TargetFacts(), read_code, variables or {}, refer, looped)


def assemble(work: Compilation) -> dict[str, Any]:
    """The definition of a compilation's spec; what is wrong with single values goes to its problems."""
    spec = work.spec
    if spec.literal is not None:
        return dict(spec.literal)
    parts = {step.name: _compile_step(work, step) for step in spec.steps.values()}
    _check_defaults(work)
    definition = {
        "Version": VERSION,
        "Metadata": local_metadata(work),
        "Parameters": [_parameter(parameter) for parameter in spec.parameters.values()],
        **_top_members(work),
        "Steps": _nest(work, parts),
    }
    omitted = _omitted(work)
    return {member: value for member, value in definition.items() if member not in omitted}


def _top_members(work: Compilation) -> dict[str, Json]:
    """The members behind ``experiment``, ``mlflow`` and every key that is spelled as the service spells it."""
    entries = work.spec.members
    start = Span(0, 0, 1, 1, 1, 1)
    context = StepContext(StepSpec("", "", start, entries), work, ())
    members = {key: context.json(entry.value) for key, entry in entries.items() if key[:1].isupper()}
    for key, (member, inner) in TOP_MEMBERS.items():
        node = context.node(key)
        if node is None:
            continue
        if isinstance(node, Scalar) and node.value is None:
            members[member] = None
        elif isinstance(node, MappingNode):
            words = {short: f"The service's `{long}`." for short, long in inner.items()}
            options = context.options(node, words, f"`{key}`")
            members[member] = {inner[short]: context.json(value) for short, value in options.items()}
        else:
            fix = f"`{key}: {{{', '.join(f'{short}: …' for short in inner)}}}`, or `null`."
            context.problem("wrong-kind", f"`{key}` takes keys and values", node.span, fix)
    return members


def _omitted(work: Compilation) -> list[str]:
    entry = work.spec.members.get("omit")
    if entry is None:
        return []
    found = plain(entry.value)
    names = found if isinstance(found, list) else [found]
    for name in names:
        if name not in FIXED_MEMBERS:
            fix = f"`omit` takes a list of {listed(FIXED_MEMBERS)}."
            work.problems.append(problem_at("wrong-kind", f"`{name}` cannot be omitted", entry.value.span, fix))
    return [str(name) for name in names]


def refer_to_step(step: StepSpec, reference: Reference) -> Json:
    """What ``$steps.NAME.…`` means: a friendly output of the step's type, or a path as the service spells it."""
    row = step_type(step.type)
    choices = _outputs_of(row, step)
    if len(reference.path) < 2:
        fix = f"It has {listed(choices)}." if choices else f"A step of type {step.type} has no outputs."
        raise ReferenceMeaningError(
            "incomplete-reference", f"`{reference.text}` is a whole step; say which output", fix
        )
    found = row.refer(step, reference)
    if found is not None:
        return found
    first = str(reference.names[1])
    if first[:1].isupper():
        return service_reference(step, reference)
    fix = did_you_mean(first, [choice.split(".")[0] for choice in choices], f"It has {listed(choices)}.")
    raise ReferenceMeaningError("unknown-output", f"step `{step.name}` ({step.type}) has no output `{first}`", fix)


def _outputs_of(row: StepType, step: StepSpec) -> list[str]:
    files = [f"{name}.…" for name in named(step.node("property_files"))]
    return files + [output for output in dict(row.outputs) if not output.startswith("PROPERTY_FILE")]


def _compile_step(work: Compilation, step: StepSpec) -> dict[str, Any]:
    if step.literal is not None:
        return dict(step.literal)
    row = step_type(step.type)
    context = StepContext(step, work, row.all_keys)
    _check_keys(context, row)
    members = row.build(context)
    members.setdefault("Arguments", {})
    given = context.node("arguments")
    if given is not None:
        members["Arguments"] = merged(members["Arguments"], context.json(given))
    as_they_are = {key: context.json(entry.value) for key, entry in step.entries.items() if passes_through(key)}
    return {"Name": step.name, "Type": step.type, **members, **common_members(context), **as_they_are}


def passes_through(key: str) -> bool:
    """Whether a step's key is the service's own and goes to it as it is."""
    return key[:1].isupper() and key not in ("Name", "Type", "Arguments")


def _check_keys(context: StepContext, row: StepType) -> None:
    step = context.step
    if step.type and step.type not in KNOWN_TYPES:
        # A type that AWS adds tomorrow comes with arguments; a slip of the fingers does not.
        future = "arguments" in step.entries
        fix = did_you_mean(step.type, KNOWN_TYPES, f"The types are {listed(KNOWN_TYPES, most=30)}.")
        severity = Severity.WARNING if future else Severity.ERROR
        context.problem(
            "unknown-type", f"`{step.type}` is not a known type of step", step.span_of("type"), fix, severity
        )
        if not future:
            return
    for key, entry in step.entries.items():
        if key == "defaults" and (not isinstance(entry.value, Scalar) or entry.value.text not in ("none", "all")):
            fix = "Write `defaults: none`, or leave it out; what steps share stands at the top of the pipeline."
            context.problem("wrong-kind", "`defaults` of a step can only be `none` or `all`", entry.value.span, fix)
        if key not in row.all_keys and not passes_through(key):
            fix = did_you_mean(key, row.all_keys, f"A {step.type} step takes {listed(row.all_keys, most=30)}.")
            if step.type not in STEP_TYPES:
                fix = "Put the API's own members under `arguments:`."
            context.problem("unknown-key", f"`{key}` is not a key of a {step.type} step", entry.key.span, fix)


def _check_defaults(work: Compilation) -> None:
    own = COMMON_KEYS
    shared = [key for row in STEP_TYPES.values() for key in row.keys]
    known = sorted(set(shared) - set(own))
    for key, entry in work.spec.defaults.items():
        if key == BUILT_IN:
            if not isinstance(entry.value, Scalar) or entry.value.text not in ("none", "all"):
                message = "`built_in` is `none` (fill in only what stands here) or `all`"
                work.problems.append(problem_at("wrong-kind", message, entry.value.span, "Leave it out for `all`."))
        elif key not in known:
            fix = did_you_mean(key, known, f"Steps can share {listed(known, most=30)}.")
            if key in COMMON_KEYS:
                fix = "Give it to each step."
            work.problems.append(problem_at("unknown-key", f"`{key}` cannot be a default", entry.key.span, fix))


def _parameter(parameter: Any) -> dict[str, Any]:
    if parameter.literal is not None:
        return dict(parameter.literal)
    written: dict[str, Any] = {"Name": parameter.name, "Type": parameter.type}
    if parameter.has_default:
        written["DefaultValue"] = parameter.default
    if parameter.enum:
        written["EnumValues"] = list(parameter.enum)
    if parameter.description:
        written["Description"] = parameter.description
    return written


def _nest(work: Compilation, parts: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the steps of branches and bodies into what holds them; the steps that stand in none are the top level."""
    parent: dict[str, tuple[str, str]] = {}
    misplaced: set[str] = set()
    for step in work.spec.steps.values():
        if step.type in HOLDERS and step.literal is None:
            _place_branches(work, step, parent)
    for child, (holder, branch) in parent.items():
        arguments = parts[holder]["Arguments"]
        member = HOLDERS[work.spec.steps[holder].type][branch]
        steps = arguments.setdefault(member, []) if isinstance(arguments, dict) else None
        if isinstance(steps, list):
            steps.append(parts[child])
        else:
            misplaced.add(child)
    return [part for name, part in parts.items() if name not in parent or name in misplaced]


def _place_branches(work: Compilation, holder: StepSpec, parent: dict[str, tuple[str, str]]) -> None:
    def problem(code: str, message: str, span: Any, fix: str) -> None:
        work.problems.append(problem_at(code, message, span, fix, step=holder.name))

    for branch in HOLDERS[holder.type]:
        node = holder.node(branch)
        if node is not None and not is_listed(node):
            problem("wrong-kind", f"`{branch}` takes a list of step names", node.span, f"`{branch}: [register]`")
        for name in branch_names(holder, branch):
            if name.text not in work.spec.steps:
                fix = did_you_mean(name.text, work.spec.steps, "Declare it below `steps:`.")
                problem("unknown-step", f"there is no step `{name.text}` for the branch `{branch}`", name.span, fix)
            elif name.text in parent:
                other, where = parent[name.text]
                message = f"step `{name.text}` is already in the branch `{where}` of `{other}`"
                problem(
                    "branch-twice", message, name.span, "A step can stand in one branch only; give the other a copy."
                )
            elif name.text == holder.name or _stands_in(holder.name, name.text, parent):
                message = f"`{holder.name}` cannot stand inside its own branch"
                problem("cycle", message, name.span, "Remove it from the branch.")
            else:
                parent[name.text] = (holder.name, branch)


def _stands_in(inner: str, outer: str, parent: Mapping[str, tuple[str, str]]) -> bool:
    while inner in parent:
        inner = parent[inner][0]
        if inner == outer:
            return True
    return False
