"""What a word behind a verb means in a notebook: a declared pipeline, a variable, or anything ``show`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.aws.target import Target
    from sm_pipeline_widgets.magics.session import Session


def find(session: Session, what: str, target: Target | None = None) -> Pipeline | Execution:
    """The pipeline or execution that is meant.

    A name means the pipeline that a cell declares; then the notebook's variable, if that holds a definition, an SDK
    pipeline or one of ours; then what is deployed under it.

    Raises
    ------
    UsageError
        There is nothing of the kind.
    """
    from sm_pipeline_widgets.api.finding import resolve  # noqa: PLC0415 - kept out of %load_ext's time

    known = declared_or_held(session, what)
    return known if known is not None else resolve(what, target, lambda: session.target)


def declared_or_held(session: Session, what: str) -> Pipeline | Execution | None:
    """The pipeline a cell declares under this name, or what the variable of this name holds."""
    from sm_pipeline_widgets.api.finding import of_value  # noqa: PLC0415 - kept out of %load_ext's time

    if what in session.pipelines:
        return session.pipelines[what]
    return of_value(session.variables.get(what), what) if what.isidentifier() else None
