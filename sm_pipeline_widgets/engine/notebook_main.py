"""Executes the notebook of a NotebookJob step, as SageMaker's headless driver does; the executed copy is kept.

``python notebook_main.py INPUT_FOLDER OUTPUT_FOLDER HYPERPARAMETERS_FILE``, with the variables of the step's
``Environment``. Runs inside the step, as its Python, and imports nothing of this package. What cells print is the
step's log.
"""

# ruff: noqa: T201 - what it prints is the step's log
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

INPUT, OUTPUT, KERNEL, INIT = "SM_INPUT_NOTEBOOK_NAME", "SM_OUTPUT_NOTEBOOK_NAME", "SM_KERNEL_NAME", "SM_INIT_SCRIPT"
PARAMETERS_TAG, INJECTED_TAG = "parameters", "injected-parameters"
_RESERVED = re.compile(r"sagemaker_.*|_tuning_objective_metric")


def main(arguments: list[str]) -> int:
    source, target, hyperparameters = map(Path, arguments)
    try:
        import nbclient  # noqa: F401, PLC0415 - asked for before anything is done

        nbformat = _nbformat()
    except ImportError as error:
        print(
            f"A notebook step needs nbclient and ipykernel in the Python that steps run with: {error}.", file=sys.stderr
        )
        return 1
    name = os.environ.get(INPUT) or next((path.name for path in sorted(source.glob("*.ipynb"))), "")
    if not (source / name).is_file():
        print(f"The notebook {name!r} is not in the step's input: {sorted(os.listdir(source))}.", file=sys.stderr)  # noqa: PTH208
        return 1
    if code := run_init_script(source, os.environ.get(INIT, "")):
        return code
    notebook = nbformat.read(source / name, as_version=4)
    inject(notebook, parameters_of(json.loads(hyperparameters.read_text(encoding="utf-8"))))
    target.mkdir(parents=True, exist_ok=True)
    kept = target / (os.environ.get(OUTPUT) or name)
    return execute(notebook, source, kept)


def parameters_of(hyperparameters: dict[str, str]) -> dict[str, str]:
    """The notebook's parameters: the step's hyperparameters, as the texts they are."""
    return {name: value for name, value in hyperparameters.items() if not _RESERVED.fullmatch(name)}


def inject(notebook: Any, parameters: dict[str, str]) -> None:
    """Put a cell that assigns the parameters behind the cell tagged ``parameters``, or in front of everything."""
    if not parameters:
        return
    nbformat = _nbformat()
    lines = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    cell = nbformat.v4.new_code_cell(f"# Parameters\n{lines}", metadata={"tags": [INJECTED_TAG]})
    tagged = [at for at, found in enumerate(notebook.cells) if PARAMETERS_TAG in found.metadata.get("tags", [])]
    notebook.cells.insert(tagged[0] + 1 if tagged else 0, cell)


def execute(notebook: Any, folder: Path, kept: Path) -> int:
    """Run all cells; the copy is written also when one fails."""
    from nbclient import NotebookClient  # noqa: PLC0415
    from nbclient.exceptions import CellExecutionError, DeadKernelError  # noqa: PLC0415
    from traitlets.config import Config  # noqa: PLC0415

    nbformat = _nbformat()
    # sockets in a folder of this user alone: over TCP, any user of the machine could listen
    sockets = tempfile.TemporaryDirectory(prefix="nb")
    transport = {"transport": "ipc", "ip": f"{sockets.name}/k"}
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name=_kernel(),
        resources={"metadata": {"path": str(folder)}},
        on_cell_executed=_print_cell,
        config=Config({"KernelManager": transport}),
    )
    try:
        client.execute()
    except (CellExecutionError, DeadKernelError) as error:
        print(_without_colours(str(error)), file=sys.stderr)
        return 1
    except Exception:  # noqa: BLE001 - whatever went wrong, the log has it and the copy is kept
        traceback.print_exc()
        return 1
    finally:
        sockets.cleanup()
        nbformat.write(notebook, kept)
        print(f"The executed notebook is kept as {kept.name}.", flush=True)
    return 0


def run_init_script(folder: Path, name: str) -> int:
    """Run the step's init script, if it has one; its exit code."""
    if not name:
        return 0
    return subprocess.run(["/bin/bash", str(folder / name)], check=False, cwd=folder).returncode  # noqa: S603


def _nbformat() -> Any:
    import nbformat  # noqa: PLC0415 - the step's Python may not have it

    return nbformat


def _kernel() -> str:
    """The kernel that is asked for, or the one of this Python where it is not installed."""
    from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager  # noqa: PLC0415

    wanted = os.environ.get(KERNEL) or NATIVE_KERNEL_NAME
    known = KernelSpecManager().find_kernel_specs()
    if wanted in known:
        return wanted
    print(f"warning: there is no kernel {wanted!r} on this machine; using {NATIVE_KERNEL_NAME!r}.", flush=True)
    return str(NATIVE_KERNEL_NAME)


def _print_cell(cell: Any, cell_index: int, **_more: Any) -> None:  # noqa: ARG001 - nbclient's signature
    for output in cell.get("outputs", ()):
        text = output.get("text") or output.get("data", {}).get("text/plain")
        if text:
            print("".join(text).rstrip("\n"), flush=True)


def _without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
