"""Explained variance: intraclass correlations, shares of variance, design effects.

A measure is a module with a function from Explained to Contribution, listed in ``MEASURES`` under the
module's name. Measures sum over the random terms, so that they hold for any number of grouping factors.
"""

from __future__ import annotations

from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records import VarianceRecord
from mlm_steps.variance.base import Contribution, Explained, Measure
from mlm_steps.variance.design_effect import design_effect
from mlm_steps.variance.icc import icc
from mlm_steps.variance.prv import prv
from mlm_steps.variance.r2_nakagawa import r2_nakagawa
from mlm_steps.variance.rights_sterba import rights_sterba

__all__ = ["MEASURES", "Contribution", "Explained", "Measure", "explain"]

MEASURES: dict[str, Measure] = {
    "icc": icc,
    "prv": prv,
    "r2_nakagawa": r2_nakagawa,
    "rights_sterba": rights_sterba,
    "design_effect": design_effect,
}


def explain(explained: Explained) -> VarianceRecord:
    """Return the record of all measures of one rung."""
    parts = variance_parts(explained.fit)
    contributions = [measure(explained) for measure in MEASURES.values()]
    return VarianceRecord(
        model=explained.model,
        method=explained.fit.method,
        variance_fixed=parts.fixed,
        variance_random=parts.random,
        variance_residual=parts.residual,
        icc=tuple(row for part in contributions for row in part.icc),
        measures=tuple(row for part in contributions for row in part.measures),
        notices=tuple(notice for part in contributions for notice in part.notices),
    )
