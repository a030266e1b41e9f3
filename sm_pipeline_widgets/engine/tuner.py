"""A hyperparameter tuning at work: training jobs begun with suggested values until its limits are reached. Blocking.

A training job's number decides its name, so a tuning that is taken up again finds those it began.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.earlystop import is_hopeless
from sm_pipeline_widgets.engine.endings import Ending
from sm_pipeline_widgets.engine.hyperband import bracket_of, is_beaten
from sm_pipeline_widgets.engine.records import JobRecord, JobStatus
from sm_pipeline_widgets.engine.search import Question, SearchError, Trial, has_bayesian, is_inside, suggest
from sm_pipeline_widgets.engine.tuning import (
    DEFINITION,
    TUNED,
    TUNING,
    WARNINGS,
    Definition,
    child_name,
    child_request,
    definitions_of,
    most_jobs,
    objective_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sm_pipeline_widgets.engine.progress import Progress

FAILED_AT_FIRST = 5
LOOK_SECONDS = 0.5
_NO_LIBRARY = (
    "warning: Bayesian tuning needs optuna (pip install 'sm_pipeline_widgets[tuning]'), which the engine's Python has "
    "not; the values were drawn at random."
)


@dataclass(frozen=True, slots=True)
class Children:
    """How a tuning makes its training jobs and takes them to their ends.

    ``make`` is given name, request and details and keeps the record; ``find`` looks for one by name. ``values`` is
    what a job's log has given for a metric so far, in order; ``learned`` the trials of an earlier tuning, by its name.
    """

    find: Callable[[str], JobRecord | None]
    make: Callable[[str, Mapping[str, Any], Mapping[str, Any]], JobRecord]
    run: Callable[[JobRecord], JobRecord]
    stop: Callable[[str], None]
    values: Callable[[JobRecord, str], list[float]]
    learned: Callable[[str], list[Trial]]


@dataclass(slots=True)
class _State:
    """What the workers share, under one lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    jobs: dict[int, JobRecord] = field(default_factory=dict)
    next: int = 0
    why_no_more: str = ""
    error: BaseException | None = None


def work(progress: Progress, children: Children) -> Ending:
    """Take a tuning to its end."""
    request = progress.record.request
    config = request["HyperParameterTuningJobConfig"]
    try:
        definitions = definitions_of(request)
        most = most_jobs(config, definitions)
    except SearchError as error:
        return Ending(JobStatus.FAILED, "Failed", f"ClientError: {error}")
    progress.to("Training", started=progress.record.started or progress.clock())
    tuner = _Tuner(progress, children, definitions, most, _State())
    progress.when_stopped(tuner.stop_children)
    workers = min(most, int(config["ResourceLimits"].get("MaxParallelTrainingJobs") or 1))
    threads = [threading.Thread(target=tuner.work, name=f"tuning-{at}", daemon=True) for at in range(workers)]
    with tuner.stopping_early():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if tuner.state.error is not None:
        raise tuner.state.error
    return tuner.ending()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A training job as it was when it was looked at, with the values of its objective so far."""

    index: int
    job: JobRecord
    values: list[float]


@dataclass(frozen=True, slots=True)
class _Tuner:
    progress: Progress
    children: Children
    definitions: tuple[Definition, ...]
    most: int
    state: _State

    def work(self) -> None:
        """Be one of the workers; what goes wrong inside the engine is raised by whoever waits for them."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - raised again
            self.state.error = error
            self.state.why_no_more = "a worker failed"

    def _work(self) -> None:
        """Begin and run one training job after the other, until there are to be no more."""
        while (job := self._next()) is not None:
            index = int(job.name.rpartition("-")[0].rpartition("-")[2]) - 1
            if self.progress.is_stopping:
                # asked while no engine was there, or since the job was made
                self.children.stop(job.name)
            done = job if job.status.is_end else self.children.run(job)
            with self.state.lock:
                self.state.jobs[index] = done
                self.state.why_no_more = self.state.why_no_more or self._why_no_more()
            if self.state.why_no_more:
                self.stop_children()

    def stop_children(self) -> None:
        with self.state.lock:
            names = [job.name for job in self.state.jobs.values() if not job.status.is_end]
        for name in names:
            self.children.stop(name)

    @contextmanager
    def stopping_early(self) -> Iterator[None]:
        """Look at the running training jobs while the block runs, and stop those that are not worth going on."""
        config = self.progress.record.request["HyperParameterTuningJobConfig"]
        if config.get("TrainingJobEarlyStoppingType") != "Auto" and self.definitions[0].resources is None:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,), name="early-stopping", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event) -> None:
        known: dict[str, list[float]] = {}
        while not ended.wait(LOOK_SECONDS):
            with self.state.lock:
                jobs = sorted(self.state.jobs.items())
            seen = [_Seen(index, job, self._values_of(index, job, known)) for index, job in jobs]
            for one in seen:
                if not one.job.status.is_end and self._is_to_end(one, [at for at in seen if at is not one]):
                    self.children.stop(one.job.name)

    def _values_of(self, index: int, job: JobRecord, known: dict[str, list[float]]) -> list[float]:
        """The objective as a training job's log has given it; of one that has ended it is read once."""
        if job.name in known:
            return known[job.name]
        values = self.children.values(job, self._definition(index)[0].metric)
        if job.status.is_end:
            known[job.name] = values
        return values

    def _is_to_end(self, one: _Seen, others: list[_Seen]) -> bool:
        """Whether a training job is not worth going on, compared with those that follow the same definition."""
        definition, number = self._definition(one.index)
        peers = [at for at in others if self._definition(at.index)[0] is definition]
        resources, maximizes = definition.resources, definition.maximizes
        if resources is None:
            before = [at.values for at in peers if at.job.status is JobStatus.COMPLETED]
            return is_hopeless(one.values, before, maximizes=maximizes)
        bracket = bracket_of(number, resources)
        rivals = [at.values for at in peers if bracket_of(self._definition(at.index)[1], resources) == bracket]
        return is_beaten(one.values, rivals, resources, bracket, maximizes=maximizes)

    def ending(self) -> Ending:
        """How the tuning ended: well, if one training job gave its objective."""
        jobs = self.state.jobs
        if any(self._objective(index, job) is not None for index, job in jobs.items()):
            return Ending(JobStatus.COMPLETED, "Completed")
        failed = next((job for _, job in sorted(jobs.items()) if job.status is JobStatus.FAILED), None)
        if failed is not None:
            words = "All training jobs failed. Please take a look at the training jobs failures to get more details."
            return Ending(JobStatus.FAILED, "Failed", f"ClientError: {words} The first, {failed.name}: {failed.reason}")
        metric = self.definitions[0].metric
        return Ending(
            JobStatus.FAILED,
            "Failed",
            f"ClientError: No training job gave a value for the objective metric '{metric}'. Look at its "
            "MetricDefinitions: the Regex must match a line of the log and have one group that is a number.",
        )

    def _next(self) -> JobRecord | None:
        """The next training job: one that was begun before, or a new one."""
        with self.state.lock:
            if self.state.next >= self.most:
                return None
            index = self.state.next
            name = child_name(self.progress.record.api_name, index)
            job = self.children.find(name)
            if job is None:
                if self.progress.is_stopping or self.state.why_no_more or self._is_overdue():
                    return None
                job = self._make(name, index)
            self.state.next += 1
            self.state.jobs[index] = job
            return job

    def _make(self, name: str, index: int) -> JobRecord:
        definition, number = self._definition(index)
        config = self.progress.record.request["HyperParameterTuningJobConfig"]
        mine = [(at, job) for at, job in sorted(self.state.jobs.items()) if self._definition(at)[0] is definition]
        own = (Trial(job.details.get(TUNED, {}), self._objective(at, job)) for at, job in mine)
        trials = (*self._learned(definition), *own)
        seed = f"{config.get('RandomSeed', self.progress.record.api_name)} {definition.name}"
        strategy = str(config.get("Strategy") or "Bayesian")
        values = suggest(strategy, Question(definition.ranges, definition.maximizes, seed, number, trials))
        details: dict[str, Any] = {
            TUNED: values,
            TUNING: self.progress.record.arn,
            DEFINITION: definition.request.get("DefinitionName", ""),
        }
        if strategy == "Bayesian" and not has_bayesian():
            details[WARNINGS] = [_NO_LIBRARY]
        return self.children.make(name, child_request(definition, values), details)

    def _learned(self, definition: Definition) -> list[Trial]:
        """The trials of the tunings that this one is to learn from, as far as they lie in its ranges."""
        warm = self.progress.record.request.get("WarmStartConfig") or {}
        parents = [str(at["HyperParameterTuningJobName"]) for at in warm.get("ParentHyperParameterTuningJobs") or []]
        return [at for name in parents for at in self.children.learned(name) if is_inside(definition.ranges, at.values)]

    def _definition(self, index: int) -> tuple[Definition, int]:
        """Whose turn a training job is, and the how manieth of that definition: they take turns."""
        count = len(self.definitions)
        return self.definitions[index % count], index // count

    def _objective(self, index: int, job: JobRecord) -> float | None:
        return objective_of(job, self._definition(index)[0].metric)

    def _is_overdue(self) -> bool:
        limits = self.progress.record.request["HyperParameterTuningJobConfig"].get("ResourceLimits") or {}
        seconds, started = limits.get("MaxRuntimeInSeconds"), self.progress.record.started
        return bool(seconds and started is not None and self.progress.clock() - started > float(seconds))

    def _why_no_more(self) -> str:
        """Why no training job is to begin any more, or nothing. Called under the lock."""
        config = self.progress.record.request["HyperParameterTuningJobConfig"]
        ended = [(index, job) for index, job in sorted(self.state.jobs.items()) if job.status.is_end]
        values = [(index, value) for index, job in ended if (value := self._objective(index, job)) is not None]
        if not values and sum(job.status is JobStatus.FAILED for _, job in ended) >= FAILED_AT_FIRST:
            return "the first training jobs all failed"
        criteria = config.get("TuningJobCompletionCriteria") or {}
        target = criteria.get("TargetObjectiveMetricValue")
        if target is not None and any(self._is_better(index, value, float(target)) for index, value in values):
            return "the target was reached"
        patience = (criteria.get("BestObjectiveNotImproving") or {}).get("MaxNumberOfTrainingJobsNotImproving")
        if patience and values:
            best = values[0]
            for index, value in values[1:]:
                if value != best[1] and self._is_better(index, value, best[1]):
                    best = (index, value)
            if sum(index > best[0] for index, _ in values) >= int(patience):
                return "the objective does not improve any more"
        return ""

    def _is_better(self, index: int, value: float, than: float) -> bool:
        return value >= than if self._definition(index)[0].maximizes else value <= than
