"""Rungs whose fits are singular, doubtful or not converged, and their alternatives."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import RungAdvice
from mlm_steps.records.allfit import AllFitRecord
from mlm_steps.records.failure import Absence
from mlm_steps.records.remedies import Alternative, RemedyRecord, SingularDirection, TermDiagnosis
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_phrase
from mlm_steps.report.sentences.disputes import disputed
from mlm_steps.report.sentences.remedies import alternative_grid, change_grid, verdict_sentence
from mlm_steps.report.text.notation import MINUS, correlation, decimals_for_size, fixed
from mlm_steps.report.text.text import Code, Link, Number, Phrase, Word, join, say, source

__all__ = ["context"]

SMALL_WEIGHT = 0.05
"""Smallest absolute weight of an effect in a reported combination. Smaller weights hardly change it."""
AT_BEST = 1e-3
"""Largest distance of a criterion from the smallest one found at which the fit counts as the optimum."""
MOST_VERDICTS = 4
"""Largest number of alternatives that are told at once; the others are folded, unless there is only one."""
MOST_NAMED = 5
"""Largest number of rungs that the title of the fold names; of more, it gives the number."""
STATUS_WORDS = {"singular": "singular", "doubtful": "doubtful", "failed": "not converged", "sound": "sound"}
KEEP = (
    "None of these alternatives replaces the rung unless on_singular in the spec asks for it. It is also "
    "valid to keep the model and report that it is singular: the estimates of the fixed effects remain "
    "valid, but do not interpret single variances and correlations. "
)
AGREEING = (
    "The tests of the fixed effects also remain valid: the Satterthwaite and Kenward–Roger methods treat the "
    "boundary differently, and their results agree."
)
UNTESTED = "It was not checked whether the tests of the fixed effects depend on the boundary."
SEARCH_ON = say(
    "Before you change the model, try more evaluations, other starting values or another optimiser (all "
    "under estimation in the spec), or rescale the predictors to similar ranges."
)
SAME_MODEL = say(
    "Centring a covariate does not help here: if intercept and slope are correlated, it gives the same model."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return a card per rung, with others than the headline folded; None if all fits are sound."""
    found = given.run.result(RemedyRecord, "remedies")
    if isinstance(found, Absence):
        failure = say("The alternatives could not be fitted: {why}", why=Word(found.reason))
        return {"rungs": [], "others": [], "lead": [failure], "keep": None}
    if found is None or not found.rungs:
        return None
    headline = None if given.headline is None else given.headline.model
    shown = [rung for rung in found.rungs if rung.model == headline] or [found.rungs[-1]]
    others = [rung for rung in found.rungs if rung not in shown]
    return {
        "rungs": [_card(given, rung) for rung in shown],
        "others": [_card(given, rung) for rung in others],
        "others_title": _title(given, others),
        "lead": [],
        "keep": _keep(given, [rung.model for rung in found.rungs if rung.status == "singular"]),
    }


def _title(given: ReportInput, rungs: list[RungAdvice]) -> Phrase:
    """Return the names and states of the rungs whose cards are folded, or their number."""
    if len(rungs) > MOST_NAMED:
        return (f"{len(rungs)} other rungs whose fits are singular, doubtful or not converged",)
    named: list[Phrase] = [
        (given.names.model(rung.model), f" ({STATUS_WORDS[rung.status]})") for rung in rungs
    ]
    return ("Other rungs: ", *join(named))


def _keep(given: ReportInput, singular: list[str]) -> Phrase | None:
    """Return which results of a singular rung remain valid; None if no rung is singular."""
    if not singular:
        return None
    fits = [fit for fit in given.run.fits if fit.model in singular and fit.reported.singular]
    cases = [
        say("{x} in {model}", x=given.names.column(c.column, c.term), model=given.names.model(fit.model))
        for fit in fits
        for c in disputed(fit)
    ]
    if not cases:
        return (KEEP, AGREEING if any(fit.coefficients_other for fit in fits) else UNTESTED)
    return say(
        "{keep}The Satterthwaite and Kenward–Roger methods treat the boundary differently, and they disagree "
        "about {cases}: the larger *p* and the smaller degrees of freedom are more conservative. See {link} "
        "for both tests. The tests on which the methods agree remain valid.",
        keep=KEEP,
        cases=join(cases, last=" and "),
        link=Link("each rung in full", "rungs"),
    )


def _card(given: ReportInput, rung: RungAdvice) -> dict[str, Any]:
    words = [rung.name_of(other) for other in rung.alternatives]
    shown = _first(rung)
    verdicts = [
        (verdict_sentence(given, rung, other, word), other in shown)
        for other, word in zip(rung.alternatives, words, strict=True)
    ]
    return {
        "label": given.names.model(rung.model),
        "status": rung.status,
        "status_words": STATUS_WORDS[rung.status],
        "sentences": [
            *(s for term in rung.terms for s in _term_sentences(given, rung, term)),
            *_reasons(given, rung),
            *((SEARCH_ON,) if rung.status == "failed" else ()),
            *_optimisers(given, rung),
        ],
        "table": alternative_grid(given, rung, words),
        "verdicts": [verdict for verdict, shown in verdicts if shown],
        "more_verdicts": [verdict for verdict, shown in verdicts if not shown],
        "changes": change_grid(given, rung, words),
        "remark": SAME_MODEL if _only_correlated(rung) else None,
    }


def _first(rung: RungAdvice) -> list[Alternative]:
    """Return the alternatives that a reader should see first: those that converged, with the smallest AIC."""
    ranked = sorted(
        rung.alternatives, key=lambda other: (other.ending != "converged", other.delta_aic or 0.0)
    )
    return ranked[:MOST_VERDICTS] if len(ranked) > MOST_VERDICTS + 1 else ranked


def _term_sentences(given: ReportInput, rung: RungAdvice, term: TermDiagnosis) -> list[Phrase]:
    return [_direction_sentence(given, rung, term, direction) for direction in term.directions]


def _direction_sentence(
    given: ReportInput, rung: RungAdvice, term: TermDiagnosis, direction: SingularDirection
) -> Phrase:
    group = given.prose.units(term.group)
    place = ("singular", rung.model, term.source, "; ".join(direction.effects))
    effects = [effect_phrase(given, name) for name in direction.effects]
    if direction.kind == "zero_sd":
        return say(
            "In {term}, the estimated standard deviation of {effect} between {group} is 0.",
            term=Code(term.source), effect=effects[0], group=group,
        )  # fmt: skip
    if direction.kind == "combination":
        return say(
            "In {term}, this combination of effects does not vary between {group}: {sum}, where "
            "each effect is in units of its standard deviation.",
            term=Code(term.source), group=group, sum=_sum(direction, effects, place),
        )  # fmt: skip
    rho = direction.correlation or 0.0
    text = correlation(rho).replace("1.00", "1")
    return say(
        "In {term}, {effects} are {how} correlated over {group}, ρ = {rho}{meeting}.",
        term=Code(term.source),
        effects=join(effects, " and "),
        how="perfectly" if text.lstrip(MINUS) == "1" else "almost perfectly",
        group=group,
        rho=Number(text, source(*place, "correlation")),
        meeting=_meeting(given, direction, group, place),
    )


def _meeting(
    given: ReportInput, direction: SingularDirection, group: Phrase, place: tuple[str, ...]
) -> Phrase | None:
    if direction.crossing is None:
        return None
    number = Number(
        fixed(direction.crossing, min(decimals_for_size(direction.crossing, 3), 6)),
        source(*place, "crossing"),
    )
    return say(
        ": the lines of all {group} meet at {x} = {value}, so intercepts and slopes do not vary "
        "separately",
        group=group, x=given.prose.effect(direction.effects[1], {}), value=number,
    )  # fmt: skip


def _sum(direction: SingularDirection, effects: list[Phrase], place: tuple[str, ...]) -> Phrase:
    pieces: list[Phrase] = []
    for effect, weight in zip(effects, direction.weights, strict=True):
        if abs(weight) >= SMALL_WEIGHT:
            number = Number(fixed(abs(weight), 2), source(*place, "weights"))
            sign = ("− " if weight < 0 else "+ ") if pieces else ("−" if weight < 0 else "")
            pieces.append((sign, number, " × ", *effect))
    return join(pieces, " ")


def _reasons(given: ReportInput, rung: RungAdvice) -> list[Phrase]:
    return [say("{why}.", why=given.names.notice(reason[:1].upper() + reason[1:])) for reason in rung.reasons]


def _optimisers(given: ReportInput, rung: RungAdvice) -> list[Phrase]:
    """Return whether other optimisers confirm the optimum on the boundary."""
    record = given.run.result(AllFitRecord, "allfit")
    checked = record.rungs if isinstance(record, AllFitRecord) else ()
    verdict = next((found for found in checked if found.model == rung.model), None)
    if verdict is None:
        return []
    link = Link("Optimisers", "allfit")
    if verdict.agree:
        return [say("All optimisers end at this point ({link}).", link=link)]
    fit = next((fit for fit in given.run.fits if fit.model == rung.model), None)
    if fit is None:
        return []
    own = next(o.criterion for o in fit.optima if o.method == verdict.method)
    if all(refit.criterion is None or own - refit.criterion < AT_BEST for refit in verdict.refits):
        return [
            say("No optimiser finds a better point, but some do not find this one; see {link}.", link=link)
        ]
    return [say("An optimiser finds a better point; see {link}.", link=link)]


def _only_correlated(rung: RungAdvice) -> bool:
    """Return whether a slope is correlated and grand-mean centring is not among the alternatives."""
    slopes = any(len(term.names) > 1 for term in rung.terms)
    return slopes and not any(_is_grand(other) for other in rung.alternatives)


def _is_grand(other: Alternative) -> bool:
    return other.remedy == "center_grand"
