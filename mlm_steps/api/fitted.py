"""Fit a model to a frame, and the model of a fit with something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from numpy.typing import ArrayLike

from mlm_steps.api.arguments import (
    a_control,
    check_contrasts,
    checked,
    formula_text,
    one_of,
    optional,
    share,
    truth,
)
from mlm_steps.api.frames import a_frame, with_weights
from mlm_steps.api.responses import a_df_method, a_response
from mlm_steps.api.state import FitState, Origin, snapshot
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.design.update import updated_formula
from mlm_steps.engine import Control, Estimates, Method
from mlm_steps.engine.result.mixed_checks import require_quadrature
from mlm_steps.inference import METHODS

__all__ = ["fitted_state", "updated_state"]


def fitted_state(
    formula: str,
    data: pd.DataFrame,
    *,
    reml: bool | None,
    weights: str | ArrayLike | None,
    contrasts: Mapping[str, str] | None,
    df: str | None,
    confidence: float,
    control: Control | None,
    family: str,
    link: str | None,
    trials: str | None,
    exposure: str | None,
    agq: int | Literal["auto"],
) -> FitState:
    """Return the state of a fit; `mlm_steps.api.fit` explains the arguments."""
    parsed = parse_formula(formula)
    coding = {} if contrasts is None else contrasts
    check_contrasts(parsed, data, coding)
    data, weighted_by = with_weights(data, weights)
    response = a_response(family, link, trials, exposure, agq, reml=reml)
    df_method = a_df_method(response, df)
    design = build_design(parsed, data, weights=weighted_by, contrasts=coding, response=response)
    require_quadrature(design, agq)
    used = {*parsed.variables, weighted_by, *response.columns}
    origin = Origin(snapshot(data, used), dict(coding), control)
    index = data.index if design.n == len(data) else data.index[design.rows]
    method: Method = "REML" if response.linear and reml is not False else "ML"
    estimates = Estimates(design, control=control, agq=agq)
    return FitState(estimates, method, index, df_method, confidence, weighted_by, origin)


@checked(
    formula=optional(formula_text),
    data=optional(a_frame),
    reml=optional(truth),
    df=optional(one_of(METHODS, "degrees of freedom are")),
    confidence=optional(share),
    control=a_control,
)
def updated_state(
    state: FitState,
    formula: str | None = None,
    data: pd.DataFrame | None = None,
    *,
    reml: bool | None = None,
    weights: str | ArrayLike | None = None,
    contrasts: Mapping[str, str] | None = None,
    df: str | None = None,
    confidence: float | None = None,
    control: Control | None = None,
) -> FitState:
    """Return the state of the changed model; ``Fit.update`` explains the arguments."""
    origin, design = state.source, state.fit.design
    response = design.response
    text = design.formula if formula is None else updated_formula(design.formula, formula)
    frame = origin.data if data is None else data
    coded = {**origin.contrasts, **({} if contrasts is None else contrasts)}
    known = set(parse_formula(text).variables)
    return fitted_state(
        text,
        frame,
        reml=(state.method == "REML" if reml is None else reml) if response.linear else reml,
        weights=state.weights if weights is None else weights,
        contrasts={name: word for name, word in coded.items() if name in known or name in (contrasts or {})},
        df=state.df_method if df is None else df,
        confidence=state.confidence if confidence is None else confidence,
        control=origin.control if control is None else control,
        family=response.family,
        link=response.link,
        trials=response.trials,
        exposure=response.exposure,
        agq=state.fit.agq,
    )
