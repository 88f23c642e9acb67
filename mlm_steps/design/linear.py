"""Parse linear hypotheses such as ``ses - 2*sectorCatholic = 0``."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlm_steps.design.deparse import format_number
from mlm_steps.errors import FormulaError, listing
from mlm_steps.language.faults import Span, formula_error, nearest
from mlm_steps.language.tokens import Token, tokenize

__all__ = ["Linear", "agree", "linear_text", "parse_linear", "several_named"]

MAX_DEPTH = 100
"""Parentheses may be nested at most this deep; more could exhaust the interpreter's stack."""
ROUNDING = 1e-9
"""Two values of one combination are equal if they differ relatively by at most this, the rounding error."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A hypothesis on coefficients.

    Attributes
    ----------
    text : str
        As written.
    weights : mapping of str to float
        Weight per coefficient; weights of 0 are left out.
    value : float
        The value of the weighted sum under the hypothesis.
    """

    text: str
    weights: Mapping[str, float]
    value: float


@dataclass(slots=True)
class _Sum:
    """Weights of coefficients, and a constant."""

    weights: dict[str, float]
    constant: float

    def plus(self, other: _Sum, sign: float) -> _Sum:
        weights = dict(self.weights)
        for name, weight in other.weights.items():
            weights[name] = weights.get(name, 0.0) + sign * weight
        return _Sum(weights, self.constant + sign * other.constant)

    def times(self, factor: float) -> _Sum:
        return _Sum({name: factor * w for name, w in self.weights.items()}, factor * self.constant)


def parse_linear(
    text: str, coefficients: Collection[str], words: Mapping[str, Sequence[str]] | None = None
) -> Linear:
    """Return a hypothesis such as ``a - 2*b = 0``; without an equals sign, the sum is compared with 0.

    Coefficients have the names of the tables. Names with characters other than letters, digits, dots and
    colons may be in backticks.

    Parameters
    ----------
    text : str
    coefficients : collection of str
        The names of the coefficients.
    words : mapping of str to sequence of str, optional
        Additional words, each with the coefficients to which it may refer.

    Raises
    ------
    FormulaError
        The text cannot be parsed, a name is unknown or ambiguous, two coefficients are multiplied, or all
        weights are 0.

    Examples
    --------
    >>> parse_linear("2*(ses - ses:size) = 1", ["ses", "ses:size"])
    Linear(text='2*(ses - ses:size) = 1', weights={'ses': 2.0, 'ses:size': -2.0}, value=1.0)
    """
    if not text.strip():
        raise formula_error(text, Span(0, 0), "the hypothesis is empty", "for example: a - b = 0")
    parser = _Parser(text, {**(words or {}), **{name: (name,) for name in coefficients}})
    left = parser.sum()
    if parser.at("=", "=="):
        parser.advance()
        left = left.plus(parser.sum(), -1.0)
    parser.require_end()
    weights = {name: weight for name, weight in left.weights.items() if weight != 0.0}
    if not all(map(math.isfinite, (*weights.values(), left.constant))):
        raise formula_error(text, Span(0, len(text)), "a number in this hypothesis is too large")
    if not weights:
        raise formula_error(text, Span(0, len(text)), "all weights in this hypothesis are 0")
    return Linear(text, weights, 0.0 - left.constant)


def several_named(word: str, found: Sequence[str]) -> tuple[str, str]:
    """Return the message and the hint for a word that may refer to several coefficients.

    >>> several_named("abc", ["a[bc]", "ab[c]"])
    ('abc is ambiguous: a[bc] or ab[c]', 'write one of these')
    """
    either = f"{', '.join(found[:-1])} or {found[-1]}"
    return f"{word} is ambiguous: {either}", "write one of these"


def agree(hypotheses: Sequence[Linear]) -> bool:
    """Return whether several hypotheses can hold at once.

    >>> known = ["a", "b"]
    >>> agree([parse_linear("a = 0", known), parse_linear("2*a = 1", known)])
    False
    """
    names = sorted({name for each in hypotheses for name in each.weights})
    L = np.array([[each.weights.get(name, 0.0) for name in names] for each in hypotheses])
    values = np.array([each.value for each in hypotheses])
    scale = np.abs(L).max(axis=1)
    L, values = L / scale[:, None], values / scale
    apart = L @ np.linalg.lstsq(L, values, rcond=None)[0] - values
    return bool(np.abs(apart).max() <= ROUNDING * max(1.0, float(np.abs(values).max())))


def linear_text(weights: Mapping[str, float]) -> str:
    """Return the text of the hypothesis that a weighted sum is 0.

    >>> linear_text({"ses": 1.0, "sectorCatholic": -2.0})
    'ses - 2*sectorCatholic = 0'
    """
    pieces: list[str] = []
    for name, weight in weights.items():
        size = "" if abs(weight) == 1.0 else f"{format_number(abs(weight))}*"
        sign = "-" if weight < 0 else "+"
        pieces.append(f" {sign} {size}{name}" if pieces else f"{'-' if weight < 0 else ''}{size}{name}")
    return f"{''.join(pieces)} = 0"


def _without_brackets(text: str, known: Iterable[str]) -> str:
    """Replace known names that contain brackets by plain words of the same length.

    The formula language has no brackets. Names in backticks are not changed.
    """
    names = sorted((name for name in known if "[" in name), key=len, reverse=True)
    if not names:
        return text
    wanted = "|".join(map(re.escape, names))
    found = re.compile(rf"(?P<name>{wanted})|`(?:[^`\\]|\\.)+`")
    return found.sub(lambda match: "x" * len(match[0]) if match["name"] else match[0], text)


class _Parser:
    """Recursive-descent parser of sums of coefficients with numeric weights."""

    def __init__(self, text: str, known: Mapping[str, Sequence[str]]) -> None:
        self.text = text
        self.known = known
        self.tokens: Sequence[Token] = tokenize(_without_brackets(text, known))
        self.position = 0
        self.depth = 0
        self.ends = {token.span.end: i for i, token in enumerate(self.tokens[:-1])}

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def at(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.value in operators

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def require_end(self) -> None:
        if self.token.kind != "end":
            hint = "join coefficients by + and -, put a weight before a coefficient: 2*a - b = 0"
            raise self.error(self.token.span, "this is not allowed here", hint)

    def error(self, span: Span, what: str, hint: str | None = None) -> FormulaError:
        return formula_error(self.text, span, what, hint)

    def sum(self) -> _Sum:
        sign = -1.0 if self.at("-") else 1.0
        if self.at("+", "-"):
            self.advance()
        total = self.product().times(sign)
        while self.at("+", "-"):
            sign = -1.0 if self.advance().value == "-" else 1.0
            total = total.plus(self.product(), sign)
        return total

    def product(self) -> _Sum:
        first = self.token.span
        found = self.operand()
        while self.at("*", "/"):
            operator = self.advance()
            other = self.operand()
            span = first.to(self.tokens[self.position - 1].span)
            if operator.value == "/":
                if other.weights or other.constant == 0.0:
                    raise self.error(span, "a hypothesis can only be divided by numbers other than 0")
                found = found.times(1.0 / other.constant)
            elif other.weights and found.weights:
                what = "a product of two coefficients is not a linear hypothesis"
                raise self.error(span, what, "the coefficient of a product is named with a colon, a:b")
            else:
                found = other.times(found.constant) if other.weights else found.times(other.constant)
        return found

    def operand(self) -> _Sum:
        name = self.coefficient()
        if name is not None:
            return _Sum({name: 1.0}, 0.0)
        token = self.advance()
        if token.kind == "number":
            return _Sum({}, float(token.value))
        if token.kind == "operator" and token.value == "(":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                what = f"parentheses are nested more than {MAX_DEPTH} deep"
                raise self.error(token.span, what)
            inner = self.sum()
            self.depth -= 1
            if not self.at(")"):
                raise self.error(self.token.span, "a closing parenthesis is missing here")
            self.advance()
            return inner
        if token.kind == "end":
            raise self.error(token.span, "the hypothesis ends too early")
        if token.kind == "name":
            raise self.unknown(token)
        raise self.error(token.span, "a coefficient or a number is needed here")

    def coefficient(self) -> str | None:
        """Return the longest known name that begins here and ends with a token, or None; move past it."""
        token = self.token
        start = token.span.start
        for name in sorted(self.known, key=len, reverse=True):
            if self.text.startswith(name, start) and start + len(name) in self.ends:
                after = self.ends[start + len(name)] + 1
                if self.tokens[after].value != ":":
                    self.position = after
                    return self.the_one(name, Span(start, start + len(name)))
        if self.text[start : start + 1] == "`" and token.value in self.known:
            self.advance()
            return self.the_one(token.value, token.span)
        return None

    def the_one(self, word: str, span: Span) -> str:
        """Return the coefficient to which a word refers; raise FormulaError if there are several."""
        found = self.known[word]
        if len(found) > 1:
            raise self.error(span, *several_named(word, found))
        return found[0]

    def unknown(self, token: Token) -> FormulaError:
        """Return the error for an unknown name, including the parts that colons join to it."""
        span = token.span
        while self.at(":") and self.tokens[self.position + 1].kind == "name":
            self.advance()
            span = span.to(self.advance().span)
        name = self.text[span.start : span.end].strip("`")
        parts = sorted(name.split(":"))
        names = {found[0] for found in self.known.values() if len(found) == 1}
        turned = [known for known in names if sorted(known.split(":")) == parts]
        close = f"did you mean {turned[0]}?" if turned else nearest(name, names)
        hint = close or f"known are {listing(sorted(names))}"
        return self.error(span, f"there is no coefficient {name}", hint)
