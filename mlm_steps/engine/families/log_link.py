"""What families with a log link share."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.engine.families.marginal import Marginal

__all__ = ["EXTREME", "LogLink", "log_scale_variance"]

Array = NDArray[np.float64]

EXTREME = 300.0
"""Size of the linear predictor above which exp() and its square overflow, so that it is cut there."""


def log_scale_variance(method: str, share: float) -> float:
    """Return the variance on the log scale for a squared coefficient of variation of the outcome."""
    if method == "lognormal":
        return float(np.log1p(share))
    if method == "delta":
        return share
    if method == "trigamma":
        return float(scipy.special.polygamma(1, 1.0 / share))
    raise ValueError(f"no method {method!r}")


class LogLink:
    """Mean exp(eta)."""

    links: ClassVar[tuple[str, ...]] = ("log",)
    has_trials: ClassVar[bool] = False

    def __init__(self, link: str = "log") -> None:
        if link != "log":
            raise ValueError(f"no link {link!r}")

    @property
    def link(self) -> str:
        """The link, which is always the logarithm."""
        return "log"

    @property
    def variance_methods(self) -> tuple[str, ...]:
        """The methods of the distribution's variance on the log scale."""
        return ("lognormal", "delta", "trigamma")

    def mean(self, eta: Array) -> Array:
        """Return the expected outcome."""
        return np.asarray(np.exp(np.minimum(eta, EXTREME)))

    def mean_slope(self, eta: Array) -> Array:
        """Return the derivative of the expected outcome in eta."""
        return self.mean(eta)

    def link_of(self, mean: Array) -> Array:
        """Return log(mean)."""
        return np.asarray(np.log(mean))

    def link_slope(self, mean: Array) -> Array:
        """Return 1 / mean."""
        return np.asarray(1.0 / mean)

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return exp(eta + variance / 2), the mean of a lognormal variable, with its derivatives."""
        mean = self.mean(eta + 0.5 * variance)
        return Marginal(mean, mean, 0.5 * mean)

    def variance_needs_mean(self, method: str) -> bool:
        """Return True: the variance of a count on the log scale depends on its mean."""
        return True
