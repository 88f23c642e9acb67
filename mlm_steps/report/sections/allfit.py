"""Refits of the rungs by other optimisers, and whether they agree on the optimum."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import RungRefits
from mlm_steps.records.allfit import AllFitRecord, RefitRow
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import fixed, integer
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Word, say, source

__all__ = ["context"]

STATUS_WORDS = {
    "converged": "converged",
    "singular": "converged, singular",
    "doubtful": "at the optimum, check failed",
    "wrong": "at a wrong point",
    "failed": "not converged",
    "not_installed": "not installed",
}
START_WORDS = {"optimum": "the optimum", "default": "1"}
NOTE = say(
    "Each optimiser starts from the optimum and from relative standard deviations of 1. Δ is the difference "
    "from the best criterion. The largest change of a coefficient is given in standard errors, that of a "
    "standard deviation in its own units. Optimisers agree if Δ is below 0.001 and coefficients differ by "
    "less than 0.01 standard errors. An optimiser is at a wrong point if it reports convergence but does not "
    "agree. Convergence is judged by gradient and Hessian, not by the status that the optimiser reports."
)
ALIGN: tuple[Align, ...] = ("text", "text", "number", "number", "number", "number", "text")


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the verdicts and the table; None if no rung was checked."""
    found = given.run.result(AllFitRecord, "allfit")
    if isinstance(found, Absence):
        text = say("The refits by other optimisers failed: {why}", why=Word(found.reason))
        return {"verdicts": [text], "table": None}
    if found is None or not found.rungs:
        return None
    disagreeing = [rung for rung in found.rungs if not rung.agree]
    return {
        "verdicts": [_verdict(given, rung) for rung in found.rungs],
        "table": _table(given, disagreeing) if disagreeing else None,
    }


def _verdict(given: ReportInput, rung: RungRefits) -> Phrase:
    names = given.names
    return say("{model}: {verdict}", model=names.model(rung.model), verdict=names.notice(rung.verdict))


def _table(given: ReportInput, rungs: list[RungRefits]) -> Grid:
    rows: list[Row] = []
    for rung in rungs:
        rows.append(heading(given.names.model(rung.model)))
        rows += [_row(rung, refit) for refit in rung.refits]
    return Grid(
        caption=("Rungs on which the optimisers disagree",),
        columns=columns(
            "Optimiser",
            "Start",
            "Δ",
            "Coefficients",
            (Emphasis("SD"), "s"),
            "Evaluations",
            "End",
            align=ALIGN,
        ),
        rows=tuple(rows),
        notes=(NOTE,),
        wide=True,
    )


def _row(rung: RungRefits, refit: RefitRow) -> Row:
    def number(field: str, text: str | None) -> Number | None:
        place = source("allfit", rung.model, f"{refit.optimizer}/{refit.start}", field)
        return None if text is None else Number(text, place)

    return row(
        (refit.optimizer,),
        [
            START_WORDS[refit.start],
            number("delta_d", _small(refit.delta)),
            number("max_dbeta_se", _small(refit.max_dbeta_se)),
            number("max_dsd", _small(refit.max_dsd)),
            number("evaluations", None if refit.evaluations is None else integer(refit.evaluations)),
            STATUS_WORDS[refit.status],
        ],
    )


def _small(value: float | None) -> str | None:
    return None if value is None else fixed(value, 4)
