"""All benchmarks, one after the other: the tables of docs/benchmarks.md.

Run by its folder (``python tests/benchmarks``), not as a module: a package that one of the peers brings is called
``tests`` as well.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    sdk = sys.argv[1:2]
    for title, module, options in (
        ("Text to definition, problems and graph", "bench_definition", sdk),
        ("What the engine adds to a step, and peers", "bench_engine", ["--peers", ".venv/peers"]),
        ("Cell run to DAG visible", "bench_canvas", ["--stock"]),
    ):
        print(f"\n## {title}\n", flush=True)
        subprocess.run([sys.executable, str(HERE / f"{module}.py"), *options], check=True)


if __name__ == "__main__":
    main()
