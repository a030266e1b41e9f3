"""Each failure's report names the step, the exception, the user's own line and the cause: produced, not made up."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.execution.jobfacts import Stage

from .table import ALL

NORMAL = [one for one in ALL if not one.soak]
RARE = [one for one in ALL if one.soak]


@pytest.fixture(scope="module")
def roots(fail_all):
    return fail_all(NORMAL)


@pytest.fixture(scope="module")
def rare_roots(fail_all):
    return fail_all(RARE)


@pytest.mark.parametrize("one", NORMAL, ids=[one.name for one in NORMAL])
def test_a_failure_is_explained(roots, one):
    explained(roots, one)


@pytest.mark.soak
@pytest.mark.parametrize("one", RARE, ids=[one.name for one in RARE])
def test_a_rare_failure_is_explained(rare_roots, one):
    explained(rare_roots, one)


def explained(roots, one):
    root = roots[one.name]
    causes = [cause.name for cause in root.causes]
    assert one.says in root.headline
    assert root.exit_code == one.exit
    assert root.exception_type == one.raised
    assert (root.own_frame.cell, root.own_frame.line) == (one.name, one.line) if one.line else not root.frames
    assert root.stage is Stage.PROGRAM
    if one.cause == "-":
        assert causes == []
    elif one.cause is not None:
        assert one.cause in causes, causes


def test_fifty_failures_are_told_apart(roots):
    """Together with those of services and conditions there are more than fifty."""
    assert len(roots) == len(NORMAL)
    assert len({root.headline for root in roots.values()}) > len(NORMAL) - 6


def test_what_people_read_has_no_machinery_in_it(roots):
    for root in roots.values():
        assert "Traceback" not in root.headline
        assert "sm_pipeline_widgets/engine" not in root.headline
