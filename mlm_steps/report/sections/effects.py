"""What the coefficients mean together: simple slopes, regions, marginal means, contrasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlm_steps.records.effects import ContrastTest, FactorMeans, Pairwise, SimpleSlopes
from mlm_steps.records.failure import Absence
from mlm_steps.report.drawing import drawing
from mlm_steps.report.effect_sentences import moderation_sentence, region_sentence
from mlm_steps.report.effect_words import (
    Keys,
    Numbers,
    condition_phrase,
    effects_of,
    focal_phrase,
    has_products,
    level_phrase,
    method_words,
    plain_value,
    slope_keys,
)
from mlm_steps.report.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.notation import degrees_of_freedom, fixed, p_value, percent
from mlm_steps.report.text import Code, Emphasis, Number, Phrase, Word, join, say, source

__all__ = ["context"]

ALIGN: tuple[Align, ...] = ("text", *("number",) * 6)
ADJUSTMENTS = {
    "tukey": "adjusted by Tukey’s studentized range",
    "holm": "*p* adjusted by Holm’s procedure, intervals by Bonferroni’s",
    "none": "not adjusted for their number",
}
SLOPES_NOTE = say(
    "Each row is the slope of the focal predictor where the moderator has the value in front, for the "
    "population of groups. Of a moderator that is a number, mean and standard deviation are taken over the "
    "units it belongs to."
)
MEANS_NOTE = (
    "Expected outcome at each level, for the population of groups: other categories are averaged with equal "
    "weights for their levels, numbers are at their mean."
)

UNREAD = say(
    "The products in these models are of predictors of one level; their simple slopes are computed where the "
    "spec names them under slopes."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return sentences, tables and figures; None where no rung has anything to read."""
    if isinstance(given.run.effects, Absence):
        why = say("The slopes and means could not be computed: {why}", why=Word(given.run.effects.reason))
        return _nothing() | {"lead": why}
    found = effects_of(given)
    if not (found.slopes or found.means or found.contrasts):
        return _nothing() | {"lead": UNREAD} if has_products(given) else None
    slopes = _of_last(found.slopes)
    means = _of_last(found.means)
    return {
        "lead": None,
        "sentences": _sentences(given, slopes),
        "slopes": _slope_table(given, slopes) if slopes else None,
        "slopes_figure": drawing(given, "simple_slopes"),
        "region_figure": drawing(given, "johnson_neyman"),
        "means": _mean_table(given, means) if means else None,
        "contrasts": _contrast_table(given, found.contrasts) if found.contrasts else None,
    }


def _nothing() -> dict[str, Any]:
    names = ("slopes", "slopes_figure", "region_figure", "means", "contrasts")
    return {**dict.fromkeys(names), "sentences": []}


def _of_last(found: Sequence[Any]) -> list[Any]:
    """Return what belongs to the last rung that has any; the tables beside the report hold all rungs."""
    return [each for each in found if each.model == found[-1].model] if found else []


def _sentences(given: ReportInput, slopes: list[SimpleSlopes]) -> list[Phrase]:
    alike: dict[tuple[str | None, ...], list[SimpleSlopes]] = {}
    for pair in slopes:
        alike.setdefault((pair.focal, pair.focal_contrast, pair.moderator), []).append(pair)
    sentences = []
    for pairs in alike.values():
        sentences.append(moderation_sentence(given, given.run.fit(pairs[0].model), pairs))
        sentences += [region_sentence(given, pair, pair.region) for pair in pairs if pair.region is not None]
    return sentences


def _heads(first: str, statistic: str, confidence: str) -> tuple[Any, ...]:
    return columns(
        first, "Estimate", (Emphasis("SE"),), f"{confidence} CI", (Emphasis(statistic),), (Emphasis("df"),),
        (Emphasis("p"),),
        align=ALIGN,
    )  # fmt: skip


def _confidence(value: float) -> str:
    return percent(value, 0 if (100 * value) % 1 < 1e-9 else 1)


def _letter(tests: list[Any]) -> str:
    return "t" if any(test.df is not None for test in tests) else "z"


def _with_conditions(words: Phrase, held: Phrase) -> Phrase:
    return (*words, "; ", *held) if held else words


def _slope_table(given: ReportInput, slopes: list[SimpleSlopes]) -> Grid:
    rows: list[Row] = []
    for pair in slopes:
        words = say("{x} by {w}", x=focal_phrase(given, pair), w=given.names.variable(pair.moderator))
        rows.append(heading(_with_conditions(words, condition_phrase(given, pair.conditions))))
        rows += [
            row(
                level_phrase(at.value, at.place),
                Numbers(at.slope, (*slope_keys(pair), at.value), "slope").row,
            )
            for at in pair.slopes
        ]
        rows += _pair_rows(pair.differences, slope_keys(pair, "slope_differences"))
    model, first = slopes[0].model, slopes[0]
    letter = _letter([at.slope for pair in slopes for at in pair.slopes])
    return Grid(
        caption=("Simple slopes of ", given.names.model(model)),
        columns=_heads("Moderator at", letter, _confidence(first.confidence)),
        rows=tuple(rows),
        notes=(SLOPES_NOTE, *_family_notes(slopes), _method_note(first.df_method)),
        wide=True,
    )


def _method_note(method: str) -> Phrase:
    return (f"Degrees of freedom: {method_words(method)}.",)


def _pair_rows(pairs: Sequence[Pairwise], keys: Keys) -> list[Row]:
    return [
        row(
            (*plain_value(pair.first), " − ", *plain_value(pair.second)),
            Numbers(pair.test, (*keys, pair.first, pair.second)).row,
        )
        for pair in pairs
    ]


def _mean_keys(table: str, factor: FactorMeans) -> Keys:
    held = "; ".join(f"{each.variable}={each.value}" for each in factor.conditions)
    return (table, factor.model, factor.factor, held)


def _factor_heading(given: ReportInput, factor: FactorMeans) -> Phrase:
    return _with_conditions(given.names.variable(factor.factor), condition_phrase(given, factor.conditions))


def _mean_table(given: ReportInput, means: list[FactorMeans]) -> Grid:
    rows: list[Row] = []
    for factor in means:
        rows.append(heading(_factor_heading(given, factor)))
        for mean in factor.means:
            numbers = Numbers(mean.test, (*_mean_keys("means", factor), mean.level), "mean")
            cells = [numbers.estimate, numbers.se, numbers.ci, None, numbers.df, None]
            rows.append(row(plain_value(mean.level), cells))
        rows += _pair_rows(factor.differences, _mean_keys("mean_differences", factor))
    letter = _letter([each.test for factor in means for each in factor.differences])
    return Grid(
        caption=("Estimated marginal means of ", given.names.model(means[0].model)),
        columns=_heads("Level", letter, _confidence(means[0].confidence)),
        rows=tuple(rows),
        notes=(
            (MEANS_NOTE,),
            *_family_notes(means),
            *_held_notes(given, means),
            _method_note(means[0].df_method),
        ),
        wide=True,
    )


def _family_notes(found: Sequence[SimpleSlopes | FactorMeans]) -> list[Phrase]:
    """Return how several differences of one family are adjusted."""
    words = dict.fromkeys(ADJUSTMENTS[each.adjust] for each in found if len(each.differences) > 1)
    return [say(f"Differences within a block: {each}.") for each in words]


def _held_notes(given: ReportInput, means: list[FactorMeans]) -> list[Phrase]:
    """Return a warning for each factor whose differences depend on other predictors."""
    notes: dict[str, Phrase] = {}
    for factor in means:
        chosen = {each.variable for each in factor.conditions}
        others = [name for name in factor.interacts if name not in chosen]
        if others:
            notes[factor.factor] = say(
                "The differences between levels of {factor} depend on {others}: the means hold at the mean "
                "of numbers, and on average over categories.",
                factor=given.names.variable(factor.factor),
                others=join([given.names.variable(name) for name in others], last=" and "),
            )
    return list(notes.values())


def _contrast_table(given: ReportInput, contrasts: Sequence[ContrastTest]) -> Grid:
    rows: list[Row] = []
    for contrast in contrasts:
        rows.append(heading((Word(contrast.name), ", ", given.names.model(contrast.model))))
        keys = ("contrasts", contrast.model, contrast.name)
        rows += [
            row((Code(each.text),), Numbers(each.test, (*keys, each.text)).row) for each in contrast.rows
        ]
        if len(contrast.rows) > 1:
            rows.append(_joint_row(contrast))
    letter = _letter([each.test for contrast in contrasts for each in contrast.rows])
    return Grid(
        caption=("Contrasts of coefficients",),
        columns=_heads("Hypothesis", letter, _confidence(contrasts[0].confidence)),
        rows=tuple(rows),
        notes=(
            ("The estimate is the weighted sum of coefficients that is compared with the number behind =.",),
            _method_note(contrasts[0].df_method),
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
