"""Fits with infinite coefficients, in the limit (statistics, section 22.9)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Outcome
from mlm_steps.engine.pirls.prepared import PreparedGlmm
from mlm_steps.engine.pirls.start import GlmStart
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.separation import Separation, find_separation, may_be_separated
from mlm_steps.engine.result.separation_words import (
    constant_group_notices,
    separation_notices,
    unbounded_factor,
)
from mlm_steps.notice import Notice

__all__ = ["COMPLETE", "failed_for", "in_the_limit", "separation_of", "with_outcome_notices"]

Array = NDArray[np.float64]

COMPLETE = "the fixed effects predict the outcome of every row exactly, so that no estimate is finite"
"""The reason why a fit to completely separated outcomes counts as failed."""


def separation_of(design: Design, prepared: PreparedGlmm, start: GlmStart) -> Separation | None:
    """Return what separates the outcomes of a design, or None.

    The linear programs run only if the model without random effects did not settle, or looks separated.
    """
    family, outcome = prepared.family, prepared.outcome
    curvature = family.derivatives(outcome, start.eta, start.phi).curvature
    if start.settled and not may_be_separated(family.directions(outcome), start.eta, curvature):
        return None
    return find_separation(design.X, family.directions(_outcome(design)))


def _outcome(design: Design) -> Outcome:
    return Outcome.of(design.y, design.trials, design.weights)


def in_the_limit(design: Design, separation: Separation, inner: GlmmFit) -> GlmmFit:
    """Return the fit of a design from that of its ``limit_design``.

    Infinite coefficients are inf or -inf, or NaN where the data do not tell their sign, without standard
    errors. Separated rows have an infinite linear predictor, and therefore the means of the limit.
    """
    p, finite = design.p, ~separation.infinite
    beta, vcov = separation.limits.copy(), np.full((p, p), np.nan)
    positions = [int(np.flatnonzero(separation.kept == j)[0]) for j in np.flatnonzero(finite)]
    beta[finite] = inner.beta[positions]
    vcov[np.ix_(finite, finite)] = inner.vcov[np.ix_(positions, positions)]
    directions = inner.distribution.directions(_outcome(design))
    eta = np.where(separation.rows, np.copysign(np.inf, directions), inner.eta)
    notices = separation_notices(design, separation, directions, _outcome(design).trials)
    return replace(
        inner, design=design, beta=beta, vcov=vcov, eta=eta, separation=separation,
        notices=(*inner.notices, *notices),
    )  # fmt: skip


def with_outcome_notices(fit: GlmmFit) -> GlmmFit:
    """Return the fit with notices on groups without events, as failed if all groups are constant."""
    design, outcome = fit.design, _outcome(fit.design)
    directions = fit.distribution.directions(outcome)
    notices = (*fit.notices, *constant_group_notices(design, directions, outcome.trials))
    term = unbounded_factor(design, directions, outcome.trials)
    if term is None:
        return replace(fit, notices=notices)
    reason = (
        f"all rows of each group of {term.group} have the same outcome, so that the likelihood increases "
        f"without end with the standard deviation of {term.source}"
    )
    return failed_for(replace(fit, notices=notices), reason)


def failed_for(fit: GlmmFit, reason: str) -> GlmmFit:
    """Return the fit as one that failed for a reason, which replaces what the search itself has found."""
    notice = Notice(code="not_converged", severity="warning", text=f"{reason[0].upper()}{reason[1:]}.")
    others = tuple(each for each in fit.notices if each.code not in ("not_converged", "singular"))
    report = fit.convergence
    if report is not None:
        report = replace(report, status="failed", reasons=(reason,))
    return replace(fit, notices=(notice, *others), convergence=report)
