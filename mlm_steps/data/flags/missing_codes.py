"""Find codes of missing values, such as -99 or 999, that are read as ordinary values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.flags.base import DataView, cases, label_counts
from mlm_steps.data.levels import number_label
from mlm_steps.data.notices import listed
from mlm_steps.data.types import TypedColumn
from mlm_steps.records.base import Notice

__all__ = ["find"]

_LONG = tuple(
    float(digits)
    for places in range(2, 10)
    for digits in (*("9" * (places - 1) + last for last in "6789"), "8" * places, "7" * places)
)
"""Codes of 2 to 9 digits: nines, eights, sevens, and nines that end in 6, 7 or 8."""
_DECIMAL = tuple(float(f"{'9' * places}.{'9' * decimals}") for places in range(2, 5) for decimals in (1, 2))
"""Codes of nines with one or two decimals, such as 99.9 and 999.99."""
_SHORT = (7.0, 8.0, 9.0)
"""Codes of one digit, which surveys use on short scales."""
CODES = tuple(sorted({*_LONG, *_DECIMAL, *_SHORT, *(-code for code in (*_LONG, *_DECIMAL, *_SHORT))}))
"""All candidate codes, with both signs. Surveys distinguish reasons for missing values by code."""

_ADVICE = (
    "may stand for a missing value and counts as a value. If it does, name it under data.na, which holds for "
    "all columns, or empty the cells in the file."
)

_WORDS = re.compile(
    r"n\.?/?a\.?|nan|null|missing|no answer|not available|\?+|-+|\.+|#(null|value|num|name|ref|div/0|n/a)"
    r"[!?]?",
    re.IGNORECASE,
)
_LEAST_REST = 8
"""At least this many other values are needed to judge whether a code lies far from them."""
_LEAST_SHARE = 0.25
"""The other values must make up at least this share of the values; otherwise no value is a code."""
_SAME_FRACTION = 0.1
"""A decimal code is ignored if more than this share of the values has its decimals, such as prices in .99."""
_OFTEN, _ALONE = 5, 3
"""A code that occurs ``_OFTEN`` times needs only a gap of ``_ALONE`` times the widest gap below it."""
_LEAST_AT_END = 5
"""The last point of a scale must occur at least this often; fewer rows may be the tail of a count."""
_STEEP = 0.05
"""The last point of a scale must have at least this share of the rows; the tail of a count has less."""


def find(view: DataView) -> tuple[Notice, ...]:
    """Return notices on values of used columns that look like codes of missing values."""
    found: list[Notice] = []
    for name in (name for name in view.columns if name in view.used):
        found += _in_column(view.columns[name], grouping=name in view.grouping)
    return tuple(found)


def _in_column(column: TypedColumn, *, grouping: bool) -> Iterator[Notice]:
    """Yield the notices on one column; each level of a grouping column counts once."""
    counted = label_counts(column)
    if counted is None:
        x = column.numbers
        yield from _about_numbers(column.name, x, np.unique(x) if grouping else x, 1 if grouping else 2)
        return
    rows, labels = counted
    words = [place for place, label in enumerate(labels) if _WORDS.fullmatch(label.strip())]
    if words and len(words) < len(labels):
        shown = listed([f"{labels[place]!r} ({cases(np.flatnonzero(rows == place))})" for place in words])
        text = f"{column.name} has {shown} as a label, which {_ADVICE}"
        yield Notice(code="missing_codes", severity="warning", text=text, subject=column.name)
    numbers = np.array([_number(label) for label in labels])
    if len(numbers) and np.isfinite(numbers).all():
        x = np.append(numbers, np.nan)[rows]
        yield from _about_numbers(column.name, x, numbers if grouping else x, 1 if grouping else 2)


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return np.nan


def _about_numbers(
    name: str, x: NDArray[np.float64], looked_at: NDArray[np.float64], least: int
) -> Iterator[Notice]:
    """Yield a notice if numbers, one per row, contain codes; only the values ``looked_at`` are compared."""
    codes = _codes(looked_at[np.isfinite(looked_at)], least=least)
    if not codes:
        return
    shown = listed([f"{number_label(code)} ({cases(np.flatnonzero(x == code))})" for code in codes])
    rest = x[np.isfinite(x) & ~np.isin(x, codes)]
    others = f"{number_label(float(rest.min()))} to {number_label(float(rest.max()))}"
    text = f"{name} holds {shown}, far from its other values ({others}), which {_ADVICE}"
    yield Notice(code="missing_codes", severity="warning", text=text, subject=name)


def _codes(x: NDArray[np.float64], *, least: int) -> list[float]:
    """Return the values of x, shape (n,), that look like codes.

    Parameters
    ----------
    x : ndarray
    least : int
        Minimum number of occurrences of a code. A code with fewer occurrences must lie much further away.
    """
    if len(x) <= _LEAST_REST:
        return []
    low, high = float(x.min()), float(x.max())
    counts = {code: int((x == code).sum()) for code in CODES if low <= code <= high}
    counts = {code: count for code, count in counts.items() if count}
    if not counts:
        return []
    rest = x[~np.isin(x, list(counts))]
    if len(rest) < max(_LEAST_REST, _LEAST_SHARE * len(x)):
        return []
    whole = bool((rest == np.floor(rest)).all())
    centre = float(np.median(rest))
    upper = {code: count for code, count in counts.items() if code > centre}
    lower = {-code: count for code, count in counts.items() if code < centre}
    found = [-code for code in _beyond(-rest, -centre, lower, least, whole=whole)]
    return sorted([*found, *_beyond(rest, centre, upper, least, whole=whole)])


def _beyond(
    rest: NDArray[np.float64], centre: float, counts: dict[float, int], least: int, *, whole: bool
) -> list[float]:
    """Return the candidates that are codes above the other values; all candidates exceed ``centre``."""
    found: list[float] = []
    top, bottom = float(rest.max()), float(rest.min())
    below = rest
    for code in sorted(counts):
        inner = float(below[below < code].max())
        half = max(inner - centre, (inner - bottom) / 2)
        gap, count, short = code - inner, counts[code], abs(code) < 10
        if top <= 0.0 < code:  # no other value has the sign of the code
            is_code = gap >= min(_SHORT) and count >= (least if short else 1)
        elif short and whole:
            room = 1 if counts.get(max(_SHORT), 0) >= least else 2  # surveys use 9 before 8 and 7
            is_code = count >= least and code > top and gap > room and _is_scale(below[below <= inner])
        else:
            wanted = half if short or least == 1 else half / 2
            is_code = (gap >= wanted and count >= least) or gap >= 5 * half
            widest = _widest(below[below <= inner])
            often = not short and count >= _OFTEN and gap >= _ALONE * widest
            is_code = gap > widest and (is_code or often)
        if is_code and not (code % 1 and np.isclose(rest % 1, code % 1).mean() > _SAME_FRACTION):
            found.append(code)
        else:
            below = np.append(below, np.full(count, code))
    return found


def _widest(x: NDArray[np.float64]) -> float:
    """Return the widest gap between neighbouring values; infinity if all values are equal."""
    return float(np.diff(np.unique(x)).max(initial=0.0)) if np.ptp(x) else np.inf


def _is_scale(x: NDArray[np.float64]) -> bool:
    """Return whether whole numbers form a rating scale: every point is used, and the last is frequent."""
    points, counts = np.unique(x, return_counts=True)
    complete = 2 <= len(points) == points[-1] - points[0] + 1
    return bool(complete and counts[-1] >= max(_LEAST_AT_END, _STEEP * len(x)))
