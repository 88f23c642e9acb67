"""Survey an undescribed data file: its units, its time, and which columns could explain the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.data.flags.similar_labels import plain_label
from mlm_steps.data.survey.asked import Asked, checked, grouping_terms
from mlm_steps.data.survey.outcome import FirstOutcome, outcome_of, values_of
from mlm_steps.data.survey.predictors import Candidate, PredictorSearch
from mlm_steps.data.survey.reading import Manner, readable
from mlm_steps.data.survey.times import Time, day_and_beep, find_time, shared_times
from mlm_steps.data.survey.units import Units, UnitSearch
from mlm_steps.data.survey.wide import later_columns, lengthened, series_of
from mlm_steps.data.types import TypedColumn, type_column
from mlm_steps.data.variation import varying_groups
from mlm_steps.errors import Fault, UsageError, listing
from mlm_steps.spec import DataSpec
from mlm_steps.spec.reshape import WideToLong

__all__ = ["Survey", "survey"]

_MOST_LABELS = 50
"""The labels of a column with more of them are not compared: it is no factor."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The results of a survey.

    Attributes
    ----------
    data : DataSpec
        How to read the file: title rows, encoding, decimal mark, missing-value markers.
    reshape : WideToLong or None
        How a wide table is made long.
    outcome : FirstOutcome
    rows : int
        Rows in which outcome and groups are present.
    rows_file : int
        All rows of the file.
    units : Units
        The grouping factors, and the columns that identify units.
    time : Time or None
        The column of time of repeated measurements.
    shared_times : tuple of str
        Columns of time at which the units have several rows each.
    occasions : tuple of str
        The columns whose values name the occasions that the units share: the time, or day and beep.
    candidates : tuple of Candidate
        Predictors, the preferred ones first, without the time.
    skipped : tuple of (str, str)
        Columns that were skipped, and the reasons.
    labels : mapping of str to str
        The file's column labels.
    names : tuple of str
        All columns.
    remarks : tuple of str
        Sentences that the user should read first: the sheet that was read, the levels that were found.
    without : mapping of str to int
        Number of rows in which the outcome or a group is missing, by column name.
    """

    data: DataSpec
    reshape: WideToLong | None
    outcome: FirstOutcome
    rows: int
    rows_file: int
    units: Units
    time: Time | None
    shared_times: tuple[str, ...]
    occasions: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    skipped: tuple[tuple[str, str], ...]
    labels: Mapping[str, str]
    names: tuple[str, ...]
    remarks: tuple[str, ...]
    without: Mapping[str, int]


def survey(path: Path, asked: Asked, manner: Manner) -> Survey:
    """Return the units of a file and the columns that could explain an outcome.

    Raises
    ------
    DataError
        The file cannot be read.
    UsageError
        A column does not exist, or cannot be used in its role.
    """
    data, table = readable(path, manner)
    about_file = tuple(notice.text for notice in table.notices if not notice.subject)
    long = lengthened(table, asked, data)
    if long is not None:
        table, asked = long.table, long.asked
    columns = {raw.name: type_column(raw, None, data) for raw in table.columns}
    terms = grouping_terms(asked.groups, columns)
    checked(asked, terms, columns, [each.variable for each in series_of(list(columns))], about_file)
    raw = next(raw for raw in table.columns if raw.name == asked.outcome)
    outcome = values_of(raw, columns[asked.outcome], data)
    absent = np.isnan(outcome.y)
    grouped = list(dict.fromkeys(name for term in terms for name in term))
    there = ~absent & ~np.logical_or.reduce([columns[name].missing for name in grouped])
    found = _Search(columns, asked, terms, outcome, there)
    missing = {asked.outcome: absent} | {name: columns[name].missing for name in grouped}
    first = (*about_file, *([long.remark] if long else []), *filter(None, [found.outcome.remark(there)]))
    return Survey(
        data=data,
        reshape=long.reshape if long else None,
        outcome=found.outcome,
        rows=int(there.sum()),
        rows_file=table.rows,
        units=found.units,
        time=found.time,
        shared_times=found.shared_times,
        occasions=found.occasions,
        candidates=tuple(found.search.taken),
        skipped=tuple(found.skipped()),
        labels={name: column.label for name, column in columns.items() if column.label},
        names=tuple(columns),
        remarks=(*first, *found.units.remarks, *_similar_labels(columns, found)),
        without={name: int(rows.sum()) for name, rows in missing.items() if rows.any()},
    )


class _Search:
    """What the columns are: identifiers first, then the time, then predictors among the others."""

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        asked: Asked,
        terms: Sequence[Sequence[str]],
        outcome: FirstOutcome,
        there: NDArray[np.bool_],
    ) -> None:
        given = self.given = asked.predictors
        taken = {asked.outcome, *given, *(name for term in terms for name in term)}
        later = later_columns(asked.outcome, list(columns))
        spare = [name for name in columns if name not in taken and name not in later]
        self.outcome = outcome_of(outcome, columns, there, spare)
        self.idle = {**later, **self.outcome.parts}
        spare = [name for name in spare if name not in (*self.idle, *self.outcome.others)]
        y = self.outcome.y
        identifiers = UnitSearch(columns, there, terms, spare)
        if not there.any():
            raise UsageError(Fault("--outcome", _no_row(asked.outcome, terms)))
        for chain in map(identifiers.chain, terms):
            _check_nesting(chain)
            for factor in chain:
                _check_parts(y[there], asked.outcome, factor)
        self.units = identifiers.find()
        self.order = list(columns)
        spare = [name for name in spare if name not in self.units.reasons]
        spare = [name for name in spare if not any(name in term for term in self.units.terms)]
        innermost = self.units.chains[0][-1]
        self.time = find_time(columns, there, innermost, spare) if asked.detects(1) else None
        self.shared_times = () if self.time else shared_times(columns, there, innermost, spare)
        self.occasions = day_and_beep(columns, there, innermost, self.shared_times, spare)
        if self.time and self.time.common:
            self.occasions = (self.time.name,)
        idle = {self.time.name, *self.time.others} if self.time else set()
        rest = [name for name in spare if name not in idle]
        kept = {name: column for name, column in columns.items() if name in {*rest, *given}}
        information = self.outcome.information(there)
        self.search = PredictorSearch(kept, y, there, self.units.chains, self.units.codes, information)
        self.search.take(given)
        self.search.find(rest, {rank for rank in (1, 2) if asked.detects(rank)})

    def skipped(self) -> Iterator[tuple[str, str]]:
        """Yield the columns that are not used, in the order of the file, and the reasons."""
        reasons = dict(self.search.skipped) | dict(self.units.reasons)
        reasons |= dict(self.time.others) if self.time else {}
        reasons |= {name: reason for name, reason in self.idle.items() if name not in self.given}
        yield from ((name, reasons[name]) for name in self.order if name in reasons)


def _no_row(outcome: str, terms: Sequence[Sequence[str]]) -> str:
    names = listing(f"'{name}'" for name in dict.fromkeys(name for term in terms for name in term))
    return f"no row has both '{outcome}' and {names}"


def _similar_labels(columns: Mapping[str, TypedColumn], found: _Search) -> Iterator[str]:
    """Yield remarks on groups and factors whose labels differ only by spaces, case or the like."""
    grouped = {name for term in found.units.terms for name in term}
    for name, column in columns.items():
        if column.kind not in ("category", "group") or name in found.units.reasons:
            continue
        if name not in grouped and not _has_few_labels(column):
            continue
        labels = {str(label) for label in np.unique(np.asarray(column.values, dtype=object)[~column.missing])}
        plain = {plain_label(label) for label in labels}
        if len(plain) < len(labels):
            yield (
                f"{name} has {len(labels)} labels, but {len(plain)} without differences of spaces, case and "
                "the like: correct the labels in the file if they mean the same units."
            )


def _has_few_labels(column: TypedColumn) -> bool:
    return isinstance(column.values, pd.Categorical) and len(column.values.categories) <= _MOST_LABELS


def _check_nesting(chain: Sequence[CodedFactor]) -> None:
    """Raise UsageError if the units that should be the smaller ones divide none of the larger ones."""
    for outer, inner in pairwise(chain):
        if len(inner.labels) == len(outer.labels):
            name, above = inner.columns[0], outer.columns[0]
            what = f"each level of '{above}' has one level of '{name}', so '{name}' is not nested in it"
            raise UsageError(Fault("--group", what, "name the larger units first, as in school/class"))


def _check_parts(y: NDArray[np.float64], outcome: str, factor: CodedFactor) -> None:
    if not np.ptp(y):
        raise UsageError(Fault("--outcome", f"'{outcome}' has only one value"))
    if len(factor.labels) == 1:
        raise UsageError(
            Fault("--group", f"'{factor.name}' has only one level", "name another grouping column")
        )
    if len(factor.labels) == len(y):
        what = f"'{factor.name}' has a different level in each row"
        raise UsageError(Fault("--group", what, "name a column with several rows per value"))
    if not varying_groups(y, factor).any():
        what = f"'{outcome}' does not vary within any level of '{factor.name}'"
        raise UsageError(Fault("--outcome", what, "the outcome must vary between the rows of a group"))
