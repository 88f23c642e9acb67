"""The record of the variance that one rung explains."""

from __future__ import annotations

from typing import Literal

from mlm_steps.records.base import Notice, Part, Record

__all__ = ["DistributionRow", "Icc", "VarianceMeasure", "VarianceRecord"]


class Icc(Part):
    """One row of the ``icc`` table."""

    group: str | None
    """Grouping factor; None for a total over all terms."""
    kind: str
    """``adjusted``, ``unadjusted``, ``term_share``, ``level_share``, ``same_group_correlation``, ``vpc`` …;
    ``vpc_response`` on the scale of the outcome."""
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_method: str = "not_requested"
    ci_low_code: str | None = None
    """Why there is no limit, or how it differs from the value that the criterion gives."""
    ci_high_code: str | None = None
    x: float | None = None
    """The predictor value at which a VPC function is evaluated."""
    effect: str | None = None
    """The predictor of a VPC function; the random coefficients of a term's share."""
    code: str | None = None


class VarianceMeasure(Part):
    """One row of the ``variance_explained`` table."""

    measure: str
    """For example ``r2_marginal``, ``prv_null``, ``design_effect``, ``rs_f1`` (Rights & Sterba's f1)."""
    scope: str
    """``total``, ``within``, ``between``, or the component: ``sigma2``, ``school: (Intercept)`` …"""
    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_method: str = "not_requested"
    ci_low_code: str | None = None
    """Why there is no limit, or how it differs from the value that the criterion gives."""
    ci_high_code: str | None = None
    method: str
    """Source or definition, for example ``Nakagawa, Johnson & Schielzeth 2017``."""
    reference: str | None = None
    """The model it is relative to."""
    code: str | None = None


class DistributionRow(Part):
    """The variance of the distribution on the link scale, which takes the place of a residual variance."""

    variance: float
    method: str
    """``theoretical``, ``observation``, ``lognormal``, ``delta`` or ``trigamma``."""
    null_mean: float | None
    """lambda, the marginal mean of the null model; None if the method does not depend on it."""


class VarianceRecord(Record):
    """Intraclass correlations and explained variance of one rung."""

    model: str
    method: Literal["REML", "ML"]
    variance_fixed: float | None
    """None if a coefficient is infinite."""
    variance_random: float
    variance_residual: float
    """For a generalized model ``distribution.variance`` plus the variances of terms with a level per row."""
    distribution: DistributionRow | None = None
    """None for a linear model."""
    icc: tuple[Icc, ...]
    measures: tuple[VarianceMeasure, ...]
    notices: tuple[Notice, ...] = ()
