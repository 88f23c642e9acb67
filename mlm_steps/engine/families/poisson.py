"""Counts whose variance equals their mean."""

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

__all__ = ["Poisson"]

Array = NDArray[np.float64]


class Poisson(LogLink):
    """The Poisson distribution with log link."""

    name: ClassVar[str] = "poisson"
    has_dispersion: ClassVar[bool] = False
    divides: ClassVar[bool] = False
    integers: ClassVar[bool] = True
    dispersion: ClassVar[Dispersion | None] = None
    mean_words: ClassVar[str] = "expected count"

    @property
    def transformed(self) -> Transformed | None:
        """The exponential of a coefficient is an incidence rate ratio."""
        return Transformed("IRR", "incidence rate ratio")

    @property
    def kernel(self) -> int | None:
        """The number of this family in the compiled loops."""
        return 3

    def check(self, outcome: Outcome) -> Iterator[OutcomeFault]:
        """Yield the reasons why the outcome is not a count."""
        yield from counts(outcome)

    def constant(self, outcome: Outcome, phi: float) -> Array:
        """Return -log(y!)."""
        return np.asarray(-scipy.special.gammaln(outcome.y + 1.0))

    def log_density(self, outcome: Outcome, eta: Array, phi: float) -> Array:
        """Return y eta - mu."""
        return np.asarray(outcome.y * eta - self.mean(eta))

    def derivatives(self, outcome: Outcome, eta: Array, phi: float) -> Derivatives:
        """Return y - mu, mu and mu."""
        mu = self.mean(eta)
        return Derivatives(outcome.y - mu, mu, mu)

    def constant_slope(self, outcome: Outcome, phi: float) -> Array:
        """Return zeros: there is no dispersion parameter."""
        return np.zeros(outcome.y.size)

    def in_dispersion(self, outcome: Outcome, eta: Array, phi: float) -> InDispersion:
        """Return zeros: there is no dispersion parameter."""
        zero = np.zeros_like(eta)
        return InDispersion(zero, zero, zero)

    def directions(self, outcome: Outcome) -> NDArray[np.int8]:
        """Return -1 where the count is 0."""
        return np.where(outcome.y == 0, -1, 0).astype(np.int8)

    def initial_eta(self, outcome: Outcome) -> Array:
        """Return log(y + 0.1), as R does."""
        return np.asarray(np.log(outcome.y + 0.1))

    def initial_phi(self, outcome: Outcome, eta: Array) -> float:
        """Return 1."""
        return 1.0

    def variance(self, eta: Array, phi: float, trials: Array) -> Array:
        """Return the mean."""
        return self.mean(eta)

    def cdf(self, y: Array, eta: Array, phi: float, trials: Array) -> Array:
        """Return the probability of a count of at most y."""
        return np.where(y < 0, 0.0, scipy.special.pdtr(np.maximum(y, 0.0), self.mean(eta)))

    def draw(self, eta: Array, phi: float, trials: Array, rng: np.random.Generator) -> Array:
        """Return random counts."""
        return rng.poisson(self.mean(eta)).astype(np.float64)

    def distribution_variance(self, method: str, mean: float, phi: float, trials: float) -> float:
        """Return the variance on the log scale (statistics, section 22.6)."""
        return log_scale_variance(method, 1.0 / mean)
