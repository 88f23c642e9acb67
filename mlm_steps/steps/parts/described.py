"""Describe the variables of the models per level, from the profile of the data and the analysis sample."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.records import DataProfile
from mlm_steps.records.descriptives import Descriptives
from mlm_steps.records.places import outer_factors, place_variables
from mlm_steps.variance.descriptives import Described, Hierarchy, describe_levels

__all__ = ["centred_columns", "described", "places_of"]

CENTRED = ("center", "mean", "standardize")
"""Ways to derive a column that leave its slope within or between groups that of the source."""
WITHIN = ("center", "mean")


def centred_columns(profile: DataProfile) -> dict[str, str]:
    """Return the source of each column that is centred within groups, or the mean of groups."""
    factors = {part for factor in profile.factors for part in factor.name.split(":")}
    return {
        column.name: column.made_from[0]
        for column in profile.columns
        if column.used and column.derived_by in WITHIN and factors.intersection(column.made_from[1:])
    }


def described(
    profile: DataProfile,
    frame: pd.DataFrame,
    codes: Mapping[str, NDArray[np.intp]],
    in_models: Collection[str],
) -> Descriptives:
    """Return the descriptives of all variables whose level is known, on the analysis sample.

    Those in ``in_models``, the variables of the formulas, have correlations; weights, for example, have none.
    """
    names = list(dict.fromkeys(entry.variable for entry in profile.variable_levels))
    variables = [_described(profile, frame, name) for name in names]
    derived = {column.name: column for column in profile.columns if column.derived_by in CENTRED}
    correlated = list(dict.fromkeys(_root(name, derived, names) for name in names if name in in_models))
    return describe_levels(variables, correlated, _hierarchy(profile, codes))


def _root(name: str, derived: Mapping[str, object], names: list[str]) -> str:
    """Return the column whose correlations also hold for a column that was derived from it."""
    column = derived.get(name)
    source = getattr(column, "made_from", (name,))[0]
    return source if source in names else name


def places_of(profile: DataProfile) -> dict[str, str]:
    """Return per variable above level 1 the factor whose units it describes."""
    sizes = {factor.name: factor.n_levels for factor in profile.factors}
    declared = {c.name: c.declared_level for c in profile.columns if c.declared_level is not None}
    return place_variables(profile.variable_levels, declared, sizes, profile.nesting)


def _hierarchy(profile: DataProfile, codes: Mapping[str, NDArray[np.intp]]) -> Hierarchy:
    names = [factor.name for factor in profile.factors]
    return Hierarchy(
        refs={name: codes[name] for name in names},
        outer=outer_factors(names, profile.nesting),
        places=places_of(profile),
    )


def _described(profile: DataProfile, frame: pd.DataFrame, name: str) -> Described:
    values = frame[name]
    labels = None
    if isinstance(values.dtype, pd.CategoricalDtype):
        labels = tuple(map(str, values.cat.categories))
        numbers = values.cat.codes.to_numpy().astype(np.float64)
    else:
        numbers = values.to_numpy(dtype=np.float64)
    entries = [entry for entry in profile.variable_levels if entry.variable == name]
    return Described(
        name=name,
        values=numbers,
        labels=labels,
        missing=dict(_missing(profile, name)),
        indices={entry.factor: (entry.icc1, entry.icc2) for entry in entries},
    )


def _missing(profile: DataProfile, name: str) -> Iterator[tuple[str, int]]:
    """Yield the observations without a value, and per factor the groups that lose all their rows to it."""
    column = profile.column(name)
    yield "", column.n_missing
    roots = {name} if column.derived_by is None else {name, *column.made_from}
    lost = [loss for loss in profile.lost if loss.variable in roots]
    for factor in profile.factors:
        yield factor.name, max((loss.groups.get(factor.name, 0) for loss in lost), default=0)
