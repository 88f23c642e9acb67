"""Fit a generalized model as its design says: family, quadrature, coefficients without a finite estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Family, Outcome, family_of
from mlm_steps.engine.fit.glmm import evaluate_glmm, fit_glmm
from mlm_steps.engine.pirls.prepared import PreparedGlmm, prepare_glmm
from mlm_steps.engine.pirls.start import start_of
from mlm_steps.engine.result.glmm_checks import check_glmm_design
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.result.separation import Separation, find_separation, limit_design, may_be_separated
from mlm_steps.engine.result.separation_words import (
    constant_group_notices,
    separation_notices,
    unbounded_factor,
)
from mlm_steps.errors import Fault, FitError
from mlm_steps.notice import Notice

__all__ = ["Points", "evaluate_generalized", "family_of_design", "fit_generalized"]

Array = NDArray[np.float64]
Points = int | Literal["auto"]


def family_of_design(design: Design) -> Family:
    """Return the family of a design with its link."""
    return family_of(design.response.family, design.response.link)


def fit_generalized(
    design: Design, *, agq: Points = 1, control: Control | None = None, start: Array | None = None
) -> GlmmFit:
    """Return the generalized model of a design at its optimum.

    If the fixed effects separate the outcomes, some coefficients are infinite; the other estimates and the
    deviance are those of the limit (statistics, section 22.9).

    Parameters
    ----------
    design : Design
    agq : int or "auto"
        Quadrature points per dimension; 1 is Laplace's approximation.
    control : Control, optional
    start : ndarray, optional
        theta, beta and log(phi), if phi is estimated, from which to start; without separation only.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data.
    """
    family = family_of_design(design)
    check_glmm_design(design, family)
    prepared = prepare_glmm(design, family)
    separation = _separation(design, prepared)
    if separation is None:
        fit = _fitted(design, family, agq, control, start, prepared)
    else:
        limit = limit_design(design, separation)
        fit = _fitted(limit, family, agq, control, None, prepare_glmm(limit, family))
        fit = _expanded(design, fit, separation)
    return replace(fit, notices=(*fit.notices, *_notices(design, family, separation)))


def evaluate_generalized(design: Design, psi: Array, agq: int) -> GlmmFit:
    """Return the model at finite parameters: theta, beta, and log(phi) if phi is estimated."""
    family = family_of_design(design)
    fit = evaluate_glmm(design, psi, family, agq=agq)
    return replace(fit, notices=(*fit.notices, *_notices(design, family, None)))


def _fitted(
    design: Design,
    family: Family,
    agq: Points,
    control: Control | None,
    start: Array | None,
    prepared: PreparedGlmm,
) -> GlmmFit:
    """Return the fit with a number of points; the words of an unbounded variance name its factor."""
    if agq == "auto":
        raise FitError(Fault("", "agq: auto is not available", "write a number of points"))
    fit = fit_glmm(design, family, agq=agq, control=control, start=start, prepared=prepared)
    unbounded = unbounded_factor(design, *_extremes(design, family))
    if unbounded is None or fit.convergence is None:
        return fit
    reason = (
        f"the outcome is constant within all groups of {unbounded.group}, so that their variance has no "
        "finite estimate"
    )
    return replace(fit, convergence=replace(fit.convergence, status="failed", reasons=(reason,)))


def _outcome(design: Design) -> Outcome:
    return Outcome.of(design.y, design.trials, design.weights)


def _extremes(design: Design, family: Family) -> tuple[NDArray[np.int8], Array]:
    """Return in which direction the density of each row has no maximum, and the numbers of trials."""
    outcome = _outcome(design)
    return family.directions(outcome), outcome.trials


def _separation(design: Design, prepared: PreparedGlmm) -> Separation | None:
    """Return what separates the outcomes; linear programs run only if a fit without groups suggests it."""
    family = prepared.family
    directions = family.directions(prepared.outcome)
    start = start_of(prepared)
    curvature = family.derivatives(prepared.outcome, start.eta, start.phi).curvature
    if start.settled and not may_be_separated(directions, start.eta, curvature):
        return None
    found = find_separation(design.X, family.directions(_outcome(design)))
    if found is not None and found.complete:
        what = "the fixed effects predict every outcome exactly, so that no coefficient has a finite estimate"
        raise FitError(Fault("", what, "leave out predictors"))
    return found


def _expanded(design: Design, fit: GlmmFit, separation: Separation) -> GlmmFit:
    """Return the fit in the limit with all coefficients of the design, some of which are infinite."""
    p, kept = design.p, separation.kept
    beta, vcov = np.full(p, np.nan), np.full((p, p), np.nan)
    beta[kept], vcov[np.ix_(kept, kept)] = fit.beta, fit.vcov
    infinite = separation.infinite
    beta[infinite] = separation.limits[infinite]
    vcov[infinite, :] = vcov[:, infinite] = np.nan
    directions = _extremes(design, fit.distribution)[0]
    eta = np.where(separation.rows, np.inf * directions.astype(float), fit.eta)
    return replace(fit, design=design, beta=beta, vcov=vcov, eta=eta)


def _notices(design: Design, family: Family, separation: Separation | None) -> Iterator[Notice]:
    """Yield the notices on the outcome: separation, groups without events, weights that are not whole."""
    directions, trials = _extremes(design, family)
    if separation is not None:
        yield from separation_notices(design, separation, directions, trials)
    yield from constant_group_notices(design, directions, trials)
    if design.weights is not None and bool((design.weights != np.floor(design.weights)).any()):
        text = (
            "The weights are not whole numbers. In these models a weight counts how often a row occurred; "
            "standard errors do not hold for other weights, such as those of a survey."
        )
        yield Notice(code="fractional_weights", severity="warning", text=text)
