"""``%pipeline callback``: answer a Callback step that waits for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.parser import parameter_values
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse

    from sm_pipeline_widgets.magics.session import Session


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step", nargs="?", default=None)
    parser.add_argument("--success", nargs="*", default=None, metavar="OUTPUT=VALUE")
    parser.add_argument("--failure", default=None, metavar="REASON")
    parser.add_argument("--run", dest="execution", default=None, metavar="ARN")


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.execution.callbacks import waiting_callbacks  # noqa: PLC0415 - kept out of %load_ext

    execution = session.execution(given.execution)
    if given.step is None:
        waiting = waiting_callbacks(execution.state)
        lines = [f"{each.step}: {', '.join(f'{n} ({t})' for n, t in each.outputs) or 'no outputs'}" for each in waiting]
        return "\n".join(["Waiting for an answer:", *lines]) if lines else "No Callback step of this run waits now."
    if (given.success is None) == (given.failure is None):
        fix = f"Write `%pipeline callback {given.step} --success OUTPUT=VALUE` or `--failure REASON`."
        raise UsageError(f"It was not said how `{given.step}` ended, or both ways were.", fix)
    if given.failure is not None:
        execution.complete_callback(given.step, failure=given.failure)
        return f"Told step `{given.step}` that it has failed: {given.failure}"
    outputs = parameter_values(given.success, "--success", "Output")
    execution.complete_callback(given.step, outputs)
    told = " with " + ", ".join(f"{name}={value}" for name, value in outputs.items()) if outputs else ""
    return f"Told step `{given.step}` that it has succeeded{told}."


CALLBACK = Verb(
    name="callback",
    usage="callback [STEP] [--success [OUTPUT=VALUE]... | --failure REASON] [--run ARN]",
    does="Complete a waiting Callback step with its outputs, or let it fail; without a step, say which ones wait.",
    example="%pipeline callback approve --success verdict=good",
    run=run,
    options=options,
)
