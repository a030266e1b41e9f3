"""Values that every shape takes and that still cannot be right, or should not stand in a definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.document import Document, find_path
from sm_pipeline_widgets.definition.expressions import find_gets
from sm_pipeline_widgets.definition.findings import Finding, problem
from sm_pipeline_widgets.definition.graph import own_part
from sm_pipeline_widgets.definition.s3_uri import bucket_and_key
from sm_pipeline_widgets.definition.secrets import is_secret_name, looks_like_key
from sm_pipeline_widgets.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sm_pipeline_widgets.definition.lint_requests import Meanings

_KEEP_IT_OUT = "Everybody who may read the pipeline can read it. Let the code fetch it from AWS Secrets Manager."
_IMAGE = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ACCESS_POINT = "arn:"


def secrets(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """Names and shapes of secrets: parameters and arguments can be read with DescribePipeline (sagemaker.md §1.2)."""
    for name, one in document.parameters.items():
        default = one.get("DefaultValue")
        if one.get("Type", "String") == "String" and is_secret_name(name):
            message = f"the parameter `{name}` looks like a secret; its value is shown to all who may read a run"
            fix = "Pass the name of a secret and let the code fetch it from AWS Secrets Manager."
            yield problem("secret", message, fix, ("Parameters", name), Severity.WARNING)
        elif isinstance(default, str) and looks_like_key(default):
            yield problem("secret", f"the default of `{name}` looks like a key", _KEEP_IT_OUT, ("Parameters", name),
                          Severity.WARNING)  # fmt: skip
    for at, seen in zip(document.placed, document.scans, strict=True):
        for key in dict.fromkeys(seen.named_secrets):
            path = find_path(own_part(at.step), key) or ()
            yield problem("secret", f"`{key}` looks like a secret", _KEEP_IT_OUT, path, Severity.WARNING, at.name)
        for value in dict.fromkeys(seen.shaped_secrets):
            path = find_path(own_part(at.step), value) or ()
            yield problem("secret", "a value looks like a key", _KEEP_IT_OUT, path, Severity.WARNING, at.name)


def impossible_values(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """Images and buckets that cannot exist."""
    wrong: dict[str, Finding | None] = {}
    for at, seen in zip(document.placed, document.scans, strict=True):
        for check, values in ((_image, seen.images), (_bucket, seen.uris)):
            for value in values:
                if value not in wrong:
                    wrong[value] = check(value)
                found = wrong[value]
                if found is not None:
                    yield found._replace(step=at.name, path=find_path(own_part(at.step), value) or ())


def _image(text: str) -> Finding | None:
    if _IMAGE.fullmatch(text) or not text:
        return None
    fix = "It looks like `111122223333.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG`."
    if "://" in text:
        fix = f"Leave `{text.partition('://')[0]}://` out."
    return problem("not-an-image", f"`{text[:100]}` cannot be an image's name", fix)


def _bucket(text: str) -> Finding | None:
    if not text.startswith("s3://"):
        # The pieces of a Join may be `s3:/`; a whole URI is what has more behind it.
        if text in ("s3:", "s3:/"):
            return None
        return problem("not-an-s3-uri", f"`{text[:100]}` is no S3 URI", "It begins with `s3://`.")
    bucket, _ = bucket_and_key(text)
    if not bucket or bucket.startswith(_ACCESS_POINT) or _BUCKET.fullmatch(bucket):
        return None
    fix = "A bucket's name has 3 to 63 small letters, digits, dots and hyphens."
    return problem("not-an-s3-uri", f"`{bucket[:100]}` cannot be a bucket's name", fix)


def unused_parameters(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """Parameters that nothing reads."""
    used = {get for seen in document.scans for get in seen.gets}
    used.update(find_gets({**document.definition, "Steps": (), "Parameters": ()}))
    for name in document.parameters:
        if f"Parameters.{name}" not in used:
            message = f"nothing uses the parameter `{name}`"
            yield problem("unused-parameter", message, "Remove it, or use it.", ("Parameters", name), Severity.NOTE)


def nested_conditions(document: Document, _meanings: Meanings) -> Iterator[Finding]:
    """A Condition inside a branch, which the service is documented not to take (sagemaker.md §2.3)."""
    kinds = {at.name: at.type for at in document.placed}
    for at in document.placed:
        if at.type == "Condition" and at.parent is not None and kinds.get(at.parent) == "Condition":
            message = f"a Condition inside the branch `{at.branch}` of `{at.parent}` may be refused"
            fix = "AWS documents that branches hold no Conditions. Join both into one `if` where you can."
            yield problem("nested-condition", message, fix, ("Name",), Severity.WARNING, at.name)
        if at.branch == "body" and at.type in ("Condition", "Fail", "ForEach"):
            message = f"a {at.type} step cannot stand inside a loop"
            yield problem("loop-body", message, "Put it behind the loop.", ("Name",), step=at.name)
