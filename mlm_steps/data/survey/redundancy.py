"""Recognise columns that say what others say: copies, products, group means, functions of the outcome."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.flags.group_means import off_means
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.variation import varying_groups

__all__ = ["Redundancy"]

_COLLINEAR = 0.95
"""Of two predictors whose correlation exceeds this value, the first is enough: their effects can hardly be
told apart."""
_SAME = 0.9999
"""Two columns whose correlation exceeds this value carry the same information, apart from rounding."""
_ROUNDING = 1e-12
"""Range of a column, relative to its size, that is rounding error."""
_MOST_FACTORS = 10
"""Only the first numeric columns are tried as factors of a product: the number of pairs grows as a square."""
_FIRST_LOOK = 1000
"""Rows of the first look: columns that are no function of the outcome mostly show it there."""
_FEW_VALUES = 12
"""The ranks of an outcome with at most this many values have too many ties to recognise a function of it."""


class Redundancy:
    """Comparisons of the columns of a file.

    Parameters
    ----------
    columns : mapping of str to TypedColumn
    y : ndarray of float64
        The outcome in all rows of the file.
    there : ndarray of bool
        Rows in which outcome and groups are present.
    factor : CodedFactor
        The smallest groups on those rows.
    """

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        y: NDArray[np.float64],
        there: NDArray[np.bool_],
        factor: CodedFactor,
    ) -> None:
        self.columns, self.y, self.there, self.factor = columns, y, there, factor

    def repeats_outcome(self, column: TypedColumn) -> bool:
        """Return whether a number column is a function of the outcome, or a linear one within groups."""
        present = ~column.missing[self.there]
        factor = make_factor([self.factor.name], [(self.factor.codes[present], self.factor.labels)])
        x, y = column.numbers[self.there][present], self.y[self.there][present]
        inside = [values - factor.means(values)[factor.codes] for values in (x, y)]
        if max(_correlation(x, y), _correlation(inside[0], inside[1])) > _SAME:
            return True
        first = _rank_correlation(x[:_FIRST_LOOK], y[:_FIRST_LOOK]) > _SAME
        monotone = first and _rank_correlation(x, y) > _SAME  # as the logarithm is
        return monotone and len(np.unique(y)) > _FEW_VALUES

    def separates_outcome(self, column: TypedColumn) -> bool:
        """Return whether a column tells the two values of an outcome of 0 and 1 apart without error."""
        present = ~column.missing[self.there]
        y = self.y[self.there][present]
        if set(np.unique(y)) != {0.0, 1.0}:
            return False
        if column.kind != "number":
            labels = pd.factorize(pd.Series(column.values[self.there][present]))[0]
            return bool(len(np.unique(labels * 2 + y)) == labels.max() + 1)
        x = column.numbers[self.there][present]
        zero, one = x[y == 0.0], x[y == 1.0]
        return bool(zero.max() < one.min() or one.max() < zero.min())

    def parts_of_outcome(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns from which the outcome is computed, and the reason why they are no predictors.

        The outcome may be a sum, a difference or a ratio of two columns, or the share of one in their sum.
        """
        numbers = {name: x for name in names if (x := self._complete_numbers(name)) is not None}
        y = self.y[self.there]
        found: dict[str, str] = {}
        for one, two in permutations(list(numbers)[:_MOST_FACTORS], 2):
            a, b = numbers[one], numbers[two]
            words = {
                f"{one} + {two}": np.allclose(y, a + b),
                f"{one} - {two}": np.allclose(y, a - b),
                f"{one} / {two}": np.allclose(y * b, a) and np.ptp(b) > 0,
                f"{one} / ({one} + {two})": np.allclose(y * (a + b), a),
            }
            for formula in (formula for formula, equal in words.items() if equal):
                for name in (one, two):
                    found.setdefault(name, f"is a part of the outcome, which is {formula}")
        return found

    def with_others(self, name: str, others: Sequence[str], earlier: Collection[str]) -> str | None:
        """Return the reason if a column is a group mean, a product or a copy of others; None if it is not.

        Parameters
        ----------
        name : str
        others : sequence of str
            Columns to compare with.
        earlier : collection of str
            Those of them that are taken.
        """
        numbers = {other: x for other in others if (x := self._complete_numbers(other)) is not None}
        x = numbers.pop(name, None)
        if reason := self._determined(name, earlier):
            return reason
        if x is None:
            return None
        for other, z in numbers.items():
            if other in earlier and (reason := self._says_the_same(x, z, other)):
                return reason
            if self._is_mean(x, z) or (other in earlier and self._is_nearly_mean(x, z)):
                return f"is the mean of {other} in each group, which is derived where needed"
        for one, two in combinations(list(numbers)[:_MOST_FACTORS], 2):
            if np.allclose(x, numbers[one] * numbers[two]):
                return f"is the product of {one} and {two}, which a formula writes {one}:{two}"
        return None

    def _determined(self, name: str, earlier: Collection[str]) -> str | None:
        """Return the reason if a factor follows from a factor that is taken, or the other way round."""
        labels = self._codes(name)
        for other in earlier if labels is not None else ():
            others = self._codes(other)
            if labels is not None and others is not None:
                cells = len(np.unique(labels * (others.max() + 1) + others))
                if cells == max(len(np.unique(labels)), len(np.unique(others))):
                    return f"follows from {other}, or {other} from it"
        return None

    def _codes(self, name: str) -> NDArray[np.int64] | None:
        """Return the level of a factor in each row; None for a number or a factor with missing values."""
        column = self.columns[name]
        if column.kind == "number" or (column.missing & self.there).any():
            return None
        return pd.factorize(pd.Series(column.values[self.there]))[0].astype(np.int64)

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


def _rank_correlation(x: NDArray[np.float64], z: NDArray[np.float64]) -> float:
    one, two = (np.asarray(pd.Series(values).rank(), dtype=np.float64) for values in (x, z))
    return _correlation(one, two)


def _correlation(x: NDArray[np.float64], z: NDArray[np.float64]) -> float:
    """Return the size of the correlation of two columns; 0 if one of them is constant up to rounding."""
    scale = max(float(np.abs(x).max()), float(np.abs(z).max()), 1.0)
    if min(float(np.ptp(x)), float(np.ptp(z))) <= _ROUNDING * scale:
        return 0.0
    return float(abs(np.corrcoef(x, z)[0, 1]))
