"""The state of a fitted model, from which the functions of the API compute their results."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from mlm_steps.api.arguments import kind_of
from mlm_steps.data.outcomes import about_constant_within, about_two_values
from mlm_steps.design.predictors import Predictors
from mlm_steps.effects import Fitted, OnResponse
from mlm_steps.engine import Control, Estimates, LmmFit, Method, MixedFit, evaluate_at
from mlm_steps.engine.result.glmm_fit import GlmmFit
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import CoefficientTests, Reference, reference, test_rows
from mlm_steps.records.base import Notice

__all__ = ["FitState", "Origin", "snapshot", "state_at", "theta_array"]

COPIES_ON_WRITE = int(pd.__version__.split(".", maxsplit=1)[0]) >= 3
"""Whether changes of a frame leave its shallow copies unchanged (pandas 3 and later)."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The data and settings of a fit, from which other models of the same data are built.

    Attributes
    ----------
    data : DataFrame
        A copy of the columns that the model uses; later changes of the user's frame do not affect it.
    contrasts : mapping of str to str
    control : Control or None
    """

    data: pd.DataFrame
    contrasts: Mapping[str, str]
    control: Control | None


@lru_cache(maxsize=64)
def _index_of(names: tuple[str, ...]) -> pd.Index:
    """Return an index of names, of which callers take a view: its own name may be set.

    pandas takes longer to make an index than the engine to fit a small model; an index of objects takes
    least.
    """
    return pd.Index(list(names), dtype=object)


def snapshot(data: pd.DataFrame, used: Collection[str | None]) -> pd.DataFrame:
    """Return a frame with the current values of the used columns; later changes do not affect it."""
    if COPIES_ON_WRITE:
        return data.copy(deep=False)
    return data[[name for name in data.columns if name in used]].copy()


@dataclass(frozen=True, eq=False)
class FitState:
    """A fitted model.

    Attributes
    ----------
    estimates : Estimates
        The REML and the ML fit.
    method : {"REML", "ML"}
        The fit that is reported.
    index : Index
        Index of the frame's rows that the fit uses.
    df_method : str
        Method of the degrees of freedom, a key of ``mlm_steps.inference.METHODS``.
    confidence : float
        Confidence of the intervals.
    weights : str or None
        Column of the prior weights.
    origin : Origin or None
        None for a fit at given parameters.
    """

    estimates: Estimates
    method: Method
    index: pd.Index
    df_method: str
    confidence: float
    weights: str | None = None
    origin: Origin | None = None

    @cached_property
    def fit(self) -> MixedFit:
        """The fit that is reported."""
        return self.estimates.under(self.method)

    @property
    def lmm(self) -> LmmFit:
        """The reported fit of a linear model; UsageError for other models."""
        if not isinstance(self.fit, LmmFit):
            what = f"this exists for linear mixed models only; the family of the fit is {self.fit.family}"
            raise UsageError(Fault("", what, None))
        return self.fit

    @cached_property
    def reference(self) -> Reference:
        """The reference distribution of the tests of the fixed effects."""
        return reference(self.fit, self.df_method)

    @cached_property
    def tests(self) -> CoefficientTests:
        """Tests of the fixed effects."""
        return test_rows(self.reference, np.eye(self.fit.design.p), self.confidence)

    @cached_property
    def columns(self) -> pd.Index:
        """Names of the fixed effects."""
        return _index_of(self.fit.design.columns).view()

    @cached_property
    def fitted_effects(self) -> Fitted:
        """The fit in the form from which contrasts, slopes and means are computed."""
        predictors = Predictors(self.fit.design, self.source.data)
        response = None
        if isinstance(self.fit, GlmmFit):
            response = OnResponse(self.fit, predictors, self.confidence)
        return Fitted("fit", predictors, self.reference, self.confidence, response)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices about the data and the fit."""
        design = self.fit.design
        if not design.response.linear:
            own = (notice for notice in design.notices if notice.code != "event")  # the summary names it
            return (*own, *self.fit.notices)
        factors = [(term.group, term.refs) for term in design.random]
        return (
            *about_two_values(design.outcome, design.y),
            *about_constant_within(design.outcome, design.y, factors),
            *design.notices,
            *self.fit.notices,
        )

    @property
    def source(self) -> Origin:
        """The data and settings of the fit; UsageError for a fit at given parameters."""
        if self.origin is None:
            raise UsageError(Fault("", "this fit is at given parameters", "ask the fit it came from"))
        return self.origin


def state_at(state: FitState, theta: Sequence[float] | pd.Series) -> FitState:
    """Return the model at given covariance parameters; ``Fit.at`` explains them."""
    given = theta_array(theta)
    design, prepared = state.lmm.design, state.lmm.prepared
    methods: tuple[Method, ...] = ("REML", "ML")
    fits = {method: evaluate_at(design, given, method=method, prepared=prepared) for method in methods}
    return replace(state, estimates=Estimates(design, fits=fits), origin=None)


def theta_array(theta: Sequence[float] | pd.Series) -> np.ndarray:
    """Return covariance parameters as an array; UsageError for anything but numbers."""
    try:
        return np.asarray(theta, dtype=float)
    except (TypeError, ValueError, OverflowError):
        hint = "for example fit.theta"
        what = f"this is {kind_of(theta)}, not a sequence of numbers"
        raise UsageError(Fault("theta", what, hint)) from None
