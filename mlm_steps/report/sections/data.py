"""Rows, units per level, missing values, levels and coding of variables, and data quality."""

from __future__ import annotations

from typing import Any

from mlm_steps.records import ColumnProfile, FactorProfile, VariableLevel, VariableLoss
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.categories import coding_sentence
from mlm_steps.report.sentences.units import diagram, nesting_sentence, places
from mlm_steps.report.tables.occasions import occasions_sentence, occasions_tables
from mlm_steps.report.tables.preparation import preparation_table
from mlm_steps.report.tables.within_between import slopes_table
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Align, Grid, Row, columns, row
from mlm_steps.report.text.notation import decimals_for_size, fixed, share
from mlm_steps.report.text.text import Code, Number, Phrase, Word, join, say, source

__all__ = ["context"]

LEVEL_WORDS = {
    "within": "level 1 (varies within groups only)",
    "between": "level {number} (constant within groups)",
    "mixed": "varies within and between groups",
    "constant": "constant",
}
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
        "levels": _levels(given) if profile.variable_levels else None,
        "slopes": slopes_table(given),
        "descriptives": _descriptives(given),
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


def _levels(given: ReportInput) -> Grid:
    levels = given.run.data_profile.variable_levels
    standing = places(given)
    has_icc = any(level.icc1 is not None or level.icc2 is not None for level in levels)
    heads = [
        "Variable",
        "Factor",
        "Level",
        "SD within",
        "SD between",
        *(("ICC(1)", "ICC(2)") if has_icc else ()),
    ]
    align: list[Align] = ["text" if index < 3 else "number" for index in range(len(heads))]
    note = "ICC(1) is the share of the variance between groups; ICC(2) is the reliability of the group means."
    return Grid(
        caption=("Level of each variable",),
        columns=columns(*heads, align=align),
        rows=tuple(
            _level_row(given, level, own=standing.get(level.variable) == level.factor, has_icc=has_icc)
            for level in levels
        ),
        notes=((note,),) if has_icc else (),
        wide=True,
    )


def _level_row(given: ReportInput, level: VariableLevel, *, own: bool, has_icc: bool) -> Row:
    """Return the row of a variable and a factor; ``own`` if the variable describes the factor's units."""
    keys = ("level", level.variable, level.factor)

    def spread(variance: float | None, field: str) -> Number | None:
        if variance is None:
            return None
        sd = max(variance, 0.0) ** 0.5
        decimals = min(decimals_for_size(max(level.variance or 0.0, variance) ** 0.5), 4)
        return Number(fixed(sd, decimals), source("profile", *keys, field))

    def icc(value: float | None, field: str) -> Number | None:
        return None if value is None else Number(share(value), source("profile", *keys, field))

    words: Phrase = ("constant within groups",)
    if own or level.level != "between":
        rank = given.run.data_profile.ranks.get(level.factor, 2)
        words = (LEVEL_WORDS[level.level].format(number=rank),)
    if level.conflicting_levels and own:
        words += (f"; varies inside {len(level.conflicting_levels)} groups",)
    cells = [
        given.names.group(level.factor),
        words,
        spread(level.variance_within, "variance_within"),
        spread(level.variance_between, "variance_between"),
    ]
    if has_icc:
        cells += [icc(level.icc1, "icc1"), icc(level.icc2, "icc2")]
    return row(given.names.variable(level.variable), cells)


def _descriptives(given: ReportInput) -> Grid | None:
    groups = {part for factor in given.run.data_profile.factors for part in factor.name.split(":")}
    numeric = [
        c for c in given.run.data_profile.columns if c.used and c.mean is not None and c.name not in groups
    ]
    if not numeric:
        return None
    return Grid(
        caption=("Numeric variables on the analysis sample",),
        columns=columns("Variable", "Mean", "SD", "Minimum", "Maximum", "Missing in file"),
        rows=tuple(_descriptive_row(given, column) for column in numeric),
        wide=True,
    )


def _descriptive_row(given: ReportInput, column: ColumnProfile) -> Row:
    decimals = min(decimals_for_size(column.sd), 4)

    def number(value: float | None, field: str) -> Number | None:
        if value is None:
            return None
        return profile_number(value, "column", column.name, field, decimals=decimals)

    unit = given.names.unit(column.name)
    label = given.names.variable(column.name)
    missing = profile_number(column.n_missing, "column", column.name, "n_missing")
    return row(
        (*label, " (", Word(unit), ")") if unit else label,
        [
            number(column.mean, "mean"),
            number(column.sd, "sd"),
            number(column.minimum, "minimum"),
            number(column.maximum, "maximum"),
            missing,
        ],
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
