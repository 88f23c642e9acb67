"""Claims of coefficients of sum contrasts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coding import Coding, FactorText, coding_of
from mlm_steps.report.sentences.differences import no_difference, pair_phrase, sized
from mlm_steps.report.sentences.effects import effects_of, slope_keys
from mlm_steps.report.sentences.outcomes import subject_of, words_of
from mlm_steps.report.sentences.settings import at_level, versus
from mlm_steps.report.text.notation import decimals_for_se, fixed
from mlm_steps.report.text.text import Number, Phrase, Word, join, say, source

__all__ = ["sum_claim", "sum_product_claim"]

_NUMBERED = re.compile(r"\d+\Z")
SAME = 1e-6
"""A coefficient within this relative difference of a multiple of a difference of means equals it: both are
rounded double numbers."""


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
    name, subject = factor[0].strip("`"), subject_of(given, fit)
    rises = (coefficient.estimate or 0.0) > 0
    if len(coding.levels) > 2:
        way = "above" if rises else "below"
        template = (
            f"{{y}} {{place}} {subject.verb} {way} the mean over the levels of {{x}}{_on(fit)}"
            if clear
            else "there was no clear evidence that {y} {place} differed from the mean over the levels of {x}"
            + _on(fit)
        )
        x = given.prose.variable(name)
        return say(template, y=subject.phrase, place=at_level(given, name, level), x=x)
    first, last = coding.levels
    half = say("; the coefficient is half of {first} − {last}", first=Word(first), last=Word(last))
    difference = _difference(given, fit, coefficient, factor[0])
    if not clear:
        size = (
            ()
            if difference is None
            else say(" ({last} − {first} = {d})", last=Word(last), first=Word(first), d=difference)
        )
        return (*no_difference(given, fit, name, (last, first)), *size, *half)
    there, here = versus(given, name, last, first)
    size = () if difference is None else (" ", *sized(given, fit, difference))
    way = "lower" if rises else "higher"
    return say(
        f"{{y}} {subject.verb}{{size}} {way}{{on}} {{there}} than {{here}}{{half}}",
        y=subject.phrase,
        size=size,
        on=_on(fit) if size and not fit.linear else None,
        there=there,
        here=here,
        half=half,
    )


def _on(fit: FitRecord) -> str:
    """Return the scale of a statement on a generalized model; nothing for a linear one."""
    return "" if fit.linear else f" on the scale of the {words_of(fit).scale}"


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
    x, name = given.prose.column(other[1], other[0]), factor[0].strip("`")
    if len(coding.levels) > 2:
        way = "above" if rises else "below"
        template = (
            f"the slope of {{x}} {{place}} was {way} its mean over the levels of {{w}}"
            if clear
            else "there was no clear evidence that the slope of {x} {place} differed from its mean over the "
            "levels of {w}"
        )
        return say(template, x=x, place=at_level(given, name, level), w=given.prose.variable(name))
    first, last = coding.levels
    half = say("; the coefficient is half of {first} − {last}", first=Word(first), last=Word(last))
    found = _slope_difference(given, fit, coefficient, other[0], factor[0])
    if not clear:
        size = (
            ()
            if found is None
            else say(" ({last} − {first} = {d})", last=Word(last), first=Word(first), d=found)
        )
        return say(
            "there was no clear evidence that {w} moderated the slope of {x}{size}{half}",
            w=given.prose.variable(name),
            x=x,
            size=size,
            half=half,
        )
    there, here = versus(given, name, last, first)
    size = () if found is None else (" ", *sized(given, fit, found))
    way = "lower" if rises else "higher"
    return say(
        f"the slope of {{x}} was{{size}} {way} {{there}} than {{here}}{{half}}",
        x=x,
        size=size,
        there=there,
        here=here,
        half=half,
    )


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
    names = [stem.strip("`") for stem, _ in factors]
    if any(len(coding.levels) > 2 for coding in codings):
        way = "above" if rises else "below"
        subject = subject_of(given, fit)
        template = (
            f"{{y}} {{place}} {subject.verb} {way} the value that the main effects predict{_on(fit)}"
            if clear
            else "there was no clear evidence that {y} {place} differed from the value that the main effects "
            f"predict{_on(fit)}"
        )
        places = [at_level(given, name, level or "") for name, level in zip(names, levels, strict=True)]
        return say(template, y=subject.phrase, place=join(places, last=" and "))
    (a, a_last), (b, b_last) = (coding.levels for coding in codings)
    there, here = versus(given, names[1], b_last, b)
    quarter = "; the coefficient is a quarter of that change"
    if not clear:
        return say(
            "there was no clear evidence that the difference between {pair} depended on {w}" + quarter,
            pair=pair_phrase(given, names[0], (a_last, a)),
            w=given.prose.variable(names[1]),
        )
    way = "higher" if rises else "lower"
    return say(
        f"the difference {{a_last}} − {{a}} ({{x}}) was {way} {{there}} than {{here}}{quarter}",
        a=Word(a),
        a_last=Word(a_last),
        x=given.prose.variable(names[0]),
        there=there,
        here=here,
    )
