"""Choose columns of an undescribed file that could explain the outcome, and find their level.

Columns are chosen by their kind and spread, not by their order in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.flags.group_means import off_means
from mlm_steps.data.levels import number_label
from mlm_steps.data.survey.units import MOST_FACTOR_LEVELS
from mlm_steps.data.survey.words import is_treatment_name
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.variation import level_of, varying_groups
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
"""At most this many coefficients per level are proposed, so that the first models stay readable."""
_COLLINEAR = 0.95
"""Of two predictors whose correlation exceeds this value, the first is enough: their effects can hardly be
told apart."""
_SAME = 0.9999
"""Two columns whose correlation exceeds this value carry the same information, apart from rounding."""
_ROWS_EACH, _GROUPS_EACH = 10, 5
"""Each coefficient needs this many rows (level 1) or groups (level 2); fewer give unstable estimates."""
_ROUNDING = 1e-12
"""Range of a column, relative to its size, that is rounding error."""
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
        Rows in which outcome and groups are present.
    chains : sequence of sequence of CodedFactor
        The grouping factors of each random intercept on those rows, the largest units first.
    codes : collection of str
        Columns of numbers that are codes of a category.
    """

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        y: NDArray[np.float64],
        there: NDArray[np.bool_],
        chains: Sequence[Sequence[CodedFactor]],
        codes: Collection[str] = (),
    ) -> None:
        self.columns, self.y, self.there, self.chains, self.codes = columns, y, there, chains, codes
        self.factor = chains[0][-1]
        self.taken: list[Candidate] = []
        self.skipped: list[tuple[str, str]] = []
        self.complete = np.ones(len(self.factor.codes), dtype=bool)
        n = len(self.factor.codes)
        self.room = {1: min(_MOST_LEVEL_1, n // _ROWS_EACH)}
        for above, factor in enumerate(reversed(chains[0])):
            self.room[2 + above] = min(_MOST_LEVEL_2, len(factor.labels) // _GROUPS_EACH)

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
        likely = []
        for name in (name for name in self.columns if name in names):
            reason = self._unusable(name) or self._unlikely(name)
            if reason:
                self.skipped.append((name, reason))
            else:
                likely.append(name)
        detected = {name: self._detected(name) for name in likely}
        for name in sorted(likely, key=lambda name: (detected[name].rank, *self._preference(name))):
            candidate = detected[name]
            reason = self._redundant(name, likely)
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
        room = self.room[candidate.rank]
        if left.mean() < _LEAST_COMPLETE or (width > room and not candidate.treatment):
            return False
        self.room[candidate.rank] = max(room - width, 0)
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
            advice = "; with plain numbers in the file it could be used" if column.strays.signs else ""
            return f"holds {column.strays} among its numbers{signs}{advice}"
        distinct = len(self._distinct(name))
        if column.kind == "text" or (column.kind != "number" and distinct > _MOST_CATEGORIES):
            return "is text with many values"
        return "has only one value" if distinct == 1 else None

    def _unlikely(self, name: str) -> str | None:
        column = self.columns[name]
        missing = int((self.there & column.missing).sum())
        if missing > _MOST_MISSING * self.there.sum():
            return f"is missing in {missing} of {self.there.sum()} rows"
        if column.kind != "number":
            distinct = len(self._distinct(name))
            return (
                f"has {distinct} levels, which would cost {distinct - 1} coefficients"
                if (distinct > MOST_FACTOR_LEVELS)
                else None
            )
        return "is a copy of the outcome" if self._repeats_outcome(column) else None

    def _repeats_outcome(self, column: TypedColumn) -> bool:
        """Return whether a number column is a function of the outcome, or a linear one within groups."""
        present = ~column.missing[self.there]
        factor = make_factor([self.factor.name], [(self.factor.codes[present], self.factor.labels)])
        x, y = column.numbers[self.there][present], self.y[self.there][present]
        inside = [values - factor.means(values)[factor.codes] for values in (x, y)]
        if max(_correlation(x, y), _correlation(inside[0], inside[1])) > _SAME:
            return True
        ranks = [np.asarray(pd.Series(values).rank(), dtype=np.float64) for values in (x, y)]
        monotone = _correlation(ranks[0], ranks[1]) > _SAME  # as the logarithm is
        return monotone and len(np.unique(y)) > _FEW_NUMBERS

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
        )

    def _redundant(self, name: str, others: Sequence[str]) -> str | None:
        """Return the reason if a column is a group mean, a product or a copy of others; None if it is not."""
        numbers = {other: x for other in others if (x := self._complete_numbers(other)) is not None}
        x = numbers.pop(name, None)
        if x is None:
            return None
        earlier = {candidate.name for candidate in self.taken}
        for other, z in numbers.items():
            if other in earlier and (reason := self._says_the_same(x, z, other)):
                return reason
            if self._is_mean(x, z) or (other in earlier and self._is_nearly_mean(x, z)):
                return f"is the mean of {other} in each group, which is derived where needed"
        for one, two in combinations(list(numbers)[:_MOST_FACTORS], 2):
            if np.allclose(x, numbers[one] * numbers[two]):
                return f"is the product of {one} and {two}, which a formula writes {one}:{two}"
        return None

    def _says_the_same(self, x: NDArray[np.float64], z: NDArray[np.float64], other: str) -> str | None:
        """Return the reason if a column adds nothing to one that is taken; None if it does."""
        r = _correlation(x, z)
        if r > _SAME:
            return f"says the same as {other}"
        if r > _COLLINEAR:
            return f"says nearly the same as {other} (correlation {r:.2f})"
        inside = [values - self.factor.means(values)[self.factor.codes] for values in (x, z)]
        if _correlation(*inside) > _SAME:
            return f"differs from {other} by a constant in each group, as a centred column does"
        return None

    def _complete_numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return the values of a number column or the codes of a factor of two levels, if none is missing."""
        column = self.columns[name]
        if (column.missing & self.there).any():
            return None
        if column.kind == "number":
            return column.numbers[self.there]
        codes = pd.factorize(pd.Series(column.values[self.there]))[0]
        return codes.astype(np.float64) if codes.max() == 1 else None

    def _is_mean(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> bool:
        """Return whether one column is the mean of the other in nearly all groups."""
        if varying_groups(x, self.factor).any() or not varying_groups(z, self.factor).any():
            return False
        return off_means(self.factor.means(x), self.factor.means(z)) is not None

    def _is_nearly_mean(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> bool:
        """Return whether a column is nearly a linear function of the group means of another one."""
        if varying_groups(x, self.factor).any() or not varying_groups(z, self.factor).any():
            return False
        return _correlation(self.factor.means(x), self.factor.means(z)) > _COLLINEAR


def _correlation(x: NDArray[np.float64], z: NDArray[np.float64]) -> float:
    """Return the size of the correlation of two columns; 0 if one of them is constant up to rounding."""
    scale = max(float(np.abs(x).max()), float(np.abs(z).max()), 1.0)
    if min(float(np.ptp(x)), float(np.ptp(z))) <= _ROUNDING * scale:
        return 0.0
    return float(abs(np.corrcoef(x, z)[0, 1]))


def _number(value: object) -> float:
    return float(str(value))


def _are_codes(values: Sequence[object]) -> bool:
    """Return whether numbers are 1, 2, 3, … or 0, 1, 2, …, which may be codes of the arms of a trial."""
    numbers = sorted(map(_number, values))
    return numbers[0] in (0.0, 1.0) and all(b - a == 1.0 for a, b in pairwise(numbers))
