"""Where pipelines run: a session, its clients, and the names a definition takes from there.

A target is either AWS or the engine on this machine; nothing above it can tell which, and nothing should ask
(``is_local`` is there for words and for the pace of polling).
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from sm_pipeline_widgets.aws.errors import DENIED, translated
from sm_pipeline_widgets.aws.session import AWS_CONFIG, TargetSession, follow_endpoint, isolated_session
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.errors import ServiceError, TargetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts import STSClient

LOCAL_ROLE = "arn:aws:iam::{account}:role/sm-pipeline-widgets-local"
_ASSUMED = re.compile(r"arn:(?P<partition>aws[\w-]*):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/")


class Endpoint(Protocol):
    """What is needed of the engine: where it listens and the key it accepts."""

    @property
    def url(self) -> str: ...
    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...


class Target:
    """A place where pipelines run.

    Parameters
    ----------
    name
        What people call it: ``local``, ``aws`` or a profile's name.
    session
        Every client is made from it.
    role, bucket, account
        Found out on first use where None; an AWS bucket is the SageMaker SDK's default one.
    """

    def __init__(
        self,
        name: str,
        session: TargetSession,
        *,
        role: str | None = None,
        bucket: str | None = None,
        account: str | None = None,
        is_local: bool = False,
    ) -> None:
        self.name = name
        self.session = session
        self.is_local = is_local
        self._role = role
        self._bucket = bucket
        self._account = account

    def __repr__(self) -> str:
        return f"Target({self.name!r}, region={self.session.region_name!r})"

    @cached_property
    def sagemaker(self) -> SageMakerClient:
        return cast("SageMakerClient", self._client("sagemaker"))

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        return cast("CloudWatchLogsClient", self._client("logs"))

    @cached_property
    def s3(self) -> S3Client:
        return cast("S3Client", self._client("s3"))

    @cached_property
    def sts(self) -> STSClient:
        return cast("STSClient", self._client("sts"))

    @property
    def region(self) -> str:
        """The region's name.

        Raises
        ------
        TargetError
            None is set anywhere.
        """
        region = self.session.region_name
        if not region:
            raise TargetError(
                f"No AWS region is set for target `{self.name}`.",
                "Add `--region us-east-1` (or yours), or set AWS_DEFAULT_REGION.",
            )
        return str(region)

    @property
    def account(self) -> str:
        return self._account or self._identity["Account"]

    @cached_property
    def role(self) -> str:
        """The ARN of the role that pipelines and their jobs act as.

        Raises
        ------
        TargetError
            None was given and the caller does not act as a role.
        """
        given = self._role
        if given is not None:
            return given if given.startswith("arn:") else f"arn:aws:iam::{self.account}:role/{given.lstrip('/')}"
        acting = _ASSUMED.match(self._identity["Arn"])
        if acting is None:
            raise TargetError(
                f"Target `{self.name}` has no role for pipelines to act as (you are {self._identity['Arn']}).",
                "Add `--role ARN`: a role that sagemaker.amazonaws.com may assume.",
            )
        return self._whole_arn(acting)

    @property
    def bucket(self) -> str:
        """The bucket for code, inputs and outputs."""
        return self._bucket or f"sagemaker-{self.region}-{self.account}"

    @property
    def facts(self) -> TargetFacts:
        """The names a definition takes from this target."""
        return TargetFacts(
            region=self.region, account=self.account, role=self.role, bucket=self.bucket, is_local=self.is_local
        )

    def ensure_bucket(self) -> str:
        """The bucket's name, after making sure that it exists and is this account's own.

        Raises
        ------
        TargetError
            A bucket of this name belongs to somebody else, or may not be looked at.
        """
        name = self.bucket
        try:
            with translated():
                self.s3.head_bucket(Bucket=name, ExpectedBucketOwner=self.account)
        except ServiceError as error:
            if error.code in DENIED:
                raise TargetError(
                    f"Bucket `{name}` belongs to another account, or may not be used: {error.message}",
                    "Choose another one: `%pipeline target … --bucket NAME`.",
                ) from error
            if error.code not in {"404", "NoSuchBucket", "NotFound"}:
                raise
            self._create_bucket(name)
        return name

    def _create_bucket(self, name: str) -> None:
        options: dict[str, Any] = {"Bucket": name}
        if self.region != "us-east-1":  # where naming the region is refused
            options["CreateBucketConfiguration"] = {"LocationConstraint": self.region}
        with translated():
            self.s3.create_bucket(**options)

    @cached_property
    def _identity(self) -> dict[str, str]:
        with translated():
            answer = self.sts.get_caller_identity()
        return {"Account": answer["Account"], "Arn": answer["Arn"]}

    def _whole_arn(self, acting: re.Match[str]) -> str:
        """An assumed role's ARN leaves the role's path out; only IAM knows it."""
        plain = f"arn:{acting['partition']}:iam::{acting['account']}:role/{acting['role']}"
        try:
            with translated():
                return str(self._client("iam").get_role(RoleName=acting["role"])["Role"]["Arn"])
        except ServiceError:  # most roles may not look at themselves, and most have no path
            return plain

    def _client(self, service: str) -> Any:
        with translated():
            return self.session.client(service)


def engine_target(endpoint: Endpoint, revive: Callable[[], Endpoint]) -> Target:
    """The engine on this machine.

    Parameters
    ----------
    endpoint
        Where the engine is now.
    revive
        Called before every request (it must be cheap when the engine lives): starts the engine again if it has
        ended, and says where it is.
    """
    session = isolated_session(endpoint.url, endpoint.access_key, endpoint.secret_key, endpoint.region)
    follow_endpoint(session, lambda: revive().url)
    return Target(
        "local",
        session,
        role=LOCAL_ROLE.format(account=endpoint.account),
        account=endpoint.account,
        is_local=True,
    )


def aws_target(
    profile: str | None = None,
    region: str | None = None,
    role: str | None = None,
    bucket: str | None = None,
    endpoint_url: str | None = None,
) -> Target:
    """AWS, by the usual chain of credentials or a profile's name; no call is made yet.

    Raises
    ------
    TargetError
        There is no such profile, no credentials or no region.
    """
    options: dict[str, Any] = {"endpoint_url": endpoint_url, "config": AWS_CONFIG, "profile_name": profile}
    with translated():
        session = TargetSession(**options, region_name=region)
        if session.region_name is None and os.environ.get("AWS_REGION"):  # which boto3 does not read
            session = TargetSession(**options, region_name=os.environ["AWS_REGION"])
        credentials = session.get_credentials()
    target = Target(profile or "aws", session, role=role, bucket=bucket)
    if credentials is None:
        raise TargetError(
            f"There are no AWS credentials for target `{target.name}`.",
            "Name a profile (`%pipeline target PROFILE`), run `aws configure`, or use `%pipeline target local`.",
        )
    _ = target.region  # says at once that none is set
    return target
