"""Laplace's approximation for one factor or nested factors in C; see ``WeightedChain`` for the algebra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.structures import compiled
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["ChainRows", "CompiledChain", "InLoops", "symmetric"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]

DEEPEST = 8
"""Largest number of nested factors in the compiled loops."""


class ChainRows(NamedTuple):
    """The rows of a model, sorted so that those of a level of every factor are adjacent.

    ``z`` has the columns of all factors in the order of elimination, shape (n, T).
    """

    z: Array
    X: Array
    offset: Array
    y: Array
    trials: Array
    weights: Array


class InLoops(NamedTuple):
    """What the loops return.

    ``log_density`` and ``squares`` are Σ a ℓ without the family's constant, and |u|², at the modes ``u``,
    shape (J, K) per factor. ``in_Lambda``, shape (K, K) per factor, ``in_fixed``, shape (p,), and ``in_phi``
    are the gradient of the deviance, that in log(phi) without the family's constant. ``information``, shape
    (p, p), is 2 Xᵀ V⁻¹ X if it was asked for.
    """

    log_density: float
    squares: float
    log_det: float
    in_Lambda: list[Array]
    in_fixed: Array
    in_phi: float
    u: tuple[Array, ...]
    information: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledChain:
    """The structure of nested factors for the loops in C.

    Attributes
    ----------
    factors : tuple of FactorTerms
        The innermost first.
    levels : tuple of ndarray
        Per factor the levels with rows, in the order of the rows.
    sizes : ndarray, shape (factors, 2)
        Number of these levels, and of coefficients.
    starts : ndarray
        Per factor where the rows, or the levels of the next inner factor, of each of its levels start.
    """

    factors: tuple[FactorTerms, ...]
    levels: tuple[Integers, ...]
    sizes: Integers
    starts: Integers

    @classmethod
    def of(cls, factors: tuple[FactorTerms, ...], n: int) -> CompiledChain | None:
        """Return the structure of n sorted rows, or None where the loops are not available."""
        if not compiled.usable() or len(factors) > DEEPEST:
            return None
        levels, starts, before = [], [], np.arange(n)
        for factor in factors:
            own = factor.refs[before]
            at = np.flatnonzero(np.concatenate([[True], own[1:] != own[:-1]]))
            starts.append(np.append(at, own.size))
            levels.append(own[at])
            before = before[at]
        sizes = np.array([[each.size, f.pattern.K] for each, f in zip(levels, factors, strict=True)])
        return cls(factors, tuple(levels), sizes.astype(np.intp), np.concatenate(starts).astype(np.intp))

    def evaluate(
        self,
        kernel: int,
        theta: Array,
        fixed: Array,
        phi: float,
        rows: ChainRows,
        start: Sequence[Array] | None,
        least: float,
        *,
        information: bool = False,
    ) -> InLoops | None:
        """Return the criterion's parts, or None where the modes are not found.

        Parameters
        ----------
        kernel : int
            The number of the family and link.
        theta, fixed, phi
            The parameters in the engine's units.
        rows : ChainRows
        start : sequence of ndarray or None
            Random effects near the modes.
        least : float
            Decrement of h per random effect below which the modes are found.
        information : bool
            Whether to return the information of the fixed effects.
        """
        Lambda = [f.pattern.factor(theta[f.theta]) for f in self.factors]
        u = np.zeros(int(self.sizes[:, 0] @ self.sizes[:, 1]))
        if start is not None:
            u = np.concatenate([each[own].ravel() for each, own in zip(start, self.levels, strict=True)])
        T, p = rows.z.shape[1], rows.X.shape[1]
        out, found_information = np.empty(4 + T * T + p), np.empty(p * p if information else 0)
        flat = np.concatenate([each.ravel() for each in Lambda])
        found = compiled.module().chain(
            kernel, phi, least, p, self.sizes, self.starts, flat, rows.z, rows.X, np.ascontiguousarray(fixed),
            rows.offset, rows.y, rows.trials, rows.weights, u, out, found_information,
        )  # fmt: skip
        whole = symmetric(found_information.reshape(p, p)) if information else None
        return self._read(out, u, T, whole) if found else None

    def _read(self, out: Array, u: Array, T: int, information: Array | None) -> InLoops:
        square, in_Lambda, modes = out[3 : 3 + T * T].reshape(T, T), [], []
        column = place = 0
        for factor, levels in zip(self.factors, self.levels, strict=True):
            K = factor.pattern.K
            in_Lambda.append(square[column : column + K, column : column + K])
            own = np.zeros((factor.J, K))
            own[levels] = u[place : place + levels.size * K].reshape(-1, K)
            modes.append(own)
            column, place = column + K, place + levels.size * K
        values = float(out[0]), float(out[1]), float(out[2])
        in_fixed, in_phi = out[3 + T * T : -1], float(out[-1])
        return InLoops(*values, in_Lambda, in_fixed, in_phi, tuple(modes), information)


def symmetric(lower: Array) -> Array:
    """Return twice the symmetric matrix of a lower triangle."""
    return 2.0 * (np.tril(lower) + np.tril(lower, -1).T)
