"""Text to definition, problems and graph, against the SageMaker SDK building and serialising the same pipeline.

``python -m tests.benchmarks.bench_definition [SDK_PYTHON]``: the second column needs an interpreter that has
``sagemaker<3``; ``make bench`` makes one.
"""

from __future__ import annotations

import json
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

SIZES = (50, 500, 2000)
RUNS = 7

SDK_SCRIPT = """
import json, logging, os, sys, time
logging.disable(logging.CRITICAL)
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "none"
started = time.perf_counter()
from sagemaker.workflow.pipeline import Pipeline
imported = time.perf_counter() - started
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
    started = time.perf_counter(); build(); times.append(time.perf_counter() - started)
print(json.dumps({"import": imported, "times": times}))
"""


def layered(size: int) -> list[list[int]]:
    """Random layers: each step reads from up to two of the twenty before it; the same at every run."""
    chosen = random.Random(size)
    return [sorted(chosen.sample(range(max(0, n - 20), n), min(n, chosen.randint(1, 2)))) for n in range(size)]


def text_of(upstream: list[list[int]]) -> str:
    """The same steps in the cell language."""
    lines = ["defaults: {image: 1.dkr.ecr.us-east-1.amazonaws.com/a:1}", "steps:"]
    for number, before in enumerate(upstream):
        lines += [f"  s{number}:", "    type: Processing", "    command: [python3, main.py]", "    outputs: [o]"]
        if before:
            lines += ["    inputs:", *(f"      i{n}: $steps.s{n}.outputs.o" for n in before)]
    return "\n".join(lines) + "\n"


def measured(work: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Seconds of each of `runs` runs, after one that does not count."""
    work()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times


def main() -> None:
    sdk = sys.argv[1] if len(sys.argv) > 1 else None
    print("| steps | text to definition, problems, graph | SDK building and serialising | SDK / ours |")
    print("|---|---|---|---|")
    for size in SIZES:
        upstream = layered(size)
        text = text_of(upstream)
        result = compile_spec(read_spec(text), "bench")
        assert not [problem for problem in result.problems if problem.severity == "error"]
        assert len(result.graph) == size
        ours = statistics.median(measured(lambda text=text: compile_spec(read_spec(text), "bench")))
        theirs = "not measured"
        ratio = ""
        if sdk is not None:
            answer = subprocess.run([sdk, "-W", "ignore", "-c", SDK_SCRIPT, "3"], input=json.dumps(upstream), text=True,
                                    capture_output=True, check=True)  # fmt: skip
            median = statistics.median(json.loads(answer.stdout.splitlines()[-1])["times"])
            theirs, ratio = f"{median * 1000:.0f} ms", f"{median / ours:.1f}"
        print(f"| {size} | {ours * 1000:.0f} ms | {theirs} | {ratio} |")


if __name__ == "__main__":
    main()
