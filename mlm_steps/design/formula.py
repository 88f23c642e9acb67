"""Parse formulas of lme4's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from mlm_steps.design.bars import Bar, distinct_groups, is_bar, label_of, make_bars
from mlm_steps.design.deparse import deparse
from mlm_steps.design.expressions import (
    Binary,
    Call,
    Expr,
    Name,
    Number,
    Paren,
    Text,
    Truth,
    Unary,
    columns_of,
    left_spine,
    words_of,
)
from mlm_steps.design.parser import parse_sides
from mlm_steps.design.terms import TermSet, expand_terms
from mlm_steps.errors import FormulaError
from mlm_steps.language.faults import Span, formula_error

__all__ = ["Formula", "Offset", "parse_formula", "place_as_written"]

CATEGORIES = ("factor", "as.factor", "ordered", "relevel", "C")
"""Functions whose values are categories."""
_Items = list[tuple[str, Expr]]


@dataclass(frozen=True, slots=True)
class Offset:
    """An ``offset()`` term.

    Attributes
    ----------
    text : str
        The expression in the parentheses, as R prints it.
    call : Call
        The call itself.
    """

    text: str
    call: Call


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    text : str
        The formula as written.
    response : Expr
        The left side.
    fixed : TermSet
        The fixed-effects terms.
    bars : tuple of Bar
        The random-effects terms in the order of writing.
    offsets : tuple of Offset
        The ``offset()`` terms.
    """

    text: str
    response: Expr
    fixed: TermSet
    bars: tuple[Bar, ...]
    offsets: tuple[Offset, ...]

    @cached_property
    def outcome_label(self) -> str:
        """The response as R prints it, for example ``log(Reaction)``."""
        return label_of(self.response)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every mention of a column, in the order outcome, fixed effects, random effects, offsets."""
        return tuple(self._names())

    @cached_property
    def words(self) -> tuple[Number, ...]:
        """Numbers that are written as words, such as ``pi``."""
        parts = (self.fixed, *(bar.effects for bar in self.bars))
        expressions = [self.response, *(variable for part in parts for variable in part.variables)]
        expressions += [offset.call for offset in self.offsets]
        return tuple(word for expr in expressions for word in words_of(expr))

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """Columns of the response."""
        return tuple(dict.fromkeys(name.name for name in columns_of(self.response)))

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """All columns, each once, the response's first."""
        return tuple(dict.fromkeys(name.name for name in self.names))

    @cached_property
    def categorised(self) -> frozenset[str]:
        """Columns that ``factor`` or a similar function makes categorical."""
        parts = (self.fixed, *(bar.effects for bar in self.bars))
        made = (
            v for part in parts for v in part.variables if isinstance(v, Call) and v.function in CATEGORIES
        )
        return frozenset(name.name for expr in made for name in columns_of(expr))

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Columns of each grouping factor, each factor once."""
        return tuple(dict.fromkeys(bar.group.columns for bar in self.bars))

    def _names(self) -> Iterator[Name]:
        yield from columns_of(self.response)
        for variable in self.fixed.variables:
            yield from columns_of(variable)
        for bar in self.bars:
            for expr in (*bar.effects.variables, *bar.group.factors):
                yield from columns_of(expr)
        for offset in self.offsets:
            yield from columns_of(offset.call)


@lru_cache(maxsize=256)
def parse_formula(text: str) -> Formula:
    """Return a formula of lme4's language as frozen values.

    If the right side is a single bar, the parentheses may be omitted, as in ``y ~ x | g``; ``text`` of the
    result has them.

    Parameters
    ----------
    text : str
        For example ``math ~ ses * sector + (ses | school)``.

    Returns
    -------
    Formula

    Raises
    ------
    FormulaError
        At the first place that cannot be parsed; ``offset`` is its position, counted from 0.

    Examples
    --------
    >>> formula = parse_formula("log(y) ~ x * f + (x | school/class)")
    >>> formula.outcome_label, formula.fixed.labels
    ('log(y)', ('x', 'f', 'x:f'))
    >>> [bar.group.label for bar in formula.bars]
    ['class:school', 'school']
    """
    response, right = parse_sides(text)
    if _is_whole_bar(right):
        place = right.span
        with_parentheses = f"{text[: place.start]}({text[place.start : place.end]}){text[place.end :]}"
        try:
            return parse_formula(with_parentheses)
        except FormulaError as error:
            raise FormulaError(error.faults[0], error.offset - (error.offset > place.start)) from None
    _check_response(text, response)
    parts = _Parts(text)
    parts.collect("+", right)
    fixed = expand_terms(text, parts.fixed)
    _check_not_predictor(text, response, fixed)
    return Formula(text, response, fixed, distinct_groups(parts.bars), tuple(parts.offsets))


def place_as_written(text: str, offset: int) -> int:
    """Return the position in a formula as written that corresponds to an offset in the parsed ``text``.

    The two differ if the right side is a single bar without parentheses.

    Examples
    --------
    >>> place_as_written("y ~ x | g", len("y ~ (x | "))
    8
    """
    try:
        parsed = parse_formula(text).text
    except FormulaError:
        return offset
    opening = next((i for i, (a, b) in enumerate(zip(text, parsed, strict=False)) if a != b), len(text))
    return offset - (parsed != text and offset > opening)


def _is_whole_bar(right: Expr) -> bool:
    """Return whether the right side is one bar without parentheses.

    In ``x + 1 | g`` the parentheses were most likely forgotten around ``1 | g``, so that it is refused.
    """
    if not isinstance(right, Binary) or not is_bar(right):
        return False
    left = right.left
    return not (isinstance(left, Binary) and left.operator in {"+", "-"} and isinstance(left.right, Number))


def _check_response(text: str, response: Expr) -> None:
    if isinstance(response, (Number, Text, Truth)) or not any(columns_of(response)):
        word = next((f"a column of that name is written `{n.word}`" for n in words_of(response)), None)
        hint = word or "write outcome ~ predictors"
        raise formula_error(text, response.span, "the outcome is not a column", hint)


def _check_not_predictor(text: str, response: Expr, fixed: TermSet) -> None:
    outcome = deparse(response)
    for term in fixed.terms:
        if len(term) == 1 and fixed.names[term[0]] == outcome:
            span = fixed.variables[term[0]].span
            raise formula_error(text, span, f"the outcome {outcome} is also a predictor")


class _Parts:
    """Splits the right side into fixed terms, random-effects terms and offsets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fixed: _Items = []
        self.bars: list[Bar] = []
        self.offsets: list[Offset] = []

    def collect(self, sign: str, expr: Expr) -> None:
        if isinstance(expr, Binary) and expr.operator in {"+", "-"} and _has_parts(expr):
            self.collect_sum(sign, expr)
        elif isinstance(expr, Paren) and isinstance(expr.inner, Binary) and is_bar(expr.inner):
            self.add_bar(sign, expr, expr.inner)
        elif isinstance(expr, Paren) and _has_parts(expr.inner):
            self.collect(sign, expr.inner)
        elif isinstance(expr, Call) and expr.function == "offset":
            self.require_plus(sign, expr, "an offset")
            self.offsets.append(Offset(deparse(expr.data), expr))
        elif isinstance(expr, Unary) and _has_parts(expr.operand):
            raise self.stray_sign(expr)
        else:
            self.fixed.append((sign, expr))

    def collect_sum(self, sign: str, expr: Binary) -> None:
        """Collect the summands of a sum; the first may be a product such as ``a * b``."""
        summands: _Items = []
        node: Expr = expr
        while isinstance(node, Binary) and node.operator in {"+", "-"}:
            summands.append(("+" if sign == node.operator else "-", node.right))
            node = node.left
        for own_sign, summand in [(sign, node), *reversed(summands)]:
            self.collect(own_sign, summand)

    def stray_sign(self, expr: Unary) -> FormulaError:
        start = expr.span.start
        before = self.text[:start].rstrip()
        first = before[-1:]
        if first in {"+", "-"}:
            what = f"two operators, {first} and {expr.operator}, follow each other"
            place, hint = Span(len(before) - 1, start + 1), f"write {first} once"
        else:
            what, hint = f"the sign {expr.operator} before this term has no meaning", "remove it"
            place = Span(start, start + 1)
        return formula_error(self.text, place, what, hint)

    def require_plus(self, sign: str, expr: Expr, what: str) -> None:
        if sign == "-":
            raise formula_error(self.text, expr.span, f"{what} can only be added, not subtracted")

    def add_bar(self, sign: str, paren: Paren, bar: Binary) -> None:
        self.require_plus(sign, paren, "a random-effects term")
        self.bars += make_bars(self.text, bar, paren.span)


def _has_parts(expr: Expr) -> bool:
    """Return whether a sum holds a random-effects term or an offset."""
    if isinstance(expr, Binary) and expr.operator in {"+", "-"}:
        first, operations = left_spine(expr)
        return _has_parts(first) or any(_has_parts(operation.right) for operation in operations)
    if isinstance(expr, Unary):
        return _has_parts(expr.operand)
    if isinstance(expr, Paren):
        return is_bar(expr.inner) or _has_parts(expr.inner)
    return isinstance(expr, Call) and expr.function == "offset"
