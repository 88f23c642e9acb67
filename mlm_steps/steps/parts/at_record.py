"""Return the analysis sample of the rungs, and the estimates of a rung at the parameters of its record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlm_steps.design.build import build_design
from mlm_steps.engine import Estimates, Method, evaluate_at
from mlm_steps.records import FitRecord
from mlm_steps.remedies.columns import with_columns
from mlm_steps.steps.run.session import Session

__all__ = ["analysis_frame", "estimates_at_record"]


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
    design = build_design(formula, data, weights=record.weights, contrasts=session.contrasts)
    fits = {
        optimum.method: evaluate_at(design, np.array(optimum.theta), method=optimum.method)
        for optimum in (record.reml, record.ml)
        if optimum.method in methods
    }
    return Estimates(design, fits=fits)
