"""What of a replay is to be different from the original: as a value, and as a person types it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sm_pipeline_widgets.api import declared
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sm_pipeline_widgets.api.code_book import CodeBook
    from sm_pipeline_widgets.api.execution import Execution
    from sm_pipeline_widgets.execution.replay import Sampled


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different from the original: nothing, by default.

    Parameters
    ----------
    code
        ``cell:NAME``, or the path of a file or folder, that takes the program's place.
    parameters
        Hyperparameters of a Training step; options of a Processing step's command line, without their dashes.
    environment
        Variables.
    sample
        How much of the data: a number of objects of each input, or a part between 0 and 1; all of it when None.
    """

    code: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    sample: Sampled = None


def changes_typed(execution: Execution, step: str, values: Mapping[str, str]) -> tuple[Changes, CodeBook | None]:
    """What was typed into a form (`code`, `parameters`, `environment`, `sample`), and who knows the cells it names.

    Without a `code` the step's newest code of this notebook is taken; where none is known here, the run's.

    Raises
    ------
    UsageError
        Something of it cannot be read, with what was expected.
    """
    own = declared.newest(execution.state.pipeline)
    use = own.compiled().code.get(step) if own is not None else None
    wanted = values.get("code", "").strip()
    code: str | None = wanted
    if wanted in {"", "newest"}:
        code = str(use.ref) if use is not None else None
    elif wanted == "original":
        code = None
    sample = values.get("sample", "").strip()
    changes = Changes(
        code,
        pairs_typed("parameters", values.get("parameters", "")),
        pairs_typed("environment", values.get("environment", "")),
        sample_typed(sample) if sample else None,
    )
    return changes, own.code if own is not None else None


def pairs_typed(name: str, text: str) -> dict[str, str]:
    """``alpha=0.1 note='two words'`` as a mapping.

    Raises
    ------
    UsageError
        It cannot be read so.
    """
    try:
        words = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise UsageError(f"`{name}` cannot be read: {error}.", "Close the quotes.") from error
    for key, equals, _ in words:
        if not key or not equals:
            raise UsageError(f"`{name}` has a word without a value: `{key}`.", "Write NAME=VALUE, with spaces between.")
    return {key: value for key, _, value in words}


def sample_typed(text: str) -> int | float:
    """A number of objects, or a part such as ``0.1`` or ``10%``.

    Raises
    ------
    UsageError
        It is neither.
    """
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        raise UsageError(f"`{text}` is no sample.", "Give a number of objects (20) or a part (10%, 0.1).") from None
