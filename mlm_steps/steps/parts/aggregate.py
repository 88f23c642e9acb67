"""Add intraclass correlations, and slopes within and between groups, to the profile of the data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.design import Formula
from mlm_steps.errors import FitError
from mlm_steps.records import DataProfile, Notice, SlopeComparison, VariableLevel
from mlm_steps.steps.parts.described import centred_columns, described, places_of
from mlm_steps.variance.aggregation import aggregation, comparison_of, simpson_check

__all__ = ["aggregated", "group_codes"]


def group_codes(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.intp]:
    """Return for each row the number of its group, shape (n,)."""
    return np.asarray(frame.groupby(list(columns), observed=True).ngroup(), dtype=np.intp)


def aggregated(
    profile: DataProfile,
    frame: pd.DataFrame,
    formulas: Mapping[str, Formula],
    generalized: Collection[str] = (),
) -> DataProfile:
    """Return the profile with ICC(1), ICC(2) and the slopes of predictors that vary at both levels.

    The outcomes of ``generalized``, the models that are not linear, have neither: both come from linear
    models.
    """
    groups = dict.fromkeys(group for formula in formulas.values() for group in formula.groups)
    codes = {":".join(columns): group_codes(frame, columns) for columns in groups}
    linear = {name: formula for name, formula in formulas.items() if name not in generalized}
    other = {name for model in generalized for name in formulas[model].outcomes}
    other -= {name for formula in linear.values() for name in formula.outcomes}
    levels = tuple(
        entry if entry.variable in other else _with_icc(entry, frame, codes)
        for entry in profile.variable_levels
    )
    found = profile.with_values(variable_levels=levels)
    slopes = tuple(_slopes(found, frame, codes, linear))
    notices = tuple(_notice(slope) for slope in slopes if slope.opposite)
    return found.with_values(
        slopes=slopes,
        notices=(*profile.notices, *notices),
        descriptives=described(
            found, frame, codes, {name for formula in formulas.values() for name in formula.variables}
        ),
    )


def _with_icc(
    entry: VariableLevel, frame: pd.DataFrame, codes: Mapping[str, NDArray[np.intp]]
) -> VariableLevel:
    if (
        entry.factor not in codes
        or entry.level not in ("mixed", "within")
        or frame[entry.variable].dtype != float
    ):
        return entry
    try:
        icc1, icc2 = aggregation(frame[entry.variable].to_numpy(), codes[entry.factor])
    except FitError:
        return entry  # without an estimate of the null model there is no intraclass correlation to report
    return entry.with_values(icc1=icc1, icc2=icc2)


def _slopes(
    profile: DataProfile,
    frame: pd.DataFrame,
    codes: Mapping[str, NDArray[np.intp]],
    formulas: Mapping[str, Formula],
) -> Iterator[SlopeComparison]:
    """Yield the slopes of each predictor of an outcome, or of the column that it was derived from."""
    outcomes = tuple(dict.fromkeys(f.outcomes[0] for f in formulas.values() if len(f.outcomes) == 1))
    sources = centred_columns(profile)
    places = places_of(profile)
    known = {entry.variable for entry in profile.variable_levels}
    mixed = [
        (e.variable, e.factor)
        for e in profile.variable_levels
        if e.level == "mixed" and e.variable not in sources and places.get(e.variable) != e.factor
    ]
    mixed += [(x, factor) for x in dict.fromkeys(sources.values()) if x not in known for factor in codes]
    for variable, factor in mixed:
        for outcome in outcomes:
            names = {name for f in formulas.values() if outcome in f.outcomes for name in f.variables}
            names |= {sources[name] for name in names if name in sources}
            if factor not in codes or variable == outcome or variable not in names:
                continue
            if frame[variable].dtype != float:
                continue
            y, x = frame[outcome].to_numpy(), frame[variable].to_numpy()
            try:
                check = simpson_check(y, x, codes[factor])
            except FitError:
                continue  # for example an outcome that the predictor reproduces exactly: no slopes to compare
            if check is not None and check.within is not None and check.between is not None:
                yield comparison_of(outcome, variable, factor, check)


def _notice(slope: SlopeComparison) -> Notice:
    values = ", ".join(
        f"{part.kind} {part.estimate:.3g}" for part in slope.slopes if part.kind != "contextual"
    )
    return Notice(
        code="opposite_slopes",
        severity="warning",
        text=(
            f"The slopes of {slope.variable} on {slope.outcome} differ in sign ({values}): over all rows, "
            f"within and between the levels of {slope.factor} it means different things. Enter it as two "
            "predictors, centred within groups and as group means."
        ),
        subject=slope.variable,
    )
