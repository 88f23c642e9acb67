"""The share of the outcome's variance that differences of slopes make (statistics, section 5)."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import grouping_factors
from mlm_steps.engine.result.spread import split_by_group
from mlm_steps.records import Icc

__all__ = ["slope_icc"]

KIND = "slope_heterogeneity"


def slope_icc(fit: MixedFit) -> list[Icc]:
    """Return rho_beta of each grouping factor with random slopes (Aguinis & Culpepper 2015).

    It is tr(T X_c' X_c / (n - 1)) / var(y), with the columns X_c of the random terms centred within the
    levels of the factor, so that the intercept has no part in it. Generalized models have none, since their
    outcome is not on the scale of T.
    """
    if not fit.design.response.linear:
        return []
    spread = float(np.var(fit.design.y, ddof=1))
    rows = []
    for group, positions in grouping_factors(fit).items():
        terms = [fit.design.random[position] for position in positions]
        if all(term.names == ("(Intercept)",) for term in terms):
            continue
        variance = 0.0
        for position, term in zip(positions, terms, strict=True):
            within = split_by_group(term.z, term.refs)[0]
            variance += float(np.sum((within @ fit.covariances[position]) * within)) / (fit.design.n - 1)
        rows.append(Icc(group=group, kind=KIND, value=variance / spread))
    return rows
