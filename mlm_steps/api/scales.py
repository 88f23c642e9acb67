"""Predictions of generalized models: on the link, for a typical group, or averaged over the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mlm_steps.api.asked import Asked, Scale
from mlm_steps.api.rows import PREDICTED_AS_0, NewRows, Prediction, notices_of, settle_new_levels
from mlm_steps.api.state import FitState
from mlm_steps.design.apply import NewDesign
from mlm_steps.design.checks import positive_weights
from mlm_steps.design.columns import FrameColumns
from mlm_steps.engine.posterior.group_means import group_means
from mlm_steps.engine.posterior.population import MeanOutcomes, mean_outcomes
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.errors import Fault, UsageError

__all__ = ["predict_generalized"]

Array = NDArray[np.float64]
AVERAGED = "the prediction is an average over their random effects"


def predict_generalized(
    state: FitState, fit: GlmmFit, newdata: pd.DataFrame | Mapping[str, object] | None, asked: Asked
) -> Prediction:
    """Return predictions; ``Fit.predict`` explains the arguments."""
    groups, scale = asked.groups, asked.scale
    if asked.interval == "prediction":
        what = "a generalized model has no prediction intervals"
        raise UsageError(Fault("interval", what, "simulate() draws outcomes"))
    rows = NewRows.of_fit(fit, state.index)
    if isinstance(newdata, pd.DataFrame):
        rows = NewRows.of_frame(fit, newdata, groups=groups, weights=None)
        rows = _exposed(fit, rows, newdata)
    if groups:
        at = group_means(fit, rows.design, groups, errors=asked.se or asked.interval is not None)
    else:
        at = mean_outcomes(fit, rows.design.X, rows.design.offset, [term.z for term in rows.design.random])
    columns = _columns(at, scale, state.confidence if asked.interval else None, se=asked.se)
    columns["estimate"], new = settle_new_levels(columns["estimate"], rows, groups, asked.new_levels)
    if asked.new_levels == "missing":
        columns = {name: np.where(new, np.nan, values) for name, values in columns.items()}
    then = AVERAGED if scale == "population" else PREDICTED_AS_0
    notices = notices_of(fit, columns["estimate"], rows, groups, asked.new_levels, then)
    return Prediction(pd.DataFrame(columns, index=rows.index), tuple(notices))


def _exposed(fit: GlmmFit, rows: NewRows, frame: pd.DataFrame) -> NewRows:
    """Return the rows with the logarithm of their exposure as offset; it is 1 if new data do not have it."""
    name = fit.design.response.exposure
    if name is None or name not in frame.columns or not isinstance(rows.design, NewDesign):
        return rows
    exposure = np.log(positive_weights(FrameColumns(frame, None), np.arange(len(frame)), name))
    own = rows.design.offset
    return replace(rows, design=replace(rows.design, offset=exposure if own is None else own + exposure))


def _columns(at: MeanOutcomes, scale: Scale, confidence: float | None, *, se: bool) -> dict[str, Array]:
    """Return the columns of the predictions: estimate, standard error and limits."""
    family = at.fit.distribution
    width = 0.0 if confidence is None else float(ndtri(0.5 + 0.5 * confidence))
    errors = at.link_errors(new_levels=scale == "link")
    if scale == "population":
        estimate = at.population
        spread, low, high = at.limits(width)
    elif scale == "link":
        estimate, spread = at.eta, errors
        low, high = estimate - width * spread, estimate + width * spread
    else:
        estimate, spread = at.typical, errors * family.mean_slope(at.eta)
        low, high = family.mean(at.eta - width * errors), family.mean(at.eta + width * errors)
    found = {"estimate": estimate}
    if se or confidence is not None:
        found["se"] = spread
    return found if confidence is None else found | {"low": low, "high": high}
