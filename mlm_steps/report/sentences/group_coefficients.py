"""Coefficients of the groups: their range, their reliability, and the dimensions in which they vary."""

from __future__ import annotations

from mlm_steps.records import FitRecord
from mlm_steps.records.random_effects import RandomCoefficient, RandomComponents
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import effect_terms
from mlm_steps.report.sentences.random_slopes import range_number
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import decimals_for_spread, fixed, integer, percent, share
from mlm_steps.report.text.text import Number, Phrase, join, say, source

__all__ = ["component_sentences", "intercept_sentences", "reliability_sentences"]


def intercept_sentences(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return the range of the intercepts of each factor without random slopes, on the scale of the link."""
    alone = [term.group for term in fit.terms if term.names != (INTERCEPT,)]
    rows = [
        row
        for row in fit.random_coefficients
        if row.effect == INTERCEPT and row.low is not None and row.group not in alone
    ]
    return tuple(_intercept(given, fit, row) for row in rows)


def _intercept(given: ReportInput, fit: FitRecord, row: RandomCoefficient) -> Phrase:
    low, high = row.low or 0.0, row.high or 0.0
    decimals = decimals_for_spread(row.sd)
    return say(
        "The intercepts of 95\u202f% of {group} are expected between {low} and {high}{scale}.",
        group=given.prose.units(row.group),
        low=range_number(fit, row, "low", fixed(low, decimals)),
        high=range_number(fit, row, "high", fixed(high, decimals)),
        scale=None if fit.linear else f" on the {fit.link} scale",
    )


def reliability_sentences(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return the mean reliabilities of the groups' coefficients in one sentence (statistics, section 10)."""
    known = [row for row in fit.random_coefficients if row.reliability is not None]
    if not known:
        return ()
    own = [
        say(
            "{value} for {what} ({n})",
            value=range_number(fit, row, "reliability", share(row.reliability or 0.0, 2)),
            what=_name(given, fit, row),
            n=range_number(fit, row, "n_reliable", integer(row.n_reliable or 0)),
        )
        for row in known
    ]
    predicted: list[Phrase] = [
        (range_number(fit, row, "eb_reliability", share(row.eb_reliability, 2)),) for row in known
    ]
    return (
        say(
            "The mean reliability of the least-squares coefficients of {group} is {own}; that of the "
            "predicted coefficients is {predicted}.",
            group=given.prose.units(known[0].group),
            own=join(own, last=" and "),
            predicted=join(predicted, last=" and "),
        ),
    )


def _name(given: ReportInput, fit: FitRecord, row: RandomCoefficient) -> Phrase:
    if row.effect == INTERCEPT:
        return ("the intercepts",)
    return say("the slopes of {x}", x=given.prose.effect(row.effect, effect_terms(fit)))


def component_sentences(given: ReportInput, fit: FitRecord) -> tuple[Phrase, ...]:
    """Return how many dimensions the random effects of each term vary in, and what can be simplified."""
    whole = {row.group for row in fit.random_components if row.term_index is None}
    return tuple(
        _components(given, fit, row)
        for row in fit.random_components
        if len(row.effects) > 1
        and row.outcome_shares is not None
        and (row.term_index is None or row.group not in whole)
    )


def _components(given: ReportInput, fit: FitRecord, row: RandomComponents) -> Phrase:
    k, rank = len(row.effects), row.effective_rank
    index = "" if row.term_index is None else row.term_index
    shares = [
        Number(percent(value), source("random_pca", fit.model, index, row.group, number + 1, "outcome_share"))
        for number, value in enumerate(row.outcome_shares or ())
    ]
    shown = say(
        "The {k} principal components of the random effects of {group} account for {shares} of the variance "
        "that these give to the outcome",
        k=str(k),
        group=given.prose.units(row.group),
        shares=join([(number,) for number in shares], last=" and "),
    )
    rest = k - rank
    if not rest:
        return (*shown, "; none is negligible.")
    which = "The last one is" if rest == 1 else f"The last {rest} are"
    if fit.reported.terms[row.term_index or 0].singular and row.term_index is not None:
        end = (
            f". {which} without variance: the effects vary in {rank} rather than {k} dimensions, and the "
            "term has more parameters than the data support."
        )
    else:
        end = (
            f". {which} small: a term with fewer random effects would predict the outcome almost as well. "
            "The tests of leaving out single effects show whether it would also fit as well."
        )
    return (*shown, end)
