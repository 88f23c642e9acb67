"""Wald tests of generalized models that fail for large effects (statistics, section 22.5)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlm_steps.compare.mixtures import chi_square_tail
from mlm_steps.compare.nesting import Relation
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.records import Notice

__all__ = ["weak_wald_notices"]

WEAKER = 10.0
"""Ratio of the p value of Wald's test to that of the likelihood ratio test above which a notice says so."""
NEGLIGIBLE = 1e-6
"""A p value of Wald's test up to which the conclusion is the same whatever the likelihood ratio test says."""


def weak_wald_notices(
    pair: tuple[MixedFit, MixedFit], relation: Relation, p_naive: float, names: tuple[str, str]
) -> Iterator[Notice]:
    """Yield a notice if Wald's test of the added coefficients is much weaker than the likelihood ratio test.

    Wald's statistic of a generalized model decreases again when an effect becomes very large.

    Parameters
    ----------
    pair : tuple of two MixedFit
        The smaller and the larger model.
    relation : Relation
    p_naive : float
        The p value of the likelihood ratio test.
    names : tuple of two str
    """
    larger = pair[1]
    known = set(pair[0].design.columns)
    added = [i for i, column in enumerate(larger.design.columns) if column not in known]
    if larger.design.response.linear or relation.changed != "fixed" or len(added) != relation.df:
        return
    beta, vcov = larger.beta[added], larger.vcov[np.ix_(added, added)]
    if not (np.isfinite(vcov).all() and np.isfinite(beta).all()):
        return
    p = chi_square_tail(relation.df, float(beta @ np.linalg.solve(vcov, beta)))
    if p > NEGLIGIBLE and p > WEAKER * p_naive:
        text = (
            f"Wald's test of the coefficients that '{names[1]}' adds has p = {p:.2g}, the likelihood ratio "
            f"test p = {p_naive:.2g}. Wald's test fails for large effects (Hauck & Donner 1977): use the "
            "likelihood ratio test, and profile intervals."
        )
        yield Notice(code="hauck_donner", severity="warning", text=text, model=names[1])
