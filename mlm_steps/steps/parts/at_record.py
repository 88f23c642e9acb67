"""Return the analysis sample of the rungs, and the estimates of a rung at the parameters of its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.design.matrices import Design
from mlm_steps.engine import Estimates, LmmFit, Method, evaluate_at
from mlm_steps.engine.fit.generalized import evaluate_generalized
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.records import FitRecord, Optimum
from mlm_steps.remedies.columns import with_columns
from mlm_steps.steps.run.session import Session

__all__ = ["analysis_frame", "at_optimum", "estimates_at_record"]


def analysis_frame(session: Session) -> pd.DataFrame:
    """Return the analysis sample with all columns that rungs use, including those made by remedies."""
    return with_columns(session.sample(), session.derived)


def estimates_at_record(
    session: Session,
    record: FitRecord,
    *,
    frame: pd.DataFrame | None = None,
    methods: Sequence[Method] = ("REML", "ML"),
) -> Estimates:
    """Return a rung's estimates at the parameters of its record, without optimisation.

    ``frame`` is by default the analysis sample with the columns of remedies.
    """
    formula = session.plan.read(record.formula)
    data = with_columns(analysis_frame(session) if frame is None else frame, record.derived)
    design = build_design(
        formula, data, weights=record.weights, contrasts=session.contrasts, response=record.response
    )
    wanted = methods if record.linear else ("ML",)
    fits = {
        optimum.method: at_optimum(design, optimum, record.agq)
        for optimum in record.optima
        if optimum.method in wanted
    }
    return Estimates(design, fits=fits, agq=record.agq)


def at_optimum(design: Design, found: Optimum, agq: int) -> LmmFit | GlmmFit:
    """Return the fit of a design at a recorded optimum, without the report on its search.

    The parameters are those of the record to the last bit, so that a step that reads them finds the same
    numbers whether the rung has just been fitted or not.
    """
    if design.response.linear:
        return evaluate_at(design, np.array(found.theta), method=found.method)
    others = [] if found.phi is None else [np.log(found.phi)]
    at = evaluate_generalized(design, np.array([*found.theta, *found.beta, *others]), agq)
    return replace(
        at,
        theta=np.array(found.theta),
        beta=np.array(found.beta),
        phi=found.phi,
        vcov_internal=None if found.vcov_internal is None else np.array(found.vcov_internal),
        vcov=np.array(found.vcov).reshape(design.p, design.p),
        deviance=found.criterion,
        notices=found.notices,
    )
