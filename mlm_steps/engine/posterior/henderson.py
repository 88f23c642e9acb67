"""The factors of Henderson's equations for each strategy (`mlm_steps.engine.posterior.posterior`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from mlm_steps.engine.posterior.posterior import Posterior
from mlm_steps.engine.structures.block_diagonal import left_times, rows_of
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.one_factor import OneFactor
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.engine.structures.several_factors import SeveralFactors
from mlm_steps.errors import Fault, FitError

__all__ = ["fixed_gains", "posterior"]

Array = NDArray[np.float64]

WORST = 1e-9
"""Reciprocal condition number of the other factors' matrix below which leverages lose six digits."""
LARGEST = 1e10
"""Squared element of the first factor's blocks, with slopes, above which leverages lose six digits."""
SPARSE = 0.02
"""Share of nonzero elements below which a sparse factor is faster than a dense one."""


def posterior(prepared: PreparedDesign, theta_internal: Array) -> Posterior:
    """Return the factors at theta, in the engine's units.

    Raises
    ------
    ValueError
        Where the criterion does not exist.
    FitError
        Where rounding leaves too few digits, as at standard deviations 10 000 times the residual's.
    """
    strategy = prepared.strategy
    if isinstance(strategy, OneFactor):
        return _of_one(strategy, prepared, theta_internal)
    if isinstance(strategy, Nested):
        return _of_nested(strategy, prepared, theta_internal)
    if isinstance(strategy, SeveralFactors):
        return _of_several(strategy, prepared, theta_internal)
    raise TypeError(f"no posterior is known for {type(strategy).__name__}")


def fixed_gains(prepared: PreparedDesign, theta_internal: Array) -> tuple[Array, ...]:
    """Return per factor D Zᵀ W X RX⁻ᵀ, shape (J, K, p), in the engine's units.

    It is the derivative of the random effects in the fixed ones. The product with its transpose is the part
    of the random effects' prediction variance that comes from the fixed effects, over sigma².

    Raises
    ------
    ValueError
        Where the criterion does not exist.
    """
    data = prepared.strategy.projections(theta_internal)
    return _gains(prepared.strategy.factors, data, theta_internal, prepared.p)


def _of_one(strategy: OneFactor, prepared: PreparedDesign, theta_internal: Array) -> Posterior:
    fixed = _gains(strategy.factors, strategy.projections(theta_internal), theta_internal, prepared.p)
    alone = sparse.csr_array((strategy.factor.q, 0))
    own = strategy.mode_variances(theta_internal)[0]
    return Posterior(
        prepared, theta_internal, strategy.RX(theta_internal), fixed, own, alone, np.zeros((0, 0))
    )


def _of_nested(strategy: Nested, prepared: PreparedDesign, theta_internal: Array) -> Posterior:
    state = strategy._solved(theta_internal)
    roots = strategy.roots(theta_internal)
    inner, *outer = strategy.factors
    _check_blocks(strategy.R @ inner.pattern.factor(theta_internal[inner.theta]))
    own = roots[0][:, :, : inner.pattern.K]
    width = roots[0].shape[2] - inner.pattern.K
    shared = strategy.R.transpose(0, 2, 1) @ strategy.G[:, :, :width]
    places = _path_places(strategy)
    coupled = _blocks_matrix(shared, places[0], sum(factor.q for factor in outer))
    rows = [
        _blocks_matrix(root, np.concatenate([_places(factor, start), around], axis=1), coupled.shape[1])
        for factor, root, around, start in zip(outer, roots[1:], places[1:], _starts(outer), strict=True)
    ]
    RX = state.fixed.RX
    fixed = _gains(strategy.factors, strategy._data(state, theta_internal), theta_internal, prepared.p)
    return Posterior(
        prepared,
        theta_internal,
        RX,
        fixed,
        own @ own.transpose(0, 2, 1),
        coupled,
        sparse.vstack(rows).tocsr(),
    )


def _starts(factors: Sequence[FactorTerms]) -> list[int]:
    return [span.start for _, span in rows_of(factors)]


def _places(factor: FactorTerms, start: int) -> NDArray[np.intp]:
    """Return the columns of each level's random effects, shape (J, K)."""
    return start + np.arange(factor.q).reshape(factor.J, factor.pattern.K)


def _path_places(strategy: Nested) -> list[NDArray[np.intp]]:
    """Return per factor and level the columns of the random effects of the level's surrounding levels."""
    outer = strategy.factors[1:]
    around = [np.zeros((outer[-1].J, 0), dtype=np.intp)]
    for factor, start, parents in zip(
        reversed(outer), reversed(_starts(outer)), reversed(strategy.parents), strict=True
    ):
        around.append(np.concatenate([_places(factor, start), around[-1]], axis=1)[parents])
    return around[::-1]


def _blocks_matrix(blocks: Array, places: NDArray[np.intp], q: int) -> sparse.csr_array:
    """Return the matrix with one row per random effect, whose values are in the columns of its level."""
    J, K, width = blocks.shape
    columns = np.repeat(places, K, axis=0).ravel()
    starts = np.arange(J * K + 1) * width
    return sparse.csr_array((blocks.ravel(), columns, starts), shape=(J * K, q))


def _gains(
    factors: Sequence[FactorTerms], data: Sequence[Array], theta_internal: Array, p: int
) -> tuple[Array, ...]:
    """Return per factor D Zᵀ W X RX⁻ᵀ, from Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta]."""
    gains = []
    for factor, projected in zip(factors, data, strict=True):
        Lambda = factor.pattern.factor(theta_internal[factor.theta])
        gains.append((Lambda @ Lambda.T) @ projected[:, :, :p])
    return tuple(gains)


def _of_several(strategy: SeveralFactors, prepared: PreparedDesign, theta_internal: Array) -> Posterior:
    state = strategy._solved(theta_internal)
    fixed = _gains(strategy.factors, strategy._data(state, theta_internal), theta_internal, prepared.p)
    first = strategy.first.pattern.factor(theta_internal[strategy.first.theta])
    T = strategy.R @ first
    _check_digits(state.L, T)
    own = first @ np.linalg.solve(T.transpose(0, 2, 1) @ T + np.eye(len(first)), first.T)
    inverse, _ = lapack.dtrtri(state.L, lower=1)
    root = left_times(np.ascontiguousarray(inverse.T), strategy.rest, theta_internal)
    return Posterior(prepared, theta_internal, state.fixed.RX, fixed, own, _coupled(strategy), _thinned(root))


def _check_digits(L: Array, T: Array) -> None:
    """Raise FitError where the random effects are so large that inverses have too few digits."""
    sizes = np.abs(L)
    reciprocal, _ = lapack.dpocon(L.T, float((sizes @ sizes.sum(axis=0)).max()))
    if reciprocal < WORST:
        raise _too_large()
    _check_blocks(T)


def _check_blocks(T: Array) -> None:
    if T.shape[1] > 1 and np.abs(T).max() ** 2 > LARGEST:
        raise _too_large()


def _too_large() -> FitError:
    what = "the random effects are so large relative to the residual that errors of prediction are lost"
    hint = "leave out the random effects that reproduce the outcome"
    return FitError(Fault("", f"{what} to rounding", hint))


def _thinned(root: Array) -> Array | sparse.csr_array:
    return sparse.csr_array(root) if np.count_nonzero(root) < SPARSE * root.size else root


def _coupled(strategy: SeveralFactors) -> sparse.csr_array:
    """Return Zᵀ W Z between the first factor and the others, one row per random effect of the first."""
    return strategy.coupling.rows(strategy.R.transpose(0, 2, 1))
