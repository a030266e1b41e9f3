"""``%pipeline logs``: logs as plain text, looked through, or as a file."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.execution.log_search import Query
    from sm_pipeline_widgets.execution.loglines import LogLine
    from sm_pipeline_widgets.magics.session import Session

MOST = 2_000
"""Lines shown unless asked otherwise: Jupyter cuts off more than about a megabyte a second."""

LEVELS = ("debug", "info", "warning", "error")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("step", nargs="?", default=None)
    parser.add_argument("--search", default="", metavar="TEXT")
    parser.add_argument("--level", choices=LEVELS, default="debug")
    parser.add_argument("--save", default=None, metavar="FILE")
    parser.add_argument("--execution", default=None, metavar="ARN")
    parser.add_argument("-n", "--lines", type=int, default=MOST)


def run(session: Session, given: argparse.Namespace) -> str:
    execution = session.execution(given.execution)
    if given.save is not None:
        return _save(execution, given)
    if given.step is None and not given.search and given.level == "debug":
        fix = "Add a step's name, or `--search TEXT` or `--level error` to look through all of them."
        raise UsageError("Whose log?", fix)
    steps = [given.step] if given.step is not None else [name for name, step in execution.steps.items() if step.job_arn]
    return "\n\n".join(_shown(execution, step, given) for step in steps) or "No step has a log yet."


def _save(execution: Execution, given: argparse.Namespace) -> str:
    if given.step is None:
        raise UsageError("Whose log is to be saved?", f"`%pipeline logs STEP --save {given.save}`.")
    count = execution.save_log(given.step, given.save)
    return f"{count:,} lines of `{given.step}` are in {given.save}."


def _shown(execution: Execution, step: str, given: argparse.Namespace) -> str:
    """The last lines of a step that fit what was asked for, below a heading where several steps are shown."""
    from sm_pipeline_widgets.execution.log_levels import Level  # noqa: PLC0415 - kept out of %load_ext's time
    from sm_pipeline_widgets.execution.log_search import Query  # noqa: PLC0415
    from sm_pipeline_widgets.view.text import log_lines  # noqa: PLC0415

    query = Query(given.search, level=Level[given.level.upper()])
    kept: deque[LogLine] = deque(maxlen=max(0, given.lines))
    found = read = 0
    for line, fits in _judged(execution.logs(step), query):
        read += 1
        if fits:
            found += 1
            kept.append(line)
    cut = f"({found - len(kept)} earlier lines; -n {found} shows all)\n" if len(kept) < found else ""
    heading = f"{step}: {found:,} of {read:,} lines\n" if given.step is None else ""
    note = execution.log_note(step, has_lines=bool(read)) if not found or given.step is not None else ""
    none = f"None of the {read:,} lines of `{step}` fits." if read and not found and given.step is not None else ""
    return heading + "\n".join(part for part in (cut + log_lines(kept), none, note) if part)


def _judged(lines: Iterator[LogLine], query: Query) -> Iterator[tuple[LogLine, bool]]:
    """Each line, and whether it is looked for."""
    from sm_pipeline_widgets.execution.log_levels import levels  # noqa: PLC0415

    fits = query.matcher()
    waiting: deque[LogLine] = deque()

    def passing() -> Iterator[LogLine]:
        for line in lines:
            waiting.append(line)
            yield line

    for level in levels(passing()):
        line = waiting.popleft()
        yield line, level >= query.level and fits(line.text)


LOGS = Verb(
    name="logs",
    usage="logs [STEP] [-n LINES] [--search TEXT] [--level debug|info|warning|error] [--save FILE] [--execution ARN]",
    does="Print a step's log, look through all of them, or save one whole as a file.",
    example="%pipeline logs train -n 50",
    run=run,
    options=options,
)
