"""Sentences on models with a family: their distribution, likelihood, and scale of the coefficients."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.text.facts import CoefficientFacts, fit_number
from mlm_steps.report.text.notation import decimals_for_size
from mlm_steps.report.text.responses import LINEAR
from mlm_steps.report.text.text import Code, Phrase, Symbol, Word, join, say

__all__ = [
    "distribution_sentence",
    "event_sentence",
    "kind_of_models",
    "likelihood_words",
    "phi_number",
    "scale_note",
    "separated_sentence",
]

PHI_DIGITS = 4
"""Significant digits of a dispersion parameter."""
LAPLACE = 1
"""Number of quadrature points that is Laplace's approximation."""


def kind_of_models(fits: Sequence[FitRecord]) -> str:
    """Return the kind of the models, such as ``linear mixed`` or ``Poisson mixed and logistic mixed``."""
    kinds = list(dict.fromkeys(words_of(fit).kind for fit in fits)) or [LINEAR.kind]
    return " and ".join((*(kind.removesuffix(" mixed") for kind in kinds[:-1]), kinds[-1]))


def likelihood_words(fit: FitRecord) -> str:
    """Return the method of estimation; for a generalized model, how its likelihood was integrated."""
    if fit.linear:
        return fit.method
    how = "Laplace approximation" if fit.agq == LAPLACE else f"adaptive quadrature with {fit.agq} points"
    return f"ML ({how})"


def event_sentence(given: ReportInput, fits: Sequence[FitRecord]) -> Phrase | None:
    """Return which level of a category counts as the event; None for other outcomes."""
    events = dict.fromkeys((fit.outcome, fit.event) for fit in fits if fit.event is not None)
    if not events:
        return None
    shown: list[Phrase] = [
        say("{y} = {event}", y=given.names.outcome(outcome), event=Word(event or ""))
        for outcome, event in events
    ]
    return say("The event is {events}.", events=join(shown, last=" and "))


def phi_number(fit: FitRecord) -> Phrase | None:
    """Return the dispersion parameter; None for a family without one."""
    phi = fit.reported.phi
    number = fit_number(fit, "phi", phi, decimals_for_size(phi, PHI_DIGITS))
    return None if number is None else (number,)


def distribution_sentence(given: ReportInput, fit: FitRecord, offsets: Sequence[str]) -> Phrase:
    """Return the distribution of the outcome given the random effects, its weights and its offset."""
    words, phi = words_of(fit), phi_number(fit)
    shown = [*offsets, *((f"log({fit.exposure})",) if fit.exposure else ())]
    event = () if fit.event is None else say(" (the event is {level})", level=Word(fit.event))
    dispersion: Phrase = ()
    if words.dispersion is not None and phi is not None:
        symbol, variance = words.dispersion
        dispersion = (f"; its variance is {variance}, with {symbol} = ", *phi)
    return say(
        "Given the random effects, {outcome}{event} has a {family} distribution{dispersion}. The {link} of "
        "its mean is linear in the predictors and random effects. Weights: {weights}; offset: {offset}.",
        outcome=given.names.outcome(fit.outcome),
        event=event,
        family=words.family,
        dispersion=dispersion,
        link=words.link,
        weights=Code(fit.weights) if fit.weights else "none",
        offset=join([(Code(text),) for text in shown], " + ") or "none",
    )


def separated_sentence(given: ReportInput, fit: FitRecord, coefficient: Coefficient) -> Phrase:
    """Return that a coefficient has no finite estimate, since the data separate the outcome."""
    return say(
        "{label}: the coefficient has no finite estimate ({symbol} = {estimate}); see the notices.",
        label=given.names.column(coefficient.column, coefficient.term),
        symbol=Symbol(coefficient.symbol),
        estimate=CoefficientFacts("fixed", fit.model, coefficient, fit.alpha).estimate,
    )


def scale_note(fits: Sequence[FitRecord]) -> Phrase | None:
    """Return the note of a table on the scale of coefficients and variances; None for linear models."""
    found = dict.fromkeys(words_of(fit) for fit in fits if not fit.linear)
    if not found:
        return None
    scales = list(dict.fromkeys(words.scale for words in found))
    ratios = dict.fromkeys(words.ratio for words in found if words.ratio is not None)
    text = f"Coefficients and random effects are on the scale of the {' and the '.join(scales)}"
    linear = any(fit.linear for fit in fits)
    text += ", except in linear models" if linear else ", which has no residual variance"
    text += "".join(
        f"; {ratio.code} is the {ratio.one}, the exponential of a coefficient" for ratio in ratios
    )
    return (f"{text}.",)
