"""Checks of what steps name: inputs in S3, images in ECR, instance types and their quotas."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import is_missing, translated
from sm_pipeline_widgets.aws.preflight_asking import CANNOT_ASK, unknown_because
from sm_pipeline_widgets.definition.account_findings import finding
from sm_pipeline_widgets.definition.images import aliases
from sm_pipeline_widgets.definition.needs import ecr_image
from sm_pipeline_widgets.definition.policies import Need, policy_json
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.definition.service_shapes import service
from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import ServiceError, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.account_findings import AccountFinding
    from sm_pipeline_widgets.definition.needs import EcrImage, InstanceUse, Needs, Use
    from sm_pipeline_widgets.definition.parallel import Crowd

MOST_INPUTS = 50
_SHAPES = {
    "processing job usage": "ProcessingInstanceType",
    "training job usage": "TrainingInstanceType",
    "spot training job usage": "TrainingInstanceType",
    "transform job usage": "TransformInstanceType",
    "endpoint usage": "ProductionVariantInstanceType",
}
_QUOTA_ACTION = "servicequotas:ListServiceQuotas"


def check_inputs(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """There is something under every URI that is known before the run and that no step writes."""
    for use in needs.inputs[:MOST_INPUTS]:
        where = ", ".join(use.steps)
        bucket, key = bucket_and_key(use.what)
        try:
            with translated():
                answer = target.s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
        except CANNOT_ASK as error:
            if isinstance(error, ServiceError) and is_missing(error):
                message = f"There is no bucket `{bucket}` (for `{use.what}`)."
                yield finding("input-missing", Severity.ERROR, message, where, "Check the URI and the account.")
                continue
            policy = policy_json([Need(("s3:ListBucket",), (f"arn:{target.partition}:s3:::{bucket}",))])
            yield unknown_because("input-unknown", f"`{use.what}` could not be looked at", error, where, policy)
            continue
        if not answer.get("KeyCount", len(answer.get("Contents", ()))):
            message = f"There is nothing under `{use.what}`."
            yield finding("input-missing", Severity.ERROR, message, where, "Upload the data, or correct the URI.")
    if len(needs.inputs) > MOST_INPUTS:
        message = f"Of {len(needs.inputs)} input URIs the first {MOST_INPUTS} were looked at."
        yield finding("input-unknown", Severity.NOTE, message)


def check_images(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """Every image can be pulled: it is in ECR, in the target's region, and there."""
    for use in needs.images:
        where = ", ".join(use.steps)
        image = ecr_image(use.what)
        if image is None:
            message = f"`{use.what}` is not an image in ECR; SageMaker pulls from nowhere else by default."
            yield finding("image-place", Severity.WARNING, message, where, "Push the image to ECR of your account.")
        elif image.region != target.region:
            message = f"Image `{use.what}` is in {image.region}; jobs in {target.region} cannot pull it."
            fix = "Use an alias (`image: sklearn`), which follows the target, or copy the image."
            yield finding("image-region", Severity.ERROR, message, where, fix)
        elif image.account == target.account:
            yield from _own_image(target, use, image)
        elif image.account not in _aws_accounts():
            message = f"Image `{use.what}` belongs to account {image.account} and cannot be looked at from here."
            fix = f"Its repository's policy must let account {target.account} pull it."
            yield finding("image-foreign", Severity.NOTE, message, where, fix)


def check_instances(target: Target, needs: Needs) -> Iterator[AccountFinding]:
    """Every instance type exists for its kind of job, and the account's quota is not below what one step asks for."""
    plausible = []
    for one in needs.instances:
        known = _instance_types(one.quota)
        if known and one.type not in known:
            message = f"`{one.type}` is not an instance type that this version of boto3 knows for {_kind(one)}s."
            fix = did_you_mean(one.type, known, "Check the spelling; a very new type may still be right.")
            yield finding("instance-unknown", Severity.WARNING, message, one.step, fix)
        else:
            plausible.append(one)
    names = {one.quota_name for one in plausible}
    yield from _check_quotas(target, plausible, [crowd for crowd in needs.crowds if crowd.what in names])


def _own_image(target: Target, use: Use, image: EcrImage) -> Iterator[AccountFinding]:
    where = ", ".join(use.steps)
    wanted = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag}
    try:
        with translated():
            target.client("ecr").describe_images(
                registryId=image.account, repositoryName=image.repository, imageIds=[wanted]
            )
    except CANNOT_ASK as error:
        code = error.code if isinstance(error, ServiceError) else ""
        if code == "RepositoryNotFoundException":
            message = f"There is no repository `{image.repository}` in ECR of {image.region}."
        elif code == "ImageNotFoundException":
            message = f"Repository `{image.repository}` has no image `{image.digest or image.tag}`."
        else:
            repository = f"arn:{target.partition}:ecr:{image.region}:{image.account}:repository/{image.repository}"
            policy = policy_json([Need(("ecr:DescribeImages",), (repository,))])
            yield unknown_because("image-unknown", f"Image `{use.what}` could not be looked at", error, where, policy)
            return
        yield finding("image-missing", Severity.ERROR, message, where, "Build and push it, or correct the name.")


def _check_quotas(target: Target, uses: list[InstanceUse], crowds: list[Crowd]) -> Iterator[AccountFinding]:
    wanted: dict[str, InstanceUse] = {}
    for one in uses:
        name = one.quota_name
        if name not in wanted or one.count > wanted[name].count:
            wanted[name] = one
    if not wanted:
        return
    try:
        quotas = _quotas(target, set(wanted))
    except CANNOT_ASK as error:
        policy = policy_json([Need((_QUOTA_ACTION,), ("*",))])
        yield unknown_because("quota-unknown", "Quotas could not be looked at", error, "account", policy)
        return
    for name, one in wanted.items():
        if name in quotas and quotas[name] < one.count:
            message = (
                f"Step `{one.step}` asks for {one.count} of {one.type}, and the quota `{name}` is {quotas[name]:g}."
            )
            fix = f"Ask for more (Service Quotas > Amazon SageMaker, {target.region}), or take another type."
            yield finding("quota-low", Severity.ERROR, message, one.step, fix)
    for crowd in crowds:
        yield from _crowded(crowd, quotas.get(crowd.what), wanted[crowd.what])
    left = [name for name in wanted if name not in quotas]
    if left:
        message = f"Service Quotas does not know {listed(left, most=6)}."
        yield finding("quota-unknown", Severity.NOTE, message, "account", "Check the spelling of the type.")


def _crowded(crowd: Crowd, quota: float | None, biggest: InstanceUse) -> Iterator[AccountFinding]:
    """Steps that fit one by one, and not together."""
    if quota is None or not biggest.count <= quota < crowd.count:
        return
    steps = listed(crowd.steps, most=6)
    message = (
        f"Steps {steps} may run at the same time and ask for {crowd.count} of {biggest.type} together; "
        f"the quota `{crowd.what}` is {quota:g}."
    )
    fix = (
        "What finds no room fails with ResourceLimitExceeded: run fewer at a time (`--parallelism N`), let them "
        "try again (`retry: limit`), or ask for more."
    )
    yield finding("quota-parallel", Severity.WARNING, message, ", ".join(crowd.steps[:MOST_INPUTS]), fix)


def _quotas(target: Target, names: set[str]) -> dict[str, float]:
    """The quotas of these names; there are thousands, so reading ends when all are found."""
    found: dict[str, float] = {}
    with translated():
        pages = target.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
        for page in pages:
            for quota in page.get("Quotas", ()):
                if quota.get("QuotaName") in names and "Value" in quota:
                    found[quota["QuotaName"]] = float(quota["Value"])
            if found.keys() == names:
                break
    return found


@cache
def _instance_types(quota: str) -> frozenset[str]:
    shape: Mapping[str, Any] = service("sagemaker")["shapes"].get(_SHAPES.get(quota, ""), {})
    return frozenset(shape.get("enum", ()))


@cache
def _aws_accounts() -> frozenset[str]:
    """The accounts that AWS's own images lie in."""
    versions = (version for versions in aliases().values() for version in versions.values())
    return frozenset(account for version in versions for account in version.accounts.values())


def _kind(one: InstanceUse) -> str:
    return one.quota.removesuffix(" usage")
