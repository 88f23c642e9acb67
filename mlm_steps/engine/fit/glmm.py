"""Fit a generalized linear mixed model: at the optimum, or at given parameters (statistics, section 22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.families import Family
from mlm_steps.engine.fit.separated import (
    COMPLETE,
    failed_for,
    in_the_limit,
    separation_of,
    with_outcome_notices,
)
from mlm_steps.engine.pirls.laplace import Evaluation
from mlm_steps.engine.pirls.modes import moved, rows_of
from mlm_steps.engine.pirls.prepared import PreparedGlmm, prepare_glmm
from mlm_steps.engine.pirls.quadrature import deviance, quadrature_fault
from mlm_steps.engine.pirls.start import GlmStart, start_of
from mlm_steps.engine.result.glmm_checks import check_glmm_design
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport
from mlm_steps.engine.result.notices import notices_of
from mlm_steps.engine.result.separation import Separation, limit_design
from mlm_steps.engine.search.joint import Criterion, JointObjective
from mlm_steps.engine.search.joint_report import assess_jointly, covariance_of, free_parameters, poisson_limit
from mlm_steps.engine.search.joint_starts import find_joint_optimum
from mlm_steps.errors import Fault, FitError
from mlm_steps.notice import Notice

__all__ = ["evaluate_glmm", "fit_glmm"]

Array = NDArray[np.float64]


def fit_glmm(
    design: Design,
    family: Family,
    *,
    agq: int = 1,
    control: Control | None = None,
    start: Array | None = None,
    prepared: PreparedGlmm | None = None,
) -> GlmmFit:
    """Return the generalized linear mixed model at the optimum of its criterion.

    Parameters
    ----------
    design : Design
    family : Family
    agq : int
        Quadrature points per dimension; 1 is Laplace's approximation.
    control : Control, optional
    start : ndarray, optional
        theta and beta in the design's units, and log(phi) if phi is estimated, from which to start.
    prepared : PreparedGlmm, optional
        The same design as prepared by an earlier fit.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data (``check_glmm_design``), or is too large.
    """
    if prepared is None or prepared.p != design.p:
        check_glmm_design(design, family)
        prepared = prepare_glmm(design, family)
    own, first = control or Control(), None if start is None else np.asarray(start, dtype=float)
    begin = start_of(prepared)
    separation = separation_of(design, prepared, begin)
    if separation is None:
        return with_outcome_notices(_fit(design, prepared, begin, agq, own, first))
    inner = limit_design(design, separation)
    reduced = prepare_glmm(inner, family)
    if separation.complete:
        return failed_for(in_the_limit(design, separation, _nothing_left(inner, reduced, agq)), COMPLETE)
    first = None if first is None else _at_kept(first, design, separation)
    found = _fit(inner, reduced, start_of(reduced), agq, own, first)
    return with_outcome_notices(in_the_limit(design, separation, found))


def _at_kept(start: Array, design: Design, separation: Separation) -> Array:
    """Return a start for the columns that the fit in the limit keeps."""
    m = design.n_theta
    beta = start[m : m + design.p][separation.kept]
    return np.concatenate([start[:m], np.where(np.isfinite(beta), beta, 0.0), start[m + design.p :]])


def _nothing_left(design: Design, prepared: PreparedGlmm, agq: int) -> GlmmFit:
    """Return the fit in the limit of completely separated outcomes, whose rows all have weight 0."""
    psi = np.zeros(prepared.size)
    at = _criterion(prepared, 1)(psi, None)
    if at is None:
        raise FitError(Fault("", COMPLETE, "leave out predictors"))
    zero = np.zeros(psi.size)
    report = ConvergenceReport(
        "failed", "newton", 1, zero, 0.0, np.zeros((psi.size, psi.size)), (COMPLETE,), claimed=False
    )
    return _assemble(design, prepared, psi, at, agq, report, None)


def _fit(
    design: Design,
    prepared: PreparedGlmm,
    begin: GlmStart,
    agq: int,
    control: Control,
    start: Array | None,
) -> GlmmFit:
    """Return the fit of a design whose estimates are finite."""
    objective = JointObjective(_criterion(prepared, agq))
    first = None if start is None else _to_internal(prepared, start)
    search = find_joint_optimum(prepared, objective, begin, control, first)
    limit = poisson_limit(prepared, search.psi, _linear_predictor(prepared, search.psi, search.at.u))
    report = assess_jointly(prepared, search, objective, limit=limit)
    vcov = None
    if report.status != "failed":
        vcov = covariance_of(search.hessian, free_parameters(prepared, search.psi, limit=limit))
    fit = _assemble(design, prepared, search.psi, search.at, agq, report, vcov)
    notices = notices_of(fit)
    return replace(fit, notices=(*notices, *_limit_notice(fit)) if limit else notices)


def evaluate_glmm(
    design: Design, psi: Array, family: Family, *, agq: int = 1, prepared: PreparedGlmm | None = None
) -> GlmmFit:
    """Return the model at given parameters: theta and beta in the design's units, and log(phi) if estimated.

    Where beta is infinite, its finite part and theta are only the start of a search for the limit.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data, or the criterion does not exist there.
    """
    given = np.asarray(psi, dtype=float)
    beta = given[design.n_theta : design.n_theta + design.p]
    if given.ndim == 1 and not np.isfinite(beta).all():
        start = np.where(np.isfinite(given), given, 0.0)
        return replace(fit_glmm(design, family, agq=agq, start=start), convergence=None, notices=())
    if prepared is None:
        check_glmm_design(design, family)
        prepared = prepare_glmm(design, family)
    if given.shape != (prepared.size,) or not np.isfinite(given).all():
        raise FitError(Fault("", f"the parameters must be {prepared.size} finite numbers"))
    internal = _to_internal(prepared, given)
    at = _criterion(prepared, agq)(internal, None)
    if at is None:
        raise FitError(Fault("", "the criterion does not exist at these parameters"))
    return _assemble(design, prepared, internal, at, agq, None, None)


def _criterion(prepared: PreparedGlmm, agq: int) -> Criterion:
    """Return the criterion of a parameter vector in the engine's units."""
    fault = quadrature_fault(prepared) if agq > 1 else None
    if fault is not None:
        raise FitError(Fault("", fault, "agq: 1 is Laplace's approximation", key="agq"))

    def criterion(psi: Array, start: Sequence[Array] | None) -> Evaluation | None:
        return deviance(prepared, psi, agq, start)

    return criterion


def _to_internal(prepared: PreparedGlmm, psi: Array) -> Array:
    m, p = prepared.n_theta, prepared.p
    internal = psi.copy()
    internal[:m] = prepared.to_internal(psi[:m])
    if p:
        internal[m : m + p] = np.linalg.solve(prepared.back, psi[m : m + p])
    return internal


def _assemble(
    design: Design,
    prepared: PreparedGlmm,
    psi: Array,
    at: Evaluation,
    agq: int,
    report: ConvergenceReport | None,
    vcov: Array | None,
) -> GlmmFit:
    theta, fixed, phi = prepared.split(psi)
    m, p = prepared.n_theta, prepared.p
    own = np.full((p, p), np.nan) if vcov is None else vcov[m : m + p, m : m + p]
    return GlmmFit(
        design=design, distribution=prepared.family, theta=prepared.from_internal(theta),
        beta=prepared.back @ fixed, phi=phi if prepared.family.has_dispersion else None,
        vcov=prepared.back @ own @ prepared.back.T, deviance=at.value, modes=_modes(prepared, psi, at.u),
        eta=prepared.original(_linear_predictor(prepared, psi, at.u)), convergence=report, agq=agq,
        prepared=prepared, psi_internal=psi, u=at.u, vcov_internal=vcov,
    )  # fmt: skip


def _linear_predictor(prepared: PreparedGlmm, psi: Array, u: Sequence[Array]) -> Array:
    """Return o + X beta + Z b of the sorted rows."""
    theta, fixed, _ = prepared.split(psi)
    return prepared.offset + prepared.X @ fixed + moved(prepared, rows_of(prepared, theta), u)


def _modes(prepared: PreparedGlmm, psi: Array, u: Sequence[Array]) -> tuple[Array, ...]:
    """Return the conditional modes per term, in the design's units."""
    modes: list[Array] = [np.empty(0) for _ in prepared.bases]
    for factor, levels in zip(prepared.factors, u, strict=True):
        b = levels @ factor.pattern.factor(psi[factor.theta]).T
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            modes[term] = solved_lower(prepared.bases[term].T, b[:, span].T, transposed=True).T
    return tuple(modes)


def _limit_notice(fit: GlmmFit) -> tuple[Notice, ...]:
    text = (
        "The dispersion of the negative binomial distribution is at its limit, where it is Poisson's: "
        "the data show no more variation than a Poisson model, which has one parameter less."
    )
    return (Notice(code="poisson_limit", severity="warning", text=text, subject=fit.design.outcome),)
