"""Likelihood interval of an intraclass correlation (statistics, sections 5 and 8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlm_steps.engine.fit.distribution import constant_variance
from mlm_steps.engine.profile.profiles import Parameter, profile_fit
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["ShareInterval", "share_at", "share_interval"]


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """An interval of the share of one random term in the random and residual variance.

    Attributes
    ----------
    estimate : float
        The share at the ML optimum.
    low, high : float
        Limits; 0 or 1 if the interval contains that bound.
    low_code, high_code : str or None
        ``boundary`` for such a limit.
    """

    estimate: float
    low: float
    high: float
    low_code: str | None
    high_code: str | None


def share_interval(fit: MixedFit, confidence: float, distribution: str | None = None) -> ShareInterval:
    """Return the interval for the ML fit of a model with one scalar random term.

    The share is a monotone function of theta. The limits of theta, where the ML deviance exceeds its minimum
    by the chi-square quantile, therefore map exactly to those of the share. theta of a generalized model is
    the standard deviation of the random effects; ``distribution`` is the method of its ``constant_variance``.
    """
    parameter = Parameter("theta") if fit.design.response.linear else Parameter("sd", 0, (0,))
    (found,) = profile_fit(fit, [parameter], confidence=confidence)

    def share(theta: float) -> float:
        return share_at(fit, theta, distribution)

    low = 0.0 if found.low is None else found.low
    return ShareInterval(
        share(found.estimate),
        share(low),
        1.0 if found.high is None else share(found.high),
        "boundary" if low == 0.0 else found.low_code,
        "boundary" if found.high is None else found.high_code,
    )


def share_at(fit: MixedFit, theta: float, distribution: str | None = None) -> float:
    """Return the share at a theta of a model with one scalar random term."""
    design = fit.design
    residual = constant_variance(design, distribution)
    if residual is not None:
        between = theta**2 * float(np.average(design.random[0].z[:, 0] ** 2, weights=design.weights))
        return between / (between + residual)
    weight = 1.0 if design.weights is None else float(np.mean(1 / design.weights))
    relative = theta**2 * float(np.mean(design.random[0].z ** 2)) / weight
    return relative / (relative + 1)
