"""Everything that would keep a pipeline from running at a target: what its text says, and what the account lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws.preflight import check_account
from sm_pipeline_widgets.definition.run_form import parameter_complaints
from sm_pipeline_widgets.errors import Severity
from sm_pipeline_widgets.view.preflight_text import report_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.definition.account_findings import AccountReport
    from sm_pipeline_widgets.errors import Problem


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. Its text says it all; it is true when nothing stands in the way."""

    title: str
    problems: tuple[Problem, ...]
    complaints: tuple[str, ...]
    account: AccountReport

    def __bool__(self) -> bool:
        wrong = [problem for problem in self.problems if problem.severity is Severity.ERROR]
        return not (wrong or self.complaints or self.account.errors)

    def __str__(self) -> str:
        text = [str(problem) for problem in self.problems] or ["Nothing is wrong with the definition."]
        return "\n\n".join([self.title, "\n".join([*text, *self.complaints]), report_text(self.account)])


def check(pipeline: Pipeline, target: Target | None = None, parameters: Mapping[str, object] | None = None) -> Checked:
    """Look at everything that can be looked at without creating anything.

    Parameters
    ----------
    target
        The engine on this machine when None; it has neither IAM nor quotas, so only inputs are looked at there.
    parameters
        Values of a run; what is not named has its default.

    Raises
    ------
    TargetError, ServiceError
        The caller cannot be identified, or the target has no role.
    """
    target = target or connect("local")
    given = dict(parameters or {})
    compiled = pipeline.compiled(target)
    complaints = tuple(str(one) for one in parameter_complaints(pipeline.name, pipeline.parameters, given))
    report = check_account(target, pipeline.name, compiled.definition, given)
    return Checked(f"Check of `{pipeline.name}` for {target.words}", compiled.problems, complaints, report)
