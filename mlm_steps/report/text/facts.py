"""Printed numbers of the records, each with its row in a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlm_steps.records import (
    Coefficient,
    ComparisonRecord,
    FitRecord,
    Icc,
    OlsCoefficient,
    RandomParameter,
    VarianceMeasure,
)
from mlm_steps.report.text.notation import (
    correlation,
    decimals_for_se,
    decimals_for_spread,
    degrees_of_freedom,
    fixed,
    integer,
    p_value,
    percent,
    share,
)
from mlm_steps.report.text.responses import MEDIAN_RATIOS
from mlm_steps.report.text.text import Number, Phrase, say, source

__all__ = [
    "DF_METHODS",
    "LIMIT_MARKS",
    "NORMAL",
    "UNRELIABLE",
    "CoefficientFacts",
    "comparison_number",
    "comparison_p",
    "comparison_test",
    "df_words",
    "fit_number",
    "icc_number",
    "measure_limits",
    "measure_number",
    "measure_or_reason",
    "on_boundary",
    "p_phrase",
    "profile_number",
    "random_interval",
    "random_number",
    "random_source",
    "reason_in_words",
    "share_interval",
]

DF_METHODS = {
    "satterthwaite": "Satterthwaite",
    "residual": "residual",
    "z": "normal approximation",
    "kenward-roger": "Kenward–Roger",
    "between-within": "between–within",
}
NORMAL = DF_METHODS["z"]
"""The word for tests without degrees of freedom."""
BOUNDARY_DECIMALS = 2
"""A variance on its boundary is zero but for rounding and is printed with this many decimals."""
NULL_REASONS = {
    "not_estimable": "cannot be estimated",
    "boundary": "on the boundary",
    "not_comparable": "not comparable",
    "zero_reference": "0 in the reference model",
    "not_in_reference": "not in the reference model",
    "too_large": "too large",
    "left_out": "not computed",
    "outside_domain": "not defined",
}
"""The reasons why a number is missing, by the code in the record."""
UNRELIABLE = "¶"
LIMIT_MARKS = {"boundary": "§"}
"""Marks of interval limits at which the criterion does not cross its critical value, by code."""
PLAIN_MEASURES = {"design_effect": 2, "effective_n": 0, "se_ratio": 2, **dict.fromkeys(MEDIAN_RATIOS, 2)}
"""Measures that are not shares of variance, with their decimals."""


def df_words(methods: str) -> str:
    """Return how coefficients are tested: with which degrees of freedom, or by the normal approximation."""
    return f"by the {NORMAL}" if methods == NORMAL else f"with {methods} degrees of freedom"


@dataclass(frozen=True, slots=True)
class CoefficientFacts:
    """The printed numbers of one coefficient of one model; None for numbers that are missing."""

    table: str
    model: str
    of: Coefficient | OlsCoefficient
    alpha: float = 0.05

    def _number(self, field: str, text: str | None) -> Number | None:
        return None if text is None else Number(text, source(self.table, self.model, self.of.column, field))

    def _scaled(self, field: str, value: float | None) -> Number | None:
        if value is None:
            return None
        text = fixed(value, decimals_for_se(self.of.se))
        return Number(text, source(self.table, self.model, self.of.column, field), value)

    @property
    def estimate(self) -> Number | None:
        """Estimate, with the decimals of its standard error."""
        return self._scaled("estimate", self.of.estimate)

    @property
    def se(self) -> Number | None:
        """Standard error."""
        return self._scaled("se", self.of.se)

    @property
    def ci(self) -> Phrase | None:
        """Interval in brackets."""
        low, high = self._scaled("ci_low", self.of.ci_low), self._scaled("ci_high", self.of.ci_high)
        return None if low is None or high is None else ("[", low, ", ", high, "]")

    @property
    def df(self) -> Number | None:
        """Degrees of freedom of the t test."""
        return self._number("df", None if self.of.df is None else degrees_of_freedom(self.of.df))

    @property
    def statistic(self) -> Number | None:
        """Statistic, t or z."""
        return self._number("statistic", None if self.of.statistic is None else fixed(self.of.statistic, 2))

    @property
    def p(self) -> Number | None:
        """P value."""
        return self._number("p", None if self.of.p is None else p_value(self.of.p, self.alpha))


def p_phrase(p: Number | None) -> Phrase:
    """Return ``p = .012`` or ``p < .001``; nothing if there is no p."""
    if p is None:
        return ()
    return say("*p* {sign}{p}", sign=None if p.text[0] in "<>" else "= ", p=p)


def fit_number(fit: FitRecord, field: str, value: float | None, decimals: int = 0) -> Number | None:
    """Return a number of the ``fit`` table."""
    return None if value is None else Number(fixed(value, decimals), source("fit", fit.model, field))


def random_source(fit: FitRecord, parameter: RandomParameter) -> str:
    """Return the name of a row of the ``random`` table."""
    keys = (parameter.group, parameter.term_index, parameter.effect_1, parameter.effect_2, parameter.kind)
    return source("random", fit.model, *("" if key is None else key for key in keys))


def random_number(fit: FitRecord, parameter: RandomParameter) -> Number | None:
    """Return a variance component, standard deviation or correlation."""
    value = parameter.estimate
    if value is None:
        return None
    if parameter.kind == "correlation":
        return Number(correlation(value), random_source(fit, parameter), value)
    return Number(fixed(value, _spread_decimals(parameter)), random_source(fit, parameter), value)


def _spread_decimals(parameter: RandomParameter) -> int:
    decimals = decimals_for_spread(parameter.estimate)
    on_bound = parameter.at_boundary and parameter.kind != "covariance"
    return min(decimals, BOUNDARY_DECIMALS) if on_bound else decimals


def random_interval(
    fit: FitRecord,
    parameter: RandomParameter,
    *,
    marked: Literal["sign", "words"] = "sign",
) -> Phrase | None:
    """Return the interval of a variance component in brackets, with marks for limits at a bound.

    The limits have the decimals of the estimate.
    """
    low, high = parameter.ci_low, parameter.ci_high
    if low is None or high is None:
        return None
    digits = decimals_for_spread(high) if parameter.at_boundary else _spread_decimals(parameter)
    pieces: list[Phrase] = []
    for name, limit, code in (
        ("ci_low", low, parameter.ci_low_code), ("ci_high", high, parameter.ci_high_code)
    ):  # fmt: skip
        text = correlation(limit) if parameter.kind == "correlation" else fixed(limit, digits)
        if code == "boundary" and limit == 0.0:
            text = "0"  # exactly 0, since the limit is the bound
        number = Number(text, f"{random_source(fit, parameter)}/{name}", limit)
        pieces.append((number, *_limit_mark(code, marked)))
    return ("[", *pieces[0], ", ", *pieces[1], "]")


def _limit_mark(code: str | None, marked: Literal["sign", "words"]) -> Phrase:
    if code is None:
        return ()
    if marked == "words":
        return (" (its bound)",) if code == "boundary" else ()
    return (LIMIT_MARKS.get(code, UNRELIABLE),)


def on_boundary(fit: FitRecord, parameter: RandomParameter) -> bool:
    """Return whether a parameter, or the reduced rank of the term that it belongs to, is on the boundary.

    A correlation counts if its term is singular although no parameter of the term is at its bound.
    """
    index = parameter.term_index
    if parameter.at_boundary or index is None or parameter.kind != "correlation":
        return parameter.at_boundary
    marked = any(other.at_boundary for other in fit.random if other.term_index == index)
    return fit.reported.terms[index].singular and not marked


def icc_number(model: str, icc: Icc, value: float | None = None, field: str = "value") -> Number | None:
    """Return an intraclass correlation, or one limit of its interval."""
    shown = icc.value if field == "value" else value
    keys = ("" if icc.group is None else icc.group, icc.kind, field)
    return None if shown is None else Number(share(shown), source("icc", model, *keys))


def share_interval(low: Number | None, high: Number | None) -> Phrase | None:
    """Return an interval in brackets; None unless both limits are known."""
    return None if low is None or high is None else ("[", low, ", ", high, "]")


def measure_number(model: str, measure: VarianceMeasure, *, as_percent: bool = False) -> Number | None:
    """Return a measure of explained variance."""
    if measure.value is None:
        return None
    keys = (measure.measure, measure.scope, *((measure.reference,) if measure.reference else ()))
    if measure.measure in PLAIN_MEASURES:
        text = fixed(measure.value, PLAIN_MEASURES[measure.measure])
    else:
        text = percent(measure.value) if as_percent else share(measure.value)
    return Number(text, source("variance_explained", model, *keys))


def measure_limits(model: str, measure: VarianceMeasure) -> tuple[Number | None, Number | None]:
    """Return the limits of the interval of a share of variance; None if unknown."""
    keys = (measure.measure, measure.scope, *((measure.reference,) if measure.reference else ()))
    ends = (("ci_low", measure.ci_low), ("ci_high", measure.ci_high))
    low, high = (
        None if value is None else Number(share(value), source("variance_explained", model, *keys, field))
        for field, value in ends
    )
    return low, high


def measure_or_reason(model: str, measure: VarianceMeasure, *, as_percent: bool = False) -> Number | str:
    """Return a measure of explained variance, or the reason why there is none."""
    number = measure_number(model, measure, as_percent=as_percent)
    return reason_in_words(measure.code) if number is None else number


def reason_in_words(code: str | None) -> str:
    """Return the reason why a number is missing."""
    return "–" if code is None else NULL_REASONS.get(code, code.replace("_", " "))


def comparison_number(
    record: ComparisonRecord, field: str, value: float | None, decimals: int = 2
) -> Number | None:
    """Return a number of the ``comparison`` table."""
    if value is None:
        return None
    return Number(fixed(value, decimals), source("comparison", f"{record.smaller}--{record.larger}", field))


def comparison_p(
    record: ComparisonRecord, field: str, value: float | None, alpha: float = 0.05
) -> Number | None:
    """Return a p value of the ``comparison`` table; ``alpha`` is the level of the test."""
    if value is None:
        return None
    return Number(p_value(value, alpha), source("comparison", f"{record.smaller}--{record.larger}", field))


def comparison_test(record: ComparisonRecord) -> Phrase | None:
    """Return ``χ²(df) = statistic``, if there is a test."""
    statistic = comparison_number(record, "statistic", record.statistic)
    df = comparison_number(record, "df", record.df, 0)
    return None if statistic is None or df is None else ("χ²(", df, ") = ", statistic)


def profile_number(value: float, *keys: object, decimals: int | None = None) -> Number:
    """Return a number of the data profile: a count unless it has decimals."""
    return Number(integer(value) if decimals is None else fixed(value, decimals), source("profile", *keys))
