"""What the lists of kept resources share: filters by name and time, sorting, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine.operations.answers import page, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sm_pipeline_widgets.engine.resources import ResourceRecord


def listed(
    found: Sequence[ResourceRecord], request: Mapping[str, Any], order: str = "Descending"
) -> tuple[Sequence[ResourceRecord], dict[str, str]]:
    """The page of resources that a List request asks for, and the answer's ``NextToken`` if there is more.

    ``order`` is the operation's own when the request names none.
    """
    wanted = [at for at in found if _is_wanted(at, request)]
    orders = {
        "Name": lambda at: (at.name, 0.0),
        "LastModifiedTime": lambda at: (at.modified, at.name),
        "Status": lambda at: (str(at.record.get("EndpointStatus") or at.record.get("Status") or ""), at.created),
    }
    wanted.sort(
        key=orders.get(str(request.get("SortBy")), lambda at: (at.created, at.name)),
        reverse=request.get("SortOrder", order) == "Descending",
    )
    return page(wanted, request, lambda at: at.name)


def _is_wanted(resource: ResourceRecord, request: Mapping[str, Any]) -> bool:
    if str(request.get("NameContains") or "").lower() not in resource.name.lower():
        return False
    times = (
        (resource.created, request.get("CreationTimeAfter"), request.get("CreationTimeBefore")),
        (resource.modified, request.get("LastModifiedTimeAfter"), request.get("LastModifiedTimeBefore")),
    )
    return all(_is_between(at, seconds(after), seconds(before)) for at, after, before in times)


def _is_between(moment: float, after: float | None, before: float | None) -> bool:
    return (after is None or moment >= after) and (before is None or moment <= before)
