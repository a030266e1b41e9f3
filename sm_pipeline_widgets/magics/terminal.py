"""The verbs of ``%pipeline`` in a terminal: plain text or JSON out, an exit code for scripts.

0 it succeeded, 1 it failed, 2 bad input, 3 it was stopped, 124 it still runs after ``--timeout``, 130 Ctrl+C.

A terminal has no cells: where a notebook takes a declared pipeline, here a file is given (``run demo.yaml``).
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from typing import TextIO

from sm_pipeline_widgets.errors import (
    CodeNotFoundError,
    DefinitionError,
    PipelineWidgetsError,
    UnansweredError,
    UsageError,
)
from sm_pipeline_widgets.magics.line import run_line
from sm_pipeline_widgets.magics.terminal_session import Exit, Place, TerminalSession, in_a_terminal
from sm_pipeline_widgets.magics.terminal_verbs import TERMINAL_VERBS

_INPUT = (UsageError, DefinitionError, CodeNotFoundError, UnansweredError)


def main(arguments: list[str], output: TextIO | None = None, errors: TextIO | None = None) -> int:
    """Run one verb; the exit code."""
    output, errors = output or sys.stdout, errors or sys.stderr
    words = ["help"] if not arguments or arguments[0] in ("-h", "--help") else arguments
    is_json = "--json" in words
    session = TerminalSession(output)
    try:
        place, words = Place.taken_from(words)
        session = TerminalSession(output, place)
        answer = run_line(session, shlex.join(words), TERMINAL_VERBS)
        if answer:
            (session.write if is_json else session.say)(answer)
    except PipelineWidgetsError as error:
        errors.write(_error(error, is_json=is_json) + "\n")
        return Exit.BAD_INPUT if isinstance(error, _INPUT) else Exit.FAILED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:  # whoever read has gone: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    return session.code_of_exit


def _error(error: PipelineWidgetsError, *, is_json: bool) -> str:
    if not is_json:
        return in_a_terminal(str(error))
    said = {"error": type(error).__name__, "message": error.message, "fix": error.fix}
    return json.dumps({name: in_a_terminal(text) for name, text in said.items()})
