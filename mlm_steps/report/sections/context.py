"""Slopes of predictors within and between groups, alone and in the final rungs, and contextual effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlm_steps.records import SlopeComparison
from mlm_steps.records.context import PredictorContext, RungContext
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.context import (
    alone_number,
    context_number,
    refit_sentence,
    unsplit_sentence,
    verdict_sentence,
    zero_point_sentences,
)
from mlm_steps.report.sentences.effects import effects_of
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import decimals_for_se, p_value
from mlm_steps.report.text.text import Emphasis, Number, Part, Phrase, say, source

__all__ = ["context"]

MOST_ROWS = 10
"""Largest number of slopes in the table; if there are more, those in rungs are folded."""
MOST_VERDICTS = 4
"""Largest number of predictors that have a sentence each; of more, only those whose slopes differ."""
OTHERS = "For the other predictors there was no clear evidence that the slopes differ."
NONE_DIFFERS = "For no predictor was there clear evidence that the slopes within and between groups differ."
MOST_BESIDE = 2
"""Largest number of predictors with the figure beside the table; of more, both have the full width."""
NOTE = "Brackets hold 95 % intervals; the contextual effect is the slope between minus the slope within."
ALONE_NOTE = "Alone: random intercepts, REML, *t* with n − J − 1 and J − 2 degrees of freedom."
RUNG_NOTE = (
    "In a rung: refitted with all predictors of level 1 split, and with its random part, whose slopes are of "
    "the deviations; tests by the rung’s method. Slopes that depend on moderators are averages over the "
    "sample."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the table, sentences and figure; None if no predictor varies within and between groups."""
    alone = given.run.data_profile.slopes
    contexts = effects_of(given).contexts
    zero_points = zero_point_sentences(given)
    shown = [p for each in contexts for p in each.predictors if p.slopes]
    first = list(_alone_rows(given, alone))
    rest = [line for each in contexts for line in _rung_rows(given, each)]
    if not first and not rest and not zero_points:
        return None
    folds = bool(first) and len(first) + len(rest) > MOST_ROWS
    lines = first if folds else [*first, *rest]
    told = [refit_sentence(given, each) for each in contexts]
    told += [unsplit_sentence(given, each) for each in contexts]
    return {
        "table": _table(lines, _notes(bool(alone), bool(shown) and not folds)) if lines else None,
        "more": _table(rest, _notes(False, True)) if folds and rest else None,
        "sentences": [
            *_verdicts(given, alone),
            *(sentence for sentence in told if sentence is not None),
            *zero_points,
        ],
        "figure": drawing(given, "within_between"),
        "aside": max(len(alone), 0 if folds else len(shown)) <= MOST_BESIDE,
    }


def _verdicts(given: ReportInput, alone: Sequence[SlopeComparison]) -> Iterator[Phrase]:
    """Yield how the slopes compare; of many predictors, only those whose slopes differ."""
    told = [each for each in alone if len(alone) <= MOST_VERDICTS or _differs(given, each)]
    yield from (verdict_sentence(given, each) for each in told)
    if len(told) < len(alone):
        yield (OTHERS if told else NONE_DIFFERS,)


def _differs(given: ReportInput, of: SlopeComparison) -> bool:
    contextual = of.slope("contextual")
    return contextual is not None and contextual.p < given.alpha


def _notes(alone: bool, in_rung: bool) -> tuple[Phrase, ...]:
    kept = (NOTE, *((ALONE_NOTE,) if alone else ()), *((RUNG_NOTE,) if in_rung else ()))
    return tuple(say(note) for note in kept)


def _table(rows: list[Row], notes: tuple[Phrase, ...]) -> Grid:
    return Grid(
        caption=("Slopes within and between groups",),
        columns=columns("Predictor", "Within", "Between", "Contextual", (Emphasis("p"),)),
        rows=tuple(rows),
        notes=notes,
        wide=True,
    )


def _alone_rows(given: ReportInput, found: tuple[SlopeComparison, ...]) -> Iterator[Row]:
    outcomes = dict.fromkeys(each.outcome for each in found)
    for outcome in outcomes:
        yield heading(("Alone, on ", *given.names.outcome(outcome)))
        for each in found:
            if each.outcome == outcome:
                yield row(_head(given, given.names.variable(each.variable), each.factor), _alone(each))


def _head(given: ReportInput, label: Phrase, factor: str) -> Phrase:
    several = len(given.run.data_profile.factors) > 1
    return (*label, " (", *given.names.group(factor), ")") if several else label


def _alone(of: SlopeComparison) -> list[Phrase | Number | None]:
    cells: list[Phrase | Number | None] = []
    for kind in ("within", "between", "contextual"):
        slope = of.slope(kind)
        if slope is None:
            cells.append(None)
            continue
        decimals = decimals_for_se(slope.se)
        estimate, low, high = (
            alone_number(of, slope, field, decimals) for field in ("estimate", "ci_low", "ci_high")
        )
        cells.append((estimate, Part("ci", (" [", low, ", ", high, "]"))))
    contextual = of.slope("contextual")
    keys = (of.outcome, of.variable, of.factor, "contextual", "p")
    p = None if contextual is None else Number(p_value(contextual.p), source("within_between", *keys))
    return [*cells, p]


def _rung_rows(given: ReportInput, of: RungContext) -> Iterator[Row]:
    shown = [each for each in of.predictors if each.slopes]
    if shown:
        scale = "" if of.link == "identity" else f" ({of.link} scale)"
        yield heading(("In ", given.names.model(of.model), ", with its other predictors", scale))
    for predictor in shown:
        for factor in predictor.factors:
            label = given.names.column(predictor.column, predictor.term)
            yield row(_head(given, label, factor), _in_rung(of, predictor, factor))


def _in_rung(of: RungContext, predictor: PredictorContext, factor: str) -> list[Phrase | Number | None]:
    cells: list[Phrase | Number | None] = []
    for kind in ("within", "between", "contextual"):
        at = None if kind == "within" else factor
        test = predictor.slope(kind, at)
        decimals = decimals_for_se(None if test is None else test.se)
        low, high, estimate = (
            context_number(of, predictor, kind, at, field, decimals)
            for field in ("ci_low", "ci_high", "estimate")
        )
        limits: Phrase = () if low is None or high is None else (Part("ci", (" [", low, ", ", high, "]")),)
        cells.append(None if estimate is None else (estimate, *limits))
    test = predictor.slope("contextual", factor)
    if test is None or test.p is None:
        return [*cells, None]
    keys = (of.model, predictor.column, factor, "contextual", "p")
    return [*cells, Number(p_value(test.p, of.alpha), source("context", *keys))]
