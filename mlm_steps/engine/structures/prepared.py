"""Prepare a design: the engine's units, the strategy, and the conversion back to the design's units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import CriterionTerms
from mlm_steps.engine.structures.elimination import elimination_of, parents_of
from mlm_steps.engine.structures.groups import Blocks, FactorTerms, factors_of, orthogonal_blocks
from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.several_factors import SeveralFactors
from mlm_steps.engine.structures.standardize import Standardized, standardize
from mlm_steps.engine.structures.theta_units import from_internal, to_internal
from mlm_steps.errors import Fault, FitError

__all__ = [
    "InternalColumns",
    "PreparedDesign",
    "Strategy",
    "Units",
    "check_size",
    "internal_columns",
    "prepare",
    "strategy_of",
    "units_of",
]

Array = NDArray[np.float64]


LARGEST = 6000
"""Largest number of random effects outside the largest factor: their dense matrix takes 0.3 GB."""


class Strategy(Protocol):
    """How the three functions of theta are computed for one kind of structure.

    ``theta_internal`` is theta in the engine's units, shape (m,). A new strategy is a frozen dataclass with
    these members and a line in ``prepare``.
    """

    @property
    def exact_hessian(self) -> bool:
        """Whether ``criterion_terms`` gives Hessians at about the cost of a gradient."""

    @property
    def expensive(self) -> bool:
        """Whether an evaluation takes so long that searches economise on evaluations."""

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The grouping factors, in the order of what the methods return."""

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return the three functions alone."""

    def criterion_terms(self, theta_internal: Array, *, hessian: bool) -> CriterionTerms | None:
        """Return the three functions with derivatives, or None where they do not exist."""

    def curvatures(self, theta_internal: Array, weights: Array) -> tuple[Array, ...] | None:
        """Return per factor the derivative of their weighted sum in Lambda Lambdaᵀ, shape (K, K)."""

    def projections(self, theta_internal: Array) -> list[Array]:
        """Return per factor Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1)."""

    def modes(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return per factor the conditional modes, shape (J, K)."""

    def mode_variances(self, theta_internal: Array) -> tuple[Array, ...]:
        """Return per factor their conditional variances over sigma², shape (J, K, K)."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The conversion from the engine's units to the design's.

    Attributes
    ----------
    back : ndarray, shape (p, p)
        beta = beta0 + back @ (coefficients in the engine's basis) * scale.
    beta0 : ndarray, shape (p,)
        Fixed effects that were subtracted from the outcome.
    log_det : float
        log|det back|.
    scale : float
        Unit of the outcome.
    sum_log_weights : float
    """

    back: Array
    beta0: Array
    log_det: float
    scale: float
    sum_log_weights: float


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDesign:
    """A design reduced to its cross-products; no array of it has length n.

    Attributes
    ----------
    n, p : int
        Observations and fixed effects.
    units : Units
    bases : tuple of ndarray
        Per term, from its columns in the engine's units to the design's.
    strategy : Strategy
        Evaluates theta in the engine's units.
    alone : tuple of OneFactor
        Each factor as if it were the only one, to choose a start; empty when there is one factor.
    outcome_share : float
        1 when the outcome was centred on ordinary least squares, 0 when on given fixed effects.
    """

    n: int
    p: int
    units: Units
    bases: tuple[Array, ...]
    strategy: Strategy
    alone: tuple[OneFactor, ...]
    outcome_share: float

    def to_internal(self, theta: Array) -> Array:
        """Return theta in the engine's units from theta in the design's, both of shape (m,)."""
        return to_internal(self.bases, theta)

    def from_internal(self, theta_internal: Array) -> Array:
        """Return theta in the design's units from theta in the engine's, both of shape (m,)."""
        return from_internal(self.bases, theta_internal)


@dataclass(frozen=True, slots=True, eq=False)
class InternalColumns:
    """The columns of a design in the engine's units, before they are reduced to cross-products.

    Attributes
    ----------
    standard : Standardized
    factors : tuple of FactorTerms
    z : tuple of ndarray, each of shape (n, K)
        Per factor, the columns of all its terms.
    """

    standard: Standardized
    factors: tuple[FactorTerms, ...]
    z: tuple[Array, ...]

    def blocks(self, data: Array) -> Blocks:
        """Return the blocks of the first factor, with ``data`` in place of [X y]."""
        return orthogonal_blocks(self.factors[0], self.z[0], data)


def internal_columns(
    design: Design, shift: Array | None = None, factors: tuple[FactorTerms, ...] | None = None
) -> InternalColumns:
    """Return the columns of a design in the engine's units; FitError where X is not of full rank.

    Parameters
    ----------
    design : Design
    shift : ndarray, shape (p,), optional
        Fixed effects to subtract from the outcome first.
    factors : tuple of FactorTerms, optional
        The design's grouping factors in another order than by their random effects.
    """
    standard = standardize(design, shift)
    factors = factors_of(design) if factors is None else factors
    return InternalColumns(standard, factors, tuple(standard.columns_of(each.terms) for each in factors))


def prepare(design: Design, shift: Array | None = None) -> PreparedDesign:
    """Return the prepared design; ``shift`` holds fixed effects to subtract from the outcome first."""
    columns = internal_columns(design, shift)
    standard, fixed = columns.standard, columns.standard.fixed
    data = np.column_stack([fixed.Q, fixed.y])
    strategy, alone = strategy_of(design, columns.factors, columns.z, data)
    share = 0.0 if shift is not None else 1.0
    return PreparedDesign(
        design.n, design.p, units_of(standard), standard.bases, strategy, alone if len(alone) > 1 else (),
        share,
    )  # fmt: skip


def units_of(standard: Standardized) -> Units:
    """Return the conversion from the engine's units to those of a design."""
    fixed = standard.fixed
    return Units(fixed.back, fixed.beta, fixed.log_det, fixed.scale, standard.sum_log_weights)


def strategy_of(
    design: Design, factors: Sequence[FactorTerms], z: Sequence[Array], data: Array
) -> tuple[Strategy, tuple[OneFactor, ...]]:
    """Return the strategy for the structure, and each factor as if it were the only one."""
    elimination = elimination_of(factors)
    chain = elimination.factors
    if elimination.nested and len(chain) > 1:
        columns = {id(factor): each for factor, each in zip(factors, z, strict=True)}
        return _nested(chain, [columns[id(factor)] for factor in chain], data)
    check_size(design, factors)
    blocks = orthogonal_blocks(factors[0], z[0], data)
    first = OneFactor.of(factors[0], blocks)
    if len(factors) == 1:
        return first, (first,)
    return SeveralFactors.of(factors, blocks, z[1:]), (first, *_alone(factors[1:], z[1:], data))


def _nested(
    chain: tuple[FactorTerms, ...], z: Sequence[Array], data: Array
) -> tuple[Strategy, tuple[OneFactor, ...]]:
    outer = sum(factor.pattern.K for factor in chain[1:])
    blocks = orthogonal_blocks(chain[0], z[0], np.column_stack([*z[1:], data]))
    strategy = Nested.of(chain, parents_of(chain), blocks, outer)
    first = OneFactor(chain[0], blocks.R, blocks.G[:, :, outer:], strategy.C)
    return strategy, (first, *_alone(chain[1:], z[1:], data))


def _alone(factors: Sequence[FactorTerms], z: Sequence[Array], data: Array) -> Iterator[OneFactor]:
    for factor, columns in zip(factors, z, strict=True):
        yield OneFactor.of(factor, orthogonal_blocks(factor, columns, data))


def check_size(design: Design, factors: Sequence[FactorTerms]) -> None:
    """Raise FitError when the dense matrix of the other factors would be too large."""
    rest = sum(factor.q for factor in factors[1:])
    if rest <= LARGEST:
        return
    sizes = ", ".join(f"{design.random[factor.terms[0]].group!r} {factor.q}" for factor in factors)
    raise FitError(
        Fault(
            "",
            f"the grouping factors have too many random effects for an exact fit ({sizes}): "
            f"without the largest factor they are {rest}, at most {LARGEST} are possible",
            "leave out the random effects of a factor with many levels, or random slopes",
        )
    )
