"""The ladder: one column per rung, its comparisons among the rows (reporting standard, part H)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlm_steps.records import FitRecord
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.comparisons import (
    FAILED,
    NEGATIVE_REDUCTION,
    comparison_sentence,
    has_increase,
)
from mlm_steps.report.sentences.ladder_notes import formulas_of, mark_notes, method_notes
from mlm_steps.report.tables.ladder import size_rows, status_rows, variance_rows
from mlm_steps.report.tables.ladder_comparisons import comparison_rows
from mlm_steps.report.tables.ladder_fixed import fixed_rows
from mlm_steps.report.tables.ladder_overview import overview_grid
from mlm_steps.report.tables.ladder_random import random_rows
from mlm_steps.report.text.grid import Column, Grid, Row
from mlm_steps.report.text.text import Code, Link, Phrase, join, say

__all__ = ["context"]

BLOCKS = (
    fixed_rows,
    random_rows,
    variance_rows,
    size_rows,
    comparison_rows,
)
"""The blocks of rows of the table, from top to bottom."""
MOST_RUNGS = 8
"""A ladder of more rungs is shown in brief first, with the full columns in folds."""
COLUMNS = 6
"""Number of rungs in each table of a long ladder: so many columns fit on a page."""
BEFORE = say(
    "The tests compare the rungs by likelihood ratios. A variance cannot be negative, so under the null "
    "hypothesis it lies on its boundary and the naive *p* is too large. If the mixture of χ² distributions "
    "is known, report the mixture *p* (Self & Liang 1987; Stram & Lee 1994)."
)
RLRT_NOTE = say(
    "The exact *p* is from the restricted likelihood ratio test of one variance, whose null distribution in "
    "samples of this size is simulated (Crainiceanu & Ruppert 2004). The simulation ignores other random "
    "effects (Greven et al. 2008)."
)
BOOTSTRAP_NOTE = say(
    "For the bootstrap *p*, data are simulated from the smaller rung and both rungs are fitted to them; "
    "replicates with a statistic of zero are included."
)
UNGROUPED_NOTE = say(
    "A model without random effects is fitted to the same rows by least squares, a generalized one by "
    "maximum likelihood."
)


def context(given: ReportInput) -> dict[str, Any] | None:
    """Return the ladder as one table, or in brief with tables of a few rungs each."""
    fits = given.run.fits
    if not fits:
        return None
    brief = len(fits) > MOST_RUNGS
    starts = range(0, len(fits), COLUMNS if brief else len(fits))
    parts = [fits[start : start + COLUMNS] if brief else fits for start in starts]
    compared = [r for r in given.run.comparisons if r.refused != FAILED]
    return {
        "brief": overview_grid(given) if brief else None,
        "tables": [_table(given, part) for part in parts],
        "sentences": [comparison_sentence(given, r) for r in compared if r.refused is None],
        "refusals": [
            *(comparison_sentence(given, r) for r in compared if r.refused is not None),
            *_not_compared(given),
        ],
        "notices": [
            given.names.notice(notice.text) for record in given.run.comparisons for notice in record.notices
        ],
        "formulas": formulas_of(given),
        "notes": [*method_notes(given), *_comparison_notes(given)],
        "criteria": drawing(given, "ladder"),
        "forest": drawing(given, "forest"),
    }


def _table(given: ReportInput, fits: Sequence[FitRecord]) -> Grid:
    rows: list[Row] = []
    for block in BLOCKS:
        rows.extend(block(given, fits))
    rows += status_rows(fits)
    heads = tuple(
        Column((given.names.model(fit.model),), "number", hover=given.names.plain((Code(fit.formula),)))
        for fit in fits
    )
    whole = len(fits) == len(given.run.fits)
    first, last = given.names.model(fits[0].model), given.names.model(fits[-1].model)
    part: Phrase = () if whole else say(", {first} to {last}", first=first, last=last)
    return Grid(
        caption=("Ladder of models of ", *_outcomes(given), *part),
        columns=(Column(("",), "text"), *heads),
        rows=tuple(rows),
        notes=mark_notes(fits),
        wide=True,
    )


def _outcomes(given: ReportInput) -> Phrase:
    return join([given.names.outcome(name) for name in dict.fromkeys(f.outcome for f in given.run.fits)])


def _not_compared(given: ReportInput) -> list[Phrase]:
    """Return a sentence that lists the pairs in which one of the rungs has no optimum."""
    pairs: list[Phrase] = [
        say("{b} against {a}", b=given.names.model(record.larger), a=given.names.model(record.smaller))
        for record in given.run.comparisons
        if record.refused == FAILED
    ]
    if not pairs:
        return []
    return [
        say(
            "These pairs were not compared because one of the two rungs was not fitted or its search did not "
            "converge (see {link}): {pairs}.",
            link=Link("the notices", "notices"),
            pairs=join(pairs, "; "),
        )
    ]


def _comparison_notes(given: ReportInput) -> list[Phrase]:
    """Return how the comparisons are tested, and why a component of variance can increase."""
    records = given.run.comparisons
    rungs = {fit.model for fit in (*given.run.fits, *given.run.unreliable)}
    wanted = {
        BEFORE: any(record.changed in ("variance", "both") for record in records),
        RLRT_NOTE: any(record.p_rlrt is not None for record in records),
        BOOTSTRAP_NOTE: any(record.p_boot is not None for record in records),
        UNGROUPED_NOTE: any(record.smaller not in rungs for record in records),
        (NEGATIVE_REDUCTION,): any(map(has_increase, records)),
    }
    return [note for note, applies in wanted.items() if applies]
