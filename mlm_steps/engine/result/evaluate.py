"""The criterion at given covariance parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.criterion.criterion import additive_constant, profiled_value
from mlm_steps.engine.result.lmm_fit import LmmFit, Method
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.errors import Fault, FitError

__all__ = ["constant_of", "criterion_at", "given_theta"]

Array = NDArray[np.float64]


def criterion_at(fit: LmmFit, theta: Array) -> float:
    """Return the REML criterion or the deviance of the fit's design at theta, in the design's units.

    It is much cheaper than ``evaluate_at`` because it uses no array of length n.

    Raises
    ------
    FitError
        If theta has a wrong length or values that are not finite, or if the criterion does not exist there.
    """
    prepared, method = fit.prepared, fit.method
    values = prepared.strategy.value(prepared.to_internal(given_theta(fit, theta)))
    if values is None:
        raise FitError(Fault("", "the criterion does not exist at these covariance parameters"))
    return profiled_value(values, prepared.n, prepared.p, method) + constant_of(prepared, method)


def given_theta(fit: LmmFit, theta: Array) -> Array:
    """Return theta as an array; FitError unless it holds as many finite numbers as the model has."""
    given = np.asarray(theta, dtype=float)
    m = fit.design.n_theta
    if given.shape != (m,) or not np.isfinite(given).all():
        raise FitError(Fault("", f"theta must hold {m} finite numbers"))
    return given


def constant_of(prepared: PreparedDesign, method: Method) -> float:
    """Return the difference between the criterion and its value in the engine's units."""
    reml = method == "REML"
    df = prepared.n - prepared.p if reml else prepared.n
    units = prepared.units
    constant = additive_constant(prepared.n, prepared.p, method) + 2.0 * df * np.log(units.scale)
    return float(constant - units.sum_log_weights - (2.0 * units.log_det if reml else 0.0))
