"""Expand the operators of a formula into terms, in the order of R."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlm_steps.design.deparse import deparse
from mlm_steps.design.expressions import (
    Binary,
    Call,
    Expr,
    Name,
    Number,
    Paren,
    Unary,
    columns_of,
    left_spine,
)
from mlm_steps.language.faults import formula_error

__all__ = ["TermSet", "expand_terms"]

MAX_TERMS = 2000
"""A formula may expand to at most this many terms, which bounds time and memory."""
MAX_PAIRS = 250_000
"""A sum may take at most this many products of two terms; repeated multiplication could take minutes."""

_TermBits = dict[int, None]
"""Distinct terms in the order of writing. A term is an integer with one bit for each of its variables."""


@dataclass(frozen=True, slots=True)
class TermSet:
    """The terms of one side of a formula or of a bar.

    Attributes
    ----------
    variables : tuple of Expr
        The variables of the terms in the order of first mention, for example ``log(x)``.
    names : tuple of str
        The variables as R prints them; expressions with the same name are one variable.
    terms : tuple of tuple of int
        Positions of the variables of each term, sorted by the number of variables.
    intercept : bool
        Whether there is an intercept.
    """

    variables: tuple[Expr, ...]
    names: tuple[str, ...]
    terms: tuple[tuple[int, ...], ...]
    intercept: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the terms, such as ``x:f``."""
        return tuple(":".join(self.names[i] for i in term) for term in self.terms)

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The data columns of each term."""
        return tuple(
            tuple(dict.fromkeys(name.name for i in term for name in columns_of(self.variables[i])))
            for term in self.terms
        )

    def full_dummies(self, factors: Iterable[int]) -> tuple[frozenset[int], ...]:
        """Return the factors of each term that have a column for each level instead of contrasts.

        A factor has contrasts if the term without this factor is empty or is contained in an earlier term.
        Without an intercept, the first factor of the formula has a column for each level. These are the
        rules of R's terms and model.matrix.

        Parameters
        ----------
        factors : iterable of int
            Positions of the variables that are factors.
        """
        categorical = frozenset(factors)
        if not categorical:
            return (categorical,) * len(self.terms)
        margins = [frozenset(term) for term in self.terms]
        full = []
        for position, term in enumerate(margins):
            without = {i: term - {i} for i in term & categorical}
            full.append({i for i, rest in without.items() if not _is_within(rest, margins[:position])})
        if not self.intercept:
            first = next((p for p, term in enumerate(margins) if term & categorical), None)
            if first is not None:
                full[first].add(min(margins[first] & categorical))
        return tuple(frozenset(chosen) for chosen in full)


def _is_within(margin: frozenset[int], earlier: Sequence[frozenset[int]]) -> bool:
    return not margin or any(margin <= term for term in earlier)


def expand_terms(text: str, items: Sequence[tuple[str, Expr]]) -> TermSet:
    """Return the terms of a sum of signed expressions.

    Parameters
    ----------
    text : str
        The formula, for messages.
    items : sequence of (sign, Expr)
        The summands in the order of writing, each with ``+`` or ``-``.

    Raises
    ------
    FormulaError
        An expression is not a term, or there are more than 2000 terms.
    """
    expansion = _Expansion(text)
    found: _TermBits = {}
    for sign, expr in items:
        found = expansion.add(found, sign, expr)
    ordered = sorted(found, key=int.bit_count)
    names = tuple(expansion.positions)
    terms = tuple(_set_bits(bits) for bits in ordered)
    return TermSet(tuple(expansion.variables), names, terms, expansion.intercept)


class _Expansion:
    """Expands operators into terms and numbers the variables in the order of R."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.variables: list[Expr] = []
        self.positions: dict[str, int] = {}
        self.intercept = True
        self.adding = True
        self.crossed = 0

    def add(self, found: _TermBits, sign: str, expr: Expr) -> _TermBits:
        """Add the terms of a summand to the terms found; after a minus sign, remove them."""
        before, self.adding = self.adding, self.adding == (sign == "+")
        right = self.terms(expr)
        self.adding = before
        if sign == "+":
            found.update(right)
            return self.limited(found, expr)
        for bits in right:
            found.pop(bits, None)
        return found

    def terms(self, expr: Expr) -> _TermBits:
        if isinstance(expr, Binary):
            return self.binary(expr)
        if isinstance(expr, Paren):
            return self.terms(expr.inner)
        if isinstance(expr, Unary) and expr.operator in {"+", "-"}:
            return self.add({}, expr.operator, expr.operand)
        if isinstance(expr, Number):
            return self.number(expr)
        if isinstance(expr, Call) and expr.function == "offset":
            raise formula_error(self.text, expr.span, "an offset can only be added to the other terms")
        if isinstance(expr, (Name, Call)):
            return {1 << self.position(expr): None}
        hint = f"write I({deparse(expr)})" if isinstance(expr, Unary) else None
        raise formula_error(self.text, expr.span, "this is not a term", hint or "a term is made of columns")

    def binary(self, expr: Binary) -> _TermBits:
        first, operations = left_spine(expr)
        found = self.terms(first)
        for operation in operations:
            found = self.operate(found, operation)
        return found

    def operate(self, left: _TermBits, operation: Binary) -> _TermBits:
        operator, right = operation.operator, operation.right
        if operator in {"+", "-"}:
            return self.add(left, operator, right)
        if operator == "^":
            return self.power(left, operation)
        if operator == ":":
            return self.cross(left, self.terms(right), operation)
        if operator == "*":
            other = self.terms(right)
            return self.limited({**left, **other, **self.cross(left, other, operation)}, operation)
        if operator == "/":
            within = self.cross(_union(left), self.terms(right), operation)
            return self.limited({**left, **within}, operation)
        if operator == "%in%":
            outer = _union(self.terms(right))
            return self.cross(left, outer, operation) if outer else left
        raise self.not_a_term(operation)

    def power(self, left: _TermBits, operation: Binary) -> _TermBits:
        exponent = operation.right.inner if isinstance(operation.right, Paren) else operation.right
        if not isinstance(exponent, Number) or not exponent.value.is_integer() or exponent.value < 1:
            what = "among terms, the power is a whole number: (a + b)^2 is a + b + a:b"
            raise formula_error(self.text, operation.right.span, what, f"write I({deparse(operation)})")
        found = left
        for _ in range(int(exponent.value) - 1):
            crossed = self.cross(left, found, operation)
            if set(crossed) == set(found):
                break
            found = crossed
        return found

    def cross(self, left: _TermBits, right: _TermBits, operation: Expr) -> _TermBits:
        self.crossed += len(left) * len(right)
        if self.crossed > MAX_PAIRS:
            what = f"multiplying this out takes more than {MAX_PAIRS} products of terms"
            raise formula_error(self.text, operation.span, what, "write the terms that are meant")
        return self.limited(dict.fromkeys(a | b for a in left for b in right), operation)

    def limited(self, found: _TermBits, expr: Expr) -> _TermBits:
        if len(found) > MAX_TERMS:
            raise self.too_many(expr)
        return found

    def too_many(self, expr: Expr) -> Exception:
        return formula_error(self.text, expr.span, f"this makes more than {MAX_TERMS} terms")

    def not_a_term(self, operation: Binary) -> Exception:
        if operation.operator in {"|", "||"}:
            what = "a random-effects term stands in parentheses and is added"
            return formula_error(self.text, operation.span, what, _in_parentheses(operation))
        hint = f"write I({deparse(operation)})"
        return formula_error(self.text, operation.span, f"{operation.operator} does not join terms", hint)

    def number(self, expr: Number) -> _TermBits:
        if expr.value not in {0.0, 1.0}:
            what = f"{deparse(expr)} is not a term; 1 is the intercept and 0 leaves it out"
            hint = None if expr.word is None else f"a column of that name is written `{expr.word}`"
            raise formula_error(self.text, expr.span, what, hint)
        self.intercept = self.adding == (expr.value == 1.0)
        return {}

    def position(self, expr: Expr) -> int:
        name = deparse(expr)
        if name not in self.positions:
            self.positions[name] = len(self.variables)
            self.variables.append(expr)
        return self.positions[name]


def _set_bits(bits: int) -> tuple[int, ...]:
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return tuple(found)


def _union(terms: _TermBits) -> _TermBits:
    """Return one term that has all variables of the given terms; no term if none is given."""
    union = 0
    for bits in terms:
        union |= bits
    return {union: None} if terms else {}


def _in_parentheses(bar: Binary) -> str:
    """Return a correction for a bar without parentheses; ``x + 1 | g`` becomes ``x + (1 | g)``."""
    left = bar.left
    if isinstance(left, Binary) and left.operator == "+" and isinstance(left.right, Number):
        term = f"({deparse(left.right)} {bar.operator} {deparse(bar.right)})"
        return f"write {deparse(left.left)} + {term}"
    return f"write + ({deparse(bar)})"
