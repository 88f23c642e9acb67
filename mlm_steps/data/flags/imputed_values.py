"""Find values that look as if missing values had been replaced by a mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.data.flags.base import DataView, cases
from mlm_steps.data.levels import number_label
from mlm_steps.data.variation import varying_groups
from mlm_steps.records.base import Notice

__all__ = ["find"]

_MOST_DECIMALS = 6
"""Columns written with more decimals than this have no usual number of decimals."""
_USUAL = 0.5
"""At least this share of the values has no more than the usual number of decimals."""
_LEAST_VALUES = 20
"""A column needs this many distinct values. With fewer, it may be a rating scale, whose values repeat."""
_LEAST_IMPUTED = 5
"""A notice needs at least this many values that look imputed; fewer may be coincidence."""
_LEAST_GROUPS = 3
"""A notice on group means needs at least this many groups with such values; fewer may be coincidence."""
_SPIKE = 3.0
"""A mean must be at least this many times as frequent as other values; a smaller excess may be chance."""
_TIMES_CHANCE = 5.0
"""The rows at their group's mean must be at least this many times as many as expected by chance."""
_MOST_UNITS = 2.0**53
"""A number of decimal units up to this size is a whole number that float64 holds exactly."""

_ADVICE = (
    "it looks as if missing values had been replaced by means, which makes variances and standard errors too "
    "small. If so, leave these cells empty in the file, or impute several times."
)


def find(view: DataView) -> tuple[Notice, ...]:
    """Return at most one notice for each number column of the models that varies inside all groups."""
    found = []
    for name in (name for name in view.columns if name in view.used - view.grouping):
        values = view.frame[name]
        if values.dtype != np.float64:
            continue
        x = values.to_numpy()
        factors = [factor for factor in view.factors if len(factor.codes) == len(x)]
        if not np.isfinite(x).all() or not all(varying_groups(x, factor).any() for factor in factors):
            continue
        text = _about(name, x, factors, view.rows)
        if text:
            said = f"{text}: {_ADVICE}"
            found.append(Notice(code="imputed_values", severity="warning", text=said, subject=name))
    return tuple(found)


def _about(
    name: str, x: NDArray[np.float64], factors: Sequence[CodedFactor], file_rows: NDArray[np.intp]
) -> str | None:
    """Return text on the values of a column, shape (n,), that look imputed; None if there are none."""
    decimals = _usual_decimals(x)
    unit = 0.0 if decimals is None else 10.0**-decimals
    near = 0.5001 * unit + 1e-9 * float(x.std())
    imputed = _spike_at_mean(x, near)
    if imputed is not None:
        rows = file_rows[x == imputed]
        return f"{name} is {number_label(imputed)}, the mean of all rows, in {cases(rows)}"
    text = None if decimals is None else _with_more_decimals(name, x, decimals, factors)
    return text or next(filter(None, (_at_group_means(name, x, near, factor) for factor in factors)), None)


def _has_more(x: NDArray[np.float64], decimals: int) -> NDArray[np.bool_]:
    """Return which values have more than ``decimals`` decimals."""
    size = np.maximum(np.abs(x), 1.0)
    more: NDArray[np.bool_] = np.abs(x - np.round(x, decimals)) > 1e-9 * size
    return more


def _usual_decimals(x: NDArray[np.float64]) -> int | None:
    """Return the number of decimals that suffices for most values; None if it exceeds six."""
    for decimals in range(_MOST_DECIMALS + 1):
        if _has_more(x, decimals).mean() <= 1 - _USUAL:
            return decimals
    return None


def _with_more_decimals(
    name: str, x: NDArray[np.float64], decimals: int, factors: Sequence[CodedFactor]
) -> str | None:
    """Return text on repeated values that have more decimals than the other values, as imputed means do."""
    longer = _has_more(x, decimals)
    count = int(longer.sum())
    if count < _LEAST_IMPUTED or _has_more(x[longer], decimals + 1).mean() < _USUAL:
        return None
    if len(np.unique(x[~longer])) < _LEAST_VALUES or _are_shifted(x, decimals):
        return None
    share = f"{count} of {len(x)} values of {name} ({100 * count / len(x):.0f} %)"
    begin = f"{share} have more than {decimals} decimal{'s' * (decimals != 1)}"
    for factor in sorted(factors, key=lambda factor: len(factor.labels)):
        groups, same, repeated = _same_inside(x, longer, factor)
        if repeated >= max(_LEAST_GROUPS, _USUAL * groups):
            of = f"{same} of the {groups}" if same < groups else f"all {groups}"
            return f"{begin}, and in {of} levels of {factor.name} with such values these are all the same"
    different = len(np.unique(x[longer]))
    if different > (1 - _USUAL) * count / 2:
        return None
    return f"{begin}, and these take {different} different value{'s' * (different > 1)} only"


def _are_shifted(x: NDArray[np.float64], decimals: int) -> bool:
    """Return whether all values have the same distance or a multiple of it, as whole years that were centred.

    Such values may be written with different numbers of decimals.
    """
    units = np.round(np.unique(x) * 10.0**decimals)
    if np.abs(units).max() > _MOST_UNITS:
        return False
    return bool(np.gcd.reduce(np.diff(units).astype(np.int64)) > 1)


def _same_inside(
    x: NDArray[np.float64], longer: NDArray[np.bool_], factor: CodedFactor
) -> tuple[int, int, int]:
    """Return three counts of groups with ``longer`` values.

    The first counts all such groups. The second counts those whose longer values are all equal. The third
    counts those that in addition have at least two longer values.
    """
    codes, values = factor.codes[longer], x[longer]
    order = np.lexsort((values, codes))
    codes, values = codes[order], values[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = np.append(starts[1:], len(codes)) - 1
    same = values[starts] == values[ends]
    return len(starts), int(same.sum()), int((same & (ends > starts)).sum())


def _spike_at_mean(x: NDArray[np.float64], near: float) -> float | None:
    """Return the value at the mean of x, shape (n,), if it is far more frequent than any other value.

    The value 0 is never returned, because many variables are often 0 without imputation.
    """
    at = np.abs(x - x.mean()) <= near
    if at.sum() < max(_LEAST_IMPUTED, 2 * _by_chance(x, near, len(x))):
        return None
    values, counts = np.unique(x, return_counts=True)
    there = (np.abs(values - x.mean()) <= near) & (values != 0.0)
    if len(values) <= _LEAST_VALUES or not there.any():
        return None
    top = int(np.argmax(np.where(there, counts, 0)))
    others = int(np.delete(counts, top).max())
    return float(values[top]) if counts[top] >= max(_LEAST_IMPUTED, _SPIKE * others) else None


def _by_chance(deviations: NDArray[np.float64], near: float, n: int) -> float:
    """Return how many of n normal values with the SD of ``deviations`` are expected near the mean."""
    return 2 * near * n / (float(deviations.std()) * math.sqrt(2 * math.pi))


def _at_group_means(name: str, x: NDArray[np.float64], near: float, factor: CodedFactor) -> str | None:
    """Return text on groups in which several rows lie at the mean and no other value is as frequent."""
    means = factor.means(x)
    wide = (factor.sizes > 2) & varying_groups(x, factor)
    deviations = x - means[factor.codes]
    at = (np.abs(deviations) <= near) & wide[factor.codes] & (x != 0.0)
    enough = max(2 * _LEAST_IMPUTED, _TIMES_CHANCE * _by_chance(deviations, near, len(x)))
    if at.sum() < enough:
        return None
    there = _most_alike(x[at], factor.codes[at], len(means))
    groups, imputed = int((there > 1).sum()), int(there[there > 1].sum())
    if groups < _LEAST_GROUPS or imputed < enough:
        return None
    if len(np.unique(x[~at])) < _LEAST_VALUES or _repeat_elsewhere(x, at, there, factor):
        return None
    return (
        f"in {groups} of {len(means)} levels of {factor.name}, two or more values of {name} are the mean "
        f"of the level ({imputed} rows)"
    )


def _most_alike(x: NDArray[np.float64], codes: NDArray[np.intp], groups: int) -> NDArray[np.intp]:
    """Return the number of rows that have the most frequent value of their group, shape (groups,)."""
    order = np.lexsort((x, codes))
    starts = np.flatnonzero(
        (np.diff(codes[order], prepend=-1) != 0) | (np.diff(x[order], prepend=np.nan) != 0)
    )
    most = np.zeros(groups, dtype=np.intp)
    np.maximum.at(most, codes[starts], np.diff(starts, append=len(x)))
    return most


def _repeat_elsewhere(
    x: NDArray[np.float64], at: NDArray[np.bool_], there: NDArray[np.intp], factor: CodedFactor
) -> bool:
    """Return whether other values repeat in the same groups nearly as often, as in planned designs."""
    looked_at = (there[factor.codes] > 1) & ~at
    codes, values = factor.codes[looked_at], x[looked_at]
    order = np.lexsort((values, codes))
    again = (np.diff(codes[order]) == 0) & (np.diff(values[order]) == 0)
    return bool(again.sum() * _SPIKE > (there[there > 1] - 1).sum())
