"""Random-effects terms: ``(effects | group)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mlm_steps.design.deparse import deparse
from mlm_steps.design.expressions import Binary, Call, Expr, Name, Paren, Unary, columns_of, left_spine
from mlm_steps.design.terms import TermSet, expand_terms
from mlm_steps.language.faults import Span, formula_error

__all__ = ["Bar", "GroupingFactor", "distinct_groups", "is_bar", "label_of", "make_bars"]

MAX_COLUMNS = 50
"""At most this many columns may follow a bar; more could exhaust the interpreter's stack."""


@dataclass(frozen=True, slots=True)
class GroupingFactor:
    """The grouping factor to the right of a bar.

    Attributes
    ----------
    label : str
        As lme4 prints it, for example ``school`` or ``class:school``.
    factors : tuple of Expr
        The factors whose combinations are the groups.
    written : str
        As a formula writes it, with backticks if names need them.
    """

    label: str
    factors: tuple[Expr, ...]
    written: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The data columns."""
        return tuple(dict.fromkeys(name.name for factor in self.factors for name in columns_of(factor)))


@dataclass(frozen=True, slots=True)
class Bar:
    """One random-effects term; ``(x | a/b)`` gives two.

    Attributes
    ----------
    effects : TermSet
        The effects to the left of the bar.
    group : GroupingFactor
        The grouping factor to the right of the bar.
    correlated : bool
        False for a double bar.
    source : str
        The term as written.
    span : Span
        The position of the term in the formula.
    alone : str
        The term written separately; ``(x | a/b)`` gives ``(x | a)`` and a term for the interaction.
    """

    effects: TermSet
    group: GroupingFactor
    correlated: bool
    source: str
    span: Span
    alone: str


def make_bars(text: str, bar: Binary, span: Span) -> list[Bar]:
    """Return the random-effects terms of one bar; ``(x | a/b)`` gives two.

    Parameters
    ----------
    text : str
        The formula.
    bar : Binary
        The expression in the parentheses.
    span : Span
        The position of the parentheses.

    Raises
    ------
    FormulaError
        A bar is inside another, the term has no effect, or the right side is not a grouping factor.
    """
    for side in (bar.left, bar.right):
        nested = next(_bars_within(side), None)
        if nested is not None:
            what = "a random-effects term is inside another"
            raise formula_error(text, nested.span, what, "write them side by side, joined by +")
    columns = sum(1 for _ in columns_of(bar.right))
    if columns > MAX_COLUMNS:
        what = f"{columns} columns are to the right of this bar; at most {MAX_COLUMNS} are allowed"
        raise formula_error(text, bar.right.span, what, "add one column with the groups to the data")
    effects = expand_terms(text, [("+", bar.left)])
    if not effects.terms and not effects.intercept:
        hint = "write (1 | group) for a random intercept"
        raise formula_error(text, bar.left.span, "this random-effects term has no effect", hint)
    source, left = text[span.start : span.end], text[bar.left.span.start : bar.left.span.end]
    groups = _grouping(text, bar.right)
    for group in groups:
        _require_within(text, effects, group)
    return [
        Bar(effects, group, bar.operator == "|", source, span, f"({left} | {group.written})")
        for group in groups
    ]


def distinct_groups(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Return the bars; a column named ``a:b`` gets backticks if another bar groups by a and b."""
    written: dict[str, set[str]] = {}
    for bar in bars:
        written.setdefault(bar.group.label, set()).add(bar.group.written)
    return tuple(
        bar
        if len(written[bar.group.label]) == 1
        else replace(bar, group=replace(bar.group, label=bar.group.written))
        for bar in bars
    )


def _require_within(text: str, effects: TermSet, group: GroupingFactor) -> None:
    """Raise FormulaError for an effect of the grouping factor only, because it is constant within groups."""
    if len(group.factors) > 1:
        return
    for variable in effects.variables:
        used = {name.name for name in columns_of(variable)}
        if used and used <= set(group.columns):
            what = f"{deparse(variable)} does not vary within {group.label}, so it has no slope there"
            raise formula_error(text, variable.span, what, f"a random intercept is (1 | {group.label})")


def label_of(expr: Expr) -> str:
    """Return an expression as R prints it; the name of a single column has no backticks."""
    return expr.name if isinstance(expr, Name) else deparse(expr)


def is_bar(expr: Expr) -> bool:
    """Return whether an expression is a random-effects term without its parentheses."""
    return isinstance(expr, Binary) and expr.operator in {"|", "||"}


def _bars_within(expr: Expr) -> Iterator[Expr]:
    if is_bar(expr):
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
    """Return the grouping factors to the right of a bar; the inner factor of ``a/b`` is first, as in lme4."""
    if isinstance(expr, Paren):
        return _grouping(text, expr.inner)
    if isinstance(expr, Binary):
        return _combined(text, expr)
    if isinstance(expr, (Name, Call)):
        return [GroupingFactor(label_of(expr), (expr,), deparse(expr))]
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
    """Return whether an expression names one factor, which may be nested in others."""
    while isinstance(expr, Paren):
        expr = expr.inner
    return not isinstance(expr, Binary) or expr.operator in {"/", ":"}


def _too_tangled(text: str, expr: Expr) -> Exception:
    return formula_error(
        text, expr.span, "this combination of grouping factors is not supported", "write the terms one by one"
    )


def _interaction(first: GroupingFactor, second: GroupingFactor) -> GroupingFactor:
    """Return the interaction of two factors; R puts the second in parentheses if it is an interaction."""
    several = len(second.factors) > 1
    label, written = (f"({text})" if several else text for text in (second.label, second.written))
    return GroupingFactor(
        f"{first.label}:{label}", (*first.factors, *second.factors), f"{first.written}:{written}"
    )
