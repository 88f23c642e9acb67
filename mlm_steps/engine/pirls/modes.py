"""Conditional modes of the random effects by penalised iteratively reweighted least squares.

With b = Lambda u, h(u) = Σ a ℓ(eta) - |u|²/2 is concave. Newton's method solves H δ = Aᵀ a ℓ' - u with
H = Aᵀ W A + I, A = Z Lambda and W = diag(a w). Where h would decrease in a group of rows that shares no
random effect with others, the step of that group is halved (statistics, section 22.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.families import Derivatives
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.structures.groups import segment_sum
from mlm_steps.engine.structures.newton_end import is_settled
from mlm_steps.engine.structures.weighted import Factorised

__all__ = ["SETTLED", "State", "find_modes", "moved", "rows_of", "summed"]

Array = NDArray[np.float64]

SETTLED = 1e-24
"""Decrement gᵀ H⁻¹ g, relative to 1 + q, below which the modes are found. It is the square of the error of
the modes in their conditional standard deviations, on which log|H| depends to first order; differences of
gradients over a step of 1e-4 multiply that error by 1e4."""
MOST_STEPS = 100
"""Largest number of Newton steps; ten suffice unless the linear predictor has no bound."""
MOST_HALVINGS = 40
"""Largest number of times that a step is halved."""
ROUNDING = 1e-13
"""Decrease of h, relative to its size, that rounding explains."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The rows at the conditional modes.

    Attributes
    ----------
    u : tuple of ndarray, each of shape (J, K)
        Spherical random effects per factor.
    A : tuple of ndarray, each of shape (n, K)
        Rows of Z Lambda per factor.
    eta : ndarray, shape (n,)
    log_density : float
        Σ a ℓ without the constant of the family.
    derivatives : Derivatives
        a ℓ', a w and a w' per row.
    factorised : Factorised
        The factorisation of H.
    steps : int
        Newton steps.
    """

    u: tuple[Array, ...]
    A: tuple[Array, ...]
    eta: Array
    log_density: float
    derivatives: Derivatives
    factorised: Factorised
    steps: int

    @property
    def h(self) -> float:
        """The penalised log density at the modes, without the constant of the family."""
        return self.log_density - 0.5 * sum(float(np.vdot(u, u)) for u in self.u)


def rows_of(model: PreparedGlmm, theta: Array) -> tuple[Array, ...]:
    """Return the rows of Z Lambda per factor, shape (n, K), at theta in the engine's units."""
    return tuple(
        z * theta[factor.theta[0]]
        if factor.pattern.K == 1
        else z @ factor.pattern.factor(theta[factor.theta])
        for z, factor in zip(model.z, model.factors, strict=True)
    )


def moved(model: PreparedGlmm, A: Sequence[Array], u: Sequence[Array]) -> Array:
    """Return A u, shape (n,)."""
    total = np.zeros(model.n)
    for columns, levels, factor in zip(A, u, model.factors, strict=True):
        for a in range(columns.shape[1]):
            total += columns[:, a] * levels[factor.refs, a]
    return total


def summed(model: PreparedGlmm, A: Sequence[Array], values: Array) -> list[Array]:
    """Return Aᵀ values, shape (J, K) per factor."""
    return [
        segment_sum(columns * values[:, None], factor.refs, factor.J)
        for columns, factor in zip(A, model.factors, strict=True)
    ]


def find_modes(
    model: PreparedGlmm, A: tuple[Array, ...], base: Array, phi: float, start: Sequence[Array] | None = None
) -> State | None:
    """Return the state at the conditional modes, or None where they are not found.

    Parameters
    ----------
    model : PreparedGlmm
    A : tuple of ndarray
        The rows of Z Lambda.
    base : ndarray, shape (n,)
        The linear predictor without random effects.
    phi : float
    start : sequence of ndarray, optional
        Random effects from which to start; 0 by default.
    """
    u = [np.zeros((f.J, f.pattern.K)) for f in model.factors] if start is None else list(start)
    trial = _Trial(model, A, base, phi, u)
    least = SETTLED * (1 + sum(each.size for each in u))
    before = np.inf
    for steps in range(MOST_STEPS):
        slope, curvature, bend = model.family.derivatives(model.outcome, trial.eta, phi)
        weights = model.outcome.weights
        derivatives = Derivatives(weights * slope, weights * curvature, weights * bend)
        factorised = model.structure.factorise(A, derivatives.curvature)
        if factorised is None:
            return None
        gradient = [g - each for g, each in zip(summed(model, A, derivatives.slope), trial.u, strict=True)]
        step = factorised.solve(gradient)
        decrement = sum(float(np.vdot(g, d)) for g, d in zip(gradient, step, strict=True))
        if not np.isfinite(decrement):
            return None
        if is_settled(decrement, before, least):
            value = float(weights @ trial.log_density)
            return State(tuple(trial.u), A, trial.eta, value, derivatives, factorised, steps)
        after = trial.after(step)
        if after is None:
            return None
        trial, before = after, decrement
    return None


class _Trial:
    """Random effects with their linear predictor and log density."""

    def __init__(
        self, model: PreparedGlmm, A: tuple[Array, ...], base: Array, phi: float, u: list[Array]
    ) -> None:
        self._model, self._A, self._base, self._phi = model, A, base, phi
        self.u = u
        self.eta = base + moved(model, A, u)
        self.log_density = model.family.log_density(model.outcome, self.eta, phi)

    def after(self, step: Sequence[Array]) -> _Trial | None:
        """Return the random effects after a step, halved in the groups in which h would decrease."""
        before = self._heights()
        step = list(step)
        for _ in range(MOST_HALVINGS):
            u = [each + change for each, change in zip(self.u, step, strict=True)]
            trial = _Trial(self._model, self._A, self._base, self._phi, u)
            after = trial._heights()
            worse = ~(after >= before - ROUNDING * (1.0 + np.abs(before)))
            if not worse.any():
                return trial
            step = self._halved(step, worse)
        return None

    def _heights(self) -> Array:
        """Return h per group of rows that shares no random effect with others, or h as the only element."""
        groups = self._model.structure.independent
        weighted = self._model.outcome.weights * self.log_density
        if groups is None:
            return np.array([weighted.sum() - 0.5 * sum(float(np.vdot(u, u)) for u in self.u)])
        size = self._model.factors[-1].J
        heights = segment_sum(weighted, groups, size)
        for factor, u in zip(self._model.factors, self.u, strict=True):
            heights -= 0.5 * segment_sum(
                np.einsum("jk,jk->j", u, u), _group_of(factor.refs, groups, factor.J), size
            )
        return heights

    def _halved(self, step: Sequence[Array], worse: NDArray[np.bool_]) -> list[Array]:
        groups = self._model.structure.independent
        if groups is None:
            return [0.5 * each for each in step]
        factors = self._model.factors
        return [
            each * np.where(worse[_group_of(factor.refs, groups, factor.J)], 0.5, 1.0)[:, None]
            for each, factor in zip(step, factors, strict=True)
        ]


def _group_of(refs: NDArray[np.intp], groups: NDArray[np.intp], J: int) -> NDArray[np.intp]:
    """Return the group of rows of each level of a factor."""
    found = np.zeros(J, dtype=np.intp)
    found[refs] = groups
    return found
