"""Who the caller is: account, user or role, as STS says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.aws.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_ASSUMED = re.compile(r"arn:[\w-]+:sts::\d{12}:assumed-role/(?P<role>[^/]+)/(?P<session>.*)")


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller, as GetCallerIdentity answers."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn``, ``aws-us-gov`` …: the second part of every ARN there."""
        return self.arn.split(":")[1] if self.arn.count(":") >= 2 else "aws"

    @property
    def role_name(self) -> str:
        """The name of the role the caller acts as; empty for a user."""
        found = _ASSUMED.fullmatch(self.arn)
        return found["role"] if found else ""

    @property
    def role_arn(self) -> str:
        """The ARN of that role as far as an assumed role's ARN tells it: a role's path is not in it."""
        name = self.role_name
        return f"arn:{self.partition}:iam::{self.account}:role/{name}" if name else ""

    @property
    def is_root(self) -> bool:
        return self.arn.endswith(":root")

    @property
    def words(self) -> str:
        """``user ada`` or ``role Admin (ada@example.com)``."""
        found = _ASSUMED.fullmatch(self.arn)
        if found:
            return f"role {found['role']} ({found['session']})"
        if self.is_root:
            return "the account's root user"
        kind, _, name = self.arn.rpartition(":")[2].partition("/")
        return f"{kind} {name}" if name else self.arn


def who_calls(sts: STSClient) -> Identity:
    """The caller.

    Raises
    ------
    TargetError, ServiceError
        Nobody could be asked, or the keys are not accepted.
    """
    with translated():
        answer = sts.get_caller_identity()
    return Identity(answer["Account"], answer["Arn"])
