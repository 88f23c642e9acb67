"""Choose columns of an undescribed file that could explain the outcome, and find their level.

Columns are chosen by their kind and spread, not by their order in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.levels import number_label
from mlm_steps.data.survey.parts import MOST_FACTOR_LEVELS
from mlm_steps.data.survey.redundancy import Redundancy
from mlm_steps.data.survey.words import is_control_label, is_cycle_name, is_measure_label, is_treatment_name
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.variation import level_of
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.data_profile import VariableLevel

__all__ = ["Candidate", "PredictorSearch", "is_unwritable"]

_MOST_CATEGORIES = 12
"""A text column with more distinct values is text, not a category."""
_FEW_NUMBERS = 12
"""Whole numbers with at most this many values, but more than two, are rating scales or codes."""
_NEARLY_CONSTANT = 0.95
"""A column of which one value fills at least this share of the rows explains little."""
_MOST_MISSING = 0.2
"""A column with a larger share of missing values is not taken: the common sample would become small."""
_LEAST_COMPLETE = 0.5
"""The columns taken must leave at least this share of the rows complete."""
_MOST_LEVEL_1, _MOST_LEVEL_2 = 4, 3
"""At most this many predictors per level are proposed, so that the first models stay readable."""
_ROWS_EACH, _GROUPS_EACH = 10, 5
"""Each coefficient needs this many rows (level 1) or groups (level 2); fewer give unstable estimates."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may explain the outcome.

    Attributes
    ----------
    name, kind : str
    levels : tuple of str or None
        The levels of a category; None for a number.
    rank : int
        Its level: 1 if it varies within the smallest groups, 2 if it is constant within them, 3 if it is
        constant within the next larger ones.
    centred : bool
        Whether it varies both within and between groups, so that it should be centred within groups.
    binary : bool
    conflicts : tuple of str
        Groups within which a level-2 column varies although it should not.
    treatment : bool
        Whether its name says that it is an experimental treatment.
    shared : bool
        Whether it is constant within another, crossed factor, such as a property of items.
    values : int
        Number of distinct values if they are whole numbers; 0 for other numbers and for labels.
    """

    name: str
    kind: str
    levels: tuple[str, ...] | None
    rank: int
    centred: bool
    binary: bool
    conflicts: tuple[str, ...] = ()
    treatment: bool = False
    shared: bool = False
    values: int = 0


def is_unwritable(name: str) -> bool:
    """Return whether no formula can hold a column's name, not even in backticks."""
    return "`" in name or not name.isprintable()


class PredictorSearch:
    """The search for predictors: the columns taken so far, and the reasons why others were skipped.

    Parameters
    ----------
    columns : mapping of str to TypedColumn
    y : ndarray of float64
        The outcome in all rows of the file.
    there : ndarray of bool
        Rows in which outcome and groups are present.
    chains : sequence of sequence of CodedFactor
        The grouping factors of each random intercept on those rows, the largest units first.
    codes : collection of str
        Columns of numbers that are codes of a category.
    information : int
        Number of rows that tell about coefficients of level 1; of a 0/1 outcome, those of the rarer value.
    """

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        y: NDArray[np.float64],
        there: NDArray[np.bool_],
        chains: Sequence[Sequence[CodedFactor]],
        codes: Collection[str],
        information: int,
    ) -> None:
        self.columns, self.there, self.chains, self.codes = columns, there, chains, codes
        self.factor = chains[0][-1]
        self.taken: list[Candidate] = []
        self.skipped: list[tuple[str, str]] = []
        self.redundancy = Redundancy(columns, y, there, self.factor)
        self.complete = np.ones(len(self.factor.codes), dtype=bool)
        self.room, self.places = {1: information // _ROWS_EACH}, {1: _MOST_LEVEL_1}
        for above, factor in enumerate(reversed(chains[0])):
            self.room[2 + above] = len(factor.labels) // _GROUPS_EACH
            self.places[2 + above] = _MOST_LEVEL_2

    def take(self, given: Mapping[str, int]) -> None:
        """Take the predictors that the user named; raise UsageError for one that no model can use."""
        faults = []
        for name, rank in given.items():
            reason = self._unusable(name)
            if reason:
                faults.append(Fault(f"--level-{rank}", f"'{name}' {reason}"))
            else:
                self.taken.append(
                    self._candidate(name, rank, self._level(name, self.factor, declared=rank > 1))
                )
        if faults:
            raise UsageError(*faults)

    def find(self, names: Collection[str], ranks: Collection[int]) -> None:
        """Take the useful columns among ``names`` whose level is in ``ranks``."""
        parts = self.redundancy.parts_of_outcome([name for name in self.columns if name in names])
        likely = []
        for name in (name for name in self.columns if name in names):
            reason = self._unusable(name) or parts.get(name) or self._unlikely(name)
            if reason:
                self.skipped.append((name, reason))
            else:
                likely.append(name)
        detected = {name: self._detected(name) for name in likely}
        for name in sorted(likely, key=lambda name: (detected[name].rank, *self._preference(name))):
            candidate = detected[name]
            reason = self.redundancy.with_others(name, likely, {c.name for c in self.taken})
            if candidate.rank not in ranks and not (candidate.rank > 2 and 2 in ranks):
                continue
            if reason or not self._fits(candidate):
                small = f"level {candidate.rank}; left out to keep the models small"
                self.skipped.append((name, reason or small))
            else:
                self.taken.append(candidate)

    def _preference(self, name: str) -> tuple[bool, bool, bool, bool]:
        """Return the sort key of a column; equal columns stay in the order of the file.

        Treatments come first. Factors of few levels and continuous columns come before rating scales, columns
        that vary before nearly constant ones, and complete columns before others.
        """
        column = self.columns[name]
        values = pd.Series(column.values[self.there])
        counts = values.value_counts()
        distinct = len(counts)
        scale = column.kind == "number" and 2 < distinct <= _FEW_NUMBERS and self._whole(name)
        return (
            not self._is_treatment(name),
            bool(counts.iloc[0] >= _NEARLY_CONSTANT * counts.sum()),
            scale,
            bool(values.isna().any()),
        )

    def _is_treatment(self, name: str) -> bool:
        return is_treatment_name(name) and len(self._distinct(name)) <= MOST_FACTOR_LEVELS

    def _whole(self, name: str) -> bool:
        x = self.columns[name].numbers[self.there]
        return bool((np.isnan(x) | (x == np.floor(x))).all())

    def _fits(self, candidate: Candidate) -> bool:
        """Return whether a candidate fits into the models, and count its coefficients if it does.

        A treatment always fits, since it is what a study is about.
        """
        width = len(candidate.levels or "  ") - 1
        left = self.complete & ~self.columns[candidate.name].missing[self.there]
        room, places = self.room[candidate.rank], self.places[candidate.rank]
        fits = (places > 0 and width <= room) or candidate.treatment
        if left.mean() < _LEAST_COMPLETE or not fits:
            return False
        self.room[candidate.rank] = max(room - width, 0)
        self.places[candidate.rank] = max(places - 1, 0)
        self.complete = left
        return True

    def _unusable(self, name: str) -> str | None:
        column = self.columns[name]
        present = self.there & ~column.missing
        if is_unwritable(name):
            return "has a name that no formula can hold"
        if not present.any():
            return "has no values"
        distinct = len(self._distinct(name))
        labels = column.kind == "category" and distinct <= MOST_FACTOR_LEVELS  # such as 0, 1, 2, 3+
        if column.strays and (column.strays.signs or not labels):
            signs = f" ({column.strays.signs})" if column.strays.signs else ""
            advice = "; with plain numbers in the file it could be used" if column.strays.signs else ""
            return f"holds {column.strays} among its numbers{signs}{advice}"
        if isinstance(column.values, pd.Categorical) and all(map(is_measure_label, column.values.categories)):
            example = column.values.categories[0]
            return f"holds numbers with units, such as {example}; plain numbers could be used"
        if column.kind == "text" or (column.kind != "number" and distinct > _MOST_CATEGORIES):
            return "is text with many values"
        return "has only one value" if distinct == 1 else None

    def _unlikely(self, name: str) -> str | None:
        column = self.columns[name]
        missing = int((self.there & column.missing).sum())
        if missing > _MOST_MISSING * self.there.sum():
            return f"is missing in {missing} of {self.there.sum()} rows"
        if self.redundancy.separates_outcome(column):
            return "separates the two values of the outcome, so that its effect has no finite estimate"
        if column.kind != "number":
            distinct = len(self._distinct(name))
            many = f"has {distinct} levels, which would cost {distinct - 1} coefficients"
            return many if distinct > MOST_FACTOR_LEVELS else None
        if is_cycle_name(name):
            return "repeats in cycles, so it is no quantity; type: category would make it a factor"
        return "is a copy of the outcome" if self.redundancy.repeats_outcome(column) else None

    def _distinct(self, name: str) -> Sequence[object]:
        return list(pd.unique(pd.Series(self.columns[name].values[self.there & ~self.columns[name].missing])))

    def _level(self, name: str, factor: CodedFactor, *, declared: bool = False) -> VariableLevel:
        """Return the level of a column with respect to a factor, from the rows in which it is present."""
        column = self.columns[name]
        present = ~column.missing[self.there]
        values = column.values[self.there][present]
        if not present.all():
            factor = make_factor([factor.name], [(factor.codes[present], factor.labels)])
        if isinstance(values, pd.Categorical):
            values = values.remove_unused_categories()
        else:
            values = np.asarray(values, dtype=np.float64)
        return level_of(name, values, factor, declared=declared)

    def _detected(self, name: str) -> Candidate:
        """Return a column as a candidate of the highest level within whose units it is constant."""
        for depth, factor in enumerate(self.chains[0]):
            level = self._level(name, factor)
            if level.level == "between" or level.conflicting_levels:
                return self._candidate(name, 1 + len(self.chains[0]) - depth, level)
        crossed = [self._level(name, chain[-1]).level == "between" for chain in self.chains[1:]]
        level = self._level(name, self.factor)
        if any(crossed):
            return replace(self._candidate(name, 2, level), shared=True, centred=False, conflicts=())
        return self._candidate(name, 1, level)

    def _candidate(self, name: str, rank: int, level: VariableLevel) -> Candidate:
        column = self.columns[name]
        present = self._distinct(name)
        treatment = self._is_treatment(name)
        kind: str = column.kind
        levels = None
        if isinstance(column.values, pd.Categorical):
            levels = tuple(label for label in column.values.categories if label in set(present))
            if treatment and kind == "category":
                levels = tuple(sorted(levels, key=lambda label: not is_control_label(label)))
        elif name in self.codes or (treatment and len(present) > 2 and _are_codes(present)):
            kind, levels = "category", tuple(map(number_label, sorted(map(_number, present))))
        return Candidate(
            name=name,
            kind=kind,
            levels=levels,
            rank=rank,
            centred=rank == 1 and kind == "number" and level.level == "mixed",
            binary=len(present) == 2,
            conflicts=level.conflicting_levels if rank > 1 else (),
            treatment=treatment,
            values=len(present) if levels is None and self._whole(name) else 0,
        )


def _number(value: object) -> float:
    return float(str(value))


def _are_codes(values: Sequence[object]) -> bool:
    """Return whether numbers are 1, 2, 3, … or 0, 1, 2, …, which may be codes of the arms of a trial."""
    numbers = sorted(map(_number, values))
    return numbers[0] in (0.0, 1.0) and all(b - a == 1.0 for a, b in pairwise(numbers))
