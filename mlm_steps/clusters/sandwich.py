"""Cluster-robust covariances of fixed effects, bias-reduced (CR2), with Satterthwaite's degrees of freedom.

Bell & McCaffrey 2002; Pustejovsky & Tipton 2018; statistics, section 7. With the working covariance Phi_j of
cluster j, W_j = Phi_j⁻¹ and M = (X'WX)⁻¹,

    V = M sum_j X_j' W_j A_j e_j e_j' A_j W_j X_j M,

where A_j solves A_j B_j A_j = Phi_j for B_j = Phi_j - X_j M X_j', the covariance of the residuals e_j under
the working model. A_j is the same for every square root of Phi_j: A_j = (Phi_j B_j)^(-1/2) Phi_j, with a
pseudo-inverse where a cluster determines a coefficient alone. For a contrast c let g_j = A_j W_j X_j M c and
P_ij = g_i' [Phi - X M X']_ij g_j; its degrees of freedom are (tr P)² / sum P_ij², sums over clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.clusters.blocks import Block, Rows, blocks, operations, scaled_term
from mlm_steps.design.matrices import Design
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["Sandwich", "is_block_diagonal", "mixed_sandwich", "ols_sandwich"]

Array = NDArray[np.float64]
Refs = NDArray[np.intp]

NO_RESIDUAL = 1e-10
"""Share of a working variance below which residuals of a cluster have none left: rounding errors are smaller,
and a leverage so close to 1 belongs to a coefficient that the cluster determines alone."""
MOST_OPERATIONS = 1e9
"""Largest number of multiplications, which take about ten seconds. Clusters of equal weights need few."""


@dataclass(frozen=True, slots=True, eq=False)
class Sandwich:
    """A cluster-robust covariance matrix.

    Attributes
    ----------
    vcov : ndarray, shape (p, p)
        Covariance of the coefficients; NaN where there is none.
    df : ndarray, shape (p,)
        Satterthwaite's degrees of freedom of each coefficient; NaN where there are none.
    n_clusters : int
    code : str or None
        Why there is none: ``one_cluster``, ``too_large``.
    """

    vcov: Array
    df: Array
    n_clusters: int
    code: str | None = None

    @property
    def se(self) -> Array:
        """Standard errors, shape (p,)."""
        return np.sqrt(np.diag(self.vcov))


def ols_sandwich(design: Design, beta: Array, refs: Refs) -> Sandwich:
    """Return CR2 of least squares, with sigma² / w as the working variance of a row.

    Parameters
    ----------
    design : Design
        Its random terms are not used.
    beta : ndarray, shape (p,)
        Least-squares estimates.
    refs : ndarray, shape (n,)
        Cluster of each row.
    """
    root_w = np.ones(design.n) if design.weights is None else np.sqrt(design.weights)
    R = np.linalg.qr(design.X * root_w[:, None], mode="r")
    root = np.linalg.inv(R) if design.p else np.zeros((0, 0))
    return _sandwich(Rows(design.X @ root, _residuals(design, beta), design.weights), root, refs)


def mixed_sandwich(fit: LmmFit, refs: Refs) -> Sandwich:
    """Return CR2 of a linear mixed model, with its own covariance as the working covariance.

    This is the table of robust standard errors of HLM with the small-sample correction of CR2.

    Parameters
    ----------
    fit : LmmFit
    refs : ndarray, shape (n,)
        Cluster of each row; ``is_block_diagonal`` must hold.
    """
    design = fit.design
    root: Array = np.zeros((0, 0))
    if design.p:
        root = np.asarray(np.linalg.cholesky(fit.vcov) / fit.sigma, dtype=np.float64)
    terms = tuple(scaled_term(term, Lambda) for term, Lambda in zip(design.random, fit.Lambda, strict=True))
    rows = Rows(design.X @ root, _residuals(design, fit.beta), design.weights, terms)
    return _sandwich(rows, root, refs)


def is_block_diagonal(design: Design, refs: Refs) -> bool:
    """Return whether rows of different clusters are independent in a mixed model.

    They are if each level of every grouping factor lies in one cluster: never where factors are crossed.
    """
    J = int(refs.max()) + 1
    return all(
        np.unique(term.refs.astype(np.int64) * J + refs).size == np.unique(term.refs).size
        for term in design.random
    )


def _residuals(design: Design, beta: Array) -> Array:
    mean = design.X @ beta
    return np.asarray(design.y - (mean if design.offset is None else mean + design.offset))


def _sandwich(rows: Rows, root: Array, refs: Refs) -> Sandwich:
    """Return CR2 for columns in which M is the identity; ``root`` turns them into the coefficients."""
    p, n_clusters = root.shape[0], int(np.unique(refs).size)
    code = "one_cluster" if n_clusters < 2 else "too_large" if _is_too_large(rows, refs) else None
    if code is not None:
        return Sandwich(np.full((p, p), np.nan), np.full(p, np.nan), n_clusters, code)
    vcov, sums = np.zeros((p, p)), _Sums(p)
    for block in blocks(rows, refs):
        adjusted = _adjusted(block)
        scores = (adjusted * block.residuals[:, :, None]).sum(axis=1) @ root.T
        vcov += scores.T @ scores
        sums.add(block, adjusted @ root.T)
    known = sums.trace > NO_RESIDUAL * np.einsum("ij,ij->i", root, root)
    vcov[~known] = vcov[:, ~known] = np.nan
    return Sandwich(vcov, np.where(known, sums.df, np.nan), n_clusters)


def _is_too_large(rows: Rows, refs: Refs) -> bool:
    return operations(rows, refs) > MOST_OPERATIONS


def _adjusted(block: Block) -> Array:
    """Return A W X of each cluster, shape (B, m, p).

    The rank of B_j is counted relative to Phi_j, where its eigenvalues are 1 minus leverages.
    """
    values, vectors = np.linalg.eigh(block.Phi)
    root = (vectors * np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1)
    inverse_root = (vectors / np.sqrt(values)[:, None, :]) @ vectors.transpose(0, 2, 1)
    white = inverse_root @ block.X
    left = np.eye(white.shape[1]) - white @ white.transpose(0, 2, 1)
    lost = np.count_nonzero(np.linalg.eigvalsh(left) <= NO_RESIDUAL, axis=1)
    powers, directions = np.linalg.eigh(block.Phi @ left @ block.Phi)
    kept = np.arange(powers.shape[1]) >= lost[:, None]
    shrunk = np.where(kept, 1.0 / np.sqrt(np.where(kept, np.maximum(powers, np.finfo(float).tiny), 1.0)), 0.0)
    # A W X = Phi^(1/2) G^(-1/2) Phi^(1/2) Phi⁻¹ X, and the last two factors are white.
    projected = directions.transpose(0, 2, 1) @ white
    return np.asarray(root @ (directions @ (shrunk[:, :, None] * projected)))


class _Sums:
    """The sums over clusters from which Satterthwaite's degrees of freedom follow.

    ``trace`` is the expected variance of each coefficient over sigma², 0 where no cluster has residuals.
    """

    def __init__(self, p: int) -> None:
        self.trace, self._squares = np.zeros(p), np.zeros(p)
        self._outer = np.zeros((p, p, p))

    def add(self, block: Block, g: Array) -> None:
        """Add clusters with the vectors g_j of all coefficients, shape (B, m, p)."""
        own = (g * (block.Phi @ g)).sum(axis=1)
        u = block.X.transpose(0, 2, 1) @ g
        shared = (u * u).sum(axis=1)
        self.trace += (own - shared).sum(axis=0)
        self._squares += (own**2 - 2.0 * own * shared).sum(axis=0)
        self._outer += u.transpose(2, 1, 0) @ u.transpose(2, 0, 1)

    @property
    def df(self) -> Array:
        """Degrees of freedom per coefficient, shape (p,)."""
        squares = self._squares + np.einsum("cpq,cqp->c", self._outer, self._outer)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(squares > 0, self.trace**2 / squares, np.nan)
