"""Blocks of rows of the ladder table (reporting standard, part H)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise, zip_longest

from mlm_steps.records import Coefficient, ComparisonRecord, FitRecord, VarianceMeasure
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number, words_of
from mlm_steps.report.text.facts import (
    CoefficientFacts,
    comparison_number,
    comparison_p,
    fit_number,
    icc_number,
    measure_or_reason,
)
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import P_WORDS
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Symbol

__all__ = [
    "comparison_rows",
    "fit_rows",
    "fixed_rows",
    "size_rows",
    "status_rows",
    "variance_rows",
]

LEVELS = {"1": "Level 1", "2": "Level 2", "3": "Level 3", "cross": "Cross-level", None: "Level not known"}
STATUS = {"converged": "converged", "singular": "singular", "failed": "not converged"}
Identity = tuple[str, str]
"""A fixed or random effect is identified by its term and by R's name of its column."""


def fixed_rows(given: ReportInput) -> list[Row]:
    """Return the fixed effects by level: estimate, (SE), [CI], p."""
    columns: dict[Identity, tuple[FitRecord, Coefficient]] = {}
    for fit in given.run.fits:
        for coefficient in fit.coefficients:
            columns.setdefault(_identity(fit, coefficient), (fit, coefficient))
    rows: list[Row] = []
    for level, title in LEVELS.items():
        members = [(identity, c) for identity, (_, c) in columns.items() if c.level == level]
        if members:
            rows.append(heading(f"Fixed effects: {title}"))
        for identity, coefficient in members:
            rows.extend(_coefficient_rows(given, identity, coefficient))
    return rows


def _identity(fit: FitRecord, coefficient: Coefficient) -> Identity:
    """Return an identity that is the same in all rungs, even if they print the column differently."""
    return coefficient.term, fit.name_of_r(coefficient.column)


def _coefficient_rows(given: ReportInput, identity: Identity, of: Coefficient) -> list[Row]:
    found = [_find(fit, identity) for fit in given.run.fits]
    symbols = {c.symbol for _, c in found if c is not None}
    label = given.names.column(of.column, of.term)
    head = (*label, " ", Symbol(of.symbol)) if len(symbols) == 1 else label
    facts = [None if c is None else CoefficientFacts("fixed", fit.model, c, fit.alpha) for fit, c in found]
    estimates = [_estimate(f) for f in facts]
    level = confidence(given.run.fits[0])
    return [
        row(head, estimates, "first"),
        row((Emphasis("SE"),), [None if f is None else _bracketed(f.se) for f in facts], "detail"),
        row(f"{level} CI", [None if f is None else f.ci for f in facts], "detail"),
        *_ratio_rows(found, level),
        row((Emphasis("p"),), [None if f is None else f.p for f in facts], "detail"),
    ]


def _ratio_rows(found: Sequence[tuple[FitRecord, Coefficient | None]], level: str) -> list[Row]:
    """Return the rows of the exponential of a coefficient and its interval; none without a meaning."""
    numbers = [None if c is None else ratio_number(fit, c) for fit, c in found]
    if not any(numbers):
        return []
    kinds = dict.fromkeys(ratio.code for fit, _ in found if (ratio := words_of(fit).ratio) is not None)
    intervals = [None if c is None else ratio_interval(fit, c) for fit, c in found]
    return [
        row("/".join(kinds), numbers, "detail"),
        row(f"{level} CI", intervals, "detail"),
    ]


def _find(fit: FitRecord, identity: Identity) -> tuple[FitRecord, Coefficient | None]:
    return fit, next((c for c in fit.coefficients if _identity(fit, c) == identity), None)


def _estimate(facts: CoefficientFacts | None) -> Phrase | None:
    if facts is None:
        return None
    if facts.estimate is None:
        return ("dropped (collinear)",)
    return (facts.estimate,)


def _bracketed(number: Number | None) -> Phrase | None:
    return None if number is None else ("(", number, ")")


def variance_rows(given: ReportInput) -> list[Row]:
    """Return ICC, R² and the proportional reductions of the variance components."""
    rows = [_icc_row(given)]
    rows.append(_measure_row(given, (Emphasis("R"), "² marginal"), lambda m: m.measure == "r2_marginal"))
    rows.append(
        _measure_row(given, (Emphasis("R"), "² conditional"), lambda m: m.measure == "r2_conditional")
    )
    if any(fit.linear for fit in given.run.fits):
        rows.append(
            _measure_row(given, "PRV level 1 (σ²)", partial(_is_prv, scope="sigma2"), as_percent=True)
        )
    for group in dict.fromkeys(term.group for fit in given.run.fits for term in fit.terms):
        scope = f"{group}: {INTERCEPT}"
        head: Phrase = ("PRV ", *given.names.group(group), " (", Symbol("τ00"), ")")
        rows.append(_measure_row(given, head, partial(_is_prv, scope=scope), as_percent=True))
    filled = [line for line in rows if any(item.content for item in line.cells)]
    return [heading("Intraclass correlation and explained variance"), *filled] if filled else []


def _is_prv(measure: VarianceMeasure, scope: str) -> bool:
    return measure.measure == "prv_null" and measure.scope == scope


def _icc_row(given: ReportInput) -> Row:
    cells: list[Number | None] = []
    for fit in given.run.fits:
        record = given.variance(fit.model)
        found = [] if record is None else [i for i in record.icc if i.kind == "adjusted" and i.group is None]
        cells.append(icc_number(fit.model, found[0]) if found else None)
    return row("ICC (adjusted)", cells)


def _measure_row(
    given: ReportInput,
    head: str | Phrase,
    wanted: Callable[[VarianceMeasure], bool],
    *,
    as_percent: bool = False,
) -> Row:
    cells: list[Number | str | None] = []
    for fit in given.run.fits:
        record = given.variance(fit.model)
        found = [] if record is None else [m for m in record.measures if wanted(m)]
        cells.append(measure_or_reason(fit.model, found[0], as_percent=as_percent) if found else None)
    return row(head, cells)


def comparison_rows(given: ReportInput) -> list[Row]:
    """Return the comparisons of each rung with smaller ones.

    The first block of rows has the first comparison of each rung, the next block the second ones, and so on.
    """
    tests = [_comparisons(given, fit.model) for fit in given.run.fits]
    blocks = zip_longest(*tests)
    return [line for number, block in enumerate(blocks) for line in _comparison_block(given, number, block)]


def _comparison_block(given: ReportInput, number: int, tests: Sequence[ComparisonRecord | None]) -> list[Row]:
    return [
        heading("Further comparison" if number else "Comparison"),
        row("Against", [None if t is None else (given.names.model(t.smaller),) for t in tests]),
        row("χ² (df)", [None if t is None else _statistic(t) for t in tests]),
        row("By", [None if t is None else _tested_by(t) for t in tests]),
        row((Emphasis("p"),), [None if t is None else _test_p(t, given.alpha) for t in tests]),
        row("ΔAIC", [None if t is None else comparison_number(t, "delta_aic", t.delta_aic) for t in tests]),
    ]


def _comparisons(given: ReportInput, model: str) -> list[ComparisonRecord]:
    """Return the comparisons of a rung; the one with the previous rung comes first."""
    before = {larger.model: smaller.model for smaller, larger in pairwise(given.run.fits)}
    found = [record for record in given.run.comparisons if record.larger == model]
    return sorted(found, key=lambda record: record.smaller != before.get(model))


def _statistic(record: ComparisonRecord) -> Phrase:
    statistic = comparison_number(record, "statistic", record.statistic)
    df = comparison_number(record, "df", record.df, 0)
    return ("not tested",) if statistic is None or df is None else (statistic, " (", df, ")")


def _tested_by(record: ComparisonRecord) -> Phrase | None:
    """Return the criterion of a test and the method of its p value, such as ``REML, mixture``."""
    return None if record.criterion is None else (f"{record.criterion}{P_WORDS[record.p_from]}",)


def _test_p(record: ComparisonRecord, alpha: float) -> Phrase | None:
    shown = None if record.p_from is None else comparison_p(record, record.p_from, record.p, alpha)
    return None if shown is None else (shown,)


def size_rows(given: ReportInput) -> list[Row]:
    """Return the numbers of rows, groups and parameters."""
    fits = given.run.fits
    rows = [
        heading("Size"),
        row((Emphasis("n"),), [fit_number(fit, "n", fit.n) for fit in fits]),
    ]
    for group in dict.fromkeys(name for fit in fits for name in fit.n_levels):
        cells = [fit_number(fit, f"J {group}", fit.n_levels.get(group)) for fit in fits]
        rows.append(row((Emphasis("J"), " ", *given.names.group(group)), cells))
    rows.append(row("Parameters", [fit_number(fit, "npar", fit.npar) for fit in fits]))
    return rows


def fit_rows(given: ReportInput) -> list[Row]:
    """Return deviance, information criteria and the REML criterion."""
    fits = given.run.fits
    deviance = "Deviance (ML)" if any(fit.linear for fit in fits) else "Deviance"
    rows = [
        heading("Fit"),
        *_distribution_rows(given),
        row(deviance, [_by_ml(fit, "d_ml", fit.ml.criterion) for fit in fits]),
        row("AIC", [_by_ml(fit, "AIC", fit.aic) for fit in fits]),
        row("BIC", [_by_ml(fit, "BIC", fit.bic) for fit in fits]),
    ]
    reml = [None if fit.reml is None else fit_number(fit, "d_reml", fit.reml.criterion, 2) for fit in fits]
    return [*rows, row("REML criterion", reml)] if any(fit.linear for fit in fits) else rows


def _distribution_rows(given: ReportInput) -> list[Row]:
    """Return distribution and link of each rung, unless all rungs are linear."""
    if all(fit.linear for fit in given.run.fits):
        return []
    words = [words_of(fit) for fit in given.run.fits]
    return [row("Distribution (link)", [(f"{each.family} ({each.link})",) for each in words])]


def _by_ml(fit: FitRecord, field: str, value: float) -> Number | str | None:
    """Return a number of the ML fit, unless its search did not converge."""
    return "not converged" if fit.incomparable is not None else fit_number(fit, field, value, 2)


def status_rows(given: ReportInput) -> list[Row]:
    """Return the convergence status of each fit and its number of warnings."""
    return [heading("Status"), row("Fit", [_status(fit) for fit in given.run.fits])]


def _status(fit: FitRecord) -> Phrase:
    listed = [
        notice for notice in fit.notices if notice.code != "remedy_applied"
    ]  # the deviations are listed separately
    warnings = sum(notice.severity == "warning" for notice in listed)
    words = STATUS[fit.reported.convergence.status]
    noun = "warning" if warnings == 1 else "warnings"
    return (f"{words}, {warnings} {noun}" if warnings else words,)
