"""Choose columns of an undescribed file that could explain the outcome, and find their level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.flags.group_means import off_means
from mlm_steps.data.naming import is_id_name
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.variation import level_of, varying_groups
from mlm_steps.errors import Fault, UsageError
from mlm_steps.records.data_profile import VariableLevel

__all__ = ["Candidate", "PredictorSearch", "is_unwritable"]

_MOST_CATEGORIES = 12
"""A text column with more distinct values is not a category: each value would cost a coefficient."""
_MOST_MISSING = 0.2
"""A column with a larger share of missing values is not taken: the common sample would become small."""
_LEAST_COMPLETE = 0.5
"""The columns taken must leave at least this share of the rows complete."""
_MOST_LEVEL_1, _MOST_LEVEL_2 = 3, 2
"""At most this many coefficients per level are proposed, so that the first models stay readable."""
_SAME = 0.9999
"""Two columns whose correlation exceeds this value carry the same information, apart from rounding."""
_ROWS_EACH, _GROUPS_EACH = 10, 5
"""Each coefficient needs this many rows (level 1) or groups (level 2); fewer give unstable estimates."""
_MOST_FACTORS = 10
"""Only the first numeric columns are tried as factors of a product: the number of pairs grows as a square."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may explain the outcome.

    Attributes
    ----------
    name, kind : str
    levels : tuple of str or None
        The levels of a category; None for a number.
    rank : int
        Its level: 1 if it varies within groups, 2 if it is constant within them.
    centred : bool
        Whether it varies both within and between groups, so that it should be centred within groups.
    binary : bool
    conflicts : tuple of str
        Groups within which a level-2 column varies although it should not.
    """

    name: str
    kind: str
    levels: tuple[str, ...] | None
    rank: int
    centred: bool
    binary: bool
    conflicts: tuple[str, ...] = ()


def is_unwritable(name: str) -> bool:
    """Return whether no formula can hold a column's name, not even in backticks."""
    return "`" in name or not name.isprintable()


class PredictorSearch:
    """The search for predictors: the columns taken so far, and the reasons why others were skipped.

    Parameters
    ----------
    columns : mapping of str to TypedColumn
    y : ndarray, shape (n,)
    there : ndarray of bool, shape (n,)
        Rows in which outcome and group are present.
    factor : CodedFactor
        The grouping factor on those rows.
    """

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        y: NDArray[np.float64],
        there: NDArray[np.bool_],
        factor: CodedFactor,
    ) -> None:
        self.columns, self.y, self.there, self.factor = columns, y, there, factor
        self.taken: list[Candidate] = []
        self.skipped: list[tuple[str, str]] = []
        self.complete = np.ones(len(factor.codes), dtype=bool)
        n, groups = len(factor.codes), len(factor.labels)
        self.room = {1: min(_MOST_LEVEL_1, n // _ROWS_EACH), 2: min(_MOST_LEVEL_2, groups // _GROUPS_EACH)}

    def take(self, given: Mapping[str, int]) -> None:
        """Take the predictors that the user named; raise UsageError for one that no model can use."""
        faults = []
        for name, rank in given.items():
            reason = self._unusable(name)
            if reason:
                faults.append(Fault(f"--level-{rank}", f"'{name}' {reason}"))
            else:
                self.taken.append(self._candidate(name, self._level(name, declared=rank > 1), rank))
        if faults:
            raise UsageError(*faults)

    def find(self, names: set[str], ranks: set[int]) -> None:
        """Take the useful columns among ``names`` whose level is in ``ranks``."""
        levels: dict[str, VariableLevel] = {}
        for name in (name for name in self.columns if name in names):
            reason = self._unusable(name) or self._unlikely(name)
            if reason:
                self.skipped.append((name, reason))
            else:
                levels[name] = self._level(name, declared=False)
        for name, level in levels.items():
            rank = 2 if level.level == "between" or level.conflicting_levels else 1
            candidate = self._candidate(name, level, rank)
            reason = self._redundant(name, list(levels))
            if rank not in ranks:
                continue
            if reason or not self._fits(candidate):
                self.skipped.append((name, reason or f"level {rank}; left out to keep the models small"))
            else:
                self.taken.append(candidate)

    def _fits(self, candidate: Candidate) -> bool:
        """Return whether a candidate fits into the models, and count its coefficients if it does."""
        width = len(candidate.levels or "  ") - 1
        left = self.complete & ~self.columns[candidate.name].missing[self.there]
        if width > self.room[candidate.rank] or left.mean() < _LEAST_COMPLETE:
            return False
        self.room[candidate.rank] -= width
        self.complete = left
        return True

    def _unusable(self, name: str) -> str | None:
        column = self.columns[name]
        present = self.there & ~column.missing
        if is_unwritable(name):
            return "has a name that no formula can hold"
        if not present.any():
            return "has no values"
        if column.strays:
            signs = f" ({column.strays.signs})" if column.strays.signs else ""
            return f"holds {column.strays} among its numbers{signs}"
        if column.kind == "text" or (
            len(self._distinct(name)) > max(_MOST_CATEGORIES, 1) and column.kind != "number"
        ):
            return "is text with many values"
        if len(self._distinct(name)) == 1:
            return "has only one value"
        return None

    def _unlikely(self, name: str) -> str | None:
        column = self.columns[name]
        missing = int((self.there & column.missing).sum())
        if missing > _MOST_MISSING * self.there.sum():
            return f"is missing in {missing} of {self.there.sum()} rows"
        x = column.values[self.there]
        if column.kind != "number" or not isinstance(x, np.ndarray):
            return None
        x = x[~np.isnan(x)]
        distinct = len(np.unique(x))
        if (x == np.floor(x)).all() and (
            distinct == len(x) or (is_id_name(name) and distinct > _MOST_CATEGORIES)
        ):
            return "looks like an identifier"
        return "is a copy of the outcome" if self._repeats_outcome(column) else None

    def _repeats_outcome(self, column: TypedColumn) -> bool:
        """Return whether a number column is a linear function of the outcome, overall or within groups."""
        present = ~column.missing[self.there]
        factor = make_factor([self.factor.name], [(self.factor.codes[present], self.factor.labels)])
        x, y = column.numbers[self.there][present], self.y[self.there][present]
        inside = [values - factor.means(values)[factor.codes] for values in (x, y)]
        pairs = [(x, y), (inside[0], inside[1])]
        return any(
            min(np.ptp(one), np.ptp(two)) > 0 and abs(np.corrcoef(one, two)[0, 1]) > _SAME
            for one, two in pairs
        )

    def _distinct(self, name: str) -> Sequence[object]:
        return list(pd.unique(pd.Series(self.columns[name].values[self.there & ~self.columns[name].missing])))

    def _level(self, name: str, *, declared: bool) -> VariableLevel:
        """Return the level of a column, from the rows in which it is present."""
        column = self.columns[name]
        present = ~column.missing[self.there]
        values = column.values[self.there][present]
        factor = self.factor
        if not present.all():
            factor = make_factor([factor.name], [(factor.codes[present], factor.labels)])
        if isinstance(values, pd.Categorical):
            values = values.remove_unused_categories()
        else:
            values = np.asarray(values, dtype=np.float64)
        return level_of(name, values, factor, declared=declared)

    def _candidate(self, name: str, level: VariableLevel, rank: int) -> Candidate:
        column = self.columns[name]
        levels = None
        if isinstance(column.values, pd.Categorical):
            present = set(self._distinct(name))
            levels = tuple(label for label in column.values.categories if label in present)
        return Candidate(
            name=name,
            kind=column.kind,
            levels=levels,
            rank=rank,
            centred=rank == 1 and column.kind == "number" and level.level == "mixed",
            binary=len(self._distinct(name)) == 2,
            conflicts=level.conflicting_levels if rank == 2 else (),
        )

    def _redundant(self, name: str, others: Sequence[str]) -> str | None:
        """Return the reason if a column is a group mean, a product or a copy of others; None if it is not."""
        numbers = {other: x for other in others if (x := self._complete_numbers(other)) is not None}
        x = numbers.pop(name, None)
        if x is None:
            return None
        earlier = {candidate.name for candidate in self.taken}
        for other, z in numbers.items():
            if other in earlier and abs(np.corrcoef(x, z)[0, 1]) > _SAME:
                return f"says the same as {other}"
            if self._is_mean(x, z):
                return f"is the mean of {other} in each group, which is derived where needed"
        for one, two in combinations(list(numbers)[:_MOST_FACTORS], 2):
            if np.allclose(x, numbers[one] * numbers[two]):
                return f"is the product of {one} and {two}, which a formula writes {one}:{two}"
        return None

    def _complete_numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return the values of a number column without missing values; None for other columns."""
        column = self.columns[name]
        if column.kind != "number" or (column.missing & self.there).any():
            return None
        return column.numbers[self.there]

    def _is_mean(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> bool:
        """Return whether one column is the mean of the other in nearly all groups."""
        if varying_groups(x, self.factor).any() or not varying_groups(z, self.factor).any():
            return False
        return off_means(self.factor.means(x), self.factor.means(z)) is not None
