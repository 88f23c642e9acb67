"""The compiled loops over rows and levels, where they were built; ``MLM_KERNEL=pure`` leaves them aside."""

from __future__ import annotations

import os
from functools import cache
from itertools import accumulate, pairwise
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import CriterionTerms
from mlm_steps.engine.criterion.lambda_ import Pattern

__all__ = ["criterion_terms", "form", "projections", "split", "sums", "usable", "value"]

Array = NDArray[np.float64]
Products = tuple[Array, Array, Array]
"""R, G and C as in ``Blocks``."""

VERSION = 1
"""Of what the compiled form takes and writes. Another one was built from other source."""
CHOICE = "MLM_KERNEL"
"""Environment variable: ``pure`` computes without the compiled form."""
WIDEST = 32
"""Elements of Z_jᵀ [X y] per level up to which plain loops are faster than numpy's BLAS."""
_VALUES, _GRADIENTS, _HESSIANS, _PROJECTIONS = range(4)


def _loaded() -> ModuleType | None:
    try:
        from mlm_steps.engine.structures import _compiled
    except ImportError:  # nothing could compile it: one_factor.py does all by itself
        return None
    wanted = _compiled.VERSION == VERSION and os.environ.get(CHOICE) != "pure"
    return _compiled if wanted else None


BUILT = _loaded()


def form() -> str:
    """Return which form is in use: ``compiled`` or ``pure``."""
    return "pure" if BUILT is None else "compiled"


def usable() -> bool:
    """Return whether the compiled form is there and wanted."""
    return BUILT is not None


def value(pattern: Pattern, products: Products, theta: Array) -> tuple[float, float, float] | None:
    """Return log|L|², log|RX|² and r², or None where they do not exist."""
    out = _evaluated(_VALUES, pattern, products, theta)
    return None if out is None else (float(out[0]), float(out[1]), float(out[2]))


def criterion_terms(
    pattern: Pattern, products: Products, theta: Array, *, hessian: bool
) -> CriterionTerms | None:
    """Return the three functions with their derivatives, or None where they do not exist."""
    out = _evaluated(_HESSIANS if hessian else _GRADIENTS, pattern, products, theta)
    if out is None:
        return None
    m, p = pattern.m, products[2].shape[0] - 1
    _, beta, RX, gradients, information, _, hessians, _ = _layout(pattern.K, p, m)
    return CriterionTerms(
        float(out[0]),
        float(out[1]),
        float(out[2]),
        out[gradients].reshape(3, m),
        out[hessians].reshape(3, m, m) if hessian else None,
        out[beta],
        out[RX].reshape(p, p),
        out[information].reshape(m, p, p),
    )


def sums(pattern: Pattern, products: Products, theta: Array) -> tuple[Array, Array, Array, float] | None:
    """Return Σ U_j, Σ w_j w_jᵀ, Σ U_j ⊗ U_j and r² for U_j = Z_jᵀ V⁻¹ Z_j and w_j = Z_jᵀ V⁻¹ (y - X beta).

    Their shapes are (K, K), (K, K) and (K², K²), the last by (a, c) and (b, d) of U_ab U_cd.
    """
    out = _evaluated(_HESSIANS, pattern, products, theta)
    if out is None:
        return None
    K = pattern.K
    *_, P_span, _, UU_span = _layout(K, products[2].shape[0] - 1, pattern.m)
    P, half, places = out[P_span].reshape(3, K, K), K * (K + 1) // 2, _half(K)
    UU = out[UU_span].reshape(half, half)[np.ix_(places, places)].reshape(K, K, K, K)
    return P[0], -P[2], UU.transpose(0, 2, 1, 3).reshape(K * K, K * K), float(out[2])


def projections(pattern: Pattern, products: Products, theta: Array) -> Array | None:
    """Return Z_jᵀ V⁻¹ [X RX⁻ᵀ, y - X beta], shape (J, K, p + 1), or None where it does not exist."""
    out = _evaluated(_PROJECTIONS, pattern, products, theta)
    G = products[1]
    return None if out is None else out[-G.size :].reshape(G.shape)


def split(
    columns: Array, data: Array, refs: NDArray[np.intp], J: int, no_rank: float
) -> tuple[Array, Array, Array, Array]:
    """Return q, R, G and E of ``Blocks``; of a column of Z, ``no_rank`` of its length is nothing."""
    if BUILT is None:
        raise RuntimeError("the compiled form is not there")
    K, width = columns.shape[1], data.shape[1]
    # Copies: both are written over.
    q, E = np.array(columns.T, order="C"), np.array(data.T, order="C")
    R, G = np.zeros((J, K, K)), np.zeros((J, K, width))
    BUILT.split(J, K, width, no_rank, np.ascontiguousarray(refs), q, E, R, G)
    return q.T, R, G, E.T


def _evaluated(order: int, pattern: Pattern, products: Products, theta: Array) -> Array | None:
    if BUILT is None:
        raise RuntimeError("the compiled form is not there")
    R, G, C = (np.ascontiguousarray(each) for each in products)
    K, q = pattern.K, C.shape[0]
    spans = _layout(K, q - 1, pattern.m)
    size = spans[2].stop + G.size if order == _PROJECTIONS else spans[(2, 5, 7)[order]].stop
    out = np.empty(size)
    known = pattern.rows, pattern.columns, np.ascontiguousarray(theta)
    return out if BUILT.evaluate(order, K, q, *known, R, G, C, out) else None


@cache
def _layout(K: int, p: int, m: int) -> tuple[slice, ...]:
    """Return where in the compiled form's answer each part stands, in its order."""
    half = K * (K + 1) // 2
    sizes = (3, p, p * p, 3 * m, m * p * p, 3 * K * K, 3 * m * m, half * half)
    return tuple(slice(*ends) for ends in pairwise(accumulate(sizes, initial=0)))


@cache
def _half(K: int) -> NDArray[np.intp]:
    """Return for each element of a symmetric matrix its place in the lower triangle, row after row."""
    rows, columns = np.indices((K, K))
    high, low = np.maximum(rows, columns), np.minimum(rows, columns)
    places: NDArray[np.intp] = (high * (high + 1) // 2 + low).ravel()
    return places
