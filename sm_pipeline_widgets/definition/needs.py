"""What a definition needs of an account: roles and what they must be allowed, inputs, images, instances.

Pure. Reads any definition, whoever made it; values that are only known while it runs are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.code import CODE_PREFIX
from sm_pipeline_widgets.definition.document import IMAGE_MEMBERS
from sm_pipeline_widgets.definition.graph import iter_steps, own_part
from sm_pipeline_widgets.definition.need_actions import CALLER_EXECUTION, CALLER_PIPELINE, LOGS, step_actions
from sm_pipeline_widgets.definition.need_places import JOB_IN_VPC, USE_OF_KEY, Network, key_arn, network_of
from sm_pipeline_widgets.definition.need_values import beginning, known, known_values
from sm_pipeline_widgets.definition.parallel import Crowd, crowds
from sm_pipeline_widgets.definition.policies import SAGEMAKER, Need
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sm_pipeline_widgets.definition.findings import Path

CALLER = "caller"
"""Stands for whoever submits, where a role's ARN stands otherwise."""
_INPUTS = frozenset({"ProcessingInputs", "InputDataConfig", "TransformInput", "ModelDataSource"})
_OUTPUTS = frozenset({"ProcessingOutputConfig", "OutputDataConfig", "TransformOutput", "CheckpointConfig"})
_ROLES = frozenset({"RoleArn", "ExecutionRoleArn"})
_QUOTAS = {
    "Processing": "processing job usage",
    "QualityCheck": "processing job usage",
    "ClarifyCheck": "processing job usage",
    "Training": "training job usage",
    "Tuning": "training job usage",
    "Transform": "transform job usage",
    "EndpointConfig": "endpoint usage",
}
_SPOT = "spot training job usage"


@dataclass(frozen=True, slots=True)
class Account:
    """Where the definition will run."""

    account: str
    region: str
    partition: str
    bucket: str
    role: str
    pipeline: str

    def sagemaker(self, resource: str) -> str:
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Use:
    """Something that steps name: a URI, an image, a role."""

    what: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstanceUse:
    """Instances of one step. ``quota`` is what Service Quotas calls their kind."""

    step: str
    quota: str
    type: str
    count: int

    @property
    def quota_name(self) -> str:
        """The name of the quota that they count against."""
        return f"{self.type} for {self.quota}"


@dataclass(frozen=True, slots=True)
class NetworkUse:
    """A network of the account that steps' jobs are in."""

    network: Network
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a role (or the caller) must be allowed.

    ``is_firm`` is False where a resource's own policy may allow it as well, so that a refusal by the role's policies
    proves nothing.
    """

    who: str
    need: Need
    steps: tuple[str, ...] = ()
    is_firm: bool = True


@dataclass(frozen=True, slots=True)
class Needs:
    """Everything a definition needs."""

    roles: tuple[Use, ...]
    inputs: tuple[Use, ...]
    images: tuple[Use, ...]
    instances: tuple[InstanceUse, ...]
    grants: tuple[Grant, ...]
    crowds: tuple[Crowd, ...] = ()
    keys: tuple[Use, ...] = ()
    networks: tuple[NetworkUse, ...] = ()


def needs_of(
    definition: Mapping[str, Any], parameters: Mapping[str, object], at: Account, parallelism: int | None = None
) -> Needs:
    """What the definition needs when it runs there with these parameters (defaults for what is not named).

    `parallelism` is the most steps that run at the same time; None where nothing limits them.
    """
    values = known_values(definition, parameters, at.pipeline)
    seen = _Seen()
    for placed in iter_steps(definition):
        part = own_part(placed.step)
        found = _StepUse(placed.name, placed.type)
        _walk(part, (), values, found)
        found.instances = [replace(one, count=one.count * found.jobs) for one in found.instances]
        seen.add(found, part, values, at)
    seen.grants[:0] = list(_callers(at))
    made = [prefix for use in seen.steps for prefix in use.outputs]
    return Needs(
        roles=_uses([(at.role, "")] + [(role, use.name) for use in seen.steps for role in use.roles]),
        inputs=_uses(
            (uri, use.name)
            for use in seen.steps
            for uri in use.inputs
            if not _is_made(uri, made) and f"/{CODE_PREFIX}/" not in uri
        ),
        images=_uses((image, use.name) for use in seen.steps for image in use.images),
        instances=(instances := tuple(one for use in seen.steps for one in use.instances)),
        grants=_merged(seen.grants),
        crowds=crowds(definition, [(one.quota_name, one.step, one.count) for one in instances], parallelism),
        keys=_uses((key, use.name) for use in seen.steps for key in use.keys),
        networks=_networks(seen.steps),
    )


def _networks(steps: Iterable[_StepUse]) -> tuple[NetworkUse, ...]:
    found: dict[Network, list[str]] = {}
    for use in steps:
        for network in dict.fromkeys(use.networks):
            found.setdefault(network, []).append(use.name)
    return tuple(NetworkUse(network, tuple(names)) for network, names in found.items())


@dataclass(slots=True)
class _StepUse:
    """What a walk over one step sees."""

    name: str
    type: str
    roles: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    instances: list[InstanceUse] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    is_spot: bool = False
    jobs: int = 1


@dataclass(slots=True)
class _Seen:
    steps: list[_StepUse] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)

    def add(self, use: _StepUse, part: Mapping[str, Any], values: Mapping[str, str], at: Account) -> None:
        self.steps.append(use)
        steps = (use.name,)
        for actions, resources, is_firm in step_actions(use.type, part, at):
            there = tuple(one for one in (known(resource, values) for resource in resources) if one)
            if there:
                self.grants.append(Grant(at.role, Need(actions, there), steps, is_firm))
        for role in dict.fromkeys(use.roles):
            self.grants.append(Grant(at.role, Need(("iam:PassRole",), (role,), SAGEMAKER), steps))
            self.grants += _of_a_job(role, use, at)


def _of_a_job(role: str, use: _StepUse, at: Account) -> Iterator[Grant]:
    """What the role of a step's job needs: its data, its image, its log."""
    steps = (use.name,)
    for uri in dict.fromkeys(use.inputs):
        yield Grant(role, Need(("s3:GetObject",), (_objects(uri, at),)), steps, is_firm=False)
        yield Grant(role, Need(("s3:ListBucket",), (_bucket(uri, at),)), steps, is_firm=False)
    for uri in dict.fromkeys(use.outputs):
        yield Grant(role, Need(("s3:PutObject",), (_objects(uri, at),)), steps, is_firm=False)
    for image in dict.fromkeys(use.images):
        found = ecr_image(image)
        if found is not None and found.account == at.account:
            repository = f"arn:{at.partition}:ecr:{found.region}:{found.account}:repository/{found.repository}"
            pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
            yield Grant(role, Need(pull, (repository,)), steps, is_firm=False)
            yield Grant(role, Need(("ecr:GetAuthorizationToken",), ("*",)), steps)
    keys = tuple(filter(None, (key_arn(key, at) for key in dict.fromkeys(use.keys))))
    if keys:  # the key's own policy has the last word
        yield Grant(role, Need(USE_OF_KEY, keys), steps, is_firm=False)
    if use.networks:
        yield Grant(role, Need(JOB_IN_VPC, ("*",)), steps)
    if use.type in _QUOTAS and use.type != "EndpointConfig":
        group = f"arn:{at.partition}:logs:{at.region}:{at.account}:log-group:/aws/sagemaker/*"
        actions = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        yield Grant(role, Need(actions, (group,)), steps, is_firm=False)


def _callers(at: Account) -> Iterator[Grant]:
    """What whoever submits and watches needs."""
    name = at.pipeline.lower()
    yield Grant(CALLER, Need(CALLER_PIPELINE, (at.sagemaker(f"pipeline/{name}"),)))
    yield Grant(CALLER, Need(CALLER_EXECUTION, (at.sagemaker(f"pipeline/{name}/execution/*"),)))
    yield Grant(CALLER, Need(("iam:PassRole",), (at.role,), SAGEMAKER))
    objects = f"arn:{at.partition}:s3:::{at.bucket}/sm-pipeline-widgets/*"
    yield Grant(CALLER, Need(("s3:GetObject", "s3:PutObject"), (objects,)), is_firm=False)
    yield Grant(CALLER, Need(("s3:ListBucket",), (f"arn:{at.partition}:s3:::{at.bucket}",)), is_firm=False)
    group = f"arn:{at.partition}:logs:{at.region}:{at.account}:log-group:/aws/sagemaker/*"
    yield Grant(CALLER, Need(LOGS, (group,)), is_firm=False)


# -- images ---------------------------------------------------------------------------------------------------------

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[\w-]+)\.[\w.-]+?/(?P<repository>[\w./-]+?)"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[\w.-]{1,128}))?"
)


@dataclass(frozen=True, slots=True)
class EcrImage:
    """The parts of an image's name in ECR; a name without tag and digest means ``latest``."""

    account: str
    region: str
    repository: str
    tag: str
    digest: str


def ecr_image(uri: str) -> EcrImage | None:
    """The parts of an image's name; None when it is not in ECR."""
    found = _ECR.fullmatch(uri)
    if found is None:
        return None
    digest = found["digest"] or ""
    return EcrImage(
        found["account"], found["region"], found["repository"], found["tag"] or ("" if digest else "latest"), digest
    )


# -- what a step names ----------------------------------------------------------------------------------------------


def _walk(value: Any, path: Path, values: Mapping[str, str], found: _StepUse) -> None:
    if isinstance(value, list):
        for at, inner in enumerate(value):
            _walk(inner, (*path, at), values, found)
        return
    if not isinstance(value, dict):
        return
    _instances(value, values, found)
    for key, inner in value.items():
        _member(str(key), inner, path, values, found)
        _walk(inner, (*path, str(key)), values, found)


def _member(key: str, value: Any, path: Path, values: Mapping[str, str], found: _StepUse) -> None:
    text, is_whole = beginning(value, values)
    if key in _ROLES and is_whole and text.startswith("arn:"):
        found.roles.append(text)
    elif key in IMAGE_MEMBERS and is_whole and text:
        found.images.append(text)
    elif key.endswith("KmsKeyId") and is_whole and text:
        found.keys.append(text)
    elif key == "MaxParallelTrainingJobs" and text.isdecimal():
        found.jobs = max(1, int(text))
    elif key == "VpcConfig" and (network := network_of(value, values)) is not None:
        found.networks.append(network)
    elif text.startswith("s3://"):
        if _OUTPUTS.intersection(map(str, path)):
            found.outputs.append(text)
        elif is_whole and (key == "ModelDataUrl" or _INPUTS.intersection(map(str, path))):
            found.inputs.append(text)


def _instances(value: Mapping[str, Any], values: Mapping[str, str], found: _StepUse) -> None:
    quota = _QUOTAS.get(found.type)
    if quota is not None and value.get("EnableManagedSpotTraining") is True:
        found.is_spot = True
    kind = known(value.get("InstanceType"), values)
    if quota is None or not kind:
        return
    count = known(value.get("InstanceCount", value.get("InitialInstanceCount", 1)), values)
    number = int(count) if count and count.isdecimal() else 1
    found.instances.append(InstanceUse(found.name, _SPOT if found.is_spot else quota, kind, number))


def _is_made(uri: str, made: list[str]) -> bool:
    """Whether a step of the pipeline writes there."""
    return any(uri.startswith(prefix) for prefix in made)


def _bucket(uri: str, at: Account) -> str:
    return f"arn:{at.partition}:s3:::{uri.removeprefix('s3://').partition('/')[0]}"


def _objects(uri: str, at: Account) -> str:
    bucket, key = bucket_and_key(uri)
    return f"arn:{at.partition}:s3:::{bucket}/{key}*"


def _uses(pairs: Iterable[tuple[str, str]]) -> tuple[Use, ...]:
    found: dict[str, list[str]] = {}
    for what, step in pairs:
        steps = found.setdefault(what, [])
        if step and step not in steps:
            steps.append(step)
    return tuple(Use(what, tuple(steps)) for what, steps in found.items())


def _merged(grants: list[Grant]) -> tuple[Grant, ...]:
    """As few grants as say the same: each costs a request to look at.

    First those on the same resources become one, then those of the same actions.
    """
    by_resources: dict[tuple[str, str, bool, tuple[str, ...]], Grant] = {}
    for grant in grants:
        key = (grant.who, grant.need.passes_to, grant.is_firm, grant.need.resources)
        by_resources[key] = _both(by_resources.get(key), grant)
    by_actions: dict[tuple[str, str, bool, tuple[str, ...]], Grant] = {}
    for grant in by_resources.values():
        actions = tuple(sorted(grant.need.actions))
        same = (grant.who, grant.need.passes_to, grant.is_firm, actions)
        by_actions[same] = _both(by_actions.get(same), grant)
    return tuple(by_actions.values())


def _both(one: Grant | None, other: Grant) -> Grant:
    """Two grants of the same role as one, where it says no more than both."""
    if one is None:
        return other
    need = Need(
        tuple(dict.fromkeys((*one.need.actions, *other.need.actions))),
        tuple(dict.fromkeys((*one.need.resources, *other.need.resources))),
        one.need.passes_to,
    )
    return Grant(one.who, need, tuple(dict.fromkeys((*one.steps, *other.steps))), one.is_firm)
