"""Whatever a person names or hands over, as the pipeline or the execution it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.api.execution import Execution
from sm_pipeline_widgets.api.pipeline import Pipeline
from sm_pipeline_widgets.aws.objects import read_text
from sm_pipeline_widgets.definition.wording import listed
from sm_pipeline_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sm_pipeline_widgets.aws.target import Target

TEXTS = (".yaml", ".yml")
SUFFIXES = (".json", *TEXTS)
_DEPLOYABLE = re.compile(r"arn:.+|[A-Za-z0-9-]+(@.*)?")


def resolve(what: Any, target: Target | None, default_target: Callable[[], Target]) -> Pipeline | Execution:
    """The pipeline or execution that a value means; see :func:`~sm_pipeline_widgets.api.show.show`.

    Parameters
    ----------
    default_target
        Called where a target is needed and `target` is None.

    Raises
    ------
    UsageError
        It is nothing of the kind, or is not there.
    """
    value = of_value(what)
    if value is not None:
        return value
    if not isinstance(what, str | Path):
        fix = "Give a pipeline, an ARN, a file, an `s3://` URI or a definition."
        raise UsageError(f"A {type(what).__name__} is neither a pipeline nor an execution.", fix)
    text = str(what)
    if "/execution/" in text and text.startswith("arn:"):
        return Execution.attach(text, target or default_target())
    if text.startswith("s3://"):
        return of_text(read_text(target or default_target(), text), text)
    path = Path(text).expanduser()
    if path.suffix in SUFFIXES:
        return of_text(file_text(path), text)
    if not path.suffix and path.is_file():
        raise UsageError(f"`{path}` has no suffix that says what it holds.", f"Known are {listed(SUFFIXES)}.")
    if not _DEPLOYABLE.fullmatch(text):
        fix = f"Deployed pipelines have letters, digits and `-` in their names, files end in {listed(SUFFIXES)}."
        raise UsageError(f"`{text}` is nothing that is known here, and no name that a deployed pipeline can have.", fix)
    return Pipeline.from_deployed(target or default_target(), text)


def of_value(value: Any, name: str = "pipeline") -> Pipeline | Execution | None:
    """What a Python value is by itself: a pipeline, an execution, a definition, an SDK pipeline; None if it is not.

    `name` is for definitions, which do not say theirs.
    """
    if isinstance(value, Pipeline | Execution):
        return value
    if isinstance(value, Mapping):
        return Pipeline.from_definition(value, name)
    if callable(getattr(value, "definition", None)) and not isinstance(value, type):
        return Pipeline.from_sdk(value)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return Pipeline.from_definition(value, name)
    return None


def of_text(text: str, place: str) -> Pipeline:
    """A file's or object's text as a pipeline, named after it."""
    name = place.replace("\\", "/").rpartition("/")[2].split(".")[0] or "pipeline"
    return Pipeline.from_yaml(text, name) if place.endswith(TEXTS) else Pipeline.from_definition(text, name)


def file_text(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    UsageError
        It is not there, may not be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fix = "Save the file as UTF-8."
        raise UsageError(
            f"`{path}` is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}.", fix
        ) from None
    except OSError as error:
        fix = "Check the path; it begins at the notebook's folder."
        raise UsageError(f"`{path}` cannot be read: {error.strerror}.", fix) from None
