"""CloudWatch Logs filter patterns: text → a test for messages. Pure.

Terms (``ERROR "two words" -debug ?this ?that``), regular expressions (``%a.*b%``) and JSON
(``{ $.level = "ERROR" && ($.code >= 500 || $.user.name = a*) }``); patterns for columns (``[ip, user]``) are refused.

>>> compile_pattern('ERROR -retry')('ERROR: no such file')
True
>>> compile_pattern('{ $.code > 400 }')('{"code": 500}')
True
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = Callable[[str], bool]
    JsonTest = Callable[[Any], bool]

_TERM = re.compile(r'\s*(?P<sign>[-?]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>(?:[^%\\]|\\.)+)%|(?P<bare>\S+))')
_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>&&|\|\||\(|\)|!=|<=|>=|=|<|>)|"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>(?:[^%\\]|\\.)+)%
    |(?P<selector>\$(?:\.[\w\-@*]+|\[(?:\d+|"[^"]*"|'[^']*'|\*)\])*)|(?P<word>[^\s()&|=!<>]+))""",
    re.VERBOSE,
)
_PART = re.compile(r"""\.([\w\-@*]+)|\[(?:(\d+)|"([^"]*)"|'([^']*)'|(\*))\]""")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NOTHING = object()


class PatternError(ValueError):
    """The text is no pattern this engine knows; the words say which part."""


def compile_pattern(text: str) -> Test:
    """A test that says whether a message matches.

    Raises
    ------
    PatternError
        The pattern cannot be read.
    """
    text = text.strip()
    if text.startswith("{"):
        return _json_test(text)
    if text.startswith("["):
        raise PatternError(
            "The engine on this machine knows no patterns for columns ([a, b]); use terms, %regular expressions% or "
            "{ $.json }."
        )
    return _term_test(text)


def _term_test(text: str) -> Test:
    needed: list[Test] = []
    refused: list[Test] = []
    optional: list[Test] = []
    at = 0
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            break
        at = match.end()
        {"": needed, "-": refused, "?": optional}[match["sign"]].append(_contains(match))

    def matches(message: str) -> bool:
        if any(test(message) for test in refused) or not all(test(message) for test in needed):
            return False
        return not optional or any(test(message) for test in optional)

    return matches


def _contains(match: re.Match[str]) -> Test:
    if match["regex"] is not None:
        found = _regex(match["regex"])
        return lambda message: found.search(message) is not None
    term = _unquoted(match["quoted"]) if match["quoted"] is not None else match["bare"]
    return lambda message: term in message


def _json_test(text: str) -> Test:
    if not text.endswith("}"):
        raise PatternError(f"The filter pattern {text!r} has no closing brace.")
    reader = _Reader(text[1:-1])
    test = reader.any_of()
    reader.end()

    def matches(message: str) -> bool:
        try:
            value = json.loads(message)
        except ValueError:
            return False
        return isinstance(value, dict | list) and test(value)

    return matches


@dataclass(slots=True)
class _Reader:
    """Reads ``a && (b || c)`` from the left; each method takes one kind of phrase off the text."""

    text: str
    at: int = 0

    def any_of(self) -> JsonTest:
        tests = [self._all_of()]
        while self._takes("||"):
            tests.append(self._all_of())
        return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)

    def end(self) -> None:
        if self.text[self.at :].strip():
            raise PatternError(f"The filter pattern cannot be read from {self.text[self.at :].strip()!r} on.")

    def _all_of(self) -> JsonTest:
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def _one(self) -> JsonTest:
        if self._takes("("):
            test = self.any_of()
            if not self._takes(")"):
                raise PatternError("A parenthesis of the filter pattern is not closed.")
            return test
        return self._comparison()

    def _comparison(self) -> JsonTest:
        token = self._token("a selector such as $.level")
        if token["selector"] is None:
            raise PatternError(f"A filter pattern compares selectors such as $.level, not {token[0].strip()!r}.")
        path = _path(token["selector"])
        sign = self._token("a comparison")
        if sign["mark"] is None:
            return self._words(path, sign[0].strip().upper())
        wanted = self._token("a value")
        return _compare(path, sign["mark"], wanted)

    def _words(self, path: list[str | int], word: str) -> JsonTest:
        second = self._token("EXISTS, TRUE, FALSE or NULL")[0].strip().upper()
        known: dict[tuple[str, str], JsonTest] = {
            ("IS", "TRUE"): lambda value: _walk(value, path) is True,
            ("IS", "FALSE"): lambda value: _walk(value, path) is False,
            ("IS", "NULL"): lambda value: _walk(value, path) is None,
            ("NOT", "EXISTS"): lambda value: _walk(value, path) is _NOTHING,
        }
        if (word, second) not in known:
            raise PatternError(f"A filter pattern knows no comparison {word} {second}.")
        return known[word, second]

    def _takes(self, mark: str) -> bool:
        match = _TOKEN.match(self.text, self.at)
        if match is None or match["mark"] != mark:
            return False
        self.at = match.end()
        return True

    def _token(self, wanted: str) -> re.Match[str]:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            raise PatternError(f"The filter pattern ends, or cannot be read, where it needs {wanted}.")
        self.at = match.end()
        return match


def _compare(path: list[str | int], sign: str, wanted: re.Match[str]) -> JsonTest:
    if sign in _ORDER:
        number, compare = _number(wanted[0].strip()), _ORDER[sign]
        return lambda value: _is_number(found := _walk(value, path)) and compare(found, number)
    if sign not in ("=", "!="):
        raise PatternError(f"A filter pattern cannot compare with {sign}.")
    equal = _equality(wanted)
    if sign == "=":
        return lambda value: equal(_walk(value, path))
    return lambda value: (found := _walk(value, path)) is not _NOTHING and not equal(found)


def _equality(wanted: re.Match[str]) -> Callable[[Any], bool]:
    if wanted["regex"] is not None:
        pattern = _regex(wanted["regex"])
        return lambda found: isinstance(found, str) and pattern.search(found) is not None
    text = _unquoted(wanted["quoted"]) if wanted["quoted"] is not None else wanted[0].strip()
    # * is the only wildcard; what fnmatch knows beyond it is made literal
    shape = re.compile(translate(re.sub(r"([?\[])", r"[\1]", text)))
    number = None if wanted["quoted"] is not None else _number_or_none(text)

    def equal(found: Any) -> bool:
        if _is_number(found):
            return bool(number is not None and found == number) or shape.match(json.dumps(found)) is not None
        return isinstance(found, str) and shape.match(found) is not None

    return equal


def _path(selector: str) -> list[str | int]:
    return [
        int(match[2]) if match[2] else next(group for group in match.groups() if group is not None)
        for match in _PART.finditer(selector)
    ]


def _walk(value: Any, path: list[str | int]) -> Any:
    for part in path:
        if isinstance(part, int) and isinstance(value, list) and part < len(value):
            value = value[part]
        elif isinstance(value, dict) and str(part) in value:
            value = value[str(part)]
        else:
            return _NOTHING
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> float:
    number = _number_or_none(text)
    if number is None:
        raise PatternError(f"A filter pattern compares {text!r} with < or >, and it is no number.")
    return number


def _number_or_none(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise PatternError(f"The regular expression %{text}% cannot be read: {error}.") from error


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
