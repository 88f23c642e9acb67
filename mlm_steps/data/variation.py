"""Find the level of a variable from its variance within and between groups (statistics, section 1)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.records.data_profile import VariableLevel

__all__ = ["TOLERANCE", "level_of", "varying_groups"]

TOLERANCE = 1e-8
"""A part of the variance below this share of the total is rounding error and counts as 0."""

_ALMOST_GROUPS = 0.1
"""A variable is almost of level 2 if it varies in at most this share of the groups with several rows."""
_ALMOST_BETWEEN = 0.8
"""A variable is almost of level 2 only if this share of its variance lies between groups.

A rare event also varies in few groups, but most of its variance lies within them."""

Values = NDArray[np.float64] | pd.Categorical
VariationLevel = Literal["within", "between", "mixed", "constant"]


def level_of(variable: str, values: Values, factor: CodedFactor, *, declared: bool) -> VariableLevel:
    """Return the level of a variable with respect to a factor.

    Parameters
    ----------
    variable : str
    values : ndarray of float64 or Categorical, length n
        Without missing values.
    factor : CodedFactor
    declared : bool
        Whether the variable is declared constant within groups; all groups that contradict this are named.

    Returns
    -------
    VariableLevel
        Variances over rows, with denominator n - 1.
    """
    x = _codes(values) if isinstance(values, pd.Categorical) else values
    varying = varying_groups(x, factor)
    total = within = between = None
    level: VariationLevel
    if isinstance(values, pd.Categorical):
        share = _determined(x.astype(np.intp), len(values.categories), factor)
        level = "constant" if not np.ptp(x) else "mixed" if varying.any() else "between"
    else:
        total, within, between = _variances(x, factor)
        share = between / total if total else 0.0
        level = _numeric_level(total, within, between)
    almost = 0 < varying.sum() <= _ALMOST_GROUPS * (factor.sizes > 1).sum() and share >= _ALMOST_BETWEEN
    named = varying if level in ("mixed", "within") and (declared or almost) else np.zeros_like(varying)
    return VariableLevel(
        variable=variable,
        factor=factor.name,
        level=level,
        variance=total,
        variance_within=within,
        variance_between=between,
        conflicting_levels=tuple(factor.labels[i] for i in np.flatnonzero(named)),
    )


def _codes(values: pd.Categorical) -> NDArray[np.float64]:
    return np.asarray(values.codes, dtype=np.float64)


def varying_groups(x: NDArray[np.float64], factor: CodedFactor) -> NDArray[np.bool_]:
    """Return in which groups a variable varies by more than rounding error, shape (J,)."""
    spread = float(x.std()) if len(x) else 0.0
    varying: NDArray[np.bool_] = factor.ranges(x) > np.sqrt(TOLERANCE) * spread
    return varying


def _variances(x: NDArray[np.float64], factor: CodedFactor) -> tuple[float, float, float]:
    """Return the total variance of a variable, its variance within and its variance between groups."""
    if len(x) < 2:
        return 0.0, 0.0, 0.0
    centred = x - x.mean()
    means = factor.means(centred)[factor.codes]
    return float(centred.var(ddof=1)), float((centred - means).var(ddof=1)), float(means.var(ddof=1))


def _numeric_level(total: float, within: float, between: float) -> VariationLevel:
    if total == 0.0:
        return "constant"
    if within <= TOLERANCE * total:
        return "between"
    return "within" if between <= TOLERANCE * total else "mixed"


def _determined(codes: NDArray[np.intp], levels: int, factor: CodedFactor) -> float:
    """Return Goodman and Kruskal's lambda of a category given the group."""
    cells = np.bincount(factor.codes * levels + codes, minlength=len(factor.labels) * levels)
    table = cells.reshape(len(factor.labels), levels)
    outside = len(codes) - int(table.sum(axis=0).max())
    return 1.0 - (len(codes) - int(table.max(axis=1).sum())) / outside if outside else 0.0
