"""Variables described at the level of their units, counts of categories, and correlations per level."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.descriptives import CategoryCount, CorrelationLayer, Spread, VariableDescription
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Align, Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import correlation, decimals_for_spread, fixed, integer, percent, share
from mlm_steps.report.text.text import Number, Phrase, Word, join, say, source

__all__ = ["category_table", "correlation_tables", "level_tables"]

MOST_CORRELATED = 10
"""Largest number of variables in a table of correlations; a wider one does not fit a page."""
MOMENTS = ("Mean", "SD", "Min", "Max")
SPREAD_NOTE = (
    "SD within is that of deviations from the group mean, SD between that of the group mean, both over the "
    "units of the table. ICC(1) is the share of the variance between groups, from a null model with this "
    "factor alone; ICC(2) is the reliability of the group means (Bliese 2000)."
)
MISSING_NOTE = (
    "Missing values are those of the file; observations with one are not in the sample. A group counts as "
    "missing if all of its observations lack a value."
)
CORRELATION_NOTE = (
    "Pearson correlations; within groups of deviations from the group means, between groups of the group "
    "means weighted by group size. A category of two levels counts as 1 for its second level."
)


def level_tables(given: ReportInput) -> list[Grid]:
    """Return one table per kind of units, observations first, then groups in the order of their levels."""
    found = given.run.data_profile.descriptives.variables
    ranks = given.run.data_profile.ranks
    units = sorted({each.unit for each in found}, key=lambda unit: (ranks.get(unit, 1), unit))
    tables = [
        _level_table(given, unit, [each for each in found if each.unit == unit], last=unit == units[-1])
        for unit in units
    ]
    return [table for table in tables if table is not None]


def _units(given: ReportInput, unit: str) -> Phrase:
    """Return ``Level 2: 160 units of School``."""
    profile = given.run.data_profile
    if not unit:
        rows = Number(integer(profile.rows), source("profile", "rows"))
        return say("Level 1: {n} observations", n=rows)
    factor = next(factor for factor in profile.factors if factor.name == unit)
    return say(
        "Level {rank}: {n} units of {group}",
        rank=str(profile.ranks[unit]),
        n=Number(integer(factor.n_levels), source("profile", "factor", unit, "n_levels")),
        group=given.names.group(unit),
    )


def _level_table(given: ReportInput, unit: str, found: list[VariableDescription], *, last: bool) -> Grid:
    spreads = any(each.spreads for each in found)
    several = max((len(each.spreads) for each in found), default=0) > 1
    heads = [
        "Variable",
        *MOMENTS,
        *(("Factor",) if several else ()),
        *(("SD within", "SD between", "ICC(1)", "ICC(2)") if spreads else ()),
        "Missing",
    ]
    align: list[Align] = ["text" if head in ("Variable", "Factor") else "number" for head in heads]
    notes = [*([SPREAD_NOTE] if spreads else []), *([MISSING_NOTE] if last else [])]
    return Grid(
        caption=_units(given, unit),
        columns=columns(*heads, align=align),
        rows=tuple(r for each in found for r in _rows(given, each, spreads=spreads, several=several)),
        notes=(*((note,) for note in notes), *_left_out(given, found)),
        wide=True,
    )


def _left_out(given: ReportInput, found: list[VariableDescription]) -> tuple[Phrase, ...]:
    """Return which variables are described without the groups in which they vary."""
    return tuple(
        say(
            "{x} has several values in {n} {groups}, which its row leaves out.",
            x=given.names.variable(each.variable),
            n=Number(integer(each.varying), source("descriptives", each.variable, each.unit, "varying")),
            groups="group" if each.varying == 1 else "groups",
        )
        for each in found
        if each.varying
    )


def _rows(given: ReportInput, of: VariableDescription, *, spreads: bool, several: bool) -> Iterator[Row]:
    decimals = decimals_for_spread(of.sd)

    def number(value: float | None, field: str, factor: str = "") -> Number | None:
        keys = (of.variable, of.unit, *((factor,) if factor else ()), field)
        return None if value is None else Number(fixed(value, decimals), source("descriptives", *keys))

    unit, label = given.names.unit(of.variable), given.names.variable(of.variable)
    head = (*label, " (", Word(unit), ")") if unit else label
    moments = [number(getattr(of, name), name) for name in ("mean", "sd", "minimum", "maximum")]
    missing = Number(integer(of.missing), source("descriptives", of.variable, of.unit, "missing"))
    for index, spread in enumerate(of.spreads or (None,)):
        cells: list[Number | Phrase | None] = [*moments] if not index else [None] * len(moments)
        if several:
            cells.append(None if spread is None else given.names.group(spread.factor))
        if spreads:
            cells += [] if spread is None else [
                number(spread.sd_within, "sd_within", spread.factor),
                number(spread.sd_between, "sd_between", spread.factor),
                *_indices(of, spread),
            ]  # fmt: skip
            cells += [None] * 4 if spread is None else []
        yield row(head if not index else ("",), [*cells, None if index else missing])


def _indices(of: VariableDescription, spread: Spread) -> list[Number | None]:
    return [
        None
        if value is None
        else Number(share(value), source("descriptives", of.variable, of.unit, spread.factor, field))
        for field, value in (("icc1", spread.icc1), ("icc2", spread.icc2))
    ]


def category_table(given: ReportInput) -> Grid | None:
    """Return the counts per category; None if no variable has categories."""
    found = given.run.data_profile.descriptives.categories
    if not found:
        return None
    variables = dict.fromkeys((each.variable, each.unit) for each in found)
    rows: list[Row] = []
    for variable, unit in variables:
        own = [each for each in found if each.variable == variable]
        rows.append(heading((*given.names.variable(variable), " – ", *_counted(given, unit))))
        rows += [_category_row(each) for each in own]
    return Grid(
        caption=("Categories, counted at the level of the variable",),
        columns=columns("Category", "n", "Share"),
        rows=tuple(rows),
    )


def _counted(given: ReportInput, unit: str) -> Phrase:
    return ("units of ", *given.names.group(unit)) if unit else ("observations",)


def _category_row(of: CategoryCount) -> Row:
    keys = (of.variable, of.unit, of.category)
    return row(
        Word(of.category),
        [
            Number(integer(of.n), source("categories", *keys, "n")),
            Number(percent(of.share), source("categories", *keys, "share")),
        ],
    )


def correlation_tables(given: ReportInput) -> list[Grid]:
    """Return the correlations of two layers in each table: within groups, and between them."""
    layers = list(given.run.data_profile.descriptives.correlations)
    found = []
    while layers:
        lower = layers.pop(0)
        paired = lower.layer == "within" and layers and layers[0].factor == lower.factor
        upper = layers.pop(0) if paired else None
        if len(lower.variables) <= MOST_CORRELATED:
            found.append(_correlation_table(given, lower, upper))
    return found


def _layer(given: ReportInput, layer: CorrelationLayer) -> Phrase:
    group = given.names.group(layer.factor)
    if layer.layer == "within":
        return ("within ", *group)
    said = layer.inside is None or layer.inside in layer.factor.split(":")
    inside = () if said or layer.inside is None else (" within ", *given.names.group(layer.inside))
    return ("between units of ", *group, *inside)


def _correlation_table(given: ReportInput, lower: CorrelationLayer, upper: CorrelationLayer | None) -> Grid:
    names = [given.names.effect(name, {}) for name in lower.variables]
    layers = [lower] if upper is None else [lower, upper]
    place: Phrase = ()
    if upper is not None:
        below, above = _layer(given, lower), _layer(given, upper)
        place = say("Below the diagonal {below}, above it {above}. ", below=below, above=above)
    size = len(names)
    rows = []
    for i in range(size):
        cells: list[Number | Phrase | None] = []
        for j in range(size):
            layer = lower if j < i else upper
            if i == j:
                cells.append(("–",))
            else:
                cells.append(None if layer is None else _coefficient(layer, i, j))
        rows.append(row((f"{i + 1}. ", *names[i]), cells))
    return Grid(
        caption=("Correlations ", *join([_layer(given, layer) for layer in layers], last=" and ")),
        columns=columns("Variable", *(f"{i + 1}" for i in range(size))),
        rows=tuple(rows),
        notes=((*place, CORRELATION_NOTE),),
        wide=True,
    )


def _coefficient(layer: CorrelationLayer, i: int, j: int) -> Number | None:
    first, second = max(i, j), min(i, j)
    value = layer.rows[first - 1][second]
    if value is None:
        return None
    names = (layer.variables[first], layer.variables[second])
    keys = (layer.layer, layer.factor, *names, "correlation")
    return Number(correlation(value), source("correlations", *keys))
