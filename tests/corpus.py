"""The definitions that other people's code made, for every test that reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "SM_PIPELINE_DEFINITIONS"


def folder() -> Path:
    """The folder they lie in; CI sets the variable, and a checkout has it beside the project. Loud where it is not."""
    given = os.environ.get(VARIABLE)
    found = Path(given) if given else Path(__file__).parents[2] / "shared" / "definitions"
    if not found.is_dir():
        pytest.fail(f"set {VARIABLE} to the folder with the SDK's definitions; {found} is not there")
    return found


def definitions(pattern: str = "*.json") -> list[Path]:
    """Every definition whose file's name matches, by name; without the edges that lie beside them."""
    return [path for path in sorted(folder().glob(pattern)) if not path.name.endswith(".edges.json")]
