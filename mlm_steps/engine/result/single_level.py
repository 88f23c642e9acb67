"""A model without random effects, as comparisons with mixed models read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.lmm_fit import ConvergenceReport, Method
from mlm_steps.notice import Notice

__all__ = ["SingleLevelFit"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SingleLevelFit:
    """A linear or generalized linear model: a mixed model without random effects.

    Attributes
    ----------
    design : Design
        Without random terms.
    method : {"REML", "ML"}
        The criterion; always ML for a generalized linear model.
    beta : ndarray, shape (p,)
        Coefficients on the scale of the link.
    vcov : ndarray, shape (p, p)
        sigma² (X'WX)⁻¹, and the inverse of the observed information given phi for a generalized model.
    criterion : float
        REML criterion or deviance (statistics, sections 3 and 22.2), comparable with those of mixed models.
    deviance : float
        -2 log-likelihood with sigma at its value for ML.
    sigma : float or None
        Residual standard deviation by ``method``; None for a generalized linear model.
    phi : float or None
        Dispersion parameter; None if the family has none.
    fitted : ndarray, shape (n,)
        Mean of the outcome; for a binomial outcome the probability of a trial.
    """

    design: Design
    method: Method
    beta: Array
    vcov: Array
    criterion: float
    deviance: float
    sigma: float | None
    phi: float | None
    fitted: Array

    @property
    def family(self) -> str:
        """The distribution of the outcome."""
        return self.design.response.family

    @property
    def link(self) -> str:
        """The link of the outcome's mean."""
        return self.design.response.link

    @property
    def theta(self) -> Array:
        """There are no covariance parameters."""
        return np.zeros(0)

    @property
    def se(self) -> Array:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.vcov))

    @property
    def npar(self) -> int:
        """Number of parameters: p, and sigma or phi if the family has it."""
        return self.design.p + self.design.response.dispersions

    @property
    def scale(self) -> float:
        """The residual standard deviation; 1 for a generalized linear model."""
        return 1.0 if self.sigma is None else self.sigma

    @property
    def Lambda(self) -> tuple[Array, ...]:
        """There are no random terms."""
        return ()

    @property
    def covariances(self) -> tuple[Array, ...]:
        """There are no random terms."""
        return ()

    @property
    def modes(self) -> tuple[Array, ...]:
        """There are no random effects."""
        return ()

    @property
    def mode_variances(self) -> tuple[Array, ...]:
        """There are no random effects."""
        return ()

    @property
    def agq(self) -> int:
        """The likelihood has no integral."""
        return 1

    @property
    def convergence(self) -> ConvergenceReport | None:
        """The optimum has no report: that of a linear model is exact, others have a concave likelihood."""
        return None

    @property
    def term_singular(self) -> tuple[bool, ...]:
        """There are no random terms."""
        return ()

    @property
    def singular(self) -> bool:
        """No variance is on its boundary."""
        return False

    @property
    def notices(self) -> tuple[Notice, ...]:
        """There are none."""
        return ()
