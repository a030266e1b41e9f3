"""Writes docs/failures.md from the catalogue: `python -m tests.execution.failure_docs > docs/failures.md`."""

from __future__ import annotations

from sm_pipeline_widgets.execution.catalogue import data, definition, machine, packages, python_code, service
from sm_pipeline_widgets.execution.catalogue.row import Confidence, Known

INTRODUCTION = """# Known failures

What `%pipeline why` and the failure card recognise, by the name they give it. A cause is a hint beside the failure's own
words: it shows the line it was recognised by, and how sure it is. A failure that is not here is told without a guess.
In the texts below, a word in capitals stands for what the failure names.
"""
FAMILIES = (
    ("Memory, disk, graphics cards, signals", machine.ROWS),
    ("Python scripts", python_code.ROWS),
    ("Packages, other languages, frameworks", packages.ROWS),
    ("Data and images", data.ROWS),
    ("Permissions, quotas, time, the service", service.ROWS),
    ("Definitions, conditions, requests", definition.ROWS),
)


def document() -> str:
    parts = [INTRODUCTION]
    for family, rows in FAMILIES:
        parts.append(f"# {family}\n")
        parts += [section(row) for row in rows]
    return "\n".join(parts)


def section(row: Known) -> str:
    lines = [f"## {row.name}", "", f"{plain(row.title, row)} {plain(row.fix, row)}", ""]
    lines += ["```", plain(row.snippet, row), "```", ""] if row.snippet else []
    return "\n".join([*lines, f"{known_by(row)} Known from: {row.source}.", ""])


def known_by(row: Known) -> str:
    said = [str(seen) for seen in row.seen] if row.pattern is not None else []
    said += [f"exit code {code}" for code in sorted(row.exits)]
    sure = {Confidence.CERTAIN: "", Confidence.LIKELY: ", a likely cause", Confidence.POSSIBLE: ", a possible cause"}
    general = "; told only when nothing more precise is known" if row.is_general else ""
    steps = f" of {' and '.join(sorted(row.types))} steps" if row.types else ""
    return f"Seen in: {', '.join(said)}{steps}{sure[row.confidence]}{general}."


def plain(template: str, row: Known) -> str:
    """The template with its groups as words in capitals; of alternatives that stand side by side the first."""
    groups = list(row.pattern.groupindex) if row.pattern is not None else []
    for name in groups:
        template = template.replace(f"}}{{{name}}}", "}")
    for name in groups:
        template = template.replace(f"{{{name}}}", name.upper())
    return " ".join(template.split()) if template == row.title else template.strip()


if __name__ == "__main__":
    print(document(), end="")
