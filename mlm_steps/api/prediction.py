"""Predictions, simulated outcomes, leverages and Cook's distances of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from mlm_steps.api.arguments import LARGEST_SEED, MOST_REPLICATES, checked, one_of, optional, truth, whole
from mlm_steps.api.asked import NEW_LEVELS, SCALES, Asked, NewLevels, Scale, asked_groups, factors
from mlm_steps.api.frames import new_frame
from mlm_steps.api.rows import Masked, NewRows, Prediction, masked, notices_of, settle_new_levels
from mlm_steps.api.scales import predict_generalized
from mlm_steps.api.state import FitState
from mlm_steps.engine.bootstrap.simulate import simulate as simulated_outcomes
from mlm_steps.engine.posterior.leverage import leverages
from mlm_steps.engine.posterior.predict import PredictionError, Rows, estimates
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.engine.result.moments import grouping_factors
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import test_contrasts
from mlm_steps.inference.satterthwaite import variance_df

__all__ = ["Interval", "Prediction", "hatvalues", "predict", "simulate"]

Array = NDArray[np.float64]
Interval = Literal["confidence", "prediction"]
INTERVALS = ("confidence", "prediction")

SAME_FOR_ALL: dict[str, Callable[[LmmFit], float]] = {
    "residual": lambda fit: float(fit.design.n - fit.design.p),
    "z": lambda _: float(np.inf),
}
"""Methods whose df are the same for all estimated quantities."""


@checked(
    newdata=optional(new_frame),
    random=factors,
    new_levels=one_of(NEW_LEVELS, "choice is"),
    se=truth,
    interval=optional(one_of(INTERVALS, "interval is")),
    scale=optional(one_of(SCALES, "scales are")),
)
def predict(
    state: FitState,
    newdata: pd.DataFrame | Mapping[str, object] | None = None,
    *,
    random: bool | str | Sequence[str] = False,
    se: bool = False,
    interval: Interval | None = None,
    scale: Scale | None = None,
    new_levels: NewLevels = "population",
) -> Prediction:
    """Return predictions for the rows of the fit or for new data, in outcome units.

    Parameters
    ----------
    newdata : DataFrame, mapping of columns to values, or a table with Arrow's interface, optional
        The predictors; with ``random`` also the grouping columns. Default: the rows of the fit.
    random : bool, str or sequence of str
        False: offset + X beta, the mean over the population of groups. True: + Z b at the conditional
        modes. ``["school"]``: + those of these grouping factors alone, as lme4's ``re.form``; the others are
        at 0.
    se : bool
        Add the standard error of the mean. With ``random`` it is the square root of the variance of
        x'beta_hat + z'b_hat - x'beta - z'b, from the inverse of the matrix of Henderson's mixed-model
        equations, which includes the covariance of beta_hat with b_hat - b. For a group without rows
        in the fit, z'Tz is added. The variance parameters are treated as known. For a model with a family
        it is that of the delta method over all parameters, on which the modes depend, plus the variance of
        the random effects given the parameters; it ignores that this distribution is skewed, and with
        several points of quadrature it keeps Laplace's variance. z'Tz is added on the link alone, since the
        population average integrates the effects of new groups and a typical group has none.
    interval : {"confidence", "prediction"}, optional
        For the mean, or for a new outcome in a new group (+ z'Tz + sigma² / w) or, with ``random``, in
        the row's group (+ sigma² / w, and z'Tz of the factors that are not in ``random``); DesignError or
        UsageError if newdata lacks the prior weights w.
        The interval has the fit's ``confidence`` and, for the mean without random effects, its ``df``
        method. Others have Satterthwaite's df, unless the method is ``residual`` or ``z``. Models with a
        family have normal confidence intervals of the link, transformed.
    scale : {"population", "typical", "link"}, optional
        For a model with a family: the outcome averaged over the random effects (default), that of a
        typical group, whose random effects are 0, or the linear predictor. With ``random`` the effects of
        known groups are at their modes, and those of others averaged or 0. The exposure of new data is 1
        if they do not have its column.
    new_levels : {"population", "missing", "error"}
        What rows get, with ``random``, whose group has no rows in the fit: the mean over the population,
        with z'Tz in the variance and a notice that counts them; no prediction; or a UsageError.
    """
    groups = asked_groups(state.fit, random)
    if isinstance(state.fit, GlmmFit):
        asked = Asked(groups, new_levels, scale or "population", se, interval)
        return predict_generalized(state, state.fit, newdata, asked)
    if scale is not None:
        raise UsageError(Fault("scale", "a linear mixed model has one scale", "leave it out"))
    fit = state.lmm
    if isinstance(newdata, pd.DataFrame):
        weights = state.weights if interval == "prediction" else None
        rows = NewRows.of_frame(fit, newdata, groups=groups, weights=weights)
    else:
        rows = NewRows.of_fit(fit, state.index)
    at: Rows = rows.design
    if groups and len(groups) < len(grouping_factors(fit)):
        at = Masked(at.X, masked(at.random, groups, inside=True), at.offset)
    estimate, new = settle_new_levels(estimates(fit, at, random=bool(groups)), rows, groups, new_levels)
    columns = {"estimate": estimate, **_uncertainty(state, rows, at, groups, se=se, interval=interval)}
    if "width" in columns:
        width = columns.pop("width")
        columns |= {"low": estimate - width, "high": estimate + width}
    if new_levels == "missing":
        columns = {name: np.where(new, np.nan, values) for name, values in columns.items()}
    notices = notices_of(fit, columns["estimate"], rows, groups, new_levels)
    return Prediction(pd.DataFrame(columns, index=rows.index), tuple(notices))


def _uncertainty(
    state: FitState, rows: NewRows, at: Rows, groups: Sequence[str], *, se: bool, interval: Interval | None
) -> dict[str, Array]:
    """Return those of standard error, df and half the width of the interval that were requested."""
    fit, method, confidence, random = state.lmm, state.df_method, state.confidence, bool(groups)
    if interval == "confidence" and not random:
        return _of_contrasts(fit, rows.design.X, method, confidence)
    found: dict[str, Array] = {}
    others = None if at is rows.design else masked(rows.design.random, groups, inside=False)
    if se or interval is not None:
        found["se"] = np.sqrt(PredictionError(fit, at, random, outcome=False).variance())
    if interval is not None:
        error = PredictionError(fit, at, random, interval == "prediction", rows.weights, others)
        found["df"] = _df(error, method)
        found["width"] = np.sqrt(error.variance()) * _quantile(found["df"], 0.5 + 0.5 * confidence)
    return found


@checked(n=whole(0, MOST_REPLICATES), seed=whole(0, LARGEST_SEED), conditional=truth)
def simulate(state: FitState, n: int, seed: int, *, conditional: bool = False) -> pd.DataFrame:
    """Return n outcomes drawn from the model at its estimates, one column each, indexed as the frame.

    Column i depends only on the seed and i. ``conditional`` keeps the random effects at their conditional
    modes; otherwise they are drawn. A transformed outcome, such as log(y), is simulated on its own scale.
    """
    drawn = simulated_outcomes(state.fit, n, seed, conditional=conditional)
    return pd.DataFrame(drawn.T, index=state.index)


def hatvalues(state: FitState) -> pd.Series:
    """Return the leverages, indexed as the frame."""
    return pd.Series(leverages(state.lmm), index=state.index, name="hatvalues")


def _of_contrasts(fit: LmmFit, X: Array, method: str, confidence: float) -> dict[str, Array]:
    """Return standard error, df and half the width of the interval of X beta, each of shape (m,)."""
    se, df, width = (np.where(np.isfinite(X).all(axis=1), value, np.nan) for value in (0.0, np.inf, 0.0))
    usable = np.isfinite(X).all(axis=1) & (X != 0.0).any(axis=1)
    if usable.any():
        tests = test_contrasts(fit, X[usable], method, confidence)
        se[usable], df[usable], width[usable] = tests.se, tests.df, (tests.ci_high - tests.ci_low) / 2
    return {"se": se, "df": df, "width": width}


def _df(error: PredictionError, method: str) -> Array:
    """Return the df of the variance of a prediction that involves random effects or outcomes."""
    if method in SAME_FOR_ALL:
        return np.full(error.rows.X.shape[0], SAME_FOR_ALL[method](error.fit))
    return variance_df(error.fit, error)


def _quantile(df: Array, tail: float) -> Array:
    infinite = np.isinf(df)
    quantile: Array = np.where(infinite, ndtri(tail), stdtrit(np.where(infinite, 1.0, df), tail))
    return quantile
