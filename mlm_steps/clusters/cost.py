"""What ignoring the clusters costs: each coefficient with the standard errors of four methods.

Statistics, sections 2 and 7. The residual intraclass correlations in Moulton's factor are those of a model
with the same fixed part and a random intercept per level of each grouping factor: the factor is derived for
rows of a cluster that are all equally correlated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mlm_steps.clusters.factors import INTERCEPT, Clusters, random_intercepts
from mlm_steps.clusters.moulton import intraclass, moulton_factor, naive_rate
from mlm_steps.clusters.sandwich import Sandwich, is_block_diagonal, mixed_sandwich, ols_sandwich
from mlm_steps.compare.heterogeneity import level_2_equation
from mlm_steps.design.matrices import Design
from mlm_steps.engine.cost import cost_of_fit
from mlm_steps.engine.fit.distribution import null_design
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.fit.ols import OlsFit, fit_ols
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.moments import variance_parts, weighted_size
from mlm_steps.errors import FitError
from mlm_steps.inference import CoefficientTests, test_coefficients
from mlm_steps.records.base import Notice
from mlm_steps.records.cost import ClusterCost, CostRow

__all__ = ["MixedModel", "cluster_cost"]

Array = NDArray[np.float64]

SEARCH = 30.0
"""Evaluations that the fit of a model with random intercepts takes at most."""
LONG = 2.0
"""Longest estimated time, in seconds, of a fit with several grouping factors for Moulton's factor."""


@dataclass(frozen=True, slots=True, eq=False)
class MixedModel:
    """A linear mixed model with the tests of its coefficients."""

    fit: LmmFit
    tests: CoefficientTests


@dataclass(frozen=True, slots=True)
class _Correlation:
    """Shares of the grouping factors in a random-intercept model, or the code of why there are none."""

    shares: tuple[float, ...] | None
    code: str | None = None
    fit: LmmFit | None = None

    @property
    def value(self) -> float | None:
        """The share of all factors."""
        return None if self.shares is None else sum(self.shares)

    @property
    def on_boundary(self) -> bool:
        return self.fit is not None and self.fit.singular


def cluster_cost(
    design: Design,
    clusters: Clusters,
    *,
    model: str,
    confidence: float,
    factors: Sequence[Clusters] = (),
    mixed: MixedModel | None = None,
    df_method: str = "satterthwaite",
) -> ClusterCost:
    """Return the standard errors of each coefficient by least squares and by a mixed model.

    Parameters
    ----------
    design : Design
        A linear model; its random terms are not used.
    clusters : Clusters
    model : str
        Name of the model.
    confidence : float
        One minus the level of the tests.
    factors : sequence of Clusters
        All grouping factors, whose excesses add up in Moulton's factor. Default: the clusters alone.
    mixed : MixedModel, optional
        The mixed model of the same fixed part. Default: the one with a random intercept per level of each
        factor, fitted by REML, with tests by ``df_method``.
    df_method : str
        A key of ``mlm_steps.inference.METHODS``.

    Raises
    ------
    FitError
        If least squares has no residual degrees of freedom or no residual variance.
    """
    fixed = replace(design, random=())
    ols = fit_ols(fixed, {clusters.name: clusters.refs}, confidence=confidence)
    grouping = factors or (clusters,)
    residual, outcome = _Correlation(None, "too_large"), _Correlation(None, "too_large")
    if len(grouping) == 1 or mixed is None or cost_of_fit(mixed.fit).derivatives * SEARCH < LONG:
        residual = _correlation(random_intercepts(design, grouping))
        outcome = _correlation(random_intercepts(null_design(design), grouping))
    if mixed is None and residual.fit is not None:
        mixed = MixedModel(residual.fit, test_coefficients(residual.fit, df_method, confidence))
    robust = ols_sandwich(fixed, ols.beta, clusters.refs)
    robust_mixed = _of_mixed(mixed, clusters)
    kish = None
    if outcome.shares is not None:
        kish = _factor([1.0] * len(grouping), outcome.shares, grouping)
    moulton_code = "not_applicable" if design.weights is not None else residual.code
    return ClusterCost(
        model=model,
        formula=design.formula,
        cluster=clusters.name,
        cluster_reason=clusters.reason,
        mixed=_random_part(mixed),
        confidence=confidence,
        n=design.n,
        n_clusters=clusters.J,
        weighted_size=weighted_size(clusters.refs),
        icc=outcome.value,
        residual_icc=residual.value,
        design_effect=kish,
        effective_n=None if kish is None else design.n / kish,
        se_ratio=None if kish is None else math.sqrt(kish),
        icc_code=outcome.code,
        cr1_code=None if clusters.name in ols.se_cluster else "one_cluster",
        cr2_code=robust.code,
        mixed_code=None if mixed is not None else residual.code,
        mixed_cr2_code=robust_mixed.code,
        moulton_code=moulton_code,
        rows=tuple(_rows(ols, grouping, clusters, robust, mixed, robust_mixed, residual, 1.0 - confidence)),
        notices=tuple(_notices(model, clusters, (outcome, residual))),
    )


def _correlation(design: Design) -> _Correlation:
    try:
        fit = fit_lmm(design)
    except FitError:
        return _Correlation(None, "not_estimable")  # such as clusters of one row each
    if fit.convergence is not None and fit.convergence.status == "failed":
        return _Correlation(None, "not_estimable")
    parts = variance_parts(fit)
    return _Correlation(tuple(term / (parts.random + parts.residual) for term in parts.terms), None, fit)


def _of_mixed(mixed: MixedModel | None, clusters: Clusters) -> Sandwich:
    """Return CR2 of the mixed model; there is none where rows of different clusters are correlated in it."""
    p = 0 if mixed is None else mixed.fit.design.p
    nothing = np.full((p, p), np.nan), np.full(p, np.nan), clusters.J
    if mixed is None:
        return Sandwich(*nothing, "not_estimable")
    if not is_block_diagonal(mixed.fit.design, clusters.refs):
        return Sandwich(*nothing, "several_factors")
    return mixed_sandwich(mixed.fit, clusters.refs)


def _random_part(mixed: MixedModel | None) -> str:
    terms = () if mixed is None else mixed.fit.design.random
    return " + ".join(dict.fromkeys(term.source for term in terms))


def _rows(
    ols: OlsFit,
    factors: Sequence[Clusters],
    clusters: Clusters,
    robust: Sandwich,
    mixed: MixedModel | None,
    robust_mixed: Sandwich,
    residual: _Correlation,
    alpha: float,
) -> list[CostRow]:
    terms = ("(Intercept)", *ols.design.term_labels)
    cr1 = ols.se_cluster.get(clusters.name)
    tests = None if mixed is None else mixed.tests
    slopes = set() if mixed is None else _with_random_slope(mixed.fit)
    rows = []
    for position, column in enumerate(ols.design.columns):
        values: dict[str, float | None] = {
            "ols_estimate": ols.beta[position],
            "ols_se": ols.se[position],
            "ols_df": float(ols.df),
            "ols_p": ols.p_value[position],
            "cr1_se": None if cr1 is None else cr1[position],
            **_robust("cr2", ols.beta, robust, position),
            "mixed_estimate": None if tests is None else tests.estimate[position],
            "mixed_se": None if tests is None else tests.se[position],
            "mixed_df": None if tests is None else tests.df[position],
            "mixed_p": None if tests is None else tests.p[position],
            **_robust("mixed_cr2", None if tests is None else tests.estimate, robust_mixed, position),
            "se_ratio": None if tests is None else ols.se[position] / tests.se[position],
            **_inflation(ols.design, position, factors, residual, alpha, known=position not in slopes),
        }
        rows.append(CostRow(term=terms[ols.design.assign[position]], column=column, **_plain(values)))
    return rows


def _plain(values: dict[str, float | None]) -> dict[str, float | None]:
    """Return numbers as plain floats, None for NaN."""
    return {
        name: None if value is None or math.isnan(value) else float(value) for name, value in values.items()
    }


def _robust(name: str, estimates: Array | None, robust: Sandwich, position: int) -> dict[str, float | None]:
    """Return standard error, df and p value of one coefficient."""
    if estimates is None or robust.code is not None:
        return dict.fromkeys((f"{name}_se", f"{name}_df", f"{name}_p"))
    se, df = float(robust.se[position]), float(robust.df[position])
    if not (se > 0 and math.isfinite(df)):
        return dict.fromkeys((f"{name}_se", f"{name}_df", f"{name}_p"))
    p = 2.0 * float(special.stdtr(df, -abs(estimates[position] / se)))
    return {f"{name}_se": se, f"{name}_df": df, f"{name}_p": p}


def _with_random_slope(fit: LmmFit) -> set[int]:
    """Return the fixed effects whose coefficient varies between groups, and their products.

    A product with a predictor that varies within a few groups only is known by its term.
    """
    design = fit.design
    found: set[int] = set()
    for term in design.random:
        for z in term.z.T:
            if np.ptp(z) > 0:
                found |= level_2_equation(design.X, z, term.refs)
    slopes = [{*label.split(":")} for term in design.random for label in term.labels if label != INTERCEPT]
    for position, assign in enumerate(design.assign):
        parts = {*design.term_labels[assign - 1].split(":")} if assign else set[str]()
        if any(slope <= parts for slope in slopes):
            found.add(position)
    return found


def _inflation(
    design: Design,
    position: int,
    factors: Sequence[Clusters],
    residual: _Correlation,
    alpha: float,
    *,
    known: bool,
) -> dict[str, float | None]:
    """Return rho_x, Moulton's factor and the naive error rate.

    There are none for the intercept, with weights, and for a coefficient with a random slope, which Moulton's
    factor does not count.
    """
    correlations = [intraclass(design.X[:, position], factor.refs) for factor in factors]
    found: dict[str, float | None] = {"rho_x": correlations[0], "moulton": None, "naive_rate": None}
    rho_x = [each for each in correlations if each is not None]
    if residual.shares is None or design.weights is not None or not known or len(rho_x) < len(factors):
        return found
    factor = _factor(rho_x, residual.shares, factors)
    if factor <= 0:
        return found
    return found | {"moulton": factor, "naive_rate": naive_rate(factor, alpha)}


def _factor(rho_x: Sequence[float], shares: Sequence[float], factors: Sequence[Clusters]) -> float:
    """Return Moulton's factor, to which each grouping factor adds its excess."""
    each = zip(rho_x, shares, factors, strict=True)
    return 1.0 + sum(moulton_factor(x, share, factor.refs) - 1.0 for x, share, factor in each)


def _notices(model: str, clusters: Clusters, found: tuple[_Correlation, _Correlation]) -> list[Notice]:
    """Return a notice for each correlation that is estimated as 0, its lower bound."""
    whose = ("the outcome", "the residuals")
    return [
        Notice(
            code="icc_truncated",
            severity="info",
            text=f"The intraclass correlation of {what} within {clusters.name} is estimated as 0, its lower "
            "bound; it may even be negative. The design effect is then 1.",
            model=model,
            subject=clusters.name,
        )
        for what, correlation in zip(whose, found, strict=True)
        if correlation.on_boundary
    ]
