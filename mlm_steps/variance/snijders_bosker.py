"""Proportional reduction of the prediction error at each level (statistics, section 9.2)."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.result.components import same_data
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.mixed_fit import linear_fit
from mlm_steps.engine.result.moments import variance_parts
from mlm_steps.records import VarianceMeasure
from mlm_steps.variance.base import Contribution, Explained
from mlm_steps.variance.refits import intercepts_only, null_model

__all__ = ["snijders_bosker"]

SOURCE = "Snijders & Bosker 1994, 2012"
NAME = "r2_snijders_bosker"


def snijders_bosker(explained: Explained) -> Contribution:
    """Return R1² of the outcome of a row, and R2² of the mean of a group, relative to the null model.

    R1² is the reduction of sigma² + tau, R2² that of sigma² / ñ + tau with ñ the harmonic mean of the group
    sizes. Models with random slopes are refitted with random intercepts only. If the ladder has no null
    model, it is fitted here. With several grouping factors, R1² sums their variances, and R2² has the code
    ``several_factors``. Generalized models, whose residual variance is fixed, have none (``not_applicable``).
    """
    if explained.null is None and explained.fit.design.columns == ("(Intercept)",):
        return Contribution()
    scopes = ("level 1", "level 2")
    if not explained.linear:
        return Contribution(measures=tuple(_measure(at, None, "not_applicable", None) for at in scopes))
    name, null = (None, None) if explained.null is None else explained.null
    mismatch = None if null is None else same_data(null, explained.fit)
    if mismatch is not None:
        return Contribution(measures=tuple(_measure(at, None, mismatch, name) for at in scopes))
    after = intercepts_only(linear_fit(explained.fit))
    before = null_model(after) if null is None else intercepts_only(linear_fit(null))
    values = _errors(before), _errors(after)
    rows = [_reduction("level 1", values[0][0], values[1][0], name)]
    if len(after.design.random) == len(before.design.random) == 1:
        rows.append(_reduction("level 2", values[0][1], values[1][1], name))
    else:
        rows.append(_measure("level 2", None, "several_factors", name))
    return Contribution(measures=tuple(rows))


def _errors(fit: LmmFit) -> tuple[float, float]:
    """Return the prediction error of a row and that of a group mean; the latter for the first factor."""
    parts = variance_parts(fit)
    sizes = np.bincount(fit.design.random[0].refs)
    harmonic = float(np.sum(sizes > 0) / np.sum(1.0 / sizes[sizes > 0]))
    return parts.residual + parts.random, parts.residual / harmonic + parts.random


def _reduction(scope: str, before: float, after: float, reference: str | None) -> VarianceMeasure:
    if before <= 0:
        return _measure(scope, None, "zero_reference", reference)
    value = 1.0 - after / before
    return _measure(scope, value, "negative" if value < 0 else None, reference)


def _measure(scope: str, value: float | None, code: str | None, reference: str | None) -> VarianceMeasure:
    return VarianceMeasure(
        measure=NAME, scope=scope, value=value, method=SOURCE, reference=reference, code=code
    )
