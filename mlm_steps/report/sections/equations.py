"""Formula and equations of each rung."""

from __future__ import annotations

from typing import Any

from mlm_steps.design.hlm import column_factors
from mlm_steps.records import FitRecord
from mlm_steps.records.spelling import unquote_name
from mlm_steps.report.equations.equations import equations
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.fits import count_sentences, deviation_sentence
from mlm_steps.report.sentences.generalized import distribution_sentence
from mlm_steps.report.text.text import Code, Phrase, join, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the equations by level and combined, and the legend of the names in them."""
    if not given.run.fits:
        return None
    return {
        "rungs": [_rung(given, fit) for fit in given.run.fits],
        "counts": count_sentences(given),
        "legend": _legend(given),
    }


def _rung(given: ReportInput, fit: FitRecord) -> dict[str, Any]:
    formula = given.formulas.get(fit.model)
    offsets = tuple(str(getattr(offset, "text", offset)) for offset in formula.offsets) if formula else ()
    exposure = () if fit.exposure is None else (f"log({fit.exposure})",)
    return {
        "label": given.names.model(fit.model),
        "formula": Code(fit.formula),
        "deviation": deviation_sentence(given, fit),
        "residuals": _residuals(fit, offsets) if fit.linear else distribution_sentence(given, fit, offsets),
        "blocks": equations(fit, given.run.data_profile, (*offsets, *exposure)),
        "final": fit is given.headline,
    }


def _residuals(fit: FitRecord, offsets: tuple[str, ...]) -> Phrase:
    """Return the structure of the level-1 residuals, the weights and the offset."""
    scale = () if fit.weights is None else say(", divided by the weight of the row, {w}", w=Code(fit.weights))
    return say(
        "Level-1 residuals are independent with one variance, σ²{scale}; {weights}offset: {offset}.",
        scale=scale,
        weights="weights: none; " if fit.weights is None else None,
        offset=join([(Code(text),) for text in offsets], " + ") or "none",
    )


def _legend(given: ReportInput) -> Phrase:
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
