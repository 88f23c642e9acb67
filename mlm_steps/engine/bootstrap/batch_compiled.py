"""The criterion of many replicates of a model with one grouping factor, in C where it was compiled.

The algebra is that of ``batch``. One replicate is evaluated after another, so that its arrays stay in the
processor's cache, and a replicate whose search has ended costs nothing: arrays are never copied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Batch, Curvature, Points
from mlm_steps.engine.criterion.lambda_ import Pattern
from mlm_steps.engine.structures.compiled import module, usable

__all__ = ["CompiledBatch", "fastest"]

Array = NDArray[np.float64]


class _Parts(NamedTuple):
    """The output of the compiled function, one row per replicate."""

    points: Points
    RX: Array
    moved: Array


@dataclass(frozen=True, slots=True, eq=False)
class CompiledBatch:
    """Replicates of one design, or of designs with the same number of levels.

    The first axis of an array has length 1 where all replicates share it.

    Attributes
    ----------
    pattern : Pattern
    R, X, y : ndarray, shapes (1 or B, J, K, K), (1 or B, J, K, p) and (B, J, K)
    count : ndarray, shape (J,)
    Cxx, Cxy, Cyy, df : ndarray, shapes (1 or B, p, p), (B, p), (B,) and (1 or B,)
    reml : bool
        As in ``Batch``.
    which : ndarray, shape (B',)
        The replicates, of the B in the arrays, that this batch is about.
    """

    pattern: Pattern
    R: Array
    X: Array
    y: Array
    count: Array
    Cxx: Array
    Cxy: Array
    Cyy: Array
    df: Array
    reml: bool
    which: NDArray[np.intp]

    @classmethod
    def of(cls, batch: Batch) -> CompiledBatch:
        """Return the same replicates for the compiled function."""
        R, X = (np.ascontiguousarray(each.transpose(3, 2, 0, 1)) for each in (batch.R, batch.X))
        return cls(
            batch.pattern, R, X,
            y=np.ascontiguousarray(batch.y.transpose(2, 1, 0)),
            count=np.ascontiguousarray(batch.count, dtype=float),
            Cxx=np.ascontiguousarray(batch.Cxx.transpose(2, 0, 1)),
            Cxy=np.ascontiguousarray(batch.Cxy.T),
            Cyy=np.ascontiguousarray(batch.Cyy),
            df=np.ascontiguousarray(batch.df, dtype=float),
            reml=batch.reml,
            which=np.arange(batch.size),
        )  # fmt: skip

    @property
    def size(self) -> int:
        """Number of replicates."""
        return int(self.which.size)

    @property
    def cells(self) -> int:
        """Size of the work arrays of one replicate; those of the compiled function serve all of them."""
        return 1

    def take(self, which: NDArray[np.intp]) -> CompiledBatch:
        """Return the batch of some replicates."""
        return replace(self, which=self.which[which])

    def points(self, theta: Array) -> Points:
        """Return value, gradient and Hessian at theta, shape (B, m): one per replicate."""
        return self._evaluated(theta).points

    def curvature(self, theta: Array) -> Curvature:
        """Return the curvature at theta, shape (B, m); NaN where the criterion does not exist."""
        found = self._evaluated(theta)
        return Curvature(found.points.hessian, found.RX, found.moved)

    def _evaluated(self, theta: Array) -> _Parts:
        pattern, p, m = self.pattern, self.Cxy.shape[1], self.pattern.m
        sizes = [4, p, m, m * m, p * p, m * (p + 1) ** 2]
        out = np.empty((self.size, sum(sizes)))
        module().replicates(
            pattern.K, p, int(self.reml), pattern.rows, pattern.columns, self.R, self.X, self.y,
            self.count, self.Cxx, self.Cxy, self.Cyy, self.df, self.which, np.ascontiguousarray(theta), out,
        )  # fmt: skip
        functions, beta, gradient, hessian, RX, moved = np.split(out, np.cumsum(sizes)[:-1], axis=1)
        value, log_det_L2, log_det_RX2, pwrss = functions.T
        hessian = hessian.reshape(self.size, m, m)
        points = Points(value, gradient, hessian, log_det_L2, log_det_RX2, pwrss, beta.T)
        square = RX.reshape(self.size, p, p)
        return _Parts(points, square, moved.reshape(self.size, m, p + 1, p + 1))


def fastest(batch: Batch) -> Batch | CompiledBatch:
    """Return the batch itself, or the same replicates for the compiled function where there is one."""
    return CompiledBatch.of(batch) if usable() else batch
