"""Johnson-Neyman regions: values of a moderator at which a slope differs from 0 (statistics, section 11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlm_steps.design.predictors import GridRows
from mlm_steps.effects.adjustments import critical_t
from mlm_steps.effects.fitted import Fitted
from mlm_steps.effects.moderators import Spread
from mlm_steps.inference import test_rows
from mlm_steps.records.effects import Region, Stretch

__all__ = ["find_region"]

Array = NDArray[np.float64]
RowsAt = Callable[[Array], GridRows]

STRAIGHT = 1e-9
"""Relative deviation from linearity in the moderator up to which a row counts as linear: rounding error."""
WITHIN = np.array([0.0, 0.3, 0.65, 1.0])
"""Shares of the observed range at which linearity is checked."""
GRID = 181
"""Number of grid points between which bounds are searched for, one per degree of a half circle."""
HALVINGS = 60
"""Number of bisections for a bound; 53 reach the precision of a double."""
CURVE_POINTS = 61
"""Number of points of a drawn curve, enough for it to look smooth."""
TINY = 1e-300
"""Positive lower bound of a scale that may be 0, too small to change any other."""


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The slope as a function of a coordinate along the moderator.

    Attributes
    ----------
    contrasts : callable
        Maps coordinates (m,) to combinations of coefficients (m, p), up to a positive factor.
    value : callable
        Maps coordinates to values of the moderator.
    coordinate : callable
        The inverse of ``value``.
    grid : ndarray
        Increasing coordinates between which bounds are searched for.
    """

    contrasts: Callable[[Array], Array]
    value: Callable[[Array], Array]
    coordinate: Callable[[Array], Array]
    grid: Array


def find_region(fitted: Fitted, rows_at: RowsAt, spread: Spread) -> Region | None:
    """Return the region where a slope differs from 0 along a moderator; None if it is not estimable.

    If the slope l(w) beta is linear in w, l(w) is a direction in the plane of two contrasts. Its angle is the
    coordinate, so that bounds are found at any distance and the df may vary with w.

    Parameters
    ----------
    fitted : Fitted
    rows_at : callable
        Maps values of the moderator to the rows of the slope.
    spread : Spread
        The observed values.
    """
    low, high = float(spread.values.min()), float(spread.values.max())
    probe = rows_at(low + (high - low) * WITHIN)
    L, estimable = fitted.predictors.contrasts(probe)
    estimable = estimable & fitted.against.estimable(L)
    if not estimable[probe.defined].all() or not L.any():
        return None
    straight = estimable.all() and _is_straight(L)
    path = _angles(fitted, L, spread) if straight else _values(fitted, rows_at, low, high)
    if not path.grid.size:
        return None
    bounds = _bounds(fitted, path)
    significant = _excess(fitted, path.contrasts(path.grid)) > 0
    stretches = _stretches(fitted, path, bounds, low, high)
    inside = np.zeros(spread.values.shape, dtype=bool)
    for stretch in stretches:
        inside |= (spread.values >= stretch.low) & (spread.values <= stretch.high)
    w = np.linspace(low, high, CURVE_POINTS)
    band = fitted.band(rows_at(w))
    return Region(
        bounds=tuple(float(bound) for bound in bounds),
        region=_kind(significant),
        observed_low=low,
        observed_high=high,
        stretches=stretches,
        share=float(inside.mean()),
        unit=spread.unit,
        n_units=spread.values.size,
        curve=tuple(
            (float(x), *map(float, ends)) for x, ends in zip(w, band, strict=True) if np.isfinite(ends).all()
        ),
    )


def _is_straight(L: Array) -> bool:
    line = L[0] + WITHIN[:, None] * (L[-1] - L[0])
    return bool((np.abs(L - line) <= STRAIGHT * np.maximum(np.abs(L).max(axis=0), TINY)).all())


def _angles(fitted: Fitted, L: Array, spread: Spread) -> Path:
    """Return the path of a linear slope by its angle; the end points correspond to infinite w."""
    low, high = float(spread.values.min()), float(spread.values.max())
    centre, unit = spread.mean, spread.sd or 0.5 * (high - low)
    per_unit = unit * (L[-1] - L[0]) / (high - low)
    base = L[0] + (centre - low) / unit * per_unit
    both = np.stack([base, per_unit])
    estimate = both @ fitted.against.known_beta
    spread_matrix = both @ fitted.against.known_vcov @ both.T
    with np.errstate(divide="ignore"):
        zero = np.arctan(-estimate[0] / estimate[1])
        a, b = np.linalg.lstsq(spread_matrix, estimate, rcond=None)[0]
        peak = np.arctan(np.divide(b, a))
    # The zero of the slope and the maximum of |t| are added, so that no narrow region is missed.
    grid = np.sort([*np.linspace(-0.5 * np.pi, 0.5 * np.pi, GRID), zero, peak])
    return Path(
        contrasts=lambda angle: np.outer(np.cos(angle), base) + np.outer(np.sin(angle), per_unit),
        value=lambda angle: centre + unit * np.tan(angle),
        coordinate=lambda value: np.arctan((value - centre) / unit),
        grid=grid,
    )


def _values(fitted: Fitted, rows_at: RowsAt, low: float, high: float) -> Path:
    """Return the path of a nonlinear slope over the part of the observed range where it is defined."""
    grid = np.linspace(low, high, GRID)
    return Path(
        contrasts=lambda value: fitted.predictors.contrasts(rows_at(value))[0],
        value=lambda value: value,
        coordinate=lambda value: value,
        grid=grid[fitted.predictors.contrasts(rows_at(grid))[1]],
    )


def _excess(fitted: Fitted, contrasts: Array) -> Array:
    """Return |t| minus its critical value, (m,); -1 for a contrast of zeros."""
    some = contrasts.any(axis=1)
    tests = test_rows(fitted.against, contrasts[some], fitted.confidence)
    excess = np.full(len(contrasts), -1.0)
    excess[some] = np.abs(tests.t) - critical_t(tests.df, 0.5 + 0.5 * fitted.confidence)
    return excess


def _bounds(fitted: Fitted, path: Path) -> Array:
    """Return the values of the moderator at which significance changes, in increasing order."""
    excess = _excess(fitted, path.contrasts(path.grid))
    starts = np.flatnonzero((excess[:-1] > 0) != (excess[1:] > 0))
    if not starts.size:
        return np.empty(0)
    left, right, rising = path.grid[starts], path.grid[starts + 1], excess[starts + 1] > 0
    for _ in range(HALVINGS):
        middle = 0.5 * (left + right)
        beyond = (_excess(fitted, path.contrasts(middle)) > 0) == rising
        left, right = np.where(beyond, left, middle), np.where(beyond, middle, right)
    return np.sort(path.value(0.5 * (left + right)))


def _kind(significant: NDArray[np.bool_]) -> Literal["outside", "inside", "none"]:
    if not significant.any():
        return "none"
    return "outside" if significant[0] or significant[-1] else "inside"


def _stretches(fitted: Fitted, path: Path, bounds: Array, low: float, high: float) -> tuple[Stretch, ...]:
    """Return the parts of the observed range in which the slope differs from 0."""
    ends = np.array([low, *(bound for bound in bounds if low < bound < high), high])
    middles = path.contrasts(path.coordinate(0.5 * (ends[:-1] + ends[1:])))
    significant = _excess(fitted, middles) > 0
    signs = np.sign(middles @ fitted.against.known_beta)
    return tuple(
        Stretch(low=float(a), high=float(b), sign=1 if sign > 0 else -1)
        for a, b, sign, kept in zip(ends[:-1], ends[1:], signs, significant, strict=True)
        if kept
    )
