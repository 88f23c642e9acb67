"""Slopes within and between groups, and contextual effects, of the predictors of a fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlm_steps.api.arguments import column_words, kind_of
from mlm_steps.api.shown import Tabular
from mlm_steps.api.state import FitState
from mlm_steps.data.factors import make_factor
from mlm_steps.data.variation import level_of
from mlm_steps.effects.context import ContextOf, rung_context
from mlm_steps.errors import Fault, UsageError, did_you_mean
from mlm_steps.records.context import RungContext
from mlm_steps.records.spelling import quote_name

__all__ = ["ContextualEffects", "context"]

COLUMNS = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ContextualEffects(Tabular):
    """Slopes within and between groups of each predictor of level 1; ``print`` shows the table.

    Attributes
    ----------
    record : RungContext
        All numbers, with the change in deviance and AIC and the correlation of intercept and slope in the
        model with separate slopes.
    """

    record: RungContext

    @property
    def table(self) -> pd.DataFrame:
        """One row per predictor, slope and grouping factor, as the table ``context`` of a run.

        ``as_fitted`` is the slope of the fit itself, ``contextual`` the slope between minus the slope within
        groups; ``icc2`` is the reliability of the group means.
        """
        rows = [
            {
                "predictor": predictor.column,
                "slope": slope.kind,
                "factor": slope.factor,
                **{name: getattr(slope.test, name) for name in COLUMNS},
                "icc2": slope.icc2,
            }
            for predictor in self.record.predictors
            for slope in predictor.slopes
        ]
        frame = pd.DataFrame(rows, columns=["predictor", "slope", "factor", *COLUMNS, "icc2"])
        return frame.astype(dict.fromkeys((*COLUMNS, "icc2"), float))

    def _title(self) -> str:
        scale = "" if self.record.link == "identity" else f" on the {self.record.link} scale"
        return f"Slopes within and between groups{scale} ({self.record.df_method})"

    def _notes(self) -> tuple[str, ...]:
        return tuple(self._lines())

    def _lines(self) -> Iterator[str]:
        found = self.record
        for predictor, factor in found.blended:
            yield f"{predictor.column} is raw: its coefficient blends its slopes within and between {factor}"
        for predictor in found.predictors:
            if predictor.code is not None:
                yield f"{predictor.column} is not split: {predictor.reason}"
            if predictor.moderators and predictor.slopes:
                yield f"{predictor.column}: averaged over {', '.join(predictor.moderators)}"
        if found.reason:
            yield f"the model with separate slopes has no fit: {found.reason}"
        if found.delta_aic is not None:
            yield (
                f"with separate slopes: AIC {found.delta_aic:+.2f}, deviance {found.delta_deviance:+.2f}, "
                f"parameters {found.delta_npar:+d} (not nested, no test)"
            )
        if found.singular:
            yield f"the fit is singular; with separate slopes it is{'' if found.singular_there else ' not'}"


def context(state: FitState, sources: Mapping[str, str] | None = None) -> ContextualEffects:
    """Return the slopes of the predictors within and between groups, and their contextual effects.

    The model is refitted with each predictor that varies within groups split into the deviation from its
    group mean and this mean (statistics, section 4), with random slopes of the deviations. Of nested
    factors, each has a mean.

    Parameters
    ----------
    sources : mapping of str to str, optional
        For predictors that are centred within groups, such as ``{"ses_w": "ses"}``, the column whose group
        means give the slope between groups.

    Raises
    ------
    UsageError
        If no predictor varies within groups, and for sources that are no numeric columns.
    """
    design, data = state.fit.design, state.source.data
    found = rung_context(
        ContextOf(
            model="fit",
            estimates=state.estimates,
            method=state.method,
            df_method=state.df_method,
            confidence=state.confidence,
            sources=_sources(data, design.rows, sources or {}),
            above=tuple(_nearly_constant(state, data)),
            control=state.source.control,
        )
    )
    if found is None:
        what = "no predictor of the fit varies within groups"
        raise UsageError(Fault("context", what, "slopes within and between groups need one"))
    return ContextualEffects(found)


def _sources(
    data: pd.DataFrame, rows: NDArray[np.intp], sources: Mapping[str, str]
) -> dict[str, NDArray[np.float64]]:
    if not isinstance(sources, Mapping):
        hint = 'for example {"ses_w": "ses"}'
        raise UsageError(Fault("sources", f"this is {kind_of(sources)}, not a mapping", hint))
    for name, source in sources.items():
        for column in (name, source):
            if column not in data.columns:
                hint = (
                    did_you_mean(str(column), data.columns) or f"its columns are {column_words(dict(data))}"
                )
                raise UsageError(Fault("sources", f"the data have no column {column!r}", hint))
            if not is_numeric_dtype(data[column]):
                raise UsageError(Fault("sources", f"{column!r} is not numeric"))
    found = {
        quote_name(name): data[source].to_numpy(dtype=np.float64)[rows] for name, source in sources.items()
    }
    gone = next((name for name, values in found.items() if not np.isfinite(values).all()), None)
    if gone is not None:
        raise UsageError(Fault("sources", f"{sources[gone]!r} has missing values in rows of the fit"))
    return found


def _nearly_constant(state: FitState, data: pd.DataFrame) -> Iterator[str]:
    """Yield the numeric columns that vary in few groups, as a column of level 2 with errors does."""
    design = state.fit.design
    terms = {term.group: term for term in design.random if len(term.levels) < design.n}
    factors = [make_factor((term.group,), [(term.refs, term.levels)]) for term in terms.values()]
    names = dict.fromkeys(name for variables in design.term_variables for name in variables)
    for name in (name for name in names if name in data.columns):
        values = data[name]
        if is_numeric_dtype(values) and not is_bool_dtype(values):
            x = values.to_numpy(dtype=np.float64)[design.rows]
            if any(level_of(name, x, factor, declared=False).conflicting_levels for factor in factors):
                yield name
