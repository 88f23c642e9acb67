"""``center``, ``mean``, ``standardize`` and ``sd`` (statistics, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlm_steps.data.derive.base import (
    Codes,
    Floats,
    Made,
    NotDerived,
    Rows,
    Way,
    grouped_by,
    number,
    number_needed,
)
from mlm_steps.records.base import Notice
from mlm_steps.spec import DeriveSpec

__all__ = ["MEANS"]

_NO_SPREAD = 1e-12
"""A standard deviation below this multiple of the mean is rounding error of float64, not variation."""


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """The rows of a column that count, and the size and mean of each group, shape (J,)."""

    x: Floats
    codes: Codes
    present: np.ndarray
    counted: np.ndarray
    size: Floats
    mean: Floats


def _moments(spec: DeriveSpec, rows: Rows) -> _Moments:
    x, codes = rows.columns[spec.source].numbers, rows.groups()
    present = ~np.isnan(x) & (codes >= 0)
    counted = present & rows.basis
    groups = int(codes.max(initial=-1)) + 1
    size = np.bincount(codes[counted], minlength=groups).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(codes[counted], x[counted], groups) / size
        # The second pass corrects the rounding error of the first sum.
        mean += np.bincount(codes[counted], x[counted] - mean[codes[counted]], groups) / size
    return _Moments(x, codes, present, counted, size, mean)


def _deviation(m: _Moments) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where(m.present, m.x - m.mean[m.codes], np.nan)


def _deviations_sd(m: _Moments) -> tuple[Floats, Floats]:
    """Return the deviation of each row, and the standard deviation of each group."""
    deviation = _deviation(m)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.bincount(m.codes[m.counted], deviation[m.counted] ** 2, len(m.size))
        return deviation, np.sqrt(squares / (m.size - 1))


def _center(spec: DeriveSpec, rows: Rows) -> Made:
    return Made(number(rows.name, _deviation(_moments(spec, rows))))


def _mean(spec: DeriveSpec, rows: Rows) -> Made:
    m = _moments(spec, rows)
    return Made(number(rows.name, np.where(m.present, m.mean[m.codes], np.nan)))


def _sd(spec: DeriveSpec, rows: Rows) -> Made:
    m = _moments(spec, rows)
    sd = np.where(m.size > 1, _deviations_sd(m)[1], np.nan)
    return Made(number(rows.name, np.where(m.present, sd[m.codes], np.nan)))


def _standardize(spec: DeriveSpec, rows: Rows) -> Made:
    m = _moments(spec, rows)
    deviation, sd = _deviations_sd(m)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.abs(m.mean)
        flat = (m.size <= 1) | ~(sd > _NO_SPREAD * np.where(np.isnan(scale), 0.0, scale))
        values = np.where(m.present, np.where(flat[m.codes], 0.0, deviation / sd[m.codes]), np.nan)
    groups = int((flat & (m.size > 0)).sum())
    if groups and not rows.within:
        raise NotDerived(f"'{spec.source}' does not vary in the sample, so it has no standard scores")
    notices = (_no_spread(spec.source, groups, rows),) if groups else ()
    return Made(number(rows.name, values), notices)


def _no_spread(source: str, flat: int, rows: Rows) -> Notice:
    text = (
        f"{source} has no spread inside {flat} level{'s' * (flat > 1)} of {':'.join(rows.within)} (one "
        f"row, or one value); {rows.name} is 0 there, since each of these rows lies at its group's mean."
    )
    return Notice(code="zero_within_variance", severity="warning", text=text, subject=rows.name)


MEANS: Mapping[str, Way] = {
    "center": Way(
        lambda spec: f"{spec.source} centred{grouped_by(spec.within)}",
        number_needed, _center, from_basis=True, inherits=True,
    ),
    "mean": Way(
        lambda spec: f"mean of {spec.source}{grouped_by(spec.within)}",
        number_needed, _mean, from_basis=True, inherits=True,
    ),
    "standardize": Way(
        lambda spec: f"{spec.source} standardised{grouped_by(spec.within)}",
        number_needed, _standardize, from_basis=True, inherits=True,
    ),
    "sd": Way(
        lambda spec: f"standard deviation of {spec.source}{grouped_by(spec.within)}",
        number_needed, _sd, from_basis=True,
    ),
}  # fmt: skip
