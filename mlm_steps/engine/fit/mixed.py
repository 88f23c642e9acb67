"""Fit a mixed model, linear or generalized, as its design says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.lmm_fit import Control, Method
from mlm_steps.engine.result.mixed_fit import MixedFit, linear_fit
from mlm_steps.errors import Fault, FitError

__all__ = ["fit_mixed", "search_again"]


def fit_mixed(
    design: Design,
    *,
    method: Method,
    control: Control | None = None,
    near: MixedFit | None = None,
) -> MixedFit:
    """Return the model of a design at the optimum of its criterion.

    ``near`` is a fit of the same design by another method: its optimum is the start of the search.
    """
    if not design.response.linear:
        raise FitError(Fault("", f"models of the family {design.response.family} cannot be fitted yet"))
    return fit_lmm(
        design,
        method=method,
        control=control,
        start=None if near is None else near.theta,
        prepared=None if near is None else linear_fit(near).prepared,
    )


def search_again(fit: MixedFit, start: NDArray[np.float64]) -> MixedFit:
    """Return the optimum of a fit's criterion that a search from other covariance parameters finds.

    ``start`` has the shape (m,) of ``fit.theta``.
    """
    return fit_lmm(fit.design, method=fit.method, start=start, prepared=linear_fit(fit).prepared)
