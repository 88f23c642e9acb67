"""Explained variance by source, within and between groups (statistics, section 9.4)."""

from __future__ import annotations

import math

import numpy as np

from mlm_steps.engine.result.variance_sources import SHARES, source_moments, source_shares, sources
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained

__all__ = ["rights_sterba"]

SOURCE = "Rights & Sterba 2019"
MIXED = "sources_mix_levels"


def rights_sterba(explained: Explained) -> Contribution:
    """Return each source of variance as a share of the total, the within- and the between-group variance.

    The sources are fixed effects within (f1) and between groups (f2), random slopes within (v1) and between
    groups (v2), random variation of group means (m), and the residual (sigma2). A sum is named by its
    sources, such as fvm. If a predictor varies at both levels, the shares within and between have the code
    ``sources_mix_levels``. For models with several grouping factors all values are None with the code
    ``several_factors``. Generalized models have no such shares.
    """
    if not explained.linear:
        return Contribution()
    fit = explained.fit
    moments = source_moments(fit.design)
    if moments is None:
        return Contribution(
            measures=tuple(_measure(name, "total", None, "several_factors") for name in SHARES)
        )
    covariances = [T[None] for T in fit.covariances]
    residual = np.array([explained.parts.residual])
    shares = source_shares(sources(moments, fit.beta[None], covariances, residual))
    return Contribution(
        measures=tuple(
            _share(name, scope, float(value[0]), pure=moments.pure) for (name, scope), value in shares.items()
        )
    )


def _share(name: str, scope: str, value: float, *, pure: bool) -> VarianceMeasure:
    if not math.isfinite(value):
        return _measure(name, scope, None, "zero_reference")
    return _measure(name, scope, value, None if pure or scope == "total" else MIXED)


def _measure(name: str, scope: str, value: float | None, code: str | None) -> VarianceMeasure:
    return VarianceMeasure(measure=f"rs_{name}", scope=scope, value=value, method=SOURCE, code=code)
