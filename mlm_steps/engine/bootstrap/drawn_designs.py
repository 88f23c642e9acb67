"""Designs of one structure whose predictors are drawn anew."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["Drawn", "rows_by_group"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The parts of B designs that differ from the design they are drawn from.

    Attributes
    ----------
    X : ndarray, shape (B, n, p)
    z : tuple of ndarray, each of shape (B, n, k)
        Per term, the columns of its random coefficients.
    present : ndarray of bool, shape (B, n), or None
        The rows that a replicate has; None for all.
    """

    X: Array
    z: tuple[Array, ...]
    present: NDArray[np.bool_] | None = None

    @property
    def rows(self) -> NDArray[np.float64]:
        """Number of observations of each replicate, shape (B,)."""
        B, n = self.X.shape[:2]
        return np.full(B, float(n)) if self.present is None else self.present.sum(axis=1).astype(float)

    def design(self, template: Design, b: int, y: Array) -> Design:
        """Return the design of one replicate with its outcome, shape (n,)."""
        rows = np.arange(y.size) if self.present is None else np.flatnonzero(self.present[b])
        random = tuple(
            replace(term, z=z[b, rows], refs=term.refs[rows])
            for term, z in zip(template.random, self.z, strict=True)
        )
        return replace(template, X=self.X[b, rows], random=random, y=y[rows], rows=template.rows[rows])


def rows_by_group(factor: FactorTerms) -> tuple[NDArray[np.intp], bool]:
    """Return the rows of each group, shape (J, largest size), n for none, and whether all are as large."""
    sizes = np.bincount(factor.refs, minlength=factor.J)
    place = np.full((factor.J, int(sizes.max())), factor.refs.size)
    order = np.argsort(factor.refs, kind="stable")
    within = np.arange(order.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    place[factor.refs[order], within] = order
    return place, bool((sizes == sizes[0]).all())
