"""Where SageMaker itself runs the notebook: Studio's domains, profiles and spaces, and notebook instances.

Both kinds leave a small JSON file in the container; the role that pipelines act as is asked of the service by what
it names (as the SageMaker SDK does, ``sagemaker/session.py``), and for a private space by its owner.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.aws.errors import translated
from sm_pipeline_widgets.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_sagemaker import SageMakerClient

METADATA = Path("/opt/ml/metadata/resource-metadata.json")


@dataclass(frozen=True, slots=True)
class StudioPlace:
    """What the metadata file says; empty where it says nothing."""

    domain: str = ""
    profile: str = ""
    space: str = ""
    instance: str = ""
    role: str = ""
    region: str = ""

    @property
    def words(self) -> str:
        """Whose role was found."""
        if self.space:
            return f"of the Studio space {self.space}"
        if self.profile:
            return f"of the Studio user profile {self.profile}"
        return f"of the notebook instance {self.instance}" if self.instance else "of this SageMaker notebook"


def studio_place(path: Path = METADATA) -> StudioPlace | None:
    """The place the notebook runs in; None outside of SageMaker, or where the file is not what it should be."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    said = {key: value for key, value in found.items() if isinstance(value, str)}
    arn = said.get("ResourceArn", "").split(":")
    place = StudioPlace(
        domain=said.get("DomainId", ""),
        profile=said.get("UserProfileName", ""),
        space=said.get("SpaceName", ""),
        # Studio's apps have a ResourceName as well, of another kind
        instance="" if "DomainId" in said else said.get("ResourceName", ""),
        role=said.get("ExecutionRoleArn", ""),
        region=arn[3] if len(arn) > 5 else "",
    )
    return place if place != StudioPlace(region=place.region) else None


def studio_role(place: StudioPlace, sagemaker: SageMakerClient) -> str:
    """The execution role of that place; empty when the service names none, or may not be asked."""
    if place.role:
        return place.role
    try:
        with translated():
            return next(_roles(place, sagemaker), "")
    except ServiceError:  # then the caller's own role is the next best
        return ""


def _roles(place: StudioPlace, sagemaker: SageMakerClient) -> Iterator[str]:
    """The roles that hold there, the most particular first."""
    if place.instance:
        yield sagemaker.describe_notebook_instance(NotebookInstanceName=place.instance)["RoleArn"]
    if not place.domain:
        return
    owner = place.profile
    is_shared = False
    if place.space:
        space: Mapping[str, Any] = sagemaker.describe_space(DomainId=place.domain, SpaceName=place.space)
        is_shared = space.get("SpaceSharingSettings", {}).get("SharingType") == "Shared"
        owner = owner or space.get("OwnershipSettings", {}).get("OwnerUserProfileName", "")
    if owner and not is_shared:
        profile: Mapping[str, Any] = sagemaker.describe_user_profile(DomainId=place.domain, UserProfileName=owner)
        yield from _named(profile.get("UserSettings"))
    domain: Mapping[str, Any] = sagemaker.describe_domain(DomainId=place.domain)
    if place.space and is_shared:
        yield from _named(domain.get("DefaultSpaceSettings"))
    yield from _named(domain.get("DefaultUserSettings"))


def _named(settings: Mapping[str, Any] | None) -> Iterator[str]:
    role = (settings or {}).get("ExecutionRole")
    if role:
        yield str(role)
