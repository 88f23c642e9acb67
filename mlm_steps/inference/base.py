"""Input and output of the methods that test fixed effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import VariableRank
from mlm_steps.engine.result.mixed_fit import MixedFit, sigma_of
from mlm_steps.records.base import Notice

__all__ = ["Array", "Context", "DfMethod", "JointDf", "Reference", "same_for_all"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Context:
    """Declarations that a method may use in addition to the fit.

    Attributes
    ----------
    variable_levels : mapping, or None
        Level of the hierarchy per data column; None to infer it from the design.
    """

    variable_levels: Mapping[str, VariableRank] | None = None


class JointDf(NamedTuple):
    """The F distribution of the Wald statistic v' V⁻¹ v of a joint hypothesis.

    ``scale`` times the statistic over its rank has an F distribution with ``df`` denominator degrees of
    freedom; infinite for chi-square over rank.
    """

    scale: float
    df: float


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
