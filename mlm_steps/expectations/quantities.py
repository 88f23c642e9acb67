"""The numbers of a run that a baseline holds and that two runs are compared by, each with its tolerance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mlm_steps.records.comparison import ComparisonRecord
from mlm_steps.records.fit import Coefficient, FitRecord, RandomParameter
from mlm_steps.records.variance import VarianceRecord
from mlm_steps.records.variants import Variant

__all__ = [
    "CRITERION_TOLERANCE",
    "Class",
    "Deviation",
    "Quantity",
    "deviations",
    "pair_of",
    "quantities_of",
    "shown",
]

CRITERION_TOLERANCE = 1e-4
"""Largest difference of two criteria that counts as none; searches that end at one optimum differ by less."""
FLOOR = 0.01
"""Share of the residual variance to which tolerances of smaller variances are relative.

A variance near zero has no reliable digits."""

Class = Literal["text", "count", "criterion", "coefficient", "relative", "share"]
Value = float | str | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number, or one word, of a run.

    Attributes
    ----------
    of : str
        The rung, or the comparison as ``l1--slope``; of a variant with its name before it, as in
        ``variant reading, l1``.
    name : str
        For example ``estimate of ses`` or ``deviance``.
    kind : str
        The class that decides on the tolerance: of a ``count`` or ``text`` none, of a ``criterion`` 1e-4, of
        the others the relative tolerance times ``scale``.
    value : float, str or None
    scale : float
        The standard error of a coefficient; the size of another number, at least its floor; 1 for a share.
    """

    of: str
    name: str
    kind: Class
    value: Value
    scale: float = 1.0

    def tolerance(self, rtol: float, *, exact: bool = False) -> float:
        """Return the largest difference that is allowed; 0 if numbers have to agree exactly."""
        if exact or self.kind in ("text", "count"):
            return 0.0
        return CRITERION_TOLERANCE if self.kind == "criterion" else rtol * self.scale


@dataclass(frozen=True, slots=True)
class Deviation:
    """A quantity that two runs, or a run and a baseline, do not share."""

    of: str
    name: str
    before: Value
    after: Value
    tolerance: float
    gone: bool = False
    new: bool = False

    def sentence(self, before: str, after: str) -> str:
        """Return what differs; ``before`` and ``after`` are words such as ``in the baseline`` and ``now``."""
        what = f"{self.of}, {self.name}"
        if self.gone:
            return f"{what}: {shown(self.before)} {before}, and there is none {after}"
        if self.new:
            return f"{what}: {shown(self.after)} {after}, and there is none {before}"
        first, last = pair_of(self.before, self.after)
        text = f"{what}: {last} {after}, {first} {before}"
        return f"{text}; {self.excess}" if self.excess else text

    @property
    def excess(self) -> str:
        """How large the difference is, and how large it may be; empty text for words and counts."""
        if not isinstance(self.before, float) or not isinstance(self.after, float) or not self.tolerance:
            return ""
        return f"the difference is {abs(self.after - self.before):.3g}, and {self.tolerance:.2g} is allowed"


def shown(value: Value) -> str:
    """Return a value with at most six digits, a count with all of them."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    return f"{value:.0f}" if math.isfinite(value) and float(value).is_integer() else f"{value:.6g}"


def pair_of(before: Value, after: Value) -> tuple[str, str]:
    """Return two values with as many digits as tell them apart."""
    if not isinstance(before, float) or not isinstance(after, float):
        return shown(before), shown(after)
    for digits in range(6, 17):
        pair = f"{before:.{digits}g}", f"{after:.{digits}g}"
        if pair[0] != pair[1]:
            return pair
    return shown(before), shown(after)


def deviations(
    before: Sequence[Quantity], after: Sequence[Quantity], rtol: float, *, exact: bool = False
) -> list[Deviation]:
    """Return the quantities that differ by more than the tolerance of the first of the two, in their order.

    Of a rung or comparison that only one of the two has, there is one deviation.
    """
    first, last = ({(q.of, q.name): q for q in each} for each in (before, after))
    subjects = [{q.of for q in each} for each in (before, after)]
    found: list[Deviation] = []
    for q in _each_once((*before, *after)):
        key = (q.of, q.name)
        whole = q.of in subjects[0] and q.of in subjects[1]
        if key in first and key in last:
            tolerance = first[key].tolerance(rtol, exact=exact)
            if not _same(first[key].value, last[key].value, tolerance):
                found.append(Deviation(q.of, q.name, first[key].value, last[key].value, tolerance))
        elif whole or q.name == "status":
            gone = key in first
            value = q.value
            found.append(
                Deviation(q.of, q.name, value if gone else None, None if gone else value, 0.0, gone, not gone)
            )
    return found


def _each_once(quantities: Iterable[Quantity]) -> list[Quantity]:
    found = {(q.of, q.name): q for q in reversed(list(quantities))}
    return list(reversed(found.values()))


def _same(before: Value, after: Value, tolerance: float) -> bool:
    if isinstance(before, float) and isinstance(after, float) and math.isfinite(before - after):
        return abs(after - before) <= tolerance
    return before == after


def quantities_of(
    fits: Iterable[FitRecord],
    comparisons: Iterable[ComparisonRecord],
    variance: Iterable[VarianceRecord],
    failed: Iterable[str] = (),
    variants: Iterable[Variant] = (),
) -> list[Quantity]:
    """Return the quantities of a run; of a rung without reliable numbers, its status above all."""
    shares = {record.model: record for record in variance}
    found = [q for fit in fits for q in _of_fit(fit, shares.get(fit.model))]
    found += [Quantity(name, "status", "text", "failed") for name in failed]
    found += [q for record in comparisons for q in _of_comparison(record)]
    return found + [q for variant in variants for q in _of_variant(variant)]


def _of_fit(fit: FitRecord, variance: VarianceRecord | None) -> Iterator[Quantity]:
    of, end = fit.model, fit.reported
    yield Quantity(of, "status", "text", end.convergence.status)
    yield Quantity(of, "formula", "text", fit.formula)
    yield Quantity(of, "n", "count", float(fit.n))
    if fit.unreliable is not None:
        return
    for factor, count in fit.n_levels.items():
        yield Quantity(of, f"levels of {factor}", "count", float(count))
    yield Quantity(of, "parameters", "count", float(fit.npar))
    yield from _of_coefficients(of, fit.coefficients)
    yield from _variances(fit)
    for optimum in fit.optima:
        if optimum.convergence.status == "failed":
            continue
        name = "REML criterion" if optimum.method == "REML" else "deviance"
        yield Quantity(of, name, "criterion", optimum.criterion)
    rows = () if variance is None else variance.icc
    adjusted = next((row for row in rows if row.kind == "adjusted" and row.group is None), None)
    if adjusted is not None and adjusted.value is not None:
        yield Quantity(of, "intraclass correlation", "share", adjusted.value)


def _of_coefficients(of: str, coefficients: Iterable[Coefficient]) -> Iterator[Quantity]:
    for c in coefficients:
        if c.dropped:
            continue
        scale = c.se or abs(c.estimate or 0.0)
        yield Quantity(of, f"estimate of {c.column}", "coefficient", c.estimate, scale)
        yield Quantity(of, f"standard error of {c.column}", "relative", c.se, c.se or 0.0)
        if c.df is not None:
            yield Quantity(of, f"degrees of freedom of {c.column}", "relative", c.df, c.df)


def _variances(fit: FitRecord) -> Iterator[Quantity]:
    sigma2 = 1.0 if fit.reported.sigma is None else fit.reported.sigma**2
    own: dict[tuple[int | None, str | None], float] = {
        (row.term_index, row.effect_1): row.estimate or 0.0 for row in fit.random if row.kind == "variance"
    }
    for row in fit.random:
        if row.kind not in ("variance", "covariance") or row.estimate is None:
            continue
        pair = [own.get((row.term_index, effect), 0.0) for effect in (row.effect_1, row.effect_2)]
        size = math.sqrt(max(pair[0] * pair[1], 0.0)) if row.kind == "covariance" else 0.0
        scale = max(abs(row.estimate), size, FLOOR * sigma2)
        yield Quantity(fit.model, f"{row.kind} of {_effect(row)}", "relative", row.estimate, scale)


def _effect(row: RandomParameter) -> str:
    """Return which random effects a parameter is about, such as ``(Intercept), ses | school``."""
    effects = ", ".join(effect for effect in (row.effect_1, row.effect_2) if effect)
    return f"{effects} | {row.group}" if effects else row.group


def _of_variant(variant: Variant) -> Iterator[Quantity]:
    """Yield what a variant keeps of its rungs: coefficients and rows, no variances."""
    for rung in variant.rungs:
        of = f"variant {variant.name}, {rung.model}"
        yield Quantity(of, "status", "text", rung.status)
        yield Quantity(of, "formula", "text", rung.formula)
        if rung.status == "failed":
            continue
        if rung.n is not None:
            yield Quantity(of, "n", "count", float(rung.n))
        for factor, count in rung.groups.items():
            yield Quantity(of, f"levels of {factor}", "count", float(count))
        yield from _of_coefficients(of, rung.coefficients)
    for record in variant.comparisons:
        for quantity in _of_comparison(record):
            yield replace(quantity, of=f"variant {variant.name}, {quantity.of}")


def _of_comparison(record: ComparisonRecord) -> Iterator[Quantity]:
    of = f"{record.smaller}--{record.larger}"
    yield Quantity(of, "status", "text", record.refused or "tested")
    if record.statistic is not None:
        yield Quantity(of, f"test statistic ({record.criterion})", "criterion", record.statistic)
    if record.df is not None:
        yield Quantity(of, "degrees of freedom", "count", float(record.df))
