"""Explained variance: intraclass correlations, shares of variance, design effects.

A measure is a module with a function from Explained to Contribution, listed in ``MEASURES`` under the
module's name. Measures sum over the random terms, so that they hold for any number of grouping factors.
"""

from __future__ import annotations

from math import isfinite

from mlm_steps.records import DistributionRow, VarianceRecord
from mlm_steps.variance.base import Contribution, Explained, Measure
from mlm_steps.variance.design_effect import design_effect
from mlm_steps.variance.differences import differences
from mlm_steps.variance.icc import icc
from mlm_steps.variance.local_f2 import local_f2
from mlm_steps.variance.median_ratio import median_ratio
from mlm_steps.variance.prv import prv
from mlm_steps.variance.r2_beta import r2_beta
from mlm_steps.variance.r2_nakagawa import r2_nakagawa
from mlm_steps.variance.r2_xu import r2_xu
from mlm_steps.variance.rights_sterba import rights_sterba
from mlm_steps.variance.snijders_bosker import snijders_bosker

__all__ = ["MEASURES", "Contribution", "Explained", "Measure", "explain"]

MEASURES: dict[str, Measure] = {
    "icc": icc,
    "prv": prv,
    "r2_nakagawa": r2_nakagawa,
    "rights_sterba": rights_sterba,
    "design_effect": design_effect,
    "median_ratio": median_ratio,
    "snijders_bosker": snijders_bosker,
    "differences": differences,
    "r2_beta": r2_beta,
    "local_f2": local_f2,
    "r2_xu": r2_xu,
}


def explain(explained: Explained) -> VarianceRecord:
    """Return the record of all measures of one rung."""
    parts, distribution = explained.parts, explained.residual
    contributions = [measure(explained) for measure in MEASURES.values()]
    return VarianceRecord(
        model=explained.model,
        method=explained.fit.method,
        variance_fixed=parts.fixed if isfinite(parts.fixed) else None,
        variance_random=parts.random,
        variance_residual=parts.residual,
        distribution=None
        if distribution is None
        else DistributionRow(
            variance=distribution.value, method=distribution.method, null_mean=distribution.mean
        ),
        icc=tuple(row for part in contributions for row in part.icc),
        measures=tuple(row for part in contributions for row in part.measures),
        notices=tuple(notice for part in contributions for notice in part.notices),
    )
