"""Checks of the generalized rungs against the distributions of their outcomes."""

from __future__ import annotations

from typing import Any

from mlm_steps.records.diagnostics import DiagnosticCheck, DiagnosticsRecord
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import reason_in_words
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import fixed, p_value
from mlm_steps.report.text.text import Emphasis, Number, Phrase, say, source

__all__ = ["context"]

CHECK_WORDS = {
    "dispersion": "Dispersion",
    "zeros": "Number of zeros",
    "conditional_residuals": "Residuals at the modes",
    "simulated_residuals": "Simulated residuals",
    "binned_residuals": "Binned residuals",
}
"""Labels of the checks; a check without a label has its name."""
FLAG_WORDS = {"ok": "as expected", "look": "look at it", "concern": "does not fit"}
ALIGN: tuple[Align, ...] = ("text", "number", "number", "number", "text", "text")
NOTE = say(
    "Dispersion and number of zeros are ratios of observed to expected values at the conditional modes. The "
    "other checks compare the data with data sets that are simulated from the model; the range holds 95 % of "
    "these. Quantile residuals at the conditional modes show a wrong dispersion; those among data sets with "
    "new random effects show a wrong distribution (Dunn & Smyth 1996; Hartig’s DHARMa). Of yes/no outcomes, "
    "the sums per group are checked too."
)
FIGURES = ("quantile_residuals", "binned_residuals")


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the sentences on the final rung, a table of all rungs and the figures; None without checks."""
    fitted = [fit.model for fit in given.run.fits]
    records = given.run.results_of(DiagnosticsRecord, "diagnostics")
    found = [record for record in records if record.model in fitted]
    if not found:
        return None
    final = [record for record in found if record.model == fitted[-1]]
    drawn = [figure for figure in (drawing(given, name) for name in FIGURES) if figure is not None]
    return {
        "model": given.names.model(fitted[-1]) if final else None,
        "sentences": [given.names.notice(check.sentence) for each in final for check in each.checks],
        "table": _table(given, found),
        "figures": drawn,
    }


def _table(given: ReportInput, records: list[DiagnosticsRecord]) -> Grid:
    rows: list[Row] = []
    for record in records:
        rows.append(heading(given.names.model(record.model)))
        rows += [_row(given, record.model, check) for check in record.checks]
    return Grid(
        caption=("Checks of the models",),
        columns=columns("Check", "Statistic", "95 % range", (Emphasis("p"),), "Of", "Result", align=ALIGN),
        rows=tuple(rows),
        notes=(NOTE,),
        wide=True,
    )


def _row(given: ReportInput, model: str, check: DiagnosticCheck) -> Row:
    keys = (model, check.check) if check.of is None else (model, check.check, check.of)

    def number(field: str, text: str) -> Number:
        return Number(text, source("diagnostics", *keys, field))

    head: Phrase = (CHECK_WORDS.get(check.check, check.check.replace("_", " ")),)
    of: Phrase = ("rows",) if check.of is None else ("sums per ", *given.names.group(check.of))
    if check.statistic is None:
        return row(head, [None, None, None, of, reason_in_words(check.code)])
    limits: Phrase | None = None
    if check.low is not None and check.high is not None:
        limits = say(
            "{low} to {high}",
            low=number("low", fixed(check.low, 2)),
            high=number("high", fixed(check.high, 2)),
        )
    return row(
        head,
        [
            number("statistic", fixed(check.statistic, 2)),
            limits,
            None if check.p is None else number("p", p_value(check.p, given.alpha)),
            of,
            FLAG_WORDS[check.flag] if check.flag else None,
        ],
    )
