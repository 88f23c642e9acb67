"""Contrast matrices, which code the levels of a factor as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.variables import Contrast, Factor
from mlm_steps.language.faults import TransformError, nearest

__all__ = ["CONTRASTS", "contrast_columns", "contrast_kind"]

Columns = tuple[NDArray[np.float64], tuple[str, ...]]

MAX_POLYNOMIAL_LEVELS = 95
"""Polynomial contrasts of more levels are numerically collinear; R has the same limit."""


def contrast_kind(word: str) -> str:
    """Return the key of ``CONTRASTS`` for ``Sum``, ``sum`` or ``contr.sum``.

    Raises
    ------
    TransformError
        The word does not name contrasts.
    """
    kind = word.lower().removeprefix("contr.")
    if kind not in CONTRASTS:
        known = f"there are {', '.join(CONTRASTS)}"
        raise TransformError(f"{word} does not name contrasts", nearest(kind, CONTRASTS) or known)
    return kind


def contrast_columns(factor: Factor, default: Contrast | None = None) -> Columns:
    """Return the contrast matrix, shape (levels, columns), and the suffixes of its columns' names.

    The contrasts of the factor have priority over ``default``. Without either, R's default applies:
    polynomial contrasts for ordered factors and treatment contrasts for others.

    Raises
    ------
    TransformError
        The factor has fewer than two levels.
    """
    if len(factor.levels) < 2:
        label = f"the one level {factor.levels[0]}" if factor.levels else "no level"
        raise TransformError(f"it has {label} in the rows used, and contrasts need two")
    chosen = factor.contrast or default or Contrast("poly" if factor.ordered else "treatment")
    return CONTRASTS[chosen.kind](factor.levels, chosen)


def _treatment(levels: tuple[str, ...], contrast: Contrast) -> Columns:
    names = tuple(str(i + 1) for i in range(len(levels))) if contrast.numbered else levels
    kept = [i for i in range(len(levels)) if i != contrast.base]
    return np.eye(len(levels))[:, kept], tuple(names[i] for i in kept)


def _sum(levels: tuple[str, ...], _contrast: Contrast) -> Columns:
    count = len(levels) - 1
    return np.vstack([np.eye(count), -np.ones(count)]), _numbered(count)


def _helmert(levels: tuple[str, ...], _contrast: Contrast) -> Columns:
    count = len(levels) - 1
    matrix = np.zeros((count + 1, count))
    for column in range(count):
        matrix[: column + 1, column] = -1
        matrix[column + 1, column] = column + 1
    return matrix, _numbered(count)


def _poly(levels: tuple[str, ...], _contrast: Contrast) -> Columns:
    """Return orthonormal polynomials over equally spaced scores (R's contr.poly)."""
    if len(levels) > MAX_POLYNOMIAL_LEVELS:
        what = f"polynomial contrasts over {len(levels)} levels are numerically collinear"
        raise TransformError(what, f"R has the same limit of {MAX_POLYNOMIAL_LEVELS}; choose other contrasts")
    scores = np.arange(len(levels)) - (len(levels) - 1) / 2
    Q, R = np.linalg.qr(np.vander(scores, increasing=True))
    names = tuple({1: ".L", 2: ".Q", 3: ".C"}.get(d, f"^{d}") for d in range(1, len(levels)))
    return (Q * np.sign(np.diag(R)))[:, 1:], names


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(str(i + 1) for i in range(count))


CONTRASTS: Mapping[str, Callable[[tuple[str, ...], Contrast], Columns]] = {
    "treatment": _treatment,
    "sum": _sum,
    "helmert": _helmert,
    "poly": _poly,
}
