"""Intraclass correlations (statistics, section 5)."""

from __future__ import annotations

from itertools import combinations

from mlm_steps.design.hlm import is_nested
from mlm_steps.engine.moments import VarianceParts, grouping_factors, variance_parts
from mlm_steps.engine.values import LmmFit
from mlm_steps.records import Icc, Notice
from mlm_steps.variance.base import Contribution, Explained
from mlm_steps.variance.icc_profile import ShareInterval, share_interval
from mlm_steps.variance.vpc import vpc

__all__ = ["icc"]


def icc(explained: Explained) -> Contribution:
    """Return the shares of the variance that lie between groups.

    ``adjusted`` leaves the fixed part out of the total, ``unadjusted`` does not; ``term_share`` is the
    part of each random term in the adjusted one. With several factors ``level_share`` is that of each
    factor, and ``same_group_correlation`` the expected correlation of two rows that share a level of it (in
    nested factors they then share the outer one as well), or of all that are named. ``vpc`` is the function
    of a random slope's predictor. Random slopes enter all but ``vpc`` by their mean random variance.

    The intervals are those of models with one scalar random term, where the share is a monotone
    function of theta.
    """
    fit = explained.fit
    parts = variance_parts(fit)
    interval = share_interval(explained.estimates, explained.confidence) if _is_scalar(fit) else None
    rows = [
        _row(None, "adjusted", parts.icc_adjusted, interval),
        _row(None, "unadjusted", parts.icc_unadjusted, interval if parts.fixed == 0 else None),
        *_term_shares(fit, parts, interval),
        *_factor_shares(fit, parts),
        *vpc(fit, parts),
    ]
    return Contribution(icc=tuple(rows), notices=_outside(explained.model, parts.icc_adjusted, interval))


def _is_scalar(fit: LmmFit) -> bool:
    return len(fit.design.random) == 1 and len(fit.design.random[0].names) == 1


def _row(
    group: str | None, kind: str, value: float, interval: ShareInterval | None, effect: str | None = None
) -> Icc:
    if interval is None:
        return Icc(group=group, kind=kind, value=value, effect=effect)
    return Icc(
        group=group,
        kind=kind,
        value=value,
        effect=effect,
        ci_low=interval.low,
        ci_high=interval.high,
        ci_method="profile, ML",
    )


def _term_shares(fit: LmmFit, parts: VarianceParts, interval: ShareInterval | None) -> list[Icc]:
    whole = parts.random + parts.residual
    return [
        _row(term.group, "term_share", variance / whole, interval, effect=" + ".join(term.names))
        for term, variance in zip(fit.design.random, parts.terms, strict=True)
    ]


def _factor_shares(fit: LmmFit, parts: VarianceParts) -> list[Icc]:
    """Return the share of each of several factors, and the correlations of rows that share levels."""
    factors = grouping_factors(fit)
    if len(factors) < 2:
        return []
    whole = parts.random + parts.residual
    shares = {
        group: sum(parts.terms[position] for position in positions) / whole
        for group, positions in factors.items()
    }
    rows = [_row(group, "level_share", share, None) for group, share in shares.items()]
    return rows + [
        _row(" & ".join(named), "same_group_correlation", sum(shares[group] for group in shared), None)
        for named, shared in _shared_levels(fit).items()
    ]


def _shared_levels(fit: LmmFit) -> dict[tuple[str, ...], frozenset[str]]:
    """Return which factors' levels two rows share that share those of one, of two, or of all factors."""
    factors = grouping_factors(fit)
    first = {group: fit.design.random[positions[0]] for group, positions in factors.items()}
    outer = {
        group: {group, *(other for other in factors if is_nested(first[group], first[other]))}
        for group in factors
    }
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for named in (*((group,) for group in factors), *combinations(factors, 2), tuple(factors)):
        shared = frozenset[str]().union(*(outer[group] for group in named))
        if shared not in found.values():
            found[named] = shared
    return found


def _outside(model: str, value: float, interval: ShareInterval | None) -> tuple[Notice, ...]:
    if interval is None or (interval.low <= value and (interval.high is None or value <= interval.high)):
        return ()
    text = (
        f"The interval of the intraclass correlation comes from the ML likelihood (estimate "
        f"{interval.estimate:.4g}) and does not contain the REML estimate, {value:.4g}."
    )
    return (Notice(code="interval_excludes_estimate", severity="info", text=text, model=model),)
