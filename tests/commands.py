"""Commands of steps that run Python code of any length: the service takes no argument of more than 256 characters."""

from __future__ import annotations

from typing import Any

LONGEST = 256
_JOIN = (
    "import sys; a = sys.argv; n = int(a[1]) + 2; code = ''.join(a[2:n]); sys.argv[1:] = a[n:]; "
    "exec(compile(code, '<string>', 'exec'))"
)


def python(code: str, *arguments: Any, flags: tuple[str, ...] = ("-S",)) -> list[Any]:
    """A command for code, in pieces where it is long; the arguments are what the code finds in ``sys.argv``."""
    if len(code) <= LONGEST:
        return ["python3", *flags, "-c", code, *arguments]
    pieces = _pieces(code)
    return ["python3", *flags, "-c", _JOIN, str(len(pieces)), *pieces, *arguments]


def python_command(code: str, *flags: str) -> list[str]:
    """The same for code without arguments."""
    return python(code, flags=flags)


def _pieces(code: str) -> list[str]:
    found = []
    while len(code) > LONGEST:
        # between words: a path must stay in one piece, where paths are rewritten
        at = max(code.rfind("\n", 0, LONGEST), code.rfind(" ", 0, LONGEST)) + 1 or LONGEST
        found.append(code[:at])
        code = code[at:]
    return [*found, code]
