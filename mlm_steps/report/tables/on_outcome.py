"""Tables of means and simple slopes of generalized models, on the scales of link and outcome."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import FitRecord
from mlm_steps.records.effects import BackTransformed, FactorMeans, LevelMean, Pairwise, SimpleSlopes, Tested
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import (
    Keys,
    PrintedNumbers,
    condition_phrase,
    focal_phrase,
    level_phrase,
    plain_value,
    slope_keys,
)
from mlm_steps.report.sentences.on_outcome import (
    change_interval,
    change_number,
    means_keys,
    outcome_interval,
    outcome_number,
    ratio_cell,
)
from mlm_steps.report.sentences.outcomes import mean_of, words_of
from mlm_steps.report.tables.effect_rows import (
    confidence,
    family_notes,
    has_few_pairs,
    letter,
    with_conditions,
)
from mlm_steps.report.tables.means import factor_heading, mean_notes
from mlm_steps.report.text.facts import reason_in_words
from mlm_steps.report.text.grid import Column, Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Emphasis, Number, Phrase, capital, say

__all__ = ["mean_tables", "outcome_difference_tables", "slope_table"]

Cells = list[Number | Phrase | str | None]
AVERAGE_NOTE = (
    "{mean} at each level. The population average is the mean over all groups; a typical group has random "
    "effects of 0. Other categories are averaged on the scale of the link, with equal weights of their "
    "levels; numeric predictors are at their mean."
)
DIFFERENCE_NOTE = say(
    "Estimates and tests are on the scale of the link. The last two columns are differences of the "
    "population averages, with standard errors by the delta method over all parameters."
)
SLOPES_NOTE = (
    "Each row is the slope of the focal predictor at one value of the moderator, on the scale of "
    "the {scale}. "
    "The last two columns are the slope of the population average of {mean} where the focal predictor has "
    "its mean, or the difference between its two levels; how it depends on the moderator can differ in size "
    "and sign from the interaction on the scale of the link (Ai & Norton 2003)."
)


def mean_tables(given: ReportInput, fit: FitRecord, means: Sequence[FactorMeans]) -> list[Grid]:
    """Return the means of one rung on the scale of the outcome, and their differences."""
    level = confidence(means[0].confidence)
    rows: list[Row] = []
    for factor in means:
        rows.append(heading(factor_heading(given, factor)))
        rows += [_mean_row(fit, factor, mean) for mean in factor.means]
    note = say(AVERAGE_NOTE, mean=capital(mean_of(given, fit)))
    table = Grid(
        caption=("Estimated marginal means of ", given.names.model(fit.model)),
        columns=columns(
            "Level", "Population average", (Emphasis("SE"),), f"{level} CI", "Typical group", f"{level} CI"
        ),
        rows=tuple(rows),
        notes=(note, *mean_notes(given, means)),
        wide=True,
    )
    pairs = _differences(given, fit, [factor for factor in means if has_few_pairs(factor)])
    return [table] if pairs is None else [table, pairs]


def outcome_difference_tables(given: ReportInput, fit: FitRecord, means: Sequence[FactorMeans]) -> list[Grid]:
    """Return a table of the differences of each factor with many levels."""
    found = (_differences(given, fit, [factor]) for factor in means if not has_few_pairs(factor))
    return [table for table in found if table is not None]


def _mean_row(fit: FitRecord, factor: FactorMeans, mean: LevelMean) -> Row:
    keys = (*means_keys("means", factor), mean.level)
    average, interval = _outcome(fit, mean.population, keys, "population")
    typical, around = _outcome(fit, mean.typical, keys, "typical")
    found = mean.population
    se = None if found is None else outcome_number(words_of(fit), found.se, found.se, keys, "population_se")
    return row(plain_value(mean.level), [average, se, interval, typical, around])


def _outcome(
    fit: FitRecord, found: BackTransformed | None, keys: Keys, column: str
) -> tuple[Number | str | None, Phrase | None]:
    if found is None or found.estimate is None:
        return reason_in_words(found.code if found else None), None
    words = words_of(fit)
    number = outcome_number(words, found.estimate, found.se, keys, column)
    return number, outcome_interval(words, found, keys, column)


def _differences(given: ReportInput, fit: FitRecord, means: Sequence[FactorMeans]) -> Grid | None:
    rows: list[Row] = []
    for factor in means:
        keys = means_keys("mean_differences", factor)
        if factor.differences:
            rows.append(heading(factor_heading(given, factor)))
        rows += [_pair_row(fit, pair, (*keys, pair.first, pair.second)) for pair in factor.differences]
    if not rows:
        return None
    return Grid(
        caption=("Differences of the means of ", given.names.model(fit.model)),
        columns=_heads(fit, "Levels", means[0].confidence, letter(_tests(means)), "Difference"),
        rows=tuple(rows),
        notes=(DIFFERENCE_NOTE, *family_notes(means)),
        wide=True,
    )


def _tests(means: Sequence[FactorMeans]) -> list[Tested]:
    return [pair.test for factor in means for pair in factor.differences]


def _heads(fit: FitRecord, first: str, level: float, symbol: str, change: str) -> tuple[Column, ...]:
    ratio, interval = words_of(fit).ratio, f"{confidence(level)} CI"
    heads: list[str | Phrase] = [
        first, "Estimate", (Emphasis("SE"),), interval, (Emphasis(symbol),), (Emphasis("p"),),
        *(() if ratio is None else (f"{ratio.code} [{interval}]",)), f"{change} of averages", interval,
    ]  # fmt: skip
    return columns(*heads)


def _pair_row(fit: FitRecord, pair: Pairwise, keys: Keys) -> Row:
    numbers = PrintedNumbers(pair.test, keys)
    ratio: Cells = [] if words_of(fit).ratio is None else [ratio_cell(pair.ratio, keys)]
    change: Cells = [None, None]
    if pair.response is not None and pair.response.estimate is not None:
        change = [
            change_number(pair.response, keys, "population_difference"),
            change_interval(pair.response, keys),
        ]
    head = (*plain_value(pair.first), " − ", *plain_value(pair.second))
    return row(
        head, [numbers.estimate, numbers.se, numbers.ci, numbers.statistic, numbers.p, *ratio, *change]
    )


def slope_table(given: ReportInput, fit: FitRecord, slopes: Sequence[SimpleSlopes]) -> Grid:
    """Return the simple slopes of one rung on both scales, and their differences."""
    rows: list[Row] = []
    for pair in slopes:
        words = say("{x} by {w}", x=focal_phrase(given, pair), w=given.names.variable(pair.moderator))
        rows.append(heading(with_conditions(words, condition_phrase(given, pair.conditions))))
        for at in pair.slopes:
            keys = (*slope_keys(pair), at.value)
            numbers = PrintedNumbers(at.slope, keys, "slope")
            ratio: Cells = [] if words_of(fit).ratio is None else [ratio_cell(at.ratio, keys)]
            change: Cells = [None, None]
            if at.response is not None and at.response.estimate is not None:
                change = [
                    change_number(at.response, keys, "population_slope"),
                    change_interval(at.response, keys),
                ]
            cells = [numbers.estimate, numbers.se, numbers.ci, numbers.statistic, numbers.p]
            rows.append(row(level_phrase(at.value, at.place), [*cells, *ratio, *change]))
        own = slope_keys(pair, "slope_differences")
        if has_few_pairs(pair):
            rows += [_pair_row(fit, each, (*own, each.first, each.second)) for each in pair.differences]
    symbol = letter([at.slope for pair in slopes for at in pair.slopes])
    note = say(SLOPES_NOTE, scale=words_of(fit).scale, mean=mean_of(given, fit))
    return Grid(
        caption=("Simple slopes of ", given.names.model(fit.model)),
        columns=_heads(fit, "Moderator at", slopes[0].confidence, symbol, "Slope"),
        rows=tuple(rows),
        notes=(note, *family_notes(slopes)),
        wide=True,
    )
