"""Sources of the outcome's variance at the levels of a hierarchy (statistics, section 9.4).

A random coefficient of level l times the part of its covariate of level k varies at the lower of the two
levels, since it has the expectation 0 at all levels above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.hlm import is_nested
from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.spread import PURE, split_by_group

__all__ = ["Shares", "SourceMoments", "nested_factors", "source_moments", "source_shares", "sources"]

Array = NDArray[np.float64]
Parts = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]

SHARES: Parts = {
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
"""With one grouping factor, for each measure the sources that it sums and the variances of which it is a
share."""
WHOLES: dict[str, tuple[str, ...]] = {
    "total": ("f1", "f2", "v1", "v2", "m", "sigma2"),
    "within": ("f1", "v1", "sigma2"),
    "between": ("f2", "v2", "m"),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """The measures of a hierarchy.

    Attributes
    ----------
    measures : mapping
        For each measure the sources that it sums and the variances of which it is a share.
    wholes : mapping
        For each such variance, its sources.
    """

    measures: Parts
    wholes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class TermMoments:
    """The moments of one random term.

    Attributes
    ----------
    level : int
        Level of the hierarchy at which its coefficients vary, from 2.
    parts : tuple of ndarray, shape (k, k)
        Covariance matrices over the rows of the parts of its Z, level 1 first.
    mean : ndarray, shape (k,)
        Mean of Z over the rows.
    """

    level: int
    parts: tuple[Array, ...]
    mean: Array


@dataclass(frozen=True, slots=True, eq=False)
class SourceMoments:
    """The moments of a design with nested grouping factors.

    Attributes
    ----------
    factors : tuple of str
        The grouping factors, the innermost first; level 2 is the first of them.
    fixed : tuple of ndarray, shape (p, p)
        Covariance matrices over the rows of the parts of X, level 1 first.
    terms : tuple of TermMoments
    pure : bool
        Whether every column varies at one level only, that of a random slope at one below its term: otherwise
        a source mixes levels.
    """

    factors: tuple[str, ...]
    fixed: tuple[Array, ...]
    terms: tuple[TermMoments, ...]
    pure: bool

    @property
    def shares(self) -> Shares:
        """The measures of this hierarchy."""
        return _shares_of(len(self.factors) + 1)


def nested_factors(design: Design) -> tuple[RandomTerm, ...] | None:
    """Return a term of each grouping factor, the innermost first; None for factors that are not nested."""
    first: dict[str, RandomTerm] = {}
    for term in design.random:
        first.setdefault(term.group, term)
    chain = sorted(first.values(), key=lambda term: -len(np.unique(term.refs)))
    if not chain or not all(is_nested(inner, outer) for inner, outer in pairwise(chain)):
        return None
    return tuple(chain)


def source_moments(design: Design) -> SourceMoments | None:
    """Return the moments of a design; None unless its grouping factors are nested in each other."""
    chain = nested_factors(design)
    if chain is None:
        return None
    refs = tuple(term.refs for term in chain)
    levels = {term.group: position for position, term in enumerate(chain, start=2)}
    fixed = _parts(design.X, refs)
    slopes = [(levels[term.group], _parts(term.z, refs), term) for term in design.random]
    pure = _one_level(fixed) and all(
        _one_level(parts) and _varies_below(parts, level) for level, parts, _ in slopes
    )
    return SourceMoments(
        tuple(levels),
        tuple(map(_covariance, fixed)),
        tuple(
            TermMoments(level, tuple(map(_covariance, parts)), _mean(term)) for level, parts, term in slopes
        ),
        pure,
    )


def sources(
    moments: SourceMoments, beta: Array, covariances: Sequence[Array], residual: Array
) -> dict[str, Array]:
    """Return the variance of each source, by the names that ``moments.shares`` sums.

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
    depth = len(moments.factors) + 1
    found = {
        f"f{level}": np.einsum("bi,ij,bj->b", beta, covariance, beta)
        for level, covariance in enumerate(moments.fixed, start=1)
    }
    nothing = np.zeros(len(beta))
    for term, T in zip(moments.terms, covariances, strict=True):
        for level, covariance in enumerate(term.parts, start=1):
            name = _slope_name(level, term.level, depth)
            found[name] = found.get(name, nothing) + np.einsum("bij,ij->b", T, covariance)
        name = _mean_name(term.level, depth)
        found[name] = found.get(name, nothing) + np.einsum("i,bij,j->b", term.mean, T, term.mean)
    found["sigma2"] = residual
    return {name: np.maximum(value, 0.0) for name, value in found.items()}


def source_shares(found: dict[str, Array], shares: Shares) -> dict[tuple[str, str], Array]:
    """Return each measure by its name and scope; NaN where there is no variance to take a share of."""
    values = {}
    for name, (parts, scopes) in shares.measures.items():
        for scope in scopes:
            whole = sum((found[part] for part in shares.wholes[scope]), np.zeros(1))
            part = sum((found[part] for part in parts), np.zeros(1))
            with np.errstate(divide="ignore", invalid="ignore"):
                values[name, scope] = np.where(whole > 0, part / whole, np.nan)
    return values


@lru_cache
def _shares_of(depth: int) -> Shares:
    """Return the measures of a hierarchy with this number of levels."""
    if depth == 2:
        return Shares(SHARES, WHOLES)
    levels, above = range(1, depth + 1), range(2, depth + 1)
    at = {f"f{level}": level for level in levels}
    at |= {_slope_name(k, level, depth): min(k, level) for level in above for k in levels}
    at |= {_mean_name(level, depth): level for level in above}
    at["sigma2"] = 1
    measures: Parts = {name: ((name,), ("total", f"level {level}")) for name, level in at.items()}
    f, v, m = (tuple(name for name in at if name[0] == letter) for letter in "fvm")
    measures |= {"f": (f, ("total",)), "v": (v, ("total",)), "fv": ((*f, *v), ("total",))}
    measures["fvm"] = ((*f, *v, *m), ("total",))
    wholes = {f"level {level}": tuple(name for name in at if at[name] == level) for level in levels}
    return Shares(measures, {"total": tuple(at), **wholes})


def _slope_name(level: int, term_level: int, depth: int) -> str:
    """Return the name of the source of a part of this level times coefficients of ``term_level``."""
    return f"v{level}" if depth == 2 else f"v{level}{term_level}"


def _mean_name(term_level: int, depth: int) -> str:
    return "m" if depth == 2 else f"m{term_level}"


def _parts(columns: Array, refs: Sequence[NDArray[np.intp]]) -> tuple[Array, ...]:
    """Return the parts of columns at each level, level 1 first; they add up to the columns."""
    found, rest = [], columns
    for each in refs:
        away, rest = split_by_group(rest, each)
        found.append(away)
    return (*found, rest)


def _covariance(columns: Array) -> Array:
    """Return the covariance matrix over the rows, with denominator n - 1."""
    centred = columns - columns.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(columns) - 1))


def _mean(term: RandomTerm) -> Array:
    return np.asarray(term.z.mean(axis=0))


def _one_level(parts: Sequence[Array]) -> bool:
    """Return whether each column varies at one level at most."""
    variances = np.stack([part.var(axis=0) for part in parts])
    rest = variances.sum(axis=0) - variances.max(axis=0)
    return bool(np.all(rest <= PURE * variances.sum(axis=0)))


def _varies_below(parts: Sequence[Array], level: int) -> bool:
    """Return whether no column varies at this level or above it."""
    variances = np.stack([part.var(axis=0) for part in parts])
    return bool(np.all(variances[level - 1 :].sum(axis=0) <= PURE * variances.sum(axis=0)))
