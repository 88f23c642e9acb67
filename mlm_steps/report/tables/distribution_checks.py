"""The table of checks of generalized rungs against the distributions of their outcomes."""

from __future__ import annotations

from mlm_steps.records.diagnostics import DiagnosticCheck, DiagnosticsRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import reason_in_words
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import fixed, p_value
from mlm_steps.report.text.text import Emphasis, Number, Phrase, say, source

__all__ = ["distribution_table"]

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


def distribution_table(given: ReportInput, records: list[DiagnosticsRecord]) -> Grid:
    """Return one row per check and rung."""
    rows: list[Row] = []
    for record in records:
        rows.append(heading(given.names.model(record.model)))
        rows += [_row(given, record.model, check) for check in record.checks]
    return Grid(
        caption=("Checks of the distributions",),
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
