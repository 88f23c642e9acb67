"""Deletion of groups without a search: theta of the whole fit, and one Newton step for the variances.

For many groups. With one factor the group's part of the cross-products is subtracted. With several factors
the rows I of a level are deleted by the block P of V⁻¹ that belongs to them: for any vectors,

    x' V⁻¹ y without I  =  x' V⁻¹ y - (V⁻¹ x)_I' P⁻¹ (V⁻¹ y)_I.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from mlm_steps.design.matrices import RandomTerm
from mlm_steps.engine.criterion.criterion import profiled, solved_lower
from mlm_steps.engine.influence.deletions import Estimated, component_values
from mlm_steps.engine.influence.members import NEARLY_DEPENDENT, covariances_at
from mlm_steps.engine.influence.one_factor import sound_without
from mlm_steps.engine.posterior.henderson import posterior
from mlm_steps.engine.posterior.posterior import Posterior
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.structures.group_blocks import GroupBlocks
from mlm_steps.engine.structures.nested import Nested
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.engine.structures.whiten import whiten

__all__ = ["from_blocks", "from_rows", "multiplications"]

Array = NDArray[np.float64]

FLAT = 1e-9
"""Eigenvalue of the Hessian, relative to the largest, below which theta does not move in its direction."""


def from_blocks(fit: LmmFit, groups: GroupBlocks) -> Iterator[Estimated | None]:
    """Yield the estimates without each group of one factor; None where the rest has to be examined.

    beta and its covariance matrix are those at theta of the whole fit. The variances are those after one
    Newton step of the criterion without the group.
    """
    prepared, pattern = fit.prepared, groups.factor.pattern
    theta, units, p = prepared.to_internal(fit.theta), groups.units, fit.design.p
    Lambda = pattern.factor(theta)
    whitened = whiten(groups.R, Lambda, groups.G, large=False)
    if whitened is None:
        yield from [None] * groups.factor.J
        return
    _, LR, LG = whitened
    sound = sound_without(groups)
    own = groups.C + LG.transpose(0, 2, 1) @ LG
    left = own.sum(axis=0) - own
    left[~sound, :p, :p] = np.eye(p)
    inverse = np.linalg.inv(left[:, :p, :p])
    beta = np.einsum("gij,gj->gi", inverse, left[:, :p, p])
    pwrss = left[:, p, p] - np.einsum("gi,gi->g", left[:, :p, p], beta)
    df = groups.n.sum() - groups.n - (p if fit.method == "REML" else 0.0)
    step, change = _newton(fit, (LR, LG, Lambda), (inverse, beta, df / pwrss))
    back = units.back @ inverse @ units.back.T
    scale2 = units.scale**2 / df
    covariances = _covariances(prepared, pattern.spans, groups.factor.terms, Lambda, step)
    for g in range(groups.factor.J):
        if not sound[g] or pwrss[g] <= 0.0:
            yield None
            continue
        sigma2 = scale2[g] * max(pwrss[g] + change[g], 0.0)
        values = component_values([sigma2 * T[g] for T in covariances], float(sigma2))
        moved = units.beta0 + units.scale * (units.back @ beta[g])
        yield Estimated(moved, scale2[g] * pwrss[g] * back[g], values, fit.singular)


def _newton(
    fit: LmmFit, levels: tuple[Array, Array, Array], without: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Return the change of Lambda by one Newton step, shape (J, K, K), and the change of r², shape (J,).

    ``levels`` has L_j⁻¹ R_j, L_j⁻¹ [X y], Lambda; ``without`` has (XᵀV⁻¹X)⁻¹, beta and df / r² without each
    group. The Hessian is that of all rows.
    """
    (LR, LG, Lambda), (inverse, beta, share) = levels, without
    pattern, p = fit.prepared.strategy.factors[0].pattern, beta.shape[1]
    U, M = LR.transpose(0, 2, 1) @ LR, LR.transpose(0, 2, 1) @ LG
    residual = np.concatenate([-beta, np.ones((len(beta), 1))], axis=1)
    squares = residual[:, :, None] * residual[:, None, :]
    whole = np.einsum("jai,jbk->abik", M, M)

    def sums(weights: Array) -> Array:
        """Return Σ M_j weights M_jᵀ over the other groups, for the weights of each group."""
        rest: Array = np.einsum("abik,gik->gab", whole, weights) - M @ weights @ M.transpose(0, 2, 1)
        return rest

    of_residual = sums(squares)
    P = U.sum(axis=0) - U - share[:, None, None] * of_residual
    if fit.method == "REML":
        fixed = np.zeros_like(squares)
        fixed[:, :p, :p] = inverse
        P -= sums(fixed)
    step = -pattern.gradient(P @ Lambda) @ _inverse_hessian(fit)
    change = np.einsum("gm,gm->g", pattern.gradient(-of_residual @ Lambda), step)
    moved = np.zeros_like(U)
    moved[:, pattern.rows, pattern.columns] = step
    return moved, change


def _inverse_hessian(fit: LmmFit) -> Array:
    """Return the inverse of the Hessian in the engine's theta, in the directions where it is positive."""
    prepared = fit.prepared
    terms = prepared.strategy.criterion_terms(prepared.to_internal(fit.theta), hessian=True)
    hessian = None if terms is None else profiled(terms, prepared.n, prepared.p, fit.method).hessian
    if hessian is None:
        raise ValueError("the criterion has no Hessian at the estimates")
    roots, vectors = np.linalg.eigh(hessian)
    used = roots > FLAT * max(roots[-1], 0.0)
    inverse: Array = (vectors[:, used] / roots[used]) @ vectors[:, used].T
    return inverse


def _covariances(
    prepared: PreparedDesign, spans: tuple[slice, ...], terms: tuple[int, ...], Lambda: Array, step: Array
) -> list[Array]:
    """Return T / sigma² of each term without each group, shape (J, k, k), in the design's units."""
    found: list[Array] = [np.empty(0)] * len(prepared.bases)
    for term, span in zip(terms, spans, strict=True):
        factor = np.linalg.solve(prepared.bases[term], (Lambda + step)[:, span, span])
        found[term] = factor @ factor.transpose(0, 2, 1)
    return found


def from_rows(fit: LmmFit, term: RandomTerm) -> Iterator[Estimated | None]:
    """Yield the estimates without each level of one of several factors, at theta of the whole fit."""
    rows = posterior(fit.prepared, fit.prepared.to_internal(fit.theta))
    order = np.argsort(term.refs, kind="stable")
    ends = np.cumsum(np.bincount(term.refs, minlength=len(term.levels)))
    for part in np.split(order, ends[:-1]):
        yield _without(fit, rows, part)


def _without(fit: LmmFit, rows: Posterior, part: NDArray[np.intp]) -> Estimated | None:
    design, p = fit.design, fit.design.p
    root = np.ones(part.size) if design.weights is None else np.sqrt(design.weights[part])
    adjusted, products = rows.together(design.X, design.random, part)
    P = np.eye(part.size) - root[:, None] * products * root
    A, e = root[:, None] * adjusted, root * fit.residuals[part]
    try:
        solved = cho_solve(cho_factor(P, lower=True), np.column_stack([A, e]))
    except np.linalg.LinAlgError:
        return None
    left, right = np.eye(p) - A.T @ solved[:, :p], -A.T @ solved[:, p]
    df = design.n - part.size - (p if fit.method == "REML" else 0)
    if df <= 0 or (p and np.linalg.eigvalsh(left)[0] <= NEARLY_DEPENDENT):
        return None
    L = np.asarray(np.linalg.cholesky(left), dtype=np.float64)
    moved = solved_lower(L, right)
    sigma2 = (fit.pwrss - e @ solved[:, p] - moved @ moved) / df
    to_beta = solved_lower(rows.RX, fit.prepared.units.back.T).T
    half = solved_lower(L, to_beta.T)
    covariances, _ = covariances_at(fit.prepared, fit.theta, float(sigma2))
    values = component_values(covariances, float(sigma2))
    return Estimated(fit.beta + half.T @ moved, sigma2 * (half.T @ half), values, fit.singular)


def multiplications(fit: LmmFit, term: RandomTerm) -> float:
    """Return about how many multiplications ``from_rows`` takes."""
    n = np.bincount(term.refs, minlength=len(term.levels)).astype(float)
    others = fit.prepared.strategy.factors[1:]
    nested = isinstance(fit.prepared.strategy, Nested)
    width = sum(factor.pattern.K if nested else factor.q for factor in others)
    return float((n**2 * (width + n / 3.0)).sum())
