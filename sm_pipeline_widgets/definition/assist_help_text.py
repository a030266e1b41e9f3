"""Help as plain text and as Markdown: names and documentation are escaped, nothing becomes markup by what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sm_pipeline_widgets.definition.assist_help import Fact, Help

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>$&:@-])")
_PARAGRAPHS = 6


def as_text(told: Help) -> str:
    """Help as a terminal shows it."""
    blocks = [*(f"{one.severity}: {one.message}" + (f"\n  {one.fix}" if one.fix else "") for one in told.problems)]
    head = [line for line in (told.title, told.sentence) if line]
    blocks += ["\n".join(head)] if head else []
    blocks += ["\n".join(f"{fact.about}: {fact.says}" for fact in told.facts)] if told.facts else []
    return "\n\n".join([*blocks, *_documentation(told)])


def as_markdown(told: Help) -> str:
    """Help as a notebook shows it."""
    blocks = []
    for problem in told.problems:
        fix = f" {_prose(problem.fix)}" if problem.fix else ""
        blocks.append(f"**{problem.severity}:** {_prose(problem.message)}.{fix}")
    blocks += [f"### {code(told.title)}"] if told.title else []
    blocks += [_prose(told.sentence)] if told.sentence else []
    blocks += ["\n".join(f"- **{escaped(fact.about)}**: {_said(fact)}" for fact in told.facts)] if told.facts else []
    documentation = [escaped(block) for block in _documentation(told)]
    blocks += ["---", *documentation] if documentation else []
    return "\n\n".join(blocks)


def _documentation(told: Help) -> list[str]:
    blocks = told.documentation.split("\n\n") if told.documentation else []
    return [*blocks[:_PARAGRAPHS], "…"] if len(blocks) > _PARAGRAPHS else blocks


def _said(fact: Fact) -> str:
    return code(fact.says) if fact.code else _prose(fact.says)


def escaped(text: str) -> str:
    """Text of which nothing is read as Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text)).replace("\\<", "&lt;").replace("\\>", "&gt;")


def code(text: str) -> str:
    """Text as code, whatever backticks it holds."""
    text = re.sub(r"\s+", " ", text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _prose(text: str) -> str:
    """Our own sentences: what stands between single backticks is code, the rest is escaped."""
    parts = re.split(r"`([^`]+)`", text)
    return "".join(code(part) if at % 2 else escaped(part) for at, part in enumerate(parts))
