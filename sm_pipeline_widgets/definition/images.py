"""Image aliases (``sklearn``, ``xgboost:1.7-1``) and the ECR URIs of AWS's own images behind them.

The accounts and versions are those of ``image_uri_config`` in the SageMaker Python SDK 2.257.
"""

from __future__ import annotations

from dataclasses import dataclass

from sm_pipeline_widgets.definition.wording import did_you_mean, listed

ACCOUNTS = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-iso-east-1": "833128469047",
    "us-isob-east-1": "281123927165",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}
"""The account whose registry holds the scikit-learn and XGBoost images of a region."""

_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


@dataclass(frozen=True, slots=True)
class ImageAlias:
    """One alias: its repository, its versions with the newest last, and how a version becomes a tag."""

    repository: str
    versions: tuple[str, ...]
    tag: str


ALIASES = {
    "sklearn": ImageAlias(
        "sagemaker-scikit-learn", ("0.20.0", "0.23-1", "1.0-1", "1.2-1", "1.4-2"), "{version}-cpu-py3"
    ),
    "xgboost": ImageAlias(
        "sagemaker-xgboost", ("1.0-1", "1.2-1", "1.2-2", "1.3-1", "1.5-1", "1.7-1", "3.0-5"), "{version}"
    ),
}


class UnknownImageError(ValueError):
    """No such alias, version or region; ``fix`` names what there is."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def is_image_uri(text: str) -> bool:
    """Whether a text is an image's full name rather than an alias."""
    return "/" in text or ".dkr.ecr." in text or "@sha256:" in text


def resolve_image(text: str, region: str) -> str:
    """The ECR URI of ``alias`` (its newest version) or ``alias:version``; full URIs come back as they are.

    Raises
    ------
    UnknownImageError
        The alias or version is not known, or AWS has no such image in `region`.
    """
    if is_image_uri(text):
        return text
    name, _, version = text.partition(":")
    alias = ALIASES.get(name)
    if alias is None:
        fix = did_you_mean(name, ALIASES, f"The aliases are {listed(ALIASES)}; any full image URI works as well.")
        raise UnknownImageError(f"`{text}` is not a known image", fix)
    if version and version not in alias.versions:
        raise UnknownImageError(f"`{name}` has no version `{version}`", f"Its versions are {listed(alias.versions)}.")
    if region not in ACCOUNTS:
        raise UnknownImageError(f"no image `{name}` is known for region `{region}`", "Give the image's full URI.")
    suffix = next((end for start, end in _SUFFIXES.items() if region.startswith(start)), "amazonaws.com")
    tag = alias.tag.format(version=version or alias.versions[-1])
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{suffix}/{alias.repository}:{tag}"
