r"""The service's failure texts, taken apart (``sagemaker.md`` §5.2, §5.3).

>>> words = parse('AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: no"\nCommand "x"')
>>> words.prefix, words.exit_code, words.error
('AlgorithmError', 1, 'ValueError: no')
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

_PREFIX = re.compile(r"^(AlgorithmError|ClientError|InternalServerError|CapacityError|Platform Error|\w+Exception): ?")
_EXIT = re.compile(r"\bexit ?code:? *(\d{1,3})\b", re.IGNORECASE)
_ERROR = re.compile(r'ErrorMessage "(?P<error>.*?)"(?=\s*(?:\nCommand|\n?, exit code|$))', re.DOTALL)
_COMMAND = re.compile(r'\nCommand "(?P<command>.*?)"(?:, exit code.*)?$', re.DOTALL)
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b(?:: .*)?$", re.MULTILINE)
_BARE_EXIT = re.compile(r"^,? *exit code: *\d+\.?$", re.IGNORECASE)

FAULTS = {
    "AlgorithmError": "the step's own code failed",
    "ClientError": "the service could not do what the step asks: its settings, data or permissions",
    "InternalServerError": "the service itself failed: running it again may be enough",
    "CapacityError": "AWS had no such machine free: running it again, or another instance type, may be enough",
}
_EXITS = {
    1: "the script ended with an error",
    2: "the script did not accept its arguments",
    126: "the command is there but may not be executed",
    127: "the command was not found",
    130: "it was interrupted",
    132: "the processor does not know an instruction of the program: another instance type may",
    134: "the program aborted itself",
    137: "it was killed, most often because memory ran out",
    139: "the program crashed on a wrong memory access",
    143: "it was asked to end: stopped, or over its time limit",
}

TELLING = frozenset(_EXITS) - {1}
"""Exit codes whose meaning says by itself what happened."""


@dataclass(frozen=True, slots=True)
class ServiceWords:
    """A ``FailureReason`` in its parts; `text` is all of it without the prefix."""

    prefix: str
    text: str
    exit_code: int | None = None
    error: str = ""
    command: str = ""

    @property
    def is_users_code(self) -> bool:
        """Whether a program ran and failed, so that its log can say why."""
        return self.prefix == "AlgorithmError" or self.exit_code is not None or not self.prefix

    @property
    def says_only_exit(self) -> bool:
        return not self.text or _BARE_EXIT.match(self.text) is not None


def parse(reason: str) -> ServiceWords:
    """Take a failure text apart; what is not there is empty."""
    text, prefix = reason.strip(), ""
    while match := _PREFIX.match(text):  # pipelines wrap one into another: "ClientError: AlgorithmError: …"
        prefix, text = match[1], text[match.end() :].strip()
    code = _EXIT.search(text)
    error = _ERROR.search(text)
    command = _COMMAND.search(text)
    return ServiceWords(
        prefix=prefix,
        text=text,
        exit_code=int(code[1]) if code else None,
        error=error["error"].strip() if error else "",
        command=command["command"] if command else "",
    )


def raised_in(error: str) -> str:
    r"""The line that names an exception, of an ``ErrorMessage`` of several (which begins with a line of source).

    >>> raised_in('raise EnvironmentError(msg)\nOSError: no file named x')
    'OSError: no file named x'
    """
    found = _RAISED.findall(error)
    return str(found[-1]).strip() if found else ""


def exit_meaning(code: int) -> str:
    """What an exit code says, in words; empty where it says nothing by itself."""
    if code in _EXITS:
        return _EXITS[code]
    if 128 < code < 128 + 64:
        try:
            return f"it was ended by the signal {signal.Signals(code - 128).name}"
        except ValueError:
            return "it was ended by a signal"
    return "" if code == 0 else "a code of the script's own"
