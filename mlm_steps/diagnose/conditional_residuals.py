"""Randomised quantile residuals at the conditional modes (statistics, section 22.8; Dunn & Smyth 1996)."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.diagnose.base import (
    COVERED,
    Contribution,
    Subject,
    flag_of,
    p_text,
    percent_range,
    too_large,
    two_sided,
)
from mlm_steps.engine.bootstrap.streams import stream
from mlm_steps.records.diagnostics import DiagnosticCheck

__all__ = ["conditional_residuals", "quantile_residuals"]

Array = NDArray[np.float64]

SMALLEST = 1e-15
"""Smallest distance of a probability from 0 and 1, so that the normal quantile is finite."""


def conditional_residuals(subject: Subject) -> Contribution:
    """Return the mean square of the residuals relative to that of outcomes drawn from the model.

    The drawn outcomes have modes of their own: residuals at modes vary less than 1, by an amount that depends
    on the model. Unlike residuals with new random effects, these show a wrong dispersion.
    """
    if not subject.drawn:
        return Contribution((too_large("conditional_residuals"),))
    uniform = stream(subject.seed, f"diagnostics/{subject.model}/conditional_residuals", 0)
    observed = _spread(subject, subject.y, subject.eta, uniform)
    drawn = np.array([_spread(subject, each.y, each.eta, uniform) for each in subject.drawn])
    usual = float(drawn.mean())
    ratio, p = observed / usual, two_sided(observed, drawn)
    low, high = (float(value) / usual for value in np.quantile(drawn, COVERED))
    flag = flag_of(p)
    text = (
        f"The quantile residuals at the conditional modes vary {ratio:.2f} times as much as in outcomes "
        f"drawn from the model ({percent_range(low, high)}), {p_text(p)}."
    )
    row = DiagnosticCheck(
        check="conditional_residuals",
        statistic=ratio,
        low=low,
        high=high,
        p=p,
        replicates=drawn.size,
        flag=flag,
        sentence=text,
    )
    return Contribution((row,))


def _spread(subject: Subject, y: Array, eta: Array, uniform: np.random.Generator) -> float:
    """Return the weighted mean square of the residuals."""
    residuals = quantile_residuals(subject, y, eta, uniform)
    return float(np.average(residuals**2, weights=subject.weights))


def quantile_residuals(subject: Subject, y: Array, eta: Array, uniform: np.random.Generator) -> Array:
    """Return the normal quantiles of F(y-) + v {F(y) - F(y-)}, v uniform, shape (n,).

    The i-th row has the i-th number of the generator, whatever the number of rows.
    """
    upper = subject.family.cdf(y, eta, subject.phi, subject.trials)
    if subject.family.integers:
        lower = subject.family.cdf(y - 1.0, eta, subject.phi, subject.trials)
        upper = lower + uniform.random(y.size) * (upper - lower)
    return np.asarray(scipy.special.ndtri(np.clip(upper, SMALLEST, 1.0 - SMALLEST)))
