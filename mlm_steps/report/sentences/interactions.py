"""Claims of coefficients of products: how a slope or a difference depends on another predictor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.records.effects import SimpleSlopes, SlopeAt
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coding import FactorText, coding_of
from mlm_steps.report.sentences.curves import Curve
from mlm_steps.report.sentences.differences import pair_phrase, sized
from mlm_steps.report.sentences.effects import PrintedNumbers, effects_of, plain_value, slope_keys
from mlm_steps.report.sentences.on_outcome import slope_ratio
from mlm_steps.report.sentences.outcomes import ratio_number, subject_of, words_of
from mlm_steps.report.sentences.settings import at_level, two_values, versus
from mlm_steps.report.sentences.sum_contrasts import sum_product_claim
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.notation import MINUS
from mlm_steps.report.text.running import singular
from mlm_steps.report.text.text import Number, Phrase, Word, join, say

__all__ = ["product_claim", "step_of"]

COUNTS: Mapping[int, str] = {3: "three", 4: "four", 5: "five"}
"""Numbers of factors of an interaction in words."""
SAME = 1e-6
"""Slopes whose difference is within this relative distance of a coefficient differ by it: all are rounded
double numbers."""


def step_of(given: ReportInput, name: str, label: Phrase) -> Phrase:
    """Return what one more unit of a number is, as ``each additional year of age``."""
    unit = given.names.unit(name)
    if unit is None:
        return say("each additional unit of {x}", x=label)
    return say("each additional {unit} of {x}", unit=Word(singular(unit)), x=label)


def product_claim(
    given: ReportInput,
    fit: FitRecord,
    coefficient: Coefficient,
    factors: tuple[FactorText, ...],
    curve: Curve | None,
    *,
    clear: bool,
) -> Phrase:
    """Return the claim of a coefficient of a product; ``clear`` tells whether its test supports it."""
    if len(factors) > 2:
        return _of_many(given, factors, clear=clear)
    focal, moderator = _focal_first(fit, factors)
    if curve is not None and curve.role != "base":
        other = moderator if curve.stem == focal[0] else focal
        return _of_curve(given, fit, other, curve, clear=clear)
    coded = sum_product_claim(given, fit, coefficient, (focal, moderator), clear=clear)
    if coded is not None:
        return coded
    if _is_slope_at_level(fit, focal, moderator):
        return _slope_at_level(given, fit, coefficient, focal, moderator, clear=clear)
    if not clear:
        return _no_moderation(given, fit, focal, moderator)
    what, w = _effect_phrase(given, fit, focal), given.prose.column(moderator[1], moderator[0])
    changed = _changed(given, fit, coefficient, focal, moderator)
    return changed or say("{what} depended on {w}", what=what, w=w)


def _of_many(given: ReportInput, factors: tuple[FactorText, ...], *, clear: bool) -> Phrase:
    """Return the claim of a product of more than two factors."""
    names = join([given.prose.column(text, stem) for stem, text in factors], last=" and ")
    ways = COUNTS.get(len(factors), str(len(factors)))
    evidence = "clear evidence" if clear else "no clear evidence"
    return say(f"there was {evidence} of a {ways}-way interaction of {{names}}", names=names)


def _of_curve(given: ReportInput, fit: FitRecord, other: FactorText, curve: Curve, *, clear: bool) -> Phrase:
    """Return whether a curve depends on another predictor."""
    return say(
        "the curve of {y} over {v} depended on {w}"
        if clear
        else "there was no clear evidence that the curve of {y} over {v} depended on {w}",
        y=subject_of(given, fit).phrase,
        v=given.prose.several(list(curve.variables)),
        w=given.prose.column(other[1], other[0]),
    )


def _effect_phrase(given: ReportInput, fit: FitRecord, focal: FactorText) -> Phrase:
    """Return what a moderator changes: the slope of a number, or the difference of two levels."""
    pair = _pair(given, fit, focal)
    if pair is not None:
        return say("the difference between {pair}", pair=pair_phrase(given, _name(focal), pair))
    noun = "slope" if coding_of(given, fit, focal).kind == "number" else "effect"
    return say(f"the {noun} of {{x}}", x=given.prose.column(focal[1], focal[0]))


def _pair(given: ReportInput, fit: FitRecord, factor: FactorText) -> tuple[str, str] | None:
    """Return the level that a column compares and its reference; None for numbers and other contrasts."""
    coding = coding_of(given, fit, factor)
    level = factor[1].removeprefix(factor[0])
    if coding.kind == "treatment" and level in coding.levels[1:]:
        return level, coding.levels[0]
    return None


def _name(factor: FactorText) -> str:
    return factor[0].strip("`")


def _no_moderation(given: ReportInput, fit: FitRecord, focal: FactorText, moderator: FactorText) -> Phrase:
    what, pair = _effect_phrase(given, fit, focal), _pair(given, fit, moderator)
    on = () if fit.linear else say(" on the scale of the {scale}", scale=words_of(fit).scale)
    name = _name(moderator)
    if pair is not None and len(coding_of(given, fit, moderator).levels) > 2:
        levels = pair_phrase(given, name, pair)
        return say(
            "there was no clear evidence that {what} differed between {levels}{on}",
            what=what,
            levels=levels,
            on=on,
        )
    w = given.prose.variable(name) if pair else given.prose.column(moderator[1], moderator[0])
    return say("there was no clear evidence that {w} moderated {what}{on}", w=w, what=what, on=on)


def _changed(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, focal: FactorText, moderator: FactorText
) -> Phrase | None:
    """Return how large a slope or difference is at one value of a moderator against another."""
    name = _name(moderator)
    slopes = _slopes(given, fit, focal, name)
    numeric = moderator[0] == moderator[1] and coding_of(given, fit, moderator).kind == "number"
    pair = two_values(given, name) if numeric else _pair(given, fit, moderator)
    if pair is None and not numeric:
        return None
    size = _size(given, fit, coefficient)
    if size is None:
        return None
    what = _what(given, fit, focal)
    if pair is None:
        ends = [_end(fit, slopes, at.value) for at in _outer(slopes)]
        values = [at.slope.estimate for at in _outer(slopes)[::-1]] or [None, None]
        template = f"{{what}} was {{size}}{_way(fit, values, coefficient, focal)} for {{step}}{{along}}"
        step, along = step_of(given, name, given.prose.variable(name)), _along(slopes, ends)
        return say(template, what=what, size=size, step=step, along=along)
    there, here = versus(given, name, *pair)
    keys = [float(value.replace(MINUS, "-")) for value in pair] if numeric else pair
    slopes = slopes if _accounts(slopes, keys, coefficient) else None
    ends = [_end(fit, slopes, value) for value in keys]
    way = _way(fit, [_value(slopes, value) for value in keys], coefficient, focal)
    return say(
        f"{{what}} was {{size}}{way} {{there}}{{a}} {'than' if fit.linear else 'as'} {{here}}{{b}}",
        what=what, size=size, there=there, here=here, a=_bracket(ends[0]), b=_bracket(ends[1]),
    )  # fmt: skip


def _accounts(slopes: SimpleSlopes | None, values: Sequence[str | float], coefficient: Coefficient) -> bool:
    """Return whether the slopes at two values differ by the coefficient times the distance of the values.

    They do not if the coefficient also stands for a dropped column.
    """
    there, here = (_value(slopes, value) for value in values)
    if there is None or here is None or coefficient.estimate is None:
        return False
    first, last = values
    steps = first - last if isinstance(first, float) and isinstance(last, float) else 1.0
    change = coefficient.estimate * steps
    return abs(there - here - change) <= SAME * max(abs(there), abs(here), abs(change))


def _size(given: ReportInput, fit: FitRecord, coefficient: Coefficient) -> Phrase | None:
    """Return the size of a change, or the ratio of two ratios of a generalized model."""
    if not fit.linear:
        ratio = ratio_number(fit, coefficient)
        return None if ratio is None else (ratio, " times")
    estimate = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate
    return None if estimate is None else sized(given, fit, estimate)


def _what(given: ReportInput, fit: FitRecord, focal: FactorText) -> Phrase:
    """Return what changes: a slope, a difference, or the ratio that they are in a generalized model."""
    ratio = words_of(fit).ratio
    if ratio is None:
        return _effect_phrase(given, fit, focal)
    return say(f"the {ratio.one} of {{x}}", x=given.prose.column(focal[1], focal[0]))


def _slopes(given: ReportInput, fit: FitRecord, focal: FactorText, moderator: str) -> SimpleSlopes | None:
    """Return the slopes along a moderator that depend on nothing else; None if there are none."""
    pair = _pair(given, fit, focal)
    contrast = None if pair is None else f"{pair[0]} - {pair[1]}"
    for found in effects_of(given).slopes:
        key = (found.model, found.focal, found.focal_contrast, found.moderator)
        if key == (fit.model, _name(focal), contrast, moderator) and not found.conditions:
            return found
    return None


def _outer(slopes: SimpleSlopes | None) -> tuple[SlopeAt, ...]:
    """Return the slopes at the two outermost values of a numeric moderator."""
    if slopes is None or slopes.moderator_kind != "number" or len(slopes.slopes) < 2:
        return ()
    ordered = sorted(slopes.slopes, key=lambda at: float(at.value))
    return ordered[0], ordered[-1]


def _value(slopes: SimpleSlopes | None, value: str | float) -> float | None:
    if slopes is None:
        return None
    return next((at.slope.estimate for at in slopes.slopes if at.value == value), None)


def _end(fit: FitRecord, slopes: SimpleSlopes | None, value: str | float) -> Number | None:
    """Return the slope, or its ratio, at one value of a moderator."""
    at = None if slopes is None else next((at for at in slopes.slopes if at.value == value), None)
    if slopes is None or at is None:
        return None
    if not fit.linear:
        return slope_ratio(slopes, at)
    shown = PrintedNumbers(at.slope, (*slope_keys(slopes), value), "slope").estimate
    return shown if isinstance(shown, Number) else None


def _bracket(number: Number | None) -> Phrase | None:
    return None if number is None else (" (", number, ")")


def _along(slopes: SimpleSlopes | None, ends: list[Number | None]) -> Phrase | None:
    """Return the slopes at a low and a high value of a numeric moderator in parentheses."""
    places = _outer(slopes)
    if not places or None in ends:
        return None
    shown = [
        say("{n} at {value}", n=end, value=plain_value(at.value))
        for end, at in zip(ends, places, strict=True)
    ]
    return (" (", *join(shown, last=" and "), ")")


def _way(fit: FitRecord, values: Sequence[float | None], coefficient: Coefficient, focal: FactorText) -> str:
    """Return how the first of two slopes or differences compares with the second one."""
    if not fit.linear:
        return " as high"
    there, here = values
    if there is None or here is None or there * here <= 0:
        return " higher" if (coefficient.estimate or 0.0) > 0 else " lower"
    larger = abs(there) > abs(here)
    if focal[0] == focal[1]:
        return " steeper" if larger else " flatter"
    return " larger" if larger else " smaller"


def _focal_first(fit: FitRecord, factors: tuple[FactorText, ...]) -> tuple[FactorText, FactorText]:
    """Return the focal factor and the moderator of a product: the lower level first, then numbers first."""
    levels = {(c.term, fit.name_of_r(c.column)): str(c.level) for c in fit.coefficients}
    known = all(factor in levels for factor in factors)
    low, high = sorted(factors, key=lambda factor: (levels[factor] if known else "", factor[0] != factor[1]))
    return low, high


def _is_slope_at_level(fit: FitRecord, focal: FactorText, moderator: FactorText) -> bool:
    """Return whether a product is the slope at one level of a category: the slope itself has no column."""
    columns = {(c.term, fit.name_of_r(c.column)) for c in fit.coefficients}
    return focal[0] == focal[1] and moderator[0] != moderator[1] and focal not in columns


def _slope_at_level(
    given: ReportInput,
    fit: FitRecord,
    coefficient: Coefficient,
    focal: FactorText,
    moderator: FactorText,
    *,
    clear: bool,
) -> Phrase:
    sign = "positive" if (coefficient.estimate or 0.0) > 0 else "negative"
    on = () if fit.linear else say(" on the scale of the {scale}", scale=words_of(fit).scale)
    return say(
        f"the slope of {{x}} was {sign} {{place}}{{on}}"
        if clear
        else "there was no clear evidence of a slope of {x} {place}{on}",
        place=at_level(given, _name(moderator), moderator[1].removeprefix(moderator[0])),
        x=given.prose.column(focal[1], focal[0]),
        on=on,
    )
