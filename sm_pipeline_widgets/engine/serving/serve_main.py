"""The server of one model: ``GET /ping`` and ``POST /invocations``, by the handler functions of the user's script.

Runs as a program of its own, as the step's Python under a supervisor, with the contract of SageMaker's inference
toolkits: ``model_fn(model_dir)``, and ``transform_fn(model, data, content_type, accept)`` or any of ``input_fn(data,
content_type)``, ``predict_fn(data, model)`` and ``output_fn(prediction, accept)``. Imports nothing of this package: the
Python it runs with may not have it.

``python serve_main.py SCRIPT MODEL_FOLDER PORT_FILE KEY_FILE``
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import os
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
ADDRESS = "127.0.0.1"
KEY_HEADER = "X-Serving-Key"


class UnsupportedTypeError(Exception):
    """A content type that the handler functions do not know."""


class Handlers:
    """The functions of a user's script, with the toolkits' own in the place of those it has not."""

    def __init__(self, module: ModuleType, model_folder: str) -> None:
        if not hasattr(module, "model_fn"):
            raise NotImplementedError(
                f"{module.__file__} has no model_fn(model_dir); SageMaker's framework images need one as well."
            )
        self._module = module
        self._model = _call(module.model_fn, model_folder)

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """The prediction for a request, and its content type."""
        whole = getattr(self._module, "transform_fn", None)
        if whole is not None:
            return _rendered(
                _call(whole, self._model, _text_or_bytes(body, content_type), content_type, accept), accept
            )
        read = getattr(self._module, "input_fn", default_input_fn)
        predict = getattr(self._module, "predict_fn", default_predict_fn)
        write = getattr(self._module, "output_fn", default_output_fn)
        data = _call(read, _text_or_bytes(body, content_type), content_type)
        return _rendered(_call(write, _call(predict, data, self._model), accept), accept)


def default_input_fn(data: Any, content_type: str) -> Any:
    """JSON, CSV and NPY as arrays."""
    import numpy  # noqa: ICN001, PLC0415 - only who has no input_fn needs it

    kind = content_type.partition(";")[0].strip()
    if kind == JSON:
        return numpy.array(json.loads(data))
    if kind == CSV:
        text = data if isinstance(data, str) else data.decode()
        return numpy.genfromtxt(io.StringIO(text), delimiter=",", ndmin=2)
    if kind == NPY:
        return numpy.load(io.BytesIO(data), allow_pickle=False)
    raise UnsupportedTypeError(f"Content type {content_type} is not known; write an input_fn for it.")


def default_predict_fn(data: Any, model: Any) -> Any:
    return model.predict(data)


def default_output_fn(prediction: Any, accept: str) -> tuple[bytes, str]:
    values = prediction.tolist() if hasattr(prediction, "tolist") else prediction
    kind = accept.partition(";")[0].strip()
    if kind == JSON:
        return json.dumps(values).encode(), JSON
    if kind == CSV:
        rows = values if isinstance(values, list) else [values]
        lines = [",".join(map(str, row)) if isinstance(row, list) else str(row) for row in rows]
        return "".join(f"{line}\n" for line in lines).encode(), CSV
    if kind == NPY:
        import numpy  # noqa: ICN001, PLC0415 - as above

        buffer = io.BytesIO()
        numpy.save(buffer, numpy.asarray(prediction))
        return buffer.getvalue(), NPY
    raise UnsupportedTypeError(f"Accept type {accept} is not known; write an output_fn for it.")


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a handler; some toolkits hand over a context as well, to those that take one."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        context = SimpleNamespace(system_properties={"model_dir": os.environ.get("SM_MODEL_DIR")}, manifest={})
        return function(*arguments, context)
    return function(*arguments)


def _text_or_bytes(body: bytes, content_type: str) -> Any:
    """What input_fn gets: text for text, as the toolkits decode it."""
    kind = content_type.partition(";")[0].strip()
    if kind.startswith("text/") or kind in (JSON, "application/jsonlines"):
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body
    return body


def _rendered(result: Any, accept: str) -> tuple[bytes, str]:
    if isinstance(result, tuple) and len(result) == 2:
        body, kind = result
        return _bytes(body), str(kind)
    if hasattr(result, "get_data"):
        # a response object, as some toolkits' own output_fn returns
        return _bytes(result.get_data()), str(getattr(result, "mimetype", None) or accept)
    return _bytes(result), accept


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    return json.dumps(body.tolist() if hasattr(body, "tolist") else body).encode()


class Exchange(BaseHTTPRequestHandler):
    """One request; the server carries the handlers and the key."""

    protocol_version = "HTTP/1.1"
    server: ModelHTTPServer

    def do_GET(self) -> None:
        self._send(200 if self.path == "/ping" else 404, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get(KEY_HEADER) != self.server.key:
            self._send(403, b"Only the engine on this machine may ask.", "text/plain")
        elif self.path != "/invocations":
            self._send(404, b"", "text/plain")
        else:
            self._send(*self._invoked(body))

    def _invoked(self, body: bytes) -> tuple[int, bytes, str]:
        default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        accept = self.headers.get("Accept") or default
        accept = default if accept == "*/*" else accept
        try:
            answer, kind = self.server.handlers.answer(body, self.headers.get("Content-Type") or JSON, accept)
        except UnsupportedTypeError as error:
            return 415, str(error).encode(), "text/plain"
        except Exception as error:  # noqa: BLE001 - the user's code; the log has the traceback, the caller the message
            traceback.print_exc()
            return 500, f"{type(error).__name__}: {error}".encode(), "text/plain"
        return 200, answer, kind

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing of each request: the log is the script's."""


class ModelHTTPServer(ThreadingHTTPServer):
    """The socket, with what every request needs."""

    daemon_threads = True

    def __init__(self, handlers: Handlers, key: str) -> None:
        super().__init__((ADDRESS, 0), Exchange)
        self.handlers = handlers
        self.key = key


def load(script: str) -> ModuleType:
    """The user's script as a module; what lies beside it can be imported by it."""
    path = Path(script)
    if not path.is_file():
        raise FileNotFoundError(
            f"{script} is not there. The engine on this machine serves models by a script with model_fn: put it into "
            "the model's archive as code/inference.py, or name it in SAGEMAKER_PROGRAM and SAGEMAKER_SUBMIT_DIRECTORY."
        )
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{script} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def main(arguments: list[str]) -> int:
    script, model_folder, port_file, key_file = arguments
    server = ModelHTTPServer(Handlers(load(script), model_folder), Path(key_file).read_text(encoding="ascii"))
    new = Path(f"{port_file}.new")
    new.write_text(str(server.server_address[1]), encoding="ascii")
    new.replace(port_file)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
