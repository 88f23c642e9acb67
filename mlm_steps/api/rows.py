"""Rows to predict, and predictions for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design import parse_formula
from mlm_steps.design.apply import NewDesign, apply_design
from mlm_steps.design.checks import Missing, positive_weights
from mlm_steps.design.columns import FrameColumns, missing_values
from mlm_steps.design.expressions import columns_of
from mlm_steps.engine.posterior.posterior import TermRows
from mlm_steps.engine.posterior.predict import Rows
from mlm_steps.engine.result.mixed_fit import MixedFit
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.base import Notice

__all__ = ["NewRows", "Prediction", "incomplete", "unknown"]

Array = NDArray[np.float64]

PREDICTED_AS_0 = "their random effects are predicted as 0"


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Predictions for rows, with the index of their frame.

    Attributes
    ----------
    frame : DataFrame
        ``estimate``, in outcome units or on the requested scale; ``se``, the standard error of the predicted
        mean, if it was requested; ``df``, ``low`` and ``high`` of the interval, if one was requested.
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
    def of_fit(cls, fit: MixedFit, index: pd.Index) -> NewRows:
        """Return the rows of the fit itself."""
        return cls(fit.design, index, fit.design.weights)

    @classmethod
    def of_frame(cls, fit: MixedFit, frame: pd.DataFrame, *, random: bool, weights: str | None) -> NewRows:
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


def _without_groups(fit: MixedFit, frame: pd.DataFrame) -> pd.DataFrame:
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


def incomplete(estimate: Array, missing: Missing) -> Iterator[Notice]:
    """Yield a notice if rows have no prediction; it names the columns with missing values."""
    without = np.isnan(estimate)
    if without.any():
        names = [name for name, absent in missing.items() if (absent & without).any()]
        text = (
            f"{int(without.sum())} of {without.size} rows have no prediction, for they miss values of "
            f"{', '.join(names)}."
        )
        yield Notice(code="rows_incomplete", severity="warning", text=text)


def unknown(
    fit: MixedFit, terms: Sequence[TermRows], missing: Missing, then: str = PREDICTED_AS_0
) -> Iterator[Notice]:
    """Yield notices per grouping factor on rows without a group, and on groups that the fit does not know.

    ``then`` says how such rows are predicted.
    """
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
                text = f"{count} of {refs.size} rows have {what}; {then}."
                yield Notice(code=code, severity="info", text=text, subject=group)
