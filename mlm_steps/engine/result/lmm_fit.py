"""The fit that the engine returns: a linear mixed model at its optimum."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import CriterionTerms, TracePoint
from mlm_steps.engine.criterion.lambda_ import unpack
from mlm_steps.engine.result.mode_variances import mode_variances
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.notice import Notice

__all__ = ["BOUNDARY", "Control", "ConvergenceReport", "LmmFit", "Method"]

Method = Literal["REML", "ML"]

BOUNDARY = 1e-4
"""Diagonal element of Lambda below which a term is singular, as in lme4."""


@dataclass(frozen=True, slots=True)
class Control:
    """How to search for the optimum.

    Attributes
    ----------
    optimizer : str
        ``auto``, the safeguarded Newton method on exact derivatives, or a key of
        `mlm_steps.engine.search.optimizers.OPTIMIZERS`.
    max_evaluations : int
        Number of evaluations of the criterion after which a search ends as failed. The limit holds for each
        search, so that several searches from different starts may take more.
    tolerance : float
        Relative change of the criterion below which the search ends.
    start : float, optional
        Standard deviation of every random effect, relative to the residual's, from which to start, in the
        engine's units. With None, the criterion chooses the start from a short list.
    restarts : int
        Number of additional searches from other starts; the lowest end is returned.
    """

    optimizer: str = "auto"
    max_evaluations: int = 1000
    tolerance: float = 1e-12
    start: float | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ConvergenceReport:
    """How the search ended (statistics, section 12).

    Attributes
    ----------
    status : {"converged", "singular", "failed"}
        ``singular`` is converged, to a covariance matrix of reduced rank.
    optimizer : str
        The method that found the optimum.
    evaluations : int
        Evaluations of the criterion (an evaluation with derivatives counts once).
    gradient : ndarray, shape (m,)
        Gradient of the profiled criterion in theta of the engine's units, in which the columns of a
        term are orthogonal and of unit mean square, so that the scale of the covariates does not matter.
    max_gradient : float
        Largest element of the gradient, or of the gradient scaled by the curvature where that is smaller.
    hessian : ndarray, shape (m, m)
        Hessian of the profiled criterion in theta of the engine's units.
    reasons : tuple of str
        Why the search counts as failed or doubtful, in words; empty when it does not.
    claimed : bool
        Whether the optimiser reports an optimum.
    trace : tuple of TracePoint
        The evaluations in order, searches from other starts included. Points at which the criterion does
        not exist are omitted, but counted.
    """

    status: Literal["converged", "singular", "failed"]
    optimizer: str
    evaluations: int
    gradient: NDArray[np.float64]
    max_gradient: float
    hessian: NDArray[np.float64]
    reasons: tuple[str, ...] = ()
    claimed: bool = True
    trace: tuple[TracePoint, ...] = ()


@dataclass(frozen=True, eq=False)
class LmmFit:
    """A linear mixed model at given covariance parameters.

    Attributes
    ----------
    design : Design
        The design of the model.
    method : {"REML", "ML"}
        The criterion that was minimised.
    theta : ndarray, shape (m,)
        Per term the column-major lower triangle of Lambda, one after the other.
    sigma : float
        Residual standard deviation, in outcome units.
    beta : ndarray, shape (p,)
        Fixed effects, in the order of ``design.columns``.
    vcov : ndarray, shape (p, p)
        sigma² (RXᵀ RX)⁻¹.
    criterion : float
        REML criterion or deviance at theta (statistics, section 3).
    log_det_L2, log_det_RX2, pwrss : float
        log|L|², log|RX|² and the penalised weighted residual sum of squares r².
    modes : tuple of ndarray, each of shape (J, k)
        Conditional modes of the random effects per term, in outcome units.
    fitted, residuals : ndarray, shape (n,)
        o + X beta + Z b, and y minus these values.
    convergence : ConvergenceReport or None
        None for a fit at given parameters.
    notices : tuple of Notice
        Notices on convergence and singular terms.
    prepared : PreparedDesign
        The prepared design, for later computations.
    criterion_terms : CriterionTerms
        The parts of the criterion at theta, in the engine's units.
    """

    design: Design
    method: Method
    theta: NDArray[np.float64]
    sigma: float
    beta: NDArray[np.float64]
    vcov: NDArray[np.float64]
    criterion: float
    log_det_L2: float
    log_det_RX2: float
    pwrss: float
    modes: tuple[NDArray[np.float64], ...]
    fitted: NDArray[np.float64]
    residuals: NDArray[np.float64]
    convergence: ConvergenceReport | None
    notices: tuple[Notice, ...] = field(default=())
    prepared: PreparedDesign = field(kw_only=True, repr=False)
    criterion_terms: CriterionTerms = field(kw_only=True, repr=False)

    @property
    def se(self) -> NDArray[np.float64]:
        """Standard errors of the fixed effects, shape (p,)."""
        return np.sqrt(self.vcov.diagonal())

    @property
    def family(self) -> str:
        """The conditional distribution of the outcome."""
        return "gaussian"

    @property
    def link(self) -> str:
        """The link of the outcome's mean."""
        return "identity"

    @property
    def scale(self) -> float:
        """The unit of ``Lambda``."""
        return self.sigma

    @property
    def phi(self) -> None:
        """A linear model has sigma in place of a dispersion parameter."""
        return

    @property
    def agq(self) -> int:
        """The integral over the random effects is exact."""
        return 1

    @property
    def deviance(self) -> float:
        """-2 log-likelihood, with sigma profiled out at theta (statistics, section 3)."""
        if self.method == "ML":
            return self.criterion
        n, sum_log_weights = self.design.n, self.prepared.units.sum_log_weights
        return float(self.log_det_L2 + n * (1 + np.log(2 * np.pi * self.pwrss / n)) - sum_log_weights)

    @property
    def npar(self) -> int:
        """Number of parameters: p, those of theta, and sigma."""
        return self.design.p + self.design.n_theta + 1

    @cached_property
    def Lambda(self) -> tuple[NDArray[np.float64], ...]:
        """Relative covariance factor of each term, lower triangular, shape (k, k)."""
        factors, start = [], 0
        for term in self.design.random:
            k = len(term.names)
            factors.append(unpack(self.theta[start : start + term.n_theta], k))
            start += term.n_theta
        return tuple(factors)

    @cached_property
    def covariances(self) -> tuple[NDArray[np.float64], ...]:
        """Covariance matrix T of each term, in squared outcome units, shape (k, k)."""
        return tuple(self.sigma**2 * factor @ factor.T for factor in self.Lambda)

    @cached_property
    def mode_variances(self) -> tuple[NDArray[np.float64], ...]:
        """Conditional variances of the modes per term, in squared outcome units, shape (J, k, k)."""
        return mode_variances(self.prepared, self.theta, self.sigma)

    @property
    def term_singular(self) -> tuple[bool, ...]:
        """Per term, whether a diagonal element of Lambda is below 1e-4 (statistics, section 12)."""
        return tuple(bool((np.abs(factor.diagonal()) < BOUNDARY).any()) for factor in self.Lambda)

    @property
    def singular(self) -> bool:
        """Whether any term is singular."""
        return any(self.term_singular)
