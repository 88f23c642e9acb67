"""The joint search from one or several starts, and exact zeros at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.pirls.laplace import Evaluation, laplace
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.pirls.start import GlmStart, first_psi
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.search.joint import JointObjective, JointSearch, search_jointly
from mlm_steps.engine.search.joint_with import search_jointly_with
from mlm_steps.errors import Fault, FitError

__all__ = ["find_joint_optimum", "first_hessian"]

Array = NDArray[np.float64]

FEW_LEVELS = 8
"""Number of levels of a factor up to which every optimum is checked from other starts."""
SMALL = 0.1
"""Standard deviation at an optimum below which a second optimum is possible."""
LARGE = 2.5
"""Standard deviation at an optimum above which a second optimum is possible."""
SPARSE = 10.0
"""Number of trials per random effect below which Laplace's approximation may have several optima."""
SCALES = (0.1, 2.0)
"""Standard deviations of the random effects from which rival searches start."""
FEW_ROWS = 100
"""Number of rows up to which a model with several coefficients per level is searched from more starts."""
FEW_ROWS_OF_ONE = 40
"""The same number for models with one coefficient per level."""
MORE_SCALES = (0.1, 1.0, 4.0, 10.0)
"""Standard deviations from which rival searches start where several optima are likely."""
SHORT = 100
"""Number of evaluations after which a rival search ends."""
LOWER = 1e-9
"""Relative decrease of the deviance above which a rival optimum is lower."""
CLEARLY_LOWER = 1e-5
"""Decrease of the deviance above which a rival search that has not ended is continued."""
ZERO = 1e-5
"""Size of a covariance parameter below which it may be zero up to rounding."""
ROUNDING_AT_ZERO = 1e-10
"""Relative rise of the deviance that rounding explains when small parameters are set to zero."""


def find_joint_optimum(
    model: PreparedGlmm,
    objective: JointObjective,
    start: GlmStart,
    control: Control,
    first: Array | None = None,
) -> JointSearch:
    """Return the best optimum found, with its exact Hessian, in the engine's units.

    Parameters
    ----------
    model : PreparedGlmm
    objective : JointObjective
    start : GlmStart
        The model without random effects.
    control : Control
    first : ndarray, optional
        A parameter vector from which to start.

    Raises
    ------
    FitError
        If the criterion does not exist at the start.
    """
    psi = first_psi(model, start, control.start) if first is None else first
    if control.optimizer != "auto":
        return _positive(model, search_jointly_with(model, objective, control, psi))
    best = _search(model, objective, psi, control.max_evaluations, None)
    if best is None:
        raise FitError(Fault("", "the conditional modes of the random effects are not found at the start"))
    if best.ended == "optimum":
        scales = _scales(model, best) or SCALES[: control.restarts]
        for other in _rivals(model, best, scales):
            best = _better(model, objective, other, best, control)
    return _with_exact_zeros(model, objective, _positive(model, best))


def _search(
    model: PreparedGlmm, objective: JointObjective, psi: Array, limit: int, known: JointSearch | None
) -> JointSearch | None:
    at = objective(psi)
    if at is None:
        psi = np.where(np.arange(psi.size) < model.n_theta, 0.2 * psi, psi)
        at = objective(psi)
    if at is None:
        return None
    hessian = first_hessian(model, objective, psi, at)
    return search_jointly(
        objective, psi, at, hessian, n_theta=model.n_theta, max_evaluations=limit, known=known
    )


def first_hessian(model: PreparedGlmm, objective: JointObjective, psi: Array, at: Evaluation) -> Array:
    """Return an approximate Hessian: the information of the fixed effects, differences elsewhere."""
    m, p = model.n_theta, model.p
    information = np.zeros((psi.size, psi.size))
    near = laplace(model, psi, at.u, information=True)
    if near is not None and near.information is not None:
        information[m : m + p, m : m + p] = near.information
    return objective.rows(psi, at, information, [*range(m), *range(m + p, psi.size)])


def _diagonal(model: PreparedGlmm) -> NDArray[np.intp]:
    """Return the places in theta of the diagonal of Lambda."""
    return np.concatenate([f.theta[f.pattern.rows == f.pattern.columns] for f in model.factors])


def _better(
    model: PreparedGlmm, objective: JointObjective, start: Array, best: JointSearch, control: Control
) -> JointSearch:
    """Return the lower of an optimum that is known and the one that a search from ``start`` finds."""
    rival = _search(model, objective, start, objective.used + SHORT, best)
    if rival is None or rival.at.value >= best.at.value - LOWER * (1.0 + abs(best.at.value)):
        return best
    if rival.ended == "evaluations":
        if rival.at.value > best.at.value - CLEARLY_LOWER:
            return best
        # The short search was on its way to a lower optimum.
        longer = _search(model, objective, rival.psi, objective.used + control.max_evaluations, None)
        return best if longer is None else longer
    return rival if rival.ended in ("optimum", "diverged") else best


def _scales(model: PreparedGlmm, search: JointSearch) -> tuple[float, ...]:
    """Return the standard deviations of rival starts: none where no other optimum is likely."""
    # Two terms on one factor can each take the other's variance.
    shared = any(len(factor.terms) > 1 for factor in model.factors)
    trials = float(model.outcome.weights @ model.outcome.trials)
    sparse = trials < SPARSE * sum(factor.q for factor in model.factors)
    several = max(factor.pattern.K for factor in model.factors) > 1
    if shared or sparse or model.n <= (FEW_ROWS if several else FEW_ROWS_OF_ONE):
        return MORE_SCALES
    spread = np.abs(search.psi[_diagonal(model)])
    few = min(factor.J for factor in model.factors) <= FEW_LEVELS
    return SCALES if few or bool(spread.min() < SMALL) or bool(spread.max() > LARGE) else ()


def _rivals(model: PreparedGlmm, best: JointSearch, scales: Sequence[float]) -> Iterator[Array]:
    places = _diagonal(model)
    for scale in scales:
        psi = best.psi.copy()
        psi[: model.n_theta] = 0.0
        psi[places] = scale
        yield psi
    for correlated in (1.0, -1.0):
        if len(scales) > len(SCALES) and places.size < model.n_theta:
            psi = best.psi.copy()
            psi[: model.n_theta] = correlated
            psi[places] = 1.0
            yield psi


def _positive(model: PreparedGlmm, search: JointSearch) -> JointSearch:
    """Return the same optimum with no negative element on the diagonal of Lambda."""
    signs, u = np.ones(search.psi.size), []
    for factor, modes in zip(model.factors, search.at.u, strict=True):
        Lambda = factor.pattern.factor(search.psi[factor.theta])
        own = np.where(np.diag(Lambda) < 0.0, -1.0, 1.0)
        signs[factor.theta] = own[factor.pattern.columns]
        u.append(modes * own)
    at = replace(search.at, gradient=search.at.gradient * signs, u=tuple(u))
    hessian = None if search.hessian is None else search.hessian * np.outer(signs, signs)
    return replace(search, psi=search.psi * signs, at=at, hessian=hessian)


def _with_exact_zeros(model: PreparedGlmm, objective: JointObjective, search: JointSearch) -> JointSearch:
    """Return the search with covariance parameters that are zero within rounding set to zero."""
    own = search.psi[: model.n_theta]
    small = (np.abs(own) < ZERO) & (own != 0.0)
    if search.ended != "optimum" or not small.any():
        return search
    psi = search.psi.copy()
    psi[: model.n_theta][small] = 0.0
    at = objective(psi)
    if at is None or at.value > search.at.value + ROUNDING_AT_ZERO * (1.0 + abs(search.at.value)):
        return search
    return replace(search, psi=psi, at=at)
