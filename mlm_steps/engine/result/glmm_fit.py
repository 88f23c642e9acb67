"""The fit of a generalized linear mixed model."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.lambda_ import unpack
from mlm_steps.engine.families import Family
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.result.lmm_fit import BOUNDARY, ConvergenceReport, Method
from mlm_steps.engine.result.mode_variances import generalized_mode_variances
from mlm_steps.engine.result.separation import Separation
from mlm_steps.notice import Notice

__all__ = ["GlmmFit"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GlmmFit:
    """A generalized linear mixed model at given parameters (statistics, section 22).

    Attributes
    ----------
    design : Design
    distribution : Family
    theta : ndarray, shape (m,)
        Per term the column-major lower triangle of Lambda, one after the other, on the scale of the link.
    beta : ndarray, shape (p,)
        Fixed effects on the scale of the link, in the order of ``design.columns``; infinite where separated.
    phi : float or None
        Dispersion parameter; None if the family has none.
    vcov : ndarray, shape (p, p)
        Block of the fixed effects of 2 (∇²d)⁻¹; NaN where the Hessian is not positive definite.
    deviance : float
        -2 log-likelihood, by Laplace's approximation or by quadrature.
    eta : ndarray, shape (n,)
        o + X beta + Z b at the conditional modes.
    modes : tuple of ndarray, each of shape (J, k)
        Conditional modes of the random effects per term.
    convergence : ConvergenceReport or None
        None for a fit at given parameters. Its gradient and Hessian are those of ``psi_internal``.
    notices : tuple of Notice
    agq : int
        Quadrature points per dimension; 1 is Laplace's approximation.
    separation : Separation or None
        What separates the outcomes where ``beta`` is infinite. The fields below are then those of the fit in
        the limit, whose fixed effects are the kept ones and whose separated rows have weight 0.
    prepared : PreparedGlmm
        The prepared design, for later computations.
    psi_internal : ndarray
        theta, the fixed effects and log(phi) in the engine's units.
    u : tuple of ndarray, each of shape (J, K)
        Modes of the spherical random effects per factor of ``prepared``, a start for other evaluations.
    vcov_internal : ndarray or None
        2 (∇²d)⁻¹ of ``psi_internal``, with zeros for variances at 0; None where it does not exist.
    """

    design: Design
    distribution: Family
    theta: Array
    beta: Array
    phi: float | None
    vcov: Array
    deviance: float
    eta: Array
    modes: tuple[Array, ...]
    convergence: ConvergenceReport | None
    notices: tuple[Notice, ...] = field(default=())
    agq: int = 1
    separation: Separation | None = None
    prepared: PreparedGlmm = field(kw_only=True, repr=False)
    psi_internal: Array = field(kw_only=True, repr=False)
    u: tuple[Array, ...] = field(kw_only=True, repr=False)
    vcov_internal: Array | None = field(kw_only=True, repr=False)

    @property
    def family(self) -> str:
        """The conditional distribution of the outcome, by its name in the spec."""
        return self.distribution.name

    @property
    def link(self) -> str:
        """The link of the outcome's mean, by its name in the spec."""
        return self.distribution.link

    @property
    def method(self) -> Method:
        """The method, which is maximum likelihood."""
        return "ML"

    @property
    def criterion(self) -> float:
        """The deviance."""
        return self.deviance

    @property
    def scale(self) -> float:
        """The unit of ``Lambda``."""
        return 1.0

    @property
    def se(self) -> Array:
        """Standard errors of the fixed effects, shape (p,); NaN where they do not exist."""
        return np.sqrt(np.diag(self.vcov))

    @property
    def npar(self) -> int:
        """Number of parameters: p, those of theta, and phi if the family has it."""
        return self.design.p + self.design.n_theta + int(self.distribution.has_dispersion)

    @property
    def fitted(self) -> Array:
        """Conditional mean of the outcome, shape (n,); for a binomial outcome the probability of a trial."""
        return self.distribution.mean(self.eta)

    @cached_property
    def Lambda(self) -> tuple[Array, ...]:
        """Covariance factor of each term, lower triangular, shape (k, k)."""
        factors, start = [], 0
        for term in self.design.random:
            factors.append(unpack(self.theta[start : start + term.n_theta], len(term.names)))
            start += term.n_theta
        return tuple(factors)

    @cached_property
    def covariances(self) -> tuple[Array, ...]:
        """Covariance matrix T of each term, on the scale of the link, shape (k, k)."""
        return tuple(factor @ factor.T for factor in self.Lambda)

    @cached_property
    def mode_variances(self) -> tuple[Array, ...]:
        """Conditional variances Lambda H⁻¹ Lambdaᵀ of the modes per term, shape (J, k, k)."""
        return generalized_mode_variances(self.prepared, self.psi_internal, self.u)

    @property
    def term_singular(self) -> tuple[bool, ...]:
        """Per term, whether a diagonal element of Lambda is below 1e-4 (statistics, section 12)."""
        return tuple(bool((np.abs(np.diag(factor)) < BOUNDARY).any()) for factor in self.Lambda)

    @property
    def singular(self) -> bool:
        """Whether any term is singular."""
        return any(self.term_singular)
