"""How a model explains its outcome: distribution, link of the mean, and the columns that belong to it.

The names of families and links are here, below the packages that read and build models; their mathematics is
in `mlm_steps.engine.families`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["GAUSSIAN", "LINEAR_DF", "LINKS", "MOST_POINTS", "VARIANCE_METHODS", "Response"]

LINKS: Mapping[str, tuple[str, ...]] = {
    "gaussian": ("identity",),
    "binomial": ("logit", "probit", "cloglog"),
    "poisson": ("log",),
    "negative_binomial": ("log",),
    "gamma": ("log",),
}
"""The links of each family by the words of the spec; the first one is the default."""

LINEAR_DF = ("satterthwaite", "kenward-roger")
"""Methods of degrees of freedom that exist for linear models only."""
MOST_POINTS = 101
"""Largest number of quadrature points per dimension; the weights of more points underflow."""
_LOG = ("lognormal", "delta", "trigamma")
VARIANCE_METHODS: Mapping[str, tuple[str, ...]] = {
    "gaussian": (),
    "binomial": ("theoretical", "observation"),
    "poisson": _LOG,
    "negative_binomial": _LOG,
    "gamma": _LOG,
}
"""How the variance of each family's distribution is computed on the link scale (statistics, section 22.6).

The first word is the default."""

TRIALS = ("binomial",)
"""Families of events among trials."""
DISPERSED = ("gaussian", "negative_binomial", "gamma")
"""Families with a parameter of dispersion: sigma of a linear model, phi of the others."""
MEASURES = (("gaussian", "gamma"), ("poisson", "negative_binomial"), ("binomial",))
"""Families whose densities of one outcome can be compared: of numbers, of counts, of events among trials."""
CONTAINED = (("poisson", "negative_binomial"),)
"""Pairs of families, the first of which is the limit of the second at an infinite phi."""


@dataclass(frozen=True, slots=True)
class Response:
    """The distribution of an outcome given the predictors and the random effects.

    Attributes
    ----------
    family, link : str
        A key of ``LINKS`` and one of its links.
    trials : str or None
        Column of the numbers of trials of a binomial outcome.
    exposure : str or None
        Column whose logarithm is an offset of the linear predictor.
    """

    family: str = "gaussian"
    link: str = "identity"
    trials: str | None = None
    exposure: str | None = None

    @property
    def linear(self) -> bool:
        """Whether the model is a linear mixed model."""
        return self.family == GAUSSIAN.family

    @property
    def takes_trials(self) -> bool:
        """Whether the outcome may be a category of two levels, or a number of events among trials."""
        return self.family in TRIALS

    @property
    def dispersions(self) -> int:
        """Number of parameters of dispersion, 0 or 1."""
        return int(self.family in DISPERSED)

    def comparable(self, other: Response) -> bool:
        """Return whether densities of the same outcome under the two families can be compared."""
        return any(self.family in measure and other.family in measure for measure in MEASURES)

    def contains(self, other: Response) -> bool:
        """Return whether the distribution can equal the other one, with the same link."""
        same = self.family == other.family or (other.family, self.family) in CONTAINED
        return same and self.link == other.link

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in addition to those of the formula."""
        return tuple(name for name in (self.trials, self.exposure) if name is not None)


GAUSSIAN = Response()
"""The response of a linear mixed model."""
