"""Fit a model of the prelude by least squares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design.build import build_design
from mlm_steps.engine.fit.ols import OlsFit, fit_ols
from mlm_steps.steps.run.session import Session

__all__ = ["single_level_fit"]


def single_level_fit(
    session: Session, model: str, frame: pd.DataFrame, clusters: Mapping[str, NDArray[np.intp]]
) -> OlsFit:
    """Return the fit of a model of the prelude.

    ``clusters`` holds per grouping factor the level of each row of the frame, for robust standard errors.
    """
    design = build_design(
        session.plan.formulas[model],
        frame,
        weights=session.model(model).weights,
        contrasts=session.contrasts,
        mixed=False,
    )
    own = {name: codes[design.rows] for name, codes in clusters.items()}
    return fit_ols(design, own, confidence=session.spec.estimation.confidence)
