"""Claims of coefficients that are the difference of two levels of a category."""

from __future__ import annotations

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coding import FactorText, coding_of
from mlm_steps.report.sentences.outcomes import ratio_number, subject_of
from mlm_steps.report.sentences.settings import members, shown_level, versus
from mlm_steps.report.text.facts import CoefficientFacts
from mlm_steps.report.text.notation import MINUS
from mlm_steps.report.text.text import Number, Phrase, Word, say

__all__ = ["difference_claim", "no_difference", "pair_phrase", "sized", "step_claim"]


def difference_claim(
    given: ReportInput, fit: FitRecord, coefficient: Coefficient, factor: FactorText, *, clear: bool
) -> Phrase | None:
    """Return the claim of a coefficient of successive differences; None for other contrasts."""
    coding = coding_of(given, fit, factor)
    pairs = zip(coding.levels[1:], coding.levels, strict=False) if coding.kind == "sdif" else ()
    suffix = factor[1].removeprefix(factor[0])
    pair = next((pair for pair in pairs if suffix == f"{pair[0]}-{pair[1]}"), None)
    if pair is None:
        return None
    return step_claim(given, fit, coefficient, factor[0].strip("`"), pair, clear=clear)


def step_claim(
    given: ReportInput,
    fit: FitRecord,
    coefficient: Coefficient,
    variable: str,
    pair: tuple[str, str],
    *,
    clear: bool,
) -> Phrase | None:
    """Return the claim of a coefficient that is the difference of a level and another one.

    Without a ratio, as for probit, only the direction is stated.
    """
    facts = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha)
    subject, ratio = subject_of(given, fit), ratio_number(fit, coefficient)
    if facts.estimate is None:
        return None
    if not clear:
        return no_difference(given, fit, variable, pair)
    there, here = versus(given, variable, *pair)
    higher = "higher" if (coefficient.estimate or 0.0) > 0 else "lower"
    if fit.linear:
        template = "{y} was {size} {higher} {there} than {here}"
        size = sized(given, fit, facts.estimate)
        return say(template, y=subject.phrase, size=size, higher=higher, there=there, here=here)
    how = (higher,) if ratio is None else (ratio, " times as high")
    return say(
        "{y} {was} {how} {there} {as_} {here}",
        y=subject.phrase,
        was=subject.verb,
        how=how,
        there=there,
        as_="than" if ratio is None else "as",
        here=here,
    )


def sized(given: ReportInput, fit: FitRecord, number: Number) -> Phrase:
    """Return the size of a difference with the unit of the outcome."""
    unit = given.names.unit(fit.outcome)
    value = None if number.value is None else abs(number.value)
    shown = Number(number.text.lstrip(MINUS), number.source, value)
    return (shown, " ", Word(unit)) if unit else (shown,)


def no_difference(given: ReportInput, fit: FitRecord, variable: str, pair: tuple[str, str]) -> Phrase:
    """Return that there is no clear evidence of a difference between two levels."""
    return say(
        "there was no clear evidence of a difference in {y} between {pair}",
        y=subject_of(given, fit).phrase,
        pair=pair_phrase(given, variable, pair),
    )


def pair_phrase(given: ReportInput, variable: str, pair: tuple[str, str]) -> Phrase:
    """Return two levels of a category as ``Catholic schools and public schools``."""
    nouns = [members(given, variable, level) for level in pair]
    if nouns[0] is not None and nouns[1] is not None:
        return (*nouns[0], " and ", *nouns[1])
    a, b = map(shown_level, pair)
    numeric = isinstance(a, str)
    template = "{x} = {a} and {x} = {b}" if numeric else "{a} and {b} ({x})"
    return say(template, a=a, b=b, x=given.prose.variable(variable))
