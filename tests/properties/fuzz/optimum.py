"""The best criterion of a model, found without our engine.

Another factorisation, another optimiser, many starts.

The criterion is that of Bates et al. (2015), by Householder's QR decomposition of

    [Z Lambda  X  y]
    [   I      0  0]

whose R holds |L|, |RX| and r on its diagonal. Searches run in double precision by scipy's BFGS; the criterion
where they end is computed in extended precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr
from scipy.optimize import minimize

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.result.lmm_fit import Method

from .base import Array

Long = np.longdouble
ENDLESS = 1e6
"""Standard deviations of the random effects over the residual's, in unit columns, that mean infinity."""
LARGE = 100.0
"""Those that mean infinity when the criterion does not rise with them by more than ``FLAT``."""
FLAT = 1e-5
SCALES = (1e-2, 0.1, 0.5, 1.0, 3.0, 10.0, 100.0, 1e3, 1e4, 1e5)
RANDOM_STARTS = 20
SEARCHED = 12
"""Starts from which a search begins: half of them the lowest, half of them spread over the rest."""
POLISHED = 3


@dataclass(frozen=True, eq=False)
class Problem:
    """A model in unit columns.

    Attributes
    ----------
    blocks : ndarray, shape (rows, q + p + 1)
        R of the QR decomposition of [Z X y], in extended precision, X orthonormal and y an ordinary
        least-squares residual of length 1.
    places : list of ndarray, each of shape (J, k)
        Per term, the columns of each of its levels.
    log_det : float
        What the criterion has beyond the unit columns and the terms of theta.
    """

    n: int
    p: int
    method: Method
    blocks: np.ndarray
    places: tuple[np.ndarray, ...]
    log_det: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """Coefficients of each term."""
        return tuple(place.shape[1] for place in self.places)


def has_no_estimate(design: Design) -> bool:
    """Return whether a model has nothing to estimate, by sizes alone."""
    return bool(np.ptp(design.y) == 0.0) or any(
        len(term.levels) < 2 or len(term.levels) * term.z.shape[1] >= design.n for term in design.random
    )


def best_criterion(design: Design, method: Method, seed: int) -> float:
    """Return the lowest criterion of all searches; minus infinity where it does not rise at last."""
    problem = make_problem(design, method)
    starts = sorted(_starts(problem, seed), key=lambda start: _finite(criterion(problem, start, exact=False)))
    lowest, rest = starts[: SEARCHED // 2], starts[SEARCHED // 2 :]
    chosen = [*lowest, *rest[:: 1 + (len(rest) - 1) // (SEARCHED // 2)]]
    ends = sorted((_search(problem, start, 30) for start in chosen), key=lambda end: end[0])
    theta = min((_search(problem, end[1], 1000) for end in ends[:POLISHED]), key=lambda end: end[0])[1]
    found = criterion(problem, theta, exact=True)
    large = np.abs(theta) > LARGE
    farther = criterion(problem, np.where(large, 1e4 * theta, theta), exact=True)
    endless = np.abs(theta).max() > ENDLESS or (large.any() and farther < found + FLAT)
    return -np.inf if endless else found


def make_problem(design: Design, method: Method) -> Problem:
    """Return the model in unit columns."""
    root = np.ones(design.n, Long) if design.weights is None else np.sqrt(design.weights.astype(Long))
    Q, diagonal = _orthonormal(root[:, None] * design.X.astype(Long))
    y = root * (design.y.astype(Long) - (0.0 if design.offset is None else design.offset))
    for _ in range(2):
        y = y - Q @ (Q.T @ y)
    length = np.sqrt(y @ y)
    Z, places, start = [], [], 0
    for term in design.random:
        J, k = len(term.levels), term.z.shape[1]
        columns = root[:, None] * _unit_columns(term)
        dense = np.zeros((design.n, J, k), Long)
        dense[np.arange(design.n), term.refs] = columns
        Z.append(dense.reshape(design.n, J * k))
        places.append(start + np.arange(J * k).reshape(J, k))
        start += J * k
    n, p = design.n, design.p
    df = n - p if method == "REML" else n
    constant = df * (1 + np.log(2 * np.pi / Long(df))) + 2 * df * np.log(length) - 2 * np.log(root).sum()
    if method == "REML":
        constant += 2 * np.log(diagonal).sum()
    blocks = _triangle(np.column_stack([*Z, Q, y / length]))
    return Problem(n, p, method, blocks, tuple(places), float(constant))


def criterion(problem: Problem, theta: Array, *, exact: bool) -> float:
    """Return the criterion at theta, in extended precision when ``exact``."""
    R = _decompose(problem, theta, exact=exact)
    return _value(problem, np.abs(np.diag(R)))


def _unit_columns(term: RandomTerm) -> np.ndarray:
    z = term.z.astype(Long)
    if z.shape[1] > 1:
        Q, diagonal = _orthonormal(z)
        if (diagonal > 1e-9 * np.sqrt((z * z).sum(axis=0))).all():
            return Q * np.sqrt(Long(len(z)))
    length = np.sqrt((z * z).mean(axis=0))
    return z / np.where(length > 0, length, 1)


def _orthonormal(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an orthonormal basis by Gram and Schmidt's method, each step twice, and the diagonal of R."""
    Q, diagonal = columns.copy(), np.zeros(columns.shape[1], Long)
    for a in range(columns.shape[1]):
        for _ in range(2):
            Q[:, a] -= Q[:, :a] @ (Q[:, :a].T @ Q[:, a])
        diagonal[a] = np.sqrt(Q[:, a] @ Q[:, a])
        Q[:, a] /= diagonal[a] or 1
    return Q, diagonal


def _triangle(A: np.ndarray) -> np.ndarray:
    """Return R of Householder's QR decomposition, in the precision of A."""
    A = A.copy()
    for a in range(min(A.shape[0] - 1, A.shape[1])):
        v = A[a:, a].copy()
        length = np.sqrt(v @ v)
        if length == 0:
            continue
        v[0] += np.copysign(length, v[0])
        A[a:, a:] -= np.outer(v, (2 / (v @ v)) * (v @ A[a:, a:]))
    return np.triu(A[: A.shape[1]])


def _lambda(problem: Problem, theta: Array) -> list[Array]:
    factors, start = [], 0
    for k in problem.sizes:
        factor = np.zeros((k, k))
        columns, rows = np.triu_indices(k)
        factor[rows, columns] = theta[start : start + rows.size]
        factors.append(factor)
        start += rows.size
    return factors


def _stacked(problem: Problem, theta: Array, data: np.ndarray) -> np.ndarray:
    """Return the matrix to decompose."""
    q = data.shape[1] - problem.p - 1
    top = data.copy()
    for places, factor in zip(problem.places, _lambda(problem, theta), strict=True):
        top[:, places] = data[:, places] @ factor.astype(data.dtype)
    return np.concatenate([top, np.eye(q, data.shape[1], dtype=data.dtype)])


def _decompose(problem: Problem, theta: Array, *, exact: bool) -> np.ndarray:
    if exact:
        return _triangle(_stacked(problem, theta, problem.blocks))
    stacked = _stacked(problem, theta, problem.blocks.astype(float))
    return qr(stacked, mode="r", check_finite=False)[0][: stacked.shape[1]]


def _value(problem: Problem, diagonal: np.ndarray) -> float:
    last = diagonal.size - 1
    stop = last if problem.method == "REML" else last - problem.p
    df = problem.n - problem.p if problem.method == "REML" else problem.n
    r = max(diagonal[last], np.finfo(float).tiny)
    return float(2 * np.log(diagonal[:stop]).sum() + 2 * df * np.log(r) + problem.log_det)


def _value_and_gradient(theta: Array, problem: Problem, data: Array) -> tuple[float, Array]:
    stacked = _stacked(problem, theta, data)
    Q, R = qr(stacked, mode="economic", check_finite=False)
    last = R.shape[1] - 1
    q = last - problem.p
    stop = last if problem.method == "REML" else q
    # The derivative of log|AᵀA| is 2 tr((AᵀA)⁻¹ Aᵀ dA): rows of R⁻¹ Qᵀ. That of r² is -2 e dA u.
    inverse = np.linalg.solve(R[:stop, :stop], Q[: data.shape[0], :stop].T)
    solution = np.linalg.solve(R[:last, :last], R[:last, last])
    r = Q[: data.shape[0], last] * R[last, last]
    df = problem.n - problem.p if problem.method == "REML" else problem.n
    gradient = []
    for places in problem.places:
        columns, rows = np.triu_indices(places.shape[1])
        D = np.einsum("rja,jbr->ab", data[:, places], inverse[places])
        D = D - df / R[last, last] ** 2 * np.einsum("r,rja,jb->ab", r, data[:, places], solution[places])
        gradient.append(2.0 * D[rows, columns])
    return _value(problem, np.abs(np.diag(R))), np.concatenate(gradient)


def _search(problem: Problem, start: Array, iterations: int) -> tuple[float, Array]:
    end = minimize(
        _value_and_gradient,
        start,
        args=(problem, problem.blocks.astype(float)),
        jac=True,
        method="BFGS",
        options={"maxiter": iterations, "gtol": 1e-7},
    )
    return _finite(float(end.fun)), end.x


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.inf


def _starts(problem: Problem, seed: int) -> Iterator[Array]:
    """Yield multiples of the identity, one term large and the others small, and random factors."""
    rng = np.random.default_rng(seed)
    unit = [np.eye(k)[np.triu_indices(k)] for k in problem.sizes]
    for scale in SCALES:
        yield scale * np.concatenate(unit)
    if len(unit) > 1:
        for large in range(len(unit)):
            for scale in (3.0, 300.0):
                yield np.concatenate(
                    [u * (scale if place == large else 0.05) for place, u in enumerate(unit)]
                )
    for _ in range(RANDOM_STARTS):
        yield np.concatenate([10.0 ** rng.uniform(-2, 3) * rng.normal(size=u.size) for u in unit])
