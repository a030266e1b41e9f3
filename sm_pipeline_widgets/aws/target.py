"""Where pipelines run: a session, its clients, and the names a definition takes from there.

A target is either AWS or the engine on this machine; nothing above it can tell which, and nothing should ask
(``is_local`` is there for words and for the pace of polling).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore.exceptions import BotoCoreError

from sm_pipeline_widgets.aws.bucket import BucketState, bucket_state, create_bucket
from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.aws.identity import Identity, who_calls
from sm_pipeline_widgets.aws.readonly import keep_read_only
from sm_pipeline_widgets.aws.session import AWS_CONFIG, Following, TargetSession, isolated_session
from sm_pipeline_widgets.aws.studio import StudioPlace, studio_role
from sm_pipeline_widgets.definition.facts import TargetFacts
from sm_pipeline_widgets.errors import PipelineWidgetsError, ServiceError, TargetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts import STSClient

ENGINE_WORDS = "engine on this machine"
LOCAL_ROLE = "arn:aws:iam::{account}:role/sm-pipeline-widgets-local"


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """What a person said when choosing an AWS target; None is left to the environment.

    ``name`` is what the target is called: ``aws`` for the usual chain of credentials, else a profile's name.
    """

    name: str = "aws"
    profile: str | None = None
    region: str | None = None
    role: str | None = None
    bucket: str | None = None
    endpoint_url: str | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class FoundRole:
    """The role that pipelines act as, and how it was found, as in ``role … (given)``."""

    arn: str
    words: str


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
    settings
        What it was made of, so that one of them can be changed.
    studio
        The part of SageMaker that the notebook runs in, whose role is the default one.
    is_up
        Whether somebody is there to be asked, without anything being started for it.
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
        settings: TargetSettings | None = None,
        studio: StudioPlace | None = None,
        is_up: Callable[[], bool] = lambda: True,
    ) -> None:
        self.is_up = is_up
        self.name = name
        self.session = session
        self.is_local = is_local
        self.settings = settings or TargetSettings(name, role=role, bucket=bucket)
        self._studio = studio
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
    def is_read_only(self) -> bool:
        return self.settings.read_only

    @cached_property
    def identity(self) -> Identity:
        """Who the caller is.

        Raises
        ------
        TargetError, ServiceError
            There are no credentials, or they are not accepted.
        """
        return who_calls(self.sts)

    @property
    def account(self) -> str:
        return self._account or self.identity.account

    @property
    def partition(self) -> str:
        """The second part of every ARN in the target's region."""
        try:
            return str(self.session.get_partition_for_region(self.region))
        except BotoCoreError:  # a region that this botocore does not know yet
            return "aws"

    @property
    def role(self) -> str:
        """The ARN of the role that pipelines and their jobs act as.

        Raises
        ------
        TargetError
            None was given, SageMaker names none for this notebook, and the caller does not act as one.
        """
        return self.found_role.arn

    @cached_property
    def found_role(self) -> FoundRole:
        """The role, and how it was found; raises as :attr:`role` does."""
        given = self._role
        if given is not None:
            arn = given if given.startswith("arn:") else f"arn:{self.partition}:iam::{self.account}:role/{given}"
            return FoundRole(arn.replace(":role//", ":role/"), "given")
        studio = studio_role(self._studio, self.sagemaker) if self._studio is not None else ""
        if studio and self._studio is not None:
            return FoundRole(studio, self._studio.words)
        if not self.identity.role_name:
            raise TargetError(
                f"Target `{self.name}` has no role for pipelines to act as (you are {self.identity.words}).",
                "Give the target one with `--role ARN`: a role that sagemaker.amazonaws.com may assume.",
            )
        return FoundRole(self.caller_role_arn, "the one you act as")

    @cached_property
    def caller_role_arn(self) -> str:
        """The ARN of the role the caller acts as, its path included where IAM tells; empty for a user.

        An assumed role's ARN leaves the path out; only IAM knows it.
        """
        plain = self.identity.role_arn
        if not plain:
            return ""
        try:
            with translated():
                return str(self.client("iam").get_role(RoleName=self.identity.role_name)["Role"]["Arn"])
        except ServiceError:  # most roles may not look at themselves, and most have no path
            return plain

    @property
    def words(self) -> str:
        """Where this is and who asks, for the head of a view: never raises, what is not known is left out."""
        if self.is_local:
            return ENGINE_WORDS
        parts = [self.name, self.session.region_name or "no region"]
        try:
            parts += [f"account {self.account}", self.identity.words]
        except PipelineWidgetsError:
            parts.append("not signed in")
        role = self.__dict__.get("found_role")  # asked for already, or not worth a call here
        if role is not None:
            parts.append(f"runs as {role.arn.rpartition('/')[2]}")
        return " · ".join([*parts, *(["read-only"] if self.is_read_only else [])])

    @property
    def name_and_place(self) -> str:
        """``prod (eu-west-1, account 123456789012)``, for a question."""
        return f"{self.name} ({self.region}, account {self.account})"

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells one target from another: account, region and endpoint. Two of one place show the same things."""
        try:
            account = self.account
        except PipelineWidgetsError:  # whose sign-in has ended; a notebook must still be able to leave it
            account = ""
        return (account, self.session.region_name or "", self.session.endpoint_url or "")

    @property
    def bucket(self) -> str:
        """The bucket for code, inputs and outputs."""
        return self._bucket or f"sagemaker-{self.region}-{self.account}"

    @property
    def bucket_state(self) -> BucketState:
        """Whether the bucket is there and this account's own; asked every time."""
        return bucket_state(self.s3, self.bucket, self.account)

    @property
    def facts(self) -> TargetFacts:
        """The names a definition takes from this target."""
        return TargetFacts(
            region=self.region, account=self.account, role=self.role, bucket=self.bucket, is_local=self.is_local
        )

    def ensure_bucket(self, *, create: bool = True) -> str:
        """The bucket's name, after making sure that it exists and is this account's own.

        Parameters
        ----------
        create
            Make it where it is missing. The engine on this machine makes its own in any case.

        Raises
        ------
        TargetError
            A bucket of this name belongs to somebody else or may not be looked at; or it is missing and may not be
            made.
        """
        name, state = self.bucket, self.bucket_state
        if state is BucketState.REFUSED:
            raise TargetError(
                f"Bucket `{name}` belongs to another account, or you may not use it.",
                "Choose another one: `%pipeline target … --bucket NAME`.",
            )
        if state is BucketState.MISSING:
            if not create and not self.is_local:
                fix = "Say yes to making it (`--yes`), or choose another one: `%pipeline target … --bucket NAME`."
                raise TargetError(f"There is no bucket `{name}` yet.", fix)
            create_bucket(self.s3, name, self.region)
        return name

    def client(self, service: str) -> Any:
        """A client of any other service.

        Raises
        ------
        TargetError
            boto3 cannot make one.
        """
        return self._client(service)

    def wake(self) -> None:
        """A person wants something of it: see that it is there.

        Raises
        ------
        EngineError
            The engine on this machine does not start.
        """
        self.session.wake()

    def _client(self, service: str) -> Any:
        with translated():
            return self.session.client(service)


def engine_target(
    endpoint: Endpoint,
    ensure: Callable[[], Endpoint],
    revive: Callable[[], Endpoint] | None = None,
    *,
    is_up: Callable[[], bool] = lambda: True,
) -> Target:
    """The engine on this machine.

    Parameters
    ----------
    endpoint
        Where the engine is now.
    ensure
        Called before every request (it must be cheap when the engine lives): starts the engine again if it has
        ended, and says where it is.
    revive
        The same for those who only watch, again and again; it may refuse to start one that a person has ended.
    is_up
        Whether the engine runs now.
    """
    look = revive or ensure
    following = Following(lambda: ensure().url, lambda: look().url)
    session = isolated_session(endpoint.url, endpoint.access_key, endpoint.secret_key, endpoint.region, following)
    return Target(
        "local",
        session,
        role=LOCAL_ROLE.format(account=endpoint.account),
        account=endpoint.account,
        is_local=True,
        is_up=is_up,
    )


def aws_target(
    profile: str | None = None,
    region: str | None = None,
    role: str | None = None,
    bucket: str | None = None,
    endpoint_url: str | None = None,
    *,
    read_only: bool = False,
    studio: StudioPlace | None = None,
) -> Target:
    """AWS, by the usual chain of credentials or a profile's name; no call is made yet.

    Parameters
    ----------
    read_only
        Refuse, in words, everything that would write, start, stop or delete.
    studio
        The part of SageMaker the notebook runs in: its role and region are the default ones.

    Raises
    ------
    TargetError
        There is no such profile, no credentials or no region.
    """
    settings = TargetSettings(profile or "aws", profile, region, role, bucket, endpoint_url, read_only)
    options: dict[str, Any] = {"endpoint_url": endpoint_url, "config": AWS_CONFIG, "profile_name": profile}
    with translated():
        session = TargetSession(**options, region_name=region)
        # boto3 does not read AWS_REGION
        further = os.environ.get("AWS_REGION") or (studio.region if studio is not None else "")
        if session.region_name is None and further:
            session = TargetSession(**options, region_name=further)
        credentials = session.get_credentials()
    target = Target(settings.name, session, role=role, bucket=bucket, settings=settings, studio=studio)
    if credentials is None:
        raise TargetError(
            f"There are no AWS credentials for target `{target.name}`.",
            "Name a profile (`%pipeline target PROFILE`), run `aws configure`, or use `%pipeline target local`.",
        )
    _ = target.region  # says at once that none is set
    if read_only:
        keep_read_only(session, target.name)
    return target
