"""An edit as a page asks for it: until the new text is sent, and until the new picture is. In the kernel alone; processor time.

``python -m tests.benchmarks.bench_editing``
"""

from __future__ import annotations

import statistics
import time

from sm_pipeline_widgets import Pipeline
from sm_pipeline_widgets.api.show import LiveView
from sm_pipeline_widgets.definition.edits import AddStep, DeleteStep, RenameStep, SetField
from tests.benchmarks.bench_definition import layered, text_of
from tests.fake_page import FakePage

SIZES = (50, 500)
RUNS = 5


def timed(page, ask):
    """Seconds until the text was sent, and until all was."""
    written = [0.0]

    def note(message):
        if message["kind"] == "edit_written":
            written[0] = time.process_time()

    page.listen(note)
    started = time.process_time()
    ask()
    done = time.process_time() - started
    return (written[0] - started if written[0] else done), done


def edits_of(page, size, run):
    """Each kind of edit, by what it is called."""
    middle, first, new = f"s{size // 2}", f"s{size // 3 + run}", f"new{run}"
    return {
        "add a step": lambda: page.edit(AddStep(new, "Training", after=middle)),
        "connect": lambda: page.connect(middle, new),
        "set a field": lambda: page.edit(SetField(middle, ("count",), run + 2)),
        "rename": lambda: page.edit(RenameStep(first, f"t{run}")),
        "delete": lambda: page.edit(DeleteStep(new)),
        "type": lambda: page.type(f"{page.text}\n  x{run}: {{type: Fail, message: x}}"),
        "a step's form": lambda: page.form(middle),
    }


def main() -> None:
    found: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for size in SIZES:
        text = text_of(layered(size)).rstrip("\n")
        page = FakePage(LiveView.of_pipeline(Pipeline.from_yaml(text, "large", first_line=2)).view, text)
        for run in range(RUNS):
            for name, ask in edits_of(page, size, run).items():
                found.setdefault((size, name), []).append(timed(page, ask))
    print("| edit | " + " | ".join(f"{size} steps: text | picture" for size in SIZES) + " |")
    print("|---|" + "---|---|" * len(SIZES))
    for name in edits_of(None, SIZES[0], 0):
        row = [statistics.median(values) for size in SIZES for values in zip(*found[size, name], strict=True)]
        print(f"| {name} | " + " | ".join(f"{seconds * 1000:.0f} ms" for seconds in row) + " |")


if __name__ == "__main__":
    main()
