"""Adaptive Gauss-Hermite quadrature of one grouping factor, with its gradient (statistics, section 22.2).

The nodes of a group are u_q = u + L⁻ᵀ x_q around its mode u, with L Lᵀ = H. With several coefficients per
group the axes of the grid are those of the engine's orthogonal columns, so that the result does not depend on
the units and the origins of the covariates.

The deviance depends on the parameters through the density at the nodes, and through the modes and H, which
place the nodes. The gradient has both parts. It costs one evaluation of the density and its slope per row and
node.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.pirls.laplace import Evaluation, laplace, modes_at
from mlm_steps.engine.pirls.node_sums import AtModes, Grid, NodeSums, Rows, node_sums
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.structures.groups import cholesky_blocks
from mlm_steps.engine.structures.triangles import forward

__all__ = ["LARGEST_DIMENSION", "Integral", "deviance", "integrate", "nodes", "quadrature_fault"]

Array = NDArray[np.float64]

LARGEST_DIMENSION = 3
"""Largest number of random coefficients per group: with more, a grid has too many nodes."""


def quadrature_fault(model: PreparedGlmm) -> str | None:
    """Return why the random effects of a model are not integrated by quadrature, or None if they can be."""
    if len(model.factors) > 1:
        names = len(model.factors)
        return f"quadrature needs one grouping factor; there are {names}"
    K = model.factors[0].pattern.K
    if K > LARGEST_DIMENSION:
        return f"quadrature has at most {LARGEST_DIMENSION} random effects per group; there are {K}"
    return None


def deviance(
    model: PreparedGlmm, psi: Array, Q: int = 1, start: Sequence[Array] | None = None
) -> Evaluation | None:
    """Return d_Q with its gradient at a parameter vector in the engine's units, or None where there is none.

    Parameters
    ----------
    model : PreparedGlmm
        If Q > 1, a model without a ``quadrature_fault``.
    psi : ndarray, shape (m + p,) or (m + p + 1,)
        theta, the fixed effects and log(phi).
    Q : int
        Points per dimension; 1 is Laplace's approximation.
    start : sequence of ndarray, optional
        Spherical random effects near the modes.
    """
    if Q == 1:
        return laplace(model, psi, start)
    u = _modes(model, psi, start)
    if u is None:
        return None
    (factor,), (theta, fixed, phi) = model.factors, model.split(psi)
    rows = Rows.of(model.family, model.outcome, factor.refs, factor.J, model.z[0])
    Lambda = factor.pattern.factor(theta[factor.theta])
    found = integrate(rows, Lambda, model.offset + model.X @ fixed, u[0], phi, Q)
    if found is None:
        return None
    gradient = np.empty(model.size)
    gradient[factor.theta] = found.Lambda[factor.pattern.rows, factor.pattern.columns]
    gradient[model.n_theta : model.n_theta + model.p] = found.rows @ model.X
    if model.family.has_dispersion:
        gradient[-1] = found.log_phi
    if not (np.isfinite(found.value) and np.isfinite(gradient).all()):
        return None
    return Evaluation(found.value, gradient, u)


def _modes(model: PreparedGlmm, psi: Array, start: Sequence[Array] | None) -> tuple[Array, ...] | None:
    """Return the modes at a parameter vector; the loops in C return them with Laplace's approximation."""
    if model.loops is None:
        state = modes_at(model, psi, start)
        return None if state is None else state.u
    near = laplace(model, psi, start)
    return None if near is None else near.u


@cache
def nodes(Q: int, K: int) -> Grid:
    """Return the grid of Q^K nodes for integrals over a standard normal density.

    Examples
    --------
    >>> x, log_weights = nodes(3, 1)
    >>> x.ravel().round(3)
    array([-1.732,  0.   ,  1.732])
    """
    x, log_w = _rule(Q)
    grids = np.meshgrid(*[x] * K, indexing="ij")
    weights = np.meshgrid(*[log_w + 0.5 * x**2] * K, indexing="ij")
    return Grid(np.stack([g.ravel() for g in grids], axis=1), np.sum([w.ravel() for w in weights], axis=0))


def _rule(Q: int) -> tuple[Array, Array]:
    """Return points and log weights of the Gauss-Hermite rule for the standard normal density.

    The weights come from the orthonormal polynomials at the points; unlike those of
    `numpy.polynomial.hermite_e.hermegauss` they neither overflow nor underflow for many points.
    """
    off = np.sqrt(np.arange(1.0, Q))
    x = np.linalg.eigvalsh(np.diag(off, 1) + np.diag(off, -1))
    x = 0.5 * (x - x[::-1])
    scale = np.zeros(Q)  # logarithm of the power of two that was taken out of the polynomials
    before, now = np.zeros(Q), np.ones(Q)
    total = np.ones(Q)
    for m in range(1, Q):
        before, now = now, (x * now - np.sqrt(m - 1.0) * before) / np.sqrt(m)
        total = total + now**2
        large = total > 1e200
        factor = np.where(large, 1e-100, 1.0)
        before, now, total = before * factor, now * factor, total * factor**2
        scale += np.where(large, 100.0 * np.log(10.0), 0.0)
    return x, -np.log(total) - 2.0 * scale


class Integral(NamedTuple):
    """The deviance d_Q and its gradient.

    Attributes
    ----------
    value : float
    rows : ndarray, shape (n,)
        Derivative in each row's linear predictor with Lambda fixed: that in beta is Xᵀ times it.
    Lambda : ndarray, shape (K, K)
        Derivatives in the elements of the factor's Lambda.
    log_phi : float
        Derivative in log(phi).
    """

    value: float
    rows: Array
    Lambda: Array
    log_phi: float


class _Mode(NamedTuple):
    """What belongs to the modes of all groups."""

    A: Array
    eta: Array
    B: Array
    L: Array
    slope: Array
    curvature: Array
    bend: Array


def integrate(rows: Rows, Lambda: Array, fixed: Array, u: Array, phi: float, Q: int) -> Integral | None:
    """Return d_Q and its gradient, or None where rounding leaves no factor of H.

    Parameters
    ----------
    rows : Rows
    Lambda : ndarray, shape (K, K)
        Covariance factor of the grouping factor.
    fixed : ndarray, shape (n,)
        o + X beta.
    u : ndarray, shape (J, K)
        Modes of the spherical random effects; they must be exact, since the gradient uses that.
    phi : float
    Q : int
        Points per dimension.
    """
    mode = _at_mode(rows, Lambda, fixed, u, phi)
    if mode is None:
        return None
    sums = node_sums(rows, AtModes(mode.A, mode.eta, u, mode.L), phi, nodes(Q, u.shape[1]))
    constant = float(rows.outcome.weights @ rows.family.constant(rows.outcome, phi))
    log_det = float(np.log(np.einsum("jkk->jk", mode.L)).sum())
    value = 2.0 * (log_det - float(sums.log_integral.sum()) - constant)
    return _gradient(rows, Lambda, mode, u, sums, phi, value)


def _at_mode(rows: Rows, Lambda: Array, fixed: Array, u: Array, phi: float) -> _Mode | None:
    A = rows.z @ Lambda
    eta = fixed + np.einsum("ik,ik->i", A, u[rows.refs])
    found = rows.family.derivatives(rows.outcome, eta, phi)
    slope, curvature, bend = (rows.outcome.weights * each for each in found)
    whole, K = slice(0, rows.J), Lambda.shape[0]
    products = rows.z[:, :, None] * (curvature[:, None] * rows.z)[:, None, :]
    B = rows.group_sums(products, whole)
    L = cholesky_blocks(Lambda.T @ B @ Lambda + np.eye(K))
    return None if L is None else _Mode(A, eta, B, L, slope, curvature, bend)


def _gradient(
    rows: Rows, Lambda: Array, mode: _Mode, u: Array, sums: NodeSums, phi: float, value: float
) -> Integral:
    """Return the gradient; with one node it is that of Laplace's approximation (statistics, section 22.3)."""
    J, K = u.shape
    whole = slice(0, J)
    strict = np.tril(sums.turned, -1)
    S = 0.5 * (strict + strict.transpose(0, 2, 1) + np.einsum("jkk->jk", sums.turned)[:, None] * np.eye(K))
    root = forward(mode.L, np.broadcast_to(np.eye(K), (J, K, K)))
    P = root.transpose(0, 2, 1) @ (0.5 * np.eye(K) + S) @ root
    s = 2.0 * np.einsum("ia,iab,ib->i", mode.A, P[rows.refs], mode.A)
    q = s * mode.bend
    target = rows.group_sums(mode.A * q[:, None], whole) - 2.0 * sums.ascent
    v = np.einsum("jba,jbc,jc->ja", root, root, target)
    along = np.einsum("ik,ik->i", mode.A, v[rows.refs])
    moved = q - mode.curvature * along
    in_Lambda = rows.z.T @ (moved[:, None] * u[rows.refs])
    in_Lambda += rows.z.T @ (mode.slope[:, None] * v[rows.refs])
    in_Lambda += 4.0 * np.einsum("jab,bc,jcd->ad", mode.B, Lambda, P) - 2.0 * sums.in_Lambda
    log_phi = -2.0 * sums.log_phi
    if rows.family.has_dispersion:
        found = rows.family.in_dispersion(rows.outcome, mode.eta, phi)
        log_phi += float(rows.outcome.weights @ (s * found.curvature + along * found.slope))
    return Integral(value, moved - 2.0 * sums.slope, in_Lambda, log_phi)
