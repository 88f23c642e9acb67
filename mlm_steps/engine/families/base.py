"""What a family gives to the engine, and what it is given (statistics, section 22.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.families.marginal import Marginal

__all__ = ["Derivatives", "Dispersion", "Family", "InDispersion", "Outcome", "OutcomeFault", "Transformed"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The outcome of every row.

    Attributes
    ----------
    y : ndarray, shape (n,)
        The outcome; for a binomial family the number of events.
    trials : ndarray, shape (n,)
        Number of trials; 1 where the family has none.
    weights : ndarray, shape (n,)
        Frequency weights, which multiply the log density.
    """

    y: Array
    trials: Array
    weights: Array

    @classmethod
    def of(cls, y: Array, trials: Array | None = None, weights: Array | None = None) -> Outcome:
        """Return the outcome with 1 for trials and weights that are not given."""
        ones = np.ones(len(y))
        return cls(
            np.ascontiguousarray(y, dtype=np.float64),
            ones if trials is None else np.ascontiguousarray(trials, dtype=np.float64),
            ones if weights is None else np.ascontiguousarray(weights, dtype=np.float64),
        )


class OutcomeFault(NamedTuple):
    """A reason why a family does not hold for an outcome.

    ``row`` is the position of the first row at fault, or None if the fault concerns all rows; ``what`` and
    ``hint`` are those of a `Fault`.
    """

    row: int | None
    what: str
    hint: str


class Derivatives(NamedTuple):
    """Derivatives of the log density in eta, per row and without weights: ℓ', w = -ℓ'' and w', shape (n,)."""

    slope: Array
    curvature: Array
    bend: Array


class InDispersion(NamedTuple):
    """Derivatives of ℓ, ℓ' and w in log(phi), per row and without weights, shape (n,)."""

    log_density: Array
    slope: Array
    curvature: Array


class Transformed(NamedTuple):
    """The name of the exponential of a coefficient: ``code`` for tables, such as OR, and ``words``."""

    code: str
    words: str


class Dispersion(NamedTuple):
    """The words of the dispersion parameter: its symbol, its name and the variance of the outcome."""

    symbol: str
    words: str
    variance: str


class Family(Protocol):
    """The distribution of the outcome given the linear predictor eta.

    A family is a class that is called with a link and is listed in ``FAMILIES``. All methods are vectorised:
    ``eta`` has shape (n,), and so have the results. ``phi`` is the dispersion parameter; a family without
    one ignores it. The log density must be concave in eta (w >= 0), so that there is one mode.

    Attributes
    ----------
    name : str
        The word of the spec.
    links : tuple of str
        Its links; the first one is the default.
    link : str
        The link of this object.
    has_dispersion : bool
        Whether phi is estimated.
    divides : bool
        Whether the variance is a function of the mean divided by phi.
    has_trials : bool
        Whether an outcome may have several trials.
    integers : bool
        Whether the outcome is a whole number.
    dispersion : Dispersion or None
        The words of phi.
    transformed : Transformed or None
        The name of the exponential of a coefficient; None where it has no meaning.
    mean_words : str
        What the mean is, for example ``probability``.
    variance_methods : tuple of str
        The methods of ``distribution_variance``; the first one is the default.
    kernel : int or None
        The number of the family and link in the compiled loops, or None if these do not have it.
    """

    name: ClassVar[str]
    links: ClassVar[tuple[str, ...]]
    has_dispersion: ClassVar[bool]
    divides: ClassVar[bool]
    has_trials: ClassVar[bool]
    integers: ClassVar[bool]
    dispersion: ClassVar[Dispersion | None]
    mean_words: ClassVar[str]

    @property
    def link(self) -> str:
        """The word of the link."""

    @property
    def transformed(self) -> Transformed | None:
        """The name of the exponential of a coefficient."""

    @property
    def variance_methods(self) -> tuple[str, ...]:
        """The methods of ``distribution_variance``."""

    @property
    def kernel(self) -> int | None:
        """The number in the compiled loops."""

    def check(self, outcome: Outcome) -> Iterator[OutcomeFault]:
        """Yield the reasons why the family does not hold for this outcome."""

    def constant(self, outcome: Outcome, phi: float) -> Array:
        """Return the part of the log density that does not depend on eta."""

    def log_density(self, outcome: Outcome, eta: Array, phi: float) -> Array:
        """Return the log density minus ``constant``, per row and without weights."""

    def derivatives(self, outcome: Outcome, eta: Array, phi: float) -> Derivatives:
        """Return its derivatives in eta."""

    def constant_slope(self, outcome: Outcome, phi: float) -> Array:
        """Return the derivative of ``constant`` in log(phi)."""

    def in_dispersion(self, outcome: Outcome, eta: Array, phi: float) -> InDispersion:
        """Return the derivatives of the whole log density, of ℓ' and of w in log(phi)."""

    def directions(self, outcome: Outcome) -> NDArray[np.int8]:
        """Return in which direction of eta a row's density has no maximum (statistics, section 22.9).

        1: it increases without end with eta, -1: it increases as eta decreases, 0: it has a maximum.
        """

    def initial_eta(self, outcome: Outcome) -> Array:
        """Return a linear predictor near the outcome, from which least squares can start."""

    def initial_phi(self, outcome: Outcome, eta: Array) -> float:
        """Return phi by the moments of the outcome around the mean at ``eta``; 1 without dispersion."""

    def mean(self, eta: Array) -> Array:
        """Return the inverse link: the expected outcome, per trial for a binomial family."""

    def mean_slope(self, eta: Array) -> Array:
        """Return the derivative of ``mean`` in eta."""

    def link_of(self, mean: Array) -> Array:
        """Return eta of a mean."""

    def link_slope(self, mean: Array) -> Array:
        """Return the derivative of ``link_of`` in the mean."""

    def marginal(self, eta: Array, variance: Array) -> Marginal:
        """Return the mean outcome for normal predictors with these means and variances, shape (m,).

        It is the population average where ``mean(eta)`` is the mean of a typical group; the derivatives are
        those in eta and in the variance (statistics, section 22.7).
        """

    def variance(self, eta: Array, phi: float, trials: Array) -> Array:
        """Return the variance of the outcome given eta; for a binomial family, of the number of events."""

    def cdf(self, y: Array, eta: Array, phi: float, trials: Array) -> Array:
        """Return the probability that the outcome is at most y; y may be below the support."""

    def draw(self, eta: Array, phi: float, trials: Array, rng: np.random.Generator) -> Array:
        """Return a random outcome."""

    def distribution_variance(self, method: str, mean: float, phi: float, trials: float) -> float:
        """Return the variance of the distribution on the link scale (statistics, section 22.6).

        Parameters
        ----------
        method : str
            One of ``variance_methods``.
        mean : float
            The marginal mean of the null model.
        phi : float
        trials : float
            Mean number of trials.
        """

    def variance_needs_mean(self, method: str) -> bool:
        """Return whether ``distribution_variance`` depends on the mean."""
