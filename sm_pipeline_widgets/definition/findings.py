"""What a rule over a definition finds, before anybody has said where in a text that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sm_pipeline_widgets.errors import Severity

Path = tuple[str | int, ...]
"""Where in a step's JSON (or, for findings without a step, in the definition): member names and list indexes."""

HERE = "{at}"
"""Stands in a message for the finding's path; filled in once the whole path is known."""


class Finding(NamedTuple):
    """One thing that is wrong, at a path of a step's JSON."""

    code: str
    message: str
    fix: str
    path: Path
    severity: Severity = Severity.ERROR
    step: str | None = None
    on_key: bool = False  # whether the path's last name is what is wrong, not the value under it

    def below(self, key: str | int) -> Finding:
        """The same, seen from one level further out."""
        return self._replace(path=(key, *self.path))

    @property
    def words(self) -> str:
        """The message with its path in it."""
        return self.message.replace(HERE, dotted(self.path))


Kinds = Callable[[object], str | None]
"""The type an expression will have - ``string``, ``integer``, ``float``, ``boolean``, ``list``, ``map``,
``structure`` - or None when nobody can say before the run."""


def problem(  # noqa: PLR0917 - a row of a table, called in many places
    code: str,
    message: str,
    fix: str = "",
    path: Path = (),
    severity: Severity = Severity.ERROR,
    step: str | None = None,
) -> Finding:
    """A finding; called so that the problem codes of the documentation can be found in the code."""
    return Finding(code, message, fix, path, severity, step)


def dotted(path: Path) -> str:
    """``ResourceConfig.InstanceType``; the word ``Arguments`` that all of them begin with is left out."""
    shown = path[1:] if len(path) > 1 and path[0] == "Arguments" else path
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in shown)
    return text.removeprefix(".")
