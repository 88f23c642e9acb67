"""Simple slopes, regions of significance, marginal means and contrasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from mlm_steps.records.effects import ContrastTest, EffectsRecord, FactorMeans, SimpleSlopes
from mlm_steps.records.failure import Absence
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.disputes import disputed
from mlm_steps.report.sentences.effects import (
    PrintedNumbers,
    condition_phrase,
    effects_of,
    focal_phrase,
    has_products,
    level_phrase,
    moderation_sentence,
    slope_keys,
)
from mlm_steps.report.sentences.on_outcome import moderation_on_outcome
from mlm_steps.report.sentences.pairs import pairs_sentence
from mlm_steps.report.sentences.regions import region_sentence
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
from mlm_steps.report.tables.effect_sizes import effect_size_grids
from mlm_steps.report.tables.means import back_table, difference_tables, mean_table
from mlm_steps.report.tables.on_outcome import mean_tables, outcome_difference_tables, slope_table
from mlm_steps.report.text.grid import Grid, Row, heading, row
from mlm_steps.report.text.notation import degrees_of_freedom, fixed, p_value
from mlm_steps.report.text.text import Code, Number, Phrase, Word, join, say, source
from mlm_steps.report.titles import section_link

__all__ = ["context"]

Result = TypeVar("Result", SimpleSlopes, FactorMeans)
SLOPES_NOTE = say(
    "Each row is the slope of the focal predictor at one value of the moderator, for the population of "
    "groups. The mean and standard deviation of a numeric moderator are those over the units of its level."
)
UNREAD = say(
    "The interactions in these models are between predictors of one level. Name them under slopes in the "
    "spec to compute their simple slopes."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return sentences, tables and figures; None if no rung has any."""
    record = given.run.result(EffectsRecord, "effects")
    if isinstance(record, Absence):
        why = say("The slopes and means could not be computed: {why}", why=Word(record.reason))
        return _nothing() | {"lead": why}
    found = effects_of(given)
    sizes = effect_size_grids(given, found)
    if not (found.slopes or found.means or found.contrasts or sizes):
        return _nothing() | {"lead": UNREAD} if has_products(given) else None
    slopes = _of_headline(given, found.slopes)
    means = _of_headline(given, found.means)
    models = {pair.model for pair in slopes} | {factor.model for factor in means}
    return {
        "lead": None,
        "narrow": all(given.run.fit(model).linear for model in models),
        "sentences": [
            *_reservations(given),
            *_sentences(given, slopes),
            *(pairs_sentence(given, factor) for factor in means if not has_few_pairs(factor)),
        ],
        "slopes": _slopes(given, slopes) if slopes else None,
        "slopes_figure": drawing(given, "simple_slopes"),
        "region_figure": drawing(given, "johnson_neyman"),
        "means": _means(given, means),
        "means_figure": drawing(given, "means"),
        "pairs": _pairs(given, means),
        "back": back_table(given, means),
        "contrasts": _contrast_table(given, found.contrasts) if found.contrasts else None,
        "sizes": sizes,
    }


def _slopes(given: ReportInput, slopes: list[SimpleSlopes]) -> Grid:
    fit = given.run.fit(slopes[0].model)
    return _slope_table(given, slopes) if fit.linear else slope_table(given, fit, slopes)


def _means(given: ReportInput, means: list[FactorMeans]) -> list[Grid]:
    """Return the tables of means; of a generalized model, those on the scale of the outcome."""
    if not means:
        return []
    fit = given.run.fit(means[0].model)
    return [mean_table(given, means)] if fit.linear else mean_tables(given, fit, means)


def _pairs(given: ReportInput, means: list[FactorMeans]) -> list[Grid]:
    """Return the tables of differences that stand in folds."""
    if not means:
        return []
    fit = given.run.fit(means[0].model)
    return difference_tables(given, means) if fit.linear else outcome_difference_tables(given, fit, means)


def _nothing() -> dict[str, Any]:
    names = ("slopes", "slopes_figure", "region_figure", "means_figure", "back", "contrasts")
    return {**dict.fromkeys(names), "sentences": [], "means": [], "pairs": [], "sizes": [], "narrow": True}


def _reservations(given: ReportInput) -> list[Phrase]:
    """Return a caution about singular rungs for which the methods of the tests disagree."""
    found = effects_of(given)
    shown = {each.model for part in (found.slopes, found.means, found.contrasts) for each in part}
    doubtful: list[Phrase] = [
        (given.names.model(fit.model),) for fit in given.run.fits if fit.model in shown and disputed(fit)
    ]
    if not doubtful:
        return []
    return [
        say(
            "The fits of {models} are singular, and the Satterthwaite and Kenward–Roger methods disagree "
            "about their degrees of freedom or *p* values (see {link}). The tests, intervals and regions "
            "below use one of the two methods, and the other could give different results.",
            models=join(doubtful, last=" and "),
            link=section_link("headline"),
        )
    ]


def _of_headline(given: ReportInput, found: Sequence[Result]) -> list[Result]:
    """Return the results of the headline rung, or of the last rung that has any; the tables hold all."""
    headline = given.headline
    own = [each for each in found if headline is not None and each.model == headline.model]
    return own or [each for each in found if each.model == found[-1].model]


def _sentences(given: ReportInput, slopes: list[SimpleSlopes]) -> list[Phrase]:
    alike: dict[tuple[str | None, ...], list[SimpleSlopes]] = {}
    for pair in slopes:
        alike.setdefault((pair.focal, pair.focal_contrast, pair.moderator), []).append(pair)
    sentences = []
    for pairs in alike.values():
        fit = given.run.fit(pairs[0].model)
        sentence = moderation_sentence if fit.linear else moderation_on_outcome
        sentences.append(sentence(given, fit, pairs))
        sentences += [region_sentence(given, pair, pair.region) for pair in pairs if pair.region is not None]
    return sentences


def _slope_table(given: ReportInput, slopes: list[SimpleSlopes]) -> Grid:
    rows: list[Row] = []
    for pair in slopes:
        words = say("{x} by {w}", x=focal_phrase(given, pair), w=given.names.variable(pair.moderator))
        rows.append(heading(with_conditions(words, condition_phrase(given, pair.conditions))))
        rows += [
            row(
                level_phrase(at.value, at.place),
                PrintedNumbers(at.slope, (*slope_keys(pair), at.value), "slope").row,
            )
            for at in pair.slopes
        ]
        if has_few_pairs(pair):
            rows += pair_rows(pair.differences, slope_keys(pair, "slope_differences"))
    model, first = slopes[0].model, slopes[0]
    symbol = letter([at.slope for pair in slopes for at in pair.slopes])
    few = [pair for pair in slopes if has_few_pairs(pair)]
    return Grid(
        caption=("Simple slopes of ", given.names.model(model)),
        columns=heads("Moderator at", symbol, confidence(first.confidence)),
        rows=tuple(rows),
        notes=(
            SLOPES_NOTE,
            *family_notes(few),
            method_note(first.df_method),
        ),
        wide=True,
    )


def _contrast_table(given: ReportInput, contrasts: Sequence[ContrastTest]) -> Grid:
    rows: list[Row] = []
    for contrast in contrasts:
        rows.append(heading((Word(contrast.name), ", ", given.names.model(contrast.model))))
        keys = ("contrasts", contrast.model, contrast.name)
        rows += [
            row((Code(each.text),), PrintedNumbers(each.test, (*keys, each.text)).row)
            for each in contrast.rows
        ]
        if len(contrast.rows) > 1:
            rows.append(_joint_row(contrast))
    symbol = letter([each.test for contrast in contrasts for each in contrast.rows])
    return Grid(
        caption=("Contrasts of coefficients",),
        columns=heads("Hypothesis", symbol, confidence(contrasts[0].confidence)),
        rows=tuple(rows),
        notes=(
            ("The estimate is the weighted sum of coefficients on the left of the equals sign.",),
            method_note(contrasts[0].df_method),
        ),
        wide=True,
    )


def _joint_row(contrast: ContrastTest) -> Row:
    place = ("contrasts", contrast.model, contrast.name, "F")
    if contrast.statistic is None or contrast.p is None:
        return row("All together", [])
    F = Number(fixed(contrast.statistic, 2), source(*place, "statistic"))
    den = "∞" if contrast.den_df is None else degrees_of_freedom(contrast.den_df)
    df = (f"{contrast.num_df}, ", Number(den, source(*place, "den_df")))
    p = Number(p_value(contrast.p, round(1 - contrast.confidence, 12)), source(*place, "p"))
    return row("All together", [None, None, None, ("F = ", F), df, p])
