"""The other rungs, each by its difference from the rung before it."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import FitRecord
from mlm_steps.report.equations.equations import changed_equations
from mlm_steps.report.equations.rungs import blocks_of
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.coefficients import boundary_sentences
from mlm_steps.report.sentences.fits import count_sentences, deviation_sentence
from mlm_steps.report.sentences.random_slopes import slope_sentences
from mlm_steps.report.sentences.rung_differences import Difference, difference_sentence, rung_before
from mlm_steps.report.sentences.search import search_phrase, tolerance_sentence
from mlm_steps.report.sentences.structure import structure_sentence
from mlm_steps.report.tables.fixed_effects import coefficient_grid, dispute_notes
from mlm_steps.report.tables.random_effects import random_grid
from mlm_steps.report.text.names import RESIDUAL
from mlm_steps.report.text.text import Code, Word, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return a block for each rung but the headline rung; one without an optimum has the reason only."""
    blocks = {fit.model: _rung(given, fit) for fit in given.run.fits if fit is not given.headline}
    blocks |= {fit.model: _unreliable(given, fit) for fit in given.run.unreliable}
    rungs = [name for name, formula in given.formulas.items() if formula.bars]  # prelude models have no bars
    blocks |= {n: _failed(given, n, given.run.failed[n]) for n in rungs if n in given.run.failed}
    if not blocks and given.headline is None:
        return None
    return {
        "rungs": [blocks[name] for name in rungs if name in blocks],
        "counts": count_sentences(given),
        "search": tolerance_sentence(given),
    }


def _unreliable(given: ReportInput, fit: FitRecord) -> dict[str, Any]:
    """Return how the search of a rung ended, without the numbers that are valid only at an optimum."""
    return {
        "label": given.names.model(fit.model),
        "formula": Code(fit.formula),
        "status": "failed",
        "why": search_phrase(fit),
    }


def _failed(given: ReportInput, model: str, why: str) -> dict[str, Any]:
    return {
        "label": given.names.model(model),
        "formula": Code(given.formulas[model].text),
        "status": "failed",
        "why": say("The rung could not be fitted: {why}.", why=Word(why.rstrip("."))),
    }


def _rung(given: ReportInput, fit: FitRecord) -> dict[str, Any]:
    before = rung_before(given, fit)
    found = Difference(fit, before)
    label = given.names.model(fit.model)
    new = found.coefficients
    random = random_grid(
        given, fit, ("New random effects of " if before else "Random effects of ", label), found.is_new
    )
    structure = structure_sentence(given, fit)
    return {
        "label": label,
        "formula": Code(fit.formula),
        "status": fit.reported.convergence.status,
        "why": None,
        "sentences": [
            *((sentence,) if (sentence := difference_sentence(given, found)) else ()),
            *((sentence,) if (sentence := deviation_sentence(given, fit)) else ()),
            *((structure,) if before is None or structure != structure_sentence(given, before) else ()),
        ],
        "fixed": coefficient_grid(
            given, fit, ("New fixed effects of " if before else "Fixed effects of ", label), new
        )
        if new
        else None,
        "random": random if random.rows else None,
        "notes": dispute_notes(given, fit),
        "blocks": _equations(given, fit, before),
        "differs": before is not None,
        "reading": [
            *(slope_sentences(given, fit) if any(p for p in found.effects if p[0] != RESIDUAL) else ()),
            *boundary_sentences(given, fit),
        ],
        "search": search_phrase(fit),
    }


def _equations(given: ReportInput, fit: FitRecord, before: FitRecord | None) -> list[Any]:
    """Return the equations that differ from those of the rung before."""
    blocks = blocks_of(given, fit)
    return list(blocks if before is None else changed_equations(blocks, blocks_of(given, before)))
