"""Events among trials; one trial is a yes/no outcome."""

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
from mlm_steps.engine.families.binomial_links import LINKS
from mlm_steps.engine.families.checks import first
from mlm_steps.engine.families.marginal import Marginal

__all__ = ["Binomial"]

Array = NDArray[np.float64]


class Binomial:
    """The binomial distribution with a logit, probit or complementary log-log link."""

    name: ClassVar[str] = "binomial"
    links: ClassVar[tuple[str, ...]] = tuple(LINKS)
    has_dispersion: ClassVar[bool] = False
    divides: ClassVar[bool] = False
    has_trials: ClassVar[bool] = True
    integers: ClassVar[bool] = True
    dispersion: ClassVar[Dispersion | None] = None
    mean_words: ClassVar[str] = "probability"

    def __init__(self, link: str = "logit") -> None:
        if link not in LINKS:
            raise ValueError(f"no link {link!r}")
        self._word, self._link = link, LINKS[link]

    @property
    def link(self) -> str:
        """The word of the link."""
        return self._word

    @property
    def transformed(self) -> Transformed | None:
        """The name of the exponential of a coefficient, which depends on the link."""
        return self._link.transformed

    @property
    def variance_methods(self) -> tuple[str, ...]:
        """The methods of the distribution's variance on the link scale."""
        return ("theoretical", "observation")

    @property
    def kernel(self) -> int | None:
        """The number of the link in the compiled loops."""
        return self._link.kernel

    def check(self, outcome: Outcome) -> Iterator[OutcomeFault]:
        """Yield the reasons why the outcome is not a number of events among trials."""
        y, n = outcome.y, outcome.trials
        wrong = first(~(n > 0) | (n != np.floor(n)))
        if wrong is not None:
            what = f"the number of trials must be a whole number above 0: {n[wrong]:g}"
            yield OutcomeFault(wrong, what, "correct the column, or leave out such rows")
            return
        row = first(~((y >= 0) & (y <= n)))
        if row is not None:
            several = n[row] != 1.0
            range_ = f"0 to {n[row]:g}, its number of trials" if several else "0 or 1"
            what = f"the number of events must be {range_}: {y[row]:g}"
            yield OutcomeFault(row, what, "for a count of n, give trials:; without a limit, family: poisson")
        broken = first((y >= 0) & (y <= n) & (y != np.floor(y)))
        if broken is not None:
            what = f"the number of events must be a whole number: {y[broken]:g}"
            yield OutcomeFault(broken, what, "a share needs the number of trials: trials: COLUMN")
        if row is None and broken is None and y.size and (not y.any() or bool(np.all(y == n))):
            what = (
                "the outcome has one value only: the event "
                + ("never" if not y.any() else "always")
                + " occurs"
            )
            yield OutcomeFault(None, what, "there is nothing to explain")

    def constant(self, outcome: Outcome, phi: float) -> Array:
        """Return the logarithm of the binomial coefficient."""
        k, n = outcome.y, outcome.trials
        if np.all(n == 1.0):
            return np.zeros(k.size)
        return np.asarray(-np.log1p(n) - scipy.special.betaln(k + 1.0, n - k + 1.0))

    def log_density(self, outcome: Outcome, eta: Array, phi: float) -> Array:
        """Return k log(mu) + (n - k) log(1 - mu)."""
        return self._link.log_density(outcome.y, outcome.trials, eta)

    def derivatives(self, outcome: Outcome, eta: Array, phi: float) -> Derivatives:
        """Return the derivatives in eta."""
        return self._link.derivatives(outcome.y, outcome.trials, eta)

    def constant_slope(self, outcome: Outcome, phi: float) -> Array:
        """Return zeros: there is no dispersion parameter."""
        return np.zeros(outcome.y.size)

    def in_dispersion(self, outcome: Outcome, eta: Array, phi: float) -> InDispersion:
        """Return zeros: there is no dispersion parameter."""
        zero = np.zeros_like(eta)
        return InDispersion(zero, zero, zero)

    def directions(self, outcome: Outcome) -> NDArray[np.int8]:
        """Return 1 where all trials are events, -1 where none is."""
        every, none = outcome.y == outcome.trials, outcome.y == 0
        return np.where(every, 1, np.where(none, -1, 0)).astype(np.int8)

    def initial_eta(self, outcome: Outcome) -> Array:
        """Return the link of (k + 1/2) / (n + 1), as R does."""
        return self._link.inverse((outcome.y + 0.5) / (outcome.trials + 1.0))

    def initial_phi(self, outcome: Outcome, eta: Array) -> float:
        """Return 1."""
        return 1.0

    def mean(self, eta: Array) -> Array:
        """Return the probability of the event."""
        return self._link.tails(eta).event

    def mean_slope(self, eta: Array) -> Array:
        """Return the derivative of the probability in eta."""
        return self._link.slope(eta)

    def link_of(self, mean: Array) -> Array:
        """Return eta of a probability."""
        return self._link.inverse(mean)

    def link_slope(self, mean: Array) -> Array:
        """Return the derivative of eta in the probability."""
        return np.asarray(1.0 / self._link.slope(self._link.inverse(mean)))

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return the probability for normal predictors, with its derivatives."""
        return self._link.marginal(eta, variance)

    def variance(self, eta: Array, phi: float, trials: Array) -> Array:
        """Return n mu (1 - mu)."""
        event, complement = self._link.tails(eta)
        return trials * event * complement

    def cdf(self, y: Array, eta: Array, phi: float, trials: Array) -> Array:
        """Return the probability of at most y events."""
        complement = self._link.tails(eta).complement
        k = np.clip(np.floor(y), 0.0, np.maximum(trials - 1.0, 0.0))
        inside = scipy.special.betainc(trials - k, k + 1.0, complement)
        return np.where(y < 0, 0.0, np.where(y >= trials, 1.0, inside))

    def draw(self, eta: Array, phi: float, trials: Array, rng: np.random.Generator) -> Array:
        """Return random numbers of events."""
        event = self._link.tails(eta).event
        return rng.binomial(trials.astype(np.int64), event).astype(np.float64)

    def distribution_variance(self, method: str, mean: float, phi: float, trials: float) -> float:
        """Return the variance of one trial on the link scale, or that of a row."""
        if method == "theoretical":
            return self._link.variance
        if method == "observation":
            return self._link.observation_variance(mean) / trials
        raise ValueError(f"no method {method!r}")

    def variance_needs_mean(self, method: str) -> bool:
        """Return whether the variance is that of an observation."""
        return method == "observation"
