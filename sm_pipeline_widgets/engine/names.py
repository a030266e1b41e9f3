"""The names and ARNs the engine gives, in the service's patterns (``sagemaker.md`` §2.8, §8.3)."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits
LONGEST_JOB_NAME = 63


def random_text(length: int) -> str:
    """Lower-case letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def derived_text(source: str, length: int) -> str:
    """Lower-case letters and digits that a text decides."""
    number = int.from_bytes(hashlib.sha256(source.encode("utf-8", "surrogatepass")).digest())
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def pipeline_arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:sagemaker:{region}:{account}:pipeline/{name.lower()}"


def execution_arn(pipeline: str) -> str:
    """A new execution's ARN, from its pipeline's."""
    return f"{pipeline}/execution/{random_text(12)}"


def job_name(execution_id: str, step: str, attempt: int = 1) -> str:
    """The name of an attempt's job: ``pipelines-<execution>-<step, cut>-<10 characters>``; safe as a folder's name.

    The same every time: an engine that was killed before it kept the name finds what it had begun.
    """
    start, end = f"pipelines-{execution_id}-", f"-{derived_text(f'{execution_id}/{step}/{attempt}', 10)}"
    clean = re.sub(r"[^A-Za-z0-9]+", "-", step).strip("-") or "step"
    return start + clean[: LONGEST_JOB_NAME - len(start) - len(end)].rstrip("-") + end


def job_arn(region: str, account: str, kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name.lower()}"


def pipeline_of(name_or_arn: str) -> str:
    """The name in a pipeline's ARN, or the name itself."""
    return name_or_arn.rpartition(":pipeline/")[2].partition("/")[0]
