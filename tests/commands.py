"""Commands of test steps: the service takes no part of a command that is longer than 256 characters."""

from __future__ import annotations

_LONGEST = 256


def python_command(code: str, *options: str) -> list[str]:
    """A command that runs Python code of any length; a long one goes in pieces."""
    if len(code) <= _LONGEST:
        return ["python3", *options, "-c", code]
    pieces = [code[at : at + _LONGEST] for at in range(0, len(code), _LONGEST)]
    joined = f"import sys; exec(''.join(sys.argv.pop(1) for _ in range({len(pieces)})))"
    return ["python3", *options, "-c", joined, *pieces]
