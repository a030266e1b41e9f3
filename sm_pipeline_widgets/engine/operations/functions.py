"""Lambda's CreateFunction, UpdateFunctionCode, GetFunction, Invoke and their kin, for Python functions."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import threading
import uuid
import zipfile
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from sm_pipeline_widgets.engine import functions, keeping
from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.resources import ResourceRecord
from sm_pipeline_widgets.engine.storage import is_full
from sm_pipeline_widgets.engine.supervised import LostError
from sm_pipeline_widgets.engine.transfer import split_uri

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sm_pipeline_widgets.engine.operations import Operation
    from sm_pipeline_widgets.engine.service import Engine

LARGEST_CODE = 250 << 20
"""Lambda's own limit of unpacked code."""
_NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
"""What zipfile raises for archives that are broken, encrypted, packed by other methods, or hold names that are none."""
_CONFIGURED = (
    "Role",
    "Handler",
    "Runtime",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "Layers",
    "VpcConfig",
)


def create_function(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    name = functions.name_of(request["FunctionName"])
    _check_runtime(request)
    now = engine.clock()
    arn = _arn(engine, name)
    record = {
        "FunctionName": name,
        "FunctionArn": arn,
        "Timeout": 3,
        "MemorySize": 128,
        **{member: request[member] for member in _CONFIGURED if member in request},
        **_kept_code(engine, name, request["Code"]),
        "Tags": [{"Key": key, "Value": value} for key, value in (request.get("Tags") or {}).items()],
    }
    made = ResourceRecord(functions.KIND, name, arn, now, now, keeping.plain(record))
    if not engine.resources.put_resource_if_absent(made):
        raise ServiceException("ResourceConflictException", f"Function already exist: {name}", 409)
    return _configuration(made)


def update_function_code(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    with engine.idempotency:
        kept = _require(engine, request["FunctionName"])
        code = _kept_code(engine, kept.name, request)
        return _configuration(keeping.change(engine.services, kept, {**kept.record, **code}))


def update_function_configuration(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    _check_runtime(request)
    with engine.idempotency:
        kept = _require(engine, request["FunctionName"])
        given = {member: request[member] for member in _CONFIGURED if member in request}
        return _configuration(keeping.change(engine.services, kept, {**kept.record, **given}))


def get_function(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    kept = _require(engine, request["FunctionName"])
    tags = {tag["Key"]: tag["Value"] for tag in kept.record.get("Tags") or []}
    location = functions.code_folder(engine.home, kept.record).as_uri()
    code = {"RepositoryType": "S3", "Location": location}
    return {"Configuration": _configuration(kept), "Code": code, "Tags": tags}


def get_function_configuration(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    return _configuration(_require(engine, request["FunctionName"]))


def list_functions(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    found = sorted(engine.resources.resources(functions.KIND), key=lambda at: at.name)
    found = [at for at in found if at.name > request.get("Marker", "")]
    shown = found[: int(request.get("MaxItems") or 50)]
    more = {"NextMarker": shown[-1].name} if len(shown) < len(found) else {}
    return {"Functions": [_configuration(at) for at in shown], **more}


def delete_function(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    kept = _require(engine, request["FunctionName"])
    engine.resources.delete_resource(kept.kind, kept.name)
    shutil.rmtree(engine.home / "functions" / kept.name, ignore_errors=True)
    return {"StatusCode": 204}


def invoke(engine: Engine, request: dict[str, Any]) -> dict[str, Any]:
    try:
        function = functions.find_function(
            engine.home, engine.resources, engine.services.place(), request["FunctionName"]
        )
    except functions.FunctionError as error:
        raise ServiceException("InvalidParameterValueException", str(error)) from error
    if function is None:
        _missing(engine, request["FunctionName"])
    event = _event(request.get("Payload") or b"")
    kind = request.get("InvocationType", "RequestResponse")
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        threading.Thread(target=_call, args=(engine, function, event), daemon=True).start()
        return {"StatusCode": 202}
    answer = _call(engine, function, event)
    payload = answer.value if answer.error is None else answer.error
    shown: dict[str, Any] = {"StatusCode": 200, "Payload": json.dumps(payload).encode(), "ExecutedVersion": "$LATEST"}
    if answer.error is not None:
        shown["FunctionError"] = "Unhandled"
    if request.get("LogType") == "Tail":
        shown["LogResult"] = base64.b64encode(answer.log.encode()[-4096:]).decode()
    return shown


def _call(engine: Engine, function: functions.Function, event: Any) -> functions.Answer:
    request_id = str(uuid.uuid4())
    try:
        return functions.call(engine.home, function, event, engine.services.place(), request_id)
    except LostError:
        message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
        return functions.Answer(error={"errorMessage": message, "errorType": "Runtime.ExitError"})
    finally:
        functions.forget_call(engine.home, request_id)


def _event(payload: bytes) -> Any:
    if not payload.strip():
        return {}
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise ServiceException(
            "InvalidRequestContentException", "Could not parse request body into json: the payload is no JSON."
        ) from None


def _kept_code(engine: Engine, name: str, code: Mapping[str, Any]) -> dict[str, Any]:
    """Unpack a function's code and say where it is."""
    archive = _archive(engine, code)
    digest = hashlib.sha256(archive)
    kept = {
        "CodeId": digest.hexdigest()[:20],
        "CodeSize": len(archive),
        "CodeSha256": base64.b64encode(digest.digest()).decode(),
    }
    folder = functions.code_folder(engine.home, {"FunctionName": name, **kept})
    if not folder.exists():
        _unpack(archive, folder)
    return kept


def _archive(engine: Engine, code: Mapping[str, Any]) -> bytes:
    if code.get("ZipFile"):
        return bytes(code["ZipFile"])
    if not (code.get("S3Bucket") and code.get("S3Key")):
        _refuse("The engine on this machine runs functions of a zip: give Code.ZipFile, or S3Bucket and S3Key.")
    bucket, key = split_uri(f"s3://{code['S3Bucket']}/{code['S3Key']}")
    if engine.objects.head(bucket, key) is None:
        _refuse(f"Error occurred while GetObject. S3 Error Code: NoSuchKey. s3://{bucket}/{key} does not exist.")
    with engine.objects.open(bucket, key) as file:
        return file.read()


def _unpack(archive: bytes, folder: Path) -> None:
    scratch = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            if sum(at.file_size for at in packed.infolist()) > LARGEST_CODE:
                _refuse(f"Unzipped size must be smaller than {LARGEST_CODE} bytes")
            # extractall drops what would lead out of the folder
            packed.extractall(scratch)
    except _NO_ZIP as error:
        shutil.rmtree(scratch, ignore_errors=True)
        if isinstance(error, OSError) and is_full(error):
            raise
        _refuse(f"Could not unzip uploaded file. Please check your file, then try to upload again. ({error})")
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        shutil.rmtree(scratch)
    else:
        scratch.rename(folder)


def _check_runtime(request: Mapping[str, Any]) -> None:
    runtime = request.get("Runtime", "python")
    if not runtime.startswith("python") or request.get("PackageType", "Zip") != "Zip":
        _refuse(f"The engine on this machine runs Python functions of a zip, not {runtime} or images.")
    if "." not in request.get("Handler", "a.b"):
        _refuse(f"Handler {request['Handler']!r} is no `file.function`.")


def _configuration(kept: ResourceRecord) -> dict[str, Any]:
    record = kept.record
    modified = datetime.fromtimestamp(kept.modified, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
    return {
        **{member: record[member] for member in (*_CONFIGURED, "FunctionName", "FunctionArn") if member in record},
        "Layers": [],
        "CodeSize": record["CodeSize"],
        "CodeSha256": record["CodeSha256"],
        "LastModified": modified,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "RevisionId": record["CodeId"],
    }


def _require(engine: Engine, name_or_arn: str) -> ResourceRecord:
    kept = engine.resources.resource(functions.KIND, functions.name_of(name_or_arn))
    if kept is None:
        _missing(engine, name_or_arn)
    return kept


def _missing(engine: Engine, name_or_arn: str) -> NoReturn:
    arn = name_or_arn if name_or_arn.startswith("arn:") else _arn(engine, name_or_arn)
    raise ServiceException("ResourceNotFoundException", f"Function not found: {arn}", 404)


def _arn(engine: Engine, name: str) -> str:
    at = engine.endpoint()
    return f"arn:aws:lambda:{at.region}:{at.account}:function:{name}"


def _refuse(message: str) -> NoReturn:
    raise ServiceException("InvalidParameterValueException", message)


OPERATIONS: dict[str, Operation] = {
    "CreateFunction": create_function,
    "DeleteFunction": delete_function,
    "GetFunction": get_function,
    "GetFunctionConfiguration": get_function_configuration,
    "Invoke": invoke,
    "ListFunctions": list_functions,
    "UpdateFunctionCode": update_function_code,
    "UpdateFunctionConfiguration": update_function_configuration,
}
