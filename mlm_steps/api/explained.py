"""Intraclass correlations and explained variance of a fit."""

from __future__ import annotations

import pandas as pd

from mlm_steps.api.arguments import kind_of
from mlm_steps.api.state import FitState
from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.records import VarianceRecord
from mlm_steps.records.response import VARIANCE_METHODS
from mlm_steps.variance import Explained, explain

__all__ = ["icc", "r2"]

SHARES = ("r2_marginal", "r2_conditional")
"""The measures of ``r2``."""


def icc(state: FitState, distribution: str | None = None) -> pd.DataFrame:
    """Return intraclass correlations, as the table ``icc`` of a run.

    Parameters
    ----------
    distribution : {"theoretical", "observation", "lognormal", "delta", "trigamma"}, optional
        How the variance of the distribution of a model with a family is computed on the link scale; it is
        a column, beside the method and the marginal mean lambda of the null model. Default: the first
        one that the family has.
    """
    found = _explained(state, distribution)
    rows = [
        {
            "kind": row.kind,
            "group": row.group,
            "effect": row.effect,
            "x": row.x,
            "value": row.value,
            **(_distribution(found) if row.kind != "vpc_response" else {}),
        }
        for row in found.icc
    ]
    return pd.DataFrame(rows)


def r2(state: FitState, distribution: str | None = None) -> pd.DataFrame:
    """Return marginal and conditional R² (Nakagawa, Johnson & Schielzeth 2017), as ``icc`` does."""
    found = _explained(state, distribution)
    rows = [row for row in found.measures if row.measure in SHARES]
    return pd.DataFrame(
        [{"value": row.value, **_distribution(found)} for row in rows], index=[row.measure for row in rows]
    )


def _explained(state: FitState, distribution: str | None) -> VarianceRecord:
    methods = VARIANCE_METHODS[state.fit.family]
    if distribution is not None and distribution not in methods:
        shown = repr(distribution) if isinstance(distribution, str) else kind_of(distribution)
        if not methods:
            raise UsageError(Fault("distribution", "a linear mixed model has a residual variance instead"))
        hint = did_you_mean(str(distribution), methods) or f"it has {', '.join(methods)}"
        what = f"{state.fit.family} has no distribution variance {shown}"
        raise UsageError(Fault("distribution", what, hint))
    predictors = None if state.origin is None else state.fitted_effects.predictors
    return explain(Explained("fit", state.fit, distribution=distribution, predictors=predictors))


def _distribution(found: VarianceRecord) -> dict[str, object]:
    """Return the columns of the variance of a generalized model's distribution; none for a linear model."""
    own = found.distribution
    if own is None:
        return {}
    return {
        "distribution_variance": own.variance,
        "distribution_method": own.method,
        "lambda": own.null_mean,
    }
