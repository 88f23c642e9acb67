"""The record of intervals that a separate step computes, with the table row of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp
from typing import Literal

from mlm_steps.records.base import Extended, Notice, Part, Record
from mlm_steps.records.fit import Coefficient, FitRecord, RandomParameter
from mlm_steps.records.variance import Icc, VarianceMeasure, VarianceRecord

__all__ = [
    "R2",
    "Interval",
    "IntervalKind",
    "IntervalRecord",
    "IntervalSource",
    "RunIntervals",
    "ZetaCurve",
    "fixed_row",
    "icc_row",
    "r2_row",
    "random_row",
]

IntervalKind = Literal["fixed", "variance", "icc", "r2"]
IntervalSource = Literal["profile", "bootstrap"]

NOT_REQUESTED = "not_requested"
NOT_ESTIMABLE = "not_estimable"
LEFT_OUT = "left_out"
METHODS = {"wald": "Wald", "profile": "profile, ML", "bootstrap": "bootstrap", "none": NOT_REQUESTED}
R2 = ("r2_marginal", "r2_conditional", "rs_")
"""Beginnings of the measures that the kind ``r2`` includes: R² and its sources."""


class Interval(Part):
    """The interval of one number."""

    kind: IntervalKind
    what: str
    """The row of the table that contains the number, as named by ``fixed_row``, ``random_row`` …"""
    low: Extended | None
    """Infinite where the estimate is."""
    high: Extended | None
    low_code: str | None = None
    """Why there is no lower limit; ``boundary`` if the limit is the bound of the parameter."""
    high_code: str | None = None
    method: str
    """In words, such as ``profile, ML`` or ``parametric bootstrap, B=2000, 3 failed``."""


class ZetaCurve(Part):
    """The likelihood profile of one parameter: zeta, the signed root of the increase of the ML deviance."""

    kind: IntervalKind
    what: str
    """The row of the table that contains the parameter."""
    estimate: float
    """The ML estimate."""
    values: tuple[float, ...]
    zeta: tuple[float, ...]


class IntervalRecord(Record):
    """The intervals of one rung from one source, for the kinds that the spec requests."""

    model: str
    source: IntervalSource
    confidence: float
    intervals: tuple[Interval, ...]
    curves: tuple[ZetaCurve, ...] = ()
    """The curves of a likelihood profile."""
    notices: tuple[Notice, ...] = ()
    failed: bool = False
    """Whether the intervals could not be computed; a notice gives the reason."""
    left_out: bool = False
    """Whether the intervals were left out because of the effort."""


def fixed_row(row: Coefficient) -> str:
    """Return the name of a row of the table ``fixed``."""
    return row.column


def random_row(row: RandomParameter) -> str:
    """Return the name of a row of the table ``random``."""
    return _name(row.group, row.term_index, row.effect_1, row.effect_2, row.kind)


def icc_row(row: Icc) -> str:
    """Return the name of a row of the table ``icc``."""
    return _name(row.group, row.kind, row.effect, row.x)


def r2_row(row: VarianceMeasure) -> str:
    """Return the name of a row of the table ``variance_explained``."""
    return _name(row.measure, row.scope, row.reference)


def _name(*keys: object) -> str:
    return "/".join("" if key is None else str(key) for key in keys)


@dataclass(frozen=True, slots=True)
class RunIntervals:
    """All intervals of a run, whatever their source.

    Attributes
    ----------
    words : mapping of str to str
        How each kind is to be computed: ``wald``, ``profile``, ``bootstrap`` or ``none``.
    records : tuple of IntervalRecord
    """

    words: Mapping[IntervalKind, str]
    records: tuple[IntervalRecord, ...] = ()

    def find(self, model: str, kind: IntervalKind, what: str) -> Interval:
        """Return the interval of one table row; an interval without limits gives the reason.

        Wald intervals are in the records of the fits, not in these.
        """
        word = self.words.get(kind, "none")
        ordered = sorted(self._of(model), key=lambda record: record.source != word)
        for record in ordered if word != "none" else ():
            for interval in record.intervals:
                if (interval.kind, interval.what) == (kind, what):
                    return interval
        made = any(record.source == word and not record.failed for record in ordered)
        asked = made or word == "none"
        if any(record.source == word and record.left_out for record in ordered):
            code = method = LEFT_OUT
        elif asked:
            code = method = NOT_REQUESTED
        else:
            code, method = NOT_ESTIMABLE, METHODS[word]
        return Interval(
            kind=kind, what=what, low=None, high=None, low_code=code, high_code=code, method=method
        )

    def _of(self, model: str) -> Iterable[IntervalRecord]:
        return (record for record in self.records if record.model == model)

    def into_fit(self, fit: FitRecord) -> FitRecord:
        """Return the record of a fit with the declared intervals in its rows."""
        coefficients = fit.coefficients
        if self.words.get("fixed") != "wald":
            coefficients = tuple(
                row if row.dropped else self._with_interval(fit.model, row) for row in coefficients
            )
        random = tuple(
            row.with_values(**self._cells(fit.model, "variance", random_row(row))) for row in fit.random
        )
        return fit.with_values(coefficients=coefficients, random=random)

    def _with_interval(self, model: str, row: Coefficient) -> Coefficient:
        """Return a coefficient with its interval, and the exponentials of the limits if they have a name."""
        cells = self._cells(model, "fixed", fixed_row(row))
        if row.exp_kind is not None:
            ends = {"exp_low": cells["ci_low"], "exp_high": cells["ci_high"]}
            cells |= {key: exp(end) if isinstance(end, float) else None for key, end in ends.items()}
        return row.with_values(**cells)

    def into_variance(self, record: VarianceRecord) -> VarianceRecord:
        """Return the record of explained variance with the declared intervals in its rows."""
        icc = tuple(row.with_values(**self._cells(record.model, "icc", icc_row(row))) for row in record.icc)
        measures = tuple(
            row.with_values(**self._cells(record.model, "r2", r2_row(row)))
            if row.measure.startswith(R2)
            else row
            for row in record.measures
        )
        return record.with_values(icc=icc, measures=measures)

    def _cells(self, model: str, kind: IntervalKind, what: str) -> dict[str, object]:
        found = self.find(model, kind, what)
        return {
            "ci_low": found.low,
            "ci_high": found.high,
            "ci_low_code": found.low_code,
            "ci_high_code": found.high_code,
            "ci_method": found.method,
        }
