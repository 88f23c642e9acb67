"""Recognise the columns that identify units, by their values and how these are spread over the groups."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.hierarchy import numbered
from mlm_steps.data.survey.labels import Labels, Spread, labels_of, spread
from mlm_steps.data.survey.parts import MOST_FACTOR_LEVELS, Part, is_reused, part_of
from mlm_steps.data.survey.words import is_measure_label, is_treatment_name, time_rank
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.variation import varying_groups

__all__ = ["Identifiers", "Terms"]

Terms = Sequence[Sequence[str]]
"""The columns of each grouping factor, the largest units first."""
_MOST_MISSING = 0.2
"""A column with a larger share of missing values is not taken for an identifier."""


class Identifiers:
    """The columns of a file that may be labels of units, and how they are spread over grouping factors.

    Parameters
    ----------
    columns : mapping of str to TypedColumn
    rows : ndarray of bool
        The rows to look at.
    spare : sequence of str
        Columns that may identify units.
    """

    def __init__(
        self, columns: Mapping[str, TypedColumn], rows: NDArray[np.bool_], spare: Sequence[str]
    ) -> None:
        self.columns, self.rows = columns, rows
        self._factors: dict[tuple[str, ...], CodedFactor] = {}
        self._spreads: dict[tuple[str, tuple[str, ...]], Spread] = {}
        self.labels = {name: found for name in spare if (found := self._possible(name)) is not None}

    def _possible(self, name: str) -> Labels | None:
        """Return the values of a column if they may be labels; None for times, treatments and the like."""
        column = self.columns[name]
        missing = column.missing[self.rows]
        if column.strays is not None or missing.mean() > _MOST_MISSING or is_treatment_name(name):
            return None
        if column.kind == "number" and time_rank(name) is not None:
            return None
        if isinstance(column.values, pd.Categorical) and all(map(is_measure_label, column.values.categories)):
            return None
        return self.labels_of(name)

    def labels_of(self, name: str) -> Labels | None:
        """Return the values of any column as labels; None if they cannot be labels, such as fractions."""
        return labels_of(self.columns[name], self.rows)

    def chain(self, term: Sequence[str]) -> tuple[CodedFactor, ...]:
        """Return the factors of a term, the largest units first."""
        return tuple(self.factor(term[: depth + 1]) for depth in range(len(term)))

    def factor(self, names: Sequence[str]) -> CodedFactor:
        """Return the factor of the cells of some columns; the last column is the innermost."""
        key = tuple(names)
        if key not in self._factors:
            parts = [numbered(pd.Series(self.columns[name].values[self.rows])) for name in reversed(names)]
            self._factors[key] = make_factor(list(reversed(names)), parts)
        return self._factors[key]

    def spread(self, labels: Labels, factor: CodedFactor) -> Spread:
        """Return how labels are spread over a factor; computed once, since several rules ask for it."""
        key = (labels.name, factor.columns)
        if key not in self._spreads:
            self._spreads[key] = spread(labels, factor)
        return self._spreads[key]

    def parts(self, terms: Terms, known: Collection[str]) -> Iterator[tuple[str, Part]]:
        """Yield the columns that identify units, besides the known ones, and what they identify."""
        inner = self.factor(terms[0])
        others = [self.factor(term) for term in terms[1:]]
        for name, labels in self.labels.items():
            if any(name in term for term in terms) or name in known:
                continue
            parts: list[Part | None] = [
                part_of(labels, self.spread(labels, factor)) for factor in (inner, *others)
            ]
            kept = next((part for part in parts if part in ("same", "outer")), parts[0])
            if kept in (None, "code") and self._has_traits(name, terms[0]):
                kept = "reused"
            if kept == "code" and self._numbers_units(name, terms[0]):
                kept = "same"
            if kept is not None:
                yield name, kept

    def _has_traits(self, name: str, term: Sequence[str]) -> bool:
        """Return whether labels that may be reused have traits in each group, as units have.

        A trait is a number that is constant for each label of a group, but not for the group or label.
        """
        labels, inner = self.labels[name], self.factor(term)
        if (
            (labels.codes < 0).any()
            or labels.count > MOST_FACTOR_LEVELS
            or not is_reused(name, self.spread(labels, inner))
        ):
            return False
        cells, alone = self.factor([*term, name]), self.factor([name])
        numbers = [
            column.numbers[self.rows]
            for other, column in self.columns.items()
            if other != name and column.kind == "number" and not column.missing[self.rows].any()
        ]
        return any(
            not varying_groups(x, cells).any()
            and varying_groups(x, inner).all()
            and varying_groups(x, alone).all()
            for x in numbers
        )

    def _numbers_units(self, name: str, term: Sequence[str]) -> bool:
        """Return whether labels, such as ward 1, 2, 3, number the smallest units within larger ones."""
        units = len(self.factor(term).labels)
        if len(term) == 1 or (self.labels[name].codes < 0).any():
            return False
        return len(self.factor([*term[:-1], name]).labels) == units

    def is_reused_in_term(self, name: str, term: Sequence[str]) -> bool:
        """Return whether a label of an inner column occurs in several larger units."""
        labels = self.labels_of(name)
        above = self.factor(term[: term.index(name)])
        return labels is not None and (s := self.spread(labels, above)).cells > s.labels

    def reason(self, name: str, part: Part, terms: Terms) -> str:
        """Return why a column that identifies units is no predictor."""
        group = self.factor(terms[0]).name
        count = self.labels[name].count
        return {
            "row": f"has {count} values in {int(self.rows.sum())} rows: it identifies the rows",
            "same": f"identifies the levels of {self._same_as(name, terms)}",
            "outer": f"labels {count} larger units, each with several levels of {group}",
            "inner": f"labels {count} units within the levels of {group}",
            "reused": f"labels units within the levels of {group}; its labels are used again in each",
            "number": f"labels the rows of each level of {group}",
            "crossed": f"has {count} labels, which occur in several levels of {group}: crossed units",
        }[part]

    def _same_as(self, name: str, terms: Terms) -> str:
        """Return the name of the factor within which a label is constant."""
        for term in terms:
            for factor in reversed(self.chain(term)):
                if self.spread(self.labels[name], factor).constant:
                    return factor.name
        return self.factor(terms[0]).name
