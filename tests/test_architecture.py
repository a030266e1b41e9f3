"""The import table of docs/architecture.md, held against the code."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = "sm_pipeline_widgets"
ROOT = Path(__file__).parents[1] / PACKAGE

PURE_STDLIB = {
    "__future__", "ast", "base64", "bisect", "collections", "copy", "dataclasses", "datetime", "difflib", "enum", "functools",
    "hashlib", "heapq", "html", "io", "itertools", "json", "math", "operator", "re", "statistics", "string",
    "signal", "textwrap", "typing", "unicodedata", "urllib.parse",
}  # fmt: skip
PURE = PURE_STDLIB | {"yaml", "networkx", f"{PACKAGE}.errors", f"{PACKAGE}.definition"}
ANY_STDLIB = set(sys.stdlib_module_names)

# layer -> what it may import: module prefixes. Everything else is refused.
MAY_IMPORT = {
    "errors.py": PURE_STDLIB,
    # pkgutil reads a data file of the package itself
    "definition": PURE | {"botocore.loaders", "botocore.model", "pkgutil"},
    "execution": PURE | {f"{PACKAGE}.execution"},
    "view": PURE | {"fast_sugiyama", f"{PACKAGE}.execution", f"{PACKAGE}.view"},
    "aws": PURE | ANY_STDLIB | {"boto3", "botocore", f"{PACKAGE}.execution", f"{PACKAGE}.aws"},
    "watch": PURE | ANY_STDLIB | {f"{PACKAGE}.execution", f"{PACKAGE}.aws", f"{PACKAGE}.watch"},
    # optuna is optional: without it, Bayesian tuning draws at random and says so
    "engine": PURE | ANY_STDLIB | {"botocore", "tornado", "platformdirs", "optuna", f"{PACKAGE}.execution", f"{PACKAGE}.engine"},
    "widgets": PURE_STDLIB
    | {"contextlib", "threading", "importlib.metadata", "ipywidgets", "ipycytoscape", "traitlets", "networkx", f"{PACKAGE}.errors",
       f"{PACKAGE}.definition", f"{PACKAGE}.execution", f"{PACKAGE}.view", f"{PACKAGE}.widgets"},
    # pandas is optional: without it, what is loaded is a path; and so is a Jupyter server beside the kernel
    "api": ANY_STDLIB | {"IPython.display", "networkx", "platformdirs", "pandas", "jupyter_core", PACKAGE},
    "magics": ANY_STDLIB | {"IPython", "networkx", PACKAGE},
    # what runs inside the Jupyter server; only Jupyter imports it
    "server": ANY_STDLIB
    | {"boto3", "jupyter_server", "tornado", f"{PACKAGE}.errors", f"{PACKAGE}.execution", f"{PACKAGE}.view", f"{PACKAGE}.aws",
       f"{PACKAGE}.engine.daemon", f"{PACKAGE}.api.targets", f"{PACKAGE}.server"},
    "__init__.py": ANY_STDLIB | {PACKAGE},
    "__main__.py": ANY_STDLIB | {f"{PACKAGE}.magics"},
}  # fmt: skip
# programs that run inside a step, as the user's Python, which has what it has
STEP_PROGRAMS = {"numpy", "nbformat", "nbclient", "jupyter_client", "traitlets"}
# and what even those prefixes must not bring in
MUST_NOT_IMPORT = {
    "aws": {"sqlite3", "subprocess"},
    "watch": {"sqlite3", "subprocess", "socket"},
    "engine": {f"{PACKAGE}.definition.source", f"{PACKAGE}.definition.spec"},
    "api": {f"{PACKAGE}.magics", f"{PACKAGE}.server", "sqlite3"},
    "magics": {"sqlite3", "boto3", f"{PACKAGE}.server"},
}


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def imports(path: Path) -> set[str]:
    """Every module a file imports at run time (imports for type checkers alone cross no wall)."""
    found: set[str] = set()
    pending: list[ast.AST] = [ast.parse(path.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))
    return found


def fits(module: str, prefixes: set[str]) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


FILES = [path for path in sorted(ROOT.rglob("*.py")) if "labextension" not in path.parts]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_stays_inside_its_layers_walls(path):
    layer = layer_of(path)
    allowed = MAY_IMPORT[layer] | (STEP_PROGRAMS if path.name.endswith("_main.py") else set())
    crossing = {
        module
        for module in imports(path)
        if not fits(module, allowed) or fits(module, MUST_NOT_IMPORT.get(layer, set()))
    }
    assert crossing == set()


def test_the_table_names_every_layer_there_is():
    assert {layer_of(path) for path in FILES} == set(MAY_IMPORT)


def test_pure_layers_read_no_clock_and_no_file():
    calls = {"open", "print", "input", "now", "utcnow", "today", "time", "read_text", "read_bytes", "getenv"}
    found = []
    for path in FILES:
        if layer_of(path) not in ("definition", "execution", "view"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in calls:
                    found.append((path.name, node.lineno, name))
    assert found == []


def test_nobody_evaluates_text():
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "")
            if name in ("eval", "exec"):
                found.append((path.name, name))
    # a step's own script, by a person who asks for it to be debugged
    assert found == [("debugging.py", "exec")]


def test_tests_patch_nothing():
    banned = ("mock.patch", "monkeypatch.setattr", "MagicMock")
    this = Path(__file__)
    found = [
        (path.name, word)
        for path in this.parent.rglob("*.py")
        if path != this
        for word in banned
        if word in path.read_text()
    ]
    assert found == []


def test_the_public_names_are_these():
    import sm_pipeline_widgets

    assert sorted(sm_pipeline_widgets.__all__) == [
        "Execution",
        "Pipeline",
        "Registry",
        "Target",
        "connect",
        "executions",
        "run",
        "show",
    ]
    for name in sm_pipeline_widgets.__all__:
        assert getattr(sm_pipeline_widgets, name) is not None
