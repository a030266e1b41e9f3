"""What several operations need: pages with tokens, idempotent answers, refusals in the services' words."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from sm_pipeline_widgets.engine.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.engine.service import Engine

Item = TypeVar("Item")

MOST_RESULTS = 100


def refuse(message: str) -> NoReturn:
    """Refuse a request as invalid."""
    raise ServiceException("ValidationException", message)


def not_found(kind: str, name: str) -> NoReturn:
    raise ServiceException("ResourceNotFound", f"{kind} '{name}' does not exist.")


def page(
    items: Sequence[Item], request: Mapping[str, Any], key: Callable[[Item], str], most: int = MOST_RESULTS
) -> tuple[Sequence[Item], dict[str, str]]:
    """The page a request asks for, and the answer's ``NextToken`` if there is more.

    A token names the last item shown, so items that come or go meanwhile neither double nor hide others.
    """
    start = 0
    token = request.get("NextToken")
    if token:
        last = _opened(token)
        start = next((at + 1 for at, item in enumerate(items) if key(item) == last), len(items))
    size = min(int(request.get("MaxResults") or most), most)
    shown = items[start : start + size]
    if start + size >= len(items):
        return shown, {}
    return shown, {"NextToken": sealed(key(shown[-1]))}


def sealed(text: str) -> str:
    """A text as a token."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def _opened(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError:
        refuse("Invalid pagination token: use the NextToken of the answer before.")


def once(
    engine: Engine, operation: str, request: Mapping[str, Any], act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The answer to a request whose ``ClientRequestToken`` may have been seen: the same token acts only once."""
    token = request.get("ClientRequestToken")
    if not token:
        return act()
    text = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    with engine.idempotency:
        known = engine.store.answer_of(operation, token)
        if known is None:
            answer = act()
            engine.store.keep_answer(operation, token, text, answer)
            return answer
    before, kept = known
    if before != text:
        refuse(f"The ClientRequestToken {token} was used before with another request.")
    return dict(kept)


def seconds(value: Any) -> float | None:
    """A time of a request as seconds since the epoch."""
    if value is None:
        return None
    return float(value.timestamp()) if hasattr(value, "timestamp") else float(value)


def in_window(created: float, request: Mapping[str, Any]) -> bool:
    """Whether a creation time lies between ``CreatedAfter`` and ``CreatedBefore``."""
    after, before = seconds(request.get("CreatedAfter")), seconds(request.get("CreatedBefore"))
    return (after is None or created > after) and (before is None or created < before)
