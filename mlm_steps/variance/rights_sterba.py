"""Explained variance by source at each level (statistics, section 9.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import VarianceParts, grouping_factors
from mlm_steps.engine.result.variance_sources import SourceMoments, source_moments, source_shares, sources
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["MIXED", "TERM", "rights_sterba", "term_scopes"]

SOURCE = "Rights & Sterba 2019"
THREE_LEVELS = "Rights & Sterba 2023"
MIXED = "sources_mix_levels"
TERM = "rs_random"
"""The share of one random term, for grouping factors that are not nested in each other."""


def rights_sterba(explained: Explained) -> Contribution:
    """Return each source of variance as a share of the total and of the variance at its level.

    With one grouping factor, the sources are fixed effects within (f1) and between groups (f2), random slopes
    within (v1) and between groups (v2), random variation of group means (m), and the residual (sigma2). With
    nested factors, they are the fixed effects of each level (f1, f2, f3), random slopes by the level of the
    covariate and that of the coefficient (v12, v13, v23 …), and random means (m2, m3). A sum is named by its
    sources, such as fvm. If a predictor varies at several levels, the shares of a level have the code
    ``sources_mix_levels``. For crossed factors, the sources are all fixed effects (f), each random term, and
    the residual. Generalized models have no such shares.
    """
    if not explained.linear:
        return Contribution()
    moments = source_moments(explained.fit.design)
    if moments is None:
        return Contribution(measures=_crossed(explained.fit, explained.parts))
    return Contribution(measures=_nested(explained.fit, explained.parts, moments))


def term_scopes(fit: MixedFit) -> tuple[str, ...]:
    """Return the scope of each random term: its factor, with its effects if the factor has several terms."""
    alone = {group for group, positions in grouping_factors(fit).items() if len(positions) == 1}
    return tuple(
        term.group if term.group in alone else f"{term.group}: {' + '.join(term.names)}"
        for term in fit.design.random
    )


def _nested(fit: MixedFit, parts: VarianceParts, moments: SourceMoments) -> tuple[VarianceMeasure, ...]:
    covariances = [T[None] for T in fit.covariances]
    found = sources(moments, fit.beta[None], covariances, np.array([parts.residual]))
    source = SOURCE if len(moments.factors) == 1 else THREE_LEVELS
    return tuple(
        _share(name, scope, float(value[0]), source, pure=moments.pure)
        for (name, scope), value in source_shares(found, moments.shares).items()
    )


def _crossed(fit: MixedFit, parts: VarianceParts) -> tuple[VarianceMeasure, ...]:
    shares: Mapping[tuple[str, str], float] = {
        ("rs_f", "total"): parts.fixed / parts.total,
        ("rs_sigma2", "total"): parts.residual / parts.total,
        **{
            (TERM, scope): variance / parts.total
            for scope, variance in zip(term_scopes(fit), parts.terms, strict=True)
        },
    }
    return tuple(_measure(name, scope, value, None, SOURCE) for (name, scope), value in shares.items())


def _share(name: str, scope: str, value: float, source: str, *, pure: bool) -> VarianceMeasure:
    if not math.isfinite(value):
        return _measure(f"rs_{name}", scope, None, "zero_reference", source)
    return _measure(f"rs_{name}", scope, value, None if pure or scope == "total" else MIXED, source)


def _measure(name: str, scope: str, value: float | None, code: str | None, source: str) -> VarianceMeasure:
    return VarianceMeasure(measure=name, scope=scope, value=value, method=source, code=code)
