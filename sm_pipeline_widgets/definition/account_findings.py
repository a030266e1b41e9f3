"""What a check of the account finds before anything runs: plain values. ``docs/preflight.md`` explains every code."""

from __future__ import annotations

from dataclasses import dataclass

from sm_pipeline_widgets.errors import Severity


@dataclass(frozen=True, slots=True)
class AccountFinding:
    """One thing that would fail, may fail, or could not be looked at.

    Parameters
    ----------
    code
        A heading of ``docs/preflight.md``.
    severity
        An error would make the run fail; a warning may; a note says what could not be found out.
    where
        Which steps, role or thing it is about.
    policy
        JSON that mends it when it is attached as ``fix`` says; empty where no policy helps.
    """

    code: str
    severity: Severity
    message: str
    where: str = ""
    fix: str = ""
    policy: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.severity} {self.code}:", self.message, self.fix]))


@dataclass(frozen=True, slots=True)
class AccountReport:
    """Everything a check found, the worst first, and what was looked at."""

    findings: tuple[AccountFinding, ...]
    looked_at: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[AccountFinding, ...]:
        return self.of(Severity.ERROR)

    def of(self, severity: Severity) -> tuple[AccountFinding, ...]:
        return tuple(one for one in self.findings if one.severity is severity)


_ORDER = tuple(Severity)


def report_of(findings: list[AccountFinding], looked_at: list[str]) -> AccountReport:
    """The report, in order; what was found twice is told once."""
    ordered = sorted(dict.fromkeys(findings), key=lambda one: _ORDER.index(one.severity))
    return AccountReport(tuple(ordered), tuple(looked_at))


def finding(  # noqa: PLR0917 - a row of a table, called in many places
    code: str, severity: Severity, message: str, where: str = "", fix: str = "", policy: str = ""
) -> AccountFinding:
    """A finding; called so that the codes of the documentation can be found in the code."""
    return AccountFinding(code, severity, message, where, fix, policy)
