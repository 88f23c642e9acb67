"""Find supplied group means that are wrong in some groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.flags.base import DataView
from mlm_steps.data.hierarchy import numbered
from mlm_steps.data.notices import listed
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.values import LARGEST
from mlm_steps.data.variation import varying_groups
from mlm_steps.records.base import Notice

__all__ = ["find", "off_means"]

_AGREES = 0.9
"""A column counts as group means if it equals the computed means in at least this share of the groups."""
_MOST_CANDIDATES = 40
"""At most this many number columns are compared, because every pair of columns is compared."""


def find(view: DataView) -> tuple[Notice, ...]:
    """Return notices on supplied group means that differ from the computed ones.

    The means are computed from all rows of the file that belong to a group, because supplied
    means were hardly computed from the analysis sample.
    """
    found: list[Notice] = []
    for factor in view.factors:
        if all(part in view.columns for part in factor.columns):
            found += _mismatches(*_with_group(view.columns, factor))
    return tuple(found)


def _with_group(
    columns: Mapping[str, TypedColumn], factor: CodedFactor
) -> tuple[dict[str, NDArray[np.float64]], CodedFactor]:
    """Return the number columns and the factor for all rows of the file that belong to a group."""
    present = ~np.logical_or.reduce([columns[part].missing for part in factor.columns])
    numbers = {
        name: column.numbers[present]
        for name, column in columns.items()
        if column.kind == "number" and name not in factor.columns
    }
    if len(factor.codes) == len(present):
        return numbers, factor
    parts = [numbered(pd.Series(columns[part].values[present])) for part in factor.columns]
    return numbers, make_factor(factor.columns, parts)


def _mismatches(numbers: Mapping[str, NDArray[np.float64]], factor: CodedFactor) -> list[Notice]:
    """Return notices on columns that equal the means of another column in most but not all groups."""
    looked_at = list(numbers.items())[:_MOST_CANDIDATES]
    whole = {name: x for name, x in looked_at if np.isfinite(x).all() and np.abs(x).max() <= LARGEST}
    varying = {name: varying_groups(x, factor).any() for name, x in whole.items()}
    supplied = {name: factor.means(x) for name, x in whole.items() if not varying[name]}
    computed = {name: factor.means(x) for name, x in whole.items() if varying[name]}
    found = []
    for name, given in supplied.items():
        for source, means in computed.items():
            wrong = off_means(given, means)
            if wrong is not None and wrong.any():
                off = np.abs(given - means)
                found.append(_mean_notice(name, source, factor, np.flatnonzero(wrong), off))
    return found


def off_means(given: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Return the groups in which supplied means differ from computed means, shape (J,).

    Return None if they differ in so many groups that the column does not hold these means, or if the supplied
    means are rounded too coarsely for a comparison.
    """
    tolerance = _rounding(given)
    if tolerance is None:
        return None
    wrong: NDArray[np.bool_] = np.abs(given - means) > tolerance + 1e-9 * np.abs(means)
    return wrong if wrong.mean() <= 1 - _AGREES else None


def _rounding(given: NDArray[np.float64]) -> float | None:
    """Return half a unit of the last decimal of a column; None if that is large relative to its SD."""
    spread = float(given.std())
    digits = next((d for d in range(7) if np.allclose(given, np.round(given, d), rtol=0, atol=1e-9)), 7)
    tolerance = 0.5001 * 10.0**-digits
    return tolerance if tolerance <= 0.05 * spread else None


def _mean_notice(
    name: str, source: str, factor: CodedFactor, wrong: NDArray[np.intp], off: NDArray[np.float64]
) -> Notice:
    groups = listed([factor.labels[i] for i in wrong])
    text = (
        f"{name} is the mean of {source} in each level of {factor.name} but {groups}, where it is off by up "
        f"to {off[wrong].max():.3g}; derive it instead: {{mean: {source}, within: {factor.name}}}."
    )
    return Notice(code="group_mean_mismatch", severity="warning", text=text, subject=name)
