"""``min``, ``max``, ``rank``, ``count`` and ``scale_weights``: other statistics of groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlm_steps.data.derive.base import (
    Floats,
    Made,
    NotDerived,
    Rows,
    Way,
    grouped_by,
    number,
    number_needed,
    order_in_groups,
)
from mlm_steps.spec import DeriveSpec

__all__ = ["GROUPS"]


def _counted(spec: DeriveSpec, rows: Rows) -> tuple[Floats, np.ndarray, np.ndarray, np.ndarray]:
    """Return the values, the groups, the rows that have both, and those among them that count."""
    x, codes = rows.columns[spec.source].numbers, rows.groups()
    present = ~np.isnan(x) & (codes >= 0)
    return x, codes, present, np.flatnonzero(present & rows.basis)


def _smallest(spec: DeriveSpec, rows: Rows) -> Made:
    return Made(number(rows.name, _lowest(spec, rows, sign=1.0)))


def _largest(spec: DeriveSpec, rows: Rows) -> Made:
    return Made(number(rows.name, -_lowest(spec, rows, sign=-1.0)))


def _lowest(spec: DeriveSpec, rows: Rows, *, sign: float) -> Floats:
    """Return the smallest of ``sign`` times the values of each row's group."""
    x, codes, present, counted = _counted(spec, rows)
    lowest = np.full(int(codes.max(initial=-1)) + 1, np.inf)
    np.minimum.at(lowest, codes[counted], sign * x[counted])
    lowest[np.bincount(codes[counted], minlength=len(lowest)) == 0] = np.nan
    values = np.full(rows.n, np.nan)
    values[present] = lowest[codes[present]]
    return values


def _rank(spec: DeriveSpec, rows: Rows) -> Made:
    """Return ranks from 1 in each group; equal values share the mean of their ranks."""
    x, codes, _, counted = _counted(spec, rows)
    order = counted[order_in_groups(codes[counted], x[counted])]
    values = np.full(rows.n, np.nan)
    if len(order):
        new_group = np.append(True, np.diff(codes[order]) != 0)
        starts = np.flatnonzero(new_group | np.append(True, np.diff(x[order]) != 0))
        sizes = np.diff(np.append(starts, len(order)))
        before = np.flatnonzero(new_group)[np.cumsum(new_group)[starts] - 1]
        values[order] = np.repeat(starts - before + (sizes + 1) / 2, sizes)
    return Made(number(rows.name, values))


def _count(_: DeriveSpec, rows: Rows) -> Made:
    codes = rows.groups()
    sizes = np.bincount(codes[rows.basis & (codes >= 0)], minlength=int(codes.max(initial=-1)) + 1)
    present = codes >= 0
    values = np.full(rows.n, np.nan)
    values[present] = sizes[codes[present]]
    return Made(number(rows.name, values))


def _scale_weights(spec: DeriveSpec, rows: Rows) -> Made:
    """Return weights that sum to a group's size, or to its effective size (Carle 2009)."""
    w, codes, present, counted = _counted(spec, rows)
    if (w[counted] < 0).any():
        negative = w[counted][w[counted] < 0][0]
        what = f"'{spec.source}' holds {negative:g}, and weights are not negative"
        raise NotDerived(what, "correct the value, or filter these rows", keys=("scale_weights",))
    groups = int(codes.max(initial=-1)) + 1
    used = codes[counted]
    size, total = np.bincount(used, minlength=groups), np.bincount(used, w[counted], groups)
    nothing = (size > 0) & (total == 0)
    if nothing.any():
        place = rows.label(codes, int(np.argmax(nothing)))
        what = f"the weights '{spec.source}' of {place} sum to 0, so they cannot be scaled"
        raise NotDerived(what, "filter these rows", keys=("scale_weights",))
    with np.errstate(invalid="ignore", divide="ignore"):
        target = total**2 / np.bincount(used, w[counted] ** 2, groups) if spec.to == "effective_n" else size
        values = np.where(present, w * (target / total)[codes], np.nan)
    return Made(number(rows.name, values))


def _weights_words(spec: DeriveSpec) -> str:
    target = "effective number of rows" if spec.to == "effective_n" else "number of rows"
    return f"{spec.source} scaled to sum to the {target} within each {spec.within}"


GROUPS: Mapping[str, Way] = {
    "min": Way(
        lambda spec: f"smallest {spec.source}{grouped_by(spec.within)}",
        number_needed, _smallest, from_basis=True, inherits=True,
    ),
    "max": Way(
        lambda spec: f"largest {spec.source}{grouped_by(spec.within)}",
        number_needed, _largest, from_basis=True, inherits=True,
    ),
    "rank": Way(
        lambda spec: f"rank of {spec.source}{grouped_by(spec.within)}",
        number_needed, _rank, from_basis=True, inherits=True,
    ),
    "count": Way(
        lambda spec: f"number of rows within {spec.within}",
        lambda _: (), _count, from_basis=True, inherits=True,
    ),
    "scale_weights": Way(_weights_words, number_needed, _scale_weights, from_basis=True, inherits=True),
}  # fmt: skip
