"""Laplace's approximation of the deviance, with its exact gradient (statistics, sections 22.2 and 22.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.pirls.modes import SETTLED, State, find_modes, moved, rows_of, summed
from mlm_steps.engine.pirls.prepared import PreparedGlmm

__all__ = ["Evaluation", "fixed_information", "laplace", "modes_at"]

Array = NDArray[np.float64]

PHI_RANGE = (1e-10, 1e15)
"""Values of phi outside which the criterion counts as absent, since functions of phi lose all digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The criterion at one parameter vector.

    Attributes
    ----------
    value : float
        The deviance d, with all constants.
    gradient : ndarray, shape (m + p,) or (m + p + 1,)
        Its gradient in theta, the fixed effects and log(phi), in the engine's units.
    u : tuple of ndarray, each of shape (J, K)
        The modes of the spherical random effects, from which the next evaluation starts.
    information : ndarray, shape (p, p), or None
        About the Hessian in the fixed effects, if it was asked for.
    """

    value: float
    gradient: Array
    u: tuple[Array, ...]
    information: Array | None = None


def modes_at(model: PreparedGlmm, psi: Array, start: Sequence[Array] | None = None) -> State | None:
    """Return the state at the conditional modes for a parameter vector, or None where there is none."""
    theta, fixed, phi = model.split(psi)
    if not np.isfinite(psi).all() or not PHI_RANGE[0] < phi < PHI_RANGE[1]:
        return None
    return find_modes(model, rows_of(model, theta), model.offset + model.X @ fixed, phi, start)


def laplace(
    model: PreparedGlmm, psi: Array, start: Sequence[Array] | None = None, *, information: bool = False
) -> Evaluation | None:
    """Return the criterion at a parameter vector in the engine's units, or None where it does not exist.

    Parameters
    ----------
    model : PreparedGlmm
    psi : ndarray, shape (m + p,) or (m + p + 1,)
        theta, the fixed effects and log(phi).
    start : sequence of ndarray, optional
        Spherical random effects near the modes.
    information : bool
        Whether to compute the information of the fixed effects.
    """
    phi = model.split(psi)[2]
    if not np.isfinite(psi).all() or not PHI_RANGE[0] < phi < PHI_RANGE[1]:
        return None
    evaluate = _in_numpy if model.loops is None else _in_loops
    found = evaluate(model, psi, start, information)
    if found is None or not (np.isfinite(found.value) and np.isfinite(found.gradient).all()):
        return None
    return found


def _in_numpy(
    model: PreparedGlmm, psi: Array, start: Sequence[Array] | None, information: bool
) -> Evaluation | None:
    state, phi = modes_at(model, psi, start), model.split(psi)[2]
    if state is None:
        return None
    value = -2.0 * (state.h + model.constants.value(phi)) + state.factorised.log_det
    known = fixed_information(model, state) if information else None
    return Evaluation(value, _gradient(model, state, phi), state.u, known)


def _in_loops(
    model: PreparedGlmm, psi: Array, start: Sequence[Array] | None, information: bool
) -> Evaluation | None:
    (theta, fixed, phi), kernel = model.split(psi), model.family.kernel
    if model.loops is None or kernel is None:
        raise ValueError("the loops do not have this model")
    found = model.loops.evaluate(
        kernel, theta, fixed, phi, model.chain_rows, start, SETTLED, information=information
    )
    if found is None:
        return None
    gradient = np.empty(model.size)
    for factor, square in zip(model.factors, found.in_Lambda, strict=True):
        gradient[factor.theta] = square[factor.pattern.rows, factor.pattern.columns]
    m, p = model.n_theta, model.p
    gradient[m : m + p] = found.in_fixed
    if model.family.has_dispersion:
        gradient[m + p] = found.in_phi - 2.0 * model.constants.slope(phi)
    value = found.squares - 2.0 * (found.log_density + model.constants.value(phi)) + found.log_det
    return Evaluation(value, gradient, found.u, found.information)


def _gradient(model: PreparedGlmm, state: State, phi: float) -> Array:
    """Return the exact gradient; the modes depend on every parameter, and log|H| on the modes."""
    slope, curvature, bend = state.derivatives
    projections = state.factorised.projections()
    s = sum(np.einsum("ia,ia->i", A, t) for A, t in zip(state.A, projections, strict=True))
    q = s * bend
    v = state.factorised.solve(summed(model, state.A, q))
    Av = moved(model, state.A, v)
    c = q - 2.0 * slope - curvature * Av
    gradient = np.empty(model.size)
    for factor, z, u, own, t in zip(model.factors, model.z, state.u, v, projections, strict=True):
        # The derivative in each element of the factor's Lambda: row of z by column of u.
        right = c[:, None] * u[factor.refs] + slope[:, None] * own[factor.refs] + 2.0 * curvature[:, None] * t
        gradient[factor.theta] = (z.T @ right)[factor.pattern.rows, factor.pattern.columns]
    m, p = model.n_theta, model.p
    gradient[m : m + p] = c @ model.X
    if model.family.has_dispersion:
        weights = model.outcome.weights
        inner = model.family.in_dispersion(model.outcome, state.eta, phi)
        gradient[m + p] = weights @ (s * inner.curvature + Av * inner.slope - 2.0 * inner.log_density)
    return gradient


def fixed_information(model: PreparedGlmm, state: State) -> Array:
    """Return 2 Xᵀ V⁻¹ X for V = W⁻¹ + A Aᵀ: about the Hessian in the fixed effects, shape (p, p)."""
    curvature = state.derivatives.curvature
    weighted = model.X * curvature[:, None]
    information = model.X.T @ weighted
    across = [summed(model, state.A, column) for column in weighted.T]
    for k, right in enumerate(across):
        solved = state.factorised.solve(right)
        for i, left in enumerate(across):
            information[i, k] -= sum(float(np.vdot(a, b)) for a, b in zip(left, solved, strict=True))
    symmetric: Array = information + information.T
    return symmetric
