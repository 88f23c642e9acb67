"""Describe the hierarchy of the analysis sample (statistics, section 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, describe_factor, make_factor, relate
from mlm_steps.data.levels import number_label
from mlm_steps.data.notices import about_factors, about_levels, about_nesting
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.values import ModelUse, linear_outcomes
from mlm_steps.data.variation import level_of
from mlm_steps.records.base import Notice
from mlm_steps.records.data_profile import FactorProfile, NestingRelation, VariableLevel, factor_ranks
from mlm_steps.spec import PipelineSpec

__all__ = ["DataHierarchy", "inspect_hierarchy", "numbered"]


@dataclass(frozen=True, slots=True, eq=False)
class DataHierarchy:
    """How the rows are nested, with notices on doubtful structure.

    Attributes
    ----------
    factors : tuple of FactorProfile
    groups : tuple of CodedFactor
        The same factors with the group of each row.
    variable_levels : tuple of VariableLevel
        The level of each variable in the models or with a declared level, with respect to each factor.
    nesting : tuple of NestingRelation
    conflicts : tuple of (VariableLevel, int)
        Variables that vary within groups although they are declared above level 1, with the declared level.
    notices : tuple of Notice
    """

    factors: tuple[FactorProfile, ...]
    groups: tuple[CodedFactor, ...]
    variable_levels: tuple[VariableLevel, ...]
    nesting: tuple[NestingRelation, ...]
    conflicts: tuple[tuple[VariableLevel, int], ...]
    notices: tuple[Notice, ...]


def inspect_hierarchy(
    spec: PipelineSpec,
    uses: Sequence[ModelUse],
    frame: pd.DataFrame,
    columns: Mapping[str, TypedColumn],
    kept: NDArray[np.bool_],
) -> DataHierarchy:
    """Return the hierarchy of the sample.

    Parameters
    ----------
    spec : PipelineSpec
    uses : sequence of ModelUse
    frame : DataFrame, n rows
        The analysis sample, complete on the variables of the models.
    columns : mapping of str to TypedColumn
        All rows of the file.
    kept : ndarray of bool
        Which of them are in the sample.
    """
    groups = list(dict.fromkeys(group for use in uses for group in use.groups))
    factors = [make_factor(group, [numbered(frame[part]) for part in group]) for group in groups]
    y = {name: frame[name].to_numpy(dtype=np.float64) for name in linear_outcomes(uses)}
    profiles = tuple(describe_factor(f, _levels_in_file(f, columns, kept), y) for f in factors)
    nesting = relate(factors)
    declared = spec.declared_levels
    levels = _variable_levels(uses, declared, frame, factors)
    conflicts = _conflicts(levels, declared, factor_ranks((factor.name for factor in factors), nesting))
    notices = (
        *about_factors(profiles),
        *about_levels(levels, declared, conflicts),
        *about_nesting(nesting),
    )
    return DataHierarchy(profiles, tuple(factors), levels, nesting, conflicts, notices)


def numbered(values: pd.Series) -> tuple[NDArray[np.intp], Sequence[str]]:
    """Return for each row the position of its level, and the labels of the levels in R's order.

    A missing value has the position -1.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy().astype(np.intp), list(values.cat.categories)
    codes, found = pd.factorize(values.to_numpy(), sort=values.dtype != object)
    if values.dtype == object:
        return codes.astype(np.intp), [str(value) for value in found]
    labels = [number_label(value) for value in found.tolist()]
    merged = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    if len(merged) < len(labels):  # numbers equal to 15 digits are one level, as in R
        codes = np.array([*(merged[label] for label in labels), -1])[codes]
    return codes.astype(np.intp), list(merged)


def _levels_in_file(factor: CodedFactor, columns: Mapping[str, TypedColumn], kept: NDArray[np.bool_]) -> int:
    """Return the number of levels of a factor over all rows of the file."""
    if kept.all() or not all(part in columns for part in factor.columns):
        return len(factor.labels)
    present = ~np.logical_or.reduce([columns[part].missing for part in factor.columns])
    parts = [numbered(pd.Series(columns[part].values[present])) for part in factor.columns]
    return len(make_factor(factor.columns, parts).labels)


def _variable_levels(
    uses: Sequence[ModelUse], declared: Mapping[str, int], frame: pd.DataFrame, factors: Sequence[CodedFactor]
) -> tuple[VariableLevel, ...]:
    """Return the level of each variable but the grouping columns, with respect to each factor."""
    grouping = {part for factor in factors for part in factor.columns}
    names = dict.fromkeys([*(name for use in uses for name in use.variables), *declared])
    found = []
    for name in (name for name in names if name in frame.columns and name not in grouping):
        values = frame[name]
        if values.dtype == object or values.isna().any():
            continue
        plain = values.array if isinstance(values.dtype, pd.CategoricalDtype) else values.to_numpy()
        above = declared.get(name, 1) > 1
        found += [level_of(name, plain, factor, declared=above) for factor in factors]
    return tuple(found)


def _conflicts(
    levels: Sequence[VariableLevel], declared: Mapping[str, int], rank: Mapping[str, int]
) -> tuple[tuple[VariableLevel, int], ...]:
    """Return the variables that vary within the units of their declared level.

    If crossed factors share a level, a variable may vary within the units of all but one of them. If the
    models have no factor of the declared level, the factors of the highest level are used.
    """
    found = []
    for name, level in declared.items():
        if level == 1 or not rank:
            continue
        wanted = level if level in rank.values() else max(rank.values())
        about = [v for v in levels if v.variable == name and rank[v.factor] == wanted]
        if about and all(v.conflicting_levels for v in about):
            found.append((min(about, key=lambda v: len(v.conflicting_levels)), level))
    return tuple(found)
