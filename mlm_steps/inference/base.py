"""What a method of testing fixed effects is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import VariableRank
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.records.base import Notice

__all__ = ["Array", "Context", "DfMethod", "JointDf", "Reference", "same_for_all"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Context:
    """What a method may know besides the fit.

    Attributes
    ----------
    variable_levels : mapping, or None
        Level of the hierarchy per data column; None to find it in the design.
    """

    variable_levels: Mapping[str, VariableRank] | None = None


class JointDf(NamedTuple):
    """How the Wald statistic v' V⁻¹ v of a joint hypothesis is referred to F.

    ``scale`` times the statistic over its rank has an F distribution with ``df`` denominator degrees of
    freedom; infinite for chi-square over rank.
    """

    scale: float
    df: float


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What linear combinations of the fixed effects of one fit are tested with.

    Attributes
    ----------
    method : str
        Key of the method that was used, which is another than the one asked for where that has no answer.
    beta : ndarray, shape (p,)
        Estimates.
    vcov : ndarray, shape (p, p)
        Their covariance matrix.
    sigma : float
        Residual standard deviation of the fit they are from.
    df : callable
        From contrasts (q, p) to the degrees of freedom of each row, (q,); infinite for a normal reference.
    joint : callable
        From a hypothesis of linearly independent rows (q, p) to its ``JointDf``. Both are functions of a
        module or methods of a class of a module, so that a reference can be pickled.
    notices : tuple of Notice
        What a reader should know.
    """

    method: str
    beta: Array
    vcov: Array
    sigma: float
    df: Callable[[Array], Array]
    joint: Callable[[Array], JointDf]
    notices: tuple[Notice, ...] = ()


class DfMethod(Protocol):
    """A method of testing fixed effects.

    The next method is a module with one function of this signature, named as the module, and a line in
    ``METHODS``. What it computes once per fit it computes before it returns.
    """

    def __call__(self, fit: LmmFit, context: Context, /) -> Reference:
        """Return what the fixed effects of a fit are tested with."""
        ...


def same_for_all(method: str, fit: LmmFit, df: float) -> Reference:
    """Return the reference of a method that has the same degrees of freedom for every hypothesis."""
    constant = _Constant(df)
    return Reference(method, fit.beta, fit.vcov, fit.sigma, constant.each, constant.joint)


@dataclass(frozen=True, slots=True)
class _Constant:
    """The same degrees of freedom for every hypothesis."""

    df: float

    def each(self, contrasts: Array) -> Array:
        return np.full(contrasts.shape[0], self.df)

    def joint(self, _hypothesis: Array) -> JointDf:
        return JointDf(1.0, self.df)
