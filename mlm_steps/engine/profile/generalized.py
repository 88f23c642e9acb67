"""The deviance of a generalized model with one parameter fixed, as a function of the others (section 22.5).

The parameters psi are theta, the fixed effects and log(phi), in the engine's units. With the parameter fixed
at c they are psi = a(c) + E(c) y, where y is free. Its coordinates x = S⁻¹ (y - y0) are chosen so that the
deviance rises by about |x|² around the optimum. The Hessian at the start of a search is then twice the
identity, whatever the units and the correlations of the estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.lambda_ import lower_factor, pack, unpack
from mlm_steps.engine.pirls.prepared import PreparedGlmm, prepare_glmm
from mlm_steps.engine.pirls.quadrature import deviance
from mlm_steps.engine.profile.base import ConstrainedPoint
from mlm_steps.engine.result.glmm_fit import GlmmFit

__all__ = [
    "GeneralizedDeviance",
    "Optimum",
    "hold_coefficient",
    "hold_correlation",
    "hold_deviation",
    "hold_infinite",
    "hold_log_phi",
]

Array = NDArray[np.float64]
Map = Callable[[float], tuple[Array, Array]]

DIFFERENCE = 1e-4
"""Step of the differences of the gradient, in units of the engine, in which a step of 1 is large."""
FLAT = 1e-4
"""Curvature of the deviance below which a direction keeps the engine's unit."""
FAR = 30.0
"""Distance along a separating direction at which every separated row has its limit: exp(-30) is 1e-13."""
FIRST_STEP = 0.4
"""First change of the parameter, in its standard errors."""
POISSON_LIMIT = 1e8
"""Value of phi, relative to the mean outcome, that stands for infinity: the deviance is constant above it."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A fit in the engine's units.

    Attributes
    ----------
    model : PreparedGlmm
    psi : ndarray, shape (m + p,) or (m + p + 1,)
    Q : int
        Quadrature points per dimension.
    u : tuple of ndarray
        The modes of the spherical random effects, from which all evaluations start.
    """

    model: PreparedGlmm
    psi: Array
    Q: int
    u: tuple[Array, ...] | None

    def gradient(self, psi: Array) -> Array:
        """Return the gradient of the deviance; NaN where it does not exist."""
        found = deviance(self.model, psi, self.Q, self.u)
        return np.full(psi.size, np.nan) if found is None else found.gradient

    def hessian(self) -> Array:
        """Return the Hessian at the optimum by central differences of the gradient."""
        steps = DIFFERENCE * np.eye(self.psi.size)
        columns = [
            (self.gradient(self.psi + step) - self.gradient(self.psi - step)) / (2.0 * DIFFERENCE)
            for step in steps
        ]
        H = np.nan_to_num(np.array(columns))
        return np.asarray(0.5 * (H + H.T))


@dataclass(frozen=True, slots=True, eq=False)
class GeneralizedDeviance:
    """The deviance with one parameter fixed, as ``profile.trace`` reads it.

    Attributes
    ----------
    optimum : Optimum
    place : callable
        a(c) and E(c).
    centre : ndarray
        y0, the free parameters at the optimum.
    spread : ndarray
        S.
    best, low, high, step, ceiling
        As in `mlm_steps.engine.profile.base.Constrained`.
    show : callable
        The parameter in the units of the design.
    itself : callable
        Whether the parameter has the fixed value at y, not the value of opposite sign.
    """

    optimum: Optimum
    place: Map
    centre: Array
    spread: Array
    best: float
    low: float
    high: float
    step: float
    show: Callable[[float], float]
    itself: Callable[[Array], bool]
    ceiling: float = np.inf

    @property
    def start(self) -> Array:
        """The free coordinates at the optimum."""
        return np.zeros(self.spread.shape[1])

    @property
    def exact_hessian(self) -> bool:
        """Hessians are updated, not computed."""
        return False

    def point(self, c: float, x: Array, *, hessian: bool) -> ConstrainedPoint | None:
        """Return the deviance with the parameter fixed at c; None where it does not exist."""
        a, E = self.place(c)
        found = deviance(
            self.optimum.model, a + E @ (self.centre + self.spread @ x), self.optimum.Q, self.optimum.u
        )
        if found is None:
            return None
        gradient = self.spread.T @ (E.T @ found.gradient)
        return ConstrainedPoint(found.value, gradient, 2.0 * np.eye(x.size) if hessian else None)

    def shown(self, c: float) -> float:
        """Return the parameter in the units of the design."""
        return self.show(c)

    def is_itself(self, x: Array) -> bool:
        """Return whether the parameter has the fixed value at this point, not the value of opposite sign."""
        return self.itself(self.centre + self.spread @ x)


def _held(
    optimum: Optimum,
    place: Map,
    tangent: Array,
    centre: Array,
    best: float,
    bounds: tuple[float, float],
    *,
    show: Callable[[float], float] = float,
    itself: Callable[[Array], bool] = lambda _: True,
    ceiling: float = np.inf,
) -> GeneralizedDeviance:
    """Return the deviance with the parameter fixed; ``tangent`` is the derivative of psi in c."""
    H, E = optimum.hessian(), place(best)[1]
    values, vectors = np.linalg.eigh(E.T @ H @ E)
    spread = vectors * np.sqrt(2.0 / np.where(values > FLAT, values, 2.0))
    across = spread.T @ (E.T @ H @ tangent)
    curvature = float(tangent @ H @ tangent - 0.5 * across @ across)
    step = FIRST_STEP * (np.sqrt(2.0 / curvature) if curvature > FLAT else 1.0)
    return GeneralizedDeviance(
        optimum, place, centre, spread, best, *bounds, step, show, itself, ceiling
    )  # fmt: skip


def _fixed_element(optimum: Optimum, place: int) -> tuple[Map, Array, Array]:
    """Return the map that fixes one element of psi, its tangent and the free elements."""
    size = optimum.psi.size
    E, unit = np.delete(np.eye(size), place, axis=1), np.eye(size)[place]
    return lambda c: (c * unit, E), unit, np.delete(optimum.psi, place)


def hold_log_phi(optimum: Optimum) -> GeneralizedDeviance:
    """Return the deviance with the dispersion fixed; c is log(phi)."""
    place, tangent, centre = _fixed_element(optimum, optimum.psi.size - 1)
    mean = float(np.mean(optimum.model.outcome.y))
    high = np.log(POISSON_LIMIT * max(1.0, mean)) if optimum.model.family.integers else np.inf
    best = min(float(optimum.psi[-1]), high)

    def show(c: float) -> float:
        return np.inf if c >= high else float(np.exp(c))

    return _held(optimum, place, tangent, centre, best, (-np.inf, high), show=show)


def hold_coefficient(optimum: Optimum, column: int) -> GeneralizedDeviance:
    """Return the deviance with one fixed effect fixed; c is the coefficient in the units of the design."""
    model, size = optimum.model, optimum.psi.size
    row = np.zeros(size)
    row[model.n_theta : model.n_theta + model.p] = model.back[column]
    tangent = row / (row @ row)
    basis = np.linalg.qr(np.column_stack([row, np.eye(size)]))[0][:, 1:size]
    best = float(row @ optimum.psi)
    return _held(
        optimum, lambda c: (c * tangent, basis), tangent, basis.T @ optimum.psi, best, (-np.inf, np.inf)
    )


def hold_infinite(fit: GlmmFit, column: int) -> GeneralizedDeviance:
    """Return the deviance with a coefficient fixed that is infinite at the optimum.

    The profile starts far out on a separating direction, where the deviance is that of the limit, and has one
    finite limit. If the data do not tell the sign of the coefficient, both limits are infinite.
    """
    separation = fit.separation
    if separation is None:
        raise ValueError("all coefficients are finite")
    model = prepare_glmm(fit.design, fit.distribution)
    m, p = model.n_theta, fit.prepared.p
    beta = FAR * separation.direction
    beta[separation.kept] += fit.prepared.back @ fit.psi_internal[m : m + p]
    fixed = np.linalg.solve(model.back, beta)
    theta = model.to_internal(fit.theta)
    psi = np.concatenate([theta, fixed, fit.psi_internal[m + p :]])
    found = hold_coefficient(Optimum(model, psi, fit.agq, fit.u), column)
    sign = separation.limits[column]
    low = found.best if not sign > 0.0 else -np.inf
    high = found.best if not sign < 0.0 else np.inf

    def show(c: float) -> float:
        return float(sign) if c == found.best else c

    return replace(found, low=low, high=high, show=show, step=FAR / 3.0)


def hold_deviation(optimum: Optimum, term: int, effect: int) -> GeneralizedDeviance:
    """Return the deviance with the standard deviation of one random coefficient fixed."""
    moved, first, unit = _with_first(optimum, term, (effect,))
    place, tangent, centre = _fixed_element(moved, first)
    best = float(moved.psi[first])
    found = _held(moved, place, tangent, centre, best, (0.0, np.inf), show=lambda c: float(unit * c))
    # At 0 the deviance is even in c, so that its curvature there says nothing about the interval.
    return found if best > 0.0 else replace(found, step=FIRST_STEP)


def hold_correlation(
    optimum: Optimum, term: int, one: int, other: int, ceiling: float
) -> GeneralizedDeviance:
    """Return the deviance with the correlation of two random coefficients fixed; c is its arcsine.

    Where one of the two has no variance, the deviance is the same for every correlation. ``ceiling`` is the
    rise of the deviance to that point.
    """
    moved, first, _ = _with_first(optimum, term, (one, other))
    k = optimum.model.bases[term].shape[0]
    places = [first + 1, first + k]  # the elements of the second row
    size = moved.psi.size
    rest = np.delete(np.arange(size), places)
    across, up = moved.psi[places]
    best, half = float(np.arctan2(across, up)), np.pi / 2

    def place(c: float) -> tuple[Array, Array]:
        E = np.zeros((size, size - 1))
        E[rest, np.arange(size - 2)] = 1.0
        E[places, -1] = np.sin(c), np.cos(c)
        return np.zeros(size), E

    tangent = np.zeros(size)
    tangent[places] = up, -across
    centre = np.append(moved.psi[rest], np.hypot(across, up))
    at = int(np.flatnonzero(rest == first)[0])
    return _held(
        moved, place, tangent, centre, best, (-half, half), show=lambda c: float(np.sin(c)),
        itself=lambda y: bool(y[at] * y[-1] >= 0.0), ceiling=ceiling,
    )  # fmt: skip


def _with_first(optimum: Optimum, term: int, effects: Sequence[int]) -> tuple[Optimum, int, float]:
    """Return the optimum in coordinates whose first random coefficients of a term are given ones.

    Returns
    -------
    optimum : Optimum
    first : int
        Position in psi of the term's first element of theta.
    unit : float
        The first coefficient of the design, where the new one is 1.
    """
    model = optimum.model
    basis = model.bases[term]
    k = basis.shape[0]
    rows = np.linalg.solve(basis, np.eye(k))[list(effects)]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    N = np.vstack([unit, np.linalg.svd(unit, full_matrices=True)[2][len(effects) :]])
    position, span, first = _place_of(model, term)
    z = model.z[position].copy()
    z[:, span] = z[:, span] @ np.linalg.solve(N, np.eye(k))
    psi, own = optimum.psi.copy(), slice(first, first + k * (k + 1) // 2)
    psi[own] = pack(lower_factor(N @ unpack(psi[own], k)))
    columns = tuple(z if i == position else each for i, each in enumerate(model.z))
    # The spherical effects turn with the coordinates; those of a term with one coefficient stay.
    u = optimum.u if k == 1 else None
    return Optimum(replace(model, z=columns), psi, optimum.Q, u), first, float(np.linalg.norm(rows[0]))


def _place_of(model: PreparedGlmm, term: int) -> tuple[int, slice, int]:
    """Return the factor of a term, its columns there, and the first element of its theta."""
    for position, factor in enumerate(model.factors):
        if term in factor.terms:
            span = factor.pattern.spans[factor.terms.index(term)]
            first = sum(basis.shape[0] * (basis.shape[0] + 1) // 2 for basis in model.bases[:term])
            return position, span, first
    raise ValueError(f"no term {term}")
