"""What value and derivatives share with several grouping factors, and the second derivatives' part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from mlm_steps.engine.criterion.criterion import Solution
from mlm_steps.engine.structures.block_diagonal import left_times, right_times
from mlm_steps.engine.structures.coupling import Coupling
from mlm_steps.engine.structures.groups import FactorTerms
from mlm_steps.engine.structures.second_order import residual_moved

__all__ = ["State", "forms", "joint", "paired"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The problem solved at one theta.

    ``LR`` and ``LG`` are the whitened R_j and G_j of the eliminated factor, ``left`` what whitens them;
    ``AL`` is A Lambda, ``L`` the Cholesky factor of M, ``w`` M⁻¹ Lambdaᵀ B.
    """

    log_det: float
    LR: Array
    LG: Array
    left: Array
    A: Array
    AL: Array
    B: Array
    L: Array
    w: Array
    fixed: Solution


def joint(state: State, coupling: Coupling, factors: Sequence[FactorTerms], theta: Array) -> Array:
    """Return Zᵀ V⁻¹ Z of all random effects, shape (q, q); the first of the factors is the eliminated one."""
    first, *rest = factors
    K = first.pattern.K
    inner, outer = slice(0, first.q), slice(first.q, None)
    across = (state.LR.transpose(0, 2, 1) @ state.left @ coupling.full).reshape(first.q, -1)
    right = np.concatenate([right_times(across, rest, theta), state.AL])
    half, _ = lapack.dtrtrs(state.L, right.T, lower=1)
    U: Array = half.T @ half
    np.negative(U, out=U)
    U[outer, outer] += state.A
    U[inner, outer] += across
    U[outer, inner] += across.T
    blocks = np.einsum("jajb->jab", U[inner, inner].reshape(first.J, K, first.J, K))
    blocks += state.LR.transpose(0, 2, 1) @ state.LR
    return U


def forms(
    state: State, coupling: Coupling, factors: Sequence[FactorTerms], theta: Array, data: Sequence[Array]
) -> Array:
    """Return yᵀ P V_r P V_s P y for the derivatives V_r of V in theta, shape (m, m).

    ``data`` has Zᵀ V⁻¹ [X RX⁻ᵀ, y - X beta] per factor, shape (J, K, p + 1).
    """
    first, *others = factors
    moved, cross = residual_moved(factors, theta, data)
    rest = moved[:, first.q :].T
    own = state.LR @ moved[:, : first.q].reshape(-1, first.J, first.pattern.K).transpose(1, 2, 0)
    shared = coupling.transposed_times(state.left.transpose(0, 2, 1) @ own)
    across, inner = shared.T @ rest, state.A @ rest
    right = left_times(shared + inner, others, theta, transposed=True)
    half, _ = lapack.dtrtrs(state.L, right, lower=1)
    flat = own.reshape(-1, own.shape[2])
    total: Array = flat.T @ flat + across + across.T + rest.T @ inner - half.T @ half - cross @ cross.T
    return total


def paired(one: Array, other: Array, factor: FactorTerms) -> Array:
    """Return Σ one_j other_jᵀ over the levels of a factor, shape (K, K)."""
    one, other = (each.reshape(factor.J, factor.pattern.K, -1) for each in (one, other))
    K = range(factor.pattern.K)
    return np.array([[np.vdot(one[:, a], other[:, b]) for b in K] for a in K])
