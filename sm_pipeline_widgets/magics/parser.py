"""Options of the magics: argparse without its exits, and words split as a shell splits them."""

from __future__ import annotations

import argparse
import shlex
from typing import NoReturn

from sm_pipeline_widgets.definition.run_form import RunOptions
from sm_pipeline_widgets.errors import UsageError


class MagicParser(argparse.ArgumentParser):
    """An argument parser for one verb; what it cannot read is a :class:`UsageError` that shows the usage."""

    def __init__(self, prog: str, usage: str) -> None:
        super().__init__(prog=prog, usage=usage, add_help=False, allow_abbrev=False)

    @property
    def actions(self) -> tuple[argparse.Action, ...]:
        """Every argument and option there is, for completion."""
        return tuple(self._actions)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}.", f"Usage: {self.usage}")

    def read(self, line: str) -> argparse.Namespace:
        """Parse a magic's line.

        Raises
        ------
        UsageError
            A quote is not closed, an option does not exist, or something is missing.
        """
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise UsageError(f"{self.prog}: {error}.", "Close the quote, or put a backslash before it.") from error
        return self.parse_args(words)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The options that ``%pipeline run`` and ``%%pipeline --run`` share."""
    parser.add_argument("-p", "--parameter", dest="parameters", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--target", default=None)
    parser.add_argument("--name", dest="display_name", default="")
    parser.add_argument("--description", default="")
    parser.add_argument("--parallelism", type=int, default=None)
    parser.add_argument("--tag", dest="tags", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--yes", "-y", action="store_true")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--wait", action="store_true")


def run_options(given: argparse.Namespace) -> RunOptions:
    """What was typed as the options of a run.

    Raises
    ------
    UsageError
        A parameter or tag has no value, or is given twice.
    """
    return RunOptions(
        parameters=parameter_values(given.parameters),
        display_name=given.display_name,
        description=given.description,
        parallelism=given.parallelism,
        tags=tuple(parameter_values(given.tags, "--tag", "Tag").items()),
        version=getattr(given, "version", None),
        alias=getattr(given, "alias", None) or "",
    )


def parameter_values(words: list[str], option: str = "-p", noun: str = "Parameter") -> dict[str, str]:
    """``NAME=VALUE`` words as a mapping.

    Raises
    ------
    UsageError
        A word has no equals sign, or a name is given twice.
    """
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"`{option} {word}` gives no value.", f"Write `{option} {name or 'NAME'}=VALUE`.")
        if name in values:
            raise UsageError(f"{noun} `{name}` is given twice.", "Remove one of them.")
        values[name] = value
    return values
