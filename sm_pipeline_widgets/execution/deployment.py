"""Plans of what is done to an endpoint: shown before, then performed act by act.

A plan is made of what is there now and of what is wanted; it asks nobody. Every configuration that is made for an
endpoint carries its name and a moment, so that the one before it can be found again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.endpoints import Variant, shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sm_pipeline_widgets.execution.endpoints import Configuration, Endpoint
    from sm_pipeline_widgets.execution.registry import Version

LONGEST_NAME = 63
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_MODEL_TAIL = re.compile(r"v\d+-[0-9a-f]{8}$")


@dataclass(frozen=True, slots=True)
class MakeModel:
    """Make a model of a model package."""

    name: str
    package: str

    def __str__(self) -> str:
        return f"create model `{self.name}` of {self.package}"


@dataclass(frozen=True, slots=True)
class MakeConfiguration:
    """Make an endpoint configuration; all other settings (data capture, keys, networks) are those of ``like``."""

    name: str
    variants: tuple[Variant, ...]
    like: str = ""

    def __str__(self) -> str:
        parts = shares([one.weight for one in self.variants])
        told = ", ".join(
            f"{one.name}: {one.version} on {one.machines}, {part:.3g} % of the requests"
            for one, part in zip(self.variants, parts, strict=True)
        )
        others = f"; other settings as in `{self.like}`" if self.like else ""
        return f"create endpoint configuration `{self.name}` ({told}{others})"


@dataclass(frozen=True, slots=True)
class MakeEndpoint:
    """Make an endpoint."""

    name: str
    config: str

    def __str__(self) -> str:
        return f"create endpoint `{self.name}`"


@dataclass(frozen=True, slots=True)
class ChangeEndpoint:
    """Let an endpoint go over to another configuration; the old one answers until the new one does."""

    name: str
    config: str
    before: str

    def __str__(self) -> str:
        return f"change endpoint `{self.name}` from configuration `{self.before}` to `{self.config}`"


@dataclass(frozen=True, slots=True)
class SetWeights:
    """Share the requests out anew among the variants that are there."""

    endpoint: str
    weights: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        parts = shares([weight for _, weight in self.weights])
        told = ", ".join(f"{name} {part:.3g} %" for (name, _), part in zip(self.weights, parts, strict=True))
        return f"change the traffic of endpoint `{self.endpoint}`: {told}"


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete something; ``kind`` is ``endpoint``, ``endpoint configuration`` or ``model``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"delete {self.kind} `{self.name}`"


Act = MakeModel | MakeConfiguration | MakeEndpoint | ChangeEndpoint | SetWeights | Remove


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done to an endpoint, in order.

    Parameters
    ----------
    title
        What it is for, in one line, as a question can be made of it.
    cost
        What it costs, in words.
    notes
        What has to be known beside it.
    """

    endpoint: str
    title: str
    acts: tuple[Act, ...]
    cost: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"  {number}. {act}" for number, act in enumerate(self.acts, start=1)]
        return "\n".join([*lines, f"Cost: {self.cost}", *self.notes])


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a version should be served.

    Parameters
    ----------
    traffic
        Percent of the requests that the version gets beside what the endpoint serves already; None: all of them, in
        the place of what was there.
    stamp
        Tells this configuration's name from all others': the moment, as ``20261122180500``.
    """

    version: Version
    endpoint: str
    stamp: str
    instance: str = "ml.m5.large"
    count: int = 1
    traffic: float | None = None
    is_local: bool = False


def plan_deploy(wanted: Wanted, now: Endpoint | None, models: Iterable[str] = ()) -> Plan:
    """Serve a version: by a new endpoint, in the place of what one serves, or beside it.

    Parameters
    ----------
    now
        The endpoint as it stands; None where there is none.
    models
        Names of models that are there already.

    Raises
    ------
    UsageError
        A name, a count or a share is none; the endpoint is busy, or is not there to share its requests.
    """
    _check(wanted, now)
    model = model_name(wanted.endpoint, wanted.version)
    kept = tuple(now.variants) if now is not None and wanted.traffic is not None else ()
    name = _variant_name(wanted.version, kept)
    new = Variant(name, model, wanted.version.arn, 1.0, wanted.instance, wanted.count)
    variants = _shared(kept, new, wanted.traffic)
    config = config_name(wanted.endpoint, wanted.stamp)
    made = MakeConfiguration(config, variants, now.config if now is not None else "")
    makes = [] if model in set(models) else [MakeModel(model, wanted.version.arn)]
    last = MakeEndpoint(wanted.endpoint, config) if now is None else ChangeEndpoint(now.name, config, now.config)
    place = "a new endpoint" if now is None else "endpoint"
    beside = f" beside {', '.join(one.version for one in kept)}" if kept else ""
    title = f"Deploy {wanted.version.name} to {place} `{wanted.endpoint}`{beside}"
    cost = serving_cost(variants, is_local=wanted.is_local, is_change=now is not None)
    return Plan(wanted.endpoint, title, (*makes, made, last), cost)


def plan_shift(now: Endpoint, weights: Mapping[str, float], *, is_local: bool) -> Plan:
    """Share an endpoint's requests out anew; a variant that is not named keeps its weight.

    Raises
    ------
    UsageError
        It has no such variant, is busy, or nobody would be asked any more.
    """
    known = {one.name: one.weight for one in now.variants}
    for name, weight in weights.items():
        if name not in known:
            raise UsageError(f"Endpoint `{now.name}` has no variant `{name}`.", f"It has {', '.join(known) or 'none'}.")
        if weight < 0:
            raise UsageError(f"A share of {weight:g} is none.", "Give a number from 0 on, such as `v2=90 v3=10`.")
    _require_settled(now)
    whole = {**known, **weights}
    if not any(whole.values()):
        raise UsageError("Nobody would be asked any more.", "Give one variant a share above 0; `undeploy` ends it all.")
    machines = serving_cost(now.variants, is_local=is_local, is_change=False)
    cost = machines if is_local else f"no more than now: {machines}"
    act = SetWeights(now.name, tuple(whole.items()))
    return Plan(now.name, f"Shift the traffic of endpoint `{now.name}`", (act,), cost)


def plan_back(now: Endpoint, configurations: Iterable[Configuration], *, is_local: bool) -> Plan:
    """Let an endpoint go back to the configuration it had before.

    Parameters
    ----------
    configurations
        Those that were made for this endpoint, in any order.

    Raises
    ------
    UsageError
        There is none before, or the endpoint is busy.
    """
    _require_settled(now)
    dated = sorted((one for one in configurations if one.created), key=lambda one: (one.created, one.name))
    at = next((number for number, one in enumerate(dated) if one.name == now.config), None)
    if not at:
        fix = "Deploy the version you want again: `%pipeline deploy GROUP/N --endpoint NAME`."
        raise UsageError(f"Endpoint `{now.name}` has no configuration before `{now.config}` to go back to.", fix)
    return back_to(now, dated[at - 1], is_local=is_local)


def back_to(now: Endpoint, before: Configuration, *, is_local: bool) -> Plan:
    """Let an endpoint go over to a configuration that is there.

    Raises
    ------
    UsageError
        The endpoint is busy, or has that configuration already.
    """
    _require_settled(now)
    if before.name == now.config:
        raise UsageError(f"Endpoint `{now.name}` has configuration `{before.name}` already.", "Name another one.")
    versions = ", ".join(one.version for one in before.variants)
    return Plan(
        now.name,
        f"Roll endpoint `{now.name}` back to {versions}",
        (ChangeEndpoint(now.name, before.name, now.config),),
        serving_cost(before.variants, is_local=is_local, is_change=True),
    )


def plan_removal(now: Endpoint, own: Sequence[Configuration], *, is_local: bool) -> Plan:
    """Delete an endpoint, and of what belongs to it everything that was made for it alone (``own``)."""
    configs = tuple(Remove("endpoint configuration", one.name) for one in own)
    models = dict.fromkeys(variant.model for one in own for variant in one.variants if _is_made_for(now.name, variant))
    left = [] if any(one.name == now.config for one in own) else [f"configuration `{now.config}`"]
    left += [f"model `{one.model}`" for one in now.variants if one.model and one.model not in models]
    notes = (f"Kept, since it was not made by `deploy` for this endpoint: {', '.join(left)}.",) if left else ()
    machines = ", ".join(one.machines for one in now.variants)
    cost = "nothing" if is_local else f"nothing; it ends what {machines or 'it'} costs by the hour"
    acts = (Remove("endpoint", now.name), *configs, *(Remove("model", name) for name in models))
    return Plan(now.name, f"Delete endpoint `{now.name}`", acts, f"{cost}. It stops answering at once.", notes)


def is_config_of(endpoint: str, config: str) -> bool:
    """Whether a configuration's name says that it was made for this endpoint."""
    stem = re.escape(config_name(endpoint, "0" * 14)[:-14])
    return re.fullmatch(rf"{stem}\d{{14}}", config) is not None


def config_name(endpoint: str, stamp: str) -> str:
    """``diabetes-20261122180500``."""
    return _joined(endpoint, stamp)


def model_name(endpoint: str, version: Version) -> str:
    """A model's name: of one endpoint and one version, the same whenever it is asked for."""
    seed = f"{version.arn} {version.created.isoformat() if version.created else ''}"
    tail = f"v{version.number}-{hashlib.sha256(seed.encode()).hexdigest()[:8]}"
    return _joined(endpoint, tail)


def serving_cost(variants: Sequence[Variant], *, is_local: bool, is_change: bool) -> str:
    """What it costs to serve these variants, in words: prices are AWS's and change, who pays and how long does not."""
    if is_local:
        return "nothing: it is served by processes of this machine"
    machines = ", ".join(one.machines for one in variants)
    meanwhile = " While it changes, old and new instances are billed side by side." if is_change else ""
    return (
        f"AWS bills {machines} per instance-hour from now until the endpoint is deleted, asked or not "
        f"(`undeploy` ends it).{meanwhile}"
    )


def _shared(kept: tuple[Variant, ...], new: Variant, traffic: float | None) -> tuple[Variant, ...]:
    """The variants with weights that are percents: the new one's share, the others' as they were among themselves."""
    if not kept or traffic is None:
        return (new,)
    before = shares([one.weight for one in kept])
    rest = [replace(one, weight=round(part * (100 - traffic) / 100, 6)) for one, part in zip(kept, before, strict=True)]
    return (*rest, replace(new, weight=traffic))


def _variant_name(version: Version, kept: Sequence[Variant]) -> str:
    taken = {one.name for one in kept}
    plain = f"v{version.number}"
    return plain if plain not in taken else _joined(version.group, plain)


def _check(wanted: Wanted, now: Endpoint | None) -> None:
    if not _NAME.fullmatch(wanted.endpoint):
        fix = "Give one with `--endpoint NAME`: letters, digits and hyphens between them, at most 63."
        raise UsageError(f"`{wanted.endpoint}` is no name for an endpoint.", fix)
    if wanted.count < 1:
        raise UsageError(f"{wanted.count} instances serve nothing.", "Give `--count` a number from 1 on.")
    if wanted.traffic is not None and not 0 <= wanted.traffic < 100:
        fix = "Give a share from 0 to below 100 (`--traffic 10`); without it the version gets all requests."
        raise UsageError(f"{wanted.traffic:g} % is no share beside another version.", fix)
    if wanted.traffic is not None and now is None:
        fix = "Leave `--traffic` out: the first version gets all requests."
        raise UsageError(f"There is no endpoint `{wanted.endpoint}` to share the requests of.", fix)
    if now is not None:
        _require_settled(now)
    if now is not None and wanted.traffic is not None and wanted.version.arn in {one.package for one in now.variants}:
        fix = f"Shift its traffic: `%pipeline endpoint {now.name} --traffic VARIANT=PERCENT`."
        raise UsageError(f"Endpoint `{now.name}` serves {wanted.version.name} already.", fix)


def _require_settled(now: Endpoint) -> None:
    if now.status != "InService":
        fix = (
            f"Wait until it is InService (`%pipeline endpoint {now.name} --wait`), or delete it (`%pipeline undeploy`)."
        )
        raise UsageError(f"Endpoint `{now.name}` cannot be changed now: it is {now.status}.", fix)


def _is_made_for(endpoint: str, variant: Variant) -> bool:
    tail = _MODEL_TAIL.search(variant.model)
    return bool(variant.package) and tail is not None and variant.model == _joined(endpoint, tail[0])


def _joined(stem: str, tail: str) -> str:
    return f"{_stem(stem, len(tail))}-{tail}"


def _stem(text: str, tail: int) -> str:
    """As much of a name as fits before a hyphen and so many characters; one that is cut tells itself from others."""
    longest = LONGEST_NAME - tail - 1
    if len(text) <= longest:
        return text
    return f"{text[: longest - 5].rstrip('-')}-{hashlib.sha256(text.encode()).hexdigest()[:4]}"
