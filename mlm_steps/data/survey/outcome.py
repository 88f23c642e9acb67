"""Find out what an outcome is, and which family of models suits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.levels import number_label
from mlm_steps.data.raw import RawColumn
from mlm_steps.data.survey.words import (
    is_exposure_name,
    is_negative_label,
    is_trials_name,
    names_of_failures,
)
from mlm_steps.data.types import Misfit, TypedColumn, type_column
from mlm_steps.errors import MOST_LISTED, Fault, UsageError, listing
from mlm_steps.records.response import Response
from mlm_steps.spec import ColumnSpec, DataSpec

__all__ = ["FirstOutcome", "outcome_of", "values_of"]

Array = NDArray[np.float64]
Kind = Literal["quantity", "category", "zero-one", "events", "share", "counts"]

_FEW_EVENTS = 10.0
"""A mean above this value makes counts nearly normal, unless they scatter widely."""
_WIDE = 0.6
"""Counts with a standard deviation of at least this multiple of their mean are skewed, whatever the mean."""
_UNDERDISPERSED = 0.75
"""Whole numbers whose variance is below this multiple of their mean scatter less than counts of events do."""
_LONGEST_SCALE = 12
"""A rating scale ends at this number or below."""
_AT_THE_TOP = 0.05
"""On a rating scale at least this share of the rows has the largest value; counts have a thin tail there."""
_HIGH = 0.3
"""The mean of a rating scale is at least this share of its largest value."""
_OVERDISPERSED = 1.5
"""A variance above this multiple of the mean is more than a Poisson distribution has by chance."""
_ROUNDED = 0.006
"""Distance of a share from events divided by trials, up to which it may be rounded to two decimals."""
_ROUNDING = 1e-6
"""Distance of a share times its trials from a whole number, per trial, up to which it is rounding error."""

_CODES = (-9.0, -1.0, 8.0, 9.0, 88.0, 98.0, 99.0, 999.0, -99.0, -999.0)
"""Numbers that often stand for a missing value beside two codes."""
_TWO_VALUES = "a model needs numbers or two values; give words that mean missing to --na"
"""What to do with an outcome of several categories."""


@dataclass(frozen=True, slots=True, eq=False)
class FirstOutcome:
    """An outcome, and the family that a first spec gives it.

    Attributes
    ----------
    name : str
    y : ndarray of float64, shape (n,)
        The values; 0 and 1 for a category; NaN where missing.
    kind : str
        ``quantity``, for a linear model; ``category`` of two levels; ``zero-one``; ``events`` among trials;
        ``share`` of events, of which the trials may be unknown; ``counts``.
    levels : tuple of str
        The levels of a category; the last one is the event.
    coded : bool
        Whether the column must be declared a number.
    trials : str or None
        Column of the numbers of trials.
    failures : str or None
        Column of the other events, if it stands in place of the trials.
    exposure : str or None
        Column of the time or size in which events were counted.
    dispersion : float
        Variance of counts, as a multiple of their mean.
    parts : mapping of str to str
        Columns that belong to the outcome, and why they are no predictors.
    """

    name: str
    y: Array
    kind: Kind = "quantity"
    levels: tuple[str, ...] = ()
    coded: bool = False
    trials: str | None = None
    failures: str | None = None
    exposure: str | None = None
    dispersion: float = 0.0
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def response(self) -> Response:
        """The family, and the columns that it needs."""
        if self.kind == "counts":
            return Response("poisson", "log", None, self.exposure)
        if self.kind == "quantity" or (self.kind == "share" and self.trials is None):
            return Response()
        return Response("binomial", "logit", self.trials, None)

    @property
    def binary(self) -> bool:
        """Whether each row is one trial, which tells little about its group."""
        return self.kind in ("category", "zero-one")

    def remark(self, there: NDArray[np.bool_]) -> str | None:
        """Return a sentence on three values of which one is a usual code for missing; None otherwise."""
        values = np.unique(self.y[there])
        codes = [value for value in values.tolist() if value in _CODES and value in (values[0], values[-1])]
        if self.kind not in ("quantity", "counts") or len(values) != 3 or not codes:
            return None
        words = listing(map(number_label, values.tolist()))
        return (
            f"{self.name} has three values: {words}. If {number_label(codes[0])} means missing, empty these "
            "cells in the file and write this spec anew, since two values need a logistic model."
        )

    @property
    def others(self) -> tuple[str, ...]:
        """The columns beside the outcome that its models need."""
        return tuple(filter(None, (self.failures, self.trials, self.exposure)))

    @property
    def overdispersed(self) -> bool:
        """Whether counts scatter more than those of a Poisson distribution."""
        return self.kind == "counts" and self.dispersion > _OVERDISPERSED

    def information(self, there: NDArray[np.bool_]) -> int:
        """Return the number of rows that count for the number of predictors: of 0/1, those of the rarer."""
        y = self.y[there]
        return int(min(y.sum(), len(y) - y.sum())) if self.binary else len(y)


def values_of(raw: RawColumn, column: TypedColumn, data: DataSpec) -> FirstOutcome:
    """Return an outcome with its values, before its kind is known.

    Raises
    ------
    UsageError
        The column is text with other than two values.
    """
    values = column.values
    if isinstance(values, pd.Categorical) and column.strays is None:
        present = [str(word) for word in values.categories if word in set(values.dropna())]
        if len(present) == 2:
            # A stable sort, so that the order of the file is kept where neither or both are negative.
            levels = tuple(sorted(present, key=lambda word: not is_negative_label(word)))
            y = np.where(column.missing, np.nan, np.asarray(values == levels[1], dtype=np.float64))
            return FirstOutcome(raw.name, y, "category", levels)
    try:
        numbers = type_column(raw, ColumnSpec(type="number"), data).numbers
    except Misfit as found:
        raise UsageError(Fault("--outcome", *_not_numbers(column, found))) from None
    return FirstOutcome(raw.name, numbers, coded=column.kind != "number")


def _not_numbers(column: TypedColumn, found: Misfit) -> tuple[str, str | None]:
    """Return what is wrong with an outcome of text, and what to do."""
    values = column.values
    if isinstance(values, pd.Categorical) and column.strays is None:
        count = len(values.categories)
        words = listing((f"'{word}'" for word in values.categories), MOST_LISTED)
        return f"'{column.name}' is text with {count} value{'s' * (count > 1)}: {words}", _TWO_VALUES
    return f"'{column.name}' is text: it {found.what}", found.hint


def outcome_of(
    found: FirstOutcome,
    columns: Mapping[str, TypedColumn],
    there: NDArray[np.bool_],
    spare: Sequence[str],
) -> FirstOutcome:
    """Return an outcome with its kind, and the columns that belong to it.

    Parameters
    ----------
    found : FirstOutcome
    columns : mapping of str to TypedColumn
    there : ndarray of bool
        Rows in which outcome and groups are present.
    spare : sequence of str
        Columns that may be trials or an exposure.
    """
    y = found.y[there]
    if found.kind == "category" or not len(y):
        return found
    values = np.unique(y)
    if len(values) == 2 and values[0] >= 0 and not found.coded:
        if tuple(values) == (0.0, 1.0):
            return replace(found, kind="zero-one")
        if (values == np.floor(values)).all():
            levels = tuple(number_label(value) for value in values.tolist())
            coded = np.where(np.isnan(found.y), np.nan, (found.y == values[1]).astype(np.float64))
            return replace(found, kind="category", levels=levels, y=coded)
    numbers = {
        name: columns[name].numbers[there]
        for name in spare
        if columns[name].kind == "number" and not columns[name].missing[there].any()
    }
    if (values >= 0).all() and not found.coded:
        return _of_several(found, y, numbers)
    return found


def _of_several(found: FirstOutcome, y: Array, numbers: Mapping[str, Array]) -> FirstOutcome:
    """Return an outcome of several values that are not negative as events, share, counts or quantity."""
    whole = bool((y == np.floor(y)).all())
    trials = _trials(y, numbers, whole=whole)
    if trials is not None:
        kind: Kind = "events" if whole else "share"
        return replace(found, kind=kind, trials=trials, parts=dict(_parts(found.name, y, trials, numbers)))
    if not whole:
        return replace(found, kind="share") if y.max() <= 1.0 and y.min() >= 0.0 else found
    for name in names_of_failures(found.name, numbers):
        if _are_counts(numbers[name]):
            return replace(found, kind="events", failures=name)
    if not _are_events(y):
        return found
    exposure = next((name for name in numbers if is_exposure_name(name) and (numbers[name] > 0).all()), None)
    return replace(found, kind="counts", exposure=exposure, dispersion=float(y.var() / y.mean()))


def _are_counts(x: Array) -> bool:
    return bool(((x >= 0) & (x == np.floor(x))).all())


def _are_events(y: Array) -> bool:
    """Return whether whole numbers from 0 up look like counts of events, not like ratings or sums."""
    mean, variance, largest = float(y.mean()), float(y.var()), float(y.max())
    if y.min() > 0 or variance < _UNDERDISPERSED * mean:
        return False
    at_the_top = float((y == largest).mean()) >= _AT_THE_TOP
    if largest <= _LONGEST_SCALE and at_the_top and mean >= _HIGH * largest:
        return False
    return mean <= _FEW_EVENTS or variance >= (_WIDE * mean) ** 2


def _trials(y: Array, numbers: Mapping[str, Array], *, whole: bool) -> str | None:
    """Return the column of the numbers of trials of counts or shares; None if there is none.

    The trials of counts are known by their name. Those of shares need none: share times trials is whole.
    """
    possible = [name for name, n in numbers.items() if _are_counts(n) and (n >= 1).all() and n.max() > 1]
    if whole:
        fits = [name for name in possible if (y <= numbers[name]).all() and (y < numbers[name]).any()]
        named = (name for name in fits if is_trials_name(name) or _has_share(y, name, numbers))
        return next(named, None)
    if y.max() > 1.0:
        return None
    exact = [name for name in possible if _is_whole(y * numbers[name], numbers[name])]
    return min(exact, key=lambda name: (not is_trials_name(name), numbers[name].sum()), default=None)


def _has_share(y: Array, trials: str, numbers: Mapping[str, Array]) -> bool:
    """Return whether a column is the share or percentage of events in these trials, rounded or not."""
    share = y / numbers[trials]
    return any(_is_share(x, share) for name, x in numbers.items() if name != trials and np.ptp(x) > 0)


def _is_share(x: Array, share: Array) -> bool:
    return any(bool((np.abs(x - k * share) <= _ROUNDED * k).all()) for k in (1.0, 100.0))


def _is_whole(product: Array, trials: Array) -> bool:
    return bool((np.abs(product - np.round(product)) <= _ROUNDING * trials).all())


def _parts(name: str, y: Array, trials: str, numbers: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    """Yield the columns that follow from events and trials."""
    n = numbers[trials]
    for other, x in numbers.items():
        same = any(np.allclose(x, part) for part in (y * n, n - y, n - y * n))
        shares = (y / n, 1 - y / n) if (y == np.floor(y)).all() else (y, 1 - y)
        if other != trials and (same or any(_is_share(x, share) for share in shares)):
            yield other, f"follows from {name} and {trials}"
