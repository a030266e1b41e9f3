"""What the engine adds to a step that does nothing, over starting Python once: a chain, a fan and diamonds.

``python -m tests.benchmarks.bench_engine``
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.engine.daemon import stop

STEPS = 20
RUNS = 5


def chain() -> list[list[int]]:
    return [[n - 1] if n else [] for n in range(STEPS)]


def fan() -> list[list[int]]:
    return [[] for _ in range(STEPS)]


def diamonds() -> list[list[int]]:
    """One, three, one, three …: each layer waits for all of the one before."""
    layers: list[list[int]] = []
    steps: list[list[int]] = []
    while len(steps) < STEPS:
        width = 1 if len(layers) % 2 == 0 else 3
        before = layers[-1] if layers else []
        layers.append(list(range(len(steps), len(steps) + width)))
        steps += [list(before) for _ in range(width)]
    return steps


def critical_path(steps: list[list[int]]) -> int:
    lengths: list[int] = []
    for before in steps:
        lengths.append(1 + max((lengths[n] for n in before), default=0))
    return max(lengths)


def text_of(steps: list[list[int]]) -> str:
    lines = ["steps:"]
    for number, before in enumerate(steps):
        lines += [f"  s{number}:", "    type: Processing", "    image: none/none", "    command: [python3, -c, pass]"]
        lines += [f"    depends_on: [{', '.join(f's{n}' for n in before)}]"] if before else []
    return "\n".join(lines) + "\n"


def python_start() -> float:
    """Seconds that starting Python and doing nothing takes here, now."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


def run_once(name: str) -> float:
    """Seconds from asking for an execution to its end as the engine records it."""
    target = connect("local")
    arn = pipelines.start(target, name)
    while (answer := pipelines.describe(target, arn))["PipelineExecutionStatus"] == "Executing":
        time.sleep(0.02)
    assert answer["PipelineExecutionStatus"] == "Succeeded", answer
    return (answer["LastModifiedTime"] - answer["CreationTime"]).total_seconds()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SM_PIPELINE_WIDGETS_HOME"] = folder
        target = connect("local")
        print(
            "| DAG of no-op steps | steps | on the critical path | run | starting Python | added per step of the path |"
        )
        print("|---|---|---|---|---|---|")
        for shape in (chain, fan, diamonds):
            steps = shape()
            pipeline = Pipeline.from_yaml(text_of(steps), shape.__name__)
            pipelines.submit(target, pipeline.name, pipeline.definition(target))
            run_once(pipeline.name)
            starts = [python_start() for _ in range(RUNS)]
            times = [run_once(pipeline.name) for _ in range(RUNS)]
            path = critical_path(steps)
            # a fan is bound by the cores, not by its path of one step
            rounds = max(path, -(-len(steps) // (os.cpu_count() or 1)))
            total, start = statistics.median(times), statistics.median(starts)
            added = (total - rounds * start) / rounds
            print(
                f"| {shape.__name__} | {len(steps)} | {path} | {total * 1000:.0f} ms | {start * 1000:.0f} ms "
                f"| {added * 1000:.0f} ms |"
            )
        stop(Path(folder))


if __name__ == "__main__":
    main()
