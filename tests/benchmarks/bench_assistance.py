"""Completion and help in a text of many steps: the first time, and while one types on. Processor time.

``python -m tests.benchmarks.bench_assistance``
"""

from __future__ import annotations

import statistics
import time

from sm_pipeline_widgets.definition import assist_outline
from sm_pipeline_widgets.definition.assist_complete import complete
from sm_pipeline_widgets.definition.assist_help import explain
from tests.benchmarks.bench_definition import layered, measured, text_of

SIZES = (50, 500, 2000)
RUNS = 7
PLACES = {
    "a key": "    inst",
    "a step's name": "    args: [$steps.s",
    "an output": "    args: [$steps.s3.",
    "an instance type": "    instance: ml.m5",
    "a whole reference": "    inputs: {x: ",
}


def typed_into(size: int, line: str) -> tuple[str, int]:
    """A text with a half-written line in its last step, and the cursor at the line's end."""
    text = text_of(layered(size))
    at = text.rindex("    type: Processing\n") + len("    type: Processing\n")
    return f"{text[:at]}{line}\n{text[at:]}", at + len(line)


def first_time(size: int) -> float:
    """Seconds for a text that was never read before, shapes of the API known."""
    text, cursor = typed_into(size, "    inst")
    complete(text, cursor)
    assist_outline._part.cache_clear()
    started = time.process_time()
    complete(text, cursor)
    return time.process_time() - started


def main() -> None:
    print(f"| steps | {' | '.join(PLACES)} | the first time | help on a key |")
    print("|---|" + "---|" * (len(PLACES) + 2))
    for size in SIZES:
        row = []
        for line in PLACES.values():
            text, cursor = typed_into(size, line)
            row.append(measured(lambda text=text, cursor=cursor: complete(text, cursor)))
        row.append(statistics.median(first_time(size) for _ in range(3)))
        text, cursor = typed_into(size, "    instance: ml.m5.large")
        row.append(measured(lambda text=text, cursor=cursor: explain(text, cursor - 14), 3))
        print(f"| {size} | " + " | ".join(f"{seconds * 1000:.0f} ms" for seconds in row) + " |")


if __name__ == "__main__":
    main()
