"""Predictions, simulated outcomes, leverages and Cook's distances of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from mlm_steps.api.arguments import LARGEST_SEED, MOST_REPLICATES, checked, one_of, optional, truth, whole
from mlm_steps.api.frames import new_frame
from mlm_steps.api.state import FitState
from mlm_steps.design import parse_formula
from mlm_steps.design.apply import NewDesign, apply_design
from mlm_steps.design.checks import Missing, positive_weights
from mlm_steps.design.columns import FrameColumns, missing_values
from mlm_steps.design.expressions import columns_of
from mlm_steps.engine.bootstrap.simulate import simulate as simulated_outcomes
from mlm_steps.engine.posterior.leverage import cooks_distances, leverages
from mlm_steps.engine.posterior.posterior import TermRows
from mlm_steps.engine.posterior.predict import PredictionError, Rows, estimates
from mlm_steps.engine.result.lmm_fit import LmmFit
from mlm_steps.errors import Fault, UsageError
from mlm_steps.inference import test_contrasts
from mlm_steps.inference.satterthwaite import variance_df
from mlm_steps.records.base import Notice

__all__ = ["Interval", "Prediction", "cooks_distance", "hatvalues", "predict", "simulate"]

Array = NDArray[np.float64]
Interval = Literal["confidence", "prediction"]
INTERVALS = ("confidence", "prediction")

SAME_FOR_ALL: dict[str, Callable[[LmmFit], float]] = {
    "residual": lambda fit: float(fit.design.n - fit.design.p),
    "z": lambda _: float(np.inf),
}
"""Methods whose df are the same for all estimated quantities."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predictions for rows, with the index of their frame.

    Attributes
    ----------
    frame : DataFrame
        ``estimate``, in outcome units; ``se``, the standard error of the predicted mean, if it was
        requested; ``df``, ``low`` and ``high`` of the interval, if one was requested.
    notices : tuple of Notice
        Notices such as the number of rows in groups that the fit does not have.
    """

    frame: pd.DataFrame
    notices: tuple[Notice, ...]

    @property
    def estimate(self) -> pd.Series:
        """The predicted values."""
        return self.frame["estimate"]

    def __repr__(self) -> str:
        return "\n".join([repr(self.frame), *(f"Note: {notice.text}" for notice in self.notices)])


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """Rows to predict.

    Attributes
    ----------
    design : Rows
        Columns of the design matrices.
    index : Index
    weights : ndarray, shape (m,), or None
        Prior weights of outcomes in these rows.
    missing : mapping of str to ndarray of bool, shape (m,)
        For each needed column with missing values, the rows in which it is missing.
    """

    design: Rows
    index: pd.Index
    weights: Array | None
    missing: Missing = field(default_factory=dict)

    @classmethod
    def of_fit(cls, fit: LmmFit, index: pd.Index) -> NewRows:
        """Return the rows of the fit itself."""
        return cls(fit.design, index, fit.design.weights)

    @classmethod
    def of_frame(cls, fit: LmmFit, frame: pd.DataFrame, *, random: bool, weights: str | None) -> NewRows:
        """Return the rows of new data; ``weights`` names their column when weights are needed.

        Raises
        ------
        FormulaError
            For columns or levels that the fit needs and the frame does not have.
        UsageError
            For a column of weights that the frame does not have.
        DesignError
            For weights that are not positive.
        """
        known = frame if random else _without_groups(fit, frame)
        design: NewDesign = apply_design(fit.design.transforms, known)
        needed = [name for name in parse_formula(fit.design.formula).variables if name in frame.columns]
        missing = missing_values({name: known[name] for name in needed})
        return cls(design, frame.index, None if weights is None else _weights(frame, weights), missing)


@checked(
    newdata=optional(new_frame),
    random=truth,
    se=truth,
    interval=optional(one_of(INTERVALS, "interval is")),
)
def predict(
    state: FitState,
    newdata: pd.DataFrame | Mapping[str, object] | None,
    *,
    random: bool,
    se: bool,
    interval: Interval | None,
) -> Prediction:
    """Return predictions; ``Fit.predict`` explains the arguments."""
    fit = state.lmm
    if isinstance(newdata, pd.DataFrame):
        weights = state.weights if interval == "prediction" else None
        rows = NewRows.of_frame(fit, newdata, random=random, weights=weights)
    else:
        rows = NewRows.of_fit(fit, state.index)
    columns = {"estimate": estimates(fit, rows.design, random=random)}
    columns |= _uncertainty(state, rows, random=random, se=se, interval=interval)
    if "width" in columns:
        width = columns.pop("width")
        columns |= {"low": columns["estimate"] - width, "high": columns["estimate"] + width}
    notices = [*_incomplete(columns["estimate"], rows.missing)]
    if random:
        notices += _unknown(fit, rows.design.random, rows.missing)
    return Prediction(pd.DataFrame(columns, index=rows.index), tuple(notices))


def _uncertainty(
    state: FitState, rows: NewRows, *, random: bool, se: bool, interval: Interval | None
) -> dict[str, Array]:
    """Return those of standard error, df and half the width of the interval that were requested."""
    fit, method, confidence = state.lmm, state.df_method, state.confidence
    if interval == "confidence" and not random:
        return _of_contrasts(fit, rows.design.X, method, confidence)
    found: dict[str, Array] = {}
    if se or interval is not None:
        found["se"] = np.sqrt(PredictionError(fit, rows.design, random, outcome=False).variance())
    if interval is not None:
        error = PredictionError(fit, rows.design, random, interval == "prediction", rows.weights)
        found["df"] = _df(error, method)
        found["width"] = np.sqrt(error.variance()) * _quantile(found["df"], 0.5 + 0.5 * confidence)
    return found


@checked(n=whole(0, MOST_REPLICATES), seed=whole(0, LARGEST_SEED), conditional=truth)
def simulate(state: FitState, n: int, seed: int, *, conditional: bool) -> pd.DataFrame:
    """Return simulated outcomes, one column each; ``Fit.simulate`` explains the arguments."""
    drawn = simulated_outcomes(state.fit, n, seed, conditional=conditional)
    return pd.DataFrame(drawn.T, index=state.index)


def hatvalues(state: FitState) -> pd.Series:
    """Return the leverages, indexed as the frame."""
    return pd.Series(leverages(state.lmm), index=state.index, name="hatvalues")


def cooks_distance(state: FitState, leverage: pd.Series) -> pd.Series:
    """Return Cook's distance of each row, given the leverages; indexed as the frame."""
    distances = cooks_distances(state.lmm, leverage.to_numpy())
    return pd.Series(distances, index=state.index, name="cooks_distance")


def _of_contrasts(fit: LmmFit, X: Array, method: str, confidence: float) -> dict[str, Array]:
    """Return standard error, df and half the width of the interval of X beta, each of shape (m,)."""
    se, df, width = (np.where(np.isfinite(X).all(axis=1), value, np.nan) for value in (0.0, np.inf, 0.0))
    usable = np.isfinite(X).all(axis=1) & (X != 0.0).any(axis=1)
    if usable.any():
        tests = test_contrasts(fit, X[usable], method, confidence)
        se[usable], df[usable], width[usable] = tests.se, tests.df, (tests.ci_high - tests.ci_low) / 2
    return {"se": se, "df": df, "width": width}


def _df(error: PredictionError, method: str) -> Array:
    """Return the df of the variance of a prediction that involves random effects or outcomes."""
    if method in SAME_FOR_ALL:
        return np.full(error.rows.X.shape[0], SAME_FOR_ALL[method](error.fit))
    return variance_df(error.fit, error)


def _quantile(df: Array, tail: float) -> Array:
    infinite = np.isinf(df)
    quantile: Array = np.where(infinite, ndtri(tail), stdtrit(np.where(infinite, 1.0, df), tail))
    return quantile


def _without_groups(fit: LmmFit, frame: pd.DataFrame) -> pd.DataFrame:
    """Add grouping columns that the frame lacks, with missing values: population means need no groups."""
    formula = parse_formula(fit.design.formula)
    effects = [formula.fixed, *(bar.effects for bar in formula.bars)]
    expressions = [variable for terms in effects for variable in terms.variables]
    expressions += [offset.call for offset in formula.offsets]
    needed = {name.name for expression in expressions for name in columns_of(expression)}
    groups = {column for columns in formula.groups for column in columns}
    absent = sorted(groups - needed - {str(name) for name in frame.columns})
    missing = pd.Series(pd.NA, index=frame.index, dtype="string")
    return frame.assign(**dict.fromkeys(absent, missing))


def _weights(frame: pd.DataFrame, name: str) -> Array:
    if name not in frame.columns:
        raise UsageError(
            Fault("newdata", f"there is no column {name!r}", "a prediction interval needs the prior weights")
        )
    return positive_weights(FrameColumns(frame, None), np.arange(len(frame)), name)


def _incomplete(estimate: Array, missing: Missing) -> Iterator[Notice]:
    """Yield a notice if rows have no prediction; it names the columns with missing values."""
    without = np.isnan(estimate)
    if without.any():
        names = [name for name, absent in missing.items() if (absent & without).any()]
        text = (
            f"{int(without.sum())} of {without.size} rows have no prediction, for they miss values of "
            f"{', '.join(names)}."
        )
        yield Notice(code="rows_incomplete", severity="warning", text=text)


def _unknown(fit: LmmFit, terms: Sequence[TermRows], missing: Missing) -> Iterator[Notice]:
    """Yield notices per grouping factor on rows without a group, and on groups that the fit does not know."""
    bars = {bar.group.label: bar.group.columns for bar in parse_formula(fit.design.formula).bars}
    for group, refs in {term.group: term.refs for term in terms}.items():
        absent = np.zeros(refs.size, dtype=bool)
        for column in bars.get(group, ()):
            absent |= missing.get(column, False)
        for code, rows, what in (
            ("missing_group", absent, f"no value of {group}"),
            ("unknown_group", (refs < 0) & ~absent, f"groups of {group} that the fit does not know"),
        ):
            count = int(np.count_nonzero(rows))
            if count:
                text = f"{count} of {refs.size} rows have {what}; their random effects are predicted as 0."
                yield Notice(code=code, severity="info", text=text, subject=group)
