"""Fit a mixed model, linear or generalized, as its design says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.generalized import fit_generalized
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.generalized_linear import generalized_linear_deviance
from mlm_steps.engine.result.linear import linear_criterion
from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.result.mixed_checks import Points, family_of_design
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit

__all__ = ["Points", "criterion_without_groups", "fit_mixed", "search_again"]


def fit_mixed(
    design: Design,
    *,
    method: Method,
    control: Control | None = None,
    near: MixedFit | None = None,
    agq: Points = 1,
) -> MixedFit:
    """Return the model of a design at the optimum of its criterion.

    Parameters
    ----------
    design : Design
    method : {"REML", "ML"}
        Ignored for a generalized model, which has ML alone.
    control : Control, optional
    near : MixedFit, optional
        A fit of the same design by the other method, where the search starts.
    agq : int or "auto"
        Quadrature points per dimension of a generalized model.
    """
    if not design.response.linear:
        return fit_generalized(design, agq=agq, control=control)
    return fit_lmm(
        design,
        method=method,
        control=control,
        start=None if near is None else near.theta,
        prepared=None if near is None else linear_fit(near).prepared,
    )


def criterion_without_groups(design: Design, method: Method) -> float:
    """Return the criterion of the fixed part alone; that of a generalized model is the deviance.

    Raises
    ------
    FitError
        Where the fixed effects of a linear model leave no residual variance.
    """
    if design.response.linear:
        return linear_criterion(design, method)
    return generalized_linear_deviance(design, family_of_design(design))


def search_again(fit: MixedFit, start: NDArray[np.float64]) -> MixedFit:
    """Return the optimum of a fit's criterion that a search from other covariance parameters finds.

    ``start`` has the shape (m,) of ``fit.theta``.
    """
    if fit.design.response.linear:
        return fit_lmm(fit.design, method=fit.method, start=start, prepared=linear_fit(fit).prepared)
    if not np.isfinite(fit.beta).all():
        return fit
    others = [] if fit.phi is None else [np.log(fit.phi)]
    return fit_generalized(fit.design, agq=fit.agq, start=np.concatenate([start, fit.beta, others]))
