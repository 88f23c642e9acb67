"""The association between predictor and outcome that a coefficient estimates, in words."""

from __future__ import annotations

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coding import (
    Coding,
    FactorText,
    coding_of,
    difference_claim,
    sum_claim,
    sum_product_claim,
)
from mlm_steps.report.sentences.curves import Curve, curve_of
from mlm_steps.report.sentences.outcomes import ratio_number, subject_of, words_of
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import MINUS
from mlm_steps.report.text.text import Number, Phrase, Piece, Word, join, say

__all__ = ["claim", "effect_terms", "fixed_curve", "place_phrase"]


def effect_terms(fit: FitRecord) -> dict[str, str]:
    """Return the term of each column of fixed and random effects."""
    random = {name: label for term in fit.terms for name, label in zip(term.names, term.labels, strict=False)}
    return random | {coefficient.column: coefficient.term for coefficient in fit.coefficients}


def fixed_curve(fit: FitRecord, name: str) -> Curve | None:
    """Return the role of a column among the fixed effects that are functions of the same variable."""
    terms = {c.column: c.term for c in fit.coefficients if c.estimate is not None}
    return curve_of(fit.formula, name, terms) if name in terms else None


def place_phrase(given: ReportInput, curve: Curve | None, word: str = " where") -> Phrase:
    """Return the place of a linear term beside its powers, ``where Age is 0``; nothing for other terms."""
    if curve is None or not (curve.role == "base" or curve.higher):
        return ()
    return say("{word} {x} is 0", word=word, x=given.names.column(curve.base, curve.base))


def claim(given: ReportInput, fit: FitRecord, coefficient: Coefficient, *, clear: bool) -> Phrase:
    """Return the claim of a coefficient without its test; ``clear`` tells whether the test supports it."""
    outcome = subject_of(given, fit).phrase
    label = given.names.column(coefficient.column, coefficient.term)
    rises = (coefficient.estimate or 0.0) > 0
    factors = _factors(fit, coefficient)
    curve = fixed_curve(fit, coefficient.column)
    if len(factors) > 1:
        return _product_claim(given, fit, coefficient, curve, clear=clear)
    if curve is not None and curve.role == "bend":
        verb = ("curves " + ("upwards" if rises else "downwards")) if clear else "showed no clear curvature"
        return say("The line of {y} over {v} {verb}", y=outcome, v=_over(given, curve), verb=verb)
    if curve is not None and curve.role == "part":
        return _part_claim(given, label, outcome, curve)
    coded = sum_claim(given, fit, coefficient, factors[0], clear=clear) if factors else None
    if coded is None and factors:
        coded = difference_claim(given, fit, coefficient, factors[0], clear=clear)
    if coded is not None:
        return coded
    if not clear:
        return say("There was no clear association between {x} and {y}", x=label, y=outcome)
    sized = _sized_claim(given, fit, coefficient, factors[0], rises=rises) if factors and not curve else None
    if sized is not None:
        return sized
    how = "positively" if rises else "negatively"
    return say("{x} was {how} associated with {y}", x=label, how=how, y=outcome)


def _sized_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, *, rises: bool
) -> Phrase | None:
    """Return the claim of a number or of a level in units of the outcome; None for other contrasts."""
    estimate = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate
    coding, unit = coding_of(given, fit, factor), given.names.unit(fit.outcome)
    if not fit.linear:
        return _ratio_claim(given, fit, coefficient, factor, coding)
    stem, text = factor
    level = text.removeprefix(stem)
    if estimate is None or (coding.kind == "number") == bool(level):
        return None
    parts: dict[str, Piece | Phrase] = {
        "size": Number(estimate.text.lstrip(MINUS), estimate.source),
        "units": Word(unit) if unit else "units",
        "y": given.names.outcome(fit.outcome),
        "x": given.names.variable(stem.strip("`")),
    }
    if coding.kind == "number":
        return say(
            "Each additional unit of {x} was associated with {size} {more} {units} of {y}",
            more="more" if rises else "fewer",
            **parts,
        )
    if not _has_reference(fit, coding, level):
        return None
    return say(
        "{y} was {size} {units} {higher} for {x} = {level} than for {reference}",
        higher="higher" if rises else "lower",
        level=Word(level),
        reference=Word(coding.levels[0]),
        **parts,
    )


def _has_reference(fit: FitRecord, coding: Coding, level: str) -> bool:
    """Return whether a coefficient compares a level with the first one of its category."""
    has_intercept = any(c.column == INTERCEPT for c in fit.coefficients)
    return coding.kind == "treatment" and has_intercept and level in coding.levels[1:]


def _ratio_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, coding: Coding
) -> Phrase | None:
    """Return the claim of a number or of a level of a generalized model; None for other contrasts.

    Without a ratio, as for probit, only the direction is stated.
    """
    subject, ratio = subject_of(given, fit), ratio_number(fit, coefficient)
    stem, text = factor
    level = text.removeprefix(stem)
    x, rises = given.names.variable(stem.strip("`")), (coefficient.estimate or 0.0) > 0
    if (coding.kind == "number") == bool(level):
        return None
    if coding.kind == "number":
        template = "Each additional {unit} of {x} was associated with {size} times {y}"
        unit = given.names.unit(stem.strip("`"))
        step = (Word(unit),) if unit and unit[:1].isdigit() else ("unit",)
        return None if ratio is None else say(template, unit=step, x=x, size=ratio, y=subject.phrase)
    if not _has_reference(fit, coding, level):
        return None
    how = ("higher" if rises else "lower",) if ratio is None else (ratio, " times as high")
    return say(
        "{y} {was} {how} for {x} = {level} {as_} for {reference}",
        y=subject.start,
        was=subject.verb,
        how=how,
        level=Word(level),
        as_="than" if ratio is None else "as",
        reference=Word(coding.levels[0]),
        x=x,
    )


def _factors(fit: FitRecord, coefficient: Coefficient) -> tuple[tuple[str, str], ...]:
    """Return the factors of a column, each as written in the term and with its level."""
    return column_factors(fit.name_of_r(coefficient.column), coefficient.term)


def _over(given: ReportInput, curve: Curve) -> Phrase:
    return join([given.names.variable(name) for name in curve.variables], last=" and ")


def _part_claim(given: ReportInput, label: Phrase, outcome: Phrase, curve: Curve) -> Phrase:
    return say(
        "{x} is one of several terms that form the curve of {y} over {v}; its coefficient alone is not a "
        "slope",
        x=label,
        y=outcome,
        v=_over(given, curve),
    )


def _product_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, curve: Curve | None, *, clear: bool
) -> Phrase:
    names, factors = given.names, _factors(fit, coefficient)
    rises = (coefficient.estimate or 0.0) > 0
    if len(factors) > 2:
        label = names.column(coefficient.column, coefficient.term)
        verb = ("positive" if rises else "negative") if clear else "not clear"
        return say("The interaction {x} was {verb}", x=label, verb=verb)
    focal, moderator = _focal_first(fit, factors)
    if curve is not None and curve.role != "base":
        other = moderator if curve.stem == focal[0] else focal
        verb = "moderated" if clear else "showed no clear moderation of"
        return say(
            "{w} {verb} the curve over {v}",
            w=names.column(other[1], other[0]),
            verb=verb,
            v=_over(given, curve),
        )
    coded = sum_product_claim(given, fit, coefficient, (focal, moderator), clear=clear)
    if coded is not None:
        return coded
    x, w = (names.column(text, stem) for stem, text in (focal, moderator))
    on = () if fit.linear else say(" on the scale of the {scale}", scale=words_of(fit).scale)
    if _is_slope_at_level(fit, focal, moderator):
        sign = ("positive" if rises else "negative") if clear else "not clearly different from 0"
        return say("The slope of {x} at {w} was {sign}{on}", x=x, w=w, sign=sign, on=on)
    what = "slope" if coding_of(given, fit, focal).kind == "number" else "effect"
    if coefficient.level == "cross":
        verb = "moderated" if clear else "showed no clear moderation of"
        return say(f"{{w}} {{verb}} the {what} of {{x}}{{on}}", w=w, verb=verb, x=x, on=on)
    if not clear:
        return say(f"The {what} of {{x}} showed no clear change with {{w}}{{on}}", x=x, w=w, on=on)
    verb = "rose" if rises else "fell"
    return say(f"The {what} of {{x}} {{verb}} with {{w}}{{on}}", x=x, verb=verb, w=w, on=on)


def _focal_first(
    fit: FitRecord, factors: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the focal factor and the moderator of a product: the lower level first, then numbers first."""
    levels = {(c.term, fit.name_of_r(c.column)): str(c.level) for c in fit.coefficients}
    known = all(factor in levels for factor in factors)
    low, high = sorted(factors, key=lambda factor: (levels[factor] if known else "", factor[0] != factor[1]))
    return low, high


def _is_slope_at_level(fit: FitRecord, focal: tuple[str, str], moderator: tuple[str, str]) -> bool:
    """Return whether a product is the slope at one level of a category: the slope itself has no column."""
    columns = {(c.term, fit.name_of_r(c.column)) for c in fit.coefficients}
    return focal[0] == focal[1] and moderator[0] != moderator[1] and focal not in columns
