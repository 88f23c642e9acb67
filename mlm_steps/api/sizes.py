"""Standardised coefficients and standardised mean differences of a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mlm_steps.api.arguments import kind_of
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import FitState
from mlm_steps.effects import group_difference
from mlm_steps.effects.standardized import Version, standardized
from mlm_steps.errors import Fault, UsageError, did_you_mean, listing
from mlm_steps.records.effects import StandardizedDifference
from mlm_steps.variance.refits import null_model

__all__ = ["MeanDifference", "mean_difference", "standardized_coefficients"]

VERSIONS = ("level", "total")
NUMBERS = ("difference", "sd", "sd_df", "d", "se", "df", "ci_low", "ci_high", "g")


def standardized_coefficients(state: FitState, version: Version = "level") -> pd.Series:
    """Return the standardised coefficients, NaN for an intercept; UsageError for a model with a family.

    Parameters
    ----------
    version : {"level", "total"}
        ``level``: a predictor of level 1 by its standard deviation within groups and the residual standard
        deviation of the null model, one of level 2 by those between groups; ``total``: by the standard
        deviations over all rows. The model is never refitted to standardised data.
    """
    if version not in VERSIONS:
        shown = repr(version) if isinstance(version, str) else kind_of(version)
        hint = did_you_mean(str(version), VERSIONS) or " or ".join(VERSIONS)
        raise UsageError(Fault("version", f"{shown} is no version of standardised coefficients", hint))
    fit = state.lmm
    rows = standardized("fit", fit, null_model(fit) if version == "level" else None, version)
    values = [np.nan if row.estimate is None else row.estimate for row in rows]
    return pd.Series(values, index=state.columns, name="std_estimate", dtype=float)


def mean_difference(
    state: FitState, factor: str, *, pretest: str | ArrayLike | None = None
) -> MeanDifference:
    """Return the standardised difference d of the means of a predictor with two values, and n per group.

    It is divided by the total standard deviation, that within groups and, if given, that of a pretest, each
    within the two values of the predictor (statistics, section 9.6). UsageError for a model with a family.

    Parameters
    ----------
    factor : str
        A predictor with two values, such as the arms of a trial.
    pretest : str or array of numbers, optional
        An earlier measurement of the outcome: a column of the data, or a value for each row of the data.
    """
    fit, predictors = state.lmm, state.fitted_effects.predictors
    if factor not in predictors.by_name:
        known = list(predictors.by_name)
        hint = did_you_mean(str(factor), known) or f"the predictors are {listing(known)}"
        raise UsageError(Fault("factor", f"the model has no predictor {factor}", hint))
    values = len(np.unique(predictors.by_name[factor].values))
    if values != 2:
        what = f"{factor} has {values} values, and a standardised difference needs two"
        raise UsageError(Fault("factor", what, "fit.means compares more levels"))
    before = None if pretest is None else _pretest(state, pretest)
    return MeanDifference(group_difference(state.fitted_effects, fit, factor, before))


def _pretest(state: FitState, pretest: str | ArrayLike) -> NDArray[np.float64]:
    """Return the pretest on the rows of the fit."""
    data = state.source.data
    if isinstance(pretest, str):
        if pretest not in data.columns:
            hint = f"give its values: data[{pretest!r}]"
            raise UsageError(Fault("pretest", f"the columns of the model have no {pretest}", hint))
        pretest = data[pretest]
    try:
        values = np.asarray(pretest, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(Fault("pretest", "not all of its values are numbers")) from None
    if values.shape != (len(data),):
        shape = " × ".join(map(str, values.shape)) or "no"
        raise UsageError(Fault("pretest", f"there are {shape} values and {len(data)} rows"))
    return np.asarray(values[state.fit.design.rows])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MeanDifference(Tabular):
    """A standardised mean difference; ``print`` shows the table and the sizes of the groups.

    Attributes
    ----------
    records : tuple of StandardizedDifference
        All numbers.
    """

    records: tuple[StandardizedDifference, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per standard deviation: ``total``, ``within`` and ``pretest``."""
        rows = [{name: getattr(row, name) for name in NUMBERS} for row in self.records]
        frame = pd.DataFrame(rows, index=[row.by for row in self.records])
        return frame.astype(float).rename_axis("by")

    def _title(self) -> str:
        first = self.records[0]
        return f"{first.factor}: {first.first} minus {first.second}"

    def _notes(self) -> tuple[str, ...]:
        first = self.records[0]
        return tuple(
            f"{value}: {size.rows} rows, "
            + ", ".join(f"{count} levels of {group}" for group, count in size.levels.items())
            for value, size in zip((first.first, first.second), first.sizes, strict=True)
        )
