"""Image aliases (``sklearn``, ``pytorch:2.5-gpu``) and the ECR URIs of AWS's own images behind them.

``images.json`` beside this file holds accounts, repositories and tags as the SageMaker Python SDK 2.257.7 has them
(``sagemaker/image_uri_config``, Apache-2.0): for each version the tag its own ``image_uris.retrieve`` makes.

>>> resolve_image("pytorch:2.5-gpu", "us-west-2")
'763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.5.1-gpu-py311'
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.wording import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

# The longer beginnings first: `us-iso` would fit them all.
_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "us-iso-": "c2s.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}
PROCESSORS = ("cpu", "gpu")


@dataclass(frozen=True, slots=True)
class ImageVersion:
    """One version of an image: its repository, its account in each region, and its tag for each processor.

    An image that is the same everywhere has its one tag under ``""``.
    """

    repository: str
    accounts: Mapping[str, str]
    tags: Mapping[str, str]


class UnknownImageError(ValueError):
    """No such alias, version or region; ``fix`` names what there is."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@cache
def aliases() -> Mapping[str, Mapping[str, ImageVersion]]:
    """Every alias with its versions, the newest last."""
    text = pkgutil.get_data("sm_pipeline_widgets.definition", "images.json")
    if text is None:
        raise FileNotFoundError("images.json is missing from the installed package; install it again")
    data = json.loads(text)
    registries = data["registries"]
    return {
        alias: {
            version: ImageVersion(repository, registries[registry], tags)
            for version, (repository, registry, tags) in versions.items()
        }
        for alias, versions in data["images"].items()
    }


def is_image_uri(text: str) -> bool:
    """Whether a text is an image's full name rather than an alias."""
    return "/" in text or ".dkr.ecr." in text or "@sha256:" in text


@cache
def resolve_image(text: str, region: str) -> str:
    """The ECR URI of an alias; full URIs come back as they are.

    An alias is ``NAME``, ``NAME:VERSION`` or ``NAME:VERSION-gpu`` (and ``NAME:gpu``). Without a version it is the
    newest one, of a version's beginning (``pytorch:2.5``) the newest that begins so; without a processor it is the
    CPU's where there is one.

    Raises
    ------
    UnknownImageError
        The alias or version is not known, or AWS has no such image in `region`.
    """
    if is_image_uri(text):
        return text
    name, _, wanted = text.partition(":")
    versions = aliases().get(name)
    if versions is None:
        known = f"The aliases are {listed(aliases(), most=50)}; any full image URI works as well."
        raise UnknownImageError(f"`{text}` is not a known image", did_you_mean(name, aliases(), known))
    version, processor = _split(wanted)
    found = _pick(versions, version)
    if found is None:
        raise UnknownImageError(f"`{name}` has no version `{version}`", _versions_of(name, versions))
    if processor and processor not in found.tags:
        there = [one for one in found.tags if one]
        fix = f"It has one for {listed(there)}." if there else f"Leave `{processor}` out; it is the same for all."
        raise UnknownImageError(f"`{name}` has no image for {processor}", fix)
    if region not in found.accounts:
        fix = "Give the image's full URI, or take another version or region."
        raise UnknownImageError(f"no image `{text}` is known for region `{region}`", fix)
    tag = found.tags[processor or next(iter(found.tags))]
    suffix = next((end for start, end in _SUFFIXES.items() if region.startswith(start)), "amazonaws.com")
    account = found.accounts[region]
    return f"{account}.dkr.ecr.{region}.{suffix}/{found.repository}" + (f":{tag}" if tag else "")


def _split(wanted: str) -> tuple[str, str]:
    """A version and a processor out of ``2.5-gpu``, ``2.5`` or ``gpu``."""
    if wanted in PROCESSORS:
        return "", wanted
    version, dash, last = wanted.rpartition("-")
    return (version, last) if dash and last in PROCESSORS else (wanted, "")


def _pick(versions: Mapping[str, ImageVersion], version: str) -> ImageVersion | None:
    if version in versions or not version:
        return versions.get(version) or versions[list(versions)[-1]]
    fitting = [one for one in versions if one.startswith((f"{version}.", f"{version}-"))]
    return versions[fitting[-1]] if fitting else None


def _versions_of(name: str, versions: Mapping[str, ImageVersion]) -> str:
    newest = [one for one in reversed(list(versions)) if one]
    return f"Its versions are {listed(newest)}." if newest else f"Write `{name}` alone; there is only one."
