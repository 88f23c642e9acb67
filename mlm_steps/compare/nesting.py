"""Whether one model is nested in another, fixed part and random terms (statistics, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.mixed_fit import MixedFit

__all__ = ["Containment", "Relation", "contained_terms", "embed_theta", "log_det_basis", "relate", "spans"]

SPAN_TOLERANCE = 1e-8
"""Residual norm of a projection, relative to the centred column, up to which a column counts as spanned."""
ROUNDING = 1e-12
"""Residual norm relative to the uncentred column: rounding error of a spanned column of a million rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Containment:
    """The random terms of the larger model that contain the random terms of the smaller one.

    Attributes
    ----------
    homes : tuple of int or None, one per term of the smaller model
        Position of the containing term of the larger model; None if there is none.
    maps : tuple of ndarray or None
        M with z_smaller = z_larger M, of shape (k larger, k smaller).
    """

    homes: tuple[int | None, ...]
    maps: tuple[NDArray[np.float64] | None, ...]

    @property
    def complete(self) -> bool:
        """Whether every term of the smaller model is contained."""
        return all(home is not None for home in self.homes)

    def guests(self, home: int) -> tuple[int, ...]:
        """Return the terms of the smaller model that one term of the larger model contains."""
        return tuple(position for position, found in enumerate(self.homes) if found == home)


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """How two models of the same rows contain one another.

    Attributes
    ----------
    fixed_up, fixed_down : bool
        Whether the fixed part of the larger model spans that of the smaller one, and the reverse.
    up, down : Containment
        Which terms of the larger model contain those of the smaller one, and the reverse.
    df : int
        Number of additional parameters of the larger model.
    family_up, family_down : bool
        Whether the distribution of the larger model contains that of the smaller one, and the reverse.
    """

    fixed_up: bool
    fixed_down: bool
    up: Containment
    down: Containment
    df: int
    family_up: bool = True
    family_down: bool = True

    @property
    def nested(self) -> bool:
        """Whether the larger model contains the smaller one."""
        return self.fixed_up and self.up.complete and self.family_up

    @property
    def reversed(self) -> bool:
        """Whether the smaller model contains the larger one."""
        return self.fixed_down and self.down.complete and self.family_down

    @property
    def changed(self) -> Literal["fixed", "variance", "both", "family", "none"]:
        """The part of the model that differs; ``variance`` and ``both`` include the distribution."""
        fixed = not (self.fixed_up and self.fixed_down)
        family = not (self.family_up and self.family_down)
        if not (self.up.complete and self.down.complete):
            return "both" if fixed else "variance"
        if family:
            return "both" if fixed else "family"
        return "fixed" if fixed else "none"


def relate(smaller: Design, larger: Design) -> Relation:
    """Return how two designs of the same rows contain one another."""
    before, after = smaller.response, larger.response
    return Relation(
        fixed_up=spans(larger.X, smaller.X),
        fixed_down=spans(smaller.X, larger.X),
        up=contained_terms(smaller, larger),
        down=contained_terms(larger, smaller),
        df=larger.p + larger.n_theta + after.dispersions - smaller.p - smaller.n_theta - before.dispersions,
        family_up=after.contains(before),
        family_down=before.contains(after),
    )


def spans(larger: NDArray[np.float64], smaller: NDArray[np.float64]) -> bool:
    """Return whether each column of ``smaller`` is a linear combination of those of ``larger``."""
    if np.array_equal(larger, smaller):
        return True
    return _combination(larger, smaller) is not None


def contained_terms(smaller: Design, larger: Design) -> Containment:
    """Return which random term of the larger design contains each one of the smaller design.

    A term is contained in another if both group the rows in the same way and its columns are linear
    combinations of the other's: the covariance matrix of a term is unrestricted, so the larger term can equal
    any smaller one. Two uncorrelated terms of one factor are contained in the correlated one, not the
    reverse. Among several containing terms the one with the fewest columns is taken.
    """
    order = sorted(range(len(larger.random)), key=lambda position: len(larger.random[position].names))
    homes: list[int | None] = []
    maps: list[NDArray[np.float64] | None] = []
    for term in smaller.random:
        found = next(
            (
                (position, M)
                for position in order
                if _same_groups(term, larger.random[position])
                and (M := _combination(larger.random[position].z, term.z)) is not None
            ),
            (None, None),
        )
        homes.append(found[0])
        maps.append(found[1])
    return Containment(tuple(homes), tuple(maps))


def embed_theta(smaller: MixedFit, larger: Design, containment: Containment) -> NDArray[np.float64]:
    """Return the theta of the larger model that reproduces the smaller model's optimum, shape (m,)."""
    blocks = []
    for position, term in enumerate(larger.random):
        k = len(term.names)
        relative = np.zeros((k, k))
        for guest in containment.guests(position):
            M = containment.maps[guest]
            if M is not None:
                root = M @ smaller.Lambda[guest]
                relative += root @ root.T
        columns, rows = np.triu_indices(k)
        blocks.append(_lower_root(relative)[rows, columns])
    return np.concatenate(blocks)


def log_det_basis(smaller: Design, larger: Design) -> float:
    """Return log|M|² for X_smaller = X_larger M, the difference of REML criteria of equal column spans.

    The REML criterion holds log|X' V⁻¹ X|, which depends on the coding of the fixed part.
    """
    if smaller.X.shape == larger.X.shape and np.array_equal(smaller.X, larger.X):
        return 0.0
    M = np.linalg.lstsq(larger.X, smaller.X, rcond=None)[0]
    return float(2 * np.linalg.slogdet(M)[1])


def _combination(larger: NDArray[np.float64], smaller: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return M with smaller = larger M, or None if there is none.

    If ``larger`` spans a constant, the residual is compared with the centred column: a column such as a year
    is nearly constant, and its variation would be below a tolerance relative to its length. The projection is
    done twice, since the rounding error of one pass grows with the number of rows.
    """
    scale = np.linalg.norm(larger, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    Q, R = np.linalg.qr(larger / scale)
    coordinates = Q.T @ smaller
    rest = smaller - Q @ coordinates
    missed = Q.T @ rest
    coordinates = coordinates + missed
    residual = np.linalg.norm(rest - Q @ missed, axis=0)
    size = np.linalg.norm(smaller, axis=0)
    reference = size
    if _has_constant(Q, len(larger)):
        reference = np.linalg.norm(smaller - smaller.mean(axis=0), axis=0)
    if (residual > np.maximum(SPAN_TOLERANCE * reference, ROUNDING * size)).any():
        return None
    return np.asarray(np.linalg.lstsq(R, coordinates, rcond=None)[0] / scale[:, None])


def _has_constant(Q: NDArray[np.float64], n: int) -> bool:
    ones = np.full(n, 1 / np.sqrt(n))
    return bool(np.linalg.norm(ones - Q @ (Q.T @ ones)) < SPAN_TOLERANCE)


def _same_groups(one: RandomTerm, other: RandomTerm) -> bool:
    """Return whether two terms group the rows in the same way; names of levels do not matter."""
    if len(one.refs) != len(other.refs):
        return False
    if np.array_equal(one.refs, other.refs):
        return True
    pairs = np.unique(one.refs.astype(np.int64) * len(other.levels) + other.refs)
    return len(pairs) == len(np.unique(one.refs)) == len(np.unique(other.refs))


def _lower_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return lower triangular L with nonnegative diagonal and L L' = matrix, which may be semidefinite."""
    values, vectors = np.linalg.eigh(matrix)
    root = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)[1].T
    signs = np.where(np.diag(root) < 0, -1.0, 1.0)
    return np.asarray(root * signs)
