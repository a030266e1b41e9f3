"""The documentation as it is published: it builds without a warning, and says what the code does."""

from __future__ import annotations

import ast
import html
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

import sm_pipeline_widgets
from sm_pipeline_widgets.definition.steps import STEP_TYPES
from sm_pipeline_widgets.magics.verbs import VERBS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; a broken link or heading is a warning, and a warning ends the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(folder / "trees")]
    done = subprocess.run(
        [*command, "docs", str(folder / "html")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


def text_of(page):
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))


def test_every_page_is_in_the_navigation(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    index = (site / "index.html").read_text()
    linked = set(re.findall(r'href="([\w/-]+\.html)"', index))
    assert pages - linked - {"index.html", "genindex.html", "search.html", "py-modindex.html"} == set()


def test_nothing_is_fetched_from_elsewhere(site):
    for path in site.rglob("*.html"):
        assert re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="https?://[^"]*"', path.read_text()) == [], path.name


def test_the_reference_has_every_step_type_key_and_verb(site):
    language = text_of(site / "reference" / "language.html")
    for row in STEP_TYPES.values():
        assert row.doc.split("`")[0] in language
        assert [key for key in row.all_keys if key not in language] == []
    magics = text_of(site / "reference" / "magics.html")
    assert [verb.usage for verb in VERBS.values() if f"%pipeline {verb.usage}" not in magics] == []


def test_the_python_reference_has_every_public_name(site):
    python = (site / "reference" / "python.html").read_text()
    assert [name for name in sm_pipeline_widgets.__all__ if f".{name}" not in python] == []


def test_links_between_files_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if "://" not in link:
                assert (page.parent / link).exists() or link.startswith("reference/"), f"{page.name}: {link}"


def test_the_tests_that_documents_name_are_there():
    for page in PAGES:
        for name in re.findall(r"`(tests/[\w/.-]+\.(?:py|sh))`", page.read_text()):
            assert (ROOT / name).is_file(), f"{page.name}: {name}"


NOT_BY_NAME = {
    "list_objects_v2": "s3:ListBucket", "head_bucket": "s3:ListBucket", "list_service_quotas": "servicequotas:ListServiceQuotas",
}  # fmt: skip
SERVICES = ("sagemaker", "logs", "s3", "iam", "sts", "ecr", "service-quotas")


def test_the_policies_allow_every_call_that_is_made():
    session = boto3.Session("a", "b", region_name="us-east-1")
    actions = {
        method: f"{service}:{operation}"
        for service in reversed(SERVICES)
        for method, operation in session.client(service).meta.method_to_api_mapping.items()
    } | NOT_BY_NAME
    called = set()
    for path in (ROOT / "sm_pipeline_widgets" / "aws").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "attr", None) or getattr(node, "value", None)
            if isinstance(name, str) and "_" in name and name in actions:
                called.add(actions[name])
    said = (ROOT / "docs" / "aws.md").read_text()
    assert len(called) > 30
    assert [action for action in sorted(called) if action not in said] == []
