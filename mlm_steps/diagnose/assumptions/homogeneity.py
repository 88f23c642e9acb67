"""Whether residuals vary alike over the fitted values: the test of Breusch and Pagan (section 13.3)."""

from __future__ import annotations

import numpy as np
import scipy

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.bins import binned_means, some_rows
from mlm_steps.diagnose.parts.flags import flag, p_words
from mlm_steps.diagnose.parts.subject import Model
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["homogeneity"]

LARGE = 1.5
"""Ratio of residual standard deviations at high and at low fitted values that is a concern."""
ENDS = (0.1, 0.9)
"""Quantiles of the fitted values at which the standard deviations are compared."""
LEAST = 0.05
"""Smallest variance, over the mean variance, that the straight line of the test may give at an end."""


def homogeneity(model: Model) -> Contribution:
    """Return Breusch and Pagan's chi-square of squared residuals on the conditional fitted values.

    U = w e² / mean(w e²) is regressed on the fitted values; half of the explained sum of squares has one
    degree of freedom. It does not apply to generalized models, whose variance follows from the mean.
    """
    fit = model.fit
    if isinstance(fit, GlmmFit) or not np.ptp(fit.fitted) > 1e-10 * (1.0 + float(np.max(np.abs(fit.fitted)))):
        return Contribution()
    squares = model.weights * fit.residuals**2
    U = squares / float(squares.mean())
    about = fit.fitted - float(fit.fitted.mean())
    slope = float(about @ U) / float(about @ about)
    statistic = slope**2 * float(about @ about) / 2.0
    p = float(scipy.special.chdtrc(1, statistic))
    ends = 1.0 + slope * np.quantile(about, ENDS)
    ratio = float(np.sqrt(max(ends[1], LEAST) / max(ends[0], LEAST)))
    found = flag(p, 1, large=max(ratio, 1.0 / ratio) >= LARGE)
    what = f"χ²(1) = {statistic:.2f}, {p_words(p)}"
    if found == "ok":
        text = f"The residuals vary alike over the fitted values, {what}."
    else:
        more = "more" if ratio > 1 else "less"
        text = (
            f"The residuals vary {more} where fitted values are high, {what}: their standard deviation is "
            f"{ratio:.2f} times as large at the 90th percentile of the fitted values as at the 10th; "
        ) + (
            "transform the outcome, for example log, or use robust standard errors."
            if found == "concern"
            else "compare robust standard errors before relying on a close result."
        )
    check = DiagnosticCheck(
        check="homogeneity", effect="fitted", statistic=statistic, df=1, p=p, flag=found, sentence=text
    )
    return Contribution((check,), _curves(model, fit.fitted) if model.drawn else ())


def _curves(model: Model, fitted: np.ndarray) -> tuple[Curve, ...]:
    spread = np.sqrt(np.abs(model.scaled))
    shown = some_rows(model.design.n, model.random("rows"))
    points = tuple((float(a), float(b)) for a, b in zip(fitted[shown], spread[shown], strict=True))
    return (
        Curve(name="spread", columns=("fitted", "root_residual"), points=points),
        Curve(name="spread_means", columns=("x", "mean", "se"), points=binned_means(fitted, spread)),
    )
