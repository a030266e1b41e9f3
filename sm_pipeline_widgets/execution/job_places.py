"""Where what a job reads lies: its inputs and its program, each with the way to its URI in the job's request."""

from __future__ import annotations

from dataclasses import dataclass

CODE_INPUTS = ("code", "entrypoint", "sm_drivers")
"""Names of inputs that hold a program, by the SDK's and this package's habit."""


@dataclass(frozen=True, slots=True)
class JobInput:
    """An input of a job: its name, where it lies, how it is read, and where the job finds it.

    ``place`` leads to its URI in the request.
    """

    name: str
    uri: str
    data_type: str
    local: str
    place: tuple[str | int, ...]
    is_whole: bool = False
    """Whether a part of it would make no sense: a model's artefacts."""

    @property
    def is_code(self) -> bool:
        return self.name in CODE_INPUTS


@dataclass(frozen=True, slots=True)
class CodePlace:
    """Where a job's program lies, and the file of it that runs.

    ``is_archive`` says that it is one ``tar.gz``; otherwise it is an object, or all objects below a prefix. ``place``
    leads to its URI in the request (below ``HyperParameters``, where the value is JSON in a text).
    """

    uri: str
    entry: str
    is_archive: bool
    place: tuple[str | int, ...]
