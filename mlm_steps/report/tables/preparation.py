"""The table of the steps from the files to the common sample."""

from __future__ import annotations

from mlm_steps.records.data_profile import DataProfile, PreparationKind, PreparationStep
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Code, Phrase, Word, join

__all__ = ["preparation_table"]

STEP_WORDS: dict[PreparationKind, str] = {
    "read": "Read",
    "stack": "Stack",
    "join": "Join",
    "reshape": "Reshape",
    "filter": "Filter",
}


def preparation_table(profile: DataProfile) -> Grid | None:
    """Return every step with its rows before and after; None for a file that is used as it is."""
    if not profile.preparation:
        return None
    rows = [_row(index, step) for index, step in enumerate(profile.preparation)]
    return Grid(
        caption=("From the files to the analysis sample, in the order of the steps",),
        columns=columns(
            *("Step", "What", "Rows before", "Rows after", "Columns after", "Of note"),
            align=("text", "text", "number", "number", "number", "text"),
        ),
        rows=(*rows, _sample_row(profile)),
        wide=True,
    )


def _row(index: int, step: PreparationStep) -> Row:
    at = ("preparation", index)
    what = step.words.removeprefix(f"{step.kind} ")
    before = None
    if step.rows_before is not None:
        before = profile_number(step.rows_before, *at, "rows_before")
    return row(
        STEP_WORDS[step.kind],
        [
            Code(what) if step.kind == "filter" else Word(what),
            before,
            profile_number(step.rows_after, *at, "rows_after"),
            profile_number(step.columns_after, *at, "columns_after"),
            _notes(index, step),
        ],
    )


def _notes(index: int, step: PreparationStep) -> Phrase:
    """Return the counts of a step and its further statements."""
    counted: list[Phrase] = [
        (profile_number(count, "preparation", index, "counts", words), " ", Word(words))
        for words, count in step.counts.items()
    ]
    return join([*counted, *((Word(detail),) for detail in step.details)], "; ")


def _sample_row(profile: DataProfile) -> Row:
    return row(
        "Common sample",
        [
            "rows without a missing value in any variable of any model",
            profile_number(profile.rows_file, "rows_file"),
            profile_number(profile.rows, "rows"),
            None,
            None,
        ],
    )
