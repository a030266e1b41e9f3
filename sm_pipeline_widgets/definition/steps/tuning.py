"""Tuning: many training jobs that look for the best hyperparameters (CreateHyperParameterTuningJob)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.compilation import ReferenceMeaningError
from sm_pipeline_widgets.definition.decompile_values import InexpressibleError
from sm_pipeline_widgets.definition.source import Json, Node, Scalar, SequenceNode
from sm_pipeline_widgets.definition.steps import training
from sm_pipeline_widgets.definition.steps.base import (
    StepType,
    no_more,
    property_get,
    said,
    say_cluster,
    say_image,
)
from sm_pipeline_widgets.definition.steps.members import (
    argues,
    group,
    has,
    is_options,
    needed,
    say,
)
from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.references import Reference
    from sm_pipeline_widgets.definition.remainder import Remainder
    from sm_pipeline_widgets.definition.spec import StepSpec
    from sm_pipeline_widgets.definition.values import StepContext

RANGE_KEYS = {
    "min": "The smallest value.",
    "max": "The largest value.",
    "scale": "`auto`, `linear`, `log` or `reverse_log`.",
    "type": "`integer` or `continuous`; integer when both ends are whole numbers.",
    "values": "The values to choose from, instead of `min` and `max`.",
}
GOALS = {"minimize": "Minimize", "maximize": "Maximize"}
_SCALES = {"auto": "Auto", "linear": "Linear", "log": "Logarithmic", "reverse_log": "ReverseLogarithmic"}
_KINDS = ("integer", "continuous", "categorical")
_STRATEGIES = {"bayesian": "Bayesian", "random": "Random", "hyperband": "Hyperband", "grid": "Grid"}
_WARM_KEYS = {
    "jobs": "Names of the earlier tuning jobs.",
    "type": "`IdenticalDataAndAlgorithm` or `TransferLearning` (when left out).",
}
_BEST = "BestTrainingJob"
_PATHS = {
    "best_job": f"{_BEST}.TrainingJobName",
    "best_metric": f"{_BEST}.FinalHyperParameterTuningJobObjectiveMetric.Value",
    "output": "TrainingJobDefinition.OutputDataConfig.S3OutputPath",
    "name": "HyperParameterTuningJobName",
    "arn": "HyperParameterTuningJobArn",
}


def build(context: StepContext) -> dict[str, Json]:
    """The members of a Tuning step; each of its jobs is trained as a Training step is."""
    for key, fix in (
        ("ranges", "For example `ranges: {alpha: {min: 0.01, max: 1, scale: log}, depth: {min: 2, max: 8}}`."),
        ("objective", "For example `objective: minimize rmse`."),
    ):
        needed(context, key, fix)
    job: Any = training.build(context)["Arguments"]
    fixed = job.pop("HyperParameters", None)
    definition = {**job, **said({"StaticHyperParameters": fixed})}
    return {
        "Arguments": said(
            {
                "HyperParameterTuningJobConfig": group(
                    {
                        "Strategy": _word(context, "strategy", _STRATEGIES, "Bayesian"),
                        "ResourceLimits": group(
                            {
                                "MaxNumberOfTrainingJobs": context.value("jobs", 10),
                                "MaxParallelTrainingJobs": context.value("parallel", 2),
                            }
                        ),
                        "TrainingJobEarlyStoppingType": _early_stopping(context),
                        "HyperParameterTuningJobObjective": _objective(context),
                        "ParameterRanges": _ranges(context),
                    }
                ),
                # Several algorithms at once have definitions of their own, and then there is no single one.
                "TrainingJobDefinition": None if argues(context, "TrainingJobDefinitions") else definition or None,
                "WarmStartConfig": _warm_start(context),
            }
        )
    }


def refer(step: StepSpec, reference: Reference) -> Json | None:
    """``best_model``, ``best_job``, ``best_metric``, ``best_hyperparameters.NAME``, ``models[K]`` and ``jobs[K]``."""
    first = str(reference.names[1])
    if first == "best_model":
        no_more(reference, 2)
        return _model(step, f"{_BEST}.TrainingJobName")
    if first in ("models", "jobs"):
        path = f"TrainingJobSummaries[{_place(reference)}].TrainingJobName"
        return _model(step, path) if first == "models" else property_get(step, path)
    if first == "best_hyperparameters":
        if len(reference.path) < 3:
            message = f"`{reference.text}` is all of them; say which one"
            raise ReferenceMeaningError("incomplete-reference", message, f"For example `{reference.text}.alpha`.")
        no_more(reference, 3)
        return property_get(step, f"{_BEST}.TunedHyperParameters['{reference.names[2]}']")
    if first not in _PATHS:
        return None
    no_more(reference, 2)
    return property_get(step, _PATHS[first])


def unbuild(rest: Remainder) -> None:
    """Friendly keys for what they can say of a Tuning step; what is looked for stays as it is."""
    config, job = "HyperParameterTuningJobConfig", "TrainingJobDefinition"
    say(
        rest,
        settings={
            "strategy": (config, "Strategy"),
            "jobs": (config, "ResourceLimits", "MaxNumberOfTrainingJobs"),
            "parallel": (config, "ResourceLimits", "MaxParallelTrainingJobs"),
            "role": (job, "RoleArn"),
            "input_mode": (job, "AlgorithmSpecification", "TrainingInputMode"),
            "max_runtime": (job, "StoppingCondition", "MaxRuntimeInSeconds"),
        },
        texts={"output": (job, "OutputDataConfig", "S3OutputPath")},
    )
    rest.take("early_stopping", (config, "TrainingJobEarlyStoppingType"), _say_early_stopping)
    rest.take("objective", (config, "HyperParameterTuningJobObjective"), lambda value: _say_objective(rest, value))
    say_image(rest, job, "AlgorithmSpecification", "TrainingImage")
    say_cluster(rest, job, "ResourceConfig")
    rest.take("hyperparameters", (job, "StaticHyperParameters"), rest.texts_by_name)
    rest.take("environment", (job, "Environment"), rest.texts_by_name)


def _say_early_stopping(value: Any) -> Json:
    if value not in ("Auto", "Off"):
        raise InexpressibleError(str(value))
    return bool(value == "Auto")


def _say_objective(rest: Remainder, value: Any) -> Json:
    goals = {service: word for word, service in GOALS.items()}
    if not isinstance(value, dict) or set(value) != {"Type", "MetricName"} or str(value["Type"]) not in goals:
        raise InexpressibleError(str(value))
    return {goals[value["Type"]]: rest.wording.text(value["MetricName"])}


def _place(reference: Reference) -> int:
    at = reference.names[2] if len(reference.path) > 2 else None
    if not isinstance(at, int):
        fix = f"`$steps.{reference.names[0]}.{reference.names[1]}[0]` is the best, `[1]` the next."
        raise ReferenceMeaningError("incomplete-reference", "say which of them", fix)
    no_more(reference, 3)
    if at > 49:
        raise ReferenceMeaningError("unknown-output", "the service keeps the best 50 jobs", "Give 0 to 49.")
    return at


def _model(step: StepSpec, job: str) -> Json:
    """Where a job of the tuning left its model: ``<output>/<job>/output/model.tar.gz``, as the SDK joins it."""
    output = step.node("output")
    slash = "" if isinstance(output, Scalar) and output.text.endswith("/") else "/"
    values = [property_get(step, _PATHS["output"]), slash, property_get(step, job), "/output/model.tar.gz"]
    return {"Std:Join": {"On": "", "Values": [value for value in values if value]}}


def _word(context: StepContext, key: str, known: dict[str, str], built_in: str | None) -> Json:
    value = context.value(key, built_in)
    return known.get(value.lower(), value) if isinstance(value, str) else value


def _early_stopping(context: StepContext) -> Json:
    value = context.value("early_stopping", False)
    if isinstance(value, bool):
        return "Auto" if value else "Off"
    return value


def _objective(context: StepContext) -> Json:
    node = context.node("objective")
    if is_options(node):
        given = context.options(node, dict.fromkeys(GOALS, "the metric"), "an objective")
        found = next(iter(given.items()), None)
        return {"Type": GOALS[found[0]], "MetricName": context.text(found[1])} if found else None
    if not isinstance(node, Scalar) or node.value is None:
        return None
    goal, _, metric = node.text.partition(" ")
    if goal.lower() not in GOALS or not metric.strip():
        fix = "`objective: minimize METRIC` or `objective: maximize METRIC`."
        context.problem("wrong-kind", "`objective` says what to do with which metric", node.span, fix)
        return None
    _check_metric(context, metric.strip(), node)
    return {"Type": GOALS[goal.lower()], "MetricName": metric.strip()}


def _check_metric(context: StepContext, metric: str, node: Node) -> None:
    """A script's metric must be found in its log; algorithms of AWS bring their own."""
    known = [name for name, _ in context.mapping("metrics").items()]
    if (
        not context.bare
        and metric not in known
        and (known or has(context, "code"))
        and "arguments" not in context.step.entries
    ):
        example = f"For example `metrics: {{'{metric}': '{metric}=([0-9.]+)'}}`."
        fix = did_you_mean(metric, known, example)
        context.problem("unknown-output", f"no metric `{metric}` is looked for in the log", node.span, fix)


def _ranges(context: StepContext) -> Json:
    if not has(context, "ranges"):
        return None
    kinds: dict[str, list[Json]] = {"Continuous": [], "Categorical": [], "Integer": []}
    for name, node in context.mapping("ranges").items():
        kind, members = _range(context, name, node)
        if kind:
            kinds[kind].append({"Name": name, **members})
    return {f"{kind}ParameterRanges": list(found) for kind, found in kinds.items() if found}


def _range(context: StepContext, name: str, node: Node) -> tuple[str, dict[str, Json]]:
    options = context.options(node, RANGE_KEYS, "a range") if is_options(node) else {}
    values = options.get("values", node)
    if isinstance(values, SequenceNode):
        return "Categorical", {"Values": [context.text(item) for item in values.values]}
    if "min" not in options or "max" not in options:
        fix = f"`{name}: {{min: 1, max: 10}}`, or a list of values."
        context.problem("missing-key", f"the range `{name}` has no ends", node.span, fix)
        return "", {}
    given = {key: context.text(options[key]) for key in ("min", "max")}
    return _range_kind(context, options), said(
        {"MinValue": given["min"], "MaxValue": given["max"], "ScalingType": _scale(context, options.get("scale"))}
    )


def _range_kind(context: StepContext, options: dict[str, Node]) -> str:
    said = options.get("type")
    if isinstance(said, Scalar):
        if said.text.lower() in _KINDS[:2]:
            return said.text.capitalize()
        fix = did_you_mean(said.text, _KINDS[:2], f"One of {listed(_KINDS[:2])}.")
        context.problem("wrong-kind", f"`{said.text}` is no kind of range", said.span, fix)
    return "Integer" if all(_is_whole(context, options[key]) for key in ("min", "max")) else "Continuous"


def _is_whole(context: StepContext, node: Node) -> bool:
    value = context.json(node)
    if isinstance(value, dict):
        return context.pipeline.parameter_type(value) == "Integer"
    return isinstance(value, int) and not isinstance(value, bool)


def _scale(context: StepContext, node: Node | None) -> Json:
    if not isinstance(node, Scalar) or node.value is None:
        return None if context.bare else "Auto"
    if node.text.lower() not in _SCALES and node.text not in _SCALES.values():
        fix = did_you_mean(node.text, _SCALES, f"One of {listed(_SCALES)}.")
        context.problem("wrong-kind", f"`{node.text}` is no scale", node.span, fix)
    return _SCALES.get(node.text.lower(), node.text)


def _warm_start(context: StepContext) -> Json:
    node = context.node("warm_start")
    if node is None:
        return None
    options = context.options(node, _WARM_KEYS, "`warm_start`") if is_options(node) else {"jobs": node}
    jobs = options.get("jobs")
    names = jobs.values if isinstance(jobs, SequenceNode) else (jobs,) if jobs is not None else ()
    return {
        "WarmStartType": context.text(options["type"]) if "type" in options else "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": context.text(name)} for name in names],
    }


TUNING = StepType(
    name="Tuning",
    family="job",
    doc="Trains many times to find the best hyperparameters.",
    keys={
        **training.TRAINING.keys,
        "hyperparameters": "The hyperparameters that stay the same in every job.",
        "ranges": (
            "The hyperparameters to look for: `NAME: {min: 0.01, max: 1, scale: log}`, or a list to choose from."
        ),
        "objective": "What is best: `minimize METRIC` or `maximize METRIC`.",
        "strategy": "`Bayesian` (when left out), `Random`, `Hyperband` or `Grid`.",
        "jobs": "How many jobs to run in all; 10 when left out.",
        "parallel": "How many at a time; 2 when left out.",
        "early_stopping": "`true` ends jobs that cannot become the best.",
        "warm_start": "Earlier tuning jobs to learn from: names, or `{jobs: [...], type: IdenticalDataAndAlgorithm}`.",
    },
    build=build,
    refer=refer,
    unbuild=unbuild,
    outputs={
        "best_model": "The S3 URI of the best job's model.tar.gz.",
        "best_job": "The best training job's name.",
        "best_metric": "The objective's value in the best job.",
        "best_hyperparameters.NAME": "A hyperparameter's value in the best job.",
        "models[K]": "The model of the K-th best job, from 0 to 49.",
        "jobs[K]": "The K-th best job's name.",
        "output": "The S3 prefix all models lie below.",
        "name": "The tuning job's name.",
        "arn": "The tuning job's ARN.",
    },
)
