"""Pages of the site that are made of the code: the language of its step table, the magics of their verbs.

Nothing it makes is kept: a page cannot say what the code does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sm_pipeline_widgets import _HOMES as HOMES
from sm_pipeline_widgets.definition.images import aliases
from sm_pipeline_widgets.definition.steps import KNOWN_TYPES, STEP_TYPES
from sm_pipeline_widgets.definition.steps.base import COMMON_KEYS
from sm_pipeline_widgets.definition.steps.examples import example
from sm_pipeline_widgets.magics.cell import PIPELINE_USAGE, STEP_USAGE
from sm_pipeline_widgets.magics.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sm_pipeline_widgets.definition.steps.base import StepType

LANGUAGE = """How references, conditions and parameters are written, the [tutorial](../tutorial.md) shows; here is
every key there is. Whatever the service can do beyond them is said under `arguments:`, in its own words."""
OTHERS = """and any type that AWS will add: their members are written under `arguments:` and as the service spells them;
they are drawn, checked against the API's shapes where those are known, and submitted."""
MAGICS = """`%load_ext sm_pipeline_widgets` registers them. The same verbs work in a terminal:
`python -m sm_pipeline_widgets VERB …`, with files in the place of cells."""
PYTHON = {
    "Pipelines": ("Pipeline", "show"),
    "Targets": ("connect", "Target"),
    "Executions": ("run", "Execution", "executions"),
    "Versions of models": ("Registry",),
}


def write_pages(folder: Path) -> None:
    """Write the pages that are made of the code; a page that says the same already is left alone."""
    folder.mkdir(exist_ok=True)
    for name, text in {"language": language(), "magics": magics(), "python": python()}.items():
        path = folder / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def language() -> str:
    """Every type of step with its keys and what others may read of it."""
    parts = [
        "# The language of the cell",
        LANGUAGE,
        "## Keys of every step",
        *keys("", COMMON_KEYS),
    ]
    for row in STEP_TYPES.values():
        parts += step(row)
    others = [name for name in KNOWN_TYPES if name not in STEP_TYPES]
    parts += [
        "## Other types",
        f"{', '.join(f'`{name}`' for name in others)}, {OTHERS}",
        "## Image aliases",
        "With a version behind a colon (`xgboost:1.7-1`), or the newest known one:",
        ", ".join(f"`{name}`" for name in sorted(aliases())) + ".",
    ]
    return "\n\n".join(parts) + "\n"


def step(row: StepType) -> Iterable[str]:
    """One type."""
    yield f"## {row.name}"
    yield row.doc
    yield from keys(row.name, row.keys)
    outputs = dict(row.outputs)
    if outputs:
        yield "Other steps may read:"
        yield table(("Reference", "What it is"), ((f"`$steps.NAME.{name}`", says) for name, says in outputs.items()))


def keys(type_: str, said: Mapping[str, str]) -> Iterable[str]:
    """A table of keys, and below it an example of each."""
    yield table(("Key", "What it says"), ((f"`{key}`", says) for key, says in said.items()))
    yield "```yaml\n" + "\n".join(example(type_, key) for key in said if example(type_, key)) + "\n```"


def magics() -> str:
    """Every verb."""
    rows = [
        "# Magics and terminal",
        MAGICS,
        f"```text\n{PIPELINE_USAGE}\n{STEP_USAGE}\n```",
    ]
    for verb in VERBS.values():
        rows += [f"## {verb.name}", verb.does, f"```text\n%pipeline {verb.usage}\n```", f"```text\n{verb.example}\n```"]
    return "\n\n".join(rows) + "\n"


def python() -> str:
    """The public names, from their docstrings."""
    parts = ["# Python", "Everything is imported from `sm_pipeline_widgets`."]
    for heading, names in PYTHON.items():
        parts.append(f"## {heading}")
        for name in names:
            kind = "autoclass" if name[0].isupper() else "autofunction"
            options = ":members:\n" if kind == "autoclass" else ""
            parts.append(f"```{{eval-rst}}\n.. {kind}:: sm_pipeline_widgets.{HOMES[name]}.{name}\n   {options}```")
    return "\n\n".join(parts) + "\n"


def table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
