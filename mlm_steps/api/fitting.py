"""Fit a linear mixed model to a data frame."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from numpy.typing import ArrayLike

from mlm_steps.api.arguments import (
    a_control,
    check_contrasts,
    checked,
    formula_text,
    kind_of,
    one_of,
    share,
    truth,
)
from mlm_steps.api.frames import a_frame, with_weights
from mlm_steps.api.results import Fit
from mlm_steps.api.state import FitState, Origin, snapshot
from mlm_steps.design import parse_formula
from mlm_steps.design.build import build_design
from mlm_steps.engine import Control, Estimates, Method
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import METHODS

__all__ = ["a_fit", "fit"]


@checked(
    formula=formula_text,
    data=a_frame,
    reml=truth,
    df=one_of(METHODS, "degrees of freedom are"),
    confidence=share,
    control=a_control,
)
def fit(
    formula: str,
    data: pd.DataFrame,
    *,
    reml: bool = True,
    weights: str | ArrayLike | None = None,
    contrasts: Mapping[str, str] | None = None,
    df: str = "satterthwaite",
    confidence: float = 0.95,
    control: Control | None = None,
) -> Fit:
    """Fit a linear mixed model.

    Parameters
    ----------
    formula : str
        Formula in the notation of lme4, for example ``"math ~ ses + (ses | school)"``.
    data : DataFrame, or a table of polars, pyarrow or another library with Arrow's interface
        Rows with missing values in the formula's variables are excluded; text columns are factors.
    reml : bool
        Whether to use restricted maximum likelihood instead of maximum likelihood.
    weights : str or array of n numbers, optional
        Prior (precision) weights: the name of a column, or one weight per row. If they are given as an
        array, new data must contain them in a column ``(weights)``.
    contrasts : mapping of column to str, optional
        The coding of each factor: ``treatment``, ``sum``, ``helmert`` or ``poly``.
    df : {"satterthwaite", "kenward-roger", "between-within", "residual", "z"}
        Degrees of freedom of the t tests; ``kenward-roger`` also adjusts the standard errors.
    confidence : float
        Confidence of the Wald intervals.
    control : Control, optional
        Settings of the search for the optimum.

    Raises
    ------
    UsageError
        The data are not a table, or an argument has the wrong type or an unknown value.
    DesignError
        The formula cannot be read or does not fit the data.
    FitError
        The model cannot be estimated from these data.
    """
    parsed = parse_formula(formula)
    coding = {} if contrasts is None else contrasts
    check_contrasts(parsed, data, coding)
    data, weighted_by = with_weights(data, weights)
    design = build_design(parsed, data, weights=weighted_by, contrasts=coding)
    origin = Origin(snapshot(data, {*parsed.variables, weighted_by}), dict(coding), control)
    index = data.index if design.n == len(data) else data.index[design.rows]
    method: Method = "REML" if reml else "ML"
    state = FitState(Estimates(design, control=control), method, index, df, confidence, weighted_by, origin)
    return Fit(state)


def a_fit(key: str, value: object) -> Fit:
    """Return a fit; UsageError for anything else."""
    if not isinstance(value, Fit):
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a fit", "mlm_steps.fit(...) makes one"))
    return value
