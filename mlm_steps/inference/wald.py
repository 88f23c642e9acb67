"""Tests of fixed effects by a method for the degrees of freedom: t and F tests, Wald intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.inference.base import Array, Context, DfMethod, Reference
from mlm_steps.inference.between_within import between_within
from mlm_steps.inference.kenward_roger import kenward_roger
from mlm_steps.inference.residual import residual
from mlm_steps.inference.satterthwaite import satterthwaite
from mlm_steps.inference.z import z

__all__ = [
    "METHODS",
    "CoefficientTests",
    "JointTest",
    "reference",
    "test_coefficients",
    "test_contrasts",
    "test_jointly",
    "test_rows",
    "test_terms",
]

METHODS: dict[str, DfMethod] = {
    "satterthwaite": satterthwaite,
    "kenward-roger": kenward_roger,
    "between-within": between_within,
    "residual": residual,
    "z": z,
}
"""The methods, by the word of the spec."""


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientTests:
    """Wald tests, one element per coefficient or contrast.

    Attributes
    ----------
    estimate, se : ndarray, shape (q,)
        In outcome units per unit of the predictor.
    df : ndarray, shape (q,)
        Degrees of freedom; infinite for z tests.
    t, p : ndarray, shape (q,)
        Statistic and two-sided p-value of the hypothesis that the coefficient is 0.
    ci_low, ci_high : ndarray, shape (q,)
        Wald interval with the same degrees of freedom.
    """

    estimate: Array
    se: Array
    df: Array
    t: Array
    p: Array
    ci_low: Array
    ci_high: Array


@dataclass(frozen=True, slots=True)
class JointTest:
    """The F test of a hypothesis that several combinations of coefficients are 0.

    Attributes
    ----------
    num_df : int
        Rank of the hypothesis.
    den_df : float
        Infinite for a chi-square test.
    F, p : float
    mean_sq, sum_sq : float or None
        As lmerTest prints them: ``sum_sq`` is the Wald statistic times the residual variance, ``mean_sq`` is
        ``sum_sq`` over ``num_df``. F is ``mean_sq`` over the residual variance, times the method's scale.
        None for a model without a residual variance.
    """

    num_df: int
    den_df: float
    F: float
    p: float
    mean_sq: float | None
    sum_sq: float | None

    @property
    def chisq(self) -> float:
        """Wald's statistic of a chi-square test, ``num_df`` times F."""
        return self.num_df * self.F


def reference(fit: MixedFit, method: str, context: Context | None = None) -> Reference:
    """Return the reference distribution of the fixed effects; ``method`` is a key of ``METHODS``."""
    return METHODS[method](fit, context or Context())


def test_coefficients(
    fit: MixedFit, method: str, confidence: float, context: Context | None = None
) -> CoefficientTests:
    """Return the tests of all fixed effects; ``method`` is a key of ``METHODS``."""
    return test_contrasts(fit, np.eye(fit.design.p), method, confidence, context)


def test_contrasts(
    fit: MixedFit, contrasts: Array, method: str, confidence: float, context: Context | None = None
) -> CoefficientTests:
    """Return the tests of linear combinations of the fixed effects, one per row of ``contrasts`` (q, p)."""
    return test_rows(reference(fit, method, context), contrasts, confidence)


def test_rows(
    against: Reference, contrasts: Array, confidence: float, shift: Array | float = 0.0
) -> CoefficientTests:
    """Return the tests of the rows of ``contrasts`` (q, p) by a given reference distribution.

    ``shift`` is added to the estimates: an offset, or minus the value under the hypothesis.
    """
    df = against.df(contrasts)
    estimate, variance = against.combined(contrasts)
    estimate, se = estimate + shift, np.sqrt(variance)
    t = estimate / se
    tail = 0.5 + 0.5 * confidence
    normal = np.isinf(df)
    some_normal = bool(normal.any())
    finite = np.where(normal, 1.0, df) if some_normal else df
    p, quantile = stdtr(finite, -np.abs(t)), stdtrit(finite, tail)
    if some_normal:
        p, quantile = np.where(normal, ndtr(-np.abs(t)), p), np.where(normal, ndtri(tail), quantile)
    p, width = 2.0 * p, se * quantile
    return CoefficientTests(estimate, se, df, t, p, estimate - width, estimate + width)


def test_terms(against: Reference, hypotheses: Mapping[str, Array]) -> dict[str, JointTest | None]:
    """Return the F test of each hypothesis, given as linearly independent rows (q, p).

    None for a hypothesis without rows.
    """
    return {term: test_jointly(against, L) if L.shape[0] else None for term, L in hypotheses.items()}


def test_jointly(against: Reference, L: Array, shift: Array | float = 0.0) -> JointTest:
    """Return the F test of L beta + shift = 0, with linearly independent rows (q, p).

    Its numbers are NaN if a coefficient of the hypothesis has no standard error.
    """
    q = L.shape[0]
    if not against.estimable(L).all():
        return JointTest(q, np.nan, np.nan, np.nan, None, None)
    value = against.combined(L)[0] + shift
    scale, df = against.joint(L)
    wald = float(value @ np.linalg.solve(L @ against.known_vcov @ L.T, value))
    F = scale * wald / q
    p = float(chdtrc(q, wald) if np.isinf(df) else fdtrc(q, df, F))
    if against.sigma is None:
        return JointTest(q, df, F, p, None, None)
    sum_sq = wald * against.sigma**2
    return JointTest(q, df, F, p, sum_sq / q, sum_sq)
