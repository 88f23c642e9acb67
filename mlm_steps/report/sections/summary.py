"""The sample, the final rung, its findings and the cautions."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import FitRecord
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.checks import concern_sentence
from mlm_steps.report.sentences.coefficients import (
    boundary_sentences,
    coefficient_sentence,
    effect_terms,
    null_sentence,
)
from mlm_steps.report.sentences.comparisons import FAILED, comparison_sentence
from mlm_steps.report.sentences.context import blend_sentences
from mlm_steps.report.sentences.disputes import disputed
from mlm_steps.report.sentences.fits import status_words
from mlm_steps.report.sentences.generalized import event_sentence, kind_of_models, likelihood_words
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.sentences.variance import level_sentence
from mlm_steps.report.standard.checklist import gap_sentence
from mlm_steps.report.text.facts import DF_METHODS, df_words, fit_number, profile_number
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.text import Code, Link, Number, Phrase, Word, join, say
from mlm_steps.report.titles import section_link

__all__ = ["context"]

MOST_FINDINGS = 12
"""Largest number of coefficients with a sentence in the summary, to keep it short; the tables hold all."""


def context(given: ReportInput) -> dict[str, Any]:
    """Return the abstract, the findings and the state of the checklist."""
    final = given.headline
    return {
        "lead": _lead(given),
        "final": None if final is None else _final(given, final),
        "blends": blend_sentences(given),
        "findings": [] if final is None else _findings(given, final),
        "cautions": _cautions(given),
        "gaps": gap_sentence(given),
    }


def _lead(given: ReportInput) -> Phrase:
    profile = given.run.data_profile
    units: list[Phrase] = [
        say("{n} groups ({group})", n=profile_number(f.n_levels, "factor", f.name, "n_levels"),
            group=given.names.group(f.name))
        for f in profile.factors
    ]  # fmt: skip
    outcomes = dict.fromkeys(fit.outcome for fit in given.run.fits)
    event = event_sentence(given, given.run.fits)
    levels = level_sentence(given)
    return say(
        "{levels}This report covers {models} {kind} {noun} of {outcome}, fitted to the same {rows} "
        "observations in {units}.{event}",
        models=str(len(given.run.fits)),
        kind=kind_of_models(given.run.fits),
        noun="model" if len(given.run.fits) == 1 else "models",
        outcome=join([_with_unit(given, name) for name in outcomes], last=" and ") or "the outcome",
        rows=profile_number(profile.rows, "rows"),
        units=join(units, last=" and ") or "no groups",
        event=() if event is None else (" ", *event),
        levels=() if levels is None else (*levels, " "),
    )


def _with_unit(given: ReportInput, name: str) -> Phrase:
    unit = given.names.unit(name)
    return (*given.names.outcome(name), *((" (", Word(unit), ")") if unit else ()))


def _final(given: ReportInput, fit: FitRecord) -> Phrase:
    return say(
        "{which} is {model}, {formula}, with {random}; it was estimated by {method} with {npar} "
        "parameters, and its fixed effects are tested {df}. {status}",
        which=_which(given, fit),
        model=given.names.model(fit.model),
        formula=Code(fit.formula),
        random=_random_part(given, fit),
        method=likelihood_words(fit),
        npar=fit_number(fit, "npar", fit.npar),
        df=_df_method(fit),
        status=status_words(fit),
    )


def _which(given: ReportInput, fit: FitRecord) -> str:
    """Return how to name the rung of the findings: the final rung, or the last rung with results."""
    missing = {*given.run.failed, *(other.model for other in given.run.unreliable)}
    names = list(given.formulas)
    later = names[names.index(fit.model) + 1 :] if fit.model in names else []
    return "The last rung with results" if missing.intersection(later) else "The final rung"


def _df_method(fit: FitRecord) -> str:
    method = next((c.df_method for c in fit.coefficients), "")
    return df_words(DF_METHODS.get(method, method))


def _random_part(given: ReportInput, fit: FitRecord) -> Phrase:
    terms = effect_terms(fit)
    parts: list[Phrase] = []
    for group in dict.fromkeys(term.group for term in fit.terms):
        names = [name for term in fit.terms if term.group == group for name in term.names]
        slopes = [given.names.effect(name, terms) for name in names if name != INTERCEPT]
        pieces: list[Phrase] = [("random intercepts",)] if INTERCEPT in names else []
        if slopes:
            pieces.append(("random slopes of ", *join(slopes, last=" and ")))
        parts.append(
            say("{what} for {group}", what=join(pieces, last=" and "), group=given.names.group(group))
        )
    return join(parts, "; ")


def _findings(given: ReportInput, final: FitRecord) -> list[Phrase]:
    coefficients = [c for c in final.coefficients if c.column != INTERCEPT and not c.dropped]
    sentences = [coefficient_sentence(given, final, c) for c in coefficients[:MOST_FINDINGS]]
    null = null_sentence(given) if level_sentence(given) is None else None  # the lead has the shares
    found = [sentence for sentence in (null, *sentences) if sentence is not None]
    found += slope_sentences(given, final)
    last = [record for record in given.run.comparisons if record.larger == final.model]
    found += [comparison_sentence(given, record) for record in last if record.refused != FAILED]
    if len(coefficients) > MOST_FINDINGS:
        rest = len(coefficients) - MOST_FINDINGS
        verb = "coefficient is" if rest == 1 else "coefficients are"
        found.append((f"{rest} more {verb} listed in the table of ", Link("the ladder", "ladder"), "."))
    return found


def _disputes(final: FitRecord) -> list[Phrase]:
    """Return a caution if the methods for degrees of freedom disagree in a singular fit."""
    doubtful = disputed(final)
    if not doubtful:
        return []
    count = Number(str(len(doubtful)), f"counts:disputed:{final.model}")
    return [
        say(
            "The fit is singular. For {n} of its coefficients, the Satterthwaite and Kenward–Roger methods "
            "disagree about the degrees of freedom or the *p* value; both are reported, and the more "
            "conservative one is named. Slopes and means from the same covariance matrix are equally "
            "uncertain.",
            n=count,
        )
    ]


def _cautions(given: ReportInput) -> list[Phrase]:
    final = given.headline
    link = Link("the notices", "notices")
    cautions: list[Phrase] = [] if final is None else list(boundary_sentences(given, final))
    if cautions:
        advice = section_link("remedies")
        cautions.append(say("See {link} for alternative models and how well they fit.", link=advice))
    cautions += [] if final is None else _disputes(final)
    cautions += [
        say("{model} was not fitted as declared; see {link}.", model=given.names.model(fit.model), link=link)
        for fit in given.run.fits
        if fit.deviation is not None
    ]
    cautions += [
        say(
            "The search for the optimum of {model} did not converge. No finding, test or comparison uses "
            "this rung; see {link}.",
            model=given.names.model(fit.model),
            link=Link("each rung in full", "rungs"),
        )
        for fit in given.run.unreliable
    ]
    cautions += [
        say("{model} could not be completed; see {link}.", model=given.names.model(model), link=link)
        for model in given.run.failed
    ]
    concerns = concern_sentence(given)
    if concerns is not None:
        cautions.append(concerns)
    count = _warnings(given)
    if count:
        verb = "warning is" if count == 1 else "warnings are"
        cautions.append((f"{count} {verb} listed in ", link, "."))
    return cautions


def _warnings(given: ReportInput) -> int:
    return sum(
        notice.severity == "warning"
        and notice.code != "remedy_applied"  # a deviation has a sentence of its own
        for notice in given.notices
    )
