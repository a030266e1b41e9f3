"""Starting a run in two moves: :func:`prepare` finds out what it would do, :meth:`Submission.start` does it.

Between the two somebody may be asked: whoever shows a form, a button or a prompt reads ``questions`` and hands in
what was said yes to. Nothing is changed at the target before.
"""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.execution import Execution, check_parameters
from sm_pipeline_widgets.api.origins import origins_of
from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.aws.assets import missing, put
from sm_pipeline_widgets.aws.bucket import BucketState
from sm_pipeline_widgets.aws.errors import DENIED
from sm_pipeline_widgets.aws.preflight import check_account
from sm_pipeline_widgets.definition.compare import compare
from sm_pipeline_widgets.definition.run_form import RunForm, RunOptions, option_complaints, run_form
from sm_pipeline_widgets.errors import (
    DefinitionError,
    PipelineWidgetsError,
    ReadOnlyError,
    ServiceError,
    Severity,
    TargetError,
    UnansweredError,
    UsageError,
)
from sm_pipeline_widgets.execution.submitting import Asks, Progress, Question, Stage
from sm_pipeline_widgets.view.diff_text import Voices, difference_text, summary
from sm_pipeline_widgets.view.preflight_text import findings_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sm_pipeline_widgets.aws.pipelines import Deployed, Wanted
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.account_findings import AccountReport
    from sm_pipeline_widgets.definition.compile import Compiled
    from sm_pipeline_widgets.errors import Problem

    Listener = Callable[[Progress], None]

TAG_WAITS = (1.0, 2.0, 4.0)
"""Seconds between attempts to start a pipeline that was just created with tags: until they have spread, a role that
may only touch what carries them is refused (sagemaker.md §3.1)."""


def silent(_progress: Progress) -> None:
    """For those who do not want to be told."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a submit needs of the machine."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do. Without ``wanted`` it starts what is deployed (``before``) as it is."""

    name: str
    target: Target
    options: RunOptions
    pipeline: Pipeline
    compiled: Compiled
    before: Deployed | None
    wanted: Wanted | None = None

    @property
    def needs_bucket(self) -> bool:
        if self.wanted is None:
            return False
        # what a text leaves open goes into the target's bucket
        is_text = self.pipeline.text is not None
        return is_text or bool(self.compiled.code) or pipelines.is_large(self.wanted.definition)

    @property
    def updates(self) -> bool:
        """Whether what is deployed would be replaced by something else."""
        return self.before is not None and self.wanted is not None and self.wanted.differs_from(self.before)


class Submission:
    """A run that is prepared. Starting it twice starts it once.

    Attributes
    ----------
    questions
        What has to be said yes to before; empty when nothing stands in the way.
    report
        What the check before a first submit found; None where none was made.
    change
        What an update would change, in one line; empty where nothing is updated.
    """

    def __init__(self, plan: Plan, report: AccountReport | None = None) -> None:
        self.plan = plan
        self.report = report
        self.change = _change(plan)
        self.questions = tuple(_questions(plan, self.change, report))
        self._lock = threading.Lock()
        self._execution: Execution | None = None

    def start(
        self, confirmed: Collection[Asks] = (), listener: Listener = silent, tools: Tools | None = None
    ) -> Execution:
        """Upload, update and start; the second time it gives back the execution of the first.

        Raises
        ------
        UnansweredError
            A question was not said yes to.
        UsageError
            What is deployed was changed by somebody else since it was looked at.
        TargetError, ServiceError
            The target cannot be used, or refuses.
        """
        with self._lock:
            if self._execution is None:
                self._execution = self._start(confirmed, _Teller(listener, tools or Tools()))
            return self._execution

    def _start(self, confirmed: Collection[Asks], teller: _Teller) -> Execution:
        for question in self.questions:
            if question.asks not in confirmed:
                raise UnansweredError(str(question), f"Say yes to it: `{question.yes}`.")
        plan = self.plan
        outcome = pipelines.Outcome.UNCHANGED
        if plan.wanted is not None:
            may_create = Asks.BUCKET in confirmed
            bucket = plan.target.ensure_bucket(create=may_create) if plan.needs_bucket else plan.target.bucket
            _upload(plan, bucket, teller)
            outcome = self._deploy(plan.wanted, teller)
        with teller.stage(Stage.STARTING, f"`{plan.name}`") as stage:
            arn = _begin(plan, outcome, teller.tools.sleep)
            stage.words = arn
        return Execution(arn, plan.target, origins_of(plan.compiled.code))

    def _deploy(self, wanted: Wanted, teller: _Teller) -> pipelines.Outcome:
        plan = self.plan
        if plan.before is not None and not plan.updates and not wanted.tags:
            return pipelines.Outcome.UNCHANGED
        words = f"`{plan.name}`" if plan.before is None else f"`{plan.name}` ({self.change or 'tags'})"
        with teller.stage(Stage.UPDATING, words) as stage:
            _refuse_surprises(plan)
            outcome = pipelines.deploy(plan.target, wanted, plan.before, take_over=plan.target.is_local)[1]
            stage.words = f"{words}: {outcome}"
        return outcome


def prepare(
    pipeline: Pipeline,
    target: Target,
    options: RunOptions | None = None,
    *,
    listener: Listener = silent,
    check: bool = True,
    tools: Tools | None = None,
) -> Submission:
    """Find out what running a pipeline would do at a target, and what has to be asked before. Changes nothing.

    Parameters
    ----------
    listener
        Told of the stages while they happen, on this thread.
    check
        Look at roles, permissions, inputs and quotas before a pipeline is first submitted to AWS.

    Raises
    ------
    DefinitionError
        The text has errors.
    UsageError
        An option or parameter cannot be, or there is no such pipeline or version to start.
    TargetError, ServiceError
        The target cannot be used, or refuses.
    """
    given = options or RunOptions()
    given = replace(given, token=given.token or new_token())
    _refuse_options(given)
    if target.is_read_only:
        fix = f"Choose it again without `--read-only` (`%pipeline target {target.name}`) if you mean to run there."
        raise ReadOnlyError(f"`{pipeline.name}` was not run: target `{target.name}` is read-only.", fix)
    tools = tools or Tools()
    teller = _Teller(listener, tools)
    with teller.stage(Stage.CHECKING, f"`{pipeline.name}` at {target.name}") as stage:
        if given.keeps_deployed:
            return _prepare_deployed(pipeline.name, target, given)
        check_parameters(pipeline, given.parameters)
        compiled = pipeline.compiled(target)
        if pipeline.text is not None:
            # What came as JSON may have run many times already; there the service has the last word, not our rules.
            _refuse_errors(pipeline, compiled.problems)
        before = pipelines.deployed(target, pipeline.name)
        wanted = pipelines.Wanted(pipeline.name, compiled.definition, target.role, pipeline.description, given.tags)
        plan = Plan(pipeline.name, target, given, pipeline, compiled, before, wanted)
        report = None
        if before is None and check and not target.is_local:
            stage.words = f"`{pipeline.name}` and what it needs of {target.name}"
            report = check_account(target, pipeline.name, compiled.definition, given.parameters, given.parallelism)
        return Submission(plan, report)


def form_for(pipeline: Pipeline, target: Target) -> RunForm:
    """The form of a run: the pipeline's parameters, what was used last, the versions that could be started.

    What cannot be read (no history, no permission) is simply not offered.
    """
    last: Mapping[str, str] = {}
    versions: tuple[pipelines.VersionSummary, ...] = ()
    try:
        newest = pipelines.latest_execution(target, pipeline.name)
        last = pipelines.parameters(target, newest.arn) if newest is not None else {}
        versions = pipelines.list_versions(target, pipeline.name, limit=20)
    except (PipelineWidgetsError, NotImplementedError):  # the latter is moto's, for what it does not have
        pass
    form = run_form(pipeline.name, pipeline.parameters.values(), token=new_token(), last=last)
    return replace(
        form,
        target=target.words,
        versions=tuple(one.number for one in versions),
        aliases=tuple(alias for one in versions for alias in one.aliases),
    )


def new_token() -> str:
    """A token for one press of a button."""
    return str(uuid.uuid4())


def _prepare_deployed(name: str, target: Target, options: RunOptions) -> Submission:
    """Start what is there: nothing is uploaded or updated."""
    found = pipelines.deployed(target, name, options.version, options.alias)
    if found is None:
        number = f" version {options.version} of" if options.version is not None else ""
        number = f" version called `{options.alias}` of" if options.alias else number
        fix = "`%pipeline list` shows the pipelines that are there."
        raise UsageError(f"Target `{target.name}` has no{number} pipeline `{name}`.", fix)
    pipeline = Pipeline.from_definition(found.definition, found.name)
    check_parameters(pipeline, options.parameters)
    return Submission(Plan(found.name, target, options, pipeline, pipeline.compiled(), found))


def _upload(plan: Plan, bucket: str, teller: _Teller) -> None:
    wanted: dict[str, bytes] = {}
    for use in plan.compiled.code.values():
        asset = plan.pipeline.code.find(use.ref)
        if asset.sha256 != use.facts.sha256:
            raise UsageError(f"The code `{use.ref}` has changed since the run was prepared.", "Run it again.")
        wanted.update(missing(asset, plan.target.s3, bucket, "archive" if use.form == "archive" else "files"))
    if not wanted:
        return
    total = sum(map(len, wanted.values()))
    with teller.stage(Stage.UPLOADING, f"{_count(len(wanted), 'file')} to {bucket}", total) as stage:
        put(plan.target.s3, bucket, wanted, stage.add)


def _refuse_surprises(plan: Plan) -> None:
    """Nobody was shown the difference to what somebody else has deployed in the meantime."""
    if plan.target.is_local or plan.before is None or not plan.updates:
        return
    now = pipelines.deployed(plan.target, plan.name)
    if now is None or now.text != plan.before.text or now.role != plan.before.role:
        raise UsageError(
            f"`{plan.name}` was changed at {plan.target.name} by somebody else while you were being asked.",
            "Run it again: the difference is shown anew.",
        )


def _begin(plan: Plan, outcome: pipelines.Outcome, sleep: Callable[[float], None]) -> str:
    waits = TAG_WAITS if outcome is pipelines.Outcome.CREATED and plan.options.tags else ()
    for wait in waits:
        try:
            return pipelines.start_run(plan.target, plan.name, plan.options)
        except ServiceError as error:
            if error.code not in DENIED:
                raise
            sleep(wait)
    return pipelines.start_run(plan.target, plan.name, plan.options)


def _questions(plan: Plan, change: str, report: AccountReport | None) -> Iterator[Question]:
    target = plan.target
    if target.is_local:  # it is the person's own, and keeps every version
        return
    if change and plan.before is not None and plan.wanted is not None:
        yield Question(
            Asks.UPDATE,
            f"Replace what is deployed as `{plan.name}` at {target.name_and_place}?",
            update_text(plan.before, plan.wanted, target.name),
            "Update and run",
        )
    if report is not None and report.errors:
        title = f"The check of `{plan.name}` found {_count(len(report.errors), 'error')}. Run it all the same?"
        yield Question(Asks.FINDINGS, title, findings_text(report), "Run anyway")
    if plan.needs_bucket and _is_bucket_missing(target):
        text = "Code, outputs and large definitions are kept there."
        title = f"Create the bucket `{target.bucket}` in {target.region}, account {target.account}?"
        yield Question(Asks.BUCKET, title, text, "Create the bucket and run")


def _is_bucket_missing(target: Target) -> bool:
    state = target.bucket_state
    if state is BucketState.REFUSED:
        raise TargetError(
            f"Bucket `{target.bucket}` belongs to another account, or you may not use it.",
            "Choose another one: `%pipeline target … --bucket NAME`.",
        )
    return state is BucketState.MISSING


def update_text(before: Deployed, wanted: Wanted, place: str) -> str:
    """What an update would change, in full."""
    lines = [f"role: {before.role} → {wanted.role}"] if before.role != wanted.role else []
    if wanted.description and wanted.description != before.description:
        lines.append(f"description: {before.description or '(none)'} → {wanted.description}")
    difference = compare(before.definition, wanted.definition)
    if not difference.is_same:
        voices = Voices.of(before.definition, wanted.definition)
        lines.append(difference_text(difference, voices, f"{wanted.name} (deployed at {place})", "what you run"))
    return "\n".join(lines)


def _change(plan: Plan) -> str:
    before, wanted = plan.before, plan.wanted
    if before is None or wanted is None or not plan.updates:
        return ""
    difference = compare(before.definition, wanted.definition)
    parts = [] if difference.is_same else [summary(difference)]
    parts += ["another role"] if before.role != wanted.role else []
    parts += ["another description"] if wanted.description and wanted.description != before.description else []
    return "; ".join(parts)


def _refuse_options(options: RunOptions) -> None:
    for complaint in option_complaints(options):
        raise UsageError(complaint.message, complaint.fix)


def _refuse_errors(pipeline: Pipeline, problems: tuple[Problem, ...]) -> None:
    wrong = [problem for problem in problems if problem.severity is Severity.ERROR]
    if wrong:
        fix = f"Mend the `%%pipeline {pipeline.name}` cell and run it again."
        raise DefinitionError(f"`{pipeline.name}` was not run because of these problems:", wrong, fix)


class _Open:
    """A stage that goes on; its words may become better ones."""

    def __init__(self, tell: Callable[..., None], words: str, total: int) -> None:
        self.words = words
        self.done = 0
        self.total = total
        self._tell = tell

    def add(self, count: int) -> None:
        self.done += count
        self._tell(self)


class _Teller:
    """Tells a listener of stages."""

    def __init__(self, listener: Listener, tools: Tools) -> None:
        self._listener = listener
        self.tools = tools

    @contextmanager
    def stage(self, stage: Stage, words: str, total: int = 0) -> Iterator[_Open]:
        began = self.tools.clock()

        def tell(at: _Open, seconds: float | None = None) -> None:
            self._listener(Progress(stage, at.words, began, seconds, at.done, at.total))

        at = _Open(tell, words, total)
        tell(at)
        yield at
        tell(at, self.tools.clock() - began)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
