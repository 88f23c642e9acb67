"""The criterion of a linear model: a mixed model without random effects."""

from __future__ import annotations

import numpy as np

from mlm_steps.design.matrices import Design
from mlm_steps.engine.criterion.criterion import additive_constant
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.errors import Fault, FitError

__all__ = ["linear_criterion"]

NO_RESIDUAL = 1e-13
"""Residual length, relative to the outcome's length, below which the residual is rounding error."""


def linear_criterion(design: Design, method: Method) -> float:
    """Return the deviance or the REML criterion of the fixed part alone (statistics, section 3, theta = 0).

    Raises
    ------
    FitError
        Where the fixed effects leave no residual variance.
    """
    root = np.ones(design.n) if design.weights is None else np.sqrt(design.weights)
    y = root * (design.y if design.offset is None else design.y - design.offset)
    Q, R = np.linalg.qr(root[:, None] * design.X)
    rest = y
    for _ in range(2):
        rest = rest - Q @ (Q.T @ rest)
    rss = float(rest @ rest)
    if rss <= NO_RESIDUAL**2 * float(y @ y):
        raise FitError(Fault("", "the fixed effects leave no residual variance"))
    df = design.n - design.p if method == "REML" else design.n
    log_det = 2.0 * float(np.log(np.abs(np.diag(R))).sum()) if method == "REML" else 0.0
    return float(
        log_det + df * np.log(rss) + additive_constant(design.n, design.p, method) - 2.0 * np.log(root).sum()
    )
