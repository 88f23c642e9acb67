"""Blocks of rows of the ladder table that say how large models are, how well they fit, how they ended."""

from __future__ import annotations

from mlm_steps.records import FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import fit_number
from mlm_steps.report.text.grid import Row, heading, row
from mlm_steps.report.text.text import Emphasis, Number, Phrase

__all__ = ["fit_rows", "size_rows", "status_rows"]

STATUS = {"converged": "converged", "singular": "singular", "failed": "not converged"}


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
    """Return deviance, criteria of information and the REML criterion."""
    fits = given.run.fits
    return [
        heading("Fit"),
        row("Deviance (ML)", [_by_ml(fit, "d_ml", fit.ml.criterion) for fit in fits]),
        row("AIC", [_by_ml(fit, "AIC", fit.aic) for fit in fits]),
        row("BIC", [_by_ml(fit, "BIC", fit.bic) for fit in fits]),
        row("REML criterion", [fit_number(fit, "d_reml", fit.reml.criterion, 2) for fit in fits]),
    ]


def _by_ml(fit: FitRecord, field: str, value: float) -> Number | str | None:
    """Return a number of the ML fit, unless its search did not converge."""
    return "not converged" if fit.incomparable is not None else fit_number(fit, field, value, 2)


def status_rows(given: ReportInput) -> list[Row]:
    """Return how each fit ended and how many warnings it carries."""
    return [heading("Status"), row("Fit", [_status(fit) for fit in given.run.fits])]


def _status(fit: FitRecord) -> Phrase:
    listed = [notice for notice in fit.notices if notice.code != "remedy_applied"]  # a deviation, said apart
    warnings = sum(notice.severity == "warning" for notice in listed)
    words = STATUS[fit.reported.convergence.status]
    noun = "warning" if warnings == 1 else "warnings"
    return (f"{words}, {warnings} {noun}" if warnings else words,)
