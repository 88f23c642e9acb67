"""The ML deviance with one parameter fixed, as a function of the others (statistics, section 8).

For each kind of parameter there are coordinates of which the parameter is one. The other coordinates are free
in all of R^m, as in the search for the optimum. The fixed coordinate is called c. Its scale is chosen so that
its bounds can be reached: log sigma, the angle of a correlation, or a standard deviation or coefficient.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import CriterionTerms, profiled
from mlm_steps.engine.criterion.lambda_ import lower_factor, pack, unpack
from mlm_steps.engine.profile.base import ConstrainedPoint
from mlm_steps.engine.structures.coordinates import change_random_coordinates, combine_columns
from mlm_steps.engine.structures.prepared import PreparedDesign, Strategy

__all__ = [
    "ConstrainedDeviance",
    "constrain_coefficient",
    "constrain_correlation",
    "constrain_deviation",
    "constrain_sigma",
    "constrain_theta",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ConstrainedDeviance(ABC):
    """The deviance of a model as a function of one fixed parameter and the free coordinates.

    Attributes
    ----------
    best : float
        Value of c at the optimum.
    start : ndarray
        The free coordinates at the optimum.
    low, high : float
        Bounds of c.
    step : float
        A change of c of the order of a standard error.
    strategy : Strategy
    n : int
    unit : float
        Value of c = 1 in the units of the design.
    ceiling : float
        Upper bound of the rise of the deviance for all c.
    """

    best: float
    start: Array
    low: float
    high: float
    step: float
    strategy: Strategy
    n: int
    unit: float = 1.0
    ceiling: float = np.inf

    @abstractmethod
    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance with the parameter fixed at c; None where it does not exist."""

    @property
    def exact_hessian(self) -> bool:
        """Whether every evaluation may come with its Hessian."""
        return self.strategy.exact_hessian

    def shown(self, c: float) -> float:
        """Return the parameter in the units of the design."""
        return self.unit * c

    def is_itself(self, x: Array) -> bool:
        """Return whether the parameter has the fixed value at this point, not the value of opposite sign."""
        return x.size >= 0


@dataclass(frozen=True, slots=True, eq=False)
class _Sigma(ConstrainedDeviance):
    """c is log sigma; theta is free."""

    def shown(self, c: float) -> float:
        """Return sigma in outcome units."""
        return self.unit * float(np.exp(c))

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance at sigma and theta."""
        criterion_terms = self.strategy.criterion_terms(x, hessian=hessian)
        if criterion_terms is None:
            return None
        whole = _unprofiled(criterion_terms, c, self.n)
        H = None if whole.hessian is None else whole.hessian[:-1, :-1]
        return ConstrainedPoint(whole.value, whole.gradient[:-1], H)


@dataclass(frozen=True, slots=True, eq=False)
class _Deviation(ConstrainedDeviance):
    """c is sigma times the element ``place`` of theta; the other elements and log sigma are free."""

    place: int = field(kw_only=True)

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance at theta = (c / sigma, …) and sigma."""
        relative = c * float(np.exp(-x[-1]))
        criterion_terms = self.strategy.criterion_terms(
            np.insert(x[:-1], self.place, relative), hessian=hessian
        )
        if criterion_terms is None:
            return None
        whole = _unprofiled(criterion_terms, float(x[-1]), self.n)
        keep = np.delete(np.arange(x.size + 1), self.place)
        slope = whole.gradient[self.place]
        gradient = whole.gradient[keep]
        gradient[-1] -= relative * slope
        if whole.hessian is None:
            return ConstrainedPoint(whole.value, gradient, None)
        H = whole.hessian
        E = np.eye(x.size + 1)[:, keep]
        E[self.place, -1] = -relative
        second = E.T @ H @ E
        second[-1, -1] += relative * slope
        return ConstrainedPoint(whole.value, gradient, second)


@dataclass(frozen=True, slots=True, eq=False)
class _Profiled(ConstrainedDeviance):
    """sigma is profiled out; theta is linear in the free coordinates."""

    def _at(
        self, strategy: Strategy, theta_internal: Array, E: Array, *, hessian: bool
    ) -> ConstrainedPoint | None:
        criterion_terms = strategy.criterion_terms(theta_internal, hessian=hessian)
        if criterion_terms is None:
            return None
        point = profiled(criterion_terms, self.n, criterion_terms.beta.size, "ML")
        H = None if point.hessian is None else E.T @ point.hessian @ E
        return ConstrainedPoint(point.value, E.T @ point.gradient, H)


@dataclass(frozen=True, slots=True, eq=False)
class _Correlation(_Profiled):
    """c is the angle whose sine is the correlation; the row of theta is its length times (sin, cos)."""

    places: tuple[int, int] = field(kw_only=True)

    def shown(self, c: float) -> float:
        """Return the correlation."""
        return float(np.sin(c))

    def is_itself(self, x: Array) -> bool:
        """Return whether both standard deviations have one sign: with two signs the correlation is -c."""
        return bool(x[self.places[0] - 1] * x[-1] >= 0.0)

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance at the correlation; the last free coordinate is the length of the row."""
        m = x.size + 1
        E = np.zeros((m, x.size))
        E[np.delete(np.arange(m), self.places), np.arange(m - 2)] = 1.0
        E[self.places, -1] = np.sin(c), np.cos(c)
        return self._at(self.strategy, E @ x, E, hessian=hessian)


@dataclass(frozen=True, slots=True, eq=False)
class _Theta(_Profiled):
    """c is the only element of theta; there are no free coordinates."""

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance at theta."""
        return self._at(self.strategy, np.append(x, c), np.zeros((1, 0)), hessian=hessian)


@dataclass(frozen=True, slots=True, eq=False)
class _Coefficient(_Profiled):
    """c is a fixed effect in the units of the design; theta is free."""

    direction: Array = field(kw_only=True)
    others: Array = field(kw_only=True)
    zero: float = field(kw_only=True)

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance of the outcome minus c times the column, with the column removed from X."""
        p = self.direction.size
        B = np.zeros((p + 1, p))
        B[:p, : p - 1] = self.others
        B[:p, -1] = -self.direction * ((c - self.zero) / self.unit)
        B[p, -1] = 1.0
        return self._at(combine_columns(self.strategy, B), x, np.eye(x.size), hessian=hessian)

    def shown(self, c: float) -> float:
        """Return the coefficient."""
        return c


def _unprofiled(criterion_terms: CriterionTerms, tau: float, n: int) -> ConstrainedPoint:
    """Return log|L|² + r²/sigma² + n log sigma² in (theta, log sigma)."""
    share = float(np.exp(-2.0 * tau))
    L, _, r = criterion_terms.gradients
    rest = criterion_terms.pwrss * share
    gradient = np.append(L + share * r, 2.0 * (n - rest))
    value = criterion_terms.log_det_L2 + rest + 2.0 * n * tau
    if criterion_terms.hessians is None:
        return ConstrainedPoint(value, gradient, None)
    m = L.size
    H = np.empty((m + 1, m + 1))
    H[:m, :m] = criterion_terms.hessians[0] + share * criterion_terms.hessians[2]
    H[:m, m] = H[m, :m] = -2.0 * share * r
    H[m, m] = 4.0 * rest
    return ConstrainedPoint(value, gradient, H)


def constrain_sigma(prepared: PreparedDesign, theta_internal: Array, sigma: float) -> ConstrainedDeviance:
    """Return the deviance with sigma fixed; theta and sigma are the optimum, in the engine's units."""
    n = prepared.n
    return _Sigma(
        float(np.log(sigma)), theta_internal, -np.inf, np.inf, 1.0 / np.sqrt(2.0 * n), prepared.strategy, n,
        prepared.units.scale,
    )  # fmt: skip


def constrain_deviation(
    prepared: PreparedDesign, theta_internal: Array, sigma: float, term: int, effect: int
) -> ConstrainedDeviance:
    """Return the deviance with the standard deviation of one random coefficient fixed."""
    rows = _coefficients(prepared, term)[[effect]]
    length = float(np.linalg.norm(rows))
    transformed, moved, span = _in_new_coordinates(prepared, theta_internal, term, rows)
    c = sigma * float(moved[span.start])
    start = np.append(np.delete(moved, span.start), np.log(sigma))
    return _Deviation(
        c, start, 0.0, np.inf, 0.1 * c or 0.01 * sigma, transformed, prepared.n,
        prepared.units.scale * length, place=span.start,
    )  # fmt: skip


def constrain_correlation(
    prepared: PreparedDesign, theta_internal: Array, term: int, one: int, other: int, ceiling: float
) -> ConstrainedDeviance:
    """Return the deviance with the correlation of two random coefficients fixed.

    Where one of the two has no variance, the deviance is the same for every correlation. ``ceiling`` is the
    rise of the deviance to that point.
    """
    rows = _coefficients(prepared, term)[[one, other]]
    transformed, moved, span = _in_new_coordinates(prepared, theta_internal, term, rows)
    k = rows.shape[1]
    places = (span.start + 1, span.start + k)
    across, up = moved[list(places)]
    start = np.append(np.delete(moved, places), np.hypot(across, up))
    half = np.pi / 2
    return _Correlation(
        float(np.arctan2(across, up)), start, -half, half, 0.1, transformed, prepared.n,
        ceiling=ceiling, places=places,
    )  # fmt: skip


def constrain_theta(prepared: PreparedDesign, theta_internal: Array) -> ConstrainedDeviance:
    """Return the deviance with the only element of theta fixed."""
    unit = 1.0 / float(prepared.bases[0][0, 0])
    c = abs(float(theta_internal[0]))
    return _Theta(c, np.zeros(0), 0.0, np.inf, 0.1 * c or 0.01, prepared.strategy, prepared.n, unit)


def constrain_coefficient(
    prepared: PreparedDesign, theta_internal: Array, column: int, estimate: float, se: float
) -> ConstrainedDeviance:
    """Return the deviance with one fixed effect fixed; its estimate and standard error are those of ML."""
    units = prepared.units
    row = units.back[column]
    length = float(np.linalg.norm(row))
    basis = np.linalg.qr(np.column_stack([row / length, np.eye(row.size)]))[0]
    return _Coefficient(
        estimate, theta_internal, -np.inf, np.inf, se, prepared.strategy, prepared.n, units.scale * length,
        direction=row / length, others=basis[:, 1 : row.size], zero=float(units.beta0[column]),
    )  # fmt: skip


def _coefficients(prepared: PreparedDesign, term: int) -> Array:
    """Return the rows that give the random coefficients of the design from those of the engine."""
    basis = prepared.bases[term]
    return np.asarray(np.linalg.solve(basis, np.eye(basis.shape[0])), dtype=np.float64)


def _in_new_coordinates(
    prepared: PreparedDesign, theta_internal: Array, term: int, rows: Array
) -> tuple[Strategy, Array, slice]:
    """Return the strategy with the coefficients ``rows`` first, its theta, and the term's slice of theta."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    constrained = rows / lengths
    k = constrained.shape[1]
    full = np.linalg.svd(constrained, full_matrices=True)[2]
    N = np.vstack([constrained, full[constrained.shape[0] :]])
    sizes = [basis.shape[0] * (basis.shape[0] + 1) // 2 for basis in prepared.bases]
    start = sum(sizes[:term])
    span = slice(start, start + sizes[term])
    moved = theta_internal.copy()
    moved[span] = pack(lower_factor(N @ unpack(theta_internal[span], k)))
    return change_random_coordinates(prepared.strategy, term, np.linalg.solve(N, np.eye(k))), moved, span
