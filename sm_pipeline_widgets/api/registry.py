"""The model registry in Python: versions, their evidence, decisions about them.

>>> registry = Registry(connect("local"))                       # doctest: +SKIP
>>> print(registry.versions("diabetes"))                        # doctest: +SKIP
>>> registry.approve("diabetes/3", note="rmse 54, below 60")    # doctest: +SKIP
"""

from __future__ import annotations

import getpass
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws import provenance
from sm_pipeline_widgets.aws import registry as service
from sm_pipeline_widgets.errors import PipelineWidgetsError, UsageError
from sm_pipeline_widgets.execution.decisions import Decision
from sm_pipeline_widgets.execution.registry import APPROVAL_WORDS, Approval, Evidence, split_name
from sm_pipeline_widgets.execution.rollback import Rollback, plan_rollback
from sm_pipeline_widgets.execution.submitting import Asks, Question
from sm_pipeline_widgets.execution.version_compare import VersionDifference, compare_versions
from sm_pipeline_widgets.view.registry_html import comparison_html, version_html, versions_html
from sm_pipeline_widgets.view.registry_text import comparison_text, version_text, versions_text

if TYPE_CHECKING:
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.execution.registry import Group, Version

SHOWN = 20
LATEST, APPROVED = "latest", "approved"
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Versions:
    """The newest versions of a group with their metrics, as a table."""

    group: str
    place: str
    evidences: tuple[Evidence, ...]
    has_more: bool = False

    @property
    def title(self) -> str:
        more = f", the newest {len(self.evidences)} of them" if self.has_more else ""
        return f"Versions of `{self.group}` at {self.place}{more}"

    def __str__(self) -> str:
        if not self.evidences:
            return f"{self.title}: none yet. A RegisterModel step (`group: {self.group}`) makes them."
        return f"{self.title}\n{versions_text(self.evidences, datetime.now(UTC))}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = versions_html(self.title, self.evidences, datetime.now(UTC))
        return {"text/plain": str(self), **({"text/html": html} if self.evidences else {})}


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version with everything known of it."""

    evidence: Evidence

    def __str__(self) -> str:
        return version_text(self.evidence)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": version_html(self.evidence)}


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions side by side. ``difference`` holds it as values."""

    difference: VersionDifference

    def __str__(self) -> str:
        return comparison_text(self.difference)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": comparison_html(self.difference)}


class Registry:
    """The model registry of a target.

    Versions are named ``GROUP/NUMBER``, ``GROUP/latest``, ``GROUP/approved`` (the newest approved one) or by ARN.

    Parameters
    ----------
    target
        The engine on this machine when None.
    """

    def __init__(self, target: Target | None = None) -> None:
        self.target = target or connect("local")

    def groups(self, contains: str = "", limit: int = 100) -> tuple[Group, ...]:
        """The model package groups, newest first."""
        return tuple(itertools.islice(service.iter_groups(self.target, contains), limit))

    def versions(self, group: str, limit: int = SHOWN) -> Versions:
        """The newest versions of a group with their metrics.

        Raises
        ------
        UsageError
            There is no such group.
        """
        rows = tuple(itertools.islice(service.iter_versions(self.target, group), limit + 1))
        _ = self.target.s3  # clients are made in one thread, and used in many
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = tuple(pool.map(lambda row: self._evidence(row.arn), rows[:limit]))
        return Versions(group, self.target.words, found, len(rows) > limit)

    def version(self, name: str) -> VersionPage:
        """A version with its evidence: reports, and the run it comes from.

        Raises
        ------
        UsageError
            There is no such version, or no number is said.
        """
        return VersionPage(self._whole(self.find(name)))

    def compare(self, before: str, after: str) -> VersionComparison:
        """Two versions side by side, also of two groups; ``approved`` and ``latest`` name versions of the other's.

        Raises
        ------
        UsageError
            There is no such version.
        """
        one, two = _of_group(before, after), _of_group(after, before)
        second = self.find(two)
        first = self._approved_besides(second) if one == f"{second.group}/{APPROVED}" else self.find(one)
        return VersionComparison(compare_versions(self._whole(first), self._whole(second)))

    def approve(self, name: str, note: str) -> Version:
        """Approve a version; the version as it is then. The note, who decided and when are kept with it.

        Raises
        ------
        UsageError
            There is no such version, the package is not whole, or the note says nothing.
        """
        return self._decide(self.find(name), Approval.APPROVED, note)

    def reject(self, name: str, note: str) -> Version:
        """Reject a version; see :meth:`approve`."""
        return self._decide(self.find(name), Approval.REJECTED, note)

    def plan_rollback(self, name: str) -> Rollback:
        """What going back to a version would decide; nothing is changed.

        Raises
        ------
        UsageError
            It is the newest approved one already.
        """
        to = self.find(name)
        rows = service.iter_versions(self.target, to.group, Approval.APPROVED)
        newer = [service.describe_version(self.target, row.arn) for row in rows if row.number > to.number]
        return plan_rollback(to, newer)

    def roll_back(self, plan: Rollback, note: str) -> None:
        """Do what a plan says, the version to go back to first.

        Raises
        ------
        UsageError
            The note says nothing.
        PipelineWidgetsError
            One decision could not be made; the words say which were.
        """
        service.checked_note(note)
        done: list[str] = []
        for version, wanted in plan.changes:
            try:
                self._decide(version, wanted, note)
            except PipelineWidgetsError as error:
                before = f"Done before it: {', '.join(done)}." if done else "Nothing was changed."
                error.message = f"{version.name}: {error.message} {before}"
                raise
            done.append(f"{version.name} {APPROVAL_WORDS[wanted]}")

    def find(self, name: str) -> Version:
        """The version that is meant.

        Raises
        ------
        UsageError
            There is none.
        """
        group, _, which = name.rpartition("/")
        if which == LATEST and group:
            return self._newest(group)
        if which == APPROVED and group:
            return self.approved(group)
        return service.find_version(self.target, name)

    def approved(self, group: str) -> Version:
        """The newest approved version of a group: what a deployment takes.

        Raises
        ------
        UsageError
            None is approved, or there is no such group.
        """
        found = service.latest_approved(self.target, group)
        if found is None:
            fix = f'`%pipeline models {group}` lists them; `%pipeline approve {group}/N --note "…"` approves one.'
            raise UsageError(f"No version of `{group}` is approved.", fix)
        return found

    def _approved_besides(self, version: Version) -> Version:
        """The newest approved version of its group that is another one."""
        found = service.iter_versions(self.target, version.group, Approval.APPROVED)
        other = next((row for row in found if row.number != version.number), None)
        if other is None:
            fix = f"Name a version: `%pipeline models {version.name} --against N`."
            raise UsageError(f"No other version of `{version.group}` than {version.name} is approved.", fix)
        return service.describe_version(self.target, other.arn)

    def _newest(self, group: str) -> Version:
        found = next(service.iter_versions(self.target, group), None)
        if found is None:
            raise UsageError(f"Group `{group}` has no version yet.", "A RegisterModel step makes one.")
        return service.describe_version(self.target, found.arn)

    def _decide(self, version: Version, wanted: Approval, note: str) -> Version:
        said = service.checked_note(note)
        if wanted is Approval.APPROVED and not version.is_usable:
            fix = "Register the model again, or wait until the service has checked it."
            raise UsageError(f"{version.name} cannot be approved: the package is {version.status}.", fix)
        when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        service.decide(self.target, version, Decision(wanted.value, said, who_decides(self.target), when))
        return service.describe_version(self.target, version.arn)

    def _evidence(self, arn: str) -> Evidence:
        version = service.describe_version(self.target, arn)
        # constraints hold thresholds, not what was measured
        files = [file for file in version.reports if "constraints" not in file.kind]
        return Evidence(version, tuple(service.read_report(self.target, file) for file in files))

    def _whole(self, version: Version) -> Evidence:
        evidence = self._evidence(version.arn)
        return Evidence(evidence.version, evidence.reports, provenance.read_origin(self.target, version))


def who_decides(target: Target) -> str:
    """Who is kept beside a decision: the person where a hub or this machine knows one, else whom AWS sees."""
    hub = os.environ.get("JUPYTERHUB_USER", "")
    if not target.is_local:
        return f"{hub}, {target.identity.words}" if hub else target.identity.words
    try:
        return hub or getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as in some containers
        return "somebody on this machine"


def rollback_question(plan: Rollback) -> Question:
    """The plan as a question."""
    return Question(Asks.ROLL_BACK, f"{plan.title}?", str(plan), "Roll back")


def _of_group(name: str, other: str) -> str:
    """``approved``, ``latest`` and bare numbers as versions of the other side's group."""
    if name in {LATEST, APPROVED} or name.isdecimal():
        group = split_name(other)[0] if other.startswith("arn:") else other.rpartition("/")[0]
        return f"{group}/{name}"
    return name
