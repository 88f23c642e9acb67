"""Contrast matrices, which code the levels of a factor as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.contrast_coding import ContrastCoding
from mlm_steps.design.variables import Factor
from mlm_steps.errors import DesignError, Fault
from mlm_steps.language.faults import TransformError, nearest

__all__ = [
    "CONTRASTS", "contrast_columns", "contrast_kind", "plain_contrast", "read_contrast", "resolve_contrasts",
]  # fmt: skip

Columns = tuple[NDArray[np.float64], tuple[str, ...]]

MAX_POLYNOMIAL_LEVELS = 95
"""Polynomial contrasts of more levels are numerically collinear; R has the same limit."""


def resolve_contrasts(contrasts: Mapping[str, str | ContrastCoding]) -> dict[str, ContrastCoding]:
    """Return the contrasts of each variable; DesignError for a word that names none."""
    try:
        return {
            name: word if isinstance(word, ContrastCoding) else ContrastCoding(contrast_kind(word))
            for name, word in contrasts.items()
        }
    except TransformError as fault:
        raise DesignError(Fault("", fault.what, fault.hint)) from None


def plain_contrast(contrast: ContrastCoding) -> object:
    """Return contrasts as a value of JSON, from which ``read_contrast`` makes them again."""
    if contrast.omitted is None and not contrast.rows:
        return contrast.kind
    rows = [[level, list(row)] for level, row in contrast.rows]
    return {
        "kind": contrast.kind,
        "omitted": contrast.omitted,
        "columns": list(contrast.columns),
        "rows": rows,
    }


def read_contrast(value: object) -> ContrastCoding:
    """Return the contrasts of which ``plain_contrast`` returned the value."""
    if not isinstance(value, Mapping):
        return ContrastCoding(str(value))
    rows = tuple((str(level), tuple(float(weight) for weight in row)) for level, row in value["rows"])
    return ContrastCoding(value["kind"], omitted=value["omitted"], columns=tuple(value["columns"]), rows=rows)


def contrast_kind(word: str) -> str:
    """Return one of ``NAMED``, the key of ``CONTRASTS``, for ``Sum``, ``sum`` or ``contr.sum``.

    Raises
    ------
    TransformError
        The word does not name contrasts.
    """
    kind = word.lower().removeprefix("contr.")
    if kind not in NAMED:
        known = f"there are {', '.join(NAMED)}"
        raise TransformError(f"{word} does not name contrasts", nearest(kind, NAMED) or known)
    return kind


def contrast_columns(factor: Factor, default: ContrastCoding | None = None) -> Columns:
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
    chosen = factor.contrast or default or ContrastCoding("poly" if factor.ordered else "treatment")
    return CONTRASTS[chosen.kind](factor.levels, chosen)


def _treatment(levels: tuple[str, ...], contrast: ContrastCoding) -> Columns:
    names = tuple(str(i + 1) for i in range(len(levels))) if contrast.numbered else levels
    kept = [i for i in range(len(levels)) if i != contrast.base]
    return np.eye(len(levels))[:, kept], tuple(names[i] for i in kept)


def _sum(levels: tuple[str, ...], contrast: ContrastCoding) -> Columns:
    count = len(levels) - 1
    if contrast.omitted is None:
        return np.vstack([np.eye(count), -np.ones(count)]), _numbered(count)
    if contrast.omitted not in levels:
        what = f"the level {contrast.omitted}, which its sum contrasts omit, has no rows"
        raise TransformError(what, "omit another level")
    omitted = levels.index(contrast.omitted)
    return np.insert(np.eye(count), omitted, -1.0, axis=0), _numbered(count)


def _successive_differences(levels: tuple[str, ...], _contrast: ContrastCoding) -> Columns:
    """Return contrasts whose coefficients are each level minus the one before it (MASS::contr.sdif)."""
    n = len(levels)
    column, row = np.arange(1, n), np.arange(1, n + 1)[:, None]
    matrix = np.where(row <= column, column - n, column) / n
    pairs = zip(levels[1:], levels[:-1], strict=True)
    return matrix, tuple(f"{later}-{earlier}" for later, earlier in pairs)


def _matrix(levels: tuple[str, ...], contrast: ContrastCoding) -> Columns:
    rows = dict(contrast.rows)
    lost = [level for level in rows if level not in levels]
    if lost:
        what = f"the level {lost[0]} of its contrast matrix has no rows"
        raise TransformError(what, "leave its row and a column out of the matrix")
    unknown = [level for level in levels if level not in rows]
    if unknown:
        raise TransformError(f"its contrast matrix has no row for the level {unknown[0]}")
    return np.array([rows[level] for level in levels]), contrast.columns


def _helmert(levels: tuple[str, ...], _contrast: ContrastCoding) -> Columns:
    count = len(levels) - 1
    matrix = np.zeros((count + 1, count))
    for column in range(count):
        matrix[: column + 1, column] = -1
        matrix[column + 1, column] = column + 1
    return matrix, _numbered(count)


def _poly(levels: tuple[str, ...], _contrast: ContrastCoding) -> Columns:
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


CONTRASTS: Mapping[str, Callable[[tuple[str, ...], ContrastCoding], Columns]] = {
    "treatment": _treatment,
    "sum": _sum,
    "helmert": _helmert,
    "poly": _poly,
    "sdif": _successive_differences,
    "matrix": _matrix,
}
NAMED = tuple(kind for kind in CONTRASTS if kind != "matrix")
"""Contrasts that a word alone gives."""
