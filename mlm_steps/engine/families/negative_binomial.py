"""Counts whose variance exceeds their mean: NB2, with variance mu + mu² / phi."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.engine.families.base import (
    Derivatives,
    Dispersion,
    InDispersion,
    Outcome,
    OutcomeFault,
    Transformed,
)
from mlm_steps.engine.families.checks import counts
from mlm_steps.engine.families.log_link import LogLink, log_scale_variance

__all__ = ["NegativeBinomial"]

Array = NDArray[np.float64]

LARGE = 100.0
"""Dispersion above which Stirling's series replaces differences of log-gamma functions, to keep digits."""
PHI_RANGE = (0.05, 100.0)
"""Smallest and largest dispersion from which a search starts."""


class NegativeBinomial(LogLink):
    """The negative binomial distribution with log link; as phi grows it becomes Poisson's."""

    name: ClassVar[str] = "negative_binomial"
    has_dispersion: ClassVar[bool] = True
    divides: ClassVar[bool] = False
    integers: ClassVar[bool] = True
    dispersion: ClassVar[Dispersion | None] = Dispersion(
        "phi", "dispersion of the negative binomial distribution", "mu + mu^2 / phi"
    )
    mean_words: ClassVar[str] = "expected count"

    @property
    def transformed(self) -> Transformed | None:
        """The exponential of a coefficient is an incidence rate ratio."""
        return Transformed("IRR", "incidence rate ratio")

    @property
    def kernel(self) -> int | None:
        """The number of this family in the compiled loops."""
        return 4

    def check(self, outcome: Outcome) -> Iterator[OutcomeFault]:
        """Yield the reasons why the outcome is not a count."""
        yield from counts(outcome)

    def constant(self, outcome: Outcome, phi: float) -> Array:
        """Return log Γ(y + phi) - log Γ(phi) - y log phi - log(y!)."""
        return _rising(outcome.y, phi) - np.asarray(scipy.special.gammaln(outcome.y + 1.0))

    def log_density(self, outcome: Outcome, eta: Array, phi: float) -> Array:
        """Return y eta - (y + phi) log(1 + mu / phi)."""
        # log(1 + mu / phi) in this form stays right where mu would overflow.
        return np.asarray(outcome.y * eta - (outcome.y + phi) * np.logaddexp(0.0, eta - np.log(phi)))

    def derivatives(self, outcome: Outcome, eta: Array, phi: float) -> Derivatives:
        """Return the derivatives in eta."""
        y, share = outcome.y, self._share(eta, phi)
        rest = 1.0 / (1.0 + self.mean(eta) / phi)
        curvature = share * rest * (y + phi)
        return Derivatives(y * rest - phi * share, curvature, curvature * (rest - share))

    def constant_slope(self, outcome: Outcome, phi: float) -> Array:
        """Return phi (ψ(y + phi) - ψ(phi)) - y."""
        return phi * (_rising_slope(outcome.y, phi) + np.log1p(outcome.y / phi)) - outcome.y

    def in_dispersion(self, outcome: Outcome, eta: Array, phi: float) -> InDispersion:
        """Return the derivatives in log(phi)."""
        y, mu, share = outcome.y, self.mean(eta), self._share(eta, phi)
        total = phi + mu
        relative = (y - mu) / total
        slope = phi * relative * share
        curvature = self.derivatives(outcome, eta, phi).curvature
        return InDispersion(
            phi * (_rising_slope(y, phi) + _log_ratio(y, mu, phi) - relative),
            slope,
            curvature * (2.0 * share - y / (y + phi)),
        )

    def _share(self, eta: Array, phi: float) -> Array:
        """Return mu / (phi + mu)."""
        mu = self.mean(eta)
        return np.asarray(mu / (phi + mu))

    def directions(self, outcome: Outcome) -> NDArray[np.int8]:
        """Return -1 where the count is 0."""
        return np.where(outcome.y == 0, -1, 0).astype(np.int8)

    def initial_eta(self, outcome: Outcome) -> Array:
        """Return log(y + 0.1), as R does for Poisson's."""
        return np.asarray(np.log(outcome.y + 0.1))

    def initial_phi(self, outcome: Outcome, eta: Array) -> float:
        """Return the moment estimate, within bounds."""
        mu, low, high = self.mean(eta), *PHI_RANGE
        excess = float(outcome.weights @ ((outcome.y - mu) ** 2 - mu))
        square = float(outcome.weights @ mu**2)
        return float(np.clip(square / excess, low, high)) if excess > 0 else high

    def variance(self, eta: Array, phi: float, trials: Array) -> Array:
        """Return mu + mu² / phi."""
        mu = self.mean(eta)
        return np.asarray(mu * (1.0 + mu / phi))

    def cdf(self, y: Array, eta: Array, phi: float, trials: Array) -> Array:
        """Return the probability of a count of at most y."""
        mu = self.mean(eta)
        inside = scipy.special.betainc(phi, np.maximum(np.floor(y), 0.0) + 1.0, 1.0 / (1.0 + mu / phi))
        return np.where(y < 0, 0.0, inside)

    def draw(self, eta: Array, phi: float, trials: Array, rng: np.random.Generator) -> Array:
        """Return random counts: Poisson counts whose means have a gamma distribution."""
        means = self.mean(eta) * rng.gamma(phi, 1.0 / phi, size=eta.shape)
        return rng.poisson(means).astype(np.float64)

    def distribution_variance(self, method: str, mean: float, phi: float, trials: float) -> float:
        """Return the variance on the log scale (statistics, section 22.6)."""
        return log_scale_variance(method, 1.0 / mean + 1.0 / phi)


def _log_ratio(y: Array, mu: Array, phi: float) -> Array:
    """Return log((phi + y) / (phi + mu)), with all digits where both are near each other or far apart."""
    relative = (y - mu) / (phi + mu)
    near = np.log1p(np.maximum(relative, -0.5))
    return np.where(relative > -0.5, near, np.log((phi + y) / (phi + mu)))


def _rising(y: Array, phi: float) -> Array:
    """Return log Γ(y + phi) - log Γ(phi) - y log phi."""
    if phi <= LARGE:
        return np.asarray(scipy.special.gammaln(y + phi) - scipy.special.gammaln(phi) - y * np.log(phi))
    return np.asarray((phi + y - 0.5) * np.log1p(y / phi) - y + _stirling(phi + y) - _stirling(phi))


def _rising_slope(y: Array, phi: float) -> Array:
    """Return the derivative of log Γ(y + phi) - log Γ(phi) in phi, minus log(1 + y / phi)."""
    if phi <= LARGE:
        return np.asarray(scipy.special.digamma(y + phi) - scipy.special.digamma(phi) - np.log1p(y / phi))
    return 0.5 * (y / phi) / (y + phi) + _stirling_slope(phi + y) - _stirling_slope(phi)


def _stirling(x: Array | float) -> Array:
    """Return the remainder of Stirling's formula for log Γ(x), x > 100."""
    square = np.square(1.0 / x)
    return np.asarray((1.0 - square * (1.0 / 30.0 - square * (1.0 / 105.0 - square / 140.0))) / (12.0 * x))


def _stirling_slope(x: Array | float) -> Array:
    """Return the derivative of the remainder of Stirling's formula."""
    square = np.square(1.0 / x)
    return np.asarray(-square * (1.0 - square * (0.1 - square * (1.0 / 21.0 - square / 20.0))) / 12.0)
