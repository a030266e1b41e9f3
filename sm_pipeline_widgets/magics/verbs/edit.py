"""``%pipeline edit``: what the canvas does to a text, where no canvas can be: in a terminal, in VS Code, in Colab."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.magics.finding import find
from sm_pipeline_widgets.magics.verbs.base import Verb

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from sm_pipeline_widgets.api.pipeline import Pipeline
    from sm_pipeline_widgets.definition.edits import Edit, Path
    from sm_pipeline_widgets.magics.session import Session

_FORMS: Mapping[str, str] = {
    "add": "add TYPE STEP",
    "rename": "rename STEP NEW",
    "delete": "delete STEP",
    "connect": "connect STEP[.OUTPUT] STEP[.KEY]",
    "set": "set STEP.KEY VALUE",
    "unset": "unset STEP.KEY",
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what")
    parser.add_argument("edit", choices=_FORMS)
    parser.add_argument("words", nargs="+")


def run(session: Session, given: argparse.Namespace) -> str:
    from sm_pipeline_widgets.api.pipeline import Pipeline  # noqa: PLC0415 - kept out of %load_ext's time

    pipeline = find(session, given.what)
    if not isinstance(pipeline, Pipeline):
        raise UsageError(f"`{given.what}` is an execution, not a pipeline.", "Name the pipeline whose text is meant.")
    text = pipeline.edit(_READERS[given.edit](pipeline, given.words)).to_yaml()
    shell = get_ipython()
    if shell is None:
        return text.rstrip("\n")
    # never in place of what was typed
    shell.set_next_input(f"%%pipeline {shlex.quote(pipeline.name)}\n{text}".rstrip("\n"), replace=False)
    return f"The cell below is `{pipeline.name}` with this edit. Run it, or copy its text into the cell you keep."


def _add(_pipeline: Pipeline, words: Sequence[str]) -> Edit:
    from sm_pipeline_widgets.definition.edits import AddStep  # noqa: PLC0415

    type_name, name = _exactly("add", words, 2)
    return AddStep(name, type_name)


def _rename(_pipeline: Pipeline, words: Sequence[str]) -> Edit:
    from sm_pipeline_widgets.definition.edits import RenameStep  # noqa: PLC0415

    name, new = _exactly("rename", words, 2)
    return RenameStep(name, new)


def _delete(_pipeline: Pipeline, words: Sequence[str]) -> Edit:
    from sm_pipeline_widgets.definition.edits import DeleteStep  # noqa: PLC0415

    (name,) = _exactly("delete", words, 1)
    return DeleteStep(name)


def _connect(pipeline: Pipeline, words: Sequence[str]) -> Edit:
    """The edge that is said; where only steps are, the one that could be meant."""
    from sm_pipeline_widgets.definition.connections import possible_connections  # noqa: PLC0415
    from sm_pipeline_widgets.definition.edits import Connect  # noqa: PLC0415
    from sm_pipeline_widgets.definition.rewrite_page import read_page  # noqa: PLC0415

    begin, end = _exactly("connect", words, 2)
    source, _, output = begin.partition(".")
    target, path = _key(end)
    if path:
        return Connect(source, output, target, path)
    found = possible_connections(read_page(pipeline.to_yaml()).spec, source, target)
    fits = [one for one in found.choices if not one.asks and (not output or one.edit.output == output)]
    if not fits:
        raise UsageError(found.reason or f"`{begin}` feeds nothing of `{target}`.", found.fix or _usage("connect"))
    data = [one for one in fits if one.edit.output] or fits
    if len(data) > 1:
        ways = "; ".join(f"`{source}.{one.edit.output} {target}.{'.'.join(map(str, one.edit.input))}`" for one in data)
        raise UsageError(f"`{source}` and `{target}` can be connected in {len(data)} ways.", f"Say which: {ways}.")
    return data[0].edit


def _set(_pipeline: Pipeline, words: Sequence[str]) -> Edit:
    from sm_pipeline_widgets.definition.edits import SetField  # noqa: PLC0415
    from sm_pipeline_widgets.definition.typed_values import read_typed  # noqa: PLC0415

    if len(words) < 2:
        _exactly("set", words, 2)
    step, path = _key(words[0])
    return SetField(step, path, read_typed(" ".join(words[1:])))


def _unset(_pipeline: Pipeline, words: Sequence[str]) -> Edit:
    from sm_pipeline_widgets.definition.edits import RemoveField  # noqa: PLC0415

    (place,) = _exactly("unset", words, 1)
    return RemoveField(*_key(place))


_READERS: Mapping[str, Callable[[Pipeline, Sequence[str]], Edit]] = {
    "add": _add,
    "rename": _rename,
    "delete": _delete,
    "connect": _connect,
    "set": _set,
    "unset": _unset,
}


def _key(place: str) -> tuple[str, Path]:
    """A step and a key of it: ``train.inputs.data``, ``train.args.0``."""
    step, *rest = place.split(".")
    return step, tuple(int(part) if part.isdecimal() else part for part in rest)


def _exactly(edit: str, words: Sequence[str], count: int) -> Sequence[str]:
    if len(words) != count:
        raise UsageError(f"`{edit}` takes {count} word{'' if count == 1 else 's'}, not {len(words)}.", _usage(edit))
    return words


def _usage(edit: str) -> str:
    return f"Usage: %pipeline edit NAME {_FORMS[edit]}"


EDIT = Verb(
    name="edit",
    usage=f"edit NAME|FILE ({' | '.join(_FORMS.values())})",
    does="Put a pipeline's text with one edit made into a new cell below; a terminal prints it. Comments and layout "
    "stay, and every reference follows a new name.",
    example="%pipeline edit diabetes rename train fit",
    run=run,
    options=options,
)
