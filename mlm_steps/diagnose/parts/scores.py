"""Score tests of columns that a model leaves out, at its own covariance parameters (statistics, section 13).

With V at the estimates, columns C beside X have the scores s = Cᵀ V⁻¹ (y - X beta) with the covariance
sigma² S, S = Cᵀ V⁻¹ C - Cᵀ V⁻¹ X (Xᵀ V⁻¹ X)⁻¹ Xᵀ V⁻¹ C. s' S⁻¹ s / sigma² has a chi-square distribution. It
is divided by its degrees of freedom and by the variance that remains, and compared with F. Nothing is
refitted; one evaluation of the model with all columns serves all tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.diagnose.parts.flags import p_words
from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.engine import evaluate_at
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.prepared import prepare

__all__ = ["Block", "ScoreTest", "score_tests"]

Array = NDArray[np.float64]

RANK = 1e-9
"""Share of its squared length that a column must add to those before it, else it is a combination of them."""
SINGULAR = 1e-7
"""Share of the information on a block below which a direction of it belongs to the columns of the model."""
CONSTANT = 1e-16
"""Squared relative residual up to which a column is a multiple of another within groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Columns that are tested together.

    Attributes
    ----------
    columns : ndarray, shape (n, c)
    factor : Factor or None
        The factor within which they are constant, or constant times ``slope``.
    slope : ndarray, shape (n,), or None
        Column of the random slope that they moderate.
    """

    columns: Array
    factor: Factor | None = None
    slope: Array | None = None


@dataclass(frozen=True, slots=True)
class ScoreTest:
    """A test of left-out columns.

    Attributes
    ----------
    statistic : float
        F; chi-square for a generalized model.
    df, ddf : float
        Degrees of freedom; ``ddf`` is infinite for a generalized model.
    p : float
    share : float
        Share of the generalized residual sum of squares that the columns would explain.
    """

    statistic: float
    df: int
    ddf: float
    p: float
    share: float

    @property
    def words(self) -> str:
        """The test as a sentence reports it."""
        number = f"{self.statistic:.2f}, {p_words(self.p)}"
        return (
            f"χ²({self.df}) = {number}" if np.isinf(self.ddf) else f"F({self.df}, {self.ddf:.0f}) = {number}"
        )


def score_tests(model: Model, blocks: Sequence[Block]) -> list[ScoreTest | None]:
    """Return a test per block; None where its columns are combinations of those of the model."""
    if not blocks:
        return []
    design = model.linearised
    extra = np.column_stack([block.columns for block in blocks])
    extra = extra - extra.mean(axis=0) * bool(0 in design.assign)
    length = np.sqrt(np.einsum("ij,ij->j", extra, extra))
    extra = extra / np.where(length > 0, length, 1.0)
    G, scores, total = _information(model, design, extra)
    p = design.p
    found: list[ScoreTest | None] = []
    start = 0
    for block in blocks:
        span = slice(p + start, p + start + block.columns.shape[1])
        start += block.columns.shape[1]
        explained, df = _explained(G, scores, p, span)
        found.append(_test(model, block, explained, df, total) if df else None)
    return found


def _information(model: Model, design: Design, extra: Array) -> tuple[Array, Array, float]:
    """Return Aᵀ V⁻¹ A, Aᵀ V⁻¹ r and rᵀ V⁻¹ r of A = [X C] and r = y - X beta."""
    A = np.column_stack([design.X, extra])
    kept, combine = _independent(A, design.p)
    beta = np.where(np.isfinite(model.fit.beta), model.fit.beta, 0.0)
    offset = 0.0 if design.offset is None else design.offset
    fit = model.fit
    if isinstance(fit, LmmFit | GlmmFit):
        names = tuple(f"c{index}" for index in range(len(kept)))
        wide = replace(design, X=A[:, kept], columns=names, assign=tuple(range(len(kept))))
        # A generalized model may have a level per row, which the checks of a linear one refuse.
        prepared = None if isinstance(fit, LmmFit) else prepare(wide)
        at = evaluate_at(wide, fit.theta, method="ML", prepared=prepared)
        half = np.linalg.solve(at.vcov / at.sigma**2, np.eye(len(kept)))
        inner = (half + half.T) / 2.0
        step = at.beta.copy()
        step[: design.p] -= beta
        scores = inner @ step
        total = at.pwrss + float(step @ scores)
    else:
        weights = model.weights
        rest = design.y - offset - design.X @ beta
        weighted = A[:, kept] * weights[:, None]
        inner, scores = weighted.T @ A[:, kept], weighted.T @ rest
        total = float(weights @ rest**2)
    return combine.T @ inner @ combine, combine.T @ scores, total


def _independent(A: Array, p: int) -> tuple[list[int], Array]:
    """Return the positions of independent columns, X first, and all columns as combinations of these."""
    length = np.sqrt(np.einsum("ij,ij->j", A, A))
    scaled = A / np.where(length > 0, length, 1.0)
    gram = scaled.T @ scaled
    kept = list(range(p))
    for column in range(p, A.shape[1]):
        own = gram[np.ix_(kept, [column])][:, 0]
        rest = gram[column, column] - own @ np.linalg.lstsq(gram[np.ix_(kept, kept)], own, rcond=None)[0]
        if rest > RANK:
            kept.append(column)
    combine = np.asarray(np.linalg.lstsq(gram[np.ix_(kept, kept)], gram[kept], rcond=None)[0], dtype=float)
    units = np.where(length > 0, length, 1.0)
    combine *= units[None, :] / units[kept][:, None]
    combine[:, kept] = np.eye(len(kept))
    return kept, combine


def _explained(G: Array, scores: Array, p: int, span: slice) -> tuple[float, int]:
    """Return s' S⁻¹ s of one block and the rank of S."""
    X = slice(0, p)
    between = G[X, span]
    S = G[span, span] - (between.T @ np.linalg.solve(G[X, X], between) if p else 0.0)
    values, vectors = np.linalg.eigh((S + S.T) / 2.0)
    large = values > SINGULAR * max(float(np.max(np.diag(G[span, span]))), 1e-300)
    s = scores[span] - (between.T @ np.linalg.solve(G[X, X], scores[X]) if p else 0.0)
    along = vectors[:, large].T @ s
    return float(np.sum(along**2 / values[large])), int(large.sum())


def _test(model: Model, block: Block, explained: float, df: int, total: float) -> ScoreTest | None:
    share = min(1.0, explained / total) if total > 0 else 0.0
    if not model.linear:
        p = float(scipy.special.chdtrc(df, explained))
        return ScoreTest(explained, df, float("inf"), p, share)
    remaining = model.design.n - model.design.p - df
    ddf = float(remaining)
    if block.factor is not None:
        ddf = min(ddf, float(block.factor.J - _own_columns(model.design, block) - df))
    if ddf < 1 or remaining < 1 or total - explained <= 0:
        return None
    statistic = (explained / df) / ((total - explained) / remaining)
    return ScoreTest(statistic, df, ddf, float(scipy.special.fdtrc(df, ddf, statistic)), share)


def _own_columns(design: Design, block: Block) -> int:
    """Return the number of columns of X that are constant within the groups, times the slope's column."""
    if block.factor is None:
        return 0
    z = np.ones(design.n) if block.slope is None else block.slope
    refs, J = block.factor.refs, block.factor.J
    square = np.bincount(refs, weights=z * z, minlength=J)
    count = 0
    for column in design.X.T:
        product = np.bincount(refs, weights=z * column, minlength=J)
        ratio = np.divide(product, square, out=np.zeros(J), where=square > 0)
        count += bool(np.sum((column - z * ratio[refs]) ** 2) <= CONSTANT * np.sum(column**2))
    return count
