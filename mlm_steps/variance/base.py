"""Input and output of the measures of explained variance."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from mlm_steps.design.predictors import Predictors
from mlm_steps.engine.fit.distribution import DistributionVariance, distribution_variance
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.moments import VarianceParts, variance_parts
from mlm_steps.records import Icc, Notice, VarianceMeasure

__all__ = ["Contribution", "Explained", "FTest", "Measure"]


@dataclass(frozen=True, slots=True)
class FTest:
    """An F test of fixed effects.

    Attributes
    ----------
    term : str or None
        The term; None for all coefficients except the intercept.
    num_df : int
    den_df : float
    F : float or None
        None if the hypothesis is not estimable.
    code : str or None
        Of a test by another method than the one that was asked for.
    """

    term: str | None
    num_df: int
    den_df: float
    F: float | None
    code: str | None = None


@dataclass(frozen=True, eq=False)
class Explained:
    """One rung and the rungs that it is compared with.

    Attributes
    ----------
    model : str
        Name of the rung.
    fit : MixedFit
        Its fit by the declared method.
    null, previous : tuple of str and MixedFit, or None
        Name and fit, by the same method, of the null model and of the previous rung. None if there is none,
        as for the null model itself and the first rung.
    distribution : str or None
        How the variance of the distribution of a generalized model is computed on the link scale; None for
        the family's default.
    predictors : Predictors or None
        The predictors of the fit, for shares on the scale of the outcome at their values.
    wanted : collection of str
        Names of the measures that are computed on request only.
    f_tests : callable or None
        Returns Kenward and Roger's F tests of all fixed effects and of each term, for such a measure.
    """

    model: str
    fit: MixedFit
    null: tuple[str, MixedFit] | None = None
    previous: tuple[str, MixedFit] | None = None
    distribution: str | None = None
    predictors: Predictors | None = None
    wanted: Collection[str] = ()
    f_tests: Callable[[], tuple[FTest, ...]] | None = None

    @property
    def linear(self) -> bool:
        """Whether the rung is a linear model."""
        return self.fit.design.response.linear

    @cached_property
    def residual(self) -> DistributionVariance | None:
        """The variance of the distribution on the link scale; None for a linear model."""
        return distribution_variance(self.fit, self.distribution, self._known)

    @cached_property
    def parts(self) -> VarianceParts:
        """The variances that the fit implies."""
        return variance_parts(self.fit, None if self.residual is None else self.residual.value)

    def parts_of(self, fit: MixedFit) -> VarianceParts:
        """Return the variances that the null model or the previous rung implies."""
        found = distribution_variance(fit, self.distribution, self._known)
        return variance_parts(fit, None if found is None else found.value)

    @property
    def _known(self) -> tuple[MixedFit, ...]:
        return () if self.null is None else (self.null[1],)


@dataclass(frozen=True, slots=True)
class Contribution:
    """The rows and notices that one measure adds to the record of a rung.

    Attributes
    ----------
    icc : tuple of Icc
    measures : tuple of VarianceMeasure
    notices : tuple of Notice
    """

    icc: tuple[Icc, ...] = ()
    measures: tuple[VarianceMeasure, ...] = ()
    notices: tuple[Notice, ...] = ()


class Measure(Protocol):
    """A measure: a function of an Explained in a module of the same name.

    For every fit, including singular fits, it returns a number, or None with a code.
    """

    def __call__(self, explained: Explained) -> Contribution:
        """Return the rows and notices of the measure."""
        ...
