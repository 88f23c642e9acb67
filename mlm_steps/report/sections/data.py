"""Rows, units per level, missing values, levels and coding of variables, and data quality."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import ColumnProfile, FactorProfile, VariableLoss
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.categories import coding_sentence
from mlm_steps.report.sentences.units import diagram, nesting_sentence
from mlm_steps.report.tables.descriptives import category_table, correlation_tables, level_tables
from mlm_steps.report.tables.occasions import occasions_sentence, occasions_tables
from mlm_steps.report.tables.preparation import preparation_table
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Grid, Row, columns, row
from mlm_steps.report.text.text import Code, Number, Phrase, Word, join, say, source

__all__ = ["context"]

SIZES_NOTE = say(
    "Singletons are groups with one observation. Constant outcome is the number of groups with two or more "
    "observations whose outcome does not vary. The size-weighted mean is the sum of squared sizes divided by "
    "the sum of sizes; the design effect depends on it (Kish 1965)."
)
LOSSES_NOTE = say(
    "A row with two missing values is counted for both variables. A group is lost to a variable if the "
    "variable is missing in all of its rows."
)
AS_IN_FILE = say("All variables are numeric and enter the models unchanged; none is coded or derived.")
NO_FLAG = say("The checks of rows, identifiers, groups, levels, labels and values found no problem.")
FILE_ROWS = "The file {file} has {file_rows} rows."


def context(given: ReportInput) -> dict[str, Any]:
    """Return the hierarchy as nested units, and the tables on the data."""
    profile = given.run.data_profile
    return {
        "preparation": preparation_table(profile),
        "sample": _sample(given),
        "occasions": occasions_sentence(given),
        "occasions_tables": occasions_tables(given),
        "diagram": diagram(given),
        "nesting": [nesting_sentence(given, relation) for relation in profile.nesting],
        "groups": _groups(given) if profile.factors else None,
        "losses": _losses(given) if profile.lost else None,
        "levels": level_tables(given),
        "categories": category_table(given),
        "correlations": correlation_tables(given),
        "coding": _coding(given),
        "no_flag": NO_FLAG,
        "notices": [(notice.severity, given.names.notice(notice.text)) for notice in profile.notices],
    }


def _sample(given: ReportInput) -> Phrase:
    profile = given.run.data_profile
    first = "After these steps there are {file_rows} rows." if profile.preparation else FILE_ROWS
    return say(
        first + " All rungs use the same {rows} rows, which have no missing "
        "value in any variable of any model ({lost} rows are excluded). The hash of this sample is {hash}.",
        file=Code(profile.file),
        file_rows=profile_number(profile.rows_file, "rows_file"),
        rows=profile_number(profile.rows, "rows"),
        lost=Number(str(profile.rows_file - profile.rows), f"{source('profile', 'rows_file')} "
                    f"{source('profile', 'rows')}"),
        hash=Code(profile.sample_hash[:16]),
    )  # fmt: skip


def _groups(given: ReportInput) -> Grid:
    return Grid(
        caption=("Grouping factors and the number of observations per group",),
        columns=columns(
            *("Factor", "Groups", "Groups in file", "Smallest", "Median", "Mean", "Largest"),
            *("Size-weighted mean", "Harmonic mean", "Singletons", "Constant outcome"),
        ),
        rows=tuple(_group_row(given, factor) for factor in given.run.data_profile.factors),
        notes=(SIZES_NOTE,),
        wide=True,
    )


def _group_row(given: ReportInput, factor: FactorProfile) -> Row:
    def number(value: float, field: str, decimals: int | None = None) -> Number:
        return profile_number(value, "factor", factor.name, field, decimals=decimals)

    constant = {level for levels in factor.constant_outcome.values() for level in levels}
    return row(
        given.names.group(factor.name),
        [
            number(factor.n_levels, "n_levels"),
            number(factor.n_levels_file, "n_levels_file"),
            number(factor.size_min, "size_min"),
            number(factor.size_median, "size_median", 1),
            number(factor.size_mean, "size_mean", 2),
            number(factor.size_max, "size_max"),
            number(factor.size_weighted, "size_weighted", 2),
            number(factor.size_harmonic, "size_harmonic", 2),
            number(factor.singletons, "singletons"),
            number(len(constant), "constant_outcome"),
        ],
    )


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
