"""The first screen: what to act on, the answer, the rungs, the key figure, and the numbers to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import Coefficient, FitRecord, Icc
from mlm_steps.records.spelling import split_product
from mlm_steps.report.drawing import key_drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.actions import actions
from mlm_steps.report.sentences.answer import (
    answer_sentence,
    effect_interval,
    effect_value,
    joint_phrase,
    joint_remark,
    term_phrase,
)
from mlm_steps.report.sentences.coefficients import coefficient_sentence, effect_terms, null_sentence
from mlm_steps.report.sentences.generalized import kind_of_models, likelihood_words
from mlm_steps.report.sentences.key_effect import KeyEffect, joint_test, key_effect
from mlm_steps.report.sentences.outcomes import outcome_phrase, words_of
from mlm_steps.report.sentences.variance import level_sentence
from mlm_steps.report.standard.checklist import answers
from mlm_steps.report.tables.cards import Card, cards
from mlm_steps.report.tables.hypotheses import hypothesis_grid
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import percent
from mlm_steps.report.text.text import Link, Number, Phrase, join, say, source

__all__ = ["context"]

MOST_SENTENCES = 5
"""Largest number of sentences below the answer, so that it is read at once; the tables hold everything."""
MOST_CARDS = 8
"""Largest number of cards that are all shown; of more rungs, those far from the headline are in a fold."""
CARDS_BEFORE = 4
"""Number of cards before that of the headline rung that are shown of a long ladder."""
NO_RESULTS = say("No rung has reliable results, so that there is no answer to report.")


@dataclass(frozen=True, slots=True)
class Tile:
    """A number to know: its name, its value, and a remark."""

    name: Phrase
    value: Phrase
    remark: Phrase


def context(given: ReportInput) -> dict[str, Any]:
    """Return the first screen, the hypotheses, and at most five sentences."""
    effect = key_effect(given)
    ladder = cards(given)
    shown, folded = _split(ladder)
    answer = answer_sentence(given, effect)
    return {
        "actions": actions(given),
        "answer": NO_RESULTS if given.headline is None else answer,
        "ladder": ladder,
        "cards": shown,
        "folded": folded,
        "figure": key_drawing(given),
        "tiles": _tiles(given, effect),
        "hypotheses": hypothesis_grid(given),
        "sentences": _sentences(given, effect),
    }


def _split(found: list[Card]) -> tuple[list[Card], list[Card]]:
    """Return the cards that are shown and those in a fold; of a long ladder, those near the headline."""
    if len(found) <= MOST_CARDS:
        return found, []
    at = next((i for i, card in enumerate(found) if card.headline), len(found) - 1)
    near = {0, *range(at - CARDS_BEFORE, at - CARDS_BEFORE + MOST_CARDS - 1)}
    shown = [card for i, card in enumerate(found) if i in near]
    return shown, [card for i, card in enumerate(found) if i not in near]


def _tiles(given: ReportInput, effect: KeyEffect | None) -> list[Tile]:
    found = (_variance_tile(given), _sample_tile(given), _effect_tile(given, effect), _gap_tile(given))
    return [tile for tile in found if tile is not None]


def _variance_tile(given: ReportInput) -> Tile | None:
    """Return the share of variance between groups, of the null model or else of the headline rung."""
    fit = given.null or given.headline
    record = None if fit is None else given.variance(fit.model)
    if fit is None or record is None:
        return None
    icc = next((row for row in record.icc if row.kind == "adjusted" and row.group is None), None)
    if icc is None or icc.value is None:
        return None
    levels = [row for row in record.icc if row.kind == "level_share" and row.value is not None]
    groups = dict.fromkeys(term.group for term in fit.terms)
    between = join([given.prose.units(name) for name in groups], last=" and ")
    remark = say(
        "of the {what} lies between {groups}{shares}",
        what="variance" if fit is given.null else "variance beyond the fixed effects",
        groups=between,
        shares=_shares(given, fit, levels) if len(levels) > 1 else None,
    )
    name = "Variance between groups"
    return Tile((name,), (_percent(fit.model, icc),), remark)


def _shares(given: ReportInput, fit: FitRecord, levels: list[Icc]) -> Phrase:
    listed: list[Phrase] = [
        (_percent(fit.model, row), " ", *given.prose.units(row.group or "")) for row in levels
    ]
    return (": ", *join(listed))


def _percent(model: str, icc: Icc) -> Number:
    return Number(percent(icc.value or 0.0), source("icc", model, icc.group or "", icc.kind, "value"))


def _sample_tile(given: ReportInput) -> Tile:
    profile = given.run.data_profile
    groups: list[Phrase] = [
        (profile_number(f.n_levels, "factor", f.name, "n_levels"), " ", *given.prose.units(f.name))
        for f in profile.factors
    ]
    name = given.prose.observations
    return Tile(
        ("Sample",),
        (profile_number(profile.rows, "rows"),),
        (*name, *((" in ", *join(groups, last=" and ")) if groups else ())),
    )


def _effect_tile(given: ReportInput, effect: KeyEffect | None) -> Tile | None:
    if effect is None:
        return None
    label = term_phrase(given, effect)
    interval = effect_interval(effect)
    test = effect.test
    remark = interval or ()
    ratio = words_of(effect.fit).ratio
    if effect.coefficient is None and test is not None:
        remark = joint_remark(effect.fit, test)
    elif ratio is not None and effect.coefficient is not None and effect.coefficient.exp_estimate is not None:
        name = ratio.one if len(effect.variables) == 1 else f"ratio of {ratio.many}"
        remark = (f"{name}; ", *remark)
    return Tile(label, effect_value(effect), remark)


def _gap_tile(given: ReportInput) -> Tile:
    states = [answer.status for answer in answers(given)]
    gaps, filled = states.count("gap"), states.count("filled")
    return Tile(
        ("Left to write",),
        (Number(str(gaps), "checklist:gap"),),
        say(
            "{noun} of the {link} to fill; {filled} are filled",
            noun="item" if gaps == 1 else "items",
            link=Link("reporting checklist", "checklist"),
            filled=Number(str(filled), "checklist:filled"),
        ),
    )


def _sentences(given: ReportInput, effect: KeyEffect | None) -> list[Phrase]:
    """Return what was fitted, how the variance divides, and what the other terms of the headline say."""
    first = [_lead(given), None if effect is None else level_sentence(given) or null_sentence(given)]
    kept = [sentence for sentence in first if sentence is not None]
    return [*kept, *_findings(given, effect, MOST_SENTENCES - len(kept))]


def _findings(given: ReportInput, effect: KeyEffect | None, most: int) -> list[Phrase]:
    """Return a sentence on each other term of the headline rung; on many, the joint tests in one."""
    if effect is None or effect.fit is not given.headline:
        return []
    terms: dict[str, list[Coefficient]] = {}
    for c in effect.fit.coefficients:
        if c.column != INTERCEPT and c.estimate is not None and c.term != effect.term:
            terms.setdefault(c.term, []).append(c)
    fit = effect.fit
    several = [
        term
        for term, found in terms.items()
        if len(found) > 1 or (_in_factorial(effect, term) and _coded(fit, found))
    ]
    single = [found[0] for term, found in terms.items() if term not in several]
    room = most - bool(several)
    sentences = [coefficient_sentence(given, fit, c) for c in single[max(len(single) - room, 0) :]]
    found = [sentence for sentence in sentences if sentence is not None]
    tests = _joint_sentence(given, fit, several)
    return found if tests is None else [tests, *found]


def _in_factorial(effect: KeyEffect, term: str) -> bool:
    """Return whether the answer is told by tests of terms, and a coefficient of the term tells a part only.

    Beside a factor of many levels, a factor of two levels outside products is told by its difference.
    """
    if effect.factorial or effect.coefficient is not None:
        return effect.factorial
    own = set(split_product(term))
    return any(own < set(split_product(c.term)) for c in effect.fit.coefficients) or len(own) > 1


def _coded(fit: FitRecord, found: list[Coefficient]) -> bool:
    """Return whether a term codes categories and has a joint test, so that the test stands for it."""
    factors = [pair for c in found for pair in column_factors(fit.name_of_r(c.column), c.term)]
    return all(stem != text for stem, text in factors) and joint_test(fit, found[0].term) is not None


def _joint_sentence(given: ReportInput, fit: FitRecord, terms: list[str]) -> Phrase | None:
    """Return the joint tests of the terms of several coefficients in one sentence."""
    tests = [(term, joint_test(fit, term)) for term in terms]
    listed: list[Phrase] = [
        say("{label}, {test}", label=given.names.column(term, term), test=joint_phrase(fit, test))
        for term, test in tests
        if test is not None
    ]
    if not listed:
        return None
    noun = "The joint test of another term" if len(listed) == 1 else "The joint tests of the other terms"
    return say(f"{noun}: {{tests}}.", tests=join(listed, "; "))


def _lead(given: ReportInput) -> Phrase | None:
    """Return what was fitted to what, and the structure of the headline rung."""
    fit = given.headline
    if fit is None:
        return None
    count = Number(str(len(given.run.fits)), "counts:rungs")
    name = given.names.model(fit.model)
    alone = len(given.run.fits) == 1
    which = (
        say("The only model, {name},", name=name)
        if alone
        else say("Of {n} models, {name}", n=count, name=name)
    )
    return say(
        "{which} is a {kind} model of {outcome} with {random}; it was estimated by {method}.",
        which=which,
        kind=kind_of_models([fit]),
        outcome=outcome_phrase(given, fit),
        random=_random_part(given, fit),
        method=likelihood_words(fit),
    )


def _random_part(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return the random effects in words, by grouping factor."""
    terms = effect_terms(fit)
    parts: list[Phrase] = []
    for group in dict.fromkeys(term.group for term in fit.terms):
        names = [name for term in fit.terms if term.group == group for name in term.names]
        slopes = [given.prose.effect(name, terms) for name in names if name != INTERCEPT]
        pieces: list[Phrase] = [("random intercepts",)] if INTERCEPT in names else []
        if slopes:
            pieces.append(("slopes of " if pieces else "random slopes of ", *join(slopes, last=" and ")))
        what = join(pieces, last=" and ")
        parts.append(say("{what} for {units}", what=what, units=given.prose.units(group)))
    return join(parts, last=" and ")
