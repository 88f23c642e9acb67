"""Refits of the rungs by other optimisers, and whether they agree on the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlm_steps.records import RungRefits
from mlm_steps.records.allfit import AllFitRecord, RefitRow
from mlm_steps.records.failure import Absence
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import fixed, integer
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Word, join, say, source

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
SAME_OPTIMUM = 1e-3
"""Largest difference from the best criterion at which two searches count as ending at the same optimum."""
OUTCOMES = {
    "beaten": "An optimiser finds a better point than the fit of {models}: do not rely on this fit.",
    "unknown": "The optimisers disagree on {models}, which has no results.",
    "missed": "Some optimisers miss the optimum of {models}, but none finds a better point than the fit.",
    "agree": "All optimisers reach the same optimum of {models}.",
}
"""Sentences on what the optimisers find, in the order of their importance."""
MOST_NAMED = 5
"""Largest number of rungs that a sentence names; of more, it gives the number."""
ALIGN: tuple[Align, ...] = ("text", "text", "number", "number", "number", "number", "text")


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return a sentence on all rungs, the verdict on each and the table; None if no rung was checked."""
    found = given.run.result(AllFitRecord, "allfit")
    if isinstance(found, Absence):
        text = say("The refits by other optimisers failed: {why}", why=Word(found.reason))
        return {"lead": text, "verdicts": [], "table": None, "figure": None}
    if found is None or not found.rungs:
        return None
    disagreeing = [rung for rung in found.rungs if not rung.agree]
    return {
        "lead": _lead(given, found.rungs),
        "verdicts": [_verdict(given, rung) for rung in found.rungs],
        "table": _table(given, disagreeing) if disagreeing else None,
        "figure": drawing(given, "optimisers"),
    }


def _lead(given: ReportInput, rungs: Sequence[RungRefits]) -> Phrase:
    """Return on which rungs the optimisers agree, and whether a better optimum was found on the others."""
    found: dict[str, list[RungRefits]] = {}
    for rung in rungs:
        found.setdefault(_outcome(given, rung), []).append(rung)
    sentences = [
        say(words, models=_named(given, found[outcome]))
        for outcome, words in OUTCOMES.items()
        if outcome in found
    ]
    return join(sentences, " ")


def _outcome(given: ReportInput, rung: RungRefits) -> str:
    """Return whether the optimisers agree, and if not, whether one finds a better point than the fit."""
    if rung.agree:
        return "agree"
    fit = next((fit for fit in given.run.fits if fit.model == rung.model), None)
    if fit is None:
        return "unknown"
    own = next(optimum.criterion for optimum in fit.optima if optimum.method == rung.method)
    lower = (refit.criterion is not None and own - refit.criterion > SAME_OPTIMUM for refit in rung.refits)
    return "beaten" if any(lower) else "missed"


def _named(given: ReportInput, rungs: Sequence[RungRefits]) -> Phrase:
    if len(rungs) > MOST_NAMED:
        return (f"{len(rungs)} rungs",)
    return join([(given.names.model(rung.model),) for rung in rungs], last=" and ")


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
