"""The table of the coefficients of the final rung under variants of the model."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records.sensitivity import Quantity, SensitivityRecord, Variation, VariedCoefficient
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.sensitivity import QUANTITY_WORDS, number_of, variant_words
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.text import Emphasis, Phrase, Piece, say

__all__ = ["KIND_WORDS", "sensitivity_grids"]

KIND_WORDS = {
    "df": "Degrees of freedom",
    "estimator": "Estimation",
    "centring": "Centring",
    "random_structure": "Random effects",
    "optimisers": "Optimisers",
    "exclude_influential": "Influential data left out",
}
"""Headings of the kinds; a kind without a heading has its name."""
CHANGED, SINGULAR = "◆", "‡"
LETTERS = "abcdefg"
PER_TABLE = 3
"""Number of coefficients side by side; more do not fit on a page."""


def sensitivity_grids(given: ReportInput, records: Sequence[SensitivityRecord]) -> list[Grid]:
    """Return one table per three coefficients, each with all variants that have numbers."""
    own = records[0].own
    parts = [own[i : i + PER_TABLE] for i in range(0, len(own), PER_TABLE)]
    return [_grid(given, records, part, number, len(parts)) for number, part in enumerate(parts, start=1)]


def _grid(
    given: ReportInput,
    records: Sequence[SensitivityRecord],
    own: Sequence[VariedCoefficient],
    number: int,
    count: int,
) -> Grid:
    names = [each.column for each in own]
    heads: list[Piece | Phrase] = ["Variant"]
    for each in own:
        heads += [given.names.column(each.column, each.term), (Emphasis("p"),)]
    used = _quantities(records, names)
    letters = dict(zip(used, LETTERS, strict=False))
    rows: list[Row] = [_row(records[0], None, own, ("As fitted",), letters)]
    for record in records:
        done = [v for v in record.variations if v.ending in ("converged", "singular")]
        if done:
            rows.append(heading(KIND_WORDS.get(record.kind, record.kind)))
        for variation in done:
            there = [c for c in variation.coefficients if c.column in names]
            head = variant_words(given, variation, start=True)
            rows.append(_row(record, variation, there, head, letters))
    which = f", {number} of {count}" if count > 1 else ""
    return Grid(
        caption=say(
            "Coefficients of {model} under variants of the model{which}",
            model=given.names.model(records[0].model),
            which=which or None,
        ),
        columns=columns(*heads),
        rows=tuple(rows),
        notes=(_note(records, used, letters),),
        wide=True,
    )


def _quantities(records: Sequence[SensitivityRecord], names: Sequence[str]) -> list[Quantity]:
    """Return the other quantities that the coefficients estimate, in the order of the rows."""
    found = (
        each.quantity
        for record in records
        for variation in record.variations
        for each in variation.coefficients
        if each.column in names and each.quantity != "same" and each.estimate is not None
    )
    return list(dict.fromkeys(found))


def _row(
    record: SensitivityRecord,
    variation: Variation | None,
    coefficients: Sequence[VariedCoefficient],
    head: Phrase,
    letters: dict[Quantity, str],
) -> Row:
    cells: list[Phrase | None] = []
    for each in coefficients:
        estimate, p = (number_of(record, variation, each, field) for field in ("estimate", "p"))
        mark = letters.get(each.quantity)
        cells.append(None if estimate is None else (estimate, *((f" {mark}",) if mark else ())))
        cells.append(None if p is None else (p, *((f" {CHANGED}",) if each.changed else ())))
    if variation is not None and variation.fitted and variation.ending == "singular":
        head = (*head, f" {SINGULAR}")
    return row(head, cells)


def _note(
    records: Sequence[SensitivityRecord], used: Sequence[Quantity], letters: dict[Quantity, str]
) -> Phrase:
    marks = [f"{letters[quantity]} {QUANTITY_WORDS[quantity]}" for quantity in used]
    everything = [v for record in records for v in record.variations]
    if any(each.changed for v in everything for each in v.coefficients):
        marks.insert(0, f"{CHANGED} the conclusion changes")
    if any(v.fitted and v.ending == "singular" for v in everything):
        marks.append(f"{SINGULAR} singular fit")
    which = " The coefficients are those of the terms that no other term contains."
    told = f"{'; '.join(marks)}. " if marks else ""
    return say(
        "{marks}Standard errors, degrees of freedom, intervals and formulas are in "
        "tables/sensitivity.csv.{which}",
        marks=told or None,
        which=which if records[0].selected else None,
    )
