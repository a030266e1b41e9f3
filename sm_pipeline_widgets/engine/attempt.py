"""One attempt of a step: its arguments resolved, an equal earlier result looked for, else its type's ``run``.

Reads the store, changes nothing in it: what comes of an attempt is the loop's to keep.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import caching, retrying
from sm_pipeline_widgets.engine.events import AGAIN_SECONDS
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.local import has_answer
from sm_pipeline_widgets.engine.resolve import ResolveError, resolve
from sm_pipeline_widgets.engine.steptypes.base import Done, Task
from sm_pipeline_widgets.engine.steptypes.declared import DECLARED
from sm_pipeline_widgets.engine.storage import StorageError
from sm_pipeline_widgets.engine.supervised import LostError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.engine.records import StepRecord
    from sm_pipeline_widgets.engine.steptypes.base import StepType

_log = logging.getLogger(__name__)

_COMMON_KEYS = frozenset(
    {"Name", "Type", "Arguments", "DependsOn", "CacheConfig", "RetryPolicies", "PropertyFiles", "DisplayName",
     "Description"}
)  # fmt: skip
"""Keys that the loop reads; all others are the type's own."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an attempt ended; ``cached_from`` is the execution whose result was taken over."""

    done: Done
    cache_key: str = ""
    cached_from: str = ""


def row_of(table: Mapping[str, StepType], step: Mapping[str, Any], local: Mapping[str, Any]) -> StepType | None:
    """What runs a step: what its user declared, else its type."""
    return DECLARED if has_answer(local) else table.get(str(step.get("Type")))


def attempt(row: StepType, task: Task) -> Attempted:
    """Take an attempt to its end. Whatever goes wrong is the step's failure and says so."""
    key = ""
    try:
        task = resolved(row, task)
        key = _key(row, task)
        found = _found(task, key) if key and task.resumed is None else None
        return found or Attempted(_run(row, task), key)
    except ResolveError as error:
        return Attempted(Done.failed(str(error)), key)
    except ServiceException as error:
        return Attempted(Done.failed(_words(error)), key)
    except LostError as error:
        _log.warning("step %s of %s has failed: %s", task.name, task.execution.arn, error)
        return Attempted(Done.failed(f"InternalServerError: the engine failed: {error}"), key)
    except Exception as error:  # noqa: BLE001 - logged, and the step says so
        _log.exception("step %s of %s failed inside the engine", task.name, task.execution.arn)
        return Attempted(Done.failed(f"InternalServerError: the engine failed: {error}"), key)


def _run(row: StepType, task: Task) -> Done:
    """Run, again and again while what must be remembered cannot be written: a full disk is no failure of a step."""
    while True:
        try:
            return row.run(task)
        except StorageError as error:
            _log.warning("step %s of %s: %s Trying again.", task.name, task.execution.arn, error.message)
            time.sleep(AGAIN_SECONDS)
            task = replace(task, resumed=task.resumed or {})


def next_attempt(row: StepType, step: Mapping[str, Any], record: StepRecord, done: Done, now: float) -> float | None:
    """Seconds until a failed step's next attempt, if its retry policies want one."""
    if not row.retryable:
        return None
    return retrying.next_delay(
        retrying.policies_of(step),
        done.error or retrying.error_of(done.reason),
        row.retryable,
        record.attempts - record.first_attempt,
        now - record.started,
    )


def resolved(row: StepType, task: Task) -> Task:
    """The task with what its expressions stand for."""
    own = {**task.scope.execution, row.own_name: task.resource_name} if row.own_name else task.scope.execution
    scope = replace(task.scope, execution=own)
    keys = {key: value for key, value in task.step.items() if key not in _COMMON_KEYS}
    arguments = task.step.get("Arguments") or {}
    if row.is_resolved:
        arguments, keys = resolve(arguments, scope), resolve(keys, scope)
    return replace(task, scope=scope, arguments=arguments, keys=keys)


def _key(row: StepType, task: Task) -> str:
    """Every success of a type that can be cached is kept with its key: a later run may ask for it."""
    if row.compared is None:
        return ""
    return caching.cache_key(row.name, row.compared(task.arguments, task.keys))


def _found(task: Task, key: str) -> Attempted | None:
    """An earlier success of the step that its CacheConfig allows to take over."""
    config = resolve(task.step.get("CacheConfig"), task.scope)
    if not caching.wanted(config):
        return None
    try:
        oldest = caching.oldest(config, task.services.clock())
    except ValueError as error:
        raise ResolveError(f"ClientError: CacheConfig.ExpireAfter of step '{task.name}': {error}.") from error
    hit = task.services.store.cached_step(task.execution.pipeline, task.name, key, oldest)
    if hit is None:
        return None
    properties = task.services.store.properties_of(hit.execution, hit.name)
    return Attempted(Done.succeeded(hit.metadata, properties), key, hit.execution)


def _words(error: ServiceException) -> str:
    return f"{error.code}: {error.message}" if error.status >= 500 else f"ClientError: {error.message}"
