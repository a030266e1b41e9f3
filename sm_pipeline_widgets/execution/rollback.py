"""Going back to an earlier version of a group: what has to be decided so that it is the newest approved one again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS, Approval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sm_pipeline_widgets.execution.registry import Version


@dataclass(frozen=True, slots=True)
class Rollback:
    """What will be decided, the version to go back to first: there is an approved one at every moment."""

    to: Version
    changes: tuple[tuple[Version, Approval], ...]

    @property
    def title(self) -> str:
        return f"Roll group `{self.to.group}` back to version {self.to.number}"

    def __str__(self) -> str:
        return "\n".join(
            f"  {version.name}: {APPROVAL_WORDS[version.approval]} → {APPROVAL_WORDS[wanted]}"
            for version, wanted in self.changes
        )


def plan_rollback(to: Version, versions: Iterable[Version]) -> Rollback:
    """Approve a version, and reject every newer one that is approved: a deployment takes the newest approved.

    Raises
    ------
    UsageError
        It is that already.
    """
    newer = sorted(
        (one for one in versions if one.number > to.number and one.approval is Approval.APPROVED),
        key=lambda one: -one.number,
    )
    changes = [(to, Approval.APPROVED)] if to.approval is not Approval.APPROVED else []
    changes += [(one, Approval.REJECTED) for one in newer]
    if not changes:
        fix = f"`%pipeline models {to.group}` shows who approved it, and when."
        raise UsageError(f"{to.name} is the newest approved version already.", fix)
    return Rollback(to, tuple(changes))
