"""The structure of residuals or the distribution of the outcome, and what the names in equations mean."""

from __future__ import annotations

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import FitRecord
from mlm_steps.records.spelling import unquote_name
from mlm_steps.report.equations.rungs import offsets_of
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.generalized import distribution_sentence
from mlm_steps.report.text.text import Code, Phrase, join, say

__all__ = ["legend", "structure_sentence"]


def structure_sentence(given: ReportInput, fit: FitRecord) -> Phrase:
    """Return the structure of the level-1 residuals, or the distribution of the outcome."""
    offsets = offsets_of(given, fit)
    if not fit.linear:
        return distribution_sentence(given, fit, offsets)
    scale = () if fit.weights is None else say(", divided by the weight of the row, {w}", w=Code(fit.weights))
    return say(
        "Level-1 residuals are independent with one variance, σ²{scale}; {weights}offset: {offset}.",
        scale=scale,
        weights="weights: none; " if fit.weights is None else None,
        offset=join([(Code(text),) for text in offsets], " + ") or "none",
    )


def legend(given: ReportInput) -> Phrase:
    """Return the label of each name in the equations whose label is not the name itself."""
    mentioned = dict.fromkeys(map(unquote_name, _mentioned(given)))
    used = [name for name in mentioned if name in given.run.labels.columns]
    pairs: list[Phrase] = [
        (Code(name), " is ", *given.names.variable(name))
        for name in used
        if given.names.plain(given.names.variable(name)) != name
    ]
    return say("In the equations, {pairs}.", pairs=join(pairs, "; ")) if pairs else ()


def _mentioned(given: ReportInput) -> list[str]:
    """Return the columns that the equations name."""
    names: dict[str, None] = {}
    for fit in given.run.fits:
        names[fit.outcome] = None
        for coefficient in fit.coefficients:
            names.update(
                dict.fromkeys(stem for stem, _ in column_factors(coefficient.column, coefficient.term))
            )
        names.update(dict.fromkeys(name for term in fit.terms for name in term.names))
    return list(names)
