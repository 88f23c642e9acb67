"""The clusters of a design in orthonormal coordinates, in which their working covariance is small.

Without prior weights the working covariance of a cluster is Phi = I + Z Z' (over sigma², with Lambda in Z).
It is the identity outside the span of [Z X], so that a basis of this span, with as many columns as Z and X,
is enough. With weights Phi is W⁻¹ + Z Z', and the coordinates are the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import RandomTerm

__all__ = ["Block", "Rows", "ScaledTerm", "blocks", "operations", "same_groups", "scaled_term"]

Array = NDArray[np.float64]
Refs = NDArray[np.intp]

ELEMENTS = 2_000_000
"""Largest number of elements of an array of several clusters, which then takes 16 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class ScaledTerm:
    """A random-effects term whose spherical effects have the variance sigma².

    Attributes
    ----------
    refs : ndarray, shape (n,)
        Level of each row.
    z : ndarray, shape (n, k)
        The term's columns times Lambda.
    """

    refs: Refs
    z: Array


def scaled_term(term: RandomTerm, Lambda: Array) -> ScaledTerm:
    """Return a term of a design with its covariance factor."""
    return ScaledTerm(term.refs, term.z @ Lambda)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a model.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        Fixed-effects columns in coordinates in which X' V⁻¹ X is the identity, for the working V.
    residuals : ndarray, shape (n,)
        y - o - X beta.
    weights : ndarray, shape (n,), or None
        Prior weights.
    terms : tuple of ScaledTerm
        The random effects; each level lies in one cluster.
    """

    X: Array
    residuals: Array
    weights: Array | None = None
    terms: tuple[ScaledTerm, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Several clusters of one size in orthonormal coordinates, B of them with m coordinates.

    Attributes
    ----------
    clusters : ndarray, shape (B,)
        Which clusters.
    Phi : ndarray, shape (B, m, m)
        Working covariance over sigma².
    X : ndarray, shape (B, m, p)
    residuals : ndarray, shape (B, m)
    """

    clusters: Refs
    Phi: Array
    X: Array
    residuals: Array


def blocks(rows: Rows, refs: Refs) -> Iterator[Block]:
    """Yield all clusters that have rows; ``refs`` is the cluster of each row, shape (n,)."""
    sizes = np.bincount(refs)
    order, starts = np.argsort(refs, kind="stable"), np.cumsum(sizes) - sizes
    together = all(same_groups(term.refs, refs) for term in rows.terms)
    for size in np.unique(sizes[sizes > 0]).tolist():
        alike = np.flatnonzero(sizes == size)
        width = max(1, ELEMENTS // (size * _coordinates(rows, size, together=together))) if together else 1
        for first in range(0, alike.size, width):
            members = alike[first : first + width]
            places = order[starts[members][:, None] + np.arange(size)]
            yield _block(rows, members, places, together=together)


def operations(rows: Rows, refs: Refs) -> float:
    """Return the approximate number of multiplications of all blocks, to refuse what takes long."""
    sizes = np.bincount(refs).astype(np.float64)
    together = all(same_groups(term.refs, refs) for term in rows.terms)
    if together:
        widths = np.array([_coordinates(rows, int(size), together=True) for size in sizes], dtype=float)
    else:
        widths = np.minimum(sizes, rows.X.shape[1] + _effects_per_cluster(rows.terms, refs))
    if rows.weights is not None:
        widths = sizes
    return float(np.sum(sizes * widths**2 + widths**3))


def same_groups(one: Refs, other: Refs) -> bool:
    """Return whether two factors group the rows in the same way."""
    if one is other:
        return True
    pairs = np.unique(one.astype(np.int64) * (int(other.max()) + 1) + other).size
    return bool(pairs == np.unique(one).size == np.unique(other).size)


def _effects_per_cluster(terms: Sequence[ScaledTerm], refs: Refs) -> Array:
    """Return the number of random effects of each cluster."""
    total = np.zeros(int(refs.max()) + 1)
    for term in terms:
        first = np.unique(term.refs, return_index=True)[1]
        total += term.z.shape[1] * np.bincount(refs[first], minlength=total.size)
    return total


def _coordinates(rows: Rows, size: int, *, together: bool) -> int:
    if rows.weights is not None or not together:
        return size
    columns = int(rows.X.shape[1]) + sum(int(term.z.shape[1]) for term in rows.terms)
    return min(size, columns)


def _block(rows: Rows, members: Refs, places: Refs, *, together: bool) -> Block:
    X, residuals = rows.X[places], rows.residuals[places]
    Z = [term.z[places] if together else _expanded(term, places[0])[None] for term in rows.terms]
    size = places.shape[1]
    everything = np.concatenate([*Z, X], axis=2)
    q = everything.shape[2] - X.shape[2]
    if rows.weights is not None:
        noise = np.eye(size) / rows.weights[places][:, :, None]
        effects = everything[:, :, :q]
        return Block(members, noise + effects @ effects.transpose(0, 2, 1), X, residuals)
    if everything.shape[2] < size:
        Q = np.linalg.qr(everything)[0].transpose(0, 2, 1)
        everything, residuals = Q @ everything, (Q @ residuals[:, :, None])[:, :, 0]
    effects = everything[:, :, :q]
    Phi = np.eye(effects.shape[1]) + effects @ effects.transpose(0, 2, 1)
    return Block(members, Phi, everything[:, :, q:], residuals)


def _expanded(term: ScaledTerm, places: Refs) -> Array:
    """Return the columns of one cluster's random effects, one set per level, shape (size, levels k)."""
    levels, own = np.unique(term.refs[places], return_inverse=True)
    k = term.z.shape[1]
    columns = np.zeros((places.size, levels.size * k))
    columns[np.arange(places.size)[:, None], own[:, None] * k + np.arange(k)] = term.z[places]
    return columns
