"""Every filter and order of every list operation of SageMaker's, over the wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sm_pipeline_widgets.engine.operations.registry import OPERATIONS
from sm_pipeline_widgets.engine.wire import operation_model

ACCOUNT = "arn:aws:sagemaker:us-east-1:000000000000"
LONG_AGO, LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(days=1)
PAGING = {"MaxResults", "NextToken"}
TEXT = json.dumps(
    {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "p", "Type": "String", "DefaultValue": "d"}],
        "Steps": [{"Name": at, "Type": "Fail", "Arguments": {"ErrorMessage": at}} for at in ("one", "two")],
    }
)
INFERENCE = {"Containers": [{"Image": "i"}], "SupportedContentTypes": ["a/b"], "SupportedResponseMIMETypes": ["a/b"]}


@pytest.fixture(scope="module")
def things(engine):
    """Three of each, `sorted-a` to `sorted-c`, made one after the other; those of the three that differ are told below."""
    since = datetime.now(UTC) - timedelta(milliseconds=1)
    client, role, s3 = engine.client("sagemaker"), engine.endpoint.role, engine.client("s3")
    command = {"ImageUri": "i", "ContainerEntrypoint": ["true"]}
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
    s3.put_object(Bucket=engine.endpoint.bucket, Key="lists/in", Body=b"1")
    client.create_model_package_group(ModelPackageGroupName="sorted-group")
    for n, name in enumerate(("sorted-a", "sorted-b", "sorted-c")):
        client.create_pipeline(PipelineName=name, PipelineDefinition=TEXT, RoleArn=role)
        client.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
        client.create_model_package_group(ModelPackageGroupName=name)
        client.create_model_package(
            ModelPackageGroupName="sorted-group",
            InferenceSpecification=INFERENCE,
            ModelApprovalStatus=("Approved", "Rejected", "PendingManualApproval")[n],
        )
        client.create_model_package(ModelPackageName=name, InferenceSpecification=INFERENCE)
        variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        client.create_processing_job(
            ProcessingJobName=name,
            ProcessingResources={"ClusterConfig": resources},
            AppSpecification={**command, "ContainerEntrypoint": ["true" if n else "false"]},
            RoleArn=role,
        )
        client.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={
                "TrainingImage": "i",
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["true" if n else "false"],
            },
            OutputDataConfig={"S3OutputPath": f"s3://{engine.endpoint.bucket}/lists"},
            ResourceConfig=resources,
            StoppingCondition={"MaxRuntimeInSeconds": 60},
            RoleArn=role,
        )
        source = {"SourceUri": f"s3://lists/{n}"}
        client.create_action(ActionName=name, ActionType=f"type-{n}", Source=source)
        client.create_artifact(ArtifactName=name, ArtifactType=f"type-{n}", Source=source)
        client.create_context(ContextName=name, ContextType=f"type-{n}", Source=source)
        client.add_association(
            SourceArn=f"{ACCOUNT}:action/{name}",
            DestinationArn=f"{ACCOUNT}:context/{name}",
            AssociationType=("ContributedTo", "Produced", "SameAs")[n],
        )
    for kind in ("processing_job_completed_or_stopped", "training_job_completed_or_stopped"):
        word = "ProcessingJobName" if kind.startswith("p") else "TrainingJobName"
        for name in ("sorted-b", "sorted-c"):
            client.get_waiter(kind).wait(**{word: name}, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    client.update_pipeline(PipelineName="sorted-a", PipelineDefinition=TEXT, PipelineVersionAliases=["newer"])
    runs = [client.start_pipeline_execution(PipelineName="sorted-a", PipelineVersionId=at) for at in (1, 2, 2)]
    return {"since": since, "runs": [at["PipelineExecutionArn"] for at in runs]}


A, B, C = "sorted-a", "sorted-b", "sorted-c"
NEWEST, OLDEST, NONE = [C, B, A], [A, B, C], []
NAMED = {"NameContains": "sorted-"}


def created(base, after="CreationTimeAfter", before="CreationTimeBefore"):
    """A window that holds all, and two that hold none."""
    return [
        ({**base, after: LONG_AGO, before: LATER}, None),
        ({**base, after: LATER}, NONE),
        ({**base, before: LONG_AGO}, NONE),
    ]


def ordered(base, *orders):
    return [
        ({**base, "SortBy": order, "SortOrder": way}, names)
        for order in orders
        for way, names in (("Ascending", OLDEST), ("Descending", NEWEST))
    ]


def of_jobs(*more):
    modified = created(NAMED, "LastModifiedTimeAfter", "LastModifiedTimeBefore")
    by_status = [({**NAMED, "SortBy": "Status", "SortOrder": "Ascending"}, [B, C, A])]
    chosen = [({**NAMED, "StatusEquals": "Failed"}, [A]), ({**NAMED, "StatusEquals": "Stopped"}, NONE)]
    return [
        (NAMED, NEWEST),
        *ordered(NAMED, "Name", "CreationTime"),
        *by_status,
        *chosen,
        *created(NAMED),
        *modified,
        *more,
    ]


def of_entities(word):
    recent = {"CreatedAfter": "$since"}
    orders = ("CreationTime",) if word == "Artifact" else ("CreationTime", "Name")
    return [
        (recent, NEWEST),
        *ordered(recent, *orders),
        ({**recent, "SourceUri": "s3://lists/1"}, [B]),
        ({**recent, f"{word}Type": "type-2"}, [C]),
        ({"CreatedAfter": LATER}, NONE),
        ({"CreatedBefore": LONG_AGO}, NONE),
    ]


GROUP, VERSIONS = {"ModelPackageGroupName": "sorted-group"}, [f"sorted-group/{n}" for n in (1, 2, 3)]
RECENT = {"CreatedAfter": "$since"}
RUNS = {"PipelineName": A}
# by operation: the key of the list, the member that tells an item, and requests with what they find (None: all, in any order)
CASES = {
    "ListActions": ("ActionSummaries", "ActionName", of_entities("Action")),
    "ListArtifacts": ("ArtifactSummaries", "ArtifactName", of_entities("Artifact")),
    "ListContexts": ("ContextSummaries", "ContextName", of_entities("Context")),
    "ListAssociations": (
        "AssociationSummaries",
        "SourceName",
        [
            (RECENT, NEWEST),
            *ordered(RECENT, "CreationTime", "SourceArn", "DestinationArn", "SourceType", "DestinationType"),
            ({**RECENT, "SourceArn": f"{ACCOUNT}:action/{B}"}, [B]),
            ({**RECENT, "DestinationArn": f"{ACCOUNT}:context/{B}"}, [B]),
            ({**RECENT, "SourceType": "type-2"}, [C]),
            ({**RECENT, "DestinationType": "type-0"}, [A]),
            ({**RECENT, "AssociationType": "Produced"}, [B]),
            ({"CreatedAfter": LATER}, NONE),
            ({"CreatedBefore": LONG_AGO}, NONE),
        ],
    ),
    "ListEndpointConfigs": (
        "EndpointConfigs",
        "EndpointConfigName",
        [(NAMED, NEWEST), *ordered(NAMED, "Name", "CreationTime"), *created(NAMED)],
    ),
    "ListModels": ("Models", "ModelName", [(NAMED, NEWEST), *ordered(NAMED, "Name", "CreationTime"), *created(NAMED)]),
    "ListModelPackageGroups": (
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupName",
        [
            (NAMED, ["sorted-group", *OLDEST]),
            ({**NAMED, "SortBy": "Name"}, [*OLDEST, "sorted-group"]),
            ({**NAMED, "SortBy": "CreationTime", "SortOrder": "Descending"}, [*NEWEST, "sorted-group"]),
            *[(given, found) for given, found in created(NAMED) if found is not None],
            ({**NAMED, "CrossAccountFilterOption": "CrossAccount"}, NONE),
            ({**NAMED, "CrossAccountFilterOption": "SameAccount"}, ["sorted-group", *OLDEST]),
        ],
    ),
    "ListModelPackages": (
        "ModelPackageSummaryList",
        "ModelPackageArn",
        [
            (GROUP, VERSIONS),
            ({**GROUP, "SortBy": "CreationTime", "SortOrder": "Descending"}, VERSIONS[::-1]),
            ({**GROUP, "ModelApprovalStatus": "Rejected"}, VERSIONS[1:2]),
            (NAMED, OLDEST),
            ({**NAMED, "SortBy": "Name", "SortOrder": "Descending"}, NEWEST),
            ({**NAMED, "ModelPackageType": "Unversioned"}, OLDEST),
            ({**NAMED, "ModelPackageType": "Versioned"}, VERSIONS),
            (
                {**NAMED, "ModelPackageType": "Both"},
                [name for pair in zip(VERSIONS, OLDEST, strict=True) for name in pair],
            ),
            *created(NAMED),
        ],
    ),
    "ListPipelines": (
        "PipelineSummaries",
        "PipelineName",
        [
            ({"PipelineNamePrefix": "sorted"}, NEWEST),
            *ordered({"PipelineNamePrefix": "sorted"}, "Name", "CreationTime"),
            *created({"PipelineNamePrefix": "sorted"}, "CreatedAfter", "CreatedBefore"),
            ({"PipelineNamePrefix": "sorted", "ManagedBy": "AWS"}, NONE),
            ({"PipelineNamePrefix": "sorted", "ManagedBy": "CUSTOMER"}, NEWEST),
        ],
    ),
    "ListPipelineVersions": (
        "PipelineVersionSummaries",
        "PipelineVersionId",
        [
            (RUNS, [2, 1]),
            ({**RUNS, "SortOrder": "Ascending"}, [1, 2]),
            ({**RUNS, "CreatedAfter": LATER}, NONE),
            ({**RUNS, "CreatedBefore": LONG_AGO}, NONE),
        ],
    ),
    "ListPipelineExecutions": (
        "PipelineExecutionSummaries",
        "PipelineExecutionArn",
        [
            (RUNS, "$newest"),
            ({**RUNS, "SortBy": "CreationTime", "SortOrder": "Ascending"}, "$oldest"),
            ({**RUNS, "SortBy": "PipelineExecutionArn", "SortOrder": "Ascending"}, "$by-name"),
            ({**RUNS, "PipelineVersionAlias": "newer"}, "$of-two"),
            ({**RUNS, "CreatedAfter": LATER}, NONE),
            ({**RUNS, "CreatedBefore": LONG_AGO}, NONE),
        ],
    ),
    "ListPipelineExecutionSteps": (
        "PipelineExecutionSteps",
        "StepName",
        [
            ({"PipelineExecutionArn": "$run", "SortOrder": "Ascending"}, ["one", "two"]),
            ({"PipelineExecutionArn": "$run", "SortOrder": "Descending"}, ["two", "one"]),
        ],
    ),
    "ListPipelineParametersForExecution": ("PipelineParameters", "Name", [({"PipelineExecutionArn": "$run"}, ["p"])]),
    "ListProcessingJobs": ("ProcessingJobSummaries", "ProcessingJobName", of_jobs()),
    "ListTrainingJobs": (
        "TrainingJobSummaries",
        "TrainingJobName",
        of_jobs(
            ({**NAMED, "WarmPoolStatusEquals": "Available"}, NONE),
            ({**NAMED, "TrainingPlanArnEquals": f"{ACCOUNT}:training-plan/none"}, NONE),
        ),
    ),
    "ListTags": ("Tags", "Key", [({"ResourceArn": f"{ACCOUNT}:pipeline/{A}"}, NONE)]),
}
# endpoints cost a server each, tunings and transforms several jobs: their own tests list them
ELSEWHERE = {
    "ListEndpoints", "ListHyperParameterTuningJobs", "ListTransformJobs", "ListTrainingJobsForHyperParameterTuningJob",
}  # fmt: skip


@pytest.mark.newest_boto3
def test_the_table_has_every_member_of_every_list():
    lists = {name for name in OPERATIONS["sagemaker"] if name.startswith("List")}
    assert set(CASES) | ELSEWHERE == lists
    for operation, (_, _, cases) in CASES.items():
        used = {name for given, _ in cases for name in given}
        assert used == set(operation_model("sagemaker", operation).input_shape.members) - PAGING, operation


@pytest.mark.parametrize("operation", CASES)
@pytest.mark.newest_boto3
def test_filters_and_orders(engine, things, wait, operation):
    client = engine.client("sagemaker")
    for run in things["runs"]:
        wait(run)
    runs = things["runs"]
    values = {
        "$since": things["since"], "$run": runs[0], "$newest": runs[::-1], "$oldest": runs, "$by-name": sorted(runs),
        "$of-two": [runs[2], runs[1]],
    }  # fmt: skip
    method = next(at for at, name in client.meta.method_to_api_mapping.items() if name == operation)
    key, member, cases = CASES[operation]
    for given, expected in cases:
        request = {name: values.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
        found = [item[member] for item in getattr(client, method)(**request)[key]]
        if member == "ModelPackageArn":
            found = [arn.partition(":model-package/")[2] for arn in found]
        if expected is None:
            assert len(found) >= 3, request
        else:
            assert found == values.get(str(expected), expected), request
