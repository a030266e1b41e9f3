"""A step's script run in this very process, with the folders, variables and arguments its job had.

The engine's own account of a container says what those are; what it calls ``/opt/ml`` is a folder of the user's here,
and strings of the script that name that place are read as that folder.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
import tempfile
import types
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.loading import kept_data
from sm_pipeline_widgets.api.replaying import original_request
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws.datasets import fetch_dataset, list_dataset, safe_path
from sm_pipeline_widgets.aws.step_code import StoredCode, read_stored
from sm_pipeline_widgets.definition.code import parse_code
from sm_pipeline_widgets.engine.container import Container, ContainerError, Place, describe_container
from sm_pipeline_widgets.engine.daemon import ensure, state_home
from sm_pipeline_widgets.engine.records import JobKind, JobRecord, JobStatus
from sm_pipeline_widgets.engine.sandbox import PLACE, host_path
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.replay import JobRequest


@dataclass(frozen=True, slots=True)
class Script:
    """A script that is ready to run here.

    ``folder`` stands for ``/opt/ml``; ``argv`` begins with the script's path; ``notes`` are for whoever runs it.
    """

    path: Path
    folder: Path
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)  # it holds keys
    cwd: Path
    notes: tuple[str, ...] = ()

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """Variables, arguments, working folder and import path as the script's; as they were before at the end."""
        env, cwd, argv, path = dict(os.environ), Path.cwd(), sys.argv, list(sys.path)
        os.environ.clear()
        os.environ.update(self.env)
        sys.argv, sys.path[:0] = list(self.argv), [str(self.path.parent)]
        os.chdir(self.cwd)
        try:
            yield
        finally:
            os.chdir(cwd)
            sys.argv, sys.path[:] = argv, path
            os.environ.clear()
            os.environ.update(env)

    def run(self) -> BaseException | None:
        """Run it as ``__main__`` within its :meth:`surroundings`; what it ended with, None where all went well.

        The error's traceback begins in the script.
        """
        module = types.ModuleType("__main__")
        module.__dict__.update(__file__=str(self.path), __builtins__=__builtins__)
        before = sys.modules["__main__"]
        known = set(sys.modules)
        sys.modules["__main__"] = module
        try:
            source = self.path.read_text(encoding="utf-8", errors="surrogatepass")
            exec(compiled(source, self.path, self.folder), module.__dict__)  # noqa: S102 - the person's own script
        except SystemExit as end:
            return None if end.code in {None, 0} else _in_script(end)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is what one wants to look at
            return _in_script(error)
        finally:
            sys.modules["__main__"] = before
            _forget(set(sys.modules) - known, self.path.parent)
        return None


def prepare(
    execution: Execution,
    step: str,
    code: str | None = None,
    *,
    book: CodeBook | None = None,
    target: Target | None = None,
    folder: Path | None = None,
    cache: Path | None = None,
) -> Script:
    """Lay a step's folders out as its job found them.

    Parameters
    ----------
    code
        ``cell:NAME`` or a path that takes the program's place.
    folder
        What stands for ``/opt/ml``; a new one below the system's temporary folder when None.
    cache
        Where what the step read is kept for the next time; the user's cache when None, as of :func:`.loading.load`.

    Raises
    ------
    UsageError
        The step has no Python script, or what it read is gone.
    """
    request = original_request(execution, step)
    if request.type == "Transform":
        raise UsageError(
            f"Step `{step}` is run by a server, not by a script of its own.", "`%pipeline replay` runs it as it is."
        )
    root = folder or Path(tempfile.mkdtemp(prefix=f"{step}-")) / "opt_ml"
    container = _container(request, target or connect("local"))
    _lay_out(execution, container, root, cache)
    program = _program(execution, request, code, book)
    if program is not None:
        own = next((at.local for at in request.inputs if at.name == "code"), "")
        _write(program.files, host_path(root, container.cwd or own or f"{PLACE}/code"))
    argv = tuple(_moved(part, root) for part in container.argv[1:])
    if not argv or not argv[0].endswith(".py"):
        raise UsageError(
            f"Step `{step}` is started by `{' '.join(container.argv)}`, which is no Python script.",
            "`%pipeline replay` runs it as it is.",
        )
    cwd = Path(_moved(container.cwd, root)) if container.cwd else root
    path = cwd / argv[0]
    env = {name: _moved(value, root) for name, value in container.env.items()}
    return Script(path, root, (str(path), *argv[1:]), env, cwd, (f"{PLACE} is {root}.",))


def compiled(source: str, path: Path, folder: Path) -> types.CodeType:
    """The code of a script in whose strings ``/opt/ml`` is that folder; lines and columns stay."""
    tree = _Moving(folder).visit(ast.parse(source, str(path)))
    return compile(tree, str(path), "exec", dont_inherit=True)


class _Moving(ast.NodeTransformer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            node.value = _moved(node.value, self._folder)
        return node


_AT_PLACE = re.compile(rf"(?<![\w.\-/]){re.escape(PLACE)}(?![\w.\-])")


def _moved(text: str, root: Path) -> str:
    return _AT_PLACE.sub(lambda _match: str(root), text)


def _container(request: JobRequest, target: Target) -> Container:
    endpoint = ensure(state_home()) if target.is_local else None
    keys = (endpoint.url, endpoint.access_key, endpoint.secret_key, endpoint.region) if endpoint else ("", "", "", "")
    place = Place(*keys, python=sys.executable, cpus=os.cpu_count() or 1, environ=dict(os.environ))
    kind = JobKind(request.type)
    name = f"debug-{request.step}"
    arn = f"arn:aws:sagemaker:{target.region}:{target.account}:{kind.lower()}-job/{name}"
    arguments = dict(request.arguments)
    if request.type == "Training":
        arguments.setdefault("OutputDataConfig", {"S3OutputPath": "s3://none/none"})
    job = JobRecord(name, kind, arn, "", request.step, arguments, JobStatus.IN_PROGRESS, 0.0, 0.0, stream=name)
    try:
        return describe_container(job, place)
    except ContainerError as error:
        raise UsageError(str(error), "`%pipeline replay` may run it as it is.") from error


def _lay_out(execution: Execution, container: Container, root: Path, cache: Path | None) -> None:
    for path in container.folders:
        host_path(root, path).mkdir(parents=True, exist_ok=True)
    for path, text in container.files.items():
        file = host_path(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    s3 = execution.target.s3
    for wanted in container.downloads:
        kept = fetch_dataset(s3, list_dataset(s3, wanted.uri), kept_data(cache))
        place = host_path(root, wanted.path)
        place.mkdir(parents=True, exist_ok=True)
        if kept.is_file():
            shutil.copy2(kept, place)
        else:
            shutil.copytree(kept, place, dirs_exist_ok=True)


def _program(execution: Execution, request: JobRequest, code: str | None, book: CodeBook | None) -> StoredCode | None:
    """The step's program with the wanted one in its place; None where it does not lie in S3."""
    if request.code is None:
        return None
    stored = read_stored(execution.target.s3, request.code)
    return stored.with_program(book.find(parse_code(code))) if code is not None and book is not None else stored


def _write(files: Iterable[tuple[str, bytes]], folder: Path) -> None:
    for path, content in files:
        file = safe_path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _in_script(error: BaseException) -> BaseException:
    """The error with the frames of this module cut off its traceback."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return error.with_traceback(frames) if frames is not None else error


def _forget(names: set[str], folder: Path) -> None:
    """Modules that lie beside the script are read anew the next time."""
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and Path(file).is_relative_to(folder):
            del sys.modules[name]
