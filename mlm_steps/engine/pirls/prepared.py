"""A design prepared for a generalized linear mixed model: sorted rows, the engine's units, the structure.

Nothing here changes the model. The fixed effects are those of orthogonal columns of unit mean square, and the
columns of each random-effects term are made orthogonal. A change of 1 in a parameter then changes the linear
predictor by about 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Family, Outcome
from mlm_steps.engine.pirls.constants import Constants
from mlm_steps.engine.structures.compiled_chain import ChainRows, CompiledChain
from mlm_steps.engine.structures.compiled_several import CompiledSeveral
from mlm_steps.engine.structures.groups import FactorTerms, factors_of
from mlm_steps.engine.structures.prepared import check_size
from mlm_steps.engine.structures.standardize import orthogonal_columns, orthonormal_fixed
from mlm_steps.engine.structures.theta_units import from_internal, to_internal
from mlm_steps.engine.structures.weighted import Weighted, weighted_structure
from mlm_steps.engine.structures.weighted_several import WeightedSeveral

__all__ = ["PreparedGlmm", "prepare_glmm"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PreparedGlmm:
    """The rows of a design in the order of the innermost factor's levels, and in the engine's units.

    Attributes
    ----------
    family : Family
    outcome : Outcome
    offset : ndarray, shape (n,)
    X : ndarray, shape (n, p)
        Columns that are orthogonal and of unit mean square.
    z : tuple of ndarray, each of shape (n, K)
        Per factor of the structure, its columns in the engine's units.
    structure : Weighted
    order : ndarray, shape (n,)
        The row of the design that each of these rows is.
    back : ndarray, shape (p, p)
        beta = back @ (fixed effects in the engine's units).
    bases : tuple of ndarray
        Per term of the design, from its columns in the engine's units to the design's.
    constants : Constants
        The part of the log density that does not depend on eta.
    loops : CompiledChain, CompiledSeveral or None
        The rows for the loops in C, where these have the family and the structure.
    """

    family: Family
    outcome: Outcome
    offset: Array
    X: Array
    z: tuple[Array, ...]
    structure: Weighted
    order: NDArray[np.intp]
    back: Array
    bases: tuple[Array, ...]
    constants: Constants
    loops: CompiledChain | CompiledSeveral | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return int(self.X.shape[1])

    @property
    def factors(self) -> tuple[FactorTerms, ...]:
        """The grouping factors in the order of elimination."""
        return self.structure.factors

    @cached_property
    def n_theta(self) -> int:
        """Number of covariance parameters."""
        return sum(factor.pattern.m for factor in self.factors)

    @property
    def size(self) -> int:
        """Number of parameters: theta, beta and log(phi) if phi is estimated."""
        return self.n_theta + self.p + int(self.family.has_dispersion)

    @cached_property
    def chain_rows(self) -> ChainRows:
        """The rows as the loops in C take them."""
        z = self.z[0] if len(self.z) == 1 else np.concatenate(self.z, axis=1)
        outcome = self.outcome
        return ChainRows(
            np.ascontiguousarray(z), self.X, self.offset, outcome.y, outcome.trials, outcome.weights
        )

    def with_outcome(self, y: Array, offset: Array | None = None) -> PreparedGlmm:
        """Return the same design with another outcome or offset, both in the order of the design."""
        outcome = replace(self.outcome, y=np.ascontiguousarray(y[self.order], dtype=np.float64))
        moved = self.offset if offset is None else np.ascontiguousarray(offset[self.order], dtype=np.float64)
        constants = Constants.of(self.family, outcome)
        return replace(self, outcome=outcome, offset=moved, constants=constants)

    def split(self, psi: Array) -> tuple[Array, Array, float]:
        """Return theta, the fixed effects and phi of a parameter vector; phi is 1 where there is none."""
        m, p = self.n_theta, self.p
        phi = float(np.exp(psi[m + p])) if self.family.has_dispersion else 1.0
        return psi[:m], psi[m : m + p], phi

    def to_internal(self, theta: Array) -> Array:
        """Return theta in the engine's units from theta in the design's, both of shape (m,)."""
        return to_internal(self.bases, theta)

    def from_internal(self, theta_internal: Array) -> Array:
        """Return theta in the design's units from theta in the engine's, both of shape (m,)."""
        return from_internal(self.bases, theta_internal)

    def original(self, rows: Array) -> Array:
        """Return values of the sorted rows in the order of the design."""
        values = np.empty_like(rows)
        values[self.order] = rows
        return values


def _loops(structure: Weighted, n: int) -> CompiledChain | CompiledSeveral | None:
    if isinstance(structure, WeightedSeveral):
        return CompiledSeveral.of(structure, n)
    return CompiledChain.of(structure.factors, n)


def prepare_glmm(design: Design, family: Family) -> PreparedGlmm:
    """Return the prepared design.

    Raises
    ------
    FitError
        If there are too many random effects outside the largest factor, or dependent columns of X.
    """
    factors = factors_of(design)
    structure = weighted_structure(factors)
    if structure.independent is None:
        check_size(design, factors)
    # The rows of a level of the outermost nested factor, or of the eliminated one, are adjacent.
    keys = structure.factors if structure.independent is not None else structure.factors[::-1]
    order = np.lexsort([factor.refs for factor in keys])
    structure = weighted_structure([replace(factor, refs=factor.refs[order]) for factor in factors])
    scaled = [orthogonal_columns(term.z) for term in design.random]
    z = tuple(
        np.ascontiguousarray(np.concatenate([scaled[term][0] for term in factor.terms], axis=1)[order])
        for factor in structure.factors
    )
    X, back = orthonormal_fixed(design)
    root = np.sqrt(design.n)
    outcome = Outcome.of(design.y, design.trials, design.weights)
    loops = None if family.kernel is None else _loops(structure, design.n)
    return PreparedGlmm(
        family,
        Outcome(outcome.y[order], outcome.trials[order], outcome.weights[order]),
        np.zeros(design.n) if design.offset is None else design.offset[order],
        np.ascontiguousarray(X[order] * root),
        z,
        structure,
        order,
        back * root,
        tuple(basis for _, basis in scaled),
        Constants.of(family, outcome),
        loops,
    )
