"""All benchmarks, one after the other: the tables of docs/benchmarks.md."""

from __future__ import annotations

import subprocess
import sys


def main() -> None:
    for title, module, options in (
        ("Text to definition, problems and graph", "bench_definition", []),
        ("Completion and help", "bench_assistance", []),
        ("The report of a failure", "bench_failure", []),
        ("What the engine adds to a step", "bench_engine", ["--peers", ".venv/peers"]),
        ("Cell run to DAG visible", "bench_canvas", ["--stock"]),
    ):
        print(f"\n## {title}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{module}", *options], check=True)


if __name__ == "__main__":
    main()
