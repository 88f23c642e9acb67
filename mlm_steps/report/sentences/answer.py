"""The answer of a report in one sentence, for every kind of headline rung."""

from __future__ import annotations

from mlm_steps.records import FitRecord, TermTest
from mlm_steps.records.effects import FactorMeans, LevelMean
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.claims import claim
from mlm_steps.report.sentences.coefficients import confidence, null_sentence, setting_of
from mlm_steps.report.sentences.comparisons import term_words
from mlm_steps.report.sentences.disputes import dispute_of, dispute_phrase
from mlm_steps.report.sentences.effects import PrintedNumbers, plain_value
from mlm_steps.report.sentences.generalized import separated_sentence
from mlm_steps.report.sentences.key_effect import KeyEffect
from mlm_steps.report.sentences.outcomes import ratio_interval, ratio_number, words_of
from mlm_steps.report.sentences.settings import at_level
from mlm_steps.report.text.facts import CoefficientFacts, p_phrase
from mlm_steps.report.text.notation import degrees_of_freedom, fixed, p_value
from mlm_steps.report.text.text import (
    Code,
    Number,
    Phrase,
    Symbol,
    Word,
    capital,
    join,
    plain_text,
    say,
    source,
)

__all__ = [
    "answer_sentence",
    "effect_interval",
    "effect_value",
    "joint_phrase",
    "joint_remark",
    "term_phrase",
]

MOST_MEANS = 4
"""Most means that the answer lists; of more, the lowest and the highest, so that it stays one sentence."""


def answer_sentence(given: ReportInput, effect: KeyEffect | None) -> Phrase | None:
    """Return what the headline rung says about its key effect; None if no rung has reliable results."""
    if effect is None:
        return null_sentence(given) if given.headline is not None else None
    coefficient = effect.coefficient
    if coefficient is None or effect.factorial:
        return _term_sentence(given, effect)
    if coefficient.code == "separation":
        return separated_sentence(given, effect.fit, coefficient)
    claimed = claim(given, effect.fit, coefficient, clear=effect.clear)
    place, interval = setting_of(given, effect.fit, coefficient.column), effect_interval(effect)
    estimate = CoefficientFacts("fixed", effect.fit.model, coefficient, effect.fit.alpha).estimate
    ratio, words = ratio_number(effect.fit, coefficient), words_of(effect.fit).ratio
    parts: list[Phrase] = []
    if ratio is not None and words is not None:
        of_ratios = "ratio of " if len(effect.variables) > 1 else ""
        parts += [] if ratio in claimed else [(f"{of_ratios}{words.code} = ", ratio)]
    elif estimate not in claimed:
        parts.append(_estimate(coefficient.symbol, estimate))
    parts += [] if interval is None else [interval]
    return capital(
        say(
            "{where}{claim}{size}.",
            where=(*place, ", ") if place else None,
            claim=claimed,
            size=None if not parts else _apart(claimed, join(parts)),
        )
    )


def _apart(claimed: Phrase, numbers: Phrase) -> Phrase:
    """Return numbers in parentheses; after a comma if the claim itself ends with some."""
    if plain_text(claimed).endswith(")"):
        return (", ", *numbers)
    return (" (", *numbers, ")")


def _estimate(symbol: str, estimate: Number | None) -> Phrase:
    """Return an estimate with its sign, which the claim tells in words alone."""
    return () if estimate is None else (Symbol(symbol) if symbol else "estimate", " = ", estimate)


def effect_value(effect: KeyEffect) -> Phrase:
    """Return the size of the effect: its ratio or its estimate, or the statistic of its joint test."""
    coefficient = effect.coefficient
    if coefficient is None:
        found = effect.test
        return () if found is None else _statistic(effect.fit, found)[-1:]
    ratio = ratio_number(effect.fit, coefficient)
    if ratio is not None:
        return (ratio,)
    estimate = CoefficientFacts("fixed", effect.fit.model, coefficient, effect.fit.alpha).estimate
    return () if estimate is None else (estimate,)


def effect_interval(effect: KeyEffect) -> Phrase | None:
    """Return the interval of the effect, or of its ratio, with its level; None without an interval."""
    fit, coefficient = effect.fit, effect.coefficient
    if coefficient is None:
        return None
    ratio = ratio_interval(fit, coefficient)
    ci = ratio or CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).ci
    return None if ci is None else say("{level} CI {ci}", level=confidence(fit), ci=ci)


def term_phrase(given: ReportInput, effect: KeyEffect) -> Phrase:
    """Return the label of the effect: that of its coefficient, or those of the variables of its term."""
    column = effect.term if effect.coefficient is None else effect.coefficient.column
    found = given.names.column(column, effect.term)
    coded = any(isinstance(piece, Code) for piece in found)
    return capital(term_words(given, effect.fit, effect.term)) if coded else found


def joint_phrase(fit: FitRecord, test: TermTest) -> Phrase:
    """Return the joint test of a term with its p value, such as ``F(2, 30) = 4.1, p = .027``."""
    p = joint_p(fit, test)
    return (*_statistic(fit, test), *((", ", *p) if p else ()))


def joint_remark(fit: FitRecord, test: TermTest) -> Phrase:
    """Return the name of the statistic of a joint test, and its p value."""
    name, p = _statistic(fit, test)[:-2], joint_p(fit, test)
    return join([part for part in ((*name, ")") if name else (), p) if part])


def joint_p(fit: FitRecord, test: TermTest) -> Phrase:
    """Return the p value of a joint test; nothing without one."""
    if test.p is None:
        return ()
    return p_phrase(Number(p_value(test.p, fit.alpha), source("anova", fit.model, test.term, "p")))


def _statistic(fit: FitRecord, test: TermTest) -> Phrase:
    def number(column: str, text: str) -> Number:
        return Number(text, source("anova", fit.model, test.term, column))

    num_df = number("num_df", str(test.num_df))
    if test.chisq is not None:
        return say("χ²({df}) = {value}", df=num_df, value=number("chisq", fixed(test.chisq, 2)))
    if test.statistic is None:
        return ()
    den: Number | str = "∞"
    if test.den_df is not None:
        den = number("den_df", degrees_of_freedom(test.den_df))
    return say("*F*({df}, {den}) = {value}", df=num_df, den=den, value=number("F", fixed(test.statistic, 2)))


def _term_sentence(given: ReportInput, effect: KeyEffect) -> Phrase:
    """Return the joint test of a factor or of an interaction first, then its means."""
    found = effect.test
    test: Phrase = ()
    if found is not None:
        test = (" (", *joint_phrase(effect.fit, found), *_other_test(effect.fit, found), ")")
    y = given.prose.outcome(effect.fit.outcome)
    if not effect.fit.linear:
        y = say(words_of(effect.fit).mean, y=y)
    means = _means(given, effect)
    if len(effect.variables) > 1:
        template = "{x} interacted in their association with {y}{test}{means}."
        if not effect.clear:
            template = "there was no clear evidence of an interaction of {x}{test}{means}."
    else:
        template = "{y} differed with {x}{test}{means}."
        if not effect.clear:
            template = "there was no clear evidence that {y} differed with {x}{test}{means}."
    x = given.prose.several(sorted(effect.variables, key=effect.term.find))
    return capital(say(template, x=x, y=y, test=test, means=means))


def _other_test(fit: FitRecord, test: TermTest) -> Phrase:
    """Return the test by the other degrees of freedom if the two disagree; the safer decides the claim."""
    found = dispute_of(fit, test)
    return () if found is None else dispute_phrase(found)


def _means(given: ReportInput, effect: KeyEffect) -> Phrase:
    """Return the estimated means, or the lowest and the highest of many; nothing without means."""
    found = effect.means
    if found is None or not effect.fit.linear:
        return ()
    known = sorted(
        (mean for mean in found.means if mean.test.estimate is not None), key=lambda m: m.test.estimate or 0.0
    )
    if not known:
        return ()
    unit = given.names.unit(effect.fit.outcome)
    units = (" ", Word(unit)) if unit else ()
    shown = known if len(known) <= MOST_MEANS else [known[0], known[-1]]
    listed: list[Phrase] = [
        say(
            "{mean}{units} {where}",
            mean=_mean(found, mean.level),
            units=units if mean is shown[0] else None,
            where=_where(given, found, mean),
        )
        for mean in shown
    ]
    if shown is known:
        return say(": the estimated means were {means}", means=join(listed, last=" and "))
    return say(": the estimated means ranged from {low} to {high}", low=listed[0], high=listed[1])


def _where(given: ReportInput, found: FactorMeans, mean: LevelMean) -> Phrase:
    """Return the level of a mean as a place; of several factors, their levels."""
    if len(found.factors) == 1 and isinstance(mean.level, str):
        return at_level(given, found.factor, mean.level)
    return say("at {level}", level=plain_value(mean.level))


def _mean(found: FactorMeans, level: str | float) -> Phrase:
    mean = next(each for each in found.means if each.level == level)
    held = "; ".join(f"{each.variable}={each.value}" for each in found.conditions)
    return (PrintedNumbers(mean.test, ("means", found.model, found.factor, held, level), "mean").estimate,)
