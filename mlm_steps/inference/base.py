"""Input and output of the methods that test fixed effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import VariableRank
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of
from mlm_steps.inference.joint_df import JointDf
from mlm_steps.records.base import Notice

__all__ = ["Array", "Context", "DfMethod", "Reference", "same_for_all"]

Array = NDArray[np.float64]

NO_PART = 1e-10
"""Weight of a coefficient, relative to the largest of a combination, up to which it is rounding error."""


@dataclass(frozen=True, slots=True)
class Context:
    """Declarations that a method may use in addition to the fit.

    Attributes
    ----------
    variable_levels : mapping, or None
        Level of the hierarchy per data column; None to infer it from the design.
    """

    variable_levels: Mapping[str, VariableRank] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Estimates and reference distributions by which linear combinations of fixed effects are tested.

    Attributes
    ----------
    method : str
        Key of the method that was used. It differs from the requested one if that cannot be computed.
    beta : ndarray, shape (p,)
        Estimates.
    vcov : ndarray, shape (p, p)
        Their covariance matrix.
    sigma : float or None
        Residual standard deviation of the fit; None if the model has none.
    df : callable
        Maps contrasts (q, p) to the degrees of freedom of each row, (q,); infinite for a normal reference.
    joint : callable
        Maps a hypothesis of linearly independent rows (q, p) to its ``JointDf``. Both callables are defined
        at module level, so that a reference can be pickled.
    notices : tuple of Notice
        Notices about the method.
    """

    method: str
    beta: Array
    vcov: Array
    sigma: float | None
    df: Callable[[Array], Array]
    joint: Callable[[Array], JointDf]
    notices: tuple[Notice, ...] = ()

    def combined(self, contrasts: Array) -> tuple[Array, Array]:
        """Return the estimates of linear combinations, one per row (q, p), and their variances.

        A combination that includes an infinite coefficient is infinite, or NaN if it includes several whose
        sum has no sign. Its variance is NaN, as is that of a coefficient without a standard error.
        """
        if np.isfinite(self.beta).all() and np.isfinite(self.vcov.diagonal()).all():
            return contrasts @ self.beta, np.einsum("ij,jk,ik->i", contrasts, self.vcov, contrasts)
        estimate = contrasts @ np.where(np.isfinite(self.beta), self.beta, 0.0)
        with np.errstate(invalid="ignore"):
            for column in np.flatnonzero(~np.isfinite(self.beta)):
                used = _used(contrasts)[:, column]
                estimate[used] += contrasts[used, column] * self.beta[column]
        variance = np.einsum("ij,jk,ik->i", contrasts, self.known_vcov, contrasts)
        return estimate, np.where(self.estimable(contrasts), variance, np.nan)

    @property
    def known_vcov(self) -> Array:
        """The covariance matrix with 0 for coefficients without a standard error."""
        whole = np.isfinite(self.beta) & np.isfinite(np.diag(self.vcov))
        return self.vcov if whole.all() else np.where(whole[:, None] & whole[None, :], self.vcov, 0.0)

    @property
    def known_beta(self) -> Array:
        """The estimates with zeros for infinite coefficients."""
        finite = np.isfinite(self.beta)
        return self.beta if finite.all() else np.where(finite, self.beta, 0.0)

    def estimable(self, contrasts: Array) -> NDArray[np.bool_]:
        """Return whether all coefficients in each combination have a standard error, shape (q,)."""
        missing = ~(np.isfinite(self.beta) & np.isfinite(np.diag(self.vcov)))
        return np.asarray(~_used(contrasts)[:, missing].any(axis=1))


def _used(contrasts: Array) -> NDArray[np.bool_]:
    """Return which coefficients each combination includes, shape (q, p)."""
    largest = np.abs(contrasts).max(axis=1, initial=0.0, keepdims=True)
    return np.asarray(np.abs(contrasts) > NO_PART * largest)


class DfMethod(Protocol):
    """A method of testing fixed effects.

    To add a method, write a module with one function of this signature, named as the module, and list it in
    ``METHODS``. Quantities that all tests share are computed before the function returns.
    """

    def __call__(self, fit: MixedFit, context: Context, /) -> Reference:
        """Return the reference distribution of the fixed effects of a fit."""
        ...


def same_for_all(method: str, fit: MixedFit, df: float) -> Reference:
    """Return a reference with the same degrees of freedom for every hypothesis."""
    constant = _Constant(df)
    return Reference(method, fit.beta, fit.vcov, sigma_of(fit), constant.each, constant.joint)


@dataclass(frozen=True, slots=True)
class _Constant:
    """The same degrees of freedom for every hypothesis."""

    df: float

    def each(self, contrasts: Array) -> Array:
        return np.full(contrasts.shape[0], self.df)

    def joint(self, _hypothesis: Array) -> JointDf:
        return JointDf(1.0, self.df)
