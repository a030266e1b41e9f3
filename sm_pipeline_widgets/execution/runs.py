"""One run as it is compared with others: what each step was given, ran on, brought about.

Made of a state and of what was fetched for it; knows nothing of where that came from. What was not fetched is None or
empty, and is then no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.execution.arguments import resolved
from sm_pipeline_widgets.execution.derived import outcome_of
from sm_pipeline_widgets.execution.failure import parameter_values
from sm_pipeline_widgets.execution.jobfacts import job_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sm_pipeline_widgets.execution.state import ExecutionState, ExecutionStatus, StepState, StepStatus
_CODE_INPUTS = ("code", "entrypoint")


@dataclass(frozen=True, slots=True)
class InputFact:
    """What a step read: its place, and of what lies there the bytes, the number of objects and a digest (an etag).

    ``rewritten`` says when something was written there after the step had read it: what it read then is not known.
    """

    name: str
    uri: str
    size: int | None = None
    count: int | None = None
    etag: str | None = None
    rewritten: str = ""


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step of one run.

    ``arguments`` is its request with everything filled in that is known; ``own`` its other members (``CacheConfig``);
    ``outcome`` a condition's; ``code`` a digest of its code, or the place it lies at under its hash; ``is_described``
    says that the request is the service's own account of it, with every value filled in.
    """

    name: str
    type: str
    status: StepStatus
    reason: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    cached_from: str | None = None
    outcome: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Any] = field(default_factory=dict)
    image: str = ""
    machine: str = ""
    code: str = ""
    inputs: tuple[InputFact, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    is_described: bool = False

    @property
    def seconds(self) -> float | None:
        """How long it ran; None while it runs, or if it never did."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None


@dataclass(frozen=True, slots=True)
class Run:
    """One execution. ``steps`` are in the definition's order; ``unread`` says what of it could not be read, and why."""

    arn: str
    status: ExecutionStatus
    definition: Mapping[str, Any]
    parameters: Mapping[str, object]
    steps: Mapping[str, StepRun]
    started: datetime | None = None
    ended: datetime | None = None
    unread: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]


def run_of(
    state: ExecutionState,
    jobs: Mapping[str, Mapping[str, Any]],
    inputs: Mapping[str, Sequence[InputFact]] | None = None,
    codes: Mapping[str, str] | None = None,
) -> Run:
    """A run out of its state.

    Parameters
    ----------
    jobs
        Describe answers of the steps' jobs, by step.
    inputs
        What each step read; without it the places alone are known.
    codes
        A digest of each step's code.
    """
    known = parameter_values(state)
    definitions = {at.name: own_part(at.step) for at in iter_steps(state.definition)}
    steps = {
        name: _step(
            step,
            jobs.get(name, {}),
            resolved(definitions.get(name, {}), known),
            tuple((inputs or {}).get(name, ())),
            (codes or {}).get(name, ""),
        )
        for name, step in state.steps.items()
    }
    parameters = {label.partition(".")[2]: value for label, value in known.items()}
    return Run(state.arn, state.status, state.definition, parameters, steps, state.started, state.ended)


def _step(
    step: StepState, job: Mapping[str, Any], written: Mapping[str, Any], inputs: tuple[InputFact, ...], code: str
) -> StepRun:
    arguments = written.get("Arguments")
    given = job or (arguments if isinstance(arguments, dict) else {})
    facts = dict(job_facts(step, given))
    places = tuple(InputFact(name.partition(" ")[2], uri) for name, uri in facts.items() if name.startswith("input "))
    return StepRun(
        name=step.name,
        type=step.type,
        status=step.status,
        reason=step.reason,
        started=step.started,
        ended=step.ended,
        cached_from=step.cached_from,
        outcome=outcome_of(step),
        arguments=given,
        own={key: value for key, value in written.items() if key != "Arguments"},
        image=facts.get("image", ""),
        machine=facts.get("machine", ""),
        code=code or _code_place(given),
        inputs=inputs or places,
        metrics=dict(_metrics(job)),
        is_described=bool(job),
    )


def _code_place(given: Mapping[str, Any]) -> str:
    """Where the step's code lies; such places hold the code's hash (``aws.assets``, and the SDKs)."""
    hyperparameters = given.get("HyperParameters")
    if isinstance(hyperparameters, dict) and hyperparameters.get("sagemaker_submit_directory"):
        return str(hyperparameters["sagemaker_submit_directory"]).strip('"')  # script mode's values are JSON
    for each in (*(given.get("ProcessingInputs") or ()), *(given.get("InputDataConfig") or ())):
        if isinstance(each, dict) and each.get("InputName", each.get("ChannelName")) in _CODE_INPUTS:
            source = each.get("S3Input") or (each.get("DataSource") or {}).get("S3DataSource") or {}
            return str(source.get("S3Uri") or "")
    return ""


def _metrics(job: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for each in job.get("FinalMetricDataList") or ():
        if isinstance(each, dict) and isinstance(each.get("Value"), (int, float)):
            yield str(each.get("MetricName")), float(each["Value"])
