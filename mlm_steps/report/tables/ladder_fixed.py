"""Rows of the ladder table for fixed effects (reporting standard, part H)."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import Coefficient, FitRecord, TermTest
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number, words_of
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.notation import degrees_of_freedom, fixed, p_value
from mlm_steps.report.text.text import Emphasis, Number, Part, Phrase, Symbol, source

__all__ = ["MOST_COEFFICIENTS", "fixed_rows", "long_terms"]

LEVELS = {"1": "Level 1", "2": "Level 2", "3": "Level 3", "cross": "Cross-level", None: "Level not known"}
MOST_COEFFICIENTS = 5
"""A term with more coefficients is shown by its test: its coefficients one by one answer no question."""
Identity = tuple[str, str]
"""A fixed effect is identified by its term and by R's name of its column."""


def long_terms(fit: FitRecord) -> set[str]:
    """Return the terms of a rung that have many coefficients and a test of all of them."""
    counts: dict[str, int] = {}
    for c in fit.coefficients:
        counts[c.term] = counts.get(c.term, 0) + 1
    tested = {test.term for test in fit.anova if test.num_df and test.p is not None}
    return {term for term, count in counts.items() if count > MOST_COEFFICIENTS and term in tested}


def fixed_rows(given: ReportInput, fits: Sequence[FitRecord]) -> list[Row]:
    """Return estimate (SE), interval and p of the fixed effects by level; long terms by their test."""
    long = set().union(*map(long_terms, fits))
    columns: dict[Identity, Coefficient] = {}
    for fit in fits:
        for coefficient in fit.coefficients:
            columns.setdefault(_identity(fit, coefficient), coefficient)
    rows: list[Row] = []
    for level, title in LEVELS.items():
        members = {identity: c for identity, c in columns.items() if c.level == level}
        if members:
            rows.append(heading(f"Fixed effects: {title}"))
        for identity, coefficient in members.items():
            if identity[0] not in long:
                rows.extend(_coefficient_rows(given, fits, identity, coefficient))
        for term in dict.fromkeys(term for term, _ in members if term in long):
            rows.extend(_term_rows(given, fits, term))
    return rows


def _identity(fit: FitRecord, coefficient: Coefficient) -> Identity:
    """Return an identity that is the same in all rungs, even if they print the column differently."""
    return coefficient.term, fit.name_of_r(coefficient.column)


def _coefficient_rows(
    given: ReportInput, fits: Sequence[FitRecord], identity: Identity, of: Coefficient
) -> list[Row]:
    found = [_find(fit, identity) for fit in fits]
    symbols = {c.symbol for _, c in found if c is not None}
    label = given.names.column(of.column, of.term)
    head = (*label, " ", Symbol(of.symbol)) if len(symbols) == 1 else label
    facts = [None if c is None else CoefficientFacts("fixed", fit.model, c, fit.alpha) for fit, c in found]
    level = confidence(fits[0])
    return [
        row(head, [_estimate(f) for f in facts], "first"),
        row(f"{level} CI", [None if f is None else f.ci for f in facts], "detail"),
        *_ratio_rows(found, level),
        row((Emphasis("p"),), [None if f is None else f.p for f in facts], "detail"),
    ]


def _find(fit: FitRecord, identity: Identity) -> tuple[FitRecord, Coefficient | None]:
    return fit, next((c for c in fit.coefficients if _identity(fit, c) == identity), None)


def _estimate(facts: CoefficientFacts | None) -> Phrase | None:
    if facts is None:
        return None
    if facts.estimate is None:
        return ("dropped (collinear)",)
    se = facts.se
    return (facts.estimate, *(() if se is None else (Part("se", (" (", se, ")")),)))


def _ratio_rows(found: Sequence[tuple[FitRecord, Coefficient | None]], level: str) -> list[Row]:
    """Return the rows of the exponential of a coefficient and its interval; none without a meaning."""
    numbers = [None if c is None else ratio_number(fit, c) for fit, c in found]
    if not any(numbers):
        return []
    kinds = dict.fromkeys(ratio.code for fit, _ in found if (ratio := words_of(fit).ratio) is not None)
    intervals = [None if c is None else ratio_interval(fit, c) for fit, c in found]
    return [
        row("/".join(kinds), numbers, "detail"),
        row(f"{level} CI of the {'/'.join(kinds)}", intervals, "detail"),
    ]


def _term_rows(given: ReportInput, fits: Sequence[FitRecord], term: str) -> list[Row]:
    """Return the test of a term of many coefficients."""
    tests = [next((t for t in fit.anova if t.term == term and t.num_df), None) for fit in fits]
    pairs = list(zip(fits, tests, strict=True))
    most = max(sum(c.term == term for c in fit.coefficients) for fit in fits)
    head = (*given.names.column(term, term), f" ({most} coefficients)")
    return [
        row(head, [None if test is None else _statistic(fit, test) for fit, test in pairs], "first"),
        row((Emphasis("p"),), [None if test is None else _p(fit, test) for fit, test in pairs], "detail"),
    ]


def _statistic(fit: FitRecord, test: TermTest) -> Phrase | None:
    """Return ``F(df, df) = …`` or ``χ²(df) = …``."""

    def number(field: str, text: str) -> Number:
        return Number(text, source("anova", fit.model, test.term, field))

    num = number("num_df", str(test.num_df))
    if test.chisq is not None:
        return ("χ²(", num, ") = ", number("chisq", fixed(test.chisq, 2)))
    if test.statistic is None:
        return None
    den = "∞" if test.den_df is None else degrees_of_freedom(test.den_df)
    F = number("F", fixed(test.statistic, 2))
    return (Emphasis("F"), "(", num, ", ", number("den_df", den), ") = ", F)


def _p(fit: FitRecord, test: TermTest) -> Number | None:
    if test.p is None:
        return None
    return Number(p_value(test.p, fit.alpha), source("anova", fit.model, test.term, "p"))
