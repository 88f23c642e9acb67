"""A model without some rows: the design of the others, and its estimates by a search of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design, RandomTerm
from mlm_steps.engine.bootstrap.generalized import parameters_of_fit
from mlm_steps.engine.fit.glmm import fit_glmm
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.influence.deletions import Estimated, component_values
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit, sigma_of
from mlm_steps.errors import FitError

__all__ = ["design_of_rows", "refit_rows"]

Flags = NDArray[np.bool_]


def refit_rows(fit: MixedFit, keep: Flags) -> Estimated | str:
    """Return the estimates from some rows, or why there are none; the search starts at those of the fit."""
    design = design_of_rows(fit.design, keep)
    try:
        other = _refitted(fit, design)
    except FitError as error:
        return error.faults[0].what
    if other.convergence is None or other.convergence.status == "failed":
        reasons = () if other.convergence is None else other.convergence.reasons
        return "; ".join(reasons) or "the search found no optimum"
    sigma = sigma_of(other)
    values = component_values(other.covariances, other.phi if sigma is None else sigma**2)
    return Estimated(other.beta, other.vcov, values, other.singular)


def _refitted(fit: MixedFit, design: Design) -> MixedFit:
    if isinstance(fit, GlmmFit):
        return fit_glmm(design, fit.distribution, agq=fit.agq, start=parameters_of_fit(fit))
    found = fit_lmm(design, method=linear_fit(fit).method, start=fit.theta)
    if found.convergence is not None and found.convergence.status == "failed":
        found = fit_lmm(design, method=linear_fit(fit).method)
    return found


def design_of_rows(design: Design, keep: Flags) -> Design:
    """Return the design of some rows; levels of grouping factors without rows are left out."""
    weights, offset, trials = (
        None if values is None else values[keep] for values in (design.weights, design.offset, design.trials)
    )
    random = tuple(_of_rows(term, keep) for term in design.random)
    return replace(
        design, y=design.y[keep], X=design.X[keep], random=random, weights=weights, offset=offset,
        rows=design.rows[keep], trials=trials,
    )  # fmt: skip


def _of_rows(term: RandomTerm, keep: Flags) -> RandomTerm:
    present, refs = np.unique(term.refs[keep], return_inverse=True)
    levels = tuple(term.levels[level] for level in present)
    return replace(term, levels=levels, refs=refs.astype(np.intp).ravel(), z=term.z[keep])
