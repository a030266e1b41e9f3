"""What the engine adds to a step, what a call of its API takes, how much memory it needs; and the same DAGs elsewhere.

``python -m tests.benchmarks.bench_engine [--peers DIR] [--runs N]``

With ``--peers`` Kubeflow Pipelines' local subprocess runner and Metaflow are installed below that folder, each into an
environment of its own, and run the same DAGs in the same run: steps that do nothing, and steps that take a second.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.api.targets import connect
from sm_pipeline_widgets.aws import pipelines
from sm_pipeline_widgets.engine import daemon

STEPS = 20
CALLS = 300
PEERS = {"kfp": "kfp.local", "metaflow": "Metaflow"}
Dag = list[list[int]]


def chain() -> Dag:
    return [[n - 1] if n else [] for n in range(STEPS)]


def fan() -> Dag:
    return [[] for _ in range(STEPS)]


def diamonds() -> Dag:
    """One, three, one, three …: each layer waits for all of the one before."""
    layers: list[list[int]] = []
    steps: Dag = []
    while len(steps) < STEPS:
        width = 1 if len(layers) % 2 == 0 else 3
        before = layers[-1] if layers else []
        layers.append(list(range(len(steps), len(steps) + width)))
        steps += [list(before) for _ in range(width)]
    return steps


def critical_path(steps: Dag) -> int:
    lengths: list[int] = []
    for before in steps:
        lengths.append(1 + max((lengths[n] for n in before), default=0))
    return max(lengths)


def text_of(steps: Dag, seconds: float) -> str:
    code = f"import time; time.sleep({seconds})" if seconds else "pass"
    lines = ["steps:"]
    for number, before in enumerate(steps):
        lines += [f"  s{number}:", "    type: Processing", "    image: none/none"]
        lines += [f"    command: [python3, -c, '{code}']"]
        lines += [f"    depends_on: [{', '.join(f's{n}' for n in before)}]"] if before else []
    return "\n".join(lines) + "\n"


def python_start() -> float:
    """Seconds that starting Python and doing nothing takes here, now."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


def submit(name: str, steps: Dag, seconds: float) -> None:
    target = connect("local")
    pipeline = Pipeline.from_yaml(text_of(steps, seconds), name)
    pipelines.submit(target, pipeline.name, pipeline.definition(target))


def run_once(name: str) -> float:
    """Seconds from asking for an execution to its end as the engine records it."""
    target = connect("local")
    arn = pipelines.start(target, name)
    while (answer := pipelines.describe(target, arn))["PipelineExecutionStatus"] == "Executing":
        time.sleep(0.02)
    assert answer["PipelineExecutionStatus"] == "Succeeded", answer
    return (answer["LastModifiedTime"] - answer["CreationTime"]).total_seconds()


def table(header: list[str], rows: list[list[str]]) -> None:
    for line in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(line) + " |", flush=True)
    print()


def overhead(runs: int) -> None:
    rows = []
    for shape in (chain, fan, diamonds):
        steps = shape()
        submit(shape.__name__, steps, 0)
        run_once(shape.__name__)
        starts = [python_start() for _ in range(runs)]
        times = [run_once(shape.__name__) for _ in range(runs)]
        path = critical_path(steps)
        # a fan is bound by the cores, not by its path of one step
        rounds = max(path, -(-len(steps) // (os.cpu_count() or 1)))
        total, start = statistics.median(times), statistics.median(starts)
        added = (total - rounds * start) / rounds
        rows.append(
            [shape.__name__, str(len(steps)), str(path), *(f"{at * 1000:.0f} ms" for at in (total, start, added))]
        )
    header = [
        "DAG of no-op steps",
        "steps",
        "on the critical path",
        "run",
        "starting Python",
        "added per step of the path",
    ]
    table(header, rows)


def peer_python(folder: Path, package: str) -> Path:
    """The Python of an environment that has a package; made if it is not there."""
    python = folder / package / "bin" / "python"
    if not (folder / package / ".done").exists():
        venv.create(folder / package, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
        (folder / package / ".done").touch()
    return python


def peer_run(python: Path, package: str, steps: Dag, seconds: float) -> float:
    program = Path(__file__).parent / "peers" / f"{package}_peer.py"
    command = [python, "-W", "ignore", str(program), json.dumps(steps), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return float(done.stdout.split()[-1])


def against_peers(folder: Path, runs: int) -> None:
    """The same DAGs by the engine and its peers, one after the other within each round."""
    pythons = {package: peer_python(folder, package) for package in PEERS}
    rows = []
    for seconds in (0.0, 1.0):
        for shape in (chain, fan, diamonds):
            steps, name = shape(), f"{shape.__name__}-{seconds:g}"
            submit(name, steps, seconds)
            run_once(name)
            times: dict[str, list[float]] = {package: [] for package in ("engine", *PEERS)}
            for _ in range(runs if not seconds else 1):
                times["engine"].append(run_once(name))
                for package, python in pythons.items():
                    times[package].append(peer_run(python, package, steps, seconds))
            middle = {package: statistics.median(found) for package, found in times.items()}
            kind = "no-op" if not seconds else f"{seconds:g} s each"
            rows.append([shape.__name__, kind, *(f"{middle[at]:.2f} s" for at in ("engine", *PEERS))])
            rows[-1] += [f"{middle[at] / middle['engine']:.1f}" for at in PEERS]
    names = list(PEERS.values())
    table(["DAG of 20", "steps", "engine", *names, *(f"{name} / engine" for name in names)], rows)


def latency() -> None:
    """Of calls one after the other, by one client, while nothing else runs in the engine."""
    client = connect("local").sagemaker
    name = client.list_pipelines()["PipelineSummaries"][0]["PipelineName"]
    arn = client.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"][0]["PipelineExecutionArn"]
    calls = {
        "DescribePipelineExecution": lambda: client.describe_pipeline_execution(PipelineExecutionArn=arn),
        "ListPipelineExecutionSteps": lambda: client.list_pipeline_execution_steps(PipelineExecutionArn=arn),
        "DescribePipeline": lambda: client.describe_pipeline(PipelineName=name),
        "ListPipelines": client.list_pipelines,
    }
    rows = []
    for operation, call in calls.items():
        call()
        times = []
        for _ in range(CALLS):
            started = time.perf_counter()
            call()
            times.append(time.perf_counter() - started)
        cuts = statistics.quantiles(times, n=100)
        rows.append([operation, f"{cuts[49] * 1000:.1f} ms", f"{cuts[98] * 1000:.1f} ms"])
    table([f"Call ({CALLS} by one client)", "p50", "p99"], rows)


def memory(home: Path) -> None:
    endpoint = daemon.status(home)
    assert endpoint is not None
    text = Path(f"/proc/{endpoint.pid}/status").read_text()
    found = {line.split(":")[0]: line.split()[1] for line in text.splitlines() if line.startswith("Vm")}
    now, most = (f"{int(found[name]) / 1024:.0f} MB" for name in ("VmRSS", "VmHWM"))
    table(["The engine's memory after all that", "now", "at most"], [["resident", now, most]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=None)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ[daemon.HOME_VARIABLE] = folder
        try:
            overhead(given.runs)
            latency()
            if given.peers is not None:
                against_peers(given.peers.absolute(), given.runs)
            memory(home)
        finally:
            daemon.stop(home)


if __name__ == "__main__":
    main()
