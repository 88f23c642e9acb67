"""Refits of one design to many outcomes with their standard errors, as planning a study needs them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.engine.bootstrap.batch import Batch, Curvature
from mlm_steps.engine.bootstrap.batch_compiled import CompiledBatch
from mlm_steps.engine.bootstrap.batch_search import Evaluates
from mlm_steps.engine.bootstrap.batch_several import BatchSeveral
from mlm_steps.engine.bootstrap.ordered import search_in_order
from mlm_steps.engine.bootstrap.outcomes import Reducer
from mlm_steps.engine.bootstrap.replicates import Replicates, assembled, fit_alone, of_fits, put
from mlm_steps.engine.bootstrap.replicates_one import batch_of
from mlm_steps.engine.bootstrap.replicates_search import CELLS, Space, search_together
from mlm_steps.engine.bootstrap.replicates_several import RIVALS, joint_batch, together
from mlm_steps.engine.bootstrap.standard_errors import StandardErrors, standard_errors, vcov_of
from mlm_steps.engine.fit.lmm import evaluate_at
from mlm_steps.engine.result.lmm_fit import LmmFit

__all__ = ["Refits", "at_given_theta", "curvature_of", "errors_of_fit", "refit_with_errors"]

Array = NDArray[np.float64]


class Refits(NamedTuple):
    """Refits with standard errors, and generalized least squares at given covariance parameters.

    Attributes
    ----------
    replicates : Replicates
    errors : StandardErrors
    given_beta : ndarray, shape (B, p)
        Generalized least-squares estimates at the given theta.
    given_vcov : ndarray, shape (B or 1, p, p)
        Their covariance matrix over sigma².
    """

    replicates: Replicates
    errors: StandardErrors
    given_beta: Array
    given_vcov: Array

    @classmethod
    def joined(cls, parts: list[Refits]) -> Refits:
        """Return those of several parts, one after the other."""
        return cls(
            Replicates.joined([part.replicates for part in parts]),
            StandardErrors.joined([part.errors for part in parts]),
            np.concatenate([part.given_beta for part in parts]),
            np.concatenate([part.given_vcov for part in parts]),
        )


def refit_with_errors(fit: LmmFit, Y: Array, theta: Array) -> Refits:
    """Return the refits of a design to other outcomes, searched from theta.

    Parameters
    ----------
    fit : LmmFit
        Any fit of the design, by the method of the refits.
    Y : ndarray, shape (n, B)
    theta : ndarray, shape (m,)
        The covariance parameters, in the design's units, of the model that the outcomes are from.
    """
    prepared, method = fit.prepared, fit.method
    one = len(prepared.strategy.factors) == 1
    if not one and not together(prepared.strategy):
        return _in_turn(fit, Y, theta)
    reducer = Reducer.of(fit.design, prepared.strategy, joint=True)
    outcomes = reducer.reduce(Y)
    begin = prepared.to_internal(theta)
    batch: Batch | CompiledBatch | BatchSeveral
    if one:
        batch = batch_of(reducer, outcomes, method)
        found = search_in_order(batch, reducer.factors[0], begin)
    else:
        batch = joint_batch(reducer, prepared, outcomes, method)
        found = search_together(batch, Space.of(reducer.factors, RIVALS), begin)
    df = np.array([prepared.n - (prepared.p if method == "REML" else 0.0)])
    back = prepared.units.back[None]
    errors = standard_errors(curvature_of(batch, found.theta), back, outcomes.scale, found.pwrss, df)
    result = assembled(prepared, outcomes.scale, outcomes.beta0, found, method, np.array([prepared.n]))
    for b in np.flatnonzero(~found.good):
        alone = fit_alone(replace(fit.design, y=Y[:, b]), method, theta)
        put(result, int(b), alone)
        errors.put(int(b), None if alone is None else errors_of_fit(alone))
    beta, RX = at_given_theta(batch, begin)
    given = (outcomes.beta0 + outcomes.scale * (prepared.units.back @ beta)).T
    return Refits(result, errors, given, vcov_of(RX, back, np.ones(1)))


def curvature_of(batch: Evaluates, theta: Array) -> Curvature:
    """Return the curvature at theta, shape (B, m), in parts that fit the processor's cache."""
    width = max(1, CELLS // batch.cells)
    every = np.arange(batch.size)
    parts = [batch.take(part).curvature(theta[part]) for part in np.split(every, every[width::width])]
    return Curvature(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def at_given_theta(batch: Evaluates, theta: Array, *, shared: bool = True) -> tuple[Array, Array]:
    """Return the fixed effects at one theta (engine's units), shape (p, B), and RX, shape (B or 1, p, p).

    RX is that of the first replicate if the replicates have one design, ``shared``.
    """
    width = max(1, CELLS // batch.cells)
    every = np.arange(batch.size)
    betas: list[Array] = []
    RX: list[Array] = []
    for part in np.split(every, every[width::width]):
        own = batch.take(part)
        at = np.tile(theta, (part.size, 1))
        betas.append(own.points(at).beta)
        if not shared or not RX:
            RX.append(own.curvature(at).RX)
    whole = np.concatenate(RX)
    return np.concatenate(betas, axis=1), whole[:1] if shared else whole


def errors_of_fit(fit: LmmFit) -> StandardErrors:
    """Return the standard errors of a single fit."""
    prepared, theta = fit.prepared, fit.prepared.to_internal(fit.theta)
    terms = prepared.strategy.criterion_terms(theta, hessian=True)
    if terms is None or terms.hessians is None:
        return StandardErrors.missing(1, prepared.p, theta.size)
    p, df = prepared.p, np.array([prepared.n - (prepared.p if fit.method == "REML" else 0.0)])
    L, X, r = terms.hessians
    slope = terms.gradients[2]
    share = df[0] / terms.pwrss
    hessian = L + share * (r - np.outer(slope, slope) / terms.pwrss)
    if fit.method == "REML":
        hessian = hessian + X
    moved = np.zeros((1, theta.size, p + 1, p + 1))
    moved[0, :, :p, :p] = terms.information
    moved[0, :, p, p] = slope
    curvature = Curvature(hessian[None], terms.RX[None], moved)
    scale = np.array([prepared.units.scale])
    return standard_errors(curvature, prepared.units.back[None], scale, np.array([terms.pwrss]), df)


def _in_turn(fit: LmmFit, Y: Array, theta: Array) -> Refits:
    """Return the refits, one after the other."""
    design, B = fit.design, Y.shape[1]
    given = [evaluate_at(replace(design, y=Y[:, b]), theta, method=fit.method) for b in range(B)]
    alone = [fit_alone(each.design, fit.method, theta) for each in given]
    errors = [
        StandardErrors.missing(1, design.p, theta.size) if each is None else errors_of_fit(each)
        for each in alone
    ]
    return Refits(
        of_fits(design, alone),
        StandardErrors.joined(errors),
        np.array([each.beta for each in given]),
        given[0].vcov[None] / given[0].sigma ** 2,
    )
