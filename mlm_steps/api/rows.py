"""Rows to predict, and predictions for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.api.shown import Shown
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

__all__ = [
    "Masked", "NewRows", "Prediction", "masked", "notices_of", "settle_new_levels",
]  # fmt: skip

Array = NDArray[np.float64]

PREDICTED_AS_0 = "their random effects are predicted as 0"
NOT_PREDICTED = "they are not predicted"
MOST_NAMED = 5
"""Largest number of unknown levels that a message names."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction(Shown):
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
    def table(self) -> pd.DataFrame:
        """The same as ``frame``."""
        return self.frame

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
    def of_frame(
        cls, fit: MixedFit, frame: pd.DataFrame, *, groups: Sequence[str], weights: str | None
    ) -> NewRows:
        """Return the rows of new data; ``weights`` names their column when weights are needed.

        The columns of the grouping factors outside ``groups`` may be absent.

        Raises
        ------
        FormulaError
            For columns or levels that the fit needs and the frame does not have.
        UsageError
            For a column of weights that the frame does not have.
        DesignError
            For weights that are not positive.
        """
        known = _with_groups(fit, frame, groups)
        design: NewDesign = apply_design(fit.design.transforms, known)
        needed = [name for name in parse_formula(fit.design.formula).variables if name in frame.columns]
        missing = missing_values({name: known[name] for name in needed})
        return cls(design, frame.index, None if weights is None else _weights(frame, weights), missing)


def _with_groups(fit: MixedFit, frame: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Add the columns of other grouping factors that the frame lacks, with missing values."""
    formula = parse_formula(fit.design.formula)
    asked = [bar.group.columns for bar in formula.bars if bar.group.label in groups]
    effects = [formula.fixed, *(bar.effects for bar in formula.bars)]
    expressions = [variable for terms in effects for variable in terms.variables]
    expressions += [offset.call for offset in formula.offsets]
    needed = {name.name for expression in expressions for name in columns_of(expression)}
    needed |= {column for columns in asked for column in columns}
    factors = {column for columns in formula.groups for column in columns}
    absent = sorted(factors - needed - {str(name) for name in frame.columns})
    missing = pd.Series(pd.NA, index=frame.index, dtype="string")
    return frame.assign(**dict.fromkeys(absent, missing)) if absent else frame


def _weights(frame: pd.DataFrame, name: str) -> Array:
    if name not in frame.columns:
        raise UsageError(
            Fault("newdata", f"there is no column {name!r}", "a prediction interval needs the prior weights")
        )
    return positive_weights(FrameColumns(frame, None), np.arange(len(frame)), name)


@dataclass(frozen=True, slots=True, eq=False)
class MaskedTerm:
    """A random term on rows to predict, perhaps with zeros for its columns."""

    group: str
    refs: NDArray[np.intp]
    z: Array


@dataclass(frozen=True, slots=True, eq=False)
class Masked:
    """Rows to predict with the random effects of some grouping factors only."""

    X: Array
    random: tuple[MaskedTerm, ...]
    offset: Array | None


def masked(terms: Sequence[TermRows], groups: Sequence[str], *, inside: bool) -> tuple[MaskedTerm, ...]:
    """Return the terms, with zeros in the columns of the factors outside ``groups``, or of those inside."""
    return tuple(
        MaskedTerm(
            term.group, term.refs, term.z if (term.group in groups) is inside else np.zeros(term.z.shape)
        )
        for term in terms
    )


def settle_new_levels(
    estimate: Array, rows: NewRows, groups: Sequence[str], new_levels: str
) -> tuple[Array, NDArray[np.bool_]]:
    """Return the predictions, and which rows have no level of the fit in one of the factors ``groups``.

    With ``missing`` the predictions of these rows are missing; with ``error`` they raise UsageError.
    """
    without = np.zeros(estimate.size, dtype=bool)
    for term in rows.design.random:
        new = (term.refs < 0) if term.group in groups else np.zeros(estimate.size, dtype=bool)
        if new.any() and new_levels == "error":
            positions = np.flatnonzero(new)
            shown = ", ".join(str(rows.index[place]) for place in positions[:MOST_NAMED])
            what = f"{positions.size} rows have a level of {term.group} that the fit does not know: {shown}"
            more = ", …" if positions.size > MOST_NAMED else ""
            hint = 'new_levels="population" predicts them with random effects of 0, "missing" not at all'
            raise UsageError(Fault("newdata", what + more, hint))
        without |= new
    return (np.where(without, np.nan, estimate) if new_levels == "missing" else estimate), without


def notices_of(
    fit: MixedFit,
    estimate: Array,
    rows: NewRows,
    groups: Sequence[str],
    new_levels: str,
    then: str = PREDICTED_AS_0,
) -> Iterator[Notice]:
    """Yield notices on rows without a prediction, and on rows of unknown groups; ``then``: how they fare."""
    yield from incomplete(estimate, rows.missing)
    then = NOT_PREDICTED if new_levels == "missing" else then
    yield from unknown(fit, rows.design.random, rows.missing, groups, then)


def incomplete(estimate: Array, missing: Missing) -> Iterator[Notice]:
    """Yield a notice if rows have no prediction; it names the columns with missing values."""
    absent_in = np.zeros(estimate.size, dtype=bool)
    for absent in missing.values():
        absent_in |= absent
    without = np.isnan(estimate) & absent_in
    if without.any():
        names = [name for name, absent in missing.items() if (absent & without).any()]
        text = (
            f"{int(without.sum())} of {without.size} rows have no prediction, for they miss values of "
            f"{', '.join(names)}."
        )
        yield Notice(code="rows_incomplete", severity="warning", text=text)


def unknown(
    fit: MixedFit, terms: Sequence[TermRows], missing: Missing, groups: Sequence[str], then: str
) -> Iterator[Notice]:
    """Yield notices per factor of ``groups`` on rows without a group, and on groups unknown to the fit.

    ``then`` says how such rows are predicted.
    """
    bars = {bar.group.label: bar.group.columns for bar in parse_formula(fit.design.formula).bars}
    for group, refs in {term.group: term.refs for term in terms}.items():
        if group not in groups:
            continue
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
