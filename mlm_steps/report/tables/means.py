"""Tables of estimated marginal means, on the scale of the model and on the scale of the data."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.effects import BackTransformed, FactorMeans, LevelMean
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import (
    Keys,
    PrintedNumbers,
    condition_phrase,
    number_text,
    plain_value,
)
from mlm_steps.report.tables.effect_rows import (
    confidence,
    family_notes,
    has_few_pairs,
    heads,
    letter,
    method_note,
    pair_rows,
    with_conditions,
)
from mlm_steps.report.text.facts import reason_in_words
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import decimals_for_se, fixed
from mlm_steps.report.text.text import Code, Emphasis, Number, Phrase, Word, join, say, source

__all__ = ["back_table", "difference_tables", "factor_heading", "mean_notes", "mean_table"]

NOTE = (
    "{outcome} at each level, for the population of groups. Other categories are averaged with equal weights "
    "of their levels; numeric predictors are at their mean{but}."
)
BACK_NOTE = (
    "The means of {scale} above and the limits of their intervals, back-transformed to the scale of "
    "{response}; standard errors by the delta method. If the transformation is not linear, the result is not "
    "the mean of {response}: the mean of logarithms, for example, becomes the geometric mean."
)
RATIO_NOTE = "A difference of logarithms becomes a ratio; 1 means no difference."


def mean_table(given: ReportInput, means: Sequence[FactorMeans]) -> Grid:
    """Return the means of one rung and their differences."""
    rows: list[Row] = []
    for factor in means:
        rows.append(heading(factor_heading(given, factor)))
        for mean in factor.means:
            numbers = PrintedNumbers(mean.test, (*_keys("means", factor), mean.level), "mean")
            cells = [numbers.estimate, numbers.se, numbers.ci, None, numbers.df, None]
            rows.append(row(plain_value(mean.level), cells))
        if has_few_pairs(factor):
            rows += pair_rows(factor.differences, _keys("mean_differences", factor))
    few = [factor for factor in means if has_few_pairs(factor)]
    symbol = letter([each.test for factor in means for each in factor.differences])
    first = means[0]
    return Grid(
        caption=("Estimated marginal means of ", given.names.model(first.model)),
        columns=heads("Level", symbol, confidence(first.confidence)),
        rows=tuple(rows),
        notes=(
            _lead_note(given, means),
            *family_notes(few),
            *mean_notes(given, means),
            method_note(first.df_method),
        ),
        wide=True,
    )


def difference_tables(given: ReportInput, means: Sequence[FactorMeans]) -> list[Grid]:
    """Return a table of the differences of each factor with many levels."""
    return [
        Grid(
            caption=("Differences of means: ", *factor_heading(given, factor)),
            columns=heads(
                "Levels", letter([each.test for each in factor.differences]), confidence(factor.confidence)
            ),
            rows=tuple(pair_rows(factor.differences, _keys("mean_differences", factor))),
            notes=(*family_notes([factor]), method_note(factor.df_method)),
            wide=True,
        )
        for factor in means
        if factor.differences and not has_few_pairs(factor)
    ]


def back_table(given: ReportInput, means: Sequence[FactorMeans]) -> Grid | None:
    """Return the means of a transformed outcome on the scale of its column; None for other outcomes."""
    if not means or means[0].response is None or means[0].scale is None:
        return None
    first, scale, response = means[0], means[0].scale, means[0].response
    rows: list[Row] = []
    for factor in means:
        rows.append(heading(factor_heading(given, factor)))
        for mean in factor.means:
            keys = (*_keys("means", factor), mean.level)
            rows.append(row(plain_value(mean.level), _back_cells(mean.back, keys, BACK_MEAN)))
        sign = " / " if factor.back_difference == "ratio" else " − "
        for pair in factor.differences if factor.back_difference else ():
            keys = (*_keys("mean_differences", factor), pair.first, pair.second)
            words = (*plain_value(pair.first), sign, *plain_value(pair.second))
            rows.append(row(words, _back_cells(pair.back, keys, BACK_DIFFERENCE)))
    words = given.names.variable(response)
    note = say(BACK_NOTE, scale=Code(scale), response=words)
    ratio = [say(RATIO_NOTE)] if first.back_difference == "ratio" else []
    return Grid(
        caption=say(
            "Means of {model} on the scale of {response}",
            model=given.names.model(first.model),
            response=words,
        ),
        columns=columns("Level", "Estimate", (Emphasis("SE"),), f"{confidence(first.confidence)} CI"),
        rows=tuple(rows),
        notes=(note, *ratio, *family_notes(means if first.back_difference else ())),
        wide=True,
    )


BACK_MEAN = ("response", "response_se", "response_ci_low", "response_ci_high")
BACK_DIFFERENCE = ("back_estimate", "back_se", "back_ci_low", "back_ci_high")


def _back_cells(
    back: BackTransformed | None, keys: Keys, names: Sequence[str]
) -> list[Number | Phrase | str | None]:
    if back is None or back.estimate is None:
        return [reason_in_words(back.code if back else None)]
    table, *rest = map(str, keys)
    decimals = decimals_for_se(back.se)
    values = (back.estimate, back.se, back.ci_low, back.ci_high)
    estimate, se, low, high = (
        None if value is None else Number(fixed(value, decimals), source(table, *rest, name))
        for name, value in zip(names, values, strict=True)
    )
    return [estimate, se, ("[", low or "–", ", ", high or "–", "]")]


def _keys(table: str, factor: FactorMeans) -> Keys:
    held = "; ".join(f"{each.variable}={each.value}" for each in factor.conditions)
    return (table, factor.model, factor.factor, held)


def mean_notes(given: ReportInput, means: Sequence[FactorMeans]) -> list[Phrase]:
    """Return notes on nested factors, on means that are not estimable, and on interactions."""
    return [*_nest_notes(means), *_reason_notes(given, means), *_dependence_notes(given, means)]


def factor_heading(given: ReportInput, factor: FactorMeans) -> Phrase:
    """Return the factors of some means, with the values at which other predictors are held."""
    names = join([given.names.variable(name) for name in factor.factors], " × ")
    return with_conditions(names, condition_phrase(given, factor.conditions))


def _lead_note(given: ReportInput, means: Sequence[FactorMeans]) -> Phrase:
    scale = means[0].scale
    held = {each.variable: each.value for factor in means for each in factor.held if not each.at_mean}
    elsewhere = [
        (*given.names.variable(name), " at ", number_text(float(value))) for name, value in held.items()
    ]
    but = (
        say("; {held} (at its mean, a function in the model has no value)", held=join(elsewhere))
        if elsewhere
        else None
    )
    outcome = say("Expected value of {scale}", scale=Code(scale)) if scale else ("Expected outcome",)
    return say(NOTE, outcome=outcome, but=but)


def _nest_notes(means: Sequence[FactorMeans]) -> list[Phrase]:
    """Return a note on the nested factors that affect a mean."""
    nested = dict.fromkeys(text for factor in means for text in factor.nested)
    if not nested:
        return []
    return [
        say(
            "Nested factors in the data and the formula: {nested}. Means average only over the combinations "
            "of levels that occur.",
            nested=join([(Word(text),) for text in nested], "; "),
        )
    ]


def _reason_notes(given: ReportInput, means: Sequence[FactorMeans]) -> list[Phrase]:
    """Return the reasons why means are not estimable, with the levels that each concerns."""
    lost: dict[str, list[Phrase]] = {}
    for factor in means:
        for mean in factor.means:
            if mean.reason is not None:
                lost.setdefault(mean.reason, []).append(_cell_phrase(given, factor, mean))
    return [
        say("Not estimable at {cells}: {reason}.", cells=join(cells, "; "), reason=Word(reason))
        for reason, cells in lost.items()
    ]


def _cell_phrase(given: ReportInput, factor: FactorMeans, mean: LevelMean) -> Phrase:
    return say("{x} = {level}", x=factor_heading(given, factor), level=plain_value(mean.level))


def _dependence_notes(given: ReportInput, means: Sequence[FactorMeans]) -> list[Phrase]:
    """Return a note for each factor whose differences depend on other predictors."""
    notes: dict[str, Phrase] = {}
    for factor in means:
        chosen = {each.variable for each in factor.conditions}
        others = [name for name in factor.interacts if name not in chosen]
        if others:
            notes[factor.factor] = say(
                "The differences between levels of {factor} depend on {others}; the table holds at the mean "
                "of numeric predictors and averages over categories.",
                factor=join([given.names.variable(name) for name in factor.factors], " × "),
                others=join([given.names.variable(name) for name in others], last=" and "),
            )
    return list(notes.values())
