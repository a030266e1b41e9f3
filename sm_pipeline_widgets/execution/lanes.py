r"""Which lines of a log are one process's: by host, and by the rank that a launcher writes before every line.

>>> mixed = [LogLine(0, "algo-1", "[0]: a"), LogLine(1, "algo-1", "[1]: b"), LogLine(2, "algo-1", "[0]: c")]
>>> [(lane.rank, lane.texts) for lane in lanes(mixed)]
[('[0]', ['a', 'c']), ('[1]', ['b'])]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.execution.loglines import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Lane", "LogLine", "lanes", "plain"]

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
# torchrun: `[rank0]: `, `[default0]:`; MPI: `[1,mpirank:0,algo-1]<stderr>:`; Ray: `(f pid=12, ip=…) `.
_RANK = re.compile(
    r"(?P<rank>\[(?:rank)?\d+\]):(?: |$)|(?P<default>\[default\d+\]):"
    r"|(?P<mpi>\[\d+,(?:mpirank:)?\d+[^\]]*\])<std(?:err|out)>:|(?P<ray>\([\w. ]*pid=\d+[^)]*\))(?: |$)"
)


@dataclass(slots=True)
class Lane:
    """The lines of one process, and their texts without colours and rank; ``lines`` and ``texts`` go together."""

    stream: str
    rank: str = ""
    lines: list[LogLine] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def lanes(lines: Sequence[LogLine]) -> list[Lane]:
    """The processes that wrote, in the order in which they began."""
    found: dict[tuple[str, str], Lane] = {}
    for line in lines:
        text = plain(line.text)
        rank = ""
        if text[:1] in ("[", "("):
            match = _RANK.match(text)
            if match is not None:
                rank, text = str(match[match.lastgroup or 0]), text[match.end() :]
        lane = found.get((line.stream, rank))
        if lane is None:
            lane = found[line.stream, rank] = Lane(line.stream, rank)
        lane.lines.append(line)
        lane.texts.append(text)
    return list(found.values())


def plain(text: str) -> str:
    """A line as a terminal would leave it: no colours, of a progress bar the last state."""
    shown = text.rstrip()
    if "\x1b" in shown:
        shown = _ANSI.sub("", shown).rstrip()
    return shown.rpartition("\r")[2] if "\r" in shown else shown
