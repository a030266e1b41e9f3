"""The report of a failed run whose log is long: traceback, first errors, known causes, Markdown. Processor time.

Then, on an engine and by the clock: from a job's end, its log of that length just written, to the report.

``python -m tests.benchmarks.bench_failure``
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sm_pipeline_widgets import Pipeline, connect, run
from sm_pipeline_widgets.api.code_book import CodeBook
from sm_pipeline_widgets.engine import daemon
from sm_pipeline_widgets.execution.derive import derive
from sm_pipeline_widgets.execution.failure import build_report
from sm_pipeline_widgets.execution.loglines import LogLine
from sm_pipeline_widgets.view.markdown import report_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sm_pipeline_widgets.watch.poller import Update

GOAL = 1.0
LINES = 100_000
RUNS = 5
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/j"
DEATH = (
    "Traceback (most recent call last):",
    '  File "/opt/ml/code/train.py", line 12, in <module>',
    "    fit()",
    "ValueError: could not convert string to float: 'abc'",
)


def quiet(number: int) -> str:
    return f"epoch {number} loss 0.{number % 1000:03} val_error=0.12"


def many_ranks(number: int) -> str:
    return f"[rank{number % 8}]: step {number} of 100000, throughput 812.4 samples/s"


def caught(number: int) -> str:
    """Every 50 lines a traceback that was caught and logged."""
    return DEATH[number % 50] if number % 50 < len(DEATH) else quiet(number)


def bars(number: int) -> str:
    return f"\x1b[32m{number % 100}%\x1b[0m|####      | {number}/100000 [00:12<00:34, 812.41it/s]"


@dataclass(frozen=True, slots=True)
class Kind:
    """A log: what each line holds, of how many hosts, and how it ends."""

    line: Callable[[int], str]
    hosts: int = 1
    end: tuple[str, ...] = DEATH


KINDS: Mapping[str, Kind] = {
    "metrics of two hosts": Kind(quiet, hosts=2),
    "eight ranks in one log": Kind(many_ranks),
    "a caught traceback every 50 lines": Kind(caught),
    "progress bars in colour": Kind(bars),
    "no traceback, killed": Kind(quiet, end=("Killed",)),
}


def log_of(kind: Kind, lines: int) -> list[LogLine]:
    texts = [kind.line(number) for number in range(lines - len(kind.end))]
    return [LogLine(n, f"algo-{n % kind.hosts + 1}", text) for n, text in enumerate(texts)] + [
        LogLine(lines + n, "algo-1", text) for n, text in enumerate(kind.end)
    ]


def seconds(log: list[LogLine]) -> float:
    """Seconds from records to the Markdown of the report."""
    definition = {"Steps": [{"Name": "train", "Type": "Training"}]}
    item = {"StepName": "train", "StepStatus": "Failed", "Metadata": {"TrainingJob": {"Arn": ARN}}}
    state = derive(definition, {"PipelineExecutionStatus": "Failed", "PipelineExecutionArn": ARN}, [item])
    job = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: , exit code: 1"}
    started = time.process_time()
    report = build_report(state, {"train": job}, {"train": log})
    report_markdown(report)
    taken = time.process_time() - started
    assert log[-1].text in report.roots[0].headline
    return taken


CELL = f"""%%step talk
for number in range({LINES}):
    print("epoch", number, "loss 0.1 val_error=0.12")
raise ValueError("at last")
"""


def seconds_to_report(home: Path) -> tuple[float, float]:
    """Seconds from a job's end to the report that names its exception, and to the one that has read the whole log."""
    book = CodeBook()
    book.add_cell("talk", CELL)
    text = "steps:\n  talk: {type: Training, code: cell:talk}\n"
    execution = run(Pipeline.from_yaml(text, name="talk", code=book), connect("local", home=home))
    told: list[tuple[float, int]] = []

    def note(update: Update) -> None:
        if update.report is not None and "at last" in update.report.roots[0].headline:
            told.append((time.time(), update.logs.get("talk", 0)))

    execution.watcher.subscribe(note)
    execution.wait(300)
    execution.why()
    end = execution.step("talk").ended.timestamp()
    return told[0][0] - end, next(moment for moment, count in told if count >= LINES) - end


def main() -> None:
    print(f"| log of {LINES:,} lines | goal | report |")
    print("|---|---|---|")
    for name, kind in KINDS.items():
        log = log_of(kind, LINES)
        taken = statistics.median(seconds(log) for _ in range(RUNS))
        print(f"| {name} | {GOAL:.0f} s | {taken:.2f} s |")
    with tempfile.TemporaryDirectory() as folder:
        found = [seconds_to_report(Path(folder)) for _ in range(RUNS)]
        daemon.stop(Path(folder))
    first, whole = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"| on the engine: end of the job → the report names the exception | {GOAL:.0f} s | {first:.2f} s |")
    print(f"| … → the whole log is read | | {whole:.2f} s |")


if __name__ == "__main__":
    main()
