"""Between–within degrees of freedom, as in HLM (statistics, section 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mlm_steps.design.hlm import Place, VariableRank, is_nested, place_columns
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of
from mlm_steps.inference.base import Array, Context, Reference
from mlm_steps.inference.joint_df import JointDf
from mlm_steps.inference.satterthwaite import satterthwaite
from mlm_steps.inference.z import z
from mlm_steps.records.base import Notice

__all__ = ["between_within"]

NAME = "between-within"
RANKS: tuple[VariableRank, ...] = ("1", "2", "3")


def between_within(fit: MixedFit, context: Context, /) -> Reference:
    """Return tests whose degrees of freedom are those of the level at which a coefficient is estimated.

    At level k of the hierarchy, with J_k units (J_1 = n) nested in J_{k+1} units (1 above the top), a
    coefficient has J_k − J_{k+1} − s degrees of freedom; s is the number of predictors of that level in its
    equation. The level is that of the coefficient's highest predictor, or the highest level at which the
    coefficient varies randomly. With two levels this gives J − s₂ − 1 for level-2 predictors, cross-level
    products, intercepts and random slopes, and n − J − s₁ for fixed slopes. A contrast or a term has the
    smallest df of its coefficients.

    If the factors are not nested, or a coefficient has less than one df, Satterthwaite's tests are returned
    with a notice, and z tests for a generalized model.
    """
    hierarchy = _hierarchy(fit.design)
    if hierarchy is None:
        return _instead(fit, context, "the grouping factors are not nested in one another")
    levels = context.variable_levels
    df = _degrees(fit.design, hierarchy, _levels(fit.design, hierarchy) if levels is None else levels)
    if df.size and df.min() < 1.0:
        return _instead(fit, context, "there are too few groups for the predictors")

    least = _Least(df)
    return Reference(NAME, fit.beta, fit.vcov, sigma_of(fit), least.each, least.joint)


@dataclass(frozen=True, slots=True, eq=False)
class _Least:
    """The smallest of the degrees of freedom, shape (p,), of the coefficients in a hypothesis."""

    df: Array

    def each(self, contrasts: Array) -> Array:
        found: Array = np.where(contrasts != 0.0, self.df, np.inf).min(axis=1)
        return found

    def joint(self, hypothesis: Array) -> JointDf:
        return JointDf(1.0, float(self.each(hypothesis).min()))


def _instead(fit: MixedFit, context: Context, why: str) -> Reference:
    linear = fit.design.response.linear
    method, words = (satterthwaite, "by Satterthwaite's method") if linear else (z, "z tests")
    text = f"The model has no between-within degrees of freedom: {why}. The tests are {words}."
    notice = Notice(code="between_within", severity="warning", text=text)
    return replace(method(fit, context), notices=(notice,))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A level of the hierarchy: its factor and the names of the coefficients that vary over it."""

    factor: RandomTerm
    varying: frozenset[str]


def _hierarchy(design: Design) -> tuple[_Unit, ...] | None:
    """Return the levels above the first, innermost first; None if they are not nested or more than two."""
    factors: dict[str, RandomTerm] = {}
    for term in design.random:
        factors.setdefault(term.group, term)
    ordered = sorted(factors.values(), key=lambda term: -len(term.levels))
    nested = all(is_nested(inner, outer) for inner, outer in pairwise(ordered))
    if not nested or len(ordered) > len(RANKS) - 1:
        return None
    return tuple(
        _Unit(
            factor,
            frozenset(name for term in design.random if term.group == factor.group for name in term.names),
        )
        for factor in ordered
    )


def _levels(design: Design, hierarchy: Sequence[_Unit]) -> dict[str, VariableRank]:
    """Return for each variable that is a main effect the highest level within which it is constant."""
    levels: dict[str, VariableRank] = {}
    for position, variables in enumerate(design.term_variables, start=1):
        columns = design.X[:, [assigned == position for assigned in design.assign]]
        if len(variables) != 1 or not columns.shape[1]:
            continue
        for rank, unit in zip(RANKS[1:], hierarchy, strict=False):
            first = np.zeros((len(unit.factor.levels), columns.shape[1]))
            first[unit.factor.refs] = columns
            if np.array_equal(first[unit.factor.refs], columns):
                levels[variables[0]] = rank
    return levels


def _degrees(
    design: Design, hierarchy: Sequence[_Unit], variable_levels: Mapping[str, VariableRank]
) -> Array:
    """Return the degrees of freedom of each coefficient."""
    depth = len(hierarchy) + 1
    places = place_columns(
        design.distinct_names,
        design.assign,
        design.term_labels,
        design.term_variables,
        variable_levels,
        depth,
    )
    own = [_highest(place) for place in places]
    sizes = [design.n, *(len(unit.factor.levels) for unit in hierarchy), 1]
    df = np.empty(design.p)
    for c, (column, place) in enumerate(zip(design.columns, places, strict=True)):
        varying = [rank for rank, unit in enumerate(hierarchy, start=2) if column in unit.varying]
        level = max([own[c], 1, *varying])
        equation = place.parts[: level - 1]
        predictors = sum(
            highest == level and other.parts[: level - 1] == equation
            for highest, other in zip(own, places, strict=True)
        )
        df[c] = sizes[level - 1] - sizes[level] - predictors
    return df


def _highest(place: Place) -> int:
    """Return the highest level of a column's predictors; 0 for the intercept."""
    return max((level for level, part in enumerate(place.parts, start=1) if part), default=0)
