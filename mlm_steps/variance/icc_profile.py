"""Likelihood interval of an intraclass correlation (statistics, sections 5 and 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import brentq

from mlm_steps.engine.estimates import Estimates
from mlm_steps.engine.fit import evaluate_at

__all__ = ["ShareInterval", "share_interval"]

THETA_MAX = 1e6  # beyond it the share differs from 1 by less than 1e-12


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """An interval of the share of one random term in the random and residual variance.

    Attributes
    ----------
    estimate : float
        The share at the ML optimum.
    low : float
        Lower limit; 0 where the likelihood does not rule that out.
    high : float
        Upper limit; 1 where the likelihood does not rule that out.
    """

    estimate: float
    low: float
    high: float


def share_interval(estimates: Estimates, confidence: float) -> ShareInterval:
    """Return the likelihood interval for a model with one scalar random term.

    The share is a monotone function of theta, so that the limits of theta, where the ML deviance is
    the chi-square quantile above its minimum, map onto those of the share exactly.
    """
    design, best = estimates.design, estimates.under("ML")
    rise = float(special.chdtri(1, 1 - confidence))
    weight = 1.0 if design.weights is None else float(np.mean(1 / design.weights))
    scale = float(np.mean(design.random[0].z ** 2)) / weight

    def excess(theta: float) -> float:
        fit = evaluate_at(design, np.array([theta]), method="ML", kernel=best.kernel)
        return fit.criterion - best.criterion - rise

    def share(theta: float) -> float:
        return theta**2 * scale / (theta**2 * scale + 1)

    theta = abs(float(best.theta[0]))
    low = 0.0 if excess(0.0) < 0 else float(brentq(excess, 0.0, theta))
    high = _upper(excess, theta)
    return ShareInterval(share(theta), share(low), 1.0 if high is None else share(high))


def _upper(excess: Callable[[float], float], theta: float) -> float | None:
    """Return the upper limit of theta, or None where there is none."""
    below, above = theta, max(2 * theta, 0.1)
    while excess(above) < 0:
        below, above = above, 2 * above
        if above > THETA_MAX:
            return None
    return float(brentq(excess, below, above))
