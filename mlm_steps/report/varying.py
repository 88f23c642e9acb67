"""How far random slopes vary between groups, said as their test and their interval have it."""

from __future__ import annotations

import math
from typing import Literal

from mlm_steps.records import FitRecord, RandomParameter
from mlm_steps.records.deletions import DeletionsRecord, RandomEffectTest
from mlm_steps.report.claims import effect_terms, fixed_curve, place_phrase
from mlm_steps.report.curves import Curve, curve_of
from mlm_steps.report.facts import LIMIT_MARKS, CoefficientFacts, random_interval, random_number
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.names import INTERCEPT
from mlm_steps.report.notation import decimals_for_se, fixed, integer, p_value, percent
from mlm_steps.report.sentences import confidence, p_phrase, reservation
from mlm_steps.report.text import Number, Phrase, say, source

__all__ = ["opposite_share", "slope_sentences"]

SMALLEST_SHARE = 0.001
NORMAL_QUANTILE = 1.96
"""Of the plausible value range that holds 95 % of the slopes (statistics, section 10)."""

Verdict = Literal["varied", "unclear", "mixed", "untested"]
CLAIMS: dict[Verdict, str] = {
    "varied": "The {slope} of {x}{where} varied between levels of {group}, {sd}{test}{range}.",
    "unclear": "The {slope} of {x}{where} showed no clear variation between levels of {group}: {sd}{test}.",
    "mixed": "The evidence that the {slope} of {x}{where} varied between levels of {group} is mixed: "
    "{sd}{test}{range}.",
    "untested": "The {slope} of {x}{where} was estimated to vary between levels of {group}, {sd}{range}.",
}


def slope_sentences(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return how far each random slope of a rung varies between groups, unless it does not at all."""
    sentences = []
    for index, term in enumerate(fit.terms):
        for name in term.names:
            sd = _deviation(fit, index, name)
            if name != INTERCEPT and sd is not None and not sd.at_boundary:
                sentences.append(_sentence(given, fit, name, sd))
    return tuple(sentences)


def _deviation(fit: FitRecord, index: int, name: str) -> RandomParameter | None:
    wanted = (parameter for parameter in fit.random if parameter.kind == "sd" and parameter.effect_2 is None)
    return next((found for found in wanted if (found.term_index, found.effect_1) == (index, name)), None)


def _sentence(given: ReportInput, fit: FitRecord, name: str, sd: RandomParameter) -> Phrase:
    test = _test(given, fit.model, sd.group, name)
    curve = _random_curve(given, fit, name, sd.group)
    return say(
        CLAIMS[_verdict(fit, sd, test)],
        slope="slope" if curve is None or curve.role == "base" else "coefficient",
        where=place_phrase(given, curve),
        x=given.names.effect(name, effect_terms(fit)),
        group=given.names.group(sd.group),
        sd=_spread(fit, sd),
        test=() if test is None else _test_phrase(fit.model, test),
        range=_range(given, fit, name, sd),
    )


def _random_curve(given: ReportInput, fit: FitRecord, name: str, group: str) -> Curve | None:
    """Return what a column is among the random effects of a grouping factor."""
    terms = effect_terms(fit)
    names = [effect for term in fit.terms if term.group == group for effect in term.names]
    return curve_of(fit.formula, name, {n: terms.get(n, given.run.factor_of(n)) for n in names})


def _test(given: ReportInput, model: str, group: str, name: str) -> RandomEffectTest | None:
    """Return the test of a rung without one slope, if there is one."""
    record = given.run.deletions
    rungs = record.rungs if isinstance(record, DeletionsRecord) else ()
    tests = (test for rung in rungs if rung.model == model for test in rung.deletions)
    own = (test for test in tests if test.group == group and name in test.effects)
    return next((test for test in own if test.p is not None), None)


def _verdict(fit: FitRecord, sd: RandomParameter, test: RandomEffectTest | None) -> Verdict:
    p = None if test is None else test.p
    says = [None if p is None else p < 1 - fit.confidence, None if sd.ci_low is None else sd.ci_low > 0]
    known = [clear for clear in says if clear is not None]
    if not known:
        return "untested"
    if all(known):
        return "varied"
    return "mixed" if any(known) else "unclear"


def _spread(fit: FitRecord, sd: RandomParameter) -> Phrase:
    interval = random_interval(fit, sd, marked=False)
    doubtful = not {sd.ci_low_code, sd.ci_high_code} <= {None, *LIMIT_MARKS}
    shown = say("*SD* = {sd}", sd=random_number(fit, sd))
    if interval is None or doubtful:
        return shown
    return (*shown, *say(", {level} CI {interval}", level=confidence(fit), interval=interval))


def _test_phrase(model: str, test: RandomEffectTest) -> Phrase:
    def number(field: str, text: str) -> Number:
        return Number(text, source("ranova", model, test.term, field))

    return say(
        "; leaving {it} out costs χ²({df}) = {statistic}, {p}",
        it="it" if len(test.effects) == 1 else "the whole term",
        df=number("df", integer(test.df)),
        statistic=number("statistic", fixed(test.statistic or 0.0, 2)),
        p=p_phrase(None if test.p is None else number(str(test.p_from), p_value(test.p))),
    )


def _range(given: ReportInput, fit: FitRecord, name: str, sd: RandomParameter) -> Phrase:
    """Return between which values most slopes are expected; nothing where their mean is no slope."""
    shown = random_number(fit, sd)
    mean = next((c for c in fit.coefficients if c.column == name and c.estimate is not None), None)
    curve = fixed_curve(fit, name)
    bent = curve is not None and curve.role != "base"
    if mean is None or shown is None or sd.estimate is None or bent:
        return ()
    facts = CoefficientFacts("fixed", fit.model, mean)
    both = f"{facts.estimate.source if facts.estimate else ''} {shown.source}"
    decimals, centre = decimals_for_se(mean.se), mean.estimate or 0.0
    return say(
        "; 95\u202f% of slopes are expected between {low} and {high}{condition}, "
        "{share} with the opposite sign",
        low=Number(fixed(centre - NORMAL_QUANTILE * sd.estimate, decimals), both),
        high=Number(fixed(centre + NORMAL_QUANTILE * sd.estimate, decimals), both),
        share=Number(_small_percent(opposite_share(centre, sd.estimate)), both),
        condition=reservation(given, fit, name),
    )


def opposite_share(centre: float, sd: float) -> float:
    """Return the share of slopes whose sign is not that of their mean, Phi(-|mean| / sd).

    Examples
    --------
    >>> round(opposite_share(-1.0, 1.0), 4), opposite_share(2.0, 0.0)
    (0.1587, 0.0)
    """
    return 0.5 * math.erfc(abs(centre) / (sd * math.sqrt(2.0))) if sd > 0 else 0.0


def _small_percent(value: float) -> str:
    return percent(value) if value >= SMALLEST_SHARE else f"fewer than {percent(SMALLEST_SHARE)}"
