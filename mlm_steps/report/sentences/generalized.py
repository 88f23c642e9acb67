"""Sentences on models with a family: their distribution, likelihood and coefficients on the link scale."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import confidence, reservation
from mlm_steps.report.text.facts import CoefficientFacts, fit_number, p_phrase
from mlm_steps.report.text.notation import decimals_for_size, fixed
from mlm_steps.report.text.text import Code, Number, Phrase, Symbol, Word, join, say, source

__all__ = ["distribution_sentence", "kind_of_models", "likelihood_words", "link_sentence", "scale_note"]

FAMILIES = {
    "binomial": "binomial",
    "poisson": "Poisson",
    "negative_binomial": "negative binomial",
    "gamma": "gamma",
}
LINKS = {"logit": "logit", "probit": "probit", "cloglog": "complementary log-log", "log": "log"}
RATIOS = {"OR": "odds ratio", "IRR": "incidence rate ratio", "HR": "hazard ratio", "ratio": "ratio of means"}
DISPERSIONS = {
    "negative_binomial": "; its variance is μ + μ²/φ, with φ = {phi}",
    "gamma": "; its variance is μ²/ν, with ν = {phi}",
}
RATIO_DIGITS = 3
"""Significant digits of ratios such as odds ratios."""


def kind_of_models(fits: Sequence[FitRecord]) -> str:
    """Return ``linear mixed``, ``generalized linear mixed``, or ``mixed`` for models of both kinds."""
    kinds = {fit.linear for fit in fits}
    if kinds == {False}:
        return "generalized linear mixed"
    return "linear mixed" if kinds in ({True}, set()) else "mixed"


def likelihood_words(fit: FitRecord) -> str:
    """Return the method of estimation; for a generalized model, how its likelihood was integrated."""
    if fit.linear:
        return fit.method
    how = "Laplace approximation" if fit.agq == 1 else f"adaptive quadrature with {fit.agq} points"
    return f"ML ({how})"


def distribution_sentence(given: ReportInput, fit: FitRecord, offsets: Sequence[str]) -> Phrase:
    """Return the distribution of the outcome given the random effects, its weights and its offset."""
    shown = [*offsets, *((f"log({fit.exposure})",) if fit.exposure else ())]
    event = () if fit.event is None else say(" (the event is {level})", level=Word(fit.event))
    dispersion = DISPERSIONS.get(fit.family)
    phi = fit_number(fit, "phi", fit.reported.phi, decimals_for_size(fit.reported.phi, RATIO_DIGITS + 1))
    return say(
        "Given the random effects, {outcome}{event} has a {family} distribution{dispersion}; the {link} of "
        "its mean is linear. The coefficients are on the scale of this link. Weights: {weights}; offset: "
        "{offset}.",
        outcome=given.names.outcome(fit.outcome),
        event=event,
        family=FAMILIES[fit.family],
        dispersion=() if dispersion is None or phi is None else say(dispersion, phi=phi),
        link=LINKS[fit.link],
        weights=Code(fit.weights) if fit.weights else "none",
        offset=join([(Code(text),) for text in shown], " + ") or "none",
    )


def link_sentence(given: ReportInput, fit: FitRecord, coefficient: Coefficient) -> Phrase | None:
    """Return a coefficient on the scale of the link, and its exponential if that has a meaning."""
    facts = CoefficientFacts("fixed", fit.model, coefficient, fit.alpha)
    if coefficient.estimate is None or facts.estimate is None:
        return None
    label = given.names.column(coefficient.column, coefficient.term)
    if coefficient.code == "separation":
        text = "{label}: the coefficient has no finite estimate ({symbol} = {estimate}); see the notices."
        return say(text, label=label, symbol=Symbol(coefficient.symbol), estimate=facts.estimate)
    return say(
        "{label}{where}: {symbol} = {estimate} on the scale of the {link}, *SE* = {se}{ci}{statistic}{p}"
        "{ratio}.",
        label=label,
        where=reservation(given, fit, coefficient.column),
        symbol=Symbol(coefficient.symbol),
        estimate=facts.estimate,
        link=LINKS[fit.link],
        se=facts.se or "not estimable",
        ci=None if facts.ci is None else say(", {level} CI {ci}", level=confidence(fit), ci=facts.ci),
        statistic=_statistic(facts),
        p=None if facts.p is None else (", ", *p_phrase(facts.p)),
        ratio=_ratio(fit, coefficient),
    )


def _statistic(facts: CoefficientFacts) -> Phrase | None:
    if facts.statistic is None:
        return None
    if facts.df is None:
        return say(", *z* = {z}", z=facts.statistic)
    return say(", *t*({df}) = {t}", df=facts.df, t=facts.statistic)


def _ratio(fit: FitRecord, coefficient: Coefficient) -> Phrase | None:
    """Return the exponential of a coefficient and its interval."""

    def number(field: str, value: float | None) -> Number | None:
        if value is None:
            return None
        text = fixed(value, max(0, decimals_for_size(value, RATIO_DIGITS)))
        return Number(text, source("fixed", fit.model, coefficient.column, field))

    estimate = number("exp_estimate", coefficient.exp_estimate)
    low, high = number("exp_low", coefficient.exp_low), number("exp_high", coefficient.exp_high)
    if coefficient.exp_kind is None or estimate is None:
        return None
    interval = None if low is None or high is None else say(" [{low}, {high}]", low=low, high=high)
    kind = RATIOS.get(coefficient.exp_kind, coefficient.exp_kind)
    return say("; {kind} {estimate}{interval}", kind=kind, estimate=estimate, interval=interval)


def scale_note(fits: Sequence[FitRecord]) -> Phrase | None:
    """Return the note of a table on the scale of coefficients and variances; None for linear models."""
    scales = dict.fromkeys((fit.family, fit.link) for fit in fits if not fit.linear)
    if not scales:
        return None
    words: list[Phrase] = [(f"{LINKS[link]} ({FAMILIES[family]} models)",) for family, link in scales]
    return say(
        "Coefficients, variances and standard deviations of models with a family are on the scale of the "
        "link: {links}. Their likelihood has no residual variance, and no REML criterion.",
        links=join(words, last=" and "),
    )
