"""Fit a generalized model as its design says: family, link, and the number of quadrature points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.fit.glmm import evaluate_glmm, fit_glmm
from mlm_steps.engine.fit.quadrature import fit_with_enough_points, laplace_notices
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import Control
from mlm_steps.engine.result.mixed_checks import Points, family_of_design
from mlm_steps.notice import Notice

__all__ = ["Points", "evaluate_generalized", "fit_generalized"]

Array = NDArray[np.float64]


def fit_generalized(
    design: Design, *, agq: Points = 1, control: Control | None = None, start: Array | None = None
) -> GlmmFit:
    """Return the generalized model of a design at its optimum.

    Parameters
    ----------
    design : Design
    agq : int or "auto"
        Quadrature points per dimension; 1 is Laplace's approximation.
    control : Control, optional
    start : ndarray, optional
        theta, beta and log(phi), if phi is estimated, from which to start.

    Raises
    ------
    FitError
        When the model cannot be estimated from these data.
    """
    family = family_of_design(design)
    if agq == "auto":
        fit = fit_with_enough_points(design, family, control=control, start=start)
    else:
        fit = fit_glmm(design, family, agq=agq, control=control, start=start)
    inaccurate = laplace_notices(fit) if agq == 1 else ()
    return replace(fit, notices=(*fit.notices, *inaccurate, *_weight_notices(design)))


def evaluate_generalized(design: Design, psi: Array, agq: int) -> GlmmFit:
    """Return the model at given parameters: theta, beta, and log(phi) if phi is estimated."""
    return evaluate_glmm(design, psi, family_of_design(design), agq=agq)


def _weight_notices(design: Design) -> Iterator[Notice]:
    weights = design.weights
    if weights is not None and bool((weights != np.floor(weights)).any()):
        text = (
            "The weights are not whole numbers. In these models a weight counts how often a row occurred; "
            "standard errors do not hold for other weights, such as those of a survey."
        )
        yield Notice(code="fractional_weights", severity="warning", text=text)
