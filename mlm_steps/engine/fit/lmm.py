"""Linear mixed models: the fit at the optimum, and at parameters that are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import Pieces, TracePoint, penalty, solved_lower
from mlm_steps.engine.result.checks import check_design, constant_within
from mlm_steps.engine.result.evaluate import constant_of
from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport, LmmFit, Method
from mlm_steps.engine.result.notices import notices_of
from mlm_steps.engine.search.convergence import assess
from mlm_steps.engine.search.optimize import Search
from mlm_steps.engine.search.search import find_optimum, polish, settled
from mlm_steps.engine.search.search_with import search_with
from mlm_steps.engine.structures.prepared import Kernel, prepare
from mlm_steps.errors import Fault, FitError

__all__ = ["evaluate_at", "fit_lmm"]

Array = NDArray[np.float64]

GIVEN_UP = {
    "diverged": "the residual variance goes to zero beside the random effects', which reproduce the outcome",
    "lost": "rounding hides the criterion: the residual variance is so small beside the random effects'",
}
"""Ends of a search that leave no fit, in words."""
CANCELLATION = 1e-5
"""Share of the outcome's sum of squares below which r² has lost digits to subtraction."""


def fit_lmm(
    design: Design,
    *,
    method: Method = "REML",
    control: Control | None = None,
    start: Array | None = None,
    kernel: Kernel | None = None,
) -> LmmFit:
    """Return the linear mixed model at the optimum of its criterion (Bates et al. 2015).

    Parameters
    ----------
    design : Design
    method : {"REML", "ML"}
    control : Control, optional
    start : ndarray, shape (m,), optional
        Covariance parameters, in the design's units, from which a search also starts.
    kernel : Kernel, optional
        The same design made ready by an earlier fit.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data (``check_design``), or is too large.
    """
    if kernel is None:
        check_design(design)
        kernel = prepare(design)
    search_control = control or Control()
    begin = None if start is None else kernel.convert(np.asarray(start, dtype=float), inverse=False)
    search = find_optimum if search_control.optimizer == "auto" else search_with
    found = _in_units(search(kernel, method, search_control, begin), kernel, method)
    pieces = found.point.pieces
    if pieces.pwrss < CANCELLATION * kernel.outcome_share:
        # The outcome was centred on coefficients far from these: centre it again and finish.
        kernel = prepare(design, shift=_fixed_effects(kernel, pieces))
        finish = polish if search_control.optimizer == "auto" else search_with
        found = _in_units(finish(kernel, method, search_control, found.theta), kernel, method, before=found)
    if found.ended in GIVEN_UP:
        hint, level = "leave some out; or the model lacks an intercept", constant_within(design)
        if level is not None:
            hint = f"{level}; analyse one row per group, or another outcome"
        raise FitError(Fault("", GIVEN_UP[found.ended], hint), trace=found.trace)
    found = settled(kernel, method, found)
    report = assess(kernel, found)
    theta = kernel.convert(found.theta, inverse=True)
    return _assemble(design, kernel, theta, (found.theta, found.point.pieces), method, report)


def _in_units(search: Search, kernel: Kernel, method: Method, *, before: Search | None = None) -> Search:
    """Return the search with its trace in the design's units, after the trace of an earlier one."""
    constant = constant_of(kernel, method)
    used = 0 if before is None else before.evaluations
    own = [TracePoint(used + at, value + constant, slope) for at, value, slope in search.trace]
    trace = (*(() if before is None else before.trace), *own)
    return replace(search, evaluations=used + search.evaluations, trace=trace)


def evaluate_at(
    design: Design, theta: Array, *, method: Method = "REML", kernel: Kernel | None = None
) -> LmmFit:
    """Return the model at given covariance parameters, in the design's units.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data, or the criterion does not exist at theta.
    """
    ours = kernel is None
    if kernel is None:
        check_design(design)
        kernel = prepare(design)
    given = np.asarray(theta, dtype=float)
    if given.shape != (design.n_theta,) or not np.isfinite(given).all():
        raise FitError(Fault("", f"theta must hold {design.n_theta} finite numbers"))
    inner = kernel.convert(given, inverse=False)
    pieces = _pieces(kernel, inner)
    if ours and pieces.pwrss < CANCELLATION * kernel.outcome_share:
        kernel = prepare(design, shift=_fixed_effects(kernel, pieces))  # as where the optimum is searched for
        inner = kernel.convert(given, inverse=False)
        pieces = _pieces(kernel, inner)
    return _assemble(design, kernel, given, (inner, pieces), method, None)


def _pieces(kernel: Kernel, theta: Array) -> Pieces:
    pieces = kernel.strategy.pieces(theta, hessian=False)
    if pieces is None:
        raise FitError(Fault("", "the criterion does not exist at these covariance parameters"))
    return pieces


def _fixed_effects(kernel: Kernel, pieces: Pieces) -> Array:
    units = kernel.units
    return units.beta0 + units.scale * (units.back @ pieces.beta)


def _assemble(
    design: Design,
    kernel: Kernel,
    theta: Array,
    inner: tuple[Array, Pieces],
    method: Method,
    report: ConvergenceReport | None,
) -> LmmFit:
    (engine_theta, pieces), units = inner, kernel.units
    beta, modes = _fixed_effects(kernel, pieces), _modes(kernel, engine_theta)
    pwrss = units.scale**2 * pieces.pwrss
    df = kernel.n - kernel.p if method == "REML" else kernel.n
    sigma = float(np.sqrt(pwrss / df))
    root = sigma * solved_lower(pieces.RX, units.back.T).T
    log_det_RX2 = pieces.log_det_RX2 - 2.0 * units.log_det
    criterion = pieces.log_det_L2 + df * np.log(pwrss) + penalty(kernel.n, kernel.p, method)
    criterion += (log_det_RX2 if method == "REML" else 0.0) - units.sum_log_weights
    fitted = _fitted(design, beta, modes)
    fit = LmmFit(
        design=design, method=method, theta=theta, sigma=sigma, beta=beta, vcov=root @ root.T,
        criterion=float(criterion), log_det_L2=pieces.log_det_L2, log_det_RX2=log_det_RX2, pwrss=pwrss,
        modes=modes, fitted=fitted, residuals=design.y - fitted, convergence=report,
        kernel=kernel, pieces=pieces,
    )  # fmt: skip
    return replace(fit, notices=notices_of(fit))


def _modes(kernel: Kernel, theta: Array) -> tuple[Array, ...]:
    modes: list[Array] = [np.empty(0) for _ in kernel.bases]
    for factor, b in zip(kernel.strategy.factors, kernel.strategy.modes(theta), strict=True):
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            modes[term] = (
                kernel.units.scale * solved_lower(kernel.bases[term].T, b[:, span].T, transposed=True).T
            )
    return tuple(modes)


def _fitted(design: Design, beta: Array, modes: tuple[Array, ...]) -> Array:
    fitted: Array = design.X @ beta
    if design.offset is not None:
        fitted = fitted + design.offset
    for term, b in zip(design.random, modes, strict=True):
        fitted = fitted + np.einsum("ij,ij->i", term.z, b[term.refs])
    return fitted
