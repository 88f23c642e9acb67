"""Tests of the variances of random effects: those of the headline rung, and of the others in a fold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mlm_steps.records.deletions import DeletionsRecord
from mlm_steps.records.failure import Absence
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.random_slopes import disagreement_sentences
from mlm_steps.report.tables.variance_tests import variance_test_grid
from mlm_steps.report.text.text import Word, say

__all__ = ["context"]


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the tests of variances, with a sentence where two of them disagree; None without a test."""
    found = given.run.result(DeletionsRecord, "deletions")
    if isinstance(found, Absence):
        problem = say("The tests could not be computed: {why}", why=Word(found.reason))
        return {"problem": problem, "sentences": [], "table": None, "others": None}
    fitted = {fit.model for fit in given.run.fits}
    rungs = [] if found is None else [rung for rung in found.rungs if rung.model in fitted]
    headline = given.headline
    if not rungs or headline is None:
        return None
    own = [rung for rung in rungs if rung.model == headline.model]
    rest = [rung for rung in rungs if rung.model != headline.model]
    label = given.names.model(headline.model)
    table = variance_test_grid(given, own, ("Tests of the variances of ", label, f" ({headline.method})"))
    others = variance_test_grid(given, rest, ("Tests of the variances of the other rungs",))
    if table is None and others is None:
        return None
    if table is not None and others is not None:  # no note stands twice
        others = replace(others, notes=tuple(note for note in others.notes if note not in table.notes))
    return {
        "problem": None,
        "sentences": list(disagreement_sentences(given, headline)),
        "table": table,
        "others": others,
    }
