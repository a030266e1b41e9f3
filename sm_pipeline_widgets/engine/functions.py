"""Lambda functions on this machine: which there are, and calling one under a supervisor.

A function is one that was created over the wire (its zip is unpacked below the state folder), or one that is named in
``engine.toml`` of the state folder or in a variable::

    [lambda]
    scale = "/home/me/functions/scale.py:handler"
    "arn:aws:lambda:eu-west-1:123456789012:function:other" = "package.module:handler"

Configuration is read at every call, so a change needs no restart. What was created over the wire is asked first.
"""

from __future__ import annotations

import json
import re
import time
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.engine import lambda_main, logbook, supervised, supervisor
from sm_pipeline_widgets.engine.container import environment
from sm_pipeline_widgets.engine.endings import EndReason
from sm_pipeline_widgets.engine.joblog import tail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.container import Place
    from sm_pipeline_widgets.engine.resources import Resources

KIND = "lambda-function"
CONFIGURATION = "engine.toml"
VARIABLE = "SM_PIPELINE_WIDGETS_LAMBDA"
"""``NAME=file.py:handler;OTHER=package.module:handler``."""
LONGEST_SECONDS = 600.0
"""A Lambda step may take ten minutes."""
LOG_TAIL_LINES = 50
_NAME = re.compile(r"(?:arn:[\w-]+:lambda:)?(?:[a-z]{2}[\w-]*-\d:)?(?:\d{12}:)?(?:function:)?([\w.-]+)(?::[\w$.-]+)?")


class FunctionError(Exception):
    """A function cannot be called here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be called. ``target`` is ``file.py:handler`` or ``module:handler``; seconds and MB."""

    name: str
    arn: str
    target: str
    folder: Path
    timeout: float = LONGEST_SECONDS
    memory: int = 128
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to: a JSON value, or Lambda's error object."""

    value: Any = None
    error: Mapping[str, Any] | None = None
    timed_out: bool = False
    log: str = ""


def name_of(name_or_arn: str) -> str:
    """The function's name in whatever Lambda takes for one: a name, an ARN, a part of one, with a version or not."""
    match = _NAME.fullmatch(name_or_arn)
    return match[1] if match else name_or_arn


def find_function(home: Path, resources: Resources, place: Place, name_or_arn: str) -> Function | None:
    """The function of a name or ARN; None if nobody created or configured it.

    Raises
    ------
    FunctionError
        The configuration that may name it cannot be read.
    """
    name = name_of(name_or_arn)
    kept = resources.resource(KIND, name)
    if kept is not None:
        return created_function(home, kept.record)
    targets = configured(home, place.environ)
    target = targets.get(name_or_arn) or targets.get(name)
    if target is None:
        return None
    arn = (
        name_or_arn if name_or_arn.startswith("arn:") else f"arn:aws:lambda:{place.region}:000000000000:function:{name}"
    )
    return Function(name, arn, _absolute(home, target), home)


def created_function(home: Path, record: Mapping[str, Any]) -> Function:
    """A function as it was created over the wire."""
    folder = code_folder(home, record)
    module, _, handler = str(record["Handler"]).rpartition(".")
    path = folder / (module.replace(".", "/") + ".py")
    return Function(
        name=str(record["FunctionName"]),
        arn=str(record["FunctionArn"]),
        target=f"{path}:{handler}",
        folder=folder,
        timeout=float(record.get("Timeout") or 3),
        memory=int(record.get("MemorySize") or 128),
        variables=(record.get("Environment") or {}).get("Variables") or {},
    )


def code_folder(home: Path, record: Mapping[str, Any]) -> Path:
    """Where a created function's code is unpacked: a folder of its own for each code."""
    return home / "functions" / str(record["FunctionName"]) / str(record["CodeId"])


def configured(home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Targets by name or ARN, as the state folder's file and the variable give them; the variable wins.

    Raises
    ------
    FunctionError
        The file is no TOML, or a target is no ``file.py:handler``.
    """
    path = home / CONFIGURATION
    targets: dict[str, str] = {}
    if path.is_file():
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8")).get("lambda", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FunctionError(f"{path} cannot be read: {error}. Correct it; it is TOML.") from error
        targets |= {str(name): str(target) for name, target in found.items()} if isinstance(found, dict) else {}
    for entry in environ.get(VARIABLE, "").split(";"):
        name, equals, target = entry.strip().partition("=")
        if equals:
            targets[name] = target
    for name, target in targets.items():
        if not all(target.rpartition(":")[::2]):
            raise FunctionError(f"Lambda function '{name}' is configured as {target!r}: write file.py:handler.")
    return targets


def call(home: Path, function: Function, event: Any, place: Place, request_id: str) -> Answer:
    """Call a function and wait for its answer. The same request again finds the call that was begun."""
    folder = call_folder(home, request_id)
    answer = folder / "answer.json"
    if not (folder / supervisor.SPEC).exists():
        folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        stream = f"{time.strftime('%Y/%m/%d', time.gmtime(now))}/[$LATEST]{request_id}"
        logbook.announce(home, f"/aws/lambda/{function.name}", stream, folder / supervisor.LOG, now)
        _prepare(function, event, folder, place, request_id)
    supervised.run(folder)
    log = "\n".join(line.text for line in tail(folder / supervisor.LOG, LOG_TAIL_LINES))
    end = supervised.read_exit(folder)
    if end.reason is EndReason.TIMED_OUT:
        message = f"{request_id} Task timed out after {function.timeout:.2f} seconds"
        return Answer(error={"errorMessage": message, "errorType": "Sandbox.Timedout"}, timed_out=True, log=log)
    if not answer.exists():
        message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {end.code}"
        return Answer(error={"errorMessage": message, "errorType": "Runtime.ExitError"}, log=log)
    given = json.loads(answer.read_text(encoding="utf-8"))
    if "errorType" in given:
        return Answer(error=given, log=log)
    return Answer(value=given["value"], log=log)


def call_folder(home: Path, request_id: str) -> Path:
    """Where a call has its files and its log."""
    return home / "calls" / request_id


def forget_call(home: Path, request_id: str) -> None:
    """Remove what a call left on disk, but not its log."""
    folder = call_folder(home, request_id)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name != supervisor.LOG:
            path.unlink()


def _prepare(function: Function, event: Any, folder: Path, place: Place, request_id: str) -> None:
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    facts = {
        "function_name": function.name,
        "arn": function.arn,
        "memory": function.memory,
        "timeout": function.timeout,
        "request_id": request_id,
    }
    (folder / "context.json").write_text(json.dumps(facts), encoding="utf-8")
    files = [str(folder / name) for name in ("event.json", "context.json", "answer.json")]
    own = {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "LAMBDA_TASK_ROOT": str(function.folder),
    }
    variables = environment(function.variables, place, own)
    env = [f"{name}={value}" for name, value in variables.items() if "\0" not in value]
    spec = {
        "argv": [place.python, lambda_main.__file__, function.target, *files],
        "env": env,
        "cwd": [str(function.folder if function.folder.is_dir() else folder)],
        "max_seconds": [str(function.timeout)],
        "grace_seconds": ["0"],
    }
    supervisor.write_spec(str(folder / supervisor.SPEC), spec)


def _absolute(home: Path, target: str) -> str:
    """A configured file's place: relative ones are below the state folder."""
    place, _, handler = target.rpartition(":")
    return f"{home / place}:{handler}" if place.endswith(".py") else target
