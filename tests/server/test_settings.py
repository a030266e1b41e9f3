"""The settings schema: every setting and shortcut is documented, and its defaults are the front end's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "labextension" / "schema" / "plugin.json").read_text())
SOURCE = ROOT / "labextension" / "src"
DOCUMENT = (ROOT / "docs" / "jupyterlab.md").read_text()


@pytest.mark.parametrize("name", SCHEMA["properties"])
def test_every_setting_is_documented_with_its_default(name):
    row = next((line for line in DOCUMENT.splitlines() if line.startswith(f"| `{name}` |")), "")
    assert f"`{json.dumps(SCHEMA['properties'][name]['default'])}`" in row


@pytest.mark.parametrize("shortcut", SCHEMA["jupyter.lab.shortcuts"], ids=lambda one: one["command"])
def test_every_shortcut_is_documented(shortcut):
    keys = "+".join(shortcut["keys"][0].replace("Accel", "Ctrl").split())
    assert f"`{keys}`" in DOCUMENT


def test_the_page_begins_with_the_schemas_defaults():
    text = (SOURCE / "labSettings.ts").read_text()
    block = re.search(r"DEFAULTS: LabValues = \{(.*?)\}", text, re.DOTALL)[1]
    found = dict(re.findall(r"(\w+): (.+?),?\n", block))
    wanted = {name: json.dumps(one["default"]).replace('"', "'") for name, one in SCHEMA["properties"].items()}
    assert found == wanted


def test_the_menu_and_the_shortcuts_name_commands_that_there_are():
    known = set(re.findall(r"'(sm-pipelines:[a-z-]+)'", (SOURCE / "labIds.ts").read_text()))
    assert set(re.findall(r'"(sm-pipelines:[a-z-]+)"', json.dumps(SCHEMA))) <= known
