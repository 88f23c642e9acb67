"""The record of the data: columns, rows kept, hierarchy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from pydantic import Field

from mlm_steps.records.base import Notice, Part, Record
from mlm_steps.records.descriptives import Descriptives

__all__ = [
    "ColumnProfile",
    "ContrastDetail",
    "DataProfile",
    "FactorProfile",
    "FileProfile",
    "NestingRelation",
    "Occasions",
    "PreparationKind",
    "PreparationStep",
    "SlopeComparison",
    "SlopeEstimate",
    "TimeOccasions",
    "UnitOccasions",
    "VariableLevel",
    "VariableLoss",
    "factor_ranks",
    "no_profile",
]

ColumnKind = Literal["group", "category", "ordered", "number", "text"]
PreparationKind = Literal["read", "stack", "join", "reshape", "filter"]


class FileProfile(Part):
    """One file that was read."""

    file: str
    """As written in the spec."""
    sha256: str
    """Hash of its bytes."""


class PreparationStep(Part):
    """One step between the files and the common sample, with its effect in rows and columns."""

    kind: PreparationKind
    words: str
    """What was done, for example ``join schools.csv by school``."""
    rows_before: int | None = None
    """None for a file that was read."""
    rows_after: int
    columns_before: int | None = None
    columns_after: int
    counts: dict[str, int] = Field(default_factory=dict)
    """Counts of interest by what is counted, for example ``{"rows without a match": 12}``; zeros are left
    out."""
    details: tuple[str, ...] = ()
    """Further statements without numbers, each without a full stop."""

    @property
    def line(self) -> str:
        """The step in one line, for example ``filter age >= 18: 120 → 98 rows (2 missing)``."""
        rows = f"{self.rows_after} rows"
        if self.rows_before is not None:
            rows = f"{self.rows_before} → {rows}"
        notes = [*(f"{count} {words}" for words, count in self.counts.items()), *self.details]
        return f"{self.words}: {rows}" + (f" ({'; '.join(notes)})" if notes else "")


class ContrastDetail(Part):
    """What contrasts need besides their name: the level that sum contrasts omit, or the rows of a matrix."""

    omitted: str | None = None
    columns: tuple[str, ...] = ()
    """Names of the columns of a matrix."""
    rows: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """The row of each level in a matrix."""


class ColumnProfile(Part):
    """One column of the analysis sample."""

    name: str
    kind: ColumnKind
    levels: tuple[str, ...] | None = None
    """Levels of a category in order, the reference first; None for numbers and grouping factors."""
    contrast: str | None = None
    """Name of the contrasts of a category, ``matrix`` for those of a matrix."""
    contrast_detail: ContrastDetail | None = None
    label: str | None = None
    """The file's label of the column, if the format has labels."""
    derived: str | None = None
    """How a derived column was made, for example ``ses centred within school``."""
    derived_by: str | None = None
    """The key of the spec that makes it, for example ``center``."""
    made_from: tuple[str, ...] = ()
    """Columns that a derived one is made from, its grouping columns included."""
    used: bool = False
    """Whether any model names it."""
    declared_level: int | None = None
    """Level in the hierarchy that the spec declares."""
    n_missing: int = 0
    """Missing values in the file, before any row was dropped."""
    mean: float | None = None
    sd: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    content_hash: str = ""
    """Hash of the column's values, type and levels on the analysis sample."""


class UnitOccasions(Part):
    """The occasions of one person or other unit."""

    unit: str
    present: int
    """Expected occasions that have a row."""
    complete: int
    """Expected occasions that have a row of the common sample."""


class TimeOccasions(Part):
    """One expected time."""

    time: str
    present: int
    """Units with a row at this time."""


class Occasions(Part):
    """Which of the expected occasions exist, on the rows that the filters leave."""

    within: str
    """Column of the units."""
    time: tuple[str, ...]
    """Columns that tell the occasions of a unit apart."""
    expected_each: int
    """Occasions expected of each unit."""
    units: tuple[UnitOccasions, ...]
    times: tuple[TimeOccasions, ...] = ()
    """The expected times, if they are known; empty if the spec gives only their number."""
    repeated: int = 0
    """Rows with the unit and the time of an earlier row."""
    unexpected: int = 0
    """Rows at times that are not expected, or beyond the number that is expected."""
    unplaced: int = 0
    """Rows without a unit or a time."""

    @property
    def expected(self) -> int:
        """Occasions expected of all units."""
        return self.expected_each * len(self.units)

    @property
    def present(self) -> int:
        """Expected occasions that have a row."""
        return sum(unit.present for unit in self.units)

    @property
    def complete(self) -> int:
        """Expected occasions that have a row of the common sample."""
        return sum(unit.complete for unit in self.units)

    @property
    def line(self) -> str:
        """The counts in one line."""
        share = f"{self.present / self.expected:.1%}" if self.expected else "none"
        return (
            f"occasions: {self.present} of {self.expected} exist ({share}); {len(self.units)} levels of "
            f"{self.within} with {self.expected_each} each"
        )


class VariableLoss(Part):
    """The rows and groups that the common sample loses to one variable."""

    variable: str
    rows: int
    """Rows in which this variable is missing."""
    groups: dict[str, int]
    """Per grouping factor, the levels that lose all their rows to this variable alone."""


class FactorProfile(Part):
    """One grouping factor on the analysis sample (statistics, section 1)."""

    name: str
    n_levels: int
    n_levels_file: int
    size_min: int
    size_median: float
    size_mean: float
    size_max: int
    size_harmonic: float
    """J / sum(1 / n_j)."""
    size_weighted: float
    """sum(n_j ** 2) / n."""
    singletons: int
    constant_outcome: dict[str, tuple[str, ...]]
    """Per outcome, levels of two rows or more whose outcome does not vary."""


class VariableLevel(Part):
    """The level of one variable with respect to one factor (statistics, section 1)."""

    variable: str
    factor: str
    level: Literal["within", "between", "mixed", "constant"]
    """``within``: purely level 1; ``between``: level 2, constant inside each group; ``mixed``: both."""
    variance: float | None = None
    variance_within: float | None = None
    variance_between: float | None = None
    icc1: float | None = None
    icc2: float | None = None
    conflicting_levels: tuple[str, ...] = ()
    """For a variable declared or almost constant within groups: the groups inside which it varies."""


class NestingRelation(Part):
    """How two grouping factors relate."""

    inner: str
    outer: str
    relation: Literal["nested", "crossed", "partially_crossed", "equal"]
    implicit: bool = False
    """Labels of the inner factor are few and reused in nearly every level of the outer one."""
    n_cells: int
    """Occupied cells of the cross-table."""


def factor_ranks(factors: Iterable[str], nesting: Iterable[NestingRelation]) -> dict[str, int]:
    """Return the level of each factor's units: 2 where no factor is nested in it, else one above that."""
    inside: dict[str, list[str]] = {name: [] for name in factors}
    for relation in nesting:
        if relation.relation == "nested" and relation.outer in inside and relation.inner in inside:
            inside[relation.outer].append(relation.inner)

    def rank(name: str) -> int:
        return 1 + max((rank(inner) for inner in inside[name]), default=1)

    return {name: rank(name) for name in inside}


class SlopeEstimate(Part):
    """One of the slopes of a predictor that varies within and between groups."""

    kind: Literal["pooled", "within", "between", "contextual"]
    """``contextual``: the slope between groups minus the slope within groups."""
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float


class SlopeComparison(Part):
    """Pooled, within and between slopes of one predictor alone (statistics, section 1)."""

    outcome: str
    variable: str
    factor: str
    slopes: tuple[SlopeEstimate, ...]
    opposite: bool
    """Two of the pooled, the within and the between slope have opposite signs."""

    def slope(self, kind: str) -> SlopeEstimate | None:
        """Return the slope of a kind; None if there is none."""
        return next((each for each in self.slopes if each.kind == kind), None)


class DataProfile(Record):
    """What was read, kept and found."""

    file: str
    """As written in the spec; of several files the first."""
    file_hash: str
    rows_file: int
    """Rows from which the common sample is taken: those of the file, after all steps of preparation."""
    rows: int
    sample_hash: str
    columns: tuple[ColumnProfile, ...]
    lost: tuple[VariableLoss, ...]
    factors: tuple[FactorProfile, ...]
    variable_levels: tuple[VariableLevel, ...]
    nesting: tuple[NestingRelation, ...]
    slopes: tuple[SlopeComparison, ...] = ()
    descriptives: Descriptives = Field(default_factory=Descriptives)
    occasions: Occasions | None = None
    """None if the spec does not declare occasions."""
    notices: tuple[Notice, ...]
    files: tuple[FileProfile, ...] = ()
    """Every file that was read, in the order of reading."""
    preparation: tuple[PreparationStep, ...] = ()
    """The steps between the files and the common sample in their order; empty for a file that is used as it
    is."""

    def column(self, name: str) -> ColumnProfile:
        """Return the profile of one column; KeyError if there is none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def derivations(self) -> tuple[ColumnProfile, ...]:
        """The derived columns that the models use, and those that these are made from, in order."""
        wanted = {column.name for column in self.columns if column.used}
        for column in reversed(self.columns):
            if column.name in wanted:
                wanted.update(column.made_from)
        return tuple(column for column in self.columns if column.derived and column.name in wanted)

    @property
    def ranks(self) -> Mapping[str, int]:
        """The level of the units of each grouping factor, from 2 up."""
        return factor_ranks((factor.name for factor in self.factors), self.nesting)


@cache
def no_profile() -> DataProfile:
    """Return the profile of a run without data."""
    return DataProfile.model_construct(
        file="", file_hash="", rows_file=0, rows=0, sample_hash="", columns=(), lost=(), factors=(),
        variable_levels=(), nesting=(), notices=(),
    )  # fmt: skip
