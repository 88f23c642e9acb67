"""Whether residuals of neighbouring occasions correlate: a score test (statistics, section 13.9).

The model is extended by an autocorrelation phi_k of the errors at lag k. At phi_k = 0 the derivative of the
REML criterion is U = Σ e_i e_i' / sigma² - sigma² Σ P_ii' over the pairs i, i' of rows of a group that are
k occasions apart. Its variance is the information on phi_k less what the variance parameters share with it.
U over the information is the one-step estimate of phi_k.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from mlm_steps.diagnose.base import Contribution
from mlm_steps.diagnose.parts.flags import flag, p_words
from mlm_steps.diagnose.parts.subject import Factor, Model
from mlm_steps.diagnose.parts.variables import Variable
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.records.diagnostics import Curve, DiagnosticCheck

__all__ = ["autocorrelation"]

Array = NDArray[np.float64]

LARGE = 0.2
"""Autocorrelation at lag 1 that is a concern."""
LAGS = 5
"""Largest lag that is drawn."""
LONGEST = 100
"""Largest number of occasions of a group; its covariance matrix is formed."""
FEWEST = 3
"""Smallest median number of occasions of a group."""
REPEATS = 3.0
"""Rows per distinct value from which a predictor counts as occasions that groups share."""


class _Lag(NamedTuple):
    """The one-step estimate at a lag, and its standard error."""

    estimate: float
    se: float


def autocorrelation(model: Model) -> Contribution:
    """Return the autocorrelation at lag 1 of models of repeated measures with one grouping factor.

    Time is the predictor that was named, or the first one whose values differ within each group and are
    shared by groups.
    """
    fit = model.fit
    if not isinstance(fit, LmmFit) or len(model.factors) != 1 or fit.design.weights is not None:
        return Contribution()
    factor = model.factors[0]
    size = np.bincount(factor.refs, minlength=factor.J)
    time = _time(model, factor, size)
    if time is None or size.max() > LONGEST or float(np.median(size)) < FEWEST:
        return Contribution()
    lags = range(1, (LAGS if model.drawn else 1) + 1)
    found = [_lag(fit, factor, time.values, size, lag) for lag in lags]
    first = found[0]
    if first is None:
        return Contribution()
    points = tuple(
        (float(lag), each.estimate, each.se)
        for lag, each in zip(lags, found, strict=True)
        if each is not None
    )
    curve = Curve(name="autocorrelation", of=factor.group, columns=("lag", "estimate", "se"), points=points)
    return Contribution((_check(model, factor, time, first),), (curve,) if model.drawn else ())


def _check(model: Model, factor: Factor, time: Variable, lag: _Lag) -> DiagnosticCheck:
    z = lag.estimate / lag.se
    p = float(2.0 * scipy.special.ndtr(-abs(z)))
    found = flag(p, 1, large=abs(lag.estimate) >= LARGE)
    sign = "\N{MINUS SIGN}" if lag.estimate < 0 else ""
    what = f"{sign}{abs(lag.estimate):.2f}, SE {lag.se:.2f}, {p_words(p)}"
    when = f"neighbouring occasions of {model.label(factor.group)}, in the order of {model.label(time.name)}"
    if found == "ok":
        text = f"Residuals of {when}, do not correlate as far as the data show: {what}."
    else:
        text = f"Residuals of {when}, correlate: {what}; " + (
            "standard errors of effects of time are too small: add a random slope of time or a curve, or use "
            "robust standard errors."
            if found == "concern"
            else "little by itself; robust standard errors show whether tests depend on it."
        )
    return DiagnosticCheck(
        check="autocorrelation", of=factor.group, effect=time.name, statistic=lag.estimate,
        low=lag.estimate - 1.96 * lag.se, high=lag.estimate + 1.96 * lag.se, p=p, flag=found, sentence=text,
    )  # fmt: skip


def _time(model: Model, factor: Factor, size: NDArray[np.intp]) -> Variable | None:
    """Return the variable that orders the rows of each group, or None."""
    if model.time is not None:
        return {**model.others, **model.variables}.get(model.time)
    for variable in model.variables.values():
        values, where = np.unique(variable.values, return_inverse=True)
        shared = not variable.levels and values.size * REPEATS <= variable.values.size
        if shared and np.unique(factor.refs * values.size + where).size == where.size and size.max() > 2:
            return variable
    return None


def _lag(fit: LmmFit, factor: Factor, time: Array, size: NDArray[np.intp], lag: int) -> _Lag | None:
    order = np.lexsort((time, factor.refs))
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    Z = np.hstack([term.z for term in fit.design.random])[order]
    X, e = fit.design.X[order], fit.residuals[order]
    T = scipy.linalg.block_diag(*_squares(fit))
    U, info = 0.0, 0.0
    k = Z.shape[1]
    places = [(a, b) for a in range(k) for b in range(a + 1) if T[a, a] > 0 and T[b, b] > 0]
    m = len(places) + 1
    shared, own = np.zeros(m), np.zeros((m, m))
    for count in np.unique(size[size > lag]).tolist():
        groups = np.flatnonzero(size == count)
        rows = start[groups][:, None] + np.arange(count)
        z, x, r = Z[rows], X[rows], e[rows] / fit.sigma
        inverse = np.linalg.inv(np.eye(count) + z @ T @ z.transpose(0, 2, 1))
        A = np.eye(count, k=lag) + np.eye(count, k=-lag)
        vx = inverse @ x
        fixed = np.einsum("gia,ab,gjb->gij", vx, fit.vcov / fit.sigma**2, vx)
        U += float(np.sum(r[:, :-lag] * r[:, lag:]))
        U -= float(np.sum(np.diagonal(inverse - fixed, offset=lag, axis1=1, axis2=2)))
        directions = [np.broadcast_to(np.eye(count), inverse.shape), *_directions(z, places)]
        moved = [inverse @ each for each in directions]
        along = inverse @ A
        info += 0.5 * float(np.einsum("gij,gji->", along, along))
        for a in range(m):
            shared[a] += 0.5 * float(np.einsum("gij,gji->", along, moved[a]))
            for b in range(m):
                own[a, b] += 0.5 * float(np.einsum("gij,gji->", moved[a], moved[b]))
    left = info - float(shared @ np.linalg.lstsq(own, shared, rcond=None)[0])
    return _Lag(U / left, float(1.0 / np.sqrt(left))) if left > 1e-8 * max(info, 1e-300) else None


def _squares(fit: LmmFit) -> list[Array]:
    return [factor @ factor.T for factor in fit.Lambda]


def _directions(z: Array, places: list[tuple[int, int]]) -> list[Array]:
    """Return the derivatives of Z T Z' in the entries of T."""
    found = []
    for a, b in places:
        one = z[:, :, a, None] * z[:, None, :, b]
        found.append(one if a == b else one + one.transpose(0, 2, 1))
    return found
