"""Fit a mixed model, linear or generalized, to a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from numpy.typing import ArrayLike

from mlm_steps.api.arguments import (
    a_control,
    checked,
    formula_text,
    kind_of,
    one_of,
    optional,
    share,
    truth,
)
from mlm_steps.api.fitted import fitted_state
from mlm_steps.api.frames import a_frame
from mlm_steps.api.responses import KNOWN_LINKS, a_quadrature
from mlm_steps.api.results import Fit
from mlm_steps.engine import Control
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import METHODS
from mlm_steps.records.response import LINKS

__all__ = ["a_fit", "fit"]


@checked(
    formula=formula_text,
    data=a_frame,
    reml=optional(truth),
    df=optional(one_of(METHODS, "degrees of freedom are")),
    confidence=share,
    control=a_control,
    family=one_of(LINKS, "families are"),
    link=optional(one_of(KNOWN_LINKS, "links are")),
    agq=a_quadrature,
)
def fit(
    formula: str,
    data: pd.DataFrame,
    *,
    reml: bool | None = None,
    weights: str | ArrayLike | None = None,
    contrasts: Mapping[str, str] | None = None,
    df: str | None = None,
    confidence: float = 0.95,
    control: Control | None = None,
    family: str = "gaussian",
    link: str | None = None,
    trials: str | None = None,
    exposure: str | None = None,
    agq: int | Literal["auto"] = 1,
) -> Fit:
    """Fit a mixed model, linear or generalized.

    Parameters
    ----------
    formula : str
        Formula in the notation of lme4, for example ``"math ~ ses + (ses | school)"``.
    data : DataFrame, or a table of polars, pyarrow or another library with Arrow's interface
        Rows with missing values in the formula's variables are excluded; text columns are factors.
    reml : bool, optional
        Whether to use restricted maximum likelihood instead of maximum likelihood. Default: for linear
        models.
    weights : str or array of n numbers, optional
        Prior (precision) weights, or how often each row counts in a model with a family: the name of a
        column, or one weight per row. If they are given as an array, new data must contain them in a column
        ``(weights)``.
    contrasts : mapping of column to str, optional
        The coding of each factor: ``treatment``, ``sum``, ``helmert`` or ``poly``.
    df : {"satterthwaite", "kenward-roger", "between-within", "residual", "z"}, optional
        Degrees of freedom of the t tests; ``kenward-roger`` also adjusts the standard errors. Default:
        ``satterthwaite`` for a linear model, else ``z``.
    confidence : float
        Confidence of the Wald intervals.
    control : Control, optional
        Settings of the search for the optimum.
    family : {"gaussian", "binomial", "poisson", "negative_binomial", "gamma"}
        The distribution of the outcome. A binomial outcome is 0 and 1, logical, a category of two levels (the
        last one is the event), a count or a share with ``trials``, or ``cbind(k, n - k)`` in the formula.
    link : str, optional
        ``logit``, ``probit`` or ``cloglog`` for ``binomial``. Default: the first of these, else ``log``.
    trials, exposure : str, optional
        Columns of the numbers of trials, and of the exposure whose logarithm is an offset.
    agq : int or "auto"
        Quadrature points per dimension, for one grouping factor with at most three random coefficients; 1 is
        Laplace's approximation. ``auto``: as few as the estimates need.

    Raises
    ------
    UsageError
        The data are not a table, or an argument has the wrong type or an unknown value.
    DesignError
        The formula cannot be read or does not fit the data.
    FitError
        The model cannot be estimated from these data.
    """
    return Fit(
        fitted_state(
            formula, data, reml=reml, weights=weights, contrasts=contrasts, df=df, confidence=confidence,
            control=control, family=family, link=link, trials=trials, exposure=exposure, agq=agq,
        )
    )  # fmt: skip


def a_fit(key: str, value: object) -> Fit:
    """Return a fit; UsageError for anything else."""
    if not isinstance(value, Fit):
        raise UsageError(Fault(key, f"this is {kind_of(value)}, not a fit", "mlm_steps.fit(...) makes one"))
    return value
