"""Refits of one design to many outcomes, as a bootstrap needs them (statistics, section 8).

Only the outcome changes, so that the cross-products of Z and X are computed once. The searches of all
replicates advance together. With several grouping factors and many random effects they run one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.matrices import Design
from mlm_steps.engine.bootstrap.outcomes import Found, Reducer
from mlm_steps.engine.bootstrap.replicates_one import fit_together
from mlm_steps.engine.bootstrap.replicates_several import fit_several, together
from mlm_steps.engine.fit.lmm import fit_lmm
from mlm_steps.engine.result.lmm_fit import BOUNDARY, LmmFit, Method
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.engine.structures.prepared import PreparedDesign
from mlm_steps.errors import Fault, FitError, UsageError

__all__ = [
    "Parameters",
    "Replicates",
    "assembled",
    "fit_alone",
    "in_design_units",
    "of_fits",
    "put",
    "refit_many",
    "singular_where",
]

Array = NDArray[np.float64]

ELEMENTS = 4_000_000
"""Largest number of elements of the outcomes that are processed at a time; they take 32 MB."""


class Parameters(NamedTuple):
    """The estimates of one replicate."""

    theta: Array
    beta: Array


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Refits of one design, B of them.

    Attributes
    ----------
    theta : ndarray, shape (B, m)
        Covariance parameters, in the design's units.
    beta : ndarray, shape (B, p)
        Fixed effects.
    sigma : ndarray, shape (B,)
        Residual standard deviations; 1, the unit of theta, for a generalized model.
    criterion : ndarray, shape (B,)
        REML criteria or deviances.
    status : ndarray of str, shape (B,)
        ``converged``, ``singular`` (converged, to a covariance matrix of reduced rank) or ``failed``; a
        replicate that failed has NaN everywhere else.
    phi : ndarray, shape (B,), or None
        Dispersion parameters; None for a linear model, NaN for a family without one.
    """

    theta: Array
    beta: Array
    sigma: Array
    criterion: Array
    status: NDArray[np.str_]
    phi: Array | None = None

    def at(self, b: int) -> Parameters:
        """Return the estimates of one replicate."""
        return Parameters(self.theta[b], self.beta[b])

    @property
    def failed(self) -> int:
        """Number of replicates without an optimum."""
        return int(np.count_nonzero(self.status == "failed"))

    @property
    def singular(self) -> int:
        """Number of replicates whose covariance matrix has reduced rank."""
        return int(np.count_nonzero(self.status == "singular"))

    @classmethod
    def joined(cls, parts: list[Replicates]) -> Replicates:
        """Return all replicates of several parts, in their order."""
        whole = cls(*(np.concatenate(each) for each in zip(*map(_fields, parts), strict=True)))
        if all(part.phi is None for part in parts):
            return whole
        phi = [np.full(part.status.size, np.nan) if part.phi is None else part.phi for part in parts]
        return replace(whole, phi=np.concatenate(phi))


def _fields(part: Replicates) -> tuple[Array, Array, Array, Array, NDArray[np.str_]]:
    return part.theta, part.beta, part.sigma, part.criterion, part.status


def refit_many(
    model: LmmFit | Design, Y: Array, *, method: Method | None = None, start: Array | None = None
) -> Replicates:
    """Return the refits of a design to other outcomes, each at the optimum that ``fit_lmm`` would find.

    Parameters
    ----------
    model : LmmFit or Design
        A fit, or a design, which is fitted first. The searches start at the estimates of this fit.
    Y : ndarray, shape (n, B)
        Outcomes, one per column, including the offset.
    method : {"REML", "ML"}, optional
        The default is the method of the fit, and REML for a design.
    start : ndarray, shape (m,), optional
        Covariance parameters, in the design's units, where the searches start instead.

    Raises
    ------
    UsageError
        If the outcomes have a wrong length or values that are not finite.
    FitError
        If the model cannot be estimated from such a design.
    """
    fit = model if isinstance(model, LmmFit) else fit_lmm(model, method=method or "REML")
    n = fit.design.n
    if Y.ndim != 2 or Y.shape[0] != n or not np.isfinite(Y).all():
        raise UsageError(Fault("Y", f"must hold {n} rows of finite numbers, one column per outcome"))
    strategy, width = fit.prepared.strategy, max(1, ELEMENTS // n)
    reducer = Reducer.of(fit.design, strategy, joint=together(strategy))
    begin = np.asarray(fit.theta if start is None else start, dtype=float)
    parts = [
        _refit(reducer, fit.prepared, Y[:, first : first + width], method or fit.method, begin)
        for first in range(0, Y.shape[1], width)
    ]
    return Replicates.joined(parts) if parts else of_fits(fit.design, ())


def _refit(reducer: Reducer, prepared: PreparedDesign, Y: Array, method: Method, start: Array) -> Replicates:
    outcomes = reducer.reduce(Y)
    begin = prepared.to_internal(start)
    if len(reducer.factors) == 1:
        found = fit_together(reducer, outcomes, method, begin)
    else:
        found = fit_several(reducer, prepared, outcomes, method, begin)
    result = assembled(prepared, outcomes.scale, outcomes.beta0, found, method, np.array([prepared.n]))
    for b in np.flatnonzero(~found.good):
        put(result, int(b), fit_alone(replace(reducer.design, y=Y[:, b]), method, start))
    return result


def assembled(
    prepared: PreparedDesign, scale: Array, beta0: Array, found: Found, method: Method, n: NDArray[np.intp]
) -> Replicates:
    """Return the replicates in the design's units; NaN where the search found no optimum.

    ``n`` holds the numbers of observations of the replicates, shape (1,) or (B,).
    """
    units, reml = prepared.units, method == "REML"
    df = n - prepared.p if reml else n
    with np.errstate(invalid="ignore", divide="ignore"):
        pwrss = scale**2 * found.pwrss
        criterion = found.log_det_L2 + df * (np.log(pwrss) + 1.0 + np.log(2.0 * np.pi / df))
    criterion += reml * (found.log_det_RX2 - 2.0 * units.log_det) - units.sum_log_weights
    theta = in_design_units(prepared, found.theta)
    beta = (beta0 + scale * (units.back @ found.beta)).T
    status = np.where(singular_where(prepared, theta), "singular", "converged")
    result = Replicates(theta, beta, np.sqrt(pwrss / df), criterion, status.astype("<U9"))
    for b in np.flatnonzero(~found.good):
        put(result, int(b), None)
    return result


def in_design_units(prepared: PreparedDesign, theta: Array) -> Array:
    """Return thetas, shape (B, m), in the design's units, as by ``PreparedDesign.from_internal``."""
    out, start = np.empty_like(theta), 0
    for basis in prepared.bases:
        k = basis.shape[0]
        stop = start + k * (k + 1) // 2
        columns, rows = np.triu_indices(k)
        factors = np.zeros((theta.shape[0], k, k))
        factors[:, rows, columns] = np.where(np.isfinite(theta[:, start:stop]), theta[:, start:stop], 0.0)
        upper = np.linalg.qr(np.linalg.solve(basis, factors).transpose(0, 2, 1))[1]
        signs = np.where(np.diagonal(upper, axis1=1, axis2=2) < 0, -1.0, 1.0)
        out[:, start:stop] = (upper * signs[:, :, None])[:, columns, rows]
        start = stop
    return out


def singular_where(prepared: PreparedDesign, theta: Array) -> NDArray[np.bool_]:
    """Return which thetas, shape (B, m), in the design's units, give a covariance matrix of reduced rank."""
    places = [f.theta[f.pattern.rows == f.pattern.columns] for f in prepared.strategy.factors]
    return np.asarray((theta[:, np.concatenate(places)] < BOUNDARY).any(axis=1))


def fit_alone(design: Design, method: Method, start: Array) -> LmmFit | None:
    """Return the full fit to one outcome, or None where it has no optimum."""
    try:
        fit = fit_lmm(design, method=method, start=start)
        if fit.convergence is not None and fit.convergence.status == "failed":
            fit = fit_lmm(design, method=method)
    except FitError:
        return None  # the caller records the replicate as failed
    return None if fit.convergence is None or fit.convergence.status == "failed" else fit


def put(result: Replicates, b: int, fit: MixedFit | None) -> None:
    """Set one replicate; ``fit`` is None for a failed replicate."""
    if fit is None or fit.convergence is None:
        for values in (result.theta, result.beta, result.sigma, result.criterion):
            values[b] = np.nan
        result.status[b] = "failed"
        return
    result.theta[b], result.beta[b], result.sigma[b] = fit.theta, fit.beta, fit.scale
    result.criterion[b], result.status[b] = fit.criterion, fit.convergence.status
    if result.phi is not None and fit.phi is not None:
        result.phi[b] = fit.phi


def of_fits(design: Design, fits: Sequence[MixedFit | None]) -> Replicates:
    """Return the replicates that were fitted one by one; None marks a failed replicate."""
    B = len(fits)
    theta, beta = np.full((B, design.n_theta), np.nan), np.full((B, design.p), np.nan)
    status = np.full(B, "failed", dtype="<U9")
    phi = None if design.response.linear else np.full(B, np.nan)
    result = Replicates(theta, beta, np.full(B, np.nan), np.full(B, np.nan), status, phi)
    for b, fit in enumerate(fits):
        put(result, b, fit)
    return result
