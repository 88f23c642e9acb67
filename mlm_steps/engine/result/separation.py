"""Coefficients without a finite estimate, and the fit in the limit (statistics, section 22.9).

A direction delta separates the outcomes if the density of no row decreases along it, and that of some rows
increases without end. Such directions form a cone, which linear programs describe (Konis 2007). Rows that
change along the cone are predicted exactly in the limit and add nothing to the likelihood. The other rows
determine the other coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design

__all__ = ["Separation", "find_separation", "limit_design", "may_be_separated"]

Array = NDArray[np.float64]
Signs = NDArray[np.int8]

DEPENDENT = 1e-9
"""Singular value, relative to the largest, below which a direction changes no row of a matrix."""
MARGIN = 1e-7
"""Change of a row of unit length along a direction above which the row is separated; HiGHS satisfies its
constraints to 1e-9."""
FEASIBLE = 1e-9
"""Tolerance of HiGHS for violated constraints."""
FAR = 12.0
"""Linear predictor of a fit without random effects above which the outcomes may be separated; on the logit
scale the probability is 6e-6 from its limit."""
FIRST_ROWS = 400
"""Number of rows of the first linear program; rows that its solution violates are added to the next one."""
MOST_ADDED = 1000
"""Largest number of violated rows that are added at a time."""
NO_PART = 1e-7
"""Element of a direction, relative to the largest possible one, below which its coefficient stays finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """What separates the outcomes of a design.

    Attributes
    ----------
    infinite : ndarray of bool, shape (p,)
        Coefficients without a finite estimate.
    limits : ndarray, shape (p,)
        inf or -inf where these coefficients go along every separating direction, NaN where the directions
        differ; 0 for the other coefficients.
    direction : ndarray, shape (p,)
        A separating direction, along which the linear predictor of each separated row changes by 1 or more.
    rows : ndarray of bool, shape (n,)
        Rows that are predicted exactly in the limit.
    kept : ndarray of int, shape (r,)
        Columns of X that have full rank on the other rows; all finite coefficients are among them.
    """

    infinite: NDArray[np.bool_]
    limits: Array
    direction: Array
    rows: NDArray[np.bool_]
    kept: NDArray[np.intp]

    @property
    def complete(self) -> bool:
        """Whether every row is predicted exactly, so that no estimate is left."""
        return bool(self.rows.all())


def may_be_separated(directions: Signs, eta: Array, curvature: Array) -> bool:
    """Return whether a fit without random effects looks as if its outcomes were separated.

    A row that is predicted exactly in the limit has a large linear predictor, or, for links whose densities
    approach their limits sooner than the logit's, as small a curvature as that of a logit at ``FAR``.

    Parameters
    ----------
    directions : ndarray, shape (n,)
        As in ``find_separation``.
    eta, curvature : ndarray, shape (n,)
        Linear predictor and -ℓ'' of each row.
    """
    flat = curvature < np.exp(-FAR)
    return bool(np.any((np.abs(eta) > FAR) | (flat & (directions != 0))))


def find_separation(X: Array, directions: Signs) -> Separation | None:
    """Return what separates the outcomes, or None if all coefficients have finite estimates.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        Fixed effects, of full column rank.
    directions : ndarray, shape (n,)
        1 for rows whose density increases without end with eta, -1 for those where it increases as eta
        decreases, 0 for the others (``Family.directions``).
    """
    p = X.shape[1]
    if not p or not directions.any():
        return None
    Q, R = np.linalg.qr(X)
    fixed = _null_space(Q[directions == 0])
    if not fixed.shape[1]:
        return None
    signed = directions != 0
    rows = directions[signed, None] * (Q[signed] @ fixed)
    rows, place = _distinct(rows)
    changed, gamma = _cone(rows)
    if not changed.any():
        return None
    separated = np.zeros(X.shape[0], dtype=bool)
    separated[signed] = np.append(changed, False)[place]
    basis = _null_space(Q[~separated]) if not separated.all() else np.eye(p)
    return _described(X, R, basis, directions, separated, fixed @ gamma)


def _null_space(A: Array) -> Array:
    """Return an orthonormal basis of the directions that change no row of A, shape (p, r)."""
    p = A.shape[1]
    if not A.shape[0]:
        return np.eye(p)
    triangle = np.linalg.qr(A, mode="r")
    _, values, Vt = np.linalg.svd(triangle, full_matrices=True)
    rank = int(np.count_nonzero(values > DEPENDENT * max(values[0], np.finfo(float).tiny)))
    return np.asarray(Vt[rank:].T)


def _distinct(rows: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return the distinct rows in unit length, and the position of each row among them; -1 for zero rows."""
    length = np.linalg.norm(rows, axis=1)
    present = length > DEPENDENT * length.max(initial=0.0)
    place = np.full(len(rows), -1, dtype=np.intp)
    unit = np.round(rows[present] / length[present, None], 12)
    distinct, found = np.unique(unit, axis=0, return_inverse=True)
    place[present] = found.ravel()
    return distinct, place


def _cone(rows: Array) -> tuple[NDArray[np.bool_], Array]:
    """Return the rows that increase along some direction that decreases none, and one that increases all."""
    changed, gamma = np.zeros(len(rows), dtype=bool), np.zeros(rows.shape[1])
    while not changed.all():
        step = _direction(rows, rows[~changed].sum(axis=0))
        new = (rows @ step > MARGIN) & ~changed
        if not new.any():
            break
        changed |= new
        gamma += step
    return changed, gamma


def _direction(rows: Array, objective: Array) -> Array:
    """Return the direction in the unit box that decreases no row and maximises the objective.

    The program starts with some of the rows. Rows that its solution violates are added until there are none.
    """
    from scipy.optimize import linprog

    m, size = rows.shape
    used = np.zeros(m, dtype=bool)
    used[np.linspace(0, m - 1, min(m, FIRST_ROWS)).astype(int)] = True
    while True:
        found = linprog(
            -objective,
            A_ub=-rows[used],
            b_ub=np.zeros(int(used.sum())),
            bounds=(-1.0, 1.0),
            method="highs",
            options={"primal_feasibility_tolerance": FEASIBLE, "dual_feasibility_tolerance": FEASIBLE},
        )
        # Without a solution, which rounding alone could prevent, no direction is claimed.
        if found.x is None or found.fun is None or -found.fun <= MARGIN:
            return np.zeros(size)
        gain = rows @ found.x
        violated = np.flatnonzero((gain < -10.0 * FEASIBLE) & ~used)
        if not violated.size:
            return np.asarray(found.x)
        used[violated[np.argsort(gain[violated], kind="stable")[:MOST_ADDED]]] = True


def _described(
    X: Array, R: Array, basis: Array, directions: Signs, separated: NDArray[np.bool_], inside: Array
) -> Separation | None:
    """Return the separation from the rows; None if rounding has feigned it.

    ``basis`` spans the directions, in coordinates of Q, that change no other row. ``inside`` is a direction
    along which all separated rows increase.
    """
    from scipy.linalg import solve_triangular

    moved = directions[separated, None] * (X[separated] @ solve_triangular(R, basis))
    length = np.linalg.norm(moved, axis=1)
    gain = moved @ (basis.T @ inside) if basis.shape[1] else np.zeros(1)
    if not (gain > 0.0).all():
        return None
    parts = solve_triangular(R, basis)
    largest = np.linalg.norm(solve_triangular(R, np.eye(R.shape[0])), axis=1)
    infinite = np.linalg.norm(parts, axis=1) > NO_PART * largest
    rows = _distinct(moved / length[:, None])[0]
    limits = np.zeros(X.shape[1])
    for j in np.flatnonzero(infinite):
        scaled = parts[j] / np.linalg.norm(parts[j])
        up, down = (bool(sign * scaled @ _direction(rows, sign * scaled) > MARGIN) for sign in (1.0, -1.0))
        limits[j] = np.nan if up == down else (np.inf if up else -np.inf)
    direction = np.where(infinite, parts @ (basis.T @ inside) / gain.min(), 0.0)
    return Separation(infinite, limits, direction, separated, _kept(X[~separated], infinite))


def _kept(X: Array, infinite: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return columns of full rank: the finite coefficients', and those others that do not depend on them."""
    kept: list[int] = []
    Q = np.zeros((X.shape[0], 0))
    for j in [*np.flatnonzero(~infinite), *np.flatnonzero(infinite)]:
        column = X[:, j]
        rest = column - Q @ (Q.T @ column)
        rest = rest - Q @ (Q.T @ rest)
        length = np.linalg.norm(rest)
        if length > DEPENDENT * np.linalg.norm(column):
            Q, kept = np.column_stack([Q, rest / length]), [*kept, int(j)]
    return np.array(sorted(kept), dtype=np.intp)


def limit_design(design: Design, separation: Separation) -> Design:
    """Return the design of the fit in the limit: other rows with their weights, and the kept columns.

    Separated rows keep their place with weight 0, so that levels and row numbers stay the same. The deviance
    of this design is the limit of the deviance along the separating directions.
    """
    weights = np.ones(design.n) if design.weights is None else design.weights
    kept = separation.kept
    return replace(
        design,
        X=design.X[:, kept],
        columns=tuple(design.columns[j] for j in kept),
        assign=tuple(design.assign[j] for j in kept),
        weights=np.where(separation.rows, 0.0, weights),
    )
