"""What all fits of mixed models have in common, linear or generalized."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import ConvergenceReport, LmmFit, Method
from mlm_steps.notice import Notice

__all__ = [
    "MixedFit",
    "generalized_fit",
    "linear_fit",
    "response_residuals",
    "sigma_of",
    "slope_correlation",
]


class MixedFit(Protocol):
    """A mixed model at given parameters, as tests, comparisons, tables and the API read it.

    `mlm_steps.engine.result.lmm_fit.LmmFit` has in addition what only a linear model has: a residual standard
    deviation, the REML criterion, the penalised residual sum of squares.
    """

    @property
    def design(self) -> Design:
        """The design of the model."""
        ...

    @property
    def family(self) -> str:
        """Distribution of the outcome by its name in the spec; ``gaussian`` for a linear model."""
        ...

    @property
    def link(self) -> str:
        """Link of the outcome's mean by its name in the spec; ``identity`` for a linear model."""
        ...

    @property
    def method(self) -> Method:
        """The criterion that was minimised; always ML for a generalized model."""
        ...

    @property
    def theta(self) -> NDArray[np.float64]:
        """Per term the column-major lower triangle of ``Lambda``, one after the other; shape (m,)."""
        ...

    @property
    def beta(self) -> NDArray[np.float64]:
        """Fixed effects on the scale of the link, shape (p,); infinite where separated."""
        ...

    @property
    def vcov(self) -> NDArray[np.float64]:
        """Covariance matrix of the fixed effects, shape (p, p); NaN where it does not exist."""
        ...

    @property
    def se(self) -> NDArray[np.float64]:
        """Standard errors of the fixed effects, shape (p,); NaN where they do not exist."""
        ...

    @property
    def criterion(self) -> float:
        """REML criterion or deviance, as ``method`` says."""
        ...

    @property
    def deviance(self) -> float:
        """-2 log-likelihood at the parameters of the fit (statistics, sections 3 and 22)."""
        ...

    @property
    def npar(self) -> int:
        """Number of parameters: of beta, of theta, and sigma or phi if the family has it."""
        ...

    @property
    def Lambda(self) -> tuple[NDArray[np.float64], ...]:
        """Covariance factor of each term in units of ``scale``, lower triangular, shape (k, k)."""
        ...

    @property
    def scale(self) -> float:
        """Unit of ``Lambda``: the residual standard deviation of a linear model, 1 otherwise."""
        ...

    @property
    def covariances(self) -> tuple[NDArray[np.float64], ...]:
        """Covariance matrix T of each term, in squared units of the linear predictor, shape (k, k)."""
        ...

    @property
    def modes(self) -> tuple[NDArray[np.float64], ...]:
        """Conditional modes of the random effects per term, shape (J, k)."""
        ...

    @property
    def mode_variances(self) -> tuple[NDArray[np.float64], ...]:
        """Conditional variances of the random effects given the data per term, shape (J, k, k)."""
        ...

    @property
    def fitted(self) -> NDArray[np.float64]:
        """Conditional mean of the outcome, shape (n,); for a binomial outcome the probability of a trial."""
        ...

    @property
    def phi(self) -> float | None:
        """Dispersion parameter of the family; None if it has none, and for a linear model."""
        ...

    @property
    def agq(self) -> int:
        """Quadrature points per dimension; 1 is Laplace's approximation, exact for a linear model."""
        ...

    @property
    def convergence(self) -> ConvergenceReport | None:
        """How the search ended; None for a fit at given parameters."""
        ...

    @property
    def term_singular(self) -> tuple[bool, ...]:
        """Per term, whether a diagonal element of ``Lambda`` is below 1e-4 (statistics, section 12)."""
        ...

    @property
    def singular(self) -> bool:
        """Whether any term is singular."""
        ...

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices on convergence, on singular terms, and on what else a reader should know of the fit."""
        ...


def linear_fit(fit: MixedFit) -> LmmFit:
    """Return the fit as one of a linear model; TypeError if it is not.

    For computations that exist for linear models only, whose callers have refused all others.
    """
    if not isinstance(fit, LmmFit):
        raise TypeError(f"a {fit.family} model has no residual standard deviation")
    return fit


def generalized_fit(fit: MixedFit) -> GlmmFit:
    """Return the fit as one of a generalized model; TypeError if it is not."""
    if not isinstance(fit, GlmmFit):
        raise TypeError(f"a {fit.family} model with {fit.link} link is linear")
    return fit


def sigma_of(fit: MixedFit) -> float | None:
    """Return the residual standard deviation of a linear model, None for other models."""
    return fit.sigma if isinstance(fit, LmmFit) else None


def response_residuals(fit: MixedFit) -> NDArray[np.float64]:
    """Return the outcome minus its conditional mean, shape (n,); of a binomial outcome, numbers of events."""
    if isinstance(fit, LmmFit):
        return fit.residuals
    trials = 1.0 if fit.design.trials is None else fit.design.trials
    return np.asarray(fit.design.y - trials * fit.fitted)


def slope_correlation(fit: MixedFit) -> float | None:
    """Return the correlation of the intercept and the slope of the first term with just these two effects.

    None if there is no such term, or if one of its variances is 0.
    """
    for term, T in zip(fit.design.random, fit.covariances, strict=True):
        if len(term.names) == 2 and term.names[0] == "(Intercept)" and (np.diag(T) > 0).all():
            return float(np.clip(T[0, 1] / np.sqrt(T[0, 0] * T[1, 1]), -1.0, 1.0))
    return None
