"""The parity table: complete, derived from the engine's tables, and in the documentation as it is now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sm_pipeline_widgets.definition.steps import KNOWN_TYPES
from sm_pipeline_widgets.engine import parity
from sm_pipeline_widgets.engine.steptypes import TABLE

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "local-engine.md"
# a word of the cell language; in a definition it is a Training step
ONLY_WORDS = {"NotebookJob"}


def test_every_type_the_service_knows_is_told_of_once():
    assert set(TABLE) | set(parity.REFUSED) == set(KNOWN_TYPES) - ONLY_WORDS
    assert set(TABLE) & set(parity.REFUSED) == set()


def test_the_documentation_holds_the_tables_of_now():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == parity.updated(text), (
        "bring it up to date: python -m sm_pipeline_widgets.engine.parity docs/local-engine.md"
    )


def test_every_setting_the_code_reads_is_documented():
    engine = ROOT / "sm_pipeline_widgets" / "engine"
    read = {name for path in engine.rglob("*.py") for name in re.findall(r"SM_PIPELINE_WIDGETS_\w+", path.read_text())}
    documented = set(re.findall(r"`(SM_PIPELINE_WIDGETS_\w+)`", DOCUMENT.read_text()))
    assert read - documented == set()


def test_tables_say_something_of_every_row():
    for table in (parity.step_types(), parity.features(), parity.operations()):
        for line in table.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            assert cells[0], line
            assert cells[-1], line


def test_a_document_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no place"):
        parity.updated("nothing here")


def test_the_program_prints_and_updates(tmp_path, capsys):
    path = tmp_path / "a.md"
    path.write_text(f"before\n{parity.BEGIN}\nold\n{parity.END}\nafter\n")
    assert parity.main([str(path)]) == 0
    assert path.read_text().startswith("before\n")
    assert "| Processing | same |" in path.read_text()
    assert parity.main([]) == 0
    assert "| RegisterModel |" in capsys.readouterr().out
