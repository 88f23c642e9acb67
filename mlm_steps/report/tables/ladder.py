"""Rows of the ladder table for explained variance, size, fit and status (reporting standard, part H)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from mlm_steps.records import FitRecord, VarianceMeasure
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.text.facts import fit_number, icc_number, measure_or_reason
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Symbol

__all__ = [
    "size_rows",
    "status_rows",
    "variance_rows",
]

STATUS = {"converged": "converged", "singular": "singular", "failed": "not converged"}
Fits = Sequence[FitRecord]


def variance_rows(given: ReportInput, fits: Fits) -> list[Row]:
    """Return ICC, R² and the proportional reductions of the variance components."""
    rows = [_icc_row(given, fits)]
    for kind in ("marginal", "conditional"):
        wanted = partial(_is_measure, name=f"r2_{kind}")
        rows.append(_measure_row(given, fits, (Emphasis("R"), f"² {kind}"), wanted))
    if any(fit.linear for fit in fits):
        rows.append(
            _measure_row(given, fits, "PRV level 1 (σ²)", partial(_is_prv, scope="sigma2"), as_percent=True)
        )
    for group in dict.fromkeys(term.group for fit in fits for term in fit.terms):
        scope = f"{group}: {INTERCEPT}"
        head: Phrase = ("PRV ", *given.names.group(group), " (", Symbol("τ00"), ")")
        rows.append(_measure_row(given, fits, head, partial(_is_prv, scope=scope), as_percent=True))
    filled = [line for line in rows if any(item.content for item in line.cells)]
    return [heading("Intraclass correlation and explained variance"), *filled] if filled else []


def _is_measure(measure: VarianceMeasure, name: str) -> bool:
    return measure.measure == name


def _is_prv(measure: VarianceMeasure, scope: str) -> bool:
    return measure.measure == "prv_null" and measure.scope == scope


def _icc_row(given: ReportInput, fits: Fits) -> Row:
    cells: list[Number | None] = []
    for fit in fits:
        record = given.variance(fit.model)
        found = [] if record is None else [i for i in record.icc if i.kind == "adjusted" and i.group is None]
        cells.append(icc_number(fit.model, found[0]) if found else None)
    return row("ICC (adjusted)", cells)


def _measure_row(
    given: ReportInput,
    fits: Fits,
    head: str | Phrase,
    wanted: Callable[[VarianceMeasure], bool],
    *,
    as_percent: bool = False,
) -> Row:
    cells: list[Number | str | None] = []
    for fit in fits:
        record = given.variance(fit.model)
        found = [] if record is None else [m for m in record.measures if wanted(m)]
        cells.append(measure_or_reason(fit.model, found[0], as_percent=as_percent) if found else None)
    return row(head, cells)


def size_rows(given: ReportInput, fits: Fits) -> list[Row]:
    """Return the numbers of rows, groups and parameters, the deviance and the criteria."""
    rows = [
        heading("Size and fit"),
        row((Emphasis("n"),), [fit_number(fit, "n", fit.n) for fit in fits]),
    ]
    for group in dict.fromkeys(name for fit in fits for name in fit.n_levels):
        cells = [fit_number(fit, f"J {group}", fit.n_levels.get(group)) for fit in fits]
        rows.append(row((Emphasis("J"), " ", *given.names.group(group)), cells))
    rows.append(row("Parameters", [fit_number(fit, "npar", fit.npar) for fit in fits]))
    return [*rows, *_fit_rows(fits)]


def _fit_rows(fits: Fits) -> list[Row]:
    """Return deviance, information criteria and the REML criterion."""
    deviance = "Deviance (ML)" if any(fit.linear for fit in fits) else "Deviance"
    rows = [
        *_distribution_rows(fits),
        row(deviance, [_by_ml(fit, "d_ml", fit.ml.criterion) for fit in fits]),
        row("AIC", [_by_ml(fit, "AIC", fit.aic) for fit in fits]),
        row("BIC", [_by_ml(fit, "BIC", fit.bic) for fit in fits]),
    ]
    reml = [None if fit.reml is None else fit_number(fit, "d_reml", fit.reml.criterion, 2) for fit in fits]
    return [*rows, row("REML criterion", reml)] if any(fit.linear for fit in fits) else rows


def _distribution_rows(fits: Fits) -> list[Row]:
    """Return distribution and link of each rung, unless all rungs are linear."""
    if all(fit.linear for fit in fits):
        return []
    words = [words_of(fit) for fit in fits]
    return [row("Distribution (link)", [(f"{each.family} ({each.link})",) for each in words])]


def _by_ml(fit: FitRecord, field: str, value: float) -> Number | str | None:
    """Return a number of the ML fit, unless its search did not converge."""
    return "not converged" if fit.incomparable is not None else fit_number(fit, field, value, 2)


def status_rows(fits: Fits) -> list[Row]:
    """Return the convergence status of each fit and its number of warnings."""
    return [row("Status of the fit", [_status(fit) for fit in fits])]


def _status(fit: FitRecord) -> Phrase:
    listed = [
        notice for notice in fit.notices if notice.code != "remedy_applied"
    ]  # the deviations are listed separately
    warnings = sum(notice.severity == "warning" for notice in listed)
    words = STATUS[fit.reported.convergence.status]
    noun = "warning" if warnings == 1 else "warnings"
    return (f"{words}, {warnings} {noun}" if warnings else words,)
