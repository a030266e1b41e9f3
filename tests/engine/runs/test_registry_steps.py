"""Model, RegisterModel, Lineage, Cleanup and check steps."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.engine.exceptions import ServiceException
from sm_pipeline_widgets.engine.operations import lineage as lineage_operations
from sm_pipeline_widgets.engine.operations import model_packages as packages

ROLE = "arn:aws:iam::000000000000:role/local"
OUT = "s3://data/out"


def model(uri):
    return {"Name": "model", "Type": "Model", "Arguments": {
        "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i", "ModelDataUrl": uri}}}  # fmt: skip


def register(name="register", **arguments):
    specification = {"Containers": [{"Image": "i", "ModelDataUrl": "s3://data/m.tar.gz"}],
                     "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}  # fmt: skip
    return {"Name": name, "Type": "RegisterModel", "Arguments": {"InferenceSpecification": specification, **arguments}}


def fail(*gets):
    values = [{"Get": get} for get in gets]
    return {"Name": "say", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": values}}}}


def test_a_model_is_made_of_data_that_is_there(lab):
    ended = lab.run([model(lab.put("m.tar.gz", b"x")), fail("Steps.model.ModelName", "Steps.model.ModelArn")])
    arn = ended.steps["model"]["Metadata"]["Model"]["Arn"]
    name, _, told = ended.steps["say"]["FailureReason"].partition(" ")
    assert (told, name) == (arn, arn.rpartition("/")[2])
    assert name.startswith(f"pipelines-{ended.arn.rpartition('/')[2]}-model-")
    ended = lab.run([model("s3://data/nothere")])
    assert ended.steps["model"]["FailureReason"] == (
        "ClientError: Failed to invoke sagemaker:CreateModel. Error Details: "
        "Could not find model data at s3://data/nothere."
    )


def test_a_number_where_the_service_wants_a_name_fails_the_step_with_the_services_words(lab):
    step = model("s3://data/m.tar.gz")
    step["Arguments"]["PrimaryContainer"]["Image"] = 7
    reason = lab.run([step]).steps["model"]["FailureReason"]
    assert "Failed to invoke sagemaker:CreateModel" in reason
    assert "NUMBER_VALUE can not be converted to a String" in reason


def test_versions_of_a_group_that_was_not_there(lab):
    steps = [
        register(ModelPackageGroupName="g", ModelApprovalStatus="Approved"),
        fail("Steps.register.ModelPackageVersion", "Steps.register.ModelApprovalStatus"),
    ]
    assert lab.run(steps).steps["say"]["FailureReason"] == "1 Approved"
    assert lab.run(steps).steps["say"]["FailureReason"] == "2 Approved"
    several = [register(f"r{n}", ModelPackageGroupName="many") for n in range(8)]
    assert lab.run(several).status == "Succeeded"
    listed = packages.list_model_packages(lab.engine, {"ModelPackageGroupName": "many"})["ModelPackageSummaryList"]
    assert sorted(at["ModelPackageVersion"] for at in listed) == list(range(1, 9))
    arn = lab.run([register()]).steps["register"]["Metadata"]["RegisterModel"]["Arn"]
    assert "/pipelines-" in arn, "without a group a package has a name of its own"


def test_lineage_is_recorded_and_associated(lab):
    arguments = {
        "Actions": [{"ActionName": "trained", "ActionType": "ModelTraining", "Source": {"SourceUri": "s3://data/a"}}],
        "Artifacts": [{"ArtifactName": "data", "ArtifactType": "DataSet", "Source": {"SourceUri": "s3://data/a"}}],
        "Contexts": [{"ContextName": "project", "ContextType": "Project", "Source": {"SourceUri": "x"}}],
        "Associations": [
            {"Source": {"Name": "data", "Type": "Artifact"}, "Destination": {"Name": "trained", "Type": "Action"},
             "AssociationType": "ContributedTo"}
        ],
    }  # fmt: skip
    step = {"Name": "record", "Type": "Lineage", "Arguments": arguments}
    ended = lab.run([step, fail("Steps.record.ActionArns['trained']")])
    told = ended.steps["record"]["Metadata"]["Lineage"]
    assert ended.steps["say"]["FailureReason"] == told["ActionArns"]["trained"]
    operations = lineage_operations.OPERATIONS
    action = operations["DescribeAction"](lab.engine, {"ActionName": "trained"})
    assert (action["ActionArn"], action["ActionType"]) == (told["ActionArns"]["trained"], "ModelTraining")
    found = operations["ListAssociations"](lab.engine, {"SourceArn": told["ArtifactArns"]["data"]})
    assert [at["AssociationType"] for at in found["AssociationSummaries"]] == ["ContributedTo"]

    again = lab.run([step])
    assert "already existing action" in again.steps["record"]["FailureReason"]
    arguments["Associations"][0]["Source"] = {"Name": "other", "Type": "Artifact"}
    arguments["Actions"] = arguments["Contexts"] = []
    assert "names Artifact 'other'" in lab.run([step]).steps["record"]["FailureReason"]


def test_cleanup_deletes_what_a_step_left_and_nothing_else(lab):
    code = "import os; [open(f'/opt/ml/processing/output/o/{n}', 'w').close() for n in 'abc']"
    source = lab.processing("make", code, outputs={"o": OUT})
    lab.put("other", b"x")

    def clean(*uris):
        return {"Name": "clean", "Type": "Cleanup", "Arguments": {
            "Resources": {"S3": [{"StepName": "make", "S3Uris": list(uris)}]}}}  # fmt: skip

    ended = lab.run([source, clean(f"{OUT}/a", f"{OUT}/b")])
    assert ended.steps["clean"]["Metadata"]["Cleanup"]["CleanedSteps"] == ["make"]
    assert lab.keys() == ["other", "out/c"]
    ended = lab.run([source, clean("s3://data/other")])
    assert ended.steps["clean"]["StepStatus"] == "Failed"
    assert "does not lie below the step's output" in ended.steps["clean"]["FailureReason"]
    assert lab.keys("other") == ["other"]


def quality(lab, violations, **keys):
    """A check whose own command leaves what AWS's analyser would leave."""
    files = {"statistics.json": {}, "constraints.json": {}, "constraint_violations.json": {"violations": violations}}
    code = f"import json\nfor n, v in {files!r}.items(): json.dump(v, open('/opt/ml/processing/output/o/' + n, 'w'))"
    step = lab.processing("check", code, outputs={"o": OUT})
    return {**step, "Type": "QualityCheck", "CheckType": "DATA_QUALITY", "SkipCheck": False,
            "RegisterNewBaseline": False, **keys}  # fmt: skip


def test_a_check_that_finds_nothing(lab):
    gets = ("CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints")
    step = quality(lab, [], SuppliedBaselineConstraints="s3://data/mine.json", ModelPackageGroupName="g")
    ended = lab.run([step, fail(*(f"Steps.check.{get}" for get in gets))])
    assert ended.steps["say"]["FailureReason"] == f"{OUT}/constraints.json s3://data/mine.json"
    told = ended.steps["check"]["Metadata"]["QualityCheck"]
    assert (told["CheckType"], told["ModelPackageGroupName"]) == ("DATA_QUALITY", "g")
    assert "/pipelines-" in told["CheckJobArn"]


def test_a_violation_fails_unless_the_step_says_otherwise(lab):
    found = [{"feature_name": "age"}]
    ended = lab.run([quality(lab, found)])
    assert ended.steps["check"]["FailureReason"] == (
        f"ClientError: Quality check failed. See violation report: {OUT}/constraint_violations.json"
    )
    for keys in ({"FailOnViolation": False}, {"SkipCheck": True}):
        assert lab.run([quality(lab, found, **keys)]).status == "Succeeded"


def test_the_baseline_of_the_newest_approved_package_is_used(lab):
    baseline = {
        "ModelDataQuality": {"Constraints": {"S3Uri": "s3://data/base.json", "ContentType": "application/json"}}
    }
    lab.run([register(ModelPackageGroupName="g", ModelApprovalStatus="Approved", DriftCheckBaselines=baseline)])
    lab.run([register(ModelPackageGroupName="g")])
    step = quality(lab, [], ModelPackageGroupName="g")
    ended = lab.run([step, fail("Steps.check.BaselineUsedForDriftCheckConstraints")])
    assert ended.steps["say"]["FailureReason"] == "s3://data/base.json"


@pytest.mark.parametrize("kind", ["QualityCheck", "ClarifyCheck"])
def test_awss_analysers_are_not_here(lab, kind):
    step = {**quality(lab, []), "Type": kind}
    del step["Arguments"]["AppSpecification"]["ContainerEntrypoint"]
    lab.create([json.loads(json.dumps(step))])
    with pytest.raises(ServiceException, match="AWS's analyser image is not here"):
        lab.begin()
