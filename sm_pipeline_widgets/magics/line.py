"""``%pipeline VERB …``: finds the verb, reads its options, shows what it gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.wording import did_you_mean, listed
from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.parser import MagicParser
from sm_pipeline_widgets.magics.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.magics.session import Session
    from sm_pipeline_widgets.magics.verbs.base import Verb


def run_line(session: Session, line: str, verbs: Mapping[str, Verb] = VERBS) -> str | None:
    """Do what a line says and return the text it answers with, if any.

    Raises
    ------
    UsageError
        There is no such verb or option; the message shows what there is.
    """
    name, _, rest = line.strip().partition(" ")
    verb = verbs.get(name or "help")
    if verb is None:
        fix = did_you_mean(name, verbs, f"The verbs are {listed(verbs)}; `%pipeline help` explains them.")
        raise UsageError(f"`%pipeline` has no verb `{name}`.", fix)
    parser = MagicParser(f"%pipeline {verb.name}", f"%pipeline {verb.usage}")
    verb.options(parser)
    answer: str | None = verb.run(session, parser.read(rest))
    return answer
