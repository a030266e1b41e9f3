"""Calls one Lambda handler in a process of its own: ``python lambda_main.py FILE:HANDLER EVENT CONTEXT ANSWER``.

Runs by its path with the user's code beside it, so it imports nothing of this package. The answer file holds
``{"value": …}`` or Lambda's own error object; it appears in one move.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Context:
    """What a handler is told of its call; the members of Lambda's own context."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.function_name = facts["function_name"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = facts["arn"]
        self.memory_limit_in_mb = str(facts["memory"])
        self.aws_request_id = facts["request_id"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = facts["request_id"]
        self.identity = None
        self.client_context = None
        self._end = time.time() + float(facts["timeout"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the call is ended."""
        return max(0, int((self._end - time.time()) * 1000))


def find_handler(target: str) -> Callable[[Any, Context], Any]:
    """The function that ``file.py:name`` or ``package.module:name`` names.

    Raises
    ------
    ImportError
        There is no such module, file or function.
    """
    place, _, name = target.rpartition(":")
    if place.endswith(".py"):
        path = Path(place)
        sys.path[0] = str(path.parent)
        spec = spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise ImportError(f"there is no file {place}")
        module = module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    else:
        sys.path[0] = str(Path.cwd())
        module = importlib.import_module(place)
    handler: Callable[[Any, Context], Any] | None = getattr(module, name, None)
    if not callable(handler):
        raise ImportError(f"Handler '{name}' missing on module '{place}'")  # noqa: TRY004 - Lambda's own error
    return handler


def answer_of(target: str, event: Any, context: Context) -> dict[str, Any]:
    """What the handler gives back, or what it raised, as Lambda says it."""
    try:
        value = find_handler(target)(event, context)
        return {"value": json.loads(json.dumps(value))}
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is its answer
        lines = traceback.format_exception(error)
        sys.stderr.write("".join(lines))
        return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": lines}


def main(target: str, event: str, context: str, answer: str) -> None:
    """Call the handler with the event of one file and leave its answer in another."""
    facts = Context(json.loads(Path(context).read_text(encoding="utf-8")))
    given = answer_of(target, json.loads(Path(event).read_text(encoding="utf-8")), facts)
    Path(answer + ".new").write_text(json.dumps(given), encoding="utf-8")
    os.replace(answer + ".new", answer)  # noqa: PTH105 - Path.replace would say the same


if __name__ == "__main__":
    main(*sys.argv[1:])
