"""Columns that are functions of the same variable, so that no single coefficient is its slope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mlm_steps.design import parse_formula
from mlm_steps.design.expressions import Binary, Call, Expr, Paren, Unary, columns_of
from mlm_steps.design.hlm import column_factors

__all__ = ["Curve", "curve_of", "expression_of", "is_curved", "variables_of"]

LINEAR_CALLS = ("I", "scale", "offset")
CATEGORICAL_CALLS = ("factor(", "as.factor(", "ordered(", "C(", "interaction(")
Factors = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The role of a column among the functions of its variable.

    Attributes
    ----------
    role : str
        ``base`` for x beside powers of x, whose coefficient is the slope at 0; ``bend`` for the square of
        such an x and the second column of ``poly(x, 2)``; ``part`` for any other function.
    variables : tuple of str
        The data columns that the column is a function of.
    stem : str
        The factor of the column that is a function, as written in the term.
    base : str
        For a base or a square, the stem that is raised to powers.
    higher : bool
        For a square: higher powers exist, and the curvature is that at 0.
    """

    role: Literal["base", "bend", "part"]
    variables: tuple[str, ...]
    stem: str
    base: str = ""
    higher: bool = False


def curve_of(formula: str, column: str, terms: Mapping[str, str]) -> Curve | None:
    """Return the role of a column among the functions of its variable; None if it is the only one.

    Parameters
    ----------
    formula : str
        The formula of the rung.
    column : str
        A column of its fixed or random effects.
    terms : mapping of str to str
        The term of each column to consider, including the column itself.

    Examples
    --------
    >>> terms = {"x": "x", "I(x^2)": "I(x^2)"}
    >>> [curve_of("y ~ x + I(x^2) + (1 | g)", name, terms).role for name in terms]
    ['base', 'bend']
    """
    known = _expressions(formula)
    own = column_factors(column, terms[column])
    others = [column_factors(name, term) for name, term in terms.items() if name != column]
    for factor in own:
        if factor[0] not in known:
            continue
        rest = set(own) - {factor}
        family = [
            found
            for other in others
            if rest <= set(other) or is_curved(formula, factor[0]) or factor[1] not in terms
            for found in other
            if _is_related(known, factor, found)
        ]
        if family:
            return _placed(known, factor, [factor, *family])
    return None


def is_curved(formula: str, stem: str) -> bool:
    """Return whether a factor of a column is a nonlinear function of data columns."""
    known = _expressions(formula)
    return stem in known and not _is_linear(known[stem])


def expression_of(formula: str, stem: str) -> Expr | None:
    """Return the expression of a factor in the formula; None if it is not a variable of the formula."""
    return _expressions(formula).get(stem)


def variables_of(formula: str, stem: str) -> tuple[str, ...]:
    """Return the data columns that a factor of a column is a function of.

    Examples
    --------
    >>> variables_of("y ~ log(x) * b + (1 | g)", "log(x)")
    ('x',)
    """
    known = _expressions(formula)
    return _variables(known[stem]) if stem in known else (stem.strip("`"),)


@lru_cache(maxsize=256)
def _expressions(formula: str) -> Mapping[str, Expr]:
    """Return the expressions of the variables in the terms of a formula, by name."""
    parsed = parse_formula(formula)
    parts = [parsed.fixed, *(bar.effects for bar in parsed.bars)]
    return {name: expr for part in parts for name, expr in zip(part.names, part.variables, strict=True)}


def _variables(expr: Expr) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.name for name in columns_of(expr)))


def _is_linear(expr: Expr) -> bool:
    if isinstance(expr, Call):
        return expr.function in LINEAR_CALLS and _is_linear(expr.data)
    if isinstance(expr, Paren):
        return _is_linear(expr.inner)
    if isinstance(expr, Unary):
        return _is_linear(expr.operand)
    if not isinstance(expr, Binary):
        return True
    left, right = bool(_variables(expr.left)), bool(_variables(expr.right))
    scaled = {"+": True, "-": True, "*": not (left and right), "/": not right}
    return scaled.get(expr.operator, not (left or right)) and _is_linear(expr.left) and _is_linear(expr.right)


def _is_related(known: Mapping[str, Expr], one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Return whether two factors are different functions of a common variable, one of them curved."""
    if one == other or other[0] not in known:
        return False
    if one[0] == other[0]:  # columns of a basis such as poly form a curve, those of a category do not
        return "(" in one[0] and not one[0].startswith(CATEGORICAL_CALLS)
    mine, theirs = known[one[0]], known[other[0]]
    shared = set(_variables(mine)) & set(_variables(theirs))
    return bool(shared) and not (_is_linear(mine) and _is_linear(theirs))


def _placed(
    known: Mapping[str, Expr], own: tuple[str, str], family: Factors | list[tuple[str, str]]
) -> Curve:
    stem, text = own
    variables = _variables(known[stem])
    bases = dict.fromkeys(name for name, _ in family)
    for base in bases if len(bases) > 1 else ():
        powers = [_power(base, name) for name, _ in family]
        found = [power for power in powers if power is not None]
        if len(found) < len(powers) or 1 not in found:
            continue
        power = _power(base, stem)
        if power == 1:
            return Curve("base", variables, stem, base)
        if power == 2:
            return Curve("bend", variables, stem, base, higher=max(found) > power)
    whole = {f"{stem}1", f"{stem}2"}
    if stem.startswith("poly(") and {name for _, name in family} == whole and text == f"{stem}2":
        return Curve("bend", variables, stem)
    return Curve("part", variables, stem)


def _power(base: str, stem: str) -> int | None:
    """Return n if a stem is the n-th power of a base; None otherwise.

    Examples
    --------
    >>> _power("x", "I(x^2)"), _power("I(x - 5)", "I((x - 5)^3)"), _power("x", "log(x)")
    (2, 3, None)
    """
    if stem == base:
        return 1
    inner = f"({base[2:-1]})" if base.startswith("I(") else base
    found = re.fullmatch(rf"I\({re.escape(inner)}\^(\d+)\)", stem)
    return int(found[1]) if found and int(found[1]) > 1 else None
