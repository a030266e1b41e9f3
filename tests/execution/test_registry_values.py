"""Decisions kept in one text, numbers found in reports, versions side by side, going back to an earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.decisions import LONGEST, LONGEST_NOTE, Decision, decisions_in, kept_text, plain_note
from sm_pipeline_widgets.execution.model_metrics import MOST, metrics_in, read_metrics
from sm_pipeline_widgets.execution.registry import (
    Approval,
    CodePlace,
    Evidence,
    Origin,
    Report,
    ReportFile,
    Version,
    names_version,
    split_name,
    version_of,
)
from sm_pipeline_widgets.execution.rollback import plan_rollback
from sm_pipeline_widgets.execution.version_compare import compare_versions
from sm_pipeline_widgets.view.registry_text import comparison_text, version_text

WHEN = "2026-11-22 18:05 UTC"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/diabetes/{}"
notes = st.text(min_size=1, max_size=200).map(plain_note).filter(bool)
people = st.sampled_from(["ada", "role Admin (ada@example.com)", "user Bob, of Berlin", "nobody (at all)"])
decisions = st.builds(Decision, st.sampled_from(["Approved", "Rejected"]), notes, people, st.just(WHEN))


def version(number: int, approval: Approval = Approval.PENDING) -> Version:
    return Version("diabetes", number, ARN.format(number), "Completed", approval)


@settings(max_examples=50)
@given(decisions)
def test_a_decision_comes_back_as_it_was_kept(decision):
    text = kept_text([decision])
    assert len(text) <= LONGEST
    assert decisions_in(text) == (decision,)


@given(st.lists(decisions, min_size=1, max_size=6))
def test_the_newest_decisions_are_kept_whole_as_many_as_fit(several):
    text = kept_text(several)
    read = decisions_in(text)
    assert len(text) <= LONGEST
    assert list(read) == several[: len(read)]
    assert read


def test_the_longest_note_fits_beside_who_and_when():
    longest = Decision("Rejected", "x" * LONGEST_NOTE, "role " + "y" * 64 + " (" + "z" * 64 + ")", WHEN)
    assert decisions_in(kept_text([longest])) == (longest,)


def test_what_somebody_wrote_elsewhere_is_a_note_of_the_versions_status():
    assert decisions_in("looks good", "Approved") == (Decision("Approved", "looks good"),)
    assert kept_text([Decision("Rejected", "no", "ada", WHEN), Decision("", "looks good")]).endswith(" || looks good")
    assert decisions_in("") == ()


@pytest.mark.parametrize(
    ("report", "told"),
    [
        ({"regression_metrics": {"mse": {"value": 4.9, "standard_deviation": 2.2}}}, ["mse 4.9 ± 2.2"]),
        ({"metrics": {"rmse": 1, "mae": 0.5}}, ["rmse 1", "mae 0.5"]),
        ({"a": {"f1": 1}, "b": {"f1": 2}}, ["a.f1 1", "b.f1 2"]),
        ({"multiclass": {"confusion": [[1, 2]]}}, ["0 1", "1 2"]),
        ({"is_good": True, "name": "x", "none": None, "nan": float("nan")}, []),
        (7, ["value 7"]),
        ([], []),
    ],
)
def test_numbers_are_found_wherever_they_stand(report, told):
    assert [str(metric) for metric in metrics_in(report)] == told


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_report_is_read_and_names_are_told_apart(report):
    found = metrics_in(report)
    assert len(found) <= MOST
    paths = [metric.path for metric in found]
    if len(set(paths)) == len(paths) and not any("." in part for part in _keys(report)):
        assert len({metric.name for metric in found}) == len(found)


def _keys(report):
    if isinstance(report, dict):
        for key, inner in report.items():
            yield key
            yield from _keys(inner)
    if isinstance(report, list):
        for inner in report:
            yield from _keys(inner)


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="Expecting value"):
        read_metrics("no json")


@pytest.mark.parametrize(
    ("name", "split", "is_version"),
    [
        ("diabetes/3", ("diabetes", 3), True),
        (ARN.format(12), ("diabetes", 12), True),
        ("diabetes", ("diabetes", None), False),
        ("diabetes/latest", ("diabetes/latest", None), True),
        ("diabetes/approved", ("diabetes/approved", None), True),
        ("/3", ("/3", None), False),
    ],
)
def test_names_of_groups_and_versions(name, split, is_version):
    assert split_name(name) == split
    assert names_version(name) is is_version


def test_a_list_of_versions_tells_less_than_a_description():
    row = {
        "ModelPackageArn": ARN.format(2),
        "ModelPackageGroupName": "Diabetes",
        "ModelPackageVersion": 2,
        "ModelPackageStatus": "Completed",
    }
    listed = version_of(row, is_described=False)
    assert (listed.name, listed.approval, listed.containers) == ("Diabetes/2", Approval.PENDING, ())


def evidence(number: int, rmse: float, alpha: str) -> Evidence:
    report = Report(ReportFile("model quality", "s3://b/e.json"), "{}", metrics_in({"rmse": rmse, "strange": rmse}))
    origin = Origin(
        "arn",
        "p",
        "register",
        None,
        {"alpha": alpha, "api_key": "hunter2"},
        ("train",),
        (CodePlace("train", "s3://b/code"),),
    )
    return Evidence(version(number), (report,), origin)


def test_two_versions_side_by_side():
    difference = compare_versions(evidence(1, 54.0, "0.1"), evidence(2, 50.0, "0.2"))
    rows = {(row.section, row.name): row for row in difference.rows}
    assert rows["metrics", "rmse"].note == "-4 (-7.41 %), better"
    assert rows["metrics", "strange"].note == "-4 (-7.41 %)", "nobody knows which way is good"
    assert (rows["parameters", "alpha"].before, rows["parameters", "alpha"].after) == ("0.1", "0.2")
    assert rows["code", "train"].is_same
    text = comparison_text(difference)
    assert "hunter2" not in text + version_text(difference.before)
    assert "more are the same in both" in text


def test_going_back_approves_the_old_first_and_rejects_what_is_newer():
    approved, pending = Approval.APPROVED, Approval.PENDING
    versions = [version(1, Approval.REJECTED), version(2, approved), version(3, pending), version(4, approved)]
    plan = plan_rollback(versions[0], versions)
    assert [(one.number, wanted) for one, wanted in plan.changes] == [
        (1, approved),
        (4, Approval.REJECTED),
        (2, Approval.REJECTED),
    ]
    assert "diabetes/4: approved → rejected" in str(plan)
    assert [one.number for one, _ in plan_rollback(versions[1], versions).changes] == [4]
    with pytest.raises(UsageError, match="newest approved version already"):
        plan_rollback(versions[3], versions)
    assert not replace(versions[0], status="Failed").is_usable
