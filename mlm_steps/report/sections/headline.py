"""The headline model in full: fixed effects, random effects, equations, and the end of the search."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import Coefficient, FitRecord
from mlm_steps.report.equations.rungs import blocks_of, estimated_block
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.fits import deviation_sentence
from mlm_steps.report.sentences.search import search_phrase
from mlm_steps.report.sentences.structure import legend, structure_sentence
from mlm_steps.report.tables.fixed_effects import coefficient_grid, dispute_notes, term_grid
from mlm_steps.report.tables.random_effects import random_grid
from mlm_steps.report.text.text import Code, Phrase, join, say

__all__ = ["context"]

MOST_COEFFICIENTS = 5
"""A term with more coefficients has its test in the open and its coefficients in a fold."""


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the tables and equations of the headline rung; None if no rung has an optimum."""
    fit = given.headline
    if fit is None:
        return None
    long = _of_long_terms(fit)
    label = given.names.model(fit.model)
    own = [c for c in fit.coefficients if c not in long]
    return {
        "label": label,
        "formula": Code(fit.formula),
        "status": fit.reported.convergence.status,
        "deviation": deviation_sentence(given, fit),
        "terms": term_grid(given, fit, (" of ", label)),
        "fixed": coefficient_grid(given, fit, ("Fixed effects of ", label), own) if own else None,
        "folded": coefficient_grid(given, fit, ("Coefficients of ", *_terms(given, long)), long, notes=False)
        if long
        else None,
        "fold": say("{n} coefficients of {terms}", n=str(len(long)), terms=_terms(given, long)),
        "notes": dispute_notes(given, fit),
        "random": random_grid(given, fit, ("Random effects of ", label)),
        "legend": legend(given),
        "structure": structure_sentence(given, fit),
        "blocks": [*blocks_of(given, fit), estimated_block(given, fit)],
        "search": search_phrase(fit),
    }


def _of_long_terms(fit: FitRecord) -> list[Coefficient]:
    """Return the coefficients of terms that have many and a test of all of them."""
    tested = {test.term for test in fit.anova if test.num_df and test.p is not None}
    counts: dict[str, int] = {}
    for c in fit.coefficients:
        counts[c.term] = counts.get(c.term, 0) + 1
    return [c for c in fit.coefficients if counts[c.term] > MOST_COEFFICIENTS and c.term in tested]


def _terms(given: ReportInput, coefficients: list[Coefficient]) -> Phrase:
    terms = dict.fromkeys(c.term for c in coefficients)
    return join([given.names.column(term, term) for term in terms], last=" and ")
