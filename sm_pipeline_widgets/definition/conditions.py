"""Boolean expressions and the service's conditions.

A person writes one expression (``$a < 3 and not ($b == 'x' or $c in [1, 2])``); the service takes a list of
comparisons that must all hold, with ``Or``, ``In`` and ``Not`` inside. Any expression is brought into that form
(conjunctive normal form); any such list can be written as an expression again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sm_pipeline_widgets.definition.references import Reference, ReferenceSyntaxError, match_reference

if TYPE_CHECKING:
    from collections.abc import Callable

COMPARISONS = {
    "==": "Equals",
    "<": "LessThan",
    "<=": "LessThanOrEqualTo",
    ">": "GreaterThan",
    ">=": "GreaterThanOrEqualTo",
}
_OPERATORS = {service: written for written, service in COMPARISONS.items()}
_TOKEN = re.compile(
    r"""\s*(?:(?P<op>==|!=|<=|>=|<|>|[(),\[\]])
    |(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<word>[A-Za-z_][\w.\-]*)
    |(?P<dollar>\$))""",
    re.VERBOSE,
)
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_MAX_CLAUSES = 200
_MAX_NESTING = 60


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | float | bool | None


Operand = Literal | Reference


@dataclass(frozen=True, slots=True)
class Compare:
    op: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Member:
    query: Operand
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    inner: Expression


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Expression, ...]


Expression = Compare | Member | Not | AllOf | AnyOf


class ConditionSyntaxError(ValueError):
    """The expression cannot be read; ``offset`` is where in its text."""

    def __init__(self, message: str, offset: int, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.fix = fix


def parse_condition(text: str) -> Expression:
    """Read a boolean expression.

    Raises
    ------
    ConditionSyntaxError
        It is not one; the message says what was expected where.
    """
    parser = _Parser(_tokens(text), len(text))
    expression = parser.any_of()
    if parser.kind:
        raise parser.error(f"`{parser.shown}` was not expected here", "Join comparisons with `and` or `or`.")
    return expression


def compile_condition(expression: Expression, resolve: Callable[[Reference], Any]) -> list[dict[str, Any]]:
    """The service's AND list for an expression.

    Raises
    ------
    ConditionSyntaxError
        The list would have more than 200 entries.
    """
    return [_clause(clause, resolve) for clause in _clauses(_negations_inward(expression, negate=False))]


def render_conditions(conditions: list[Any], operand: Callable[[Any], str]) -> str:
    """A service's AND list as one expression; `operand` writes a value. Unknown forms raise KeyError."""
    return " and ".join(_rendered(condition, operand, inside=len(conditions) > 1) for condition in conditions)


def _rendered(condition: Any, operand: Callable[[Any], str], *, inside: bool) -> str:
    kind = condition["Type"]
    if kind == "Or":
        text = " or ".join(_rendered(part, operand, inside=True) for part in condition["Conditions"])
        return f"({text})" if inside and len(condition["Conditions"]) != 1 else text
    if kind == "Not":
        negated = condition["Condition"]
        if negated["Type"] == "Equals":
            return f"{operand(negated['LeftValue'])} != {operand(negated['RightValue'])}"
        if negated["Type"] == "In":
            return f"{operand(negated['QueryValue'])} not in {_listed(negated['Values'], operand)}"
        return f"not ({_rendered(negated, operand, inside=False)})"
    if kind == "In":
        return f"{operand(condition['QueryValue'])} in {_listed(condition['Values'], operand)}"
    return f"{operand(condition['LeftValue'])} {_OPERATORS[kind]} {operand(condition['RightValue'])}"


def _listed(values: list[Any], operand: Callable[[Any], str]) -> str:
    return f"[{', '.join(operand(value) for value in values)}]"


def _negations_inward(expression: Expression, *, negate: bool) -> Expression:
    if isinstance(expression, Not):
        return _negations_inward(expression.inner, negate=not negate)
    if isinstance(expression, AllOf | AnyOf):
        parts = tuple(_negations_inward(part, negate=negate) for part in expression.parts)
        return AnyOf(parts) if isinstance(expression, AllOf) == negate else AllOf(parts)
    return Not(expression) if negate else expression


def _clauses(expression: Expression) -> list[tuple[Expression, ...]]:
    """Conjunctive normal form: every clause is a tuple of alternatives."""
    if isinstance(expression, AllOf):
        return [clause for part in expression.parts for clause in _clauses(part)]
    if not isinstance(expression, AnyOf):
        return [(expression,)]
    combined: list[tuple[Expression, ...]] = [()]
    for part in expression.parts:
        combined = [clause + other for other in _clauses(part) for clause in combined]
        if len(combined) > _MAX_CLAUSES:
            fix = "Split it over several Condition steps, or decide it in a Processing step that writes one value."
            raise ConditionSyntaxError(f"the expression needs more than {_MAX_CLAUSES} conditions", 0, fix)
    return combined


def _clause(clause: tuple[Expression, ...], resolve: Callable[[Reference], Any]) -> dict[str, Any]:
    if len(clause) > 1:
        return {"Type": "Or", "Conditions": [_clause((part,), resolve) for part in clause]}
    (leaf,) = clause
    if isinstance(leaf, Not):
        return {"Type": "Not", "Condition": _clause((leaf.inner,), resolve)}
    if isinstance(leaf, Member):
        return {
            "Type": "In",
            "QueryValue": _operand(leaf.query, resolve),
            "Values": [_operand(value, resolve) for value in leaf.values],
        }
    if isinstance(leaf, Compare):
        left, right = _operand(leaf.left, resolve), _operand(leaf.right, resolve)
        comparison = {
            "Type": COMPARISONS.get(leaf.op, "Equals"),
            "LeftValue": left,
            "RightValue": right,
        }
        return comparison if leaf.op != "!=" else {"Type": "Not", "Condition": comparison}
    raise TypeError(f"not a leaf: {leaf!r}")


def _operand(operand: Operand, resolve: Callable[[Reference], Any]) -> Any:
    return operand.value if isinstance(operand, Literal) else resolve(operand)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int
    reference: Reference | None = None


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            start = next(index for index in range(at, len(text)) if not text[index].isspace())
            fix = "`&&`, `||` and `!` are written `and`, `or` and `not`; `=` is written `==`."
            raise ConditionSyntaxError(f"`{text[start]}` does not belong into a condition", start, fix)
        kind = match.lastgroup or ""
        offset = match.start(kind)
        if kind == "dollar":
            found.append(_reference_token(text, offset))
            at = offset + len(found[-1].text)
        else:
            found.append(_Token(kind, match[kind], offset))
            at = match.end()
    return found


def _reference_token(text: str, offset: int) -> _Token:
    try:
        reference = match_reference(text, offset)
    except ReferenceSyntaxError as error:
        raise ConditionSyntaxError(error.message, error.offset, error.fix) from error
    if reference is None:
        raise ConditionSyntaxError("a name must follow `$`", offset, "For example `$parameters.max_rmse`.")
    return _Token("reference", reference.text, offset, reference)


class _Parser:
    def __init__(self, tokens: list[_Token], length: int) -> None:
        self.tokens = tokens
        self.at = 0
        self.length = length
        self.depth = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    @property
    def shown(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else "the end"

    def error(self, message: str, fix: str = "") -> ConditionSyntaxError:
        offset = self.tokens[self.at].offset if self.at < len(self.tokens) else self.length
        return ConditionSyntaxError(message, offset, fix)

    def take(self, *texts: str) -> str | None:
        if self.kind in ("op", "word") and self.shown in texts:
            self.at += 1
            return self.tokens[self.at - 1].text
        return None

    def any_of(self) -> Expression:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise self.error(f"parentheses are nested more than {_MAX_NESTING} deep")
        parts = [self.all_of()]
        while self.take("or"):
            parts.append(self.all_of())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def all_of(self) -> Expression:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def negation(self) -> Expression:
        odd = False
        while self.take("not"):
            odd = not odd
        inner = self.comparison()
        return Not(inner) if odd else inner

    def comparison(self) -> Expression:
        if self.take("("):
            inner = self.any_of()
            if not self.take(")"):
                raise self.error(f"`)` was expected, not `{self.shown}`")
            return inner
        left = self.operand()
        if self.take("in"):
            return Member(left, self.values())
        if self.take("not"):
            if not self.take("in"):
                raise self.error(f"`in` was expected after `not`, not `{self.shown}`")
            return Not(Member(left, self.values()))
        links: list[Expression] = []
        while op := self.take("==", "!=", "<=", ">=", "<", ">"):
            right = self.operand()
            links.append(Compare(op, left, right))
            left = right
        if not links:
            # A bare value is a question: is it true?
            return Compare("==", left, Literal(value=True))
        return links[0] if len(links) == 1 else AllOf(tuple(links))

    def values(self) -> tuple[Operand, ...]:
        close = {"[": "]", "(": ")"}.get(self.take("[", "(") or "")
        if close is None:
            raise self.error(f"a list was expected after `in`, not `{self.shown}`", "For example `in [1, 2]`.")
        found: list[Operand] = []
        while not self.take(close):
            if found and not self.take(","):
                raise self.error(f"`,` or `{close}` was expected, not `{self.shown}`")
            if self.take(close):
                break
            found.append(self.operand())
        return tuple(found)

    def operand(self) -> Operand:
        if not self.kind:
            raise self.error("a value is missing at the end")
        token = self.tokens[self.at]
        self.at += 1
        if token.reference is not None:
            return token.reference
        if token.kind == "number":
            return Literal(_number(token.text))
        if token.kind == "string":
            return Literal(re.sub(r"\\(.)", r"\1", token.text[1:-1]))
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        self.at -= 1
        if token.kind == "word" and token.text not in ("and", "or", "not", "in"):
            fix = f"Text goes into quotes ('{token.text}'), a reference begins with a dollar (${token.text})."
            raise self.error(f"`{token.text}` is neither a value nor a reference", fix)
        raise self.error(f"a value was expected, not `{token.text}`")


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[-+]?\d+", text) and len(text) < 4000 else float(text)
