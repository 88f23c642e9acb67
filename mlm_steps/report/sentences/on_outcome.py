"""Means, differences and slopes of generalized models on the scale of the outcome, in words.

Population averages come first: they are averages over the groups. The mean of a typical group stands beside
them in the tables (statistics, section 22.7).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlm_steps.records import FitRecord
from mlm_steps.records.effects import BackTransformed, FactorMeans, LevelMean, SimpleSlopes, SlopeAt, Tested
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import (
    Keys,
    condition_places,
    direction_phrase,
    effects_of,
    level_phrase,
    moderation_test,
    slope_keys,
)
from mlm_steps.report.sentences.outcomes import mean_of, words_of
from mlm_steps.report.text.notation import decimals_for_se, fixed, percent
from mlm_steps.report.text.responses import Wording
from mlm_steps.report.text.text import Number, Phrase, capital, join, say, source

__all__ = [
    "averaged_clause", "change_interval", "change_number", "means_keys", "moderation_on_outcome",
    "outcome_interval", "outcome_number", "ratio_cell", "slope_ratio",
]  # fmt: skip

RATIO_DECIMALS = 2
"""Least number of decimals of a ratio in a table."""


def outcome_number(
    words: Wording, value: float | None, se: float | None, keys: Keys, column: str
) -> Number | None:
    """Return a mean outcome, a probability as a percentage, with two significant digits of its error."""
    if value is None:
        return None
    table, *rest = map(str, keys)
    text = (
        percent(value, max(0, decimals_for_se(se) - 2)) if words.share else fixed(value, decimals_for_se(se))
    )
    return Number(text, source(table, *rest, column))


def outcome_interval(words: Wording, found: BackTransformed, keys: Keys, prefix: str) -> Phrase | None:
    """Return the interval of a mean outcome in brackets; its columns start with a prefix."""
    low = outcome_number(words, found.ci_low, found.se, keys, f"{prefix}_ci_low")
    high = outcome_number(words, found.ci_high, found.se, keys, f"{prefix}_ci_high")
    return None if low is None or high is None else ("[", low, ", ", high, "]")


def ratio_cell(found: BackTransformed | None, keys: Keys) -> Phrase | None:
    """Return the exponential of a difference or slope with its interval."""
    if found is None or found.estimate is None or found.ci_low is None or found.ci_high is None:
        return None
    table, *rest = map(str, keys)
    decimals = max(RATIO_DECIMALS, decimals_for_se(found.se))
    estimate, low, high = (
        Number(fixed(value, decimals), source(table, *rest, column))
        for value, column in (
            (found.estimate, "ratio"), (found.ci_low, "ratio_ci_low"), (found.ci_high, "ratio_ci_high")
        )
    )  # fmt: skip
    return (estimate, " [", low, ", ", high, "]")


def means_keys(table: str, factor: FactorMeans) -> Keys:
    """Return the table of the means of a factor and the keys of its rows."""
    held = "; ".join(f"{each.variable}={each.value}" for each in factor.conditions)
    return (table, factor.model, factor.factor, held)


def averaged_clause(
    given: ReportInput,
    fit: FitRecord,
    stem: str,
    levels: Sequence[str],
    same_place: Callable[[ReportInput, FitRecord, str], bool],
) -> Phrase:
    """Return the population averages at two levels of a factor; nothing without marginal means.

    ``same_place`` tells of an interacting predictor whether the coefficient holds at the value at which the
    means hold; else they would not belong together.
    """
    factor = next(
        (
            each
            for each in effects_of(given).means
            if (each.model, each.factor) == (fit.model, stem.strip("`")) and not each.conditions
        ),
        None,
    )
    if factor is None or not all(same_place(given, fit, name) for name in factor.interacts):
        return ()
    found = [next((mean for mean in factor.means if mean.level == level), None) for level in levels]
    numbers = [None if mean is None else _average(words_of(fit), factor, mean) for mean in found]
    if len(numbers) != len(levels) or None in numbers:
        return ()
    return say(
        "; averaged over {groups}, {mean} was {first} against {second}",
        groups=_groups(given, fit),
        mean=mean_of(given, fit),
        first=numbers[0],
        second=numbers[1],
    )


def _groups(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return the units over which a population average is taken."""
    names = dict.fromkeys(term.group for term in fit.terms)
    return join([given.prose.units(name) for name in names], last=" and ")


def _average(words: Wording, factor: FactorMeans, mean: LevelMean) -> Number | None:
    found = mean.population
    keys = (*means_keys("means", factor), mean.level)
    return None if found is None else outcome_number(words, found.estimate, found.se, keys, "population")


def moderation_on_outcome(given: ReportInput, fit: FitRecord, pairs: Sequence[SimpleSlopes]) -> Phrase:
    """Return whether a moderator changes a slope, with ratios and changes of the population average.

    ``pairs`` differ only in the values at which other predictors are held.
    """
    pair, words = pairs[0], words_of(fit)
    test, clear = moderation_test(fit, pairs)
    along = [found for each in pairs if (found := _along(given, fit, each))]
    template = "{w} moderated {what} on the scale of the {scale}{test}{along}."
    if clear is None:
        template = "{what} on the scale of the {scale} depends on {w}{test}{along}."
    elif not clear:
        template = (
            "There was no clear evidence that {w} moderated {what} on the scale of the {scale}{test}{along}."
        )
    return capital(
        say(
            template,
            w=given.prose.variable(pair.moderator),
            what=direction_phrase(given, pair),
            scale=words.scale,
            test=test,
            along=("; ", *join(along, "; ")) if along else None,
        )
    )


def _along(given: ReportInput, fit: FitRecord, pair: SimpleSlopes) -> Phrase:
    """Return the ratios along a moderator, and the slopes of the population average."""
    held, words = condition_places(given, pair.conditions), words_of(fit)
    ratios = [_ratio_at(pair, at) for at in pair.slopes]
    changes = [_change_at(pair, at) for at in pair.slopes]
    parts: list[Phrase] = []
    if words.ratio is not None and ratios and None not in ratios:
        known = [each for each in ratios if each is not None]
        parts.append(say("the {ratio} was {n}", ratio=words.ratio.one, n=join(known, last=" and ")))
    if changes and None not in changes:
        known = [each for each in changes if each is not None]
        template = "averaged over {groups}, {mean} changed by {n}{per}"
        per = None if pair.focal_contrast else " per unit"
        parts.append(
            say(
                template,
                groups=_groups(given, fit),
                mean=mean_of(given, fit),
                n=join(known, last=" and "),
                per=per,
            )
        )
    where = say("{held}, ", held=held) if held and parts else ()
    return (*where, *join(parts, "; "))


def _ratio_at(pair: SimpleSlopes, at: SlopeAt) -> Phrase | None:
    number = slope_ratio(pair, at)
    return None if number is None else say("{n} at {value}", n=number, value=level_phrase(at.value, at.place))


def slope_ratio(pair: SimpleSlopes, at: SlopeAt) -> Number | None:
    """Return the ratio, such as the odds ratio, of a slope at one value of the moderator."""
    if at.ratio is None or at.ratio.estimate is None:
        return None
    text = fixed(at.ratio.estimate, max(RATIO_DECIMALS, decimals_for_se(at.ratio.se)))
    return Number(text, source(*map(str, slope_keys(pair)), at.value, "ratio"))


def _change_at(pair: SimpleSlopes, at: SlopeAt) -> Phrase | None:
    if at.response is None or at.response.estimate is None:
        return None
    return (change_number(at.response, (*slope_keys(pair), at.value), "population_slope"),)


def change_number(test: Tested, keys: Keys, column: str) -> Number:
    """Return a difference or slope of population averages."""
    table, *rest = map(str, keys)
    text = fixed(test.estimate or 0.0, decimals_for_se(test.se))
    return Number(text, source(table, *rest, column))


def change_interval(test: Tested, keys: Keys) -> Phrase | None:
    """Return the interval of a difference or slope of population averages."""
    if test.ci_low is None or test.ci_high is None:
        return None
    table, *rest = map(str, keys)
    decimals = decimals_for_se(test.se)
    low = Number(fixed(test.ci_low, decimals), source(table, *rest, "population_ci_low"))
    high = Number(fixed(test.ci_high, decimals), source(table, *rest, "population_ci_high"))
    return ("[", low, ", ", high, "]")
