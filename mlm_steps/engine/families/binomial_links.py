"""The links of the binomial family, with the log density of k events of n (statistics, section 22.1)."""

from __future__ import annotations

from math import pi, sqrt
from typing import NamedTuple, Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.engine.families.base import Derivatives, Transformed
from mlm_steps.engine.families.log_link import EXTREME
from mlm_steps.engine.families.marginal import Marginal, marginal_by_quadrature

__all__ = ["LINKS", "BinomialLink"]

Array = NDArray[np.float64]

SMALL = 1e-2
"""Size of exp(eta) below which a difference in the complementary log-log link is computed by its series."""
MILLS = 1e5
"""Distance below zero beyond which the curvature of log Φ is 1 to all digits."""


class Tails(NamedTuple):
    """The probability of the event and of its complement, each with all digits."""

    event: Array
    complement: Array


class BinomialLink(Protocol):
    """A link of the binomial family.

    Attributes
    ----------
    kernel : int
        Its number in the compiled loops.
    transformed : Transformed or None
        The name of the exponential of a coefficient.
    variance : float
        Variance of the latent distribution of one trial.
    """

    kernel: int
    transformed: Transformed | None
    variance: float

    def tails(self, eta: Array) -> Tails:
        """Return the probabilities at eta."""

    def slope(self, eta: Array) -> Array:
        """Return the derivative of the probability in eta."""

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return the probability averaged over normal predictors, with its derivatives."""

    def inverse(self, mean: Array) -> Array:
        """Return eta of a probability."""

    def log_density(self, k: Array, n: Array, eta: Array) -> Array:
        """Return k log(mu) + (n - k) log(1 - mu)."""

    def derivatives(self, k: Array, n: Array, eta: Array) -> Derivatives:
        """Return its derivatives in eta."""

    def observation_variance(self, mean: float) -> float:
        """Return the variance of one trial around the mean, moved to the link scale by the delta method."""


class Logit:
    """log(mu / (1 - mu))."""

    kernel = 0
    transformed: Transformed | None = Transformed("OR", "odds ratio")
    variance = pi**2 / 3.0

    def tails(self, eta: Array) -> Tails:
        """Return the probabilities at eta."""
        return Tails(np.asarray(scipy.special.expit(eta)), np.asarray(scipy.special.expit(-eta)))

    def slope(self, eta: Array) -> Array:
        """Return mu (1 - mu)."""
        event, complement = self.tails(eta)
        return event * complement

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return the probability averaged over normal predictors by quadrature."""
        return marginal_by_quadrature(eta, variance, lambda at: self.tails(at).event, self.slope, self._bend)

    def _bend(self, eta: Array) -> Array:
        """Return mu (1 - mu) (1 - 2 mu)."""
        event, complement = self.tails(eta)
        return event * complement * (complement - event)

    def inverse(self, mean: Array) -> Array:
        """Return the logit."""
        return np.asarray(scipy.special.logit(mean))

    def log_density(self, k: Array, n: Array, eta: Array) -> Array:
        """Return -k log(1 + exp(-eta)) - (n - k) log(1 + exp(eta))."""
        return -k * np.logaddexp(0.0, -eta) - (n - k) * np.logaddexp(0.0, eta)

    def derivatives(self, k: Array, n: Array, eta: Array) -> Derivatives:
        """Return the derivatives in eta."""
        event, complement = self.tails(eta)
        curvature = n * event * complement
        return Derivatives(k * complement - (n - k) * event, curvature, curvature * (complement - event))

    def observation_variance(self, mean: float) -> float:
        """Return 1 / (p (1 - p))."""
        return 1.0 / (mean * (1.0 - mean))


class Probit:
    """Φ⁻¹(mu)."""

    kernel = 1
    transformed: Transformed | None = None
    variance = 1.0

    def tails(self, eta: Array) -> Tails:
        """Return the probabilities at eta."""
        return Tails(np.asarray(scipy.special.ndtr(eta)), np.asarray(scipy.special.ndtr(-eta)))

    def slope(self, eta: Array) -> Array:
        """Return the normal density."""
        return np.asarray(np.exp(-0.5 * eta**2) / sqrt(2.0 * pi))

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return Φ(eta / sqrt(1 + variance)) with its derivatives."""
        shrunk = 1.0 / np.sqrt(1.0 + variance)
        density = self.slope(eta * shrunk)
        return Marginal(self.tails(eta * shrunk).event, density * shrunk, -0.5 * density * eta * shrunk**3)

    def inverse(self, mean: Array) -> Array:
        """Return the normal quantile."""
        return np.asarray(scipy.special.ndtri(mean))

    def log_density(self, k: Array, n: Array, eta: Array) -> Array:
        """Return k log Φ(eta) + (n - k) log Φ(-eta)."""
        return np.asarray(k * scipy.special.log_ndtr(eta) + (n - k) * scipy.special.log_ndtr(-eta))

    def derivatives(self, k: Array, n: Array, eta: Array) -> Derivatives:
        """Return the derivatives in eta."""
        A, curved, bent = _mills(eta)
        B, other_curved, other_bent = _mills(-eta)
        return Derivatives(
            k * A - (n - k) * B, k * curved + (n - k) * other_curved, k * bent - (n - k) * other_bent
        )

    def observation_variance(self, mean: float) -> float:
        """Return 2 pi p (1 - p) exp(Φ⁻¹(p)²)."""
        return float(2.0 * pi * mean * (1.0 - mean) * np.exp(scipy.special.ndtri(mean) ** 2))


def _mills(eta: Array) -> tuple[Array, Array, Array]:
    """Return the derivatives of log Φ: its slope A, A (eta + A) and the derivative of the latter."""
    A = np.asarray(sqrt(2.0 / pi) / scipy.special.erfcx(-eta / sqrt(2.0)))
    curved = np.where(eta < -MILLS, 1.0, A * (eta + A))
    return A, curved, np.where(eta < -MILLS, 0.0, A * (1.0 - curved) - curved * (eta + A))


class Cloglog:
    """log(-log(1 - mu))."""

    kernel = 2
    transformed: Transformed | None = Transformed("HR", "hazard ratio")
    variance = pi**2 / 6.0

    def tails(self, eta: Array) -> Tails:
        """Return the probabilities at eta."""
        e = _exp(eta)
        return Tails(-np.expm1(-e), np.exp(-e))

    def slope(self, eta: Array) -> Array:
        """Return exp(eta - exp(eta))."""
        return np.asarray(np.exp(np.minimum(eta, EXTREME) - _exp(eta)))

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return the probability averaged over normal predictors by quadrature."""
        return marginal_by_quadrature(eta, variance, lambda at: self.tails(at).event, self.slope, self._bend)

    def _bend(self, eta: Array) -> Array:
        """Return exp(eta - exp(eta)) (1 - exp(eta))."""
        return self.slope(eta) - np.exp(2.0 * np.minimum(eta, EXTREME) - _exp(eta))

    def inverse(self, mean: Array) -> Array:
        """Return the complementary log-log."""
        return np.asarray(np.log(-np.log1p(-mean)))

    def log_density(self, k: Array, n: Array, eta: Array) -> Array:
        """Return k log(1 - exp(-e)) - (n - k) e for e = exp(eta)."""
        e = _exp(eta)
        # log(1 - exp(-e)) by the form that keeps its digits; for tiny e it is eta - e / 2.
        event = np.where(
            e < SMALL, eta + _log_relative(np.minimum(e, SMALL)), np.log(-np.expm1(-np.maximum(e, SMALL)))
        )
        return np.asarray(k * event - (n - k) * e)

    def derivatives(self, k: Array, n: Array, eta: Array) -> Derivatives:
        """Return the derivatives in eta."""
        e = _exp(eta)
        with np.errstate(over="ignore"):
            r = np.where(e == 0.0, 1.0, e / np.expm1(np.maximum(e, 1e-300)))
        small = np.minimum(e, SMALL)
        g = np.where(e < SMALL, small * (0.5 + small * (1 / 12 - small**2 / 720)), e + r - 1.0)
        return Derivatives(
            k * r - (n - k) * e, (n - k) * e + k * r * g, (n - k) * e + k * r * (e - g * g - r * g)
        )

    def observation_variance(self, mean: float) -> float:
        """Return p / ((1 - p) log²(1 - p))."""
        return float(mean / ((1.0 - mean) * np.log1p(-mean) ** 2))


def _exp(eta: Array) -> Array:
    return np.asarray(np.exp(np.minimum(eta, EXTREME)))


def _log_relative(e: Array) -> Array:
    """Return log((1 - exp(-e)) / e) for small e, by its series."""
    return e * (-0.5 + e * (1 / 24 - e**2 / 2880))


LINKS: dict[str, BinomialLink] = {"logit": Logit(), "probit": Probit(), "cloglog": Cloglog()}
"""The links by the word of the spec; the first one is the default."""
