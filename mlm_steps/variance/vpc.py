"""The variance partition coefficient as a function of a random slope's predictor (statistics, section 5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import VarianceParts, grouping_factors
from mlm_steps.records import Icc

__all__ = ["INTERCEPT", "grid", "vpc"]

INTERCEPT = "(Intercept)"
POINTS = 11
"""Largest number of predictor values in the table; equally spaced points replace more distinct values."""


def vpc(fit: MixedFit, parts: VarianceParts) -> list[Icc]:
    """Return rho(x) = z' T z / (z' T z + rest) over the observed range of each factor's slope predictor.

    The rest is the residual variance (of a generalized model, that of its distribution on the link scale)
    plus the mean random variance of other factors. The row ``vpc_minimum`` is at the x with the smallest
    variance between groups, -tau_01 / tau_11. A factor with several random slopes has a code instead, since
    its coefficient is not a function of one predictor.
    """
    rows: list[Icc] = []
    for group, positions in grouping_factors(fit, parts.dispersion).items():
        names = [name for position in positions for name in fit.design.random[position].names]
        slopes = [name for name in names if name != INTERCEPT]
        if len(slopes) > 1:
            rows.append(Icc(group=group, kind="vpc", value=None, code="several_slopes"))
        elif slopes:
            rest = parts.residual + parts.random - sum(parts.terms[position] for position in positions)
            rows += _function(fit, group, positions, names, slopes[0], rest)
    return rows


def _function(
    fit: MixedFit, group: str, positions: tuple[int, ...], names: list[str], slope: str, rest: float
) -> list[Icc]:
    """Return the rows of one factor with one random slope."""
    column = names.index(slope)
    Z = np.hstack([fit.design.random[position].z for position in positions])
    Lambda = _joint_factor(fit, positions)
    T = Lambda @ Lambda.T

    def row(kind: str, x: float) -> Icc:
        z = np.array([1.0 if name == INTERCEPT else x for name in names])
        between = fit.scale**2 * float(np.sum((Lambda.T @ z) ** 2))
        return Icc(group=group, kind=kind, value=between / (between + rest), x=x, effect=slope)

    rows = [row("vpc", float(x)) for x in grid(Z[:, column])]
    if INTERCEPT in names and T[column, column] > 0:
        rows.append(row("vpc_minimum", 0.0 - float(T[names.index(INTERCEPT), column] / T[column, column])))
    return rows


def _joint_factor(fit: MixedFit, positions: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the relative covariance factor of all terms of one grouping factor, which are uncorrelated."""
    sizes = [len(fit.design.random[position].names) for position in positions]
    Lambda, start = np.zeros((sum(sizes), sum(sizes))), 0
    for position, k in zip(positions, sizes, strict=True):
        Lambda[start : start + k, start : start + k] = fit.Lambda[position]
        start += k
    return Lambda


def grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distinct values if there are few, else equally spaced points over their range."""
    distinct = np.unique(values)
    return distinct if len(distinct) <= POINTS else np.linspace(distinct[0], distinct[-1], POINTS)
