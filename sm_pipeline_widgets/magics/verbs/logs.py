"""``%pipeline logs``: logs as plain text, looked through, or as a file."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
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
    parser.add_argument("--target", default=None)
    parser.add_argument("-n", "--lines", type=int, default=MOST)


def run(session: Session, given: argparse.Namespace) -> str:
    if given.save is not None:
        return _save(session.execution(given.execution, given.target), given)
    execution, found = looked_through(session, given)
    return _of_one(execution, given.step, found[given.step]) if given.step is not None else _of_all(found)


def looked_through(session: Session, given: argparse.Namespace) -> tuple[Execution, dict[str, Found]]:
    """The execution, and what fits in the log of the step, or of every step that has one."""
    execution = session.execution(given.execution, given.target)
    if given.step is None and not given.search and given.level == "debug":
        fix = "Add a step's name, or `--search TEXT` or `--level error` to look through all of them."
        raise UsageError("Whose log?", fix)
    steps = [name for name, step in execution.steps.items() if step.job_arn] if given.step is None else [given.step]
    return execution, {step: _find(execution, step, given) for step in steps}


def _save(execution: Execution, given: argparse.Namespace) -> str:
    if given.step is None:
        raise UsageError("Whose log is to be saved?", f"`%pipeline logs STEP --save {given.save}`.")
    count = execution.save_log(given.step, given.save)
    return f"{count:,} lines of `{given.step}` are in {given.save}."


def _of_one(execution: Execution, step: str, found: Found) -> str:
    note = execution.log_note(step, has_lines=bool(found.read))
    none = f"None of the {found.read:,} lines of `{step}` fits." if found.read and not found.fitting else ""
    return "\n".join(part for part in (found.text(), none, note) if part)


def _of_all(everything: dict[str, Found]) -> str:
    """What fits in each step's log, below the step's name, and what was looked through in vain."""
    if not any(found.read for found in everything.values()):
        return "No step has written a line yet."
    parts = [
        f"{step}: {found.fitting:,} of {found.read:,} lines\n{found.text()}"
        for step, found in everything.items()
        if found.fitting
    ]
    others = {step: found.read for step, found in everything.items() if found.read and not found.fitting}
    if others:
        named = ", ".join(f"`{step}`" for step in others)
        parts.append(f"Nothing fits in the {sum(others.values()):,} lines of {named}.")
    return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class Found:
    """The last lines that fit, how many fit, and how many there are."""

    lines: tuple[LogLine, ...]
    fitting: int
    read: int

    def text(self) -> str:
        from sm_pipeline_widgets.view.text import log_lines  # noqa: PLC0415 - kept out of %load_ext's time

        left_out = self.fitting - len(self.lines)
        cut = f"({left_out} earlier lines; -n {self.fitting} shows all)\n" if left_out else ""
        return cut + log_lines(self.lines)


def _find(execution: Execution, step: str, given: argparse.Namespace) -> Found:
    from sm_pipeline_widgets.execution.log_levels import Level  # noqa: PLC0415
    from sm_pipeline_widgets.execution.log_search import Query  # noqa: PLC0415

    kept: deque[LogLine] = deque(maxlen=max(0, given.lines))
    fitting = read = 0
    for line, fits in _judged(execution.logs(step), Query(given.search, level=Level[given.level.upper()])):
        read += 1
        if fits:
            fitting += 1
            kept.append(line)
    return Found(tuple(kept), fitting, read)


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
    usage="logs [STEP] [-n LINES] [--search TEXT] [--level debug|info|warning|error] [--save FILE] [--execution ARN] "
    "[--target T]",
    does="Print a step's log, look through all of them, or save one whole as a file.",
    example="%pipeline logs train -n 50",
    run=run,
    options=options,
)
