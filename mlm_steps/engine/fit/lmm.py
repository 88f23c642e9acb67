"""Fit a linear mixed model: at the optimum, or at given parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import CriterionTerms, TracePoint, additive_constant, solved_lower
from mlm_steps.engine.result.checks import check_design, constant_within
from mlm_steps.engine.result.evaluate import constant_of
from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport, LmmFit, Method
from mlm_steps.engine.result.notices import notices_of
from mlm_steps.engine.search.convergence import assess
from mlm_steps.engine.search.optimize import SearchResult
from mlm_steps.engine.search.search import find_optimum, refine, with_exact_zeros
from mlm_steps.engine.search.search_with import search_with
from mlm_steps.engine.structures.prepared import PreparedDesign, prepare
from mlm_steps.errors import Fault, FitError

__all__ = ["evaluate_at", "fit_lmm"]

Array = NDArray[np.float64]

GIVEN_UP = {
    "diverged": "the residual variance goes to zero beside the random effects', which reproduce the outcome",
    "lost": "rounding hides the criterion: the residual variance is so small beside the random effects'",
}
"""Explanation for each way in which a search can end without a fit."""
CANCELLATION = 1e-5
"""Share of the outcome's sum of squares below which r² has lost too many digits to subtraction."""


def fit_lmm(
    design: Design,
    *,
    method: Method = "REML",
    control: Control | None = None,
    start: Array | None = None,
    prepared: PreparedDesign | None = None,
) -> LmmFit:
    """Return the linear mixed model at the optimum of its criterion (Bates et al. 2015).

    Parameters
    ----------
    design : Design
    method : {"REML", "ML"}
    control : Control, optional
    start : ndarray, shape (m,), optional
        Covariance parameters, in the design's units, from which a search also starts.
    prepared : PreparedDesign, optional
        The same design as prepared by an earlier fit.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data (``check_design``), or is too large.
    """
    prepared = _checked(design) if prepared is None else prepared
    search_control = control or Control()
    begin = None if start is None else prepared.to_internal(np.asarray(start, dtype=float))
    search = find_optimum if search_control.optimizer == "auto" else search_with
    found = _in_units(search(prepared, method, search_control, begin), prepared, method)
    recentred = _recentred(design, prepared, found.point.criterion_terms)
    if recentred is not None:
        prepared = recentred
        finish = refine if search_control.optimizer == "auto" else search_with
        found = _in_units(
            finish(prepared, method, search_control, found.theta), prepared, method, before=found
        )
    if found.ended in GIVEN_UP:
        hint, level = "leave some out; or the model lacks an intercept", constant_within(design)
        if level is not None:
            hint = f"{level}; analyse one row per group, or another outcome"
        raise FitError(Fault("", GIVEN_UP[found.ended], hint), trace=found.trace)
    found = with_exact_zeros(prepared, method, found)
    report = assess(prepared, found)
    theta = prepared.from_internal(found.theta)
    return _assemble(design, prepared, theta, (found.theta, found.point.criterion_terms), method, report)


def _in_units(
    search: SearchResult, prepared: PreparedDesign, method: Method, *, before: SearchResult | None = None
) -> SearchResult:
    """Return the search with its trace in the design's units, after the trace of an earlier one."""
    constant = constant_of(prepared, method)
    used = 0 if before is None else before.evaluations
    own = [TracePoint(used + at, value + constant, slope) for at, value, slope in search.trace]
    trace = (*(() if before is None else before.trace), *own)
    return SearchResult(
        search.theta, search.point, used + search.evaluations, search.ended, search.optimizer,
        search.message, trace,
    )  # fmt: skip


def evaluate_at(
    design: Design, theta: Array, *, method: Method = "REML", prepared: PreparedDesign | None = None
) -> LmmFit:
    """Return the model at given covariance parameters, in the design's units.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data, or the criterion does not exist at theta.
    """
    given_prepared = prepared is not None
    prepared = _checked(design) if prepared is None else prepared
    given = np.asarray(theta, dtype=float)
    if given.shape != (design.n_theta,) or not np.isfinite(given).all():
        raise FitError(Fault("", f"theta must hold {design.n_theta} finite numbers"))
    theta_internal = prepared.to_internal(given)
    criterion_terms = _criterion_terms(prepared, theta_internal)
    # The same second centring as in `fit_lmm`, so that both give the same digits.
    recentred = None if given_prepared else _recentred(design, prepared, criterion_terms)
    if recentred is not None:
        prepared = recentred
        theta_internal = prepared.to_internal(given)
        criterion_terms = _criterion_terms(prepared, theta_internal)
    return _assemble(design, prepared, given, (theta_internal, criterion_terms), method, None)


def _checked(design: Design) -> PreparedDesign:
    """Return the prepared design; FitError when the model cannot be estimated from these data."""
    check_design(design)
    return prepare(design)


def _recentred(
    design: Design, prepared: PreparedDesign, criterion_terms: CriterionTerms
) -> PreparedDesign | None:
    """Return the design with the outcome centred on these fixed effects, or None where that gains no digits.

    Digits are gained where the outcome was centred on ordinary least-squares coefficients far from these.
    """
    if criterion_terms.pwrss < CANCELLATION * prepared.outcome_share:
        return prepare(design, shift=_fixed_effects(prepared, criterion_terms))
    return None


def _criterion_terms(prepared: PreparedDesign, theta_internal: Array) -> CriterionTerms:
    criterion_terms = prepared.strategy.criterion_terms(theta_internal, hessian=False)
    if criterion_terms is None:
        raise FitError(Fault("", "the criterion does not exist at these covariance parameters"))
    return criterion_terms


def _fixed_effects(prepared: PreparedDesign, criterion_terms: CriterionTerms) -> Array:
    units = prepared.units
    return units.beta0 + units.scale * (units.back @ criterion_terms.beta)


def _assemble(
    design: Design,
    prepared: PreparedDesign,
    theta: Array,
    at_theta: tuple[Array, CriterionTerms],
    method: Method,
    report: ConvergenceReport | None,
) -> LmmFit:
    (theta_internal, criterion_terms), units = at_theta, prepared.units
    beta, modes = _fixed_effects(prepared, criterion_terms), _modes(prepared, theta_internal)
    pwrss = units.scale**2 * criterion_terms.pwrss
    df = prepared.n - prepared.p if method == "REML" else prepared.n
    sigma = float(np.sqrt(pwrss / df))
    root = sigma * solved_lower(criterion_terms.RX, units.back.T).T
    log_det_RX2 = criterion_terms.log_det_RX2 - 2.0 * units.log_det
    criterion = (
        criterion_terms.log_det_L2 + df * np.log(pwrss) + additive_constant(prepared.n, prepared.p, method)
    )
    criterion += (log_det_RX2 if method == "REML" else 0.0) - units.sum_log_weights
    fitted = _fitted(design, beta, modes)
    fit = LmmFit(
        design=design, method=method, theta=theta, sigma=sigma, beta=beta, vcov=root @ root.T,
        criterion=float(criterion), log_det_L2=criterion_terms.log_det_L2, log_det_RX2=log_det_RX2,
        pwrss=pwrss, modes=modes, fitted=fitted, residuals=design.y - fitted, convergence=report,
        prepared=prepared, criterion_terms=criterion_terms,
    )  # fmt: skip
    return replace(fit, notices=notices_of(fit))


def _modes(prepared: PreparedDesign, theta_internal: Array) -> tuple[Array, ...]:
    modes: list[Array] = [np.empty(0) for _ in prepared.bases]
    for factor, b in zip(prepared.strategy.factors, prepared.strategy.modes(theta_internal), strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            modes[term] = (
                prepared.units.scale * solved_lower(prepared.bases[term].T, b[:, span].T, transposed=True).T
            )
    return tuple(modes)


def _fitted(design: Design, beta: Array, modes: tuple[Array, ...]) -> Array:
    fitted: Array = design.X @ beta
    if design.offset is not None:
        fitted = fitted + design.offset
    for term, b in zip(design.random, modes, strict=True):
        fitted = fitted + np.einsum("ij,ij->i", term.z, b.take(term.refs, axis=0))
    return fitted
