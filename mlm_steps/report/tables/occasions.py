"""Which of the expected occasions exist: a paragraph and two tables."""

from __future__ import annotations

from statistics import median

from mlm_steps.records.data_profile import Occasions
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Number, Phrase, Word, join, say, source

__all__ = ["occasions_sentence", "occasions_tables"]

BANDS = (
    (1.0, "all"),
    (0.8, "80 % or more, not all"),
    (0.5, "50 % to less than 80 %"),
    (0.0, "less than 50 %"),
)
"""Lower bounds of the groups of units by their share; studies often exclude units below 80 or 50 %."""


def occasions_sentence(given: ReportInput) -> Phrase | None:
    """Return how many of the expected occasions exist, per unit too; None if none are declared."""
    found = given.run.data_profile.occasions
    if found is None or not found.units:
        return None
    shares = [unit.present / found.expected_each for unit in found.units]
    return say(
        "Of {expected} expected occasions ({units} levels of {within} with {each} each, by {time}), "
        "{present} ({share}) exist and {complete} are in the common sample. Per level of {within}, between "
        "{least} and {most} exist, with a median of {median}.",
        expected=profile_number(found.expected, "occasions", "expected"),
        units=profile_number(len(found.units), "occasions", "units"),
        within=given.names.variable(found.within),
        each=profile_number(found.expected_each, "occasions", "expected_each"),
        time=join([given.names.variable(name) for name in found.time], " and "),
        present=profile_number(found.present, "occasions", "present"),
        share=_share(found.present / found.expected, "present"),
        complete=profile_number(found.complete, "occasions", "complete"),
        least=_share(min(shares), "least"),
        most=_share(max(shares), "most"),
        median=_share(median(shares), "median"),
    )


def _share(value: float, field: str) -> Phrase:
    """Return a share in percent; 100 % only if all occasions exist."""
    percent = min(round(100 * value), 99) if value < 1 else 100
    return (Number(str(percent), source("profile", "occasions", field)), " %")


def occasions_tables(given: ReportInput) -> list[Grid]:
    """Return the units by the share of their occasions, and the occasions by time."""
    found = given.run.data_profile.occasions
    if found is None or not found.units:
        return []
    within = given.names.variable(found.within)
    grids = [
        Grid(
            caption=("Levels of ", *within, " by the share of their expected occasions that exist"),
            columns=columns("Occasions that exist", ("Levels of ", *within)),
            rows=tuple(_band_rows(found)),
            notes=(say("The table occasions.csv lists every level of {within}.", within=within),),
        )
    ]
    if found.times:
        time = join([given.names.variable(name) for name in found.time], " and ")
        grids.append(
            Grid(
                caption=("Occasions that exist, by time",),
                columns=columns(time, ("Levels of ", *within), "Share"),
                rows=tuple(_time_rows(found)),
            )
        )
    return grids


def _band_rows(found: Occasions) -> list[Row]:
    rows, above = [], float("inf")
    for bound, words in BANDS:
        shares = (unit.present / found.expected_each for unit in found.units)
        count = sum(bound <= value < above for value in shares)
        rows.append(row((Word(words),), [profile_number(count, "occasions", "band", words)]))
        above = bound
    return rows


def _time_rows(found: Occasions) -> list[Row]:
    return [
        row(
            (Word(at.time),),
            [
                profile_number(at.present, "occasions", "times", at.time),
                _share(at.present / len(found.units), at.time),
            ],
        )
        for at in found.times
    ]
