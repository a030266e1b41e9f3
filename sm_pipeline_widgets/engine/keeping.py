"""What all kept resources (models, packages, endpoints, functions …) share: made once, found, changed, refused.

Knows the resources table and the service's words for refusals; what a kind's record holds is its owner's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.records import when
from sm_pipeline_widgets.engine.resources import ResourceRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.engine.resources import Resources

ORIGIN = "sm-pipeline-widgets:origin"
"""In a record, the attempt of a step that made it: the same attempt finds what it made, anybody else is refused."""


class Keeper(Protocol):
    """What keeping takes; a step's ``Services`` and the engine's are such."""

    @property
    def resources(self) -> Resources: ...
    @property
    def clock(self) -> Callable[[], float]: ...
    @property
    def arn(self) -> Callable[[str, str], str]: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its row in the table, its word in ARNs, and what the service calls it in refusals."""

    kind: str
    word: str


def create(keeper: Keeper, kind: Kind, name: str, record: Mapping[str, Any], origin: str = "") -> ResourceRecord:
    """Keep a new resource; what the same origin has made before is given back as it is.

    Raises
    ------
    ServiceException
        The name is taken.
    """
    now = keeper.clock()
    marked = {**record, ORIGIN: origin} if origin else dict(record)
    made = ResourceRecord(kind.kind, name, keeper.arn(kind.kind, name), now, now, plain(marked))
    if keeper.resources.put_resource_if_absent(made):
        return made
    before = require(keeper, kind, name)
    if origin and before.record.get(ORIGIN) == origin:
        return before
    raise ServiceException("ValidationException", f'Cannot create already existing {kind.word} "{before.arn}".')


def require(keeper: Keeper, kind: Kind, name: str) -> ResourceRecord:
    """The resource of a name.

    Raises
    ------
    ServiceException
        There is none.
    """
    found = keeper.resources.resource(kind.kind, name)
    if found is None:
        raise ServiceException("ValidationException", f'Could not find {kind.word} "{keeper.arn(kind.kind, name)}".')
    return found


def change(keeper: Keeper, resource: ResourceRecord, record: Mapping[str, Any]) -> ResourceRecord:
    """Keep a resource with another record."""
    changed = replace(resource, modified=keeper.clock(), record=plain(record))
    keeper.resources.put_resource(changed)
    return changed


def described(resource: ResourceRecord, prefix: str) -> dict[str, Any]:
    """A Describe answer: what the request held, and ``<prefix>Name``, ``<prefix>Arn`` and the times."""
    return {
        **resource.record,
        f"{prefix}Name": resource.name,
        f"{prefix}Arn": resource.arn,
        "CreationTime": when(resource.created),
        "LastModifiedTime": when(resource.modified),
    }


def plain(value: Any) -> Any:
    """A request's value as plain JSON: what the table keeps, and what expressions of later steps walk through."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(type(value).__name__)
