"""Covariances and degrees of freedom of the fixed effects at given variances (statistics, section 16.6).

The information on the variance parameters is the expected one, as in Kenward and Roger's method, whose
degrees of freedom these are. All arrays have an axis of data sets or drawn designs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.drawn_designs import Drawn, rows_by_group
from mlm_steps.engine.structures.groups import FactorTerms, factors_of
from mlm_steps.engine.structures.triangles import forward
from mlm_steps.inference.block_sums import Block, Sums, sum_blocks, variances
from mlm_steps.inference.group_sums import blocks_of, entries_of
from mlm_steps.inference.joint_df import joint_test

__all__ = ["CrossProducts", "Expected"]

Array = NDArray[np.float64]

RANK = 1e-10
"""Smallest eigenvalue of cross-products of columns of length 1 at which the columns are independent;
rounding leaves 1e-15 of dependent ones."""


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """The cross-products of D designs of one structure, from which all expectations follow.

    Attributes
    ----------
    factors : tuple of FactorTerms
    blocks : sequence of Block
    XX : ndarray, shape (D, p, p)
    rows : ndarray, shape (D,)
        Number of observations.
    """

    factors: tuple[FactorTerms, ...]
    blocks: Sequence[Block]
    XX: Array
    rows: Array

    @classmethod
    def of(cls, design: Design, drawn: Drawn | None = None) -> CrossProducts | None:
        """Return those of a design, or of the designs drawn from it; None if its groups are too many."""
        factors = factors_of(design)
        if drawn is None:
            drawn = Drawn(design.X[None], tuple(term.z[None] for term in design.random))
        z = [np.concatenate([drawn.z[t] for t in factor.terms], axis=2) for factor in factors]
        X = drawn.X
        if drawn.present is not None:
            here = drawn.present[..., None]
            X, z = X * here, [each * here for each in z]
        if len(factors) == 1:
            blocks = [_levels(factors[0], z[0], X)]
        else:
            found = [blocks_of(factors, [each[d] for each in z], X[d]) for d in range(X.shape[0])]
            whole = [each for each in found if each is not None]
            if not whole:
                return None
            blocks = [_stacked(same) for same in zip(*whole, strict=True)]
        return cls(factors, blocks, X.transpose(0, 2, 1) @ X, drawn.rows)

    def expected(self, covariances: Sequence[Array], sigma: Array) -> Expected:
        """Return the expectations at given variances.

        Parameters
        ----------
        covariances : sequence of ndarray, each of shape (D or 1, k, k)
            Per term of the design.
        sigma : ndarray, shape (D or 1,)
        """
        sizes = [factor.pattern.K for factor in self.factors]
        Sigma = np.zeros((max(T.shape[0] for T in covariances), sum(sizes), sum(sizes)))
        offset = 0
        for factor in self.factors:
            for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
                place = slice(span.start + offset, span.stop + offset)
                Sigma[:, place, place] = covariances[term] / (sigma**2)[:, None, None]
            offset += factor.pattern.K
        sums = sum_blocks(self.blocks, Sigma, entries_of(self.factors), self.XX.shape[1])
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = self.XX - sums.explained
            sound = _of_full_rank(precision) & (self.rows > precision.shape[1])
            usable = np.where(sound[:, None, None], precision, np.eye(precision.shape[1]))
            triangle = np.linalg.cholesky(usable)
        unit = np.broadcast_to(np.eye(precision.shape[1]), triangle.shape)
        root: Array = forward(triangle, unit).transpose(0, 2, 1)
        whitened = sums.in_basis(root)
        return Expected(root, whitened, variances(whitened, self.rows), sigma, sound)


def _of_full_rank(precision: Array) -> NDArray[np.bool_]:
    """Return which matrices Xᵀ V⁻¹ X have full rank in columns of equal length, shape (D,)."""
    squares = np.einsum("dii->di", precision)
    length = np.sqrt(np.where(squares > 0.0, squares, 1.0))
    scaled = precision / (length[:, :, None] * length[:, None, :])
    found: NDArray[np.bool_] = (squares > 0.0).all(axis=1) & (np.linalg.eigvalsh(scaled)[:, 0] > RANK)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Expectations for D designs.

    Attributes
    ----------
    root : ndarray, shape (D, p, p)
        Square root of (Xᵀ V⁻¹ X)⁻¹.
    sums : Sums
        For columns X with Xᵀ V⁻¹ X = I.
    W : ndarray, shape (D, m + 1, m + 1)
        Covariance matrix of the estimates of the variance parameters and of the factor of V.
    sigma : ndarray, shape (D or 1,)
    sound : ndarray of bool, shape (D,)
        Whether all coefficients can be estimated; the values of other designs have no meaning.
    """

    root: Array
    sums: Sums
    W: Array
    sigma: Array
    sound: NDArray[np.bool_]

    @property
    def vcov(self) -> Array:
        """Covariance matrices of the fixed effects, shape (D, p, p)."""
        root = self.sigma[:, None, None] * self.root
        found: Array = root @ root.transpose(0, 2, 1)
        return found

    @property
    def adjusted_vcov(self) -> Array:
        """Kenward and Roger's adjusted covariance matrices, shape (D, p, p)."""
        P, Q = self.sums.P, self.sums.Q
        m, p = P.shape[1:3]
        W = self.W[:, :m, :m]
        bias = np.einsum("drs,drsij->dij", W, Q) - np.einsum("drs,drij,dsjk->dik", W, P, P, optimize=True)
        root = self.sigma[:, None, None] * self.root
        found: Array = root @ (np.eye(p) + bias + bias.transpose(0, 2, 1)) @ root.transpose(0, 2, 1)
        return found

    def joint(self, contrasts: Array) -> tuple[Array, Array]:
        """Return scale and df of Kenward and Roger's F statistics of a hypothesis, each of shape (D,)."""
        p = contrasts.shape[1]
        found = np.ones((2, self.sound.size))
        for d in np.flatnonzero(self.sound):
            basis = np.linalg.qr((contrasts @ self.root[d]).T)[0]
            P = np.concatenate([self.sums.P[d], -np.eye(p)[None]])
            test = joint_test(basis.T @ P @ basis, self.W[d])
            found[:, d] = test.scale, test.df
        return found[0], found[1]

    def df(self, contrasts: Array) -> Array:
        """Return the degrees of freedom of contrasts, (q, p) or (D, q, p), as shape (D, q)."""
        unit = contrasts @ self.root
        unit = unit / np.linalg.norm(unit, axis=2, keepdims=True)
        slopes = np.einsum("dqi,drij,dqj->dqr", unit, self.sums.P, unit)
        slopes = np.concatenate([slopes, -np.ones((*slopes.shape[:2], 1))], axis=2)
        spread = np.einsum("dqr,drs,dqs->dq", slopes, self.W, slopes)
        found: Array = np.divide(2.0, spread, out=np.full(spread.shape, np.inf), where=spread > 0.0)
        return found


def _levels(factor: FactorTerms, z: Array, X: Array) -> Block:
    """Return the levels of a single factor as one batch of blocks, z of shape (D, n, K)."""
    own, columns = _by_group(factor, z, X)
    ZX = own.transpose(0, 1, 3, 2) @ columns
    positions = tuple(np.array([a]) for a in range(factor.pattern.K))
    return Block(own.transpose(0, 1, 3, 2) @ own, ZX, positions)


def _by_group(factor: FactorTerms, *arrays: Array) -> list[Array]:
    """Return arrays of shape (D, n, k) as (D, J, largest size, k), zeros where a group lacks rows."""
    place, whole = rows_by_group(factor)
    if whole and (np.diff(place.ravel()) == 1).all():  # the rows stand in order of the groups: no copy
        return [each.reshape(each.shape[0], *place.shape, -1) for each in arrays]
    pad = ((0, 0), (0, 0 if whole else 1), (0, 0))
    return [np.pad(each, pad)[:, place] for each in arrays]


def _stacked(same: Sequence[Block]) -> Block:
    N, ZX = (np.concatenate(each) for each in zip(*((one.N, one.ZX) for one in same), strict=True))
    return Block(N, ZX, same[0].positions)
