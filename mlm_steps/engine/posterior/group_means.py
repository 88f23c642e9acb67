"""Mean outcomes of generalized models in the groups of the fit, with the errors of their random effects.

Given the parameters, the random effects have the covariance Lambda H⁻¹ Lambdaᵀ around their modes. The modes
depend on the parameters, whose covariance is 2 (∇²d)⁻¹; the two parts of the error are added (Kass & Steffey
1989, JASA 84:717; statistics, section 22.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.engine.pirls.laplace import modes_at
from mlm_steps.engine.pirls.modes import State, summed
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.posterior.population import MeanOutcomes, mean_outcomes
from mlm_steps.engine.posterior.posterior import TermRows
from mlm_steps.engine.posterior.predict import Rows
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.structures.groups import FactorTerms

__all__ = ["group_means"]

Array = NDArray[np.float64]
Integers = NDArray[np.intp]


def group_means(fit: GlmmFit, rows: Rows, groups: Sequence[str], *, errors: bool) -> MeanOutcomes:
    """Return the mean outcomes at the conditional modes of the rows' levels of some grouping factors.

    A level that the fit does not know, and the factors outside ``groups``, have random effects of 0 in
    ``eta``; the population average integrates them. ``new_levels`` has z'Tz of the unknown levels of
    ``groups``.

    Parameters
    ----------
    fit : GlmmFit
    rows : Rows
        With m rows.
    groups : sequence of str
        Grouping factors.
    errors : bool
        Whether to compute what the standard errors need; without it they leave out the random effects.
    """
    known = [(term.refs >= 0) & (term.group in groups) for term in rows.random]
    outside = [np.where(own[:, None], 0.0, term.z) for own, term in zip(known, rows.random, strict=True)]
    at = mean_outcomes(fit, rows.X, rows.offset, outside)
    eta, new_levels = at.eta.copy(), np.zeros(at.eta.shape)
    for own, term, modes, T in zip(known, rows.random, fit.modes, fit.covariances, strict=True):
        eta[own] += np.einsum("ij,ij->i", term.z[own], modes[term.refs[own]])
        if term.group in groups:
            z = term.z[~own]
            new_levels[~own] += np.einsum("ia,ab,ib->i", z, T, z)
    found = replace(at, eta=eta, new_levels=new_levels)
    return _with_errors(found, rows.random, known) if errors else found


def _with_errors(
    at: MeanOutcomes, terms: Sequence[TermRows], known: Sequence[NDArray[np.bool_]]
) -> MeanOutcomes:
    """Return the means with the derivatives of the modes in the parameters and the variances of the modes."""
    model, fit = at.fit.prepared, at.fit
    state = modes_at(model, fit.psi_internal, fit.u)
    if state is None:
        raise ValueError("the conditional modes are not found")
    refs, z = _engine_rows(model, terms, known)
    A = [
        own @ factor.pattern.factor(fit.psi_internal[factor.theta])
        for own, factor in zip(z, model.factors, strict=True)
    ]
    in_eta = at.in_eta.copy()
    for column, right in enumerate(_gradients(model, state, model.split(fit.psi_internal)[2])):
        for columns, levels, change in zip(A, refs, state.factorised.solve(right), strict=True):
            in_eta[:, column] += np.einsum("ia,ia->i", columns, change[levels])
    for factor, own, levels, u in zip(model.factors, z, refs, state.u, strict=True):
        for r, row, column in _elements(factor):
            in_eta[:, r] += own[:, row] * u[levels, column]
    return replace(at, in_eta=in_eta, of_modes=_mode_variances(model, state, refs, A))


def _engine_rows(
    model: PreparedGlmm, terms: Sequence[TermRows], known: Sequence[NDArray[np.bool_]]
) -> tuple[list[Integers], list[Array]]:
    """Return per factor the levels and the columns in the engine's units, zero where not known."""
    refs, z = [], []
    for factor in model.factors:
        own = [_divided(model.bases[t], np.where(known[t][:, None], terms[t].z, 0.0)) for t in factor.terms]
        first = factor.terms[0]
        refs.append(np.where(known[first], terms[first].refs, 0))
        z.append(np.concatenate(own, axis=1))
    return refs, z


def _gradients(model: PreparedGlmm, state: State, phi: float) -> Iterator[list[Array]]:
    """Yield per parameter the derivative of Aᵀ a ℓ' - u at fixed u; H⁻¹ times it is that of the modes."""
    slope, curvature, _ = state.derivatives
    all_scores = summed(model, model.z, slope)
    for factor_at, factor in enumerate(model.factors):
        scores = all_scores[factor_at]
        for _, row, column in _elements(factor):
            moved = model.z[factor_at][:, row] * state.u[factor_at][factor.refs, column]
            right = summed(model, state.A, -curvature * moved)
            right[factor_at][:, column] += scores[:, row]
            yield right
    for fixed in model.X.T:
        yield summed(model, state.A, -curvature * fixed)
    if model.family.has_dispersion:
        inner = model.family.in_dispersion(model.outcome, state.eta, phi)
        yield summed(model, state.A, model.outcome.weights * inner.slope)


def _elements(factor: FactorTerms) -> Iterator[tuple[int, int, int]]:
    """Yield the position in theta, the row and the column of each free element of the factor's Lambda."""
    pattern = factor.pattern
    for r, row, column in zip(factor.theta, pattern.rows, pattern.columns, strict=True):
        yield int(r), int(row), int(column)


def _mode_variances(model: PreparedGlmm, state: State, refs: Sequence[Integers], A: Sequence[Array]) -> Array:
    """Return a'H⁻¹a of each row, shape (m,)."""
    if len(model.factors) == 1:
        own = state.factorised.variances()[0]
        return np.asarray(np.einsum("ia,iab,ib->i", A[0], own[refs[0]], A[0]))
    together, columns = np.stack(refs, axis=1), np.concatenate(A, axis=1)
    combinations, where = np.unique(together, axis=0, return_inverse=True)
    found = np.empty(columns.shape[0])
    order = np.argsort(where.ravel(), kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(where.ravel()))[:-1])
    for levels, rows in zip(combinations, parts, strict=True):
        block = _inverse_block(model, state, levels)
        found[rows] = np.einsum("ia,ab,ib->i", columns[rows], block, columns[rows])
    return found


def _inverse_block(model: PreparedGlmm, state: State, levels: Integers) -> Array:
    """Return the block of H⁻¹ for one level of each factor."""
    columns = []
    for position, (factor, level) in enumerate(zip(model.factors, levels, strict=True)):
        for a in range(factor.pattern.K):
            right = [np.zeros((f.J, f.pattern.K)) for f in model.factors]
            right[position][level, a] = 1.0
            solved = state.factorised.solve(right)
            columns.append(np.concatenate([part[own] for part, own in zip(solved, levels, strict=True)]))
    return np.stack(columns, axis=1)


def _divided(upper: Array, rows: Array) -> Array:
    """Return rows @ upper⁻¹; a missing value makes its row missing."""
    return np.asarray(solve_triangular(upper, rows.T, trans="T", check_finite=False).T)
