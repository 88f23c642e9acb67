"""Rows, units per level, missing values, levels and coding of variables, and data quality."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import ColumnProfile, VariableLoss
from mlm_steps.report.drawing import drawing
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.categories import coding_sentence
from mlm_steps.report.sentences.units import diagram, nesting_sentence
from mlm_steps.report.tables.correlations import correlation_tables
from mlm_steps.report.tables.descriptives import category_table, descriptive_table
from mlm_steps.report.tables.occasions import occasions_sentence, occasions_tables
from mlm_steps.report.tables.preparation import preparation_table
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Code, Number, Phrase, Word, join, say, source

__all__ = ["context"]

LOSSES_NOTE = say(
    "A row with two missing values is counted for both variables. A group is lost to a variable if the "
    "variable is missing in all of its rows."
)
AS_IN_FILE = say("All variables are numeric and enter the models unchanged; none is coded or derived.")
NO_FLAG = say("The checks of rows, identifiers, groups, levels, labels and values found no problem.")
FILE_ROWS = "The file {file} has {file_rows} rows. "
PREPARED = "After the steps of preparation there are {file_rows} rows. "
COMPLETE = "All rungs use all of them; no value is missing in a variable of the models."
INCOMPLETE = (
    "All rungs use the same {rows} rows; {lost} {are} excluded because a value is missing in a variable of "
    "some model."
)


def context(given: ReportInput) -> dict[str, Any]:
    """Return the hierarchy as nested units, and the tables on the data."""
    profile, hierarchy = given.run.data_profile, drawing(given, "hierarchy")
    return {
        "preparation": preparation_table(profile),
        "sample": _sample(given),
        "occasions": occasions_sentence(given),
        "occasions_tables": occasions_tables(given),
        "hierarchy": hierarchy,
        "diagram": diagram(given),
        "nesting": [
            nesting_sentence(given, relation)
            for relation in profile.nesting
            if relation.implicit or hierarchy is None
        ],
        "losses": _losses(given) if profile.lost else None,
        "table": descriptive_table(given),
        "categories": category_table(given),
        "correlations": correlation_tables(given),
        "coding": _coding(given),
        "no_flag": NO_FLAG,
        "notices": [
            given.names.notice(notice.text)
            for notice in profile.notices
            if notice.code != "rows_dropped"  # the first sentence says it
        ],
    }


def _sample(given: ReportInput) -> Phrase:
    """Return how many rows the file has, and how many of them all rungs use."""
    profile = given.run.data_profile
    lost = profile.rows_file - profile.rows
    rows = profile_number(profile.rows, "rows")
    file_rows = profile_number(profile.rows_file, "rows_file")
    first = say(PREPARED if profile.preparation else FILE_ROWS, file=Code(profile.file), file_rows=file_rows)
    if not lost:
        return (*first, *say(COMPLETE))
    gone = Number(str(lost), f"{source('profile', 'rows_file')} {source('profile', 'rows')}")
    return (*first, *say(INCOMPLETE, rows=rows, lost=gone, are="is" if lost == 1 else "are"))


def _losses(given: ReportInput) -> Grid:
    factors = [factor.name for factor in given.run.data_profile.factors]
    heads = [("Groups lost: ", *given.names.group(name)) for name in factors]
    return Grid(
        caption=("Rows and groups lost to missing values, per variable",),
        columns=columns("Variable", "Rows", *heads),
        rows=tuple(_loss_row(given, loss, factors) for loss in given.run.data_profile.lost),
        notes=(LOSSES_NOTE,),
    )


def _loss_row(given: ReportInput, loss: VariableLoss, factors: list[str]) -> Row:
    groups = [profile_number(loss.groups.get(name, 0), "lost", loss.variable, name) for name in factors]
    return row(
        given.names.variable(loss.variable),
        [profile_number(loss.rows, "lost", loss.variable, "rows"), *groups],
    )


def _coding(given: ReportInput) -> list[Phrase]:
    """Return how categories are coded and how derived columns were made."""
    found: list[Phrase] = []
    derivations = {column.name for column in given.run.data_profile.derivations}
    for column in given.run.data_profile.columns:
        label = given.names.variable(column.name)
        event = _event(given, column)
        if event is not None:
            found.append(event)
        elif column.used and column.levels:
            found.append(coding_sentence(label, column))
        if column.name in derivations:
            how = (Code if column.derived_by == "expr" else Word)(column.derived or "")
            found.append(say("{label} ({name}) is {how}.", label=label, name=Code(column.name), how=(how,)))
    return found or [AS_IN_FILE]


def _event(given: ReportInput, column: ColumnProfile) -> Phrase | None:
    """Return which of its two levels is the event of a categorical outcome; None for other columns."""
    fit = next((each for each in given.run.fits if each.outcome == column.name), None)
    if fit is None or fit.event is None:
        return None
    others: list[Phrase] = [(Word(level),) for level in column.levels or () if level != fit.event]
    return say(
        "{label} is the outcome; its event is {event}, against {other}.",
        label=given.names.variable(column.name),
        event=Word(fit.event),
        other=join(others, last=" and "),
    )
