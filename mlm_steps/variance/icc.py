"""Intraclass correlations (statistics, section 5)."""

from __future__ import annotations

import math

from mlm_steps.engine.fit.distribution import constant_variance
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import VarianceParts, grouping_factors, shared_levels, variance_parts
from mlm_steps.records import Icc
from mlm_steps.variance.base import Contribution, Explained
from mlm_steps.variance.slope_icc import slope_icc
from mlm_steps.variance.vpc import vpc
from mlm_steps.variance.vpc_response import vpc_response

__all__ = ["icc", "profiled_rows"]


def icc(explained: Explained) -> Contribution:
    """Return the shares of the variance that lie between groups.

    The total excludes the fixed part for ``adjusted`` and includes it for ``unadjusted``. ``term_share`` is
    the share of each random term in the adjusted total. With several factors ``level_share`` is the share of
    each factor, and ``same_group_correlation`` the expected correlation of two rows that share a level of the
    named factors (and, with nested factors, of the outer ones). ``slope_heterogeneity`` is the share of the
    outcome's variance due to random slopes. ``vpc`` is a function of a random slope's
    predictor. All rows except ``vpc`` use the mean random variance of random slopes.

    For a generalized model the shares are those of the linear predictor, in which the variance of the
    distribution on the link scale takes the place of the residual variance; a term with a level per row
    belongs to it and has no share (statistics, section 22.6). ``vpc_response`` is the share on the scale of
    the outcome.
    """
    fit, parts = explained.fit, explained.parts
    rows = [
        Icc(group=None, kind="adjusted", value=parts.icc_adjusted),
        _unadjusted(parts),
        *_term_shares(fit, parts),
        *_factor_shares(fit, parts),
        *slope_icc(fit),
        *vpc(fit, parts),
        *vpc_response(fit, parts, explained.predictors),
    ]
    return Contribution(icc=tuple(rows))


def _unadjusted(parts: VarianceParts) -> Icc:
    """Return the share that includes the fixed part, which is infinite if a coefficient is."""
    value = parts.icc_unadjusted
    if math.isfinite(value):
        return Icc(group=None, kind="unadjusted", value=value)
    return Icc(group=None, kind="unadjusted", value=None, code="separation")


def profiled_rows(fit: MixedFit, distribution: str | None = None) -> tuple[Icc, ...]:
    """Return the rows that depend on theta alone; they exist for a model with one scalar random term.

    For a generalized model the variance of the distribution, by the method ``distribution``, must not depend
    on parameters.
    """
    if len(fit.design.random) != 1 or len(fit.design.random[0].names) != 1:
        return ()
    constant = constant_variance(fit.design, distribution)
    if constant is None and not fit.design.response.linear:
        return ()
    parts = variance_parts(fit, constant)
    if parts.dispersion:
        return ()
    total = [Icc(group=None, kind="adjusted", value=parts.icc_adjusted)]
    if parts.fixed == 0:
        total.append(Icc(group=None, kind="unadjusted", value=parts.icc_unadjusted))
    return (*total, *_term_shares(fit, parts))


def _term_shares(fit: MixedFit, parts: VarianceParts) -> list[Icc]:
    whole = parts.random + parts.residual
    return [
        Icc(group=term.group, kind="term_share", value=variance / whole, effect=" + ".join(term.names))
        for position, (term, variance) in enumerate(zip(fit.design.random, parts.terms, strict=True))
        if position not in parts.dispersion
    ]


def _factor_shares(fit: MixedFit, parts: VarianceParts) -> list[Icc]:
    """Return the shares of several factors, and the correlations of rows that share levels."""
    factors = grouping_factors(fit, parts.dispersion)
    if len(factors) < 2:
        return []
    whole = parts.random + parts.residual
    shares = {
        group: sum(parts.terms[position] for position in positions) / whole
        for group, positions in factors.items()
    }
    rows = [Icc(group=group, kind="level_share", value=share) for group, share in shares.items()]
    return rows + [
        Icc(
            group=" & ".join(named),
            kind="same_group_correlation",
            value=sum(shares[group] for group in shared),
        )
        for named, shared in shared_levels(fit, parts.dispersion).items()
    ]
