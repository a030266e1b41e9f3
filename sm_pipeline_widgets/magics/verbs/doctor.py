"""``%pipeline doctor``: is everything there that is needed, and does it work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def run(session: Session, _given: argparse.Namespace) -> None:
    from sm_pipeline_widgets.api.doctor import examine, report  # noqa: PLC0415 - kept out of %load_ext's time

    if not report(examine(), print):
        session.note_failure()


DOCTOR = Verb(
    name="doctor",
    usage="doctor",
    does="Check the installation: versions, the front end's extension, the engine, namespaces, credentials; and say "
    "what to do.",
    example="%pipeline doctor",
    run=run,
)
