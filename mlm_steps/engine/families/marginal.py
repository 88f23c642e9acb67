"""Moments of the outcome's mean over a normally distributed linear predictor (statistics, section 22.7)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Marginal", "Spread", "averaged", "marginal_by_quadrature", "spread_of_mean"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

POINTS = 51
"""Number of quadrature points (statistics, section 22.7).

The mean of a logit has nine digits for standard deviations of the predictor up to 2, and four up to 4; that
of the complementary log-log link has five up to 2.
"""


class Marginal(NamedTuple):
    """The mean outcome averaged over a normal predictor, and its derivatives in the mean and variance.

    ``mean``, ``in_eta`` and ``in_variance`` have the shape (m,) of the predictor.
    """

    mean: Array
    in_eta: Array
    in_variance: Array


class Spread(NamedTuple):
    """The variance of an outcome's mean over a normal predictor, and its mean variance around it."""

    between: Array
    within: Array


def marginal_by_quadrature(
    eta: Array, variance: Array, mean: Function, slope: Function, bend: Function
) -> Marginal:
    """Return the moments of a mean for a predictor with mean eta and a variance, both of shape (m,).

    Parameters
    ----------
    eta, variance : ndarray, shape (m,)
    mean, slope, bend : callable
        The inverse link and its first and second derivative.
    """
    return Marginal(
        averaged(mean, eta, variance),
        averaged(slope, eta, variance),
        # The derivative in the variance is half the mean second derivative (the heat equation).
        0.5 * averaged(bend, eta, variance),
    )


def spread_of_mean(eta: Array, variance: Array, mean: Function, spread: Function) -> Spread:
    """Return the variance between groups of the outcome's mean, and the mean variance within groups.

    Parameters
    ----------
    eta, variance : ndarray, shape (m,)
    mean, spread : callable
        The inverse link, and the variance of the outcome as a function of eta.
    """
    centre = averaged(mean, eta, variance)
    between = averaged(lambda at: (mean(at) - centre) ** 2, eta, variance)
    return Spread(between, averaged(spread, eta, variance))


def averaged(function: Function, eta: Array, variance: Array) -> Array:
    """Return the mean of a function of a normal variable with mean eta and a variance, shape (m,)."""
    sd = np.sqrt(variance)
    total = np.zeros(eta.shape)
    for node, weight in zip(*_rule(), strict=True):
        total += weight * function(eta + node * sd)
    return total


@cache
def _rule() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return nodes and weights of the quadrature for the standard normal distribution."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(POINTS)
    return tuple(nodes.tolist()), tuple((weights / weights.sum()).tolist())
