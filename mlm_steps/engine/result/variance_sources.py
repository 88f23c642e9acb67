"""Sources of the outcome's variance within and between groups (statistics, section 9.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.spread import PURE, split_by_group

__all__ = ["SHARES", "SourceMoments", "source_moments", "source_shares", "sources"]

Array = NDArray[np.float64]

SHARES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "f1": (("f1",), ("total", "within")),
    "f2": (("f2",), ("total", "between")),
    "v1": (("v1",), ("total", "within")),
    "v2": (("v2",), ("total", "between")),
    "m": (("m",), ("total", "between")),
    "sigma2": (("sigma2",), ("total", "within")),
    "f": (("f1", "f2"), ("total",)),
    "v": (("v1", "v2"), ("total",)),
    "fv": (("f1", "f2", "v1", "v2"), ("total",)),
    "fvm": (("f1", "f2", "v1", "v2", "m"), ("total",)),
    "f1v1": (("f1", "v1"), ("within",)),
}
"""For each measure, the sources that it sums and the variances of which it is a share."""
WHOLES: dict[str, tuple[str, ...]] = {
    "total": ("f1", "f2", "v1", "v2", "m", "sigma2"),
    "within": ("f1", "v1", "sigma2"),
    "between": ("f2", "v2", "m"),
}


@dataclass(frozen=True, slots=True, eq=False)
class SourceMoments:
    """The moments of a design with one grouping factor.

    Attributes
    ----------
    fixed_within, fixed_between : ndarray, shape (p, p)
        Covariances over the rows of X minus its group means, and of the group means.
    terms : tuple of (ndarray, ndarray, ndarray)
        Per random term these two covariances of its Z, shape (k, k), and the mean of Z, shape (k,).
    pure : bool
        Whether every column varies only within or only between groups, and every random slope only within:
        otherwise a source mixes both levels.
    """

    fixed_within: Array
    fixed_between: Array
    terms: tuple[tuple[Array, Array, Array], ...]
    pure: bool


def source_moments(design: Design) -> SourceMoments | None:
    """Return the moments of a design; None unless all random terms have one grouping factor."""
    if len({term.group for term in design.random}) != 1:
        return None
    refs = design.random[0].refs
    within, between = split_by_group(design.X, refs)
    slopes = [split_by_group(term.z, refs) for term in design.random]
    fixed_is_pure = bool(np.all(_is_pure(within, between)))
    return SourceMoments(
        _covariance(within),
        _covariance(between),
        tuple(
            (_covariance(a), _covariance(b), _mean(term))
            for term, (a, b) in zip(design.random, slopes, strict=True)
        ),
        fixed_is_pure and all(_varies_within(*parts) for parts in slopes),
    )


def sources(
    moments: SourceMoments, beta: Array, covariances: Sequence[Array], residual: Array
) -> dict[str, Array]:
    """Return the variance of each source, by its name in ``SHARES``.

    Parameters
    ----------
    moments : SourceMoments
    beta : ndarray, shape (B, p)
        Fixed effects of B fits to the design.
    covariances : sequence of ndarray, shape (B, k, k)
        Covariance matrices of the B fits, per random term.
    residual : ndarray, shape (B,)
        Mean level-1 variance.
    """
    found = {
        "f1": np.einsum("bi,ij,bj->b", beta, moments.fixed_within, beta),
        "f2": np.einsum("bi,ij,bj->b", beta, moments.fixed_between, beta),
        "v1": np.zeros(len(beta)),
        "v2": np.zeros(len(beta)),
        "m": np.zeros(len(beta)),
        "sigma2": residual,
    }
    for (inside, across, mean), T in zip(moments.terms, covariances, strict=True):
        found["v1"] = found["v1"] + np.einsum("bij,ij->b", T, inside)
        found["v2"] = found["v2"] + np.einsum("bij,ij->b", T, across)
        found["m"] = found["m"] + np.einsum("i,bij,j->b", mean, T, mean)
    return {name: np.maximum(value, 0.0) for name, value in found.items()}


def source_shares(found: dict[str, Array]) -> dict[tuple[str, str], Array]:
    """Return each measure by its name and scope; NaN where there is no variance to take a share of."""
    shares = {}
    for name, (parts, scopes) in SHARES.items():
        for scope in scopes:
            whole = sum((found[part] for part in WHOLES[scope]), np.zeros(1))
            part = sum((found[part] for part in parts), np.zeros(1))
            with np.errstate(divide="ignore", invalid="ignore"):
                shares[name, scope] = np.where(whole > 0, part / whole, np.nan)
    return shares


def _covariance(columns: Array) -> Array:
    """Return the covariance matrix over the rows, with denominator n - 1."""
    centred = columns - columns.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(columns) - 1))


def _mean(term: RandomTerm) -> Array:
    return np.asarray(term.z.mean(axis=0))


def _is_pure(within: Array, between: Array) -> Array:
    a, b = within.var(axis=0), between.var(axis=0)
    return np.asarray(np.minimum(a, b) <= PURE * (a + b))


def _varies_within(within: Array, between: Array) -> bool:
    """Return whether no column has group means that differ."""
    a, b = within.var(axis=0), between.var(axis=0)
    return bool(np.all(b <= PURE * (a + b)))
