"""How much random slopes vary between groups, worded by their tests and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlm_steps.records import Coefficient, FitRecord, RandomParameter
from mlm_steps.records.deletions import DeletionsRecord, Heterogeneity, RandomEffectTest
from mlm_steps.records.random_effects import RandomCoefficient
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.claims import curve_setting, effect_terms, fixed_curve
from mlm_steps.report.sentences.coefficients import confidence, setting_of
from mlm_steps.report.sentences.comparisons import mixture_words
from mlm_steps.report.sentences.curves import Curve, curve_of
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.sentences.settings import slope_noun
from mlm_steps.report.text.facts import (
    LIMIT_MARKS,
    p_phrase,
    random_interval,
    random_number,
)
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import (
    decimals_for_se,
    decimals_for_spread,
    fixed,
    integer,
    p_value,
    percent,
)
from mlm_steps.report.text.text import Number, Phrase, say, source

__all__ = ["disagreement_sentences", "range_number", "range_of", "slope_sentences", "small_percent"]

SMALLEST_SHARE = 0.001
"""Smaller shares of slopes with the opposite sign are given as a bound, since they would print as 0.0 %."""

Verdict = Literal["varied", "unclear", "mixed", "spread", "untested", "singular"]
CLAIMS: dict[Verdict, str] = {
    "varied": "The {slope} of {x}{where} varied between {group}, {sd}{test}{range}{why}.",
    "unclear": "There was no clear evidence that the {slope} of {x}{where} varied between {group}: "
    "{sd}{test}{why}.",
    "mixed": "The evidence that the {slope} of {x}{where} varied between {group} is mixed: "
    "{sd}{test}{range}{why}.",
    "spread": "Between {group}, the {slope} of {x}{where} had {sd}{range}.",
    "singular": "In this singular fit, the {slope} of {x}{where} has {sd} between {group}{test}{range}{why}. "
    "The data do not support variation separate from that of the other random effects.",
    "untested": "The {slope} of {x}{where} was estimated to vary between {group}, {sd}{test}{range}{why}.",
}


JOINT = ". The first test is joint: it also covers the covariances of the slope with the other random effects"
DISAGREEING = (
    ". The two tests of this variance disagree: HLM’s test uses only groups in which a slope can be "
    "estimated, weighted by their precision"
)


@dataclass(frozen=True, slots=True)
class _Tests:
    """The test by removal of one slope, and HLM's test of its variance; None if there is no such test."""

    left_out: RandomEffectTest | None
    spread: Heterogeneity | None

    @property
    def p_values(self) -> list[float]:
        """The available p values."""
        tests = (self.left_out, self.spread)
        return [test.p for test in tests if test is not None and test.p is not None]

    def disagree(self, alpha: float) -> bool:
        """Return whether one of the tests is clear and the other is not."""
        return len({p < alpha for p in self.p_values}) > 1


def slope_sentences(given: ReportInput, fit: FitRecord, *, tests: bool = True) -> tuple[Phrase, ...]:
    """Return a sentence on the variation of each random slope whose variance is not on the boundary.

    Without ``tests``, it has the verdict, the standard deviation and the range, but not the tests.
    """
    sentences = []
    for index, term in enumerate(fit.terms):
        for name in term.names:
            sd = _deviation(fit, index, name)
            if name != INTERCEPT and sd is not None and not sd.at_boundary:
                sentences.append(_sentence(given, fit, index, name, sd, tests=tests))
    return tuple(sentences)


def disagreement_sentences(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return a sentence on each variance that is clear by one of its tests and not by the other."""
    found = []
    for term in fit.terms:
        for name in term.names:
            tests = _tests(given, fit, term.group, name)
            if tests.disagree(fit.alpha):
                found.append(_disagreement(given, fit, tests, (term.group, name)))
    return tuple(found)


def _disagreement(given: ReportInput, fit: FitRecord, tests: _Tests, of: tuple[str, str]) -> Phrase:
    group, name = of
    noun = slope_noun(given, name)
    what = (
        ("the intercepts",)
        if name == INTERCEPT
        else say(f"the {noun}s of {{x}}", x=given.prose.effect(name, effect_terms(fit)))
    )
    return say(
        "The tests of whether {what} varied between {group} disagree{tests}{why}.",
        what=what,
        group=given.prose.units(group),
        tests=_after_colon(_test_phrase(fit, tests, group, name)),
        why=_joint_evidence(fit, tests),
    )


def _deviation(fit: FitRecord, index: int, name: str) -> RandomParameter | None:
    wanted = (parameter for parameter in fit.random if parameter.kind == "sd" and parameter.effect_2 is None)
    return next((found for found in wanted if (found.term_index, found.effect_1) == (index, name)), None)


def _after_colon(tests: Phrase) -> Phrase:
    """Return the tests as an explanation; in the sentence on a slope they follow other numbers."""
    first, *rest = tests
    return (str(first).replace("; ", ": ", 1), *rest)


def _sentence(
    given: ReportInput, fit: FitRecord, index: int, name: str, sd: RandomParameter, *, tests: bool
) -> Phrase:
    known = _tests(given, fit, sd.group, name)
    verdict, singular = _verdict(fit, sd, known), fit.reported.terms[index].singular
    if verdict == "mixed" and not tests and known.disagree(fit.alpha):
        verdict = "spread"  # the disagreement has a sentence of its own beside the tests
    curve = _random_curve(given, fit, name, sd.group)
    place = curve_setting(given, curve)
    return say(
        CLAIMS["singular" if singular else verdict],
        slope=slope_noun(given, name) if curve is None or curve.role == "base" else "coefficient",
        where=(" ", *place) if place else None,
        x=given.prose.effect(name, effect_terms(fit)),
        group=given.prose.units(sd.group),
        sd=_spread(fit, sd),
        test=_test_phrase(fit, known, sd.group, name) if tests else (),
        range=() if verdict == "unclear" else _range(given, fit, name, sd),
        why=_joint_evidence(fit, known) if tests else (),
    )


def _random_curve(given: ReportInput, fit: FitRecord, name: str, group: str) -> Curve | None:
    """Return the role of a column among the random effects of a grouping factor."""
    terms = effect_terms(fit)
    names = [effect for term in fit.terms if term.group == group for effect in term.names]
    return curve_of(fit.formula, name, {n: terms.get(n, given.run.factor_of(n)) for n in names})


def _tests(given: ReportInput, fit: FitRecord, group: str, name: str) -> _Tests:
    """Return the available tests of one random slope of a rung."""
    record = given.run.result(DeletionsRecord, "deletions")
    rungs = record.rungs if isinstance(record, DeletionsRecord) else ()
    own = [rung for rung in rungs if rung.model == fit.model]
    left_out = (t for rung in own for t in rung.deletions if t.group == group and name in t.effects)
    spreads = (t for rung in own for t in rung.heterogeneity if (t.group, t.effect) == (group, name))
    return _Tests(
        next((test for test in left_out if test.p is not None), None),
        next((test for test in spreads if test.p is not None), None),
    )


def _verdict(fit: FitRecord, sd: RandomParameter, tests: _Tests) -> Verdict:
    """Return the joint verdict of tests and interval; the evidence is mixed if one of them disagrees."""
    says = [p < fit.alpha for p in tests.p_values]
    if sd.ci_low is not None:
        says.append(sd.ci_low > 0 and sd.ci_low_code != "boundary")
    if not says:
        return "untested"
    if all(says):
        return "varied"
    return "mixed" if any(says) else "unclear"


def _spread(fit: FitRecord, sd: RandomParameter) -> Phrase:
    interval = random_interval(fit, sd, marked="words")
    doubtful = not {sd.ci_low_code, sd.ci_high_code} <= {None, *LIMIT_MARKS}
    scale = None if fit.linear else f" on the scale of the {words_of(fit).scale}"
    shown = say("*SD* = {sd}{scale}", sd=random_number(fit, sd), scale=scale)
    if interval is None or doubtful:
        return shown
    return (*shown, *say(", {level} CI {interval}", level=confidence(fit), interval=interval))


def _test_phrase(fit: FitRecord, tests: _Tests, group: str, name: str) -> Phrase:
    """Return the increase of the criterion without the slope, its p value and the null distribution."""
    test, spread = tests.left_out, tests.spread
    phrase: Phrase = ()
    if test is not None:
        what = (fit.model, test.term)
        phrase = say(
            "; removing {it} raised the {criterion} by {statistic} ({how}, {p})",
            it=_removed(test),
            criterion="deviance" if fit.method == "ML" else "REML criterion",
            statistic=_number("ranova", what, "statistic", fixed(test.statistic or 0.0, 2)),
            p=p_phrase(_number("ranova", what, str(test.p_from), p_value(test.p or 0.0, fit.alpha))),
            how=_distribution(fit, test),
        )
    if spread is not None and tests.disagree(fit.alpha):
        place = (fit.model, group, name)
        phrase += say(
            "; HLM’s test of the variance alone gave χ²({df}) = {statistic}, {p}",
            df=_number("heterogeneity", place, "df", integer(spread.df or 0)),
            statistic=_number("heterogeneity", place, "statistic", fixed(spread.statistic or 0.0, 2)),
            p=p_phrase(_number("heterogeneity", place, "p", p_value(spread.p or 0.0, fit.alpha))),
        )
    return phrase


def _number(table: str, keys: tuple[str, ...], field: str, text: str) -> Number:
    return Number(text, source(table, *keys, field))


def _removed(test: RandomEffectTest) -> str:
    if len(test.effects) > 1:
        return "the whole term"
    covariances = test.df - 1
    if not covariances:
        return "the slope variance"
    return f"the slope variance and its {'covariance' if covariances == 1 else f'{covariances} covariances'}"


def _distribution(fit: FitRecord, test: RandomEffectTest) -> Phrase:
    """Return the null distribution of the p value: exact, a mixture, or a naive χ²."""
    mixture = mixture_words(test.mixture)
    if test.p_from == "p_rlrt":
        return ("exact RLRT",)
    if test.p_from == "p_boundary" and mixture is not None:
        return mixture
    df = _number("ranova", (fit.model, test.term), "df", integer(test.df))
    return ("naive χ²(", df, ")")


def _joint_evidence(fit: FitRecord, tests: _Tests) -> Phrase:
    """Return why the test by removal and the test of the variance alone disagree."""
    test = tests.left_out
    if test is None or not tests.disagree(fit.alpha):
        return ()
    return (JOINT if test.df > 1 else DISAGREEING,)


def _range(given: ReportInput, fit: FitRecord, name: str, sd: RandomParameter) -> Phrase:
    """Return the range of 95 % of the slopes; nothing if their mean is not a slope."""
    mean = next((c for c in fit.coefficients if c.column == name and c.estimate is not None), None)
    spread = range_of(fit, sd.term_index, name)
    curve = fixed_curve(fit, name)
    bent = curve is not None and curve.role != "base"
    if mean is None or spread is None or bent:
        return ()
    if words_of(fit).ratio is not None:
        return _ratio_range(given, fit, mean, spread)
    decimals = decimals_for_se(mean.se)
    return say(
        "; {condition}95\u202f% of slopes are expected between {low} and {high}, {share} with the opposite "
        "sign",
        low=range_number(fit, spread, "low", fixed(spread.low or 0.0, decimals)),
        high=range_number(fit, spread, "high", fixed(spread.high or 0.0, decimals)),
        share=range_number(fit, spread, "share_opposite", small_percent(spread.share_opposite or 0.0)),
        condition=_condition(given, fit, name),
    )


def _condition(given: ReportInput, fit: FitRecord, name: str) -> Phrase:
    place = setting_of(given, fit, name)
    return (*place, ", ") if place else ()


def range_of(fit: FitRecord, index: int | None, name: str) -> RandomCoefficient | None:
    """Return the range of a random coefficient; None if it has no mean, or an infinite one."""
    rows = (row for row in fit.random_coefficients if (row.term_index, row.effect) == (index, name))
    found = next(rows, None)
    return None if found is None or found.low is None else found


def range_number(fit: FitRecord, row: RandomCoefficient, field: str, text: str) -> Number:
    """Return a number of the ``random_coefficients`` table."""
    return Number(text, source("random_coefficients", fit.model, row.term_index, row.effect, field))


def _ratio_range(given: ReportInput, fit: FitRecord, mean: Coefficient, spread: RandomCoefficient) -> Phrase:
    """Return the range of 95 % of the ratios, such as odds ratios, of the levels of a grouping factor."""
    ratio = words_of(fit).ratio
    if ratio is None or spread.exp_range is None:
        return ()
    low, high = spread.exp_range
    return say(
        "; {condition}95\u202f% of the {ratios} are expected between {low} and {high}, {share} on the other "
        "side of 1",
        ratios=ratio.many,
        low=range_number(fit, spread, "exp_low", fixed(low, decimals_for_spread(low))),
        high=range_number(fit, spread, "exp_high", fixed(high, decimals_for_spread(high))),
        share=range_number(fit, spread, "share_opposite", small_percent(spread.share_opposite or 0.0)),
        condition=_condition(given, fit, mean.column),
    )


def small_percent(value: float) -> str:
    """Return a share in percent, as a bound if it would print as 0."""
    return percent(value) if value >= SMALLEST_SHARE else f"fewer than {percent(SMALLEST_SHARE)}"
