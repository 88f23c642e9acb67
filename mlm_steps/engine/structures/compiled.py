"""The loops over rows and levels in C, where they were compiled; ``MLM_KERNEL=pure`` turns them off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import CriterionTerms
from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.structures.levels import LevelSums
from mlm_steps.extension import extension

__all__ = ["CompiledLevels", "form", "module", "split", "usable"]

Array = NDArray[np.float64]

WIDEST = 32
"""Largest number of elements of Z_jᵀ [X y] per level for which plain loops are faster than numpy's BLAS."""
_VALUES, _GRADIENTS, _HESSIANS, _PROJECTIONS = range(4)

BUILT = extension()


def form() -> Literal["compiled", "pure"]:
    """Return which form of the loops is in use."""
    return "pure" if BUILT is None else "compiled"


def usable() -> bool:
    """Return whether the compiled module is present and turned on."""
    return BUILT is not None


def split(
    columns: Array, data: Array, refs: NDArray[np.intp], J: int, no_rank: float
) -> tuple[Array, Array, Array, Array]:
    """Return q, R, G and E of ``Blocks``.

    A column of Z is dependent when its residual length is at most ``no_rank`` times its length.
    """
    K, width = columns.shape[1], data.shape[1]
    # Copies, because the compiled function overwrites both.
    q, E = np.array(columns.T, order="C"), np.array(data.T, order="C")
    R, G = np.zeros((J, K, K)), np.zeros((J, K, width))
    module().split(J, K, width, no_rank, np.ascontiguousarray(refs), q, E, R, G)
    return q.T, R, G, E.T


@dataclass(frozen=True, eq=False)
class CompiledLevels:
    """The levels of one factor in C; see ``Levels``.

    Attributes
    ----------
    pattern : Pattern
    R, G, C : ndarray
        As in ``Blocks``.
    """

    pattern: Pattern
    R: Array
    G: Array
    C: Array

    def value(self, theta_internal: Array) -> tuple[float, float, float] | None:
        """Return log|L|², log|RX|² and r², or None where they do not exist."""
        parts = self._evaluated(_VALUES, theta_internal)
        return None if parts is None else _functions(parts)

    def criterion_terms(self, theta_internal: Array, *, hessian: bool) -> CriterionTerms | None:
        """Return the three functions with their derivatives, or None where they do not exist."""
        parts = self._evaluated(_HESSIANS if hessian else _GRADIENTS, theta_internal)
        if parts is None:
            return None
        m, p = self.pattern.m, self.C.shape[0] - 1
        return CriterionTerms(
            *_functions(parts),
            parts["gradients"].reshape(3, m),
            parts["hessians"].reshape(3, m, m) if hessian else None,
            parts["beta"],
            parts["RX"].reshape(p, p),
            parts["information"].reshape(m, p, p),
        )

    def sums(self, theta_internal: Array) -> LevelSums | None:
        """Return the sums over the levels that the second moments need, or None where they do not exist."""
        parts = self._evaluated(_HESSIANS, theta_internal)
        if parts is None:
            return None
        K = self.pattern.K
        P, half, places = parts["in_Sigma"].reshape(3, K, K), K * (K + 1) // 2, _half(K)
        whole = parts["UU"].reshape(half, half)[places[:, None], places].reshape(K, K, K, K)
        UU = whole.transpose(0, 2, 1, 3).reshape(K * K, K * K)
        return LevelSums(P[0], -P[2], UU, _functions(parts))

    def projections(self, theta_internal: Array) -> Array | None:
        """Return Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1), or None where it does not exist."""
        parts = self._evaluated(_PROJECTIONS, theta_internal)
        return None if parts is None else parts["projections"].reshape(self.G.shape)

    def modes(self, theta_internal: Array) -> Array | None:
        """Return the conditional modes, shape (J, K), or None where they do not exist."""
        projected = self.projections(theta_internal)
        if projected is None:
            return None
        Lambda = self.pattern.factor(theta_internal)
        modes: Array = projected[:, :, -1] @ (Lambda @ Lambda.T)
        return modes

    def _evaluated(self, order: int, theta_internal: Array) -> dict[str, Array] | None:
        """Return the parts of the compiled function's output by name, as views of one array."""
        R, G, C = self.contiguous
        pattern, q = self.pattern, C.shape[0]
        size, spans = _layout(order, R.shape[0], pattern.K, q - 1, pattern.rows.size)
        out = np.empty(size)
        theta = np.ascontiguousarray(theta_internal)
        if not module().evaluate(order, pattern.K, q, pattern.rows, pattern.columns, theta, R, G, C, out):
            return None
        return {name: out[span] for name, span in spans}

    @cached_property
    def contiguous(self) -> tuple[Array, Array, Array]:
        """R, G and C as the compiled function reads them."""
        return np.ascontiguousarray(self.R), np.ascontiguousarray(self.G), np.ascontiguousarray(self.C)


def module() -> ModuleType:
    """Return the compiled module; RuntimeError where there is none."""
    if BUILT is None:
        raise RuntimeError("the compiled module is not available")
    return BUILT


def _functions(parts: dict[str, Array]) -> tuple[float, float, float]:
    log_det_L2, log_det_RX2, pwrss = parts["functions"]
    return float(log_det_L2), float(log_det_RX2), float(pwrss)


@cache
def _layout(order: int, J: int, K: int, p: int, m: int) -> tuple[int, tuple[tuple[str, slice], ...]]:
    """Return the size of the compiled function's output, and where each part is that it has."""
    built = module()
    starts = built.layout(order, J, K, p, m)
    spans = zip(built.PARTS, map(slice, starts, starts[1:]), strict=False)
    always = ("functions", "beta", "RX", "information")
    return starts[-1], tuple((name, span) for name, span in spans if name in always or span.stop > span.start)


@cache
def _half(K: int) -> NDArray[np.intp]:
    """Return the place of each element of a symmetric matrix in its lower triangle, row after row."""
    rows, columns = np.indices((K, K))
    high, low = np.maximum(rows, columns), np.minimum(rows, columns)
    places: NDArray[np.intp] = (high * (high + 1) // 2 + low).ravel()
    return places
