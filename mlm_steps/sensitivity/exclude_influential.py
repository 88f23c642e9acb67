"""Leave out influential groups, and rows with large residuals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from mlm_steps.engine.posterior.residuals import pearson_residuals
from mlm_steps.engine.result.mixed_fit import linear_fit
from mlm_steps.sensitivity.base import Baseline, Inapplicable, Variant

__all__ = ["exclude_influential"]

LARGE = 3.0
"""Residual in standard deviations beyond which a row is left out. Of normal residuals, 0.27 % are larger."""


def exclude_influential(baseline: Baseline, /) -> Iterator[Variant | Inapplicable]:
    """Yield the model without outlying rows."""
    yield _without_rows(baseline)


def _without_rows(baseline: Baseline) -> Variant | Inapplicable:
    """Return the model without the rows whose conditional residuals are large."""
    what = f"without rows whose conditional residual is beyond {LARGE:g} σ"
    if not baseline.linear:
        reason = "the residuals of generalized models are not normal, so that no cut-off holds for all rows"
        return Inapplicable("rows", what, reason)
    fit = linear_fit(baseline.fit)
    large = np.abs(pearson_residuals(fit)) > LARGE * fit.sigma
    if not large.any():
        return Inapplicable("rows", what, "no row has such a residual")
    rows = np.flatnonzero(large)
    noun = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return Variant(
        "rows",
        f"without {noun} whose conditional residual is beyond {LARGE:g} σ",
        partial(baseline.refit, baseline.formula, rows=~large),
        excluded=tuple(str(row + 1) for row in rows),
    )
