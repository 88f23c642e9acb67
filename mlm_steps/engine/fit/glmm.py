"""Fit a generalized linear mixed model: at the optimum, or at given parameters (statistics, section 22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import solved_lower
from mlm_steps.engine.families import Family
from mlm_steps.engine.pirls.laplace import Evaluation, modes_at
from mlm_steps.engine.pirls.prepared import PreparedGlmm, prepare_glmm
from mlm_steps.engine.pirls.quadrature import deviance, quadrature_fault
from mlm_steps.engine.pirls.start import start_of
from mlm_steps.engine.result.glmm_checks import check_glmm_design
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import Control, ConvergenceReport
from mlm_steps.engine.result.mode_variances import in_units
from mlm_steps.engine.result.notices import notices_of
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
    if prepared is None:
        check_glmm_design(design, family)
        prepared = prepare_glmm(design, family)
    objective = JointObjective(_criterion(prepared, agq))
    first = None if start is None else _to_internal(prepared, np.asarray(start, dtype=float))
    search = find_joint_optimum(prepared, objective, start_of(prepared), control or Control(), first)
    state = modes_at(prepared, search.psi, search.at.u)
    if state is None:
        raise FitError(Fault("", "the conditional modes of the random effects are not found"))
    limit = poisson_limit(prepared, search.psi, state.eta)
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

    Raises
    ------
    FitError
        When the model cannot be estimated from these data, or the criterion does not exist there.
    """
    if prepared is None:
        check_glmm_design(design, family)
        prepared = prepare_glmm(design, family)
    given = np.asarray(psi, dtype=float)
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
    state = modes_at(prepared, psi, at.u)
    if state is None:
        raise FitError(Fault("", "the conditional modes of the random effects are not found"))
    theta, fixed, phi = prepared.split(psi)
    m, p = prepared.n_theta, prepared.p
    own = np.full((p, p), np.nan) if vcov is None else vcov[m : m + p, m : m + p]
    modes, variances = _modes(prepared, psi, state.u, state.factorised.variances())
    return GlmmFit(
        design=design, distribution=prepared.family, theta=prepared.from_internal(theta),
        beta=prepared.back @ fixed, phi=phi if prepared.family.has_dispersion else None,
        vcov=prepared.back @ own @ prepared.back.T, deviance=at.value, eta=prepared.original(state.eta),
        modes=modes, mode_variances=variances, convergence=report, agq=agq, prepared=prepared,
        psi_internal=psi, u=state.u, vcov_internal=vcov,
    )  # fmt: skip


def _modes(
    prepared: PreparedGlmm, psi: Array, u: Sequence[Array], blocks: Sequence[Array]
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return the conditional modes and their variances per term, in the design's units."""
    modes: list[Array] = [np.empty(0) for _ in prepared.bases]
    variances: list[Array] = [np.empty(0) for _ in prepared.bases]
    for factor, levels, block in zip(prepared.factors, u, blocks, strict=True):
        Lambda = factor.pattern.factor(psi[factor.theta])
        b, own = levels @ Lambda.T, Lambda @ block @ Lambda.T
        for term, span in zip(factor.terms, factor.pattern.spans, strict=True):
            basis = prepared.bases[term]
            modes[term] = solved_lower(basis.T, b[:, span].T, transposed=True).T
            half = in_units(basis, own[:, span, span])
            variances[term] = in_units(basis, half.transpose(0, 2, 1))
    return tuple(modes), tuple(variances)


def _limit_notice(fit: GlmmFit) -> tuple[Notice, ...]:
    text = (
        "The dispersion of the negative binomial distribution is at its limit, where it is Poisson's: "
        "the data show no more variation than a Poisson model, which has one parameter less."
    )
    return (Notice(code="poisson_limit", severity="warning", text=text, subject=fit.design.outcome),)
