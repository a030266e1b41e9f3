"""What a verb of ``%pipeline`` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sm_pipeline_widgets.magics.session import Session


def no_options(_parser: argparse.ArgumentParser) -> None:
    """For verbs that take nothing."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Parameters
    ----------
    usage
        How it is typed, behind ``%pipeline``.
    does
        One sentence.
    example
        A line that works.
    run
        Does it, and gives back what the notebook shows (None when it has shown it already).
    options
        Declares what it takes.
    """

    name: str
    usage: str
    does: str
    example: str
    run: Callable[[Session, argparse.Namespace], Any]
    options: Callable[[argparse.ArgumentParser], None] = no_options
