"""Positive outcomes with a constant coefficient of variation."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
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
from mlm_steps.engine.families.checks import first
from mlm_steps.engine.families.log_link import EXTREME, LogLink, log_scale_variance

__all__ = ["Gamma"]

Array = NDArray[np.float64]

LEAST_VARIATION = 1e-8
"""Smallest squared coefficient of variation from which the shape starts."""


class Gamma(LogLink):
    """The gamma distribution with log link; phi is its shape."""

    name: ClassVar[str] = "gamma"
    has_dispersion: ClassVar[bool] = True
    divides: ClassVar[bool] = True
    integers: ClassVar[bool] = False
    dispersion: ClassVar[Dispersion | None] = Dispersion("nu", "shape of the gamma distribution", "mu^2 / nu")
    mean_words: ClassVar[str] = "expected value"

    @property
    def transformed(self) -> Transformed | None:
        """The exponential of a coefficient is a ratio of means."""
        return Transformed("MR", "ratio of means")

    @property
    def kernel(self) -> int | None:
        """The number of this family in the compiled loops."""
        return 5

    def check(self, outcome: Outcome) -> Iterator[OutcomeFault]:
        """Yield the reasons why the outcome does not follow a gamma distribution."""
        row = first(~(outcome.y > 0))
        if row is not None:
            value = outcome.y[row]
            hint = "a count needs family: poisson or negative_binomial"
            yield OutcomeFault(row, f"a gamma outcome must be above 0: {value:g}", hint)
        elif outcome.y.size and np.all(outcome.y == outcome.y[0]):
            yield OutcomeFault(None, "the outcome has one value only", "there is nothing to explain")

    def constant(self, outcome: Outcome, phi: float) -> Array:
        """Return the part without the mean."""
        log_y = np.log(outcome.y)
        return np.asarray(phi * log(phi) - scipy.special.gammaln(phi) + (phi - 1.0) * log_y)

    def log_density(self, outcome: Outcome, eta: Array, phi: float) -> Array:
        """Return -nu (eta + y / mu)."""
        return -phi * (eta + self._relative(outcome, eta))

    def derivatives(self, outcome: Outcome, eta: Array, phi: float) -> Derivatives:
        """Return the derivatives in eta."""
        curvature = phi * self._relative(outcome, eta)
        return Derivatives(curvature - phi, curvature, -curvature)

    def constant_slope(self, outcome: Outcome, phi: float) -> Array:
        """Return nu (log(nu) + 1 - ψ(nu) + log(y))."""
        level = log(phi) - float(scipy.special.digamma(phi)) + 1.0
        return np.asarray(phi * (level + np.log(outcome.y)))

    def in_dispersion(self, outcome: Outcome, eta: Array, phi: float) -> InDispersion:
        """Return the derivatives in log(nu)."""
        t = self._relative(outcome, eta)
        level = log(phi) - float(scipy.special.digamma(phi)) + 1.0
        return InDispersion(phi * (level + np.log(outcome.y) - eta - t), phi * (t - 1.0), phi * t)

    @staticmethod
    def _relative(outcome: Outcome, eta: Array) -> Array:
        """Return y / mu."""
        return np.asarray(outcome.y * np.exp(np.minimum(-eta, EXTREME)))

    def directions(self, outcome: Outcome) -> NDArray[np.int8]:
        """Return 0: every row has a maximum."""
        return np.zeros(outcome.y.size, dtype=np.int8)

    def initial_eta(self, outcome: Outcome) -> Array:
        """Return log(y)."""
        return np.asarray(np.log(outcome.y))

    def initial_phi(self, outcome: Outcome, eta: Array) -> float:
        """Return the inverse of the squared coefficient of variation."""
        variation = np.average((self._relative(outcome, eta) - 1.0) ** 2, weights=outcome.weights)
        return 1.0 / max(float(variation), LEAST_VARIATION)

    def variance(self, eta: Array, phi: float, trials: Array) -> Array:
        """Return mu² / nu."""
        return np.asarray(self.mean(eta) ** 2 / phi)

    def cdf(self, y: Array, eta: Array, phi: float, trials: Array) -> Array:
        """Return the probability of an outcome of at most y."""
        relative = np.maximum(y, 0.0) * np.exp(np.minimum(-eta, EXTREME))
        return np.asarray(scipy.special.gammainc(phi, phi * relative))

    def draw(self, eta: Array, phi: float, trials: Array, rng: np.random.Generator) -> Array:
        """Return random outcomes."""
        return np.asarray(self.mean(eta) * rng.gamma(phi, 1.0 / phi, size=eta.shape))

    def distribution_variance(self, method: str, mean: float, phi: float, trials: float) -> float:
        """Return the variance on the log scale (statistics, section 22.6)."""
        return log_scale_variance(method, 1.0 / phi)

    def variance_needs_mean(self, method: str) -> bool:
        """Return False: the coefficient of variation is constant."""
        return False
