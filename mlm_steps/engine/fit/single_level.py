"""Fit a model without random effects, and refit it to other outcomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from mlm_steps.design.matrices import Design
from mlm_steps.engine.families import Outcome
from mlm_steps.engine.result.generalized_linear import generalized_linear
from mlm_steps.engine.result.linear import linear_criterion
from mlm_steps.engine.result.lmm_fit import Method
from mlm_steps.engine.result.mixed_checks import family_of_design
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.result.single_level import SingleLevelFit
from mlm_steps.errors import Fault, FitError

__all__ = ["SingleLevelEstimates", "fit_single_level"]

Array = NDArray[np.float64]


def fit_single_level(design: Design, method: Method) -> SingleLevelFit:
    """Return the model of a design without random terms; a generalized model has ML alone.

    Raises
    ------
    FitError
        If there are not more rows than coefficients, or no residual variance is left.
    """
    if design.n <= design.p:
        what = f"{design.formula}: {design.p} coefficients cannot be estimated from {design.n} rows"
        raise FitError(Fault("", what, "use fewer predictors, or more data"))
    return _linear(design, method) if design.response.linear else _generalized(design)


class SingleLevelEstimates:
    """The fits of a design without random terms, by REML and by ML, each computed when it is first used."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self._fits: dict[Method, MixedFit] = {}

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that the model has: a generalized model has no REML criterion."""
        return ("REML", "ML") if self.design.response.linear else ("ML",)

    def under(self, method: Method) -> MixedFit:
        """Return the fit by REML or ML; a generalized model has the same fit for both, that of ML."""
        own: Method = method if method in self.methods else "ML"
        if own not in self._fits:
            self._fits[own] = fit_single_level(self.design, own)
        return self._fits[own]


def _eta(design: Design, beta: Array) -> Array:
    eta = design.X @ beta
    return np.asarray(eta if design.offset is None else eta + design.offset)


def _linear(design: Design, method: Method) -> SingleLevelFit:
    criterion = linear_criterion(design, method)
    root = np.ones(design.n) if design.weights is None else np.sqrt(design.weights)
    Q, R = np.linalg.qr(root[:, None] * design.X)
    beta = solve_triangular(R, Q.T @ (root * (design.y - _eta(design, np.zeros(design.p)))))
    fitted = _eta(design, beta)
    df = design.n - design.p if method == "REML" else design.n
    sigma = float(np.linalg.norm(root * (design.y - fitted)) / np.sqrt(df))
    inverse = solve_triangular(R, sigma * np.eye(design.p))
    deviance = criterion if method == "ML" else linear_criterion(design, "ML")
    return SingleLevelFit(design, method, beta, inverse @ inverse.T, criterion, deviance, sigma, None, fitted)


def _generalized(design: Design) -> SingleLevelFit:
    family = family_of_design(design)
    found = generalized_linear(design, family)
    outcome = Outcome.of(design.y, design.trials, design.weights)
    eta = _eta(design, found.beta)
    curvature = outcome.weights * family.derivatives(outcome, eta, found.phi).curvature
    information = design.X.T @ (curvature[:, None] * design.X)
    vcov = np.full((design.p, design.p), np.nan)
    if np.linalg.matrix_rank(information, hermitian=True) == design.p:
        vcov = np.linalg.inv(information)
    phi = found.phi if family.has_dispersion else None
    deviance = found.deviance
    return SingleLevelFit(design, "ML", found.beta, vcov, deviance, deviance, None, phi, family.mean(eta))
