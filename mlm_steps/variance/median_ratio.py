"""The median odds ratio and its counterparts for other families (statistics, section 22.6)."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from scipy.special import ndtri

from mlm_steps.engine.result.mixed_checks import family_of_design
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["median_ratio"]

SOURCE = "Larsen & Merlo 2005"
INTERCEPT = "(Intercept)"


def median_ratio(explained: Explained) -> Contribution:
    """Return exp(sqrt(2 tau) Φ⁻¹(.75)) per grouping factor with a random intercept.

    tau is the variance of its intercepts. It is the median, over pairs of groups, of the ratio of the larger
    to the smaller odds (rate, hazard) of rows with equal predictors, where predictors with random slopes are
    zero. Links whose coefficients have no exponential with a meaning, such as probit, have none, nor have
    linear models.
    """
    if explained.linear:
        return Contribution()
    transformed = family_of_design(explained.fit.design).transformed
    if transformed is None:
        return Contribution()
    name = f"median_{transformed.words.replace(' ', '_')}"
    variances: dict[str, float] = {}
    for position, (term, T) in enumerate(
        zip(explained.fit.design.random, explained.fit.covariances, strict=True)
    ):
        if INTERCEPT in term.names and position not in explained.parts.dispersion:
            own = float(np.diag(T)[term.names.index(INTERCEPT)])
            variances[term.group] = variances.get(term.group, 0.0) + own
    return Contribution(
        measures=tuple(
            VarianceMeasure(
                measure=name, scope=group, value=exp(sqrt(2.0 * tau) * ndtri(0.75)), method=SOURCE
            )
            for group, tau in variances.items()
        )
    )
