"""A formula of lme4's language as frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

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
)
from mlm_steps.design.faults import Span, formula_error
from mlm_steps.design.parser import parse_sides
from mlm_steps.design.terms import TermSet, expand_terms

__all__ = ["Bar", "Formula", "GroupingFactor", "parse_formula"]

_Items = list[tuple[str, Expr]]


@dataclass(frozen=True, slots=True)
class GroupingFactor:
    """What stands right of a bar.

    Attributes
    ----------
    label : str
        As lme4 prints it, for example ``school`` or ``class:school``.
    factors : tuple of Expr
        The factors whose combinations are the groups.
    """

    label: str
    factors: tuple[Expr, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The data columns."""
        return tuple(dict.fromkeys(name.name for factor in self.factors for name in columns_of(factor)))


@dataclass(frozen=True, slots=True)
class Bar:
    """One random-effects term; ``(x | a/b)`` makes two.

    Attributes
    ----------
    effects : TermSet
        What stands left of the bar.
    group : GroupingFactor
        What stands right of it.
    correlated : bool
        False for a double bar.
    source : str
        The term as written.
    span : Span
        Its place in the formula.
    """

    effects: TermSet
    group: GroupingFactor
    correlated: bool
    source: str
    span: Span


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
    offsets : tuple of Expr
        What stands in ``offset()``.
    """

    text: str
    response: Expr
    fixed: TermSet
    bars: tuple[Bar, ...]
    offsets: tuple[Expr, ...]

    @cached_property
    def outcome_label(self) -> str:
        """The response as R prints it, for example ``log(Reaction)``."""
        return _label(self.response)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every mention of a column, in the order outcome, fixed effects, random effects, offsets."""
        return tuple(self._names())

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """Columns of the response."""
        return tuple(dict.fromkeys(name.name for name in columns_of(self.response)))

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """All columns, each once, the response's first."""
        return tuple(dict.fromkeys(name.name for name in self.names))

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
            yield from columns_of(offset)


def parse_formula(text: str) -> Formula:
    """Return a formula of lme4's language as frozen values.

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
        At the first place that cannot be read; its ``offset`` counts characters from 0.

    Examples
    --------
    >>> formula = parse_formula("log(y) ~ x * f + (x | school/class)")
    >>> formula.outcome_label, formula.fixed.labels
    ('log(y)', ('x', 'f', 'x:f'))
    >>> [bar.group.label for bar in formula.bars]
    ['class:school', 'school']
    """
    response, right = parse_sides(text)
    _check_response(text, response)
    parts = _Parts(text)
    parts.collect("+", right)
    fixed = expand_terms(text, parts.fixed)
    _check_not_predictor(text, response, fixed)
    return Formula(text, response, fixed, tuple(parts.bars), tuple(parts.offsets))


def _label(expr: Expr) -> str:
    return expr.name if isinstance(expr, Name) else deparse(expr)


def _check_response(text: str, response: Expr) -> None:
    if isinstance(response, (Number, Text, Truth)) or not any(columns_of(response)):
        raise formula_error(text, response.span, "the outcome is not a column", "write outcome ~ predictors")


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
        self.offsets: list[Expr] = []

    def collect(self, sign: str, expr: Expr) -> None:
        if isinstance(expr, Binary) and expr.operator in {"+", "-"} and _has_parts(expr):
            first, operations = left_spine(expr)
            start = next(
                i for i, o in enumerate(operations) if o.operator in {"+", "-"} and _all_sums(operations[i:])
            )
            self.collect(sign, operations[start].left)
            for operation in operations[start:]:
                self.collect(_product(sign, operation.operator), operation.right)
        elif isinstance(expr, Paren) and _is_bar(expr.inner):
            self.add_bar(sign, expr)
        elif isinstance(expr, Paren) and _has_parts(expr.inner):
            self.collect(sign, expr.inner)
        elif isinstance(expr, Call) and expr.function == "offset":
            self.require_plus(sign, expr, "an offset")
            self.offsets.append(expr)
        else:
            self.fixed.append((sign, expr))

    def require_plus(self, sign: str, expr: Expr, what: str) -> None:
        if sign == "-":
            raise formula_error(self.text, expr.span, f"{what} can only be added, not taken away")

    def add_bar(self, sign: str, paren: Paren) -> None:
        self.require_plus(sign, paren, "a random-effects term")
        bar = paren.inner
        assert isinstance(bar, Binary)
        for side in (bar.left, bar.right):
            nested = next(_bars_within(side), None)
            if nested is not None:
                what = "a random-effects term stands inside another"
                raise formula_error(self.text, nested.span, what, "write them side by side, joined by +")
        effects = expand_terms(self.text, [("+", bar.left)])
        if not effects.terms and not effects.intercept:
            hint = "write (1 | group) for a random intercept"
            raise formula_error(self.text, bar.left.span, "this random-effects term has no effect", hint)
        source = self.text[paren.span.start : paren.span.end]
        for group in _grouping(self.text, bar.right):
            self.bars.append(Bar(effects, group, bar.operator == "|", source, paren.span))


def _product(sign: str, operator: str) -> str:
    return "+" if sign == operator else "-"


def _all_sums(operations: list[Binary]) -> bool:
    return all(operation.operator in {"+", "-"} for operation in operations)


def _is_bar(expr: Expr) -> bool:
    return isinstance(expr, Binary) and expr.operator in {"|", "||"}


def _has_parts(expr: Expr) -> bool:
    """Return whether a sum holds a random-effects term or an offset."""
    if isinstance(expr, Binary) and expr.operator in {"+", "-"}:
        first, operations = left_spine(expr)
        return _has_parts(first) or any(_has_parts(operation.right) for operation in operations)
    if isinstance(expr, Paren):
        return _is_bar(expr.inner) or _has_parts(expr.inner)
    return isinstance(expr, Call) and expr.function == "offset"


def _bars_within(expr: Expr) -> Iterator[Expr]:
    if _is_bar(expr):
        yield expr
    elif isinstance(expr, Paren):
        yield from _bars_within(expr.inner)
    elif isinstance(expr, Unary):
        yield from _bars_within(expr.operand)
    elif isinstance(expr, Binary):
        first, operations = left_spine(expr)
        for part in (first, *(operation.right for operation in operations)):
            yield from _bars_within(part)


def _grouping(text: str, expr: Expr) -> list[GroupingFactor]:
    """Return the grouping factors right of a bar; the innermost of ``a/b`` first, as lme4 has them."""
    if isinstance(expr, Paren):
        return _grouping(text, expr.inner)
    if isinstance(expr, Binary):
        return _combined(text, expr)
    if isinstance(expr, (Name, Call)):
        return [GroupingFactor(_label(expr), (expr,))]
    raise formula_error(
        text, expr.span, "this is not a grouping factor", "name a column, such as (1 | school)"
    )


def _combined(text: str, expr: Binary) -> list[GroupingFactor]:
    if expr.operator not in {"/", ":", "*", "+"}:
        what = f"{expr.operator} does not join grouping factors"
        raise formula_error(text, expr.span, what, "a:b is each pair, a/b is a and b within a")
    left, right = _grouping(text, expr.left), _grouping(text, expr.right)
    if expr.operator == "+":
        return [*left, *right]
    if expr.operator == "/":
        if not _is_one_factor(expr.left):
            raise _too_tangled(text, expr)
        return [*(_interaction(inner, left[0]) for inner in right), *left]
    if len(left) > 1 or len(right) > 1:
        raise _too_tangled(text, expr)
    pair = _interaction(left[0], right[0])
    return [pair] if expr.operator == ":" else [*left, *right, pair]


def _is_one_factor(expr: Expr) -> bool:
    """Return whether an expression names one factor, perhaps nested in others."""
    while isinstance(expr, Paren):
        expr = expr.inner
    return not isinstance(expr, Binary) or expr.operator in {"/", ":"}


def _too_tangled(text: str, expr: Expr) -> Exception:
    return formula_error(
        text, expr.span, "these grouping factors are too tangled to take apart", "write the terms one by one"
    )


def _interaction(first: GroupingFactor, second: GroupingFactor) -> GroupingFactor:
    """Return the combinations of two factors; R puts the second in parentheses when it is one itself."""
    label = f"({second.label})" if len(second.factors) > 1 else second.label
    return GroupingFactor(f"{first.label}:{label}", (*first.factors, *second.factors))
