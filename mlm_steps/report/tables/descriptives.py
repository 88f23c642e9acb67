"""One table of all variables, described at the level of their units, with group sizes and categories."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records import FactorProfile
from mlm_steps.records.descriptives import CategoryCount, Spread, VariableDescription
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.facts import profile_number
from mlm_steps.report.text.grid import Grid, Row, columns, heading, row
from mlm_steps.report.text.notation import decimals_for_spread, fixed, integer, percent, share
from mlm_steps.report.text.text import Emphasis, Number, Phrase, Word, capital, join, say, source

__all__ = ["category_table", "descriptive_table"]

MOST_CATEGORIES = 6
"""Largest number of categories of a variable in the table; of more, their range is shown."""
SPREADS = ("SD within", "SD between", "ICC(1)", "ICC(2)")
SPREAD_NOTE = say(
    "SD within and between: of deviations from the group means and of the group means, over the units of the "
    "block. ICC(1) comes from a null model with this factor alone; ICC(2) is the reliability of the group "
    "means (Bliese 2000)."
)
MISSING_NOTE = say(
    "Missing values are those of the file; observations with one are not in the sample. A group counts as "
    "missing if all of its observations lack a value."
)
SIZE_NOTE = (
    "{rows} per {unit}: median {median}, harmonic mean {harmonic}, size-weighted mean {weighted} (Kish "
    "1965); {singletons}{constant}{lost}."
)


def descriptive_table(given: ReportInput) -> Grid | None:
    """Return the variables in blocks of their units, observations first; None if there is nothing to show."""
    profile = given.run.data_profile
    found = profile.descriptives
    ranks = {"": 1} | {factor.name: profile.ranks.get(factor.name, 2) for factor in profile.factors}
    described = {each.unit for each in found.variables} | {each.unit for each in found.categories}
    units = sorted(
        {*ranks} if profile.factors else described & ranks.keys(), key=lambda unit: (ranks[unit], unit)
    )
    missing = any(each.missing for each in found.variables)
    spreads = any(each.spreads for each in found.variables)
    rows = [line for unit in units for line in _block(given, unit, spreads=spreads, missing=missing)]
    if not rows:
        return None
    heads: list[Phrase] = [("Variable",), (Emphasis("n"),), ("Mean or share",), ("SD",), ("Min",), ("Max",)]
    heads += [(head,) for head in (*(SPREADS if spreads else ()), *(("Missing",) if missing else ()))]
    return Grid(
        caption=("Descriptive statistics at the level of each variable",),
        columns=columns(*heads),
        rows=tuple(rows),
        notes=_notes(given, spreads=spreads, missing=missing),
        wide=True,
    )


def _block(given: ReportInput, unit: str, *, spreads: bool, missing: bool) -> Iterator[Row]:
    """Yield the heading of a kind of units, the sizes of groups, and the variables measured on the units."""
    profile = given.run.data_profile
    found = profile.descriptives
    variables = [each for each in found.variables if each.unit == unit]
    counted = dict.fromkeys(each.variable for each in found.categories if each.unit == unit)
    categorical = [name for name in counted if name not in {each.variable for each in variables}]
    factor = next((each for each in profile.factors if each.name == unit), None)
    rest: list[None] = [None] * (4 * spreads + missing)
    if variables or categorical or factor is not None:
        yield heading(_units(given, unit))
    if factor is not None:
        yield _size_row(given, factor, rest)
    for each in variables:
        yield from _rows(given, each, spreads=spreads, missing=missing)
    for name in categorical:
        yield from _category_rows(given, [c for c in found.categories if c.variable == name], rest)


def _units(given: ReportInput, unit: str) -> Phrase:
    """Return ``Level 2: 160 schools``."""
    profile = given.run.data_profile
    if not unit:
        rows = Number(integer(profile.rows), source("profile", "rows"))
        return say("Level 1: {n} {units}", n=rows, units=given.names.observations)
    factor = next(factor for factor in profile.factors if factor.name == unit)
    return say(
        "Level {rank}: {n} {units}",
        rank=str(profile.ranks.get(unit, 2)),
        n=Number(integer(factor.n_levels), source("profile", "factor", unit, "n_levels")),
        units=given.names.units(unit),
    )


def _size_row(given: ReportInput, factor: FactorProfile, rest: list[None]) -> Row:
    def number(value: float, field: str, decimals: int | None = None) -> Number:
        return profile_number(value, "factor", factor.name, field, decimals=decimals)

    return row(
        ("Group size (", *given.names.observations, ")"),
        [
            number(factor.n_levels, "n_levels"),
            number(factor.size_mean, "size_mean", 2),
            None,
            number(factor.size_min, "size_min"),
            number(factor.size_max, "size_max"),
            *rest,
        ],
    )


def _notes(given: ReportInput, *, spreads: bool, missing: bool) -> tuple[Phrase, ...]:
    profile = given.run.data_profile
    return (
        *((SPREAD_NOTE,) if spreads else ()),
        *(_size_note(given, factor) for factor in profile.factors),
        *((MISSING_NOTE,) if missing else ()),
        *_left_out(given, list(profile.descriptives.variables)),
    )


def _size_note(given: ReportInput, factor: FactorProfile) -> Phrase:
    """Return the further means of the sizes, and what is unusual about the groups of a factor."""

    def number(value: float, field: str, decimals: int | None = None) -> Number:
        return profile_number(value, "factor", factor.name, field, decimals=decimals)

    single: Phrase = ("no group has one observation",)
    if factor.singletons:
        several = "groups have" if factor.singletons > 1 else "group has"
        single = (number(factor.singletons, "singletons"), f" {several} one observation")
    constant = len({level for levels in factor.constant_outcome.values() for level in levels})
    flat: Phrase = ()
    if constant:
        flat = ("; the outcome does not vary in ", number(constant, "constant_outcome"), " of them")
    lost: Phrase = ()
    if factor.n_levels_file != factor.n_levels:
        lost = ("; the file has ", number(factor.n_levels_file, "n_levels_file"), " groups")
    rows = given.prose.observations
    return say(
        SIZE_NOTE,
        rows=capital(rows),
        unit=given.prose.unit_of(factor.name) or given.prose.group(factor.name),
        median=number(factor.size_median, "size_median", 1),
        harmonic=number(factor.size_harmonic, "size_harmonic", 2),
        weighted=number(factor.size_weighted, "size_weighted", 2),
        singletons=single,
        constant=flat,
        lost=lost,
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


def _rows(given: ReportInput, of: VariableDescription, *, spreads: bool, missing: bool) -> Iterator[Row]:
    """Yield a row of a numeric variable; with several factors, a further row per factor."""
    decimals = decimals_for_spread(of.sd)
    unit, label = given.names.unit(of.variable), given.names.variable(of.variable)
    moments = [
        None
        if (value := getattr(of, name)) is None
        else Number(fixed(value, decimals), source("descriptives", of.variable, of.unit, name))
        for name in ("mean", "sd", "minimum", "maximum")
    ]
    lacking = Number(integer(of.missing), source("descriptives", of.variable, of.unit, "missing"))
    end = [lacking] if missing else []
    alone = of.spreads[0] if len(of.spreads) == 1 else None
    middle = _spread(of, alone, decimals) if spreads else []
    head = (*label, " (", Word(unit), ")") if unit else label
    count = Number(integer(of.n), source("descriptives", of.variable, of.unit, "n"))
    yield row(head, [count, *moments, *middle, *end])
    for spread in of.spreads if alone is None else ():
        cells: list[Number | None] = [None] * 5 + _spread(of, spread, decimals) + [None] * missing
        yield row(("by ", *given.names.group(spread.factor)), cells, "detail")


def _spread(of: VariableDescription, spread: Spread | None, decimals: int) -> list[Number | None]:
    """Return the standard deviations and ICCs of a variable for one factor; empty cells without one."""

    def number(field: str, value: float | None, text: str | None) -> Number | None:
        if spread is None or value is None or text is None:
            return None
        return Number(text, source("descriptives", of.variable, of.unit, spread.factor, field))

    found: list[Number | None] = []
    for field in ("sd_within", "sd_between", "icc1", "icc2"):
        value = None if spread is None else getattr(spread, field)
        text = None if value is None else share(value) if "icc" in field else fixed(value, decimals)
        found.append(number(field, value, text))
    return found


def _category_rows(given: ReportInput, found: list[CategoryCount], rest: list[None]) -> Iterator[Row]:
    """Yield a row per category; of many categories, one row with the range of their shares."""
    label = given.names.variable(found[0].variable)
    if len(found) > MOST_CATEGORIES:
        least, most = (pick(found, key=lambda each: each.n) for pick in (min, max))
        span: Phrase = (_share(least), " to ", _share(most))
        yield row((*label, f": {len(found)} categories"), [None, span, None, None, None, *rest])
        return
    for each in found:
        head = (*label, ": ", Word(each.category))
        yield row(head, [_count(each), _share(each), None, None, None, *rest])


def _count(of: CategoryCount) -> Number:
    return Number(integer(of.n), source("categories", of.variable, of.unit, of.category, "n"))


def _share(of: CategoryCount) -> Number:
    return Number(percent(of.share), source("categories", of.variable, of.unit, of.category, "share"))


def category_table(given: ReportInput) -> Grid | None:
    """Return the counts of the variables with many categories; None if there is no such variable."""
    variables: dict[tuple[str, str], list[CategoryCount]] = {}
    for each in given.run.data_profile.descriptives.categories:
        variables.setdefault((each.variable, each.unit), []).append(each)
    rows: list[Row] = []
    for (variable, unit), found in variables.items():
        if len(found) > MOST_CATEGORIES:
            counted = given.names.units(unit) if unit else given.names.observations
            rows.append(heading(join([given.names.variable(variable), counted], ", ")))
            rows += [row(Word(each.category), [_count(each), _share(each)]) for each in found]
    if not rows:
        return None
    heads = columns("Category", "n", "Share")
    return Grid(caption=("Variables with many categories",), columns=heads, rows=tuple(rows))
