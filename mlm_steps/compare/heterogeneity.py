"""HLM's chi-square test that a random coefficient does not vary (Raudenbush & Bryk 2002, section 3).

For coefficient q, H is the sum of (beta_qj - gamma' w_j)² / V_qq,j over the groups j in which q is estimable.
beta_j is the least-squares estimate of group j, and V_j = sigma² (Z_j' W_j Z_j)⁻¹ its sampling variance. The
fixed effects of level-1 predictors without a random slope are subtracted from the outcome first. H has a
chi-square distribution; its degrees of freedom are the number of groups less the number of fixed effects in
the coefficient's level-2 equation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.compare.mixtures import chi_square_tail
from mlm_steps.engine.posterior.random_effects import group_precision
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.moments import grouping_factors
from mlm_steps.engine.structures.groups import segment_sum
from mlm_steps.records.deletions import Heterogeneity

__all__ = ["heterogeneity", "level_2_equation"]

CONSTANT = 1e-10
"""Relative residual up to which a column counts as a multiple of another within groups. Rounding errors are
smaller."""

Array = NDArray[np.float64]


def heterogeneity(fit: LmmFit) -> tuple[Heterogeneity, ...]:
    """Return the test of each random coefficient; with several grouping factors, a code instead.

    With several factors a group's least-squares estimate also contains effects of the other factors, so it
    does not estimate this coefficient alone.
    """
    effects = [
        (term.group, name, z)
        for term in fit.design.random
        for name, z in zip(term.names, term.z.T, strict=True)
    ]
    if len(grouping_factors(fit)) > 1:
        return tuple(_without(group, name, "several_factors") for group, name, _ in effects)
    precision = group_precision(fit)
    used: set[int] = set()
    tests = []
    for position, (group, name, z) in enumerate(effects):
        own = level_2_equation(fit.design.X, z, fit.design.random[0].refs) - used
        used |= own
        ols, variance = precision.ols[:, position], precision.sampling[:, position]
        known = np.isfinite(ols) & (variance > 0)
        df = int(known.sum()) - len(own)
        if df < 1:
            tests.append(_without(group, name, "not_estimable"))
            continue
        statistic = float(np.sum(ols[known] ** 2 / variance[known]))
        p = chi_square_tail(df, statistic)
        tests.append(
            Heterogeneity(
                group=group, effect=name, statistic=statistic, df=df, p=p, n_groups=int(known.sum())
            )
        )
    return tuple(tests)


def level_2_equation(X: Array, z: Array, refs: NDArray[np.intp]) -> set[int]:
    """Return the positions of the fixed effects in the level-2 equation of the coefficient of z.

    These are the columns of X, shape (n, p), that are z times a value that is constant within groups.
    """
    J = int(refs.max()) + 1
    square = segment_sum(z * z, refs, J)
    products = segment_sum(X * z[:, None], refs, J)
    slope = np.divide(products, square[:, None], out=np.zeros_like(products), where=square[:, None] > 0)
    rest = np.linalg.norm(X - z[:, None] * slope[refs], axis=0)
    return set(np.flatnonzero(rest <= CONSTANT * np.linalg.norm(X, axis=0)).tolist())


def _without(group: str, effect: str, code: str) -> Heterogeneity:
    return Heterogeneity(
        group=group, effect=effect, statistic=None, df=None, p=None, n_groups=None, code=code
    )
