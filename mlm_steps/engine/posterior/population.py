"""Mean outcomes of generalized models on three scales, with derivatives for the delta method.

The scales are the link, the typical group, whose random effects are 0, and the population average, which
integrates the random effects (statistics, section 22.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.engine.criterion.lambda_ import unpack
from mlm_steps.engine.families.marginal import Marginal
from mlm_steps.engine.result.glmm_fit import GlmmFit

__all__ = ["MeanOutcomes", "mean_outcomes"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeanOutcomes:
    """The mean outcome at some rows.

    Attributes
    ----------
    fit : GlmmFit
    eta : ndarray, shape (m,)
        o + X beta; infinite or NaN where it depends on an infinite coefficient.
    variance : ndarray, shape (m,)
        z'Tz, summed over all terms.
    in_eta, in_variance : ndarray, shape (m, q)
        Derivatives of both in the parameters of ``fit.psi_internal``.
    of_modes : ndarray, shape (m,), or None
        Variance, given the parameters, of the random effects that ``eta`` has at their modes.
    new_levels : ndarray, shape (m,), or None
        z'Tz of the levels whose effects are predicted, as 0, although the fit does not know them.
    """

    fit: GlmmFit
    eta: Array
    variance: Array
    in_eta: Array
    in_variance: Array
    of_modes: Array | None = None
    new_levels: Array | None = None

    @cached_property
    def typical(self) -> Array:
        """The mean outcome of a typical group, shape (m,)."""
        return self.fit.distribution.mean(self.eta)

    @cached_property
    def population(self) -> Array:
        """The population average, shape (m,)."""
        return self._marginal[0]

    @cached_property
    def gradient(self) -> Array:
        """Derivatives of the population average in the parameters, shape (m, q)."""
        return self._marginal[1]

    @cached_property
    def _marginal(self) -> tuple[Array, Array]:
        found = self._moments
        gradient = found.in_eta[:, None] * self.in_eta + found.in_variance[:, None] * self.in_variance
        return found.mean, gradient

    @cached_property
    def _moments(self) -> Marginal:
        return self.fit.distribution.marginal(self.eta, self.variance)

    def variances(self) -> Array:
        """Return the variances of the population averages, shape (m,); NaN if they do not exist."""
        V = self.fit.vcov_internal
        if V is None:
            return np.full(self.eta.shape, np.nan)
        found: Array = np.einsum("ia,ab,ib->i", self.gradient, V, self.gradient)
        return found if self.of_modes is None else found + self._moments.in_eta**2 * self.of_modes

    def limits(self, width: float) -> tuple[Array, Array, Array]:
        """Return standard errors of the population averages, and lower and upper limits, each of shape (m,).

        The limits are those of the link of the average, ``width`` standard errors away, transformed.
        """
        family = self.fit.distribution
        with np.errstate(all="ignore"):
            se = np.sqrt(np.maximum(self.variances(), 0.0))
            centre = family.link_of(self.population)
            half = width * se * family.link_slope(self.population)
            return se, family.mean(centre - half), family.mean(centre + half)

    def link_errors(self, *, new_levels: bool = False) -> Array:
        """Return the standard errors of the linear predictors, shape (m,); with z'Tz for ``new_levels``."""
        V = self.fit.vcov_internal
        if V is None:
            return np.full(self.eta.shape, np.nan)
        variances: Array = np.einsum("ia,ab,ib->i", self.in_eta, V, self.in_eta)
        for more in (self.of_modes, self.new_levels if new_levels else None):
            variances = variances if more is None else variances + more
        return np.sqrt(np.maximum(variances, 0.0))


def mean_outcomes(fit: GlmmFit, X: Array, offset: Array | None, random: Sequence[Array]) -> MeanOutcomes:
    """Return the mean outcomes of rows.

    Parameters
    ----------
    fit : GlmmFit
    X : ndarray, shape (m, p)
        Columns of the fixed effects in the design's units.
    offset : ndarray, shape (m,), or None
    random : sequence of ndarray, each of shape (m, k)
        Columns of each random term, in the design's order.
    """
    model, m = fit.prepared, X.shape[0]
    theta = fit.psi_internal[: model.n_theta]
    in_eta, in_variance = np.zeros((m, fit.psi_internal.size)), np.zeros((m, fit.psi_internal.size))
    in_eta[:, model.n_theta : model.n_theta + model.p] = _kept(fit, X) @ model.back
    variance, start = np.zeros(m), 0
    for basis, z in zip(model.bases, random, strict=True):
        k = basis.shape[0]
        Lambda = unpack(theta[start : start + k * (k + 1) // 2], k)
        own = solve_triangular(basis, z.T, trans="T", check_finite=False).T
        scaled = own @ Lambda
        variance += np.einsum("ia,ia->i", scaled, scaled)
        for column in range(k):
            for row in range(column, k):
                in_variance[:, start] = 2.0 * own[:, row] * scaled[:, column]
                start += 1
    return MeanOutcomes(fit, _predictor(fit, X, offset), variance, in_eta, in_variance)


def _kept(fit: GlmmFit, X: Array) -> Array:
    """Return the columns that the prepared design has, with zeros for infinite coefficients."""
    if fit.separation is None:
        return X
    own = np.zeros((X.shape[0], fit.prepared.p))
    for position, column in enumerate(fit.separation.kept):
        if np.isfinite(fit.beta[column]):
            own[:, position] = X[:, column]
    return own


def _predictor(fit: GlmmFit, X: Array, offset: Array | None) -> Array:
    """Return o + X beta; infinite coefficients count only in rows whose column is not 0."""
    finite = np.isfinite(fit.beta)
    total = X[:, finite] @ fit.beta[finite]
    for column in np.flatnonzero(~finite):
        used = X[:, column] != 0.0
        total[used] += X[used, column] * fit.beta[column]
    return np.asarray(total if offset is None else total + offset)
