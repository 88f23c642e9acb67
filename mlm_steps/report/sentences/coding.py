"""The coding of the factors of a coefficient, and the comparison that the coefficient makes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mlm_steps.design.contrasts import contrast_kind
from mlm_steps.design.expressions import Call, Name
from mlm_steps.records import Coefficient, ColumnProfile, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.curves import expression_of
from mlm_steps.report.sentences.effects import effects_of, slope_keys
from mlm_steps.report.sentences.outcomes import ratio_number, subject_of, words_of
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.notation import MINUS, decimals_for_se, fixed
from mlm_steps.report.text.text import Number, Phrase, Word, join, say, source

__all__ = [
    "Coding", "FactorText", "coding_of", "difference_claim", "held_phrase", "sum_claim", "sum_order",
    "sum_product_claim",
]  # fmt: skip

FactorText = tuple[str, str]
"""A factor of a column as written in the term, and the same text followed by its level."""
CATEGORIES = ("factor", "as.factor", "ordered", "relevel", "C")
_NUMBERED = re.compile(r"\d+\Z")
SAME = 1e-6
"""A coefficient within this relative difference of a multiple of a difference of means equals it: both are
rounded double numbers."""


@dataclass(frozen=True, slots=True)
class Coding:
    """The coding of a variable's columns.

    Attributes
    ----------
    kind : str
        ``number``; for a category ``treatment``, ``sum``, ``sdif``, or ``balanced`` for other contrasts that
        sum to 0 over the levels (Helmert, polynomial); ``other`` for a matrix in which no level has 0 in all
        columns.
    levels : tuple of str
        The levels of a category in order; empty if they are not known. The level that sum contrasts omit is
        the last. Of a matrix, the level with 0 in all columns is the first.
    """

    kind: Literal["number", "treatment", "sum", "sdif", "balanced", "other"]
    levels: tuple[str, ...] = ()


def coding_of(given: ReportInput, fit: FitRecord, factor: FactorText) -> Coding:
    """Return how a factor of a column of a fit is coded."""
    stem, text = factor
    expr = expression_of(fit.formula, stem)
    columns = {column.name: column for column in given.run.data_profile.columns}
    if isinstance(expr, Call) and expr.function in CATEGORIES:
        inner = columns.get(expr.data.name) if isinstance(expr.data, Name) else None
        word = dict(expr.options).get("contr") if expr.function == "C" else None
        kind = contrast_kind(word) if isinstance(word, str) else "treatment"
        plain = expr.function == "C" and not {"base", "ref"} & set(dict(expr.options))
        levels = (inner.levels or ()) if inner is not None and plain else ()
        return Coding(_kind("poly" if expr.function == "ordered" else kind), levels)
    column = columns.get(expr.name) if isinstance(expr, Name) else None
    if column is not None and column.levels:
        default = "poly" if column.kind == "ordered" else "treatment"
        return _coding(column, column.contrast or default, column.levels)
    if column is not None and text != stem:
        return Coding("treatment", ("FALSE", "TRUE"))
    return Coding("number")


def _kind(contrast: str) -> Literal["treatment", "sum", "sdif", "balanced"]:
    if contrast == "treatment":
        return "treatment"
    if contrast == "sum":
        return "sum"
    return "sdif" if contrast == "sdif" else "balanced"


def _coding(column: ColumnProfile, contrast: str, levels: tuple[str, ...]) -> Coding:
    """Return the coding of a category of the data."""
    detail = column.contrast_detail
    if contrast == "sum" and detail is not None and detail.omitted in levels:
        return Coding("sum", sum_order(levels, detail.omitted))
    if contrast != "matrix" or detail is None:
        return Coding(_kind(contrast), levels)
    rows = [detail.rows[level] for level in levels if level in detail.rows]
    if all(abs(sum(weights)) <= SAME * max(map(abs, weights)) for weights in zip(*rows, strict=True)):
        return Coding("balanced", levels)
    zero = [level for level in levels if not any(detail.rows.get(level, (1.0,)))]
    return Coding("treatment", (zero[0],)) if zero else Coding("other", levels)


def sum_order(levels: tuple[str, ...], omitted: str | None) -> tuple[str, ...]:
    """Return the levels with the one that sum contrasts omit as the last."""
    last = levels[-1] if omitted is None else omitted
    return (*(level for level in levels if level != last), last)


def held_phrase(given: ReportInput, fit: FitRecord, factors: Iterable[FactorText]) -> Phrase:
    """Return the values of other factors at which the coefficient of a column in products holds.

    Numbers are at 0 and treatment contrasts at their reference level. With contrasts that sum to 0, the
    coefficient is an average over the levels.
    """
    places: dict[Phrase, None] = {}
    averaged: dict[Phrase, None] = {}
    for factor in factors:
        coding, label = coding_of(given, fit, factor), given.names.variable(factor[0].strip("`"))
        if coding.kind == "number":
            places[*given.names.column(factor[1], factor[0]), " is 0"] = None
        elif coding.kind == "other":
            places["the contrasts of ", *label, " are 0"] = None
        elif coding.kind != "treatment":
            averaged[label] = None
        elif coding.levels:
            places[*label, " is ", Word(coding.levels[0])] = None
        else:
            places[*label, " is at its reference level"] = None
    where = say(" where {places}", places=join(list(places), last=" and ")) if places else ()
    over = say(" on average over the levels of {x}", x=join(list(averaged), last=" and ")) if averaged else ()
    return (*where, *((",",) if where and over else ()), *over)


def difference_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, *, clear: bool
) -> Phrase | None:
    """Return the claim of a coefficient of successive differences; None for other contrasts."""
    coding = coding_of(given, fit, factor)
    pairs = zip(coding.levels[1:], coding.levels, strict=False) if coding.kind == "sdif" else ()
    suffix = factor[1].removeprefix(factor[0])
    pair = next((pair for pair in pairs if suffix == f"{pair[0]}-{pair[1]}"), None)
    estimate = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate
    if pair is None or estimate is None:
        return None
    x, subject = given.names.variable(factor[0].strip("`")), subject_of(given, fit)
    later, earlier = map(Word, pair)
    if not clear:
        template = "There was no clear difference in {y} between {earlier} and {later} of {x}"
        return say(template, y=subject.phrase, earlier=earlier, later=later, x=x)
    ratio = ratio_number(fit, coefficient)
    if not fit.linear:
        rises = (coefficient.estimate or 0.0) > 0
        direction = ("higher" if rises else "lower",)
        how = direction if ratio is None else (ratio, " times as high")
        template = "{y} {was} {how} for {x} = {later} {as_} for {earlier}"
        return say(
            template, y=subject.start, was=subject.verb, how=how, later=later, earlier=earlier, x=x,
            as_="than" if ratio is None else "as",
        )  # fmt: skip
    y, unit = subject.phrase, given.names.unit(fit.outcome)
    return say(
        "{y} was {size} {units} {higher} for {x} = {later} than for {earlier}",
        y=y,
        size=Number(estimate.text.lstrip(MINUS), estimate.source),
        units=Word(unit) if unit else "units",
        higher="higher" if (coefficient.estimate or 0.0) > 0 else "lower",
        later=later,
        earlier=earlier,
        x=x,
    )


def _level(coding: Coding, text: str) -> str | None:
    """Return the level of a column of sum contrasts, by its number."""
    found = _NUMBERED.search(text)
    place = int(found[0]) - 1 if found else -1
    return coding.levels[place] if 0 <= place < len(coding.levels) else None


def sum_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, *, clear: bool
) -> Phrase | None:
    """Return the claim of a coefficient of sum contrasts; None for other contrasts.

    With two levels, the difference is the later level minus the earlier one, as for slopes and means; the
    coefficient is half of this difference with the opposite sign.
    """
    coding = coding_of(given, fit, factor)
    level = _level(coding, factor[1]) if coding.kind == "sum" else None
    if level is None:
        return None
    x, subject = given.names.variable(factor[0].strip("`")), subject_of(given, fit)
    y, was = subject.phrase if fit.linear else subject.start, subject.verb
    rises = (coefficient.estimate or 0.0) > 0
    if len(coding.levels) > 2:
        how = (f"{was} above" if rises else f"{was} below") if clear else "did not clearly differ from"
        its = "its" if was == "was" else "their"
        template = f"{{y}} at {{level}} of {{x}} {{how}} {its} mean over the levels{_on(fit)}"
        return say(template, y=y, level=Word(level), x=x, how=how)
    first, last = map(Word, coding.levels)
    difference = _difference(given, fit, coefficient, factor[0])
    template = (
        f"{{y}} {was} {{how}} for {{x}} = {{last}} than for {{first}} ({{size}})"
        if clear
        else "There was no clear difference in {y} between {first} and {last} of {x} ({size})"
    )
    how = "lower" if rises else "higher"
    y = y if clear else subject.phrase
    return say(template, y=y, how=how, first=first, last=last, x=x, size=_size(first, last, difference))


def _on(fit: FitRecord) -> str:
    """Return the scale of a statement on a generalized model; nothing for a linear one."""
    return "" if fit.linear else f" on the scale of the {words_of(fit).scale}"


def _size(first: Word, last: Word, difference: Number | None) -> Phrase:
    """Return how a coefficient relates to the difference between two levels, and the difference if known."""
    words = "the coefficient is half of {first} − {last}"
    template = words if difference is None else f"{{last}} − {{first}} = {{difference}}; {words}"
    return say(template, first=first, last=last, difference=difference)


def _difference(given: ReportInput, fit: FitRecord, coefficient: Coefficient, stem: str) -> Number | None:
    """Return the difference between the means of two levels if the coefficient is half of it."""
    for means in effects_of(given).means:
        plain = means.model == fit.model and means.factor == stem.strip("`") and not means.conditions
        for pair in means.differences if plain else ():
            value, half = pair.test.estimate, coefficient.estimate
            if value is not None and half is not None and abs(value + 2 * half) <= SAME * abs(value):
                keys = (means.model, means.factor, "", pair.first, pair.second, "estimate")
                text = fixed(value, decimals_for_se(pair.test.se))
                return Number(text, source("mean_differences", *keys))
    return None


def _slope_difference(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, focal: str, moderator: str
) -> Number | None:
    """Return the difference between the slopes at two levels if the coefficient is half of it."""
    for pair in effects_of(given).slopes:
        same = (pair.model, pair.focal, pair.moderator) == (fit.model, focal.strip("`"), moderator.strip("`"))
        for found in pair.differences if same else ():
            value, half = found.test.estimate, coefficient.estimate
            if value is not None and half is not None and abs(value + 2 * half) <= SAME * abs(value):
                keys = (*slope_keys(pair)[1:], found.first, found.second, "estimate")
                text = fixed(value, decimals_for_se(found.test.se))
                return Number(text, source("slope_differences", *keys))
    return None


def sum_product_claim(
    given: ReportInput,
    fit: FitRecord,
    coefficient: Coefficient,
    factors: tuple[FactorText, FactorText],
    *,
    clear: bool,
) -> Phrase | None:
    """Return the claim of a product of a number or a column of sum contrasts with a column of sum contrasts.

    None for other products.
    """
    codings = [coding_of(given, fit, factor) for factor in factors]
    rises = (coefficient.estimate or 0.0) > 0
    if [coding.kind for coding in codings] == ["sum", "sum"]:
        return _two_factors(given, fit, factors, codings, rises=rises, clear=clear)
    if sorted(coding.kind for coding in codings) != ["number", "sum"]:
        return None
    place = 0 if codings[0].kind == "sum" else 1
    coding, factor, other = codings[place], factors[place], factors[1 - place]
    level = _level(coding, factor[1])
    if level is None:
        return None
    x, w = given.names.column(other[1], other[0]), given.names.variable(factor[0].strip("`"))
    if len(coding.levels) > 2:
        how = ("was above" if rises else "was below") if clear else "did not clearly differ from"
        template = "The slope of {x} at {level} of {w} {how} its mean over the levels"
        return say(template, x=x, level=Word(level), w=w, how=how)
    first, last = map(Word, coding.levels)
    template = (
        "{w} moderated the slope of {x}, which was {how} at {last} than at {first} ({size})"
        if clear
        else "{w} showed no clear moderation of the slope of {x} ({size})"
    )
    size = _size(first, last, _slope_difference(given, fit, coefficient, other[0], factor[0]))
    how = "lower" if rises else "higher"
    return say(template, w=w, x=x, how=how, first=first, last=last, size=size)


def _two_factors(
    given: ReportInput,
    fit: FitRecord,
    factors: tuple[FactorText, FactorText],
    codings: Sequence[Coding],
    *,
    rises: bool,
    clear: bool,
) -> Phrase | None:
    """Return the claim of a product of two columns of sum contrasts; None if a level is not known."""
    levels = [_level(coding, text) for coding, (_, text) in zip(codings, factors, strict=True)]
    if levels[0] is None or levels[1] is None:
        return None
    x, w = (given.names.variable(stem.strip("`")) for stem, _ in factors)
    if any(len(coding.levels) > 2 for coding in codings):
        how = ("above" if rises else "below") if clear else "not clearly different from"
        subject = subject_of(given, fit)
        return say(
            f"{{y}} at {{a}} of {{x}} and {{b}} of {{w}} {subject.verb} {{how}} the value that the main "
            f"effects predict{_on(fit)}",
            y=subject.start,
            a=Word(levels[0]),
            b=Word(levels[1]),
            x=x,
            w=w,
            how=how,
        )
    (a, a_last), (b, b_last) = (map(Word, coding.levels) for coding in codings)
    change = f"was {'higher' if rises else 'lower'}" if clear else "was not clearly different"
    return say(
        f"The difference {{a_last}} − {{a}} of {{x}} {change} at {{b_last}} than at {{b}} of {{w}} (the "
        "coefficient is a quarter of that change)",
        a=a,
        a_last=a_last,
        b=b,
        b_last=b_last,
        x=x,
        w=w,
    )
