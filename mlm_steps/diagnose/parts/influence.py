"""The influence of groups and rows on a model: what changes without them (statistics, section 14)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from mlm_steps.engine.influence.delete import Way, delete_groups, grouping_terms, way_of
from mlm_steps.engine.influence.deletions import Deletions, components_of
from mlm_steps.engine.posterior.leverage import cooks_distances, leverages
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import FitError
from mlm_steps.records.influence import Change, FactorInfluence, ModelInfluence, RowInfluence

__all__ = ["Tested", "factor_influence", "influence_of", "p_without"]

Array = NDArray[np.float64]

MOST_GROUPS = 1000
"""Largest number of groups of a factor that are recorded: those with the largest Cook's distances."""
MOST_ROWS = 20
"""Largest number of rows that are recorded: those with the largest Cook's distances."""
INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """The tests of the coefficients with all rows.

    Attributes
    ----------
    df_method : str
    df : ndarray, shape (p,)
        Degrees of freedom, infinite for the normal distribution. They are also used without a group.
    se, p : ndarray, shape (p,)
        The standard errors of the tests, which Kenward and Roger's method adjusts, and their p values.
    alpha : float
        Level of the tests.
    """

    df_method: str
    df: Array
    se: Array
    p: Array
    alpha: float


def influence_of(
    model: str, fit: MixedFit, tested: Tested, effort: Literal["quick", "all"] = "all"
) -> ModelInfluence:
    """Return the influence of the groups of each grouping factor, and of the rows."""
    factors = tuple(
        factor_influence(fit, group, tested, way_of(fit, group, effort)) for group in grouping_terms(fit)
    )
    rows = tuple(_rows(fit)) if isinstance(fit, LmmFit) else ()
    return ModelInfluence(
        model=model,
        df_method=tested.df_method,
        alpha=tested.alpha,
        columns=fit.design.columns,
        components=tuple(component.name(fit.design) for component in components_of(fit)),
        factors=factors,
        rows=rows,
        rows_code=None if rows else "not_applicable",
    )


def factor_influence(fit: MixedFit, group: str, tested: Tested, way: Way) -> FactorInfluence:
    """Return the influence of the groups of one factor; with a code if they are not deleted."""
    J = len(grouping_terms(fit)[group].levels)
    if way in ("too_large", "not_requested"):
        return FactorInfluence(grouping_factor=group, n_levels=J, code=way)
    found = delete_groups(fit, group, way)
    p = p_without(found, tested)
    kept = _largest(found.cook, MOST_GROUPS)
    return FactorInfluence(
        grouping_factor=group,
        n_levels=J,
        approximate=found.approximate,
        levels=tuple(found.levels[level] for level in kept),
        n=tuple(int(found.n[level]) for level in kept),
        cook=_numbers(found.cook[kept]),
        covratio=_numbers(found.covratio[kept]),
        dfbetas=tuple(map(_numbers, found.dfbetas[kept])),
        estimate=tuple(map(_numbers, found.beta[kept])),
        se=tuple(map(_numbers, found.se[kept])),
        p=tuple(map(_numbers, p[kept])),
        rvc=tuple(map(_numbers, found.variance_changes[kept])),
        reasons={found.levels[level]: reason for level, reason in found.reasons.items()},
        cook_line=found.cook_line,
        dfbetas_line=found.dfbetas_line,
        above=int(np.count_nonzero(found.cook > found.cook_line)),
        changes=tuple(_changes(found, p, tested, kept)),
    )


def p_without(found: Deletions, tested: Tested) -> Array:
    """Return the p value of each coefficient without each group, shape (J, p).

    The degrees of freedom, and the ratio of an adjusted standard error to the plain one, are those of all
    rows.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = found.beta / (found.se * (tested.se / found.fit.se))
        size = -np.abs(ratio)
        tails: Array = 2.0 * np.where(np.isinf(tested.df), ndtr(size), stdtr(tested.df, size))
    return tails


def _largest(cook: Array, most: int) -> list[int]:
    """Return the positions of the ``most`` groups with the largest distances in the order of the levels."""
    order = np.argsort(-np.where(np.isnan(cook), np.inf, cook), kind="stable")[:most]
    return [int(level) for level in np.sort(order)]


def _changes(found: Deletions, p: Array, tested: Tested, kept: list[int]) -> Iterator[Change]:
    """Yield the coefficients whose sign or significance changes; the intercept is no finding."""
    fit, se = found.fit, found.se
    for column, name in enumerate(fit.design.columns):
        if name == INTERCEPT or not np.isfinite(tested.p[column]):
            continue
        for level in kept:
            estimate = found.beta[level, column]
            if not np.isfinite(p[level, column]):
                continue
            what: list[Literal["sign", "significance"]] = []
            if np.sign(estimate) != np.sign(fit.beta[column]):
                what.append("sign")
            if (p[level, column] < tested.alpha) != (tested.p[column] < tested.alpha):
                what.append("significance")
            if what:
                yield Change(
                    level=found.levels[level],
                    column=name,
                    what=tuple(what),
                    estimate=float(estimate),
                    se=float(se[level, column]),
                    p=float(p[level, column]),
                )


def _rows(fit: LmmFit) -> Iterator[RowInfluence]:
    """Yield the rows with the largest Cook's distances, the largest first; none where leverages are lost."""
    try:
        h = leverages(fit)
    except FitError:
        return  # rounding leaves too few digits of the leverages
    cook = cooks_distances(fit, h)
    for row in np.argsort(-np.where(np.isnan(cook), -np.inf, cook), kind="stable")[:MOST_ROWS]:
        if np.isfinite(cook[row]):
            yield RowInfluence(
                row=int(fit.design.rows[row]) + 1, cook=float(cook[row]), leverage=float(h[row])
            )


def _numbers(values: Array) -> tuple[float | None, ...]:
    return tuple(float(value) if np.isfinite(value) else None for value in values)
