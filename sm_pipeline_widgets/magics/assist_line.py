"""Completion and help in the lines of the magics: verbs, options, names of this notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sm_pipeline_widgets.definition.assist_values import Completions, Folder, Item, fitting
from sm_pipeline_widgets.magics.parser import MagicParser, add_run_options
from sm_pipeline_widgets.magics.verbs import VERBS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from sm_pipeline_widgets.magics.assist_cell import MagicLine
    from sm_pipeline_widgets.magics.session import Session

_DECLARED = ("name", "what", "before", "after", "prefix")
_FILES = ("file", "what")
_ABOUT_MODELS = {"models", "approve", "reject", "rollback", "deploy", "endpoint", "invoke", "undeploy"}
_GROUP = "ModelPackageGroupName"
_TARGETS = {"local": "the engine on this machine", "aws": "the default credentials"}


@dataclass(frozen=True, slots=True)
class _Typing:
    """What is typed: the verb, the words behind it, and the word at the cursor."""

    verb: str
    words: list[str]
    word: str
    session: Session
    files: Folder


def complete_line(place: MagicLine, session: Session, files: Folder) -> Completions:
    """What fits in a magic's line; `start` counts from the beginning of what is typed behind the magic's name."""
    words = place.typed.split()
    word = "" if not words or place.typed[-1:].isspace() else words.pop()
    start = len(place.typed) - len(word)
    if place.magic == "%pipeline" and not words:
        items: Iterable[Item] = (Item(verb.name, verb.does) for verb in VERBS.values())
    elif place.magic == "%pipeline":
        items = _of_parser(_Typing(words[0], words[1:], word, session, files))
    else:
        items = _of_parser(_Typing("", words, word, session, files))
    return Completions(start, fitting(items, word))


def _parser(name: str) -> MagicParser | None:
    """The options of a verb; of ``%%pipeline`` itself for an empty name."""
    verb = VERBS.get(name)
    parser = MagicParser(name, "")
    if verb is not None:
        verb.options(parser)
        return parser
    parser.add_argument("name")
    parser.add_argument("--run", action="store_true", help="start it as well")
    add_run_options(parser)
    return parser if not name else None


def _of_parser(typing: _Typing) -> Iterator[Item]:
    parser = _parser(typing.verb)
    if parser is None:
        return
    options = {flag: action for action in parser.actions for flag in action.option_strings}
    before = options.get(typing.words[-1]) if typing.words else None
    if before is not None and before.nargs != 0:
        yield from _values(before, typing)
        return
    waiting = [action for action in parser.actions if not action.option_strings]
    given = sum(
        1
        for at, one in enumerate(typing.words)
        if not one.startswith("-") and not _takes(options, typing.words[at - 1] if at else "")
    )
    if given < len(waiting) and not typing.word.startswith("-"):
        yield from _values(waiting[given], typing)
    for flag, action in options.items():
        if flag not in typing.words or action.dest == "parameters":
            yield Item(
                flag, action.help or f"takes {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
            )


def _takes(options: dict[str, argparse.Action], word: str) -> bool:
    action = options.get(word)
    return action is not None and action.nargs != 0


def _values(action: argparse.Action, typing: _Typing) -> Iterator[Item]:
    """What one argument takes, by what it is called."""
    kind, session = action.dest, typing.session
    yield from (Item(str(choice), kind) for choice in action.choices or ())
    if kind == "target" or (typing.verb, kind) == ("target", "name"):
        yield from (Item(name, says) for name, says in _TARGETS.items())
    elif typing.verb in _ABOUT_MODELS and kind in ("name", "version"):
        yield from _groups(session)
    elif kind in _DECLARED:
        yield from (Item(name, "declared in this notebook") for name in session.pipelines)
    elif kind == "parameters":
        yield from _parameters(typing)
    elif kind in ("step", "select"):
        yield from _steps(session)
    elif kind == "verb":
        yield from (Item(verb.name, verb.does) for verb in VERBS.values())
    elif kind == "execution":
        yield from (Item(arn, "an execution of this notebook") for arn in reversed([*session.executions]))
    if kind in _FILES and not re.match(r"[/~]|\w+:", typing.word):
        folder = typing.word.rpartition("/")[0]
        folder = f"{folder}/" if folder else ""
        for name in typing.files(folder):
            yield Item(folder + name, "folder" if name.endswith("/") else "file")


def _groups(session: Session) -> Iterator[Item]:
    """Groups that declared pipelines register models in; endpoints are called so, too, where nobody names them."""
    from sm_pipeline_widgets.definition.graph import iter_steps  # noqa: PLC0415 - kept out of %load_ext's time

    for name, pipeline in session.pipelines.items():
        for placed in iter_steps(pipeline.compiled(None).definition):
            arguments = placed.step.get("Arguments")
            group = arguments.get(_GROUP) if isinstance(arguments, dict) else None
            if isinstance(group, str):
                yield Item(group, f"the group of `{placed.name}` of {name}")


def _parameters(typing: _Typing) -> Iterator[Item]:
    pipelines = typing.session.pipelines
    for name in [word for word in typing.words if word in pipelines] or [*pipelines]:
        for parameter in pipelines[name].definition().get("Parameters", ()):
            yield Item(f"{parameter['Name']}=", f"{parameter.get('Type', '')} parameter of {name}")


def _steps(session: Session) -> Iterator[Item]:
    if session.latest is not None:
        yield from (Item(name, str(state.status)) for name, state in session.latest.steps.items())
        return
    for name, pipeline in session.pipelines.items():
        yield from (Item(step, f"a step of {name}") for step in pipeline.graph)
