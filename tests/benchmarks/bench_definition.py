"""Text to definition, problems and graph, and what loading the extension costs, against the SageMaker SDK.

``python -m tests.benchmarks.bench_definition``. The SDK builds and serialises the same pipelines, without any check. Both
sides work on one core and wait for nothing, so processor time is measured: what else the machine does then matters little.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.compile import compile_spec
from sm_pipeline_widgets.definition.spec import read_spec

if TYPE_CHECKING:
    from collections.abc import Callable

Upstream = list[list[int]]
GOALS_MS = {50: 25, 500: 200, 2000: 800}
LOAD_GOAL_S = 0.2
RUNS = 7
SDK_RUNS = 3
FRESH_RUNS = 5

SDK_SCRIPT = """
import json, logging, os, sys, time
logging.disable(logging.CRITICAL)
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "none"
started = time.process_time()
from sagemaker.workflow.pipeline import Pipeline
imported = time.process_time() - started
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import ProcessingStep
import boto3
upstream = json.loads(sys.stdin.read())
session = PipelineSession(boto_session=boto3.Session(region_name="us-east-1"), default_bucket="bucket")
def build():
    steps = []
    for number, before in enumerate(upstream):
        processor = Processor(role="arn:aws:iam::111122223333:role/x", image_uri="1.dkr.ecr.us-east-1.amazonaws.com/a:1",
                              instance_count=1, instance_type="ml.m5.large", sagemaker_session=session,
                              entrypoint=["python3", "main.py"])
        inputs = [ProcessingInput(input_name=f"i{n}", destination=f"/opt/ml/processing/input/i{n}",
                  source=steps[n].properties.ProcessingOutputConfig.Outputs["o"].S3Output.S3Uri) for n in before]
        args = processor.run(inputs=inputs, outputs=[ProcessingOutput(output_name="o", source="/opt/ml/processing/output/o",
                                 destination=f"s3://bucket/bench/s{number}")])
        steps.append(ProcessingStep(name=f"s{number}", step_args=args))
    return Pipeline(name="bench", steps=steps, sagemaker_session=session).definition()
times = []
for _ in range(int(sys.argv[1])):
    started = time.process_time(); build(); times.append(time.process_time() - started)
print(json.dumps({"import": imported, "times": times}))
"""

LOAD_SCRIPT = """
import time
import boto3, ipywidgets
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
started = time.process_time()
shell.run_line_magic("load_ext", "sm_pipeline_widgets")
print(time.process_time() - started)
"""
IMPORT_SCRIPT = """
import time
started = time.process_time()
import sagemaker.workflow.pipeline
print(time.process_time() - started)
"""


def layered(size: int) -> Upstream:
    """Random layers: each step reads from up to two of the twenty before it; the same at every run."""
    chosen = random.Random(size)
    return [sorted(chosen.sample(range(max(0, n - 20), n), min(n, chosen.randint(1, 2)))) for n in range(size)]


def chain(size: int) -> Upstream:
    """Each step reads from the one before it."""
    return [[n - 1] if n else [] for n in range(size)]


def fan(size: int) -> Upstream:
    """All steps read from the first."""
    return [[0] if n else [] for n in range(size)]


def text_of(upstream: Upstream) -> str:
    """The same steps in the cell language."""
    lines = ["defaults: {image: 1.dkr.ecr.us-east-1.amazonaws.com/a:1}", "steps:"]
    for number, before in enumerate(upstream):
        lines += [f"  s{number}:", "    type: Processing", "    command: [python3, main.py]", "    outputs: [o]"]
        if before:
            lines += ["    inputs:", *(f"      i{n}: $steps.s{n}.outputs.o" for n in before)]
    return "\n".join(lines) + "\n"


def measured(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median processor seconds of `runs` runs, after one that does not count."""
    work()
    times = []
    for _ in range(runs):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def fresh(script: str, *arguments: str, given: str = "") -> str:
    """The last line a script prints in an interpreter of its own."""
    quiet = {**os.environ, "SAGEMAKER_SUPPRESS_V2_WARNING": "1"}
    command = [sys.executable, "-W", "ignore", "-c", script, *arguments]
    answer = subprocess.run(command, input=given, text=True, capture_output=True, check=True, env=quiet)
    return answer.stdout.splitlines()[-1]


def ours(upstream: Upstream) -> float:
    """Processor seconds from text to definition, problems and graph."""
    text = text_of(upstream)
    result = compile_spec(read_spec(text), "bench")
    assert not [problem for problem in result.problems if problem.severity == "error"]
    assert len(result.graph) == len(upstream)
    return measured(lambda: compile_spec(read_spec(text), "bench"))


def theirs(upstream: Upstream) -> float:
    """Processor seconds the SDK needs to build and serialise the same steps."""
    times: list[float] = json.loads(fresh(SDK_SCRIPT, str(SDK_RUNS), given=json.dumps(upstream)))["times"]
    return statistics.median(times)


def definitions() -> None:
    """The first table."""
    print("| steps | goal | text to definition, problems, graph | SDK building and serialising | SDK / ours |")
    print("|---|---|---|---|---|")
    for shape in (layered, chain, fan):
        for size, goal in GOALS_MS.items():
            upstream = shape(size)
            mine, sdk = ours(upstream), theirs(upstream)
            print(
                f"| {size} {shape.__name__} | {goal} ms | {mine * 1000:.0f} ms | {sdk * 1000:.0f} ms | {sdk / mine:.1f} |",
                flush=True,
            )


def loading() -> None:
    """The second table."""
    load = statistics.median(float(fresh(LOAD_SCRIPT)) for _ in range(FRESH_RUNS))
    sdk = statistics.median(float(fresh(IMPORT_SCRIPT)) for _ in range(FRESH_RUNS))
    print("| | goal | seconds | SDK / ours |")
    print("|---|---|---|---|")
    print(f"| `%load_ext`, after `import ipywidgets, boto3` | {LOAD_GOAL_S} s | {load:.2f} s | {sdk / load:.1f} |")
    print(f"| `import sagemaker.workflow.pipeline` | | {sdk:.2f} s | |")


def main() -> None:
    definitions()
    print()
    loading()
    print(f"\nLoad of the machine: {os.getloadavg()[0]:.1f} (1 minute), {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
