"""What the documentation must name: every problem code, every verb, every file of the house."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sm_pipeline_widgets.magics.verbs import VERBS
from tests.browser.pictures import PICTURES, SHOWN

ROOT = Path(__file__).parents[1]
MAKES_PROBLEMS = ("problem", "problem_at", "ReferenceMeaningError")
COMPUTED = {
    "f'unknown-{what.split(maxsplit=1)[0]}'": {"unknown-parameter", "unknown-step", "unknown-fact"},
    "f'{kind}-name'": {"step-name", "parameter-name"},
}


def codes_in_the_code():
    codes = set()
    for path in (ROOT / "sm_pipeline_widgets" / "definition").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in MAKES_PROBLEMS and isinstance(node.args[0], ast.Constant):
                codes.add(node.args[0].value)
            elif name in MAKES_PROBLEMS and isinstance(node.args[0], ast.JoinedStr):
                codes |= COMPUTED[ast.unparse(node.args[0])]
    return codes


def headings(document):
    return set(re.findall(r"^## (.+)$", (ROOT / "docs" / document).read_text(), re.MULTILINE))


def test_every_problem_has_a_heading_and_every_heading_a_problem():
    assert headings("problems.md") == codes_in_the_code()


def test_the_readme_names_every_verb():
    readme = (ROOT / "README.md").read_text()
    assert [verb for verb in VERBS if f"`{verb}`" not in readme and f"%pipeline {verb}" not in readme] == []


def test_the_architecture_names_every_module():
    described = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "sm_pipeline_widgets"
    modules = [
        path for path in package.rglob("*.py") if "labextension" not in path.parts and path.name != "__init__.py"
    ]
    modules += (ROOT / "labextension" / "src").glob("*.ts")
    assert sorted(path.name for path in modules if path.name not in described) == []


def test_every_test_that_the_security_page_names_is_there():
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs" / "security.md").read_text())
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_picture_is_taken_by_a_test_and_shown_on_a_page():
    shown = {path.stem for path in SHOWN.glob("*.png")}
    pages = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "browser").rglob("test_*.py"))
    assert shown == PICTURES.keys()
    assert [name for name in shown if f"images/{name}.png" not in pages] == []
    # the theme may be filled in: difference-{theme}
    assert [taken for taken in PICTURES.values() if taken.removesuffix("-light") not in tests] == []
