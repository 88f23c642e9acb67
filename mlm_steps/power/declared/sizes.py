"""How many groups there are, and how many rows each has (statistics, section 16.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from mlm_steps.errors import Fault, UsageError

__all__ = ["Factor", "Layout", "Varying", "layout_of", "sizes_of"]

Integers = NDArray[np.intp]

MOST_ROWS = 10_000_000
"""A planned study may have at most this many rows; the predictors of one of them take a gigabyte."""


@dataclass(frozen=True, slots=True)
class Varying:
    """Sizes with a mean and a coefficient of variation; they are quantiles of a gamma distribution.

    >>> sizes_of(Varying(20.0, 0.5), 5).tolist()
    [9, 14, 18, 24, 33]
    """

    mean: float
    cv: float


@dataclass(frozen=True, slots=True)
class Factor:
    """A grouping factor.

    Attributes
    ----------
    name : str
    count : int
        Number of its levels; of a nested factor, per level of the factor that it is nested in.
    within : str or None
        The factor that it is nested in.
    each : int or None
        Of a crossed factor: how many of its levels each level of the first factor meets; None for all.
    """

    name: str
    count: int
    within: str | None = None
    each: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The rows of a design and the groups that they belong to.

    Attributes
    ----------
    refs : mapping of str to ndarray of int, shape (n,)
        For each factor the level of each row.
    labels : mapping of str to list of str
    within : ndarray of int, shape (n,)
        Number of the row among those of its innermost group, counted from 0.
    turn : int
        Places by which the order of conditions moves on from one level of the first of two crossed factors to
        the next, so that the levels of both meet all conditions.
    """

    refs: dict[str, Integers]
    labels: dict[str, list[str]]
    within: Integers
    turn: int = 0

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.within.size)

    @property
    def units(self) -> str:
        """The factor whose levels are observed again and again: the innermost; the first of two crossed."""
        return next(iter(self.refs))

    def sizes(self, factor: str) -> Integers:
        """Return the number of rows of each level of a factor."""
        return np.bincount(self.refs[factor], minlength=len(self.labels[factor]))


def sizes_of(rows: int | Sequence[int] | Varying, groups: int) -> Integers:
    """Return the number of rows of each group; a list is repeated as often as needed."""
    if isinstance(rows, Varying):
        share = (np.arange(groups) + 0.5) / groups
        shape = 1.0 / rows.cv**2 if rows.cv else np.inf
        quantile = gammaincinv(shape, share) / shape if rows.cv else np.ones(groups)
        return np.maximum(1, np.rint(rows.mean * quantile)).astype(np.intp)
    given = np.atleast_1d(np.asarray(rows, dtype=np.intp))
    return np.resize(given, groups)


def layout_of(factors: Sequence[Factor], rows: int | Sequence[int] | Varying) -> Layout:
    """Return the rows of a design.

    Parameters
    ----------
    factors : sequence of Factor
        One factor; a chain of nested factors, the outermost first; or two crossed factors.
    rows : int, sequence of int or Varying
        Rows per group of the innermost factor; with crossed factors, per pair of levels.

    Raises
    ------
    UsageError
        The study has too many rows.
    """
    _require_few_rows(factors, rows)
    if len(factors) == 2 and factors[1].within is None:
        pair = round(rows.mean) if isinstance(rows, Varying) else int(np.atleast_1d(np.asarray(rows))[0])
        return _crossed(factors[0], factors[1], pair)
    labels = [[str(j + 1) for j in range(factors[0].count)]]
    parents = []
    for factor in factors[1:]:
        outer = len(labels[-1])
        parents.append(np.repeat(np.arange(outer), factor.count))
        labels.append([f"{label}.{k + 1}" for label in labels[-1] for k in range(factor.count)])
    sizes = sizes_of(rows, len(labels[-1]))
    ref = np.repeat(np.arange(sizes.size), sizes)
    within = np.arange(ref.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    refs = {factors[-1].name: ref}
    for factor, parent in zip(reversed(factors[:-1]), reversed(parents), strict=True):
        ref = parent[ref]
        refs[factor.name] = ref
    return Layout(refs, {factor.name: own for factor, own in zip(factors, labels, strict=True)}, within)


def _require_few_rows(factors: Sequence[Factor], rows: int | Sequence[int] | Varying) -> None:
    groups = math.prod(factor.each or factor.count for factor in factors)
    mean = rows.mean if isinstance(rows, Varying) else float(np.mean(rows))
    if groups * mean > MOST_ROWS:
        what = f"the study has about {groups * mean:.3g} rows"
        raise UsageError(Fault("design", what, f"at most {MOST_ROWS} are planned"))


def _crossed(first: Factor, second: Factor, rows: int) -> Layout:
    """Return the pairs of two crossed factors; level i of the first meets levels i k, i k + 1, … in turn."""
    p, q = first.count, second.count
    k = q if second.each is None else second.each
    one = np.repeat(np.arange(p), k * rows)
    two = np.repeat((np.arange(p)[:, None] * (0 if k == q else k) + np.arange(k)) % q, rows)
    labels = {factor.name: [str(j + 1) for j in range(factor.count)] for factor in (first, second)}
    return Layout(
        {first.name: one, second.name: two}, labels, np.tile(np.arange(rows), p * k), 1 if k == q else k + 1
    )
