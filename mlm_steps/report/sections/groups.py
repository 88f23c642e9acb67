"""Variation between groups: random slopes in sentences and conditional modes in a figure."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import FitRecord
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import boundary_sentences, effect_terms
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.text.names import INTERCEPT
from mlm_steps.report.text.notation import integer, share
from mlm_steps.report.text.text import Number, Phrase, say, source

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return sentences on the random effects of the final rung, and the caterpillar plot."""
    final = given.final
    if final is None:
        return None
    return {
        "model": given.names.model(final.model),
        "sentences": [
            *slope_sentences(given, final),
            *_reliabilities(given, final),
            *boundary_sentences(given, final),
        ],
        "singular": final.reported.singular,
        "figure": drawing(given, "caterpillar"),
    }


def _reliabilities(given: ReportInput, fit: FitRecord) -> list[Phrase]:
    """Return the mean reliability of the groups' least-squares slopes (statistics, section 10)."""
    modes = given.run.modes[fit.model]
    sentences = []
    for index, term in enumerate(fit.terms):
        for name in term.names:
            if name == INTERCEPT or "reliability" not in modes:
                continue
            of_slope = (modes["term_index"] == index) & (modes["effect"] == name)
            known = modes.loc[of_slope, "reliability"].dropna()
            if not known.empty:
                place = source("ranef", fit.model, index, name, "reliability")
                sentences.append(
                    say(
                        "The least-squares slopes of {x} have a mean reliability of {value} over the {n} "
                        "levels of {group} in which a slope can be estimated.",
                        x=given.names.effect(name, effect_terms(fit)),
                        value=Number(share(float(known.mean()), 2), place),
                        n=Number(integer(known.size), place),
                        group=given.names.group(term.group),
                    )
                )
    return sentences
