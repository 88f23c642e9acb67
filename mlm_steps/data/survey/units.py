"""Recognise the columns that identify units, and place the units beside the groups that the user named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor, make_factor
from mlm_steps.data.hierarchy import numbered
from mlm_steps.data.survey.labels import Labels, Spread, labels_of, spread
from mlm_steps.data.survey.parts import (
    MOST_FACTOR_LEVELS,
    ROWS_PER_UNIT,
    Part,
    is_reused,
    part_of,
    part_of_constant,
)
from mlm_steps.data.survey.words import (
    is_treatment_name,
    is_unit_name,
    names_objects,
    names_persons,
    time_rank,
)
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.variation import varying_groups

__all__ = ["UnitSearch", "Units"]

_MOST_MISSING = 0.2
"""A column with a larger share of missing values is not taken for an identifier."""
_MOST_LEVELS = 3
"""Nested grouping factors of a first spec are at most this many."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The units of a file.

    Attributes
    ----------
    terms : tuple of tuple of str
        Columns of each random intercept, the largest units first: ``(("school", "class"),)`` stands for
        ``(1 | school/class)``; two terms are crossed.
    chains : tuple of tuple of CodedFactor
        The factors of each term, the largest units first.
    reused : tuple of str
        Columns whose labels are used again in each larger unit.
    crossed : tuple of str
        Columns with the labels of crossed units that the models do not have.
    codes : tuple of str
        Columns of numbers that are the labels of a few units.
    reasons : mapping of str to str
        Why a column that identifies units is no predictor.
    remarks : tuple of str
        Sentences on the levels that were found.
    """

    terms: tuple[tuple[str, ...], ...]
    chains: tuple[tuple[CodedFactor, ...], ...]
    reused: tuple[str, ...]
    crossed: tuple[str, ...]
    codes: tuple[str, ...]
    reasons: Mapping[str, str]
    remarks: tuple[str, ...]


class UnitSearch:
    """The search for identifiers.

    Parameters
    ----------
    columns : mapping of str to TypedColumn
    rows : ndarray of bool
        The rows to look at; those in which outcome and groups are present.
    terms : sequence of sequence of str
        The grouping factors that the user named.
    spare : sequence of str
        Columns that may identify units.
    """

    def __init__(
        self,
        columns: Mapping[str, TypedColumn],
        rows: NDArray[np.bool_],
        terms: Sequence[Sequence[str]],
        spare: Sequence[str],
    ) -> None:
        self.columns, self.rows = columns, rows
        self.terms = [list(term) for term in terms]
        self.labels = {name: found for name in spare if (found := self._labels(name)) is not None}
        self._factors: dict[tuple[str, ...], CodedFactor] = {}
        self._spreads: dict[tuple[str, tuple[str, ...]], Spread] = {}
        self.reused: list[str] = []
        self.reasons: dict[str, str] = {}
        self.remarks: list[str] = []

    def find(self) -> Units:
        """Return the units; levels are added only to a single grouping factor."""
        self._join_nested()
        if len(self.terms) == 1 and len(self.terms[0]) == 1:
            self._find_owner()
            while len(self.terms[0]) < _MOST_LEVELS and self._add_inner():
                pass
            while len(self.terms[0]) < _MOST_LEVELS and self._add_outer():
                pass
        inner = [(name, term) for term in self.terms for name in term[1:]]
        self.reused += [name for name, term in inner if self._is_reused_in_term(name, term)]
        parts = dict(self._parts())
        for name, part in parts.items():
            if part != "code":
                self.reasons.setdefault(name, self._reason(name, part))
        return Units(
            terms=tuple(map(tuple, self.terms)),
            chains=tuple(self.chain(term) for term in self.terms),
            reused=tuple(dict.fromkeys(self.reused)),
            crossed=tuple(name for name, part in parts.items() if part == "crossed"),
            codes=tuple(name for name, part in parts.items() if part == "code"),
            reasons=self.reasons,
            remarks=tuple(self.remarks),
        )

    def _join_nested(self) -> None:
        """Make one term of two factors that are given as crossed although one is nested in the other."""
        for one, other in permutations([term for term in self.terms if len(term) == 1], 2):
            labels = labels_of(self.columns[one[0]], self.rows)
            if labels is None or one not in self.terms or other not in self.terms:
                continue
            s = self._spread(labels, self._factor(other))
            if s.nested:
                place = min(self.terms.index(one), self.terms.index(other))
                self.terms = [term for term in self.terms if term not in (one, other)]
                self.terms.insert(place, [*other, *one])
                self.remarks.append(
                    f"Each {one[0]} lies in one {other[0]} ({s.labels} in {s.groups}): they are nested, not "
                    "crossed."
                )
            elif is_unit_name(one[0]) and is_reused(one[0], s):
                self.remarks.append(
                    f"The labels of {one[0]} occur in several levels of {other[0]}, as labels that are used "
                    f"again do. If {one[0]} 1 is another unit in each {other[0]}, give --group "
                    f"{other[0]}/{one[0]}."
                )

    def chain(self, term: Sequence[str]) -> tuple[CodedFactor, ...]:
        """Return the factors of a term, the largest units first."""
        return tuple(self._factor(term[: depth + 1]) for depth in range(len(term)))

    def _factor(self, names: Sequence[str]) -> CodedFactor:
        """Return the factor of the cells of some columns; the last column is the innermost."""
        key = tuple(names)
        if key not in self._factors:
            parts = [numbered(pd.Series(self.columns[name].values[self.rows])) for name in reversed(names)]
            self._factors[key] = make_factor(list(reversed(names)), parts)
        return self._factors[key]

    def _spread(self, labels: Labels, factor: CodedFactor) -> Spread:
        """Return how labels are spread over a factor; computed once, since several rules ask for it."""
        key = (labels.name, factor.columns)
        if key not in self._spreads:
            self._spreads[key] = spread(labels, factor)
        return self._spreads[key]

    def _labels(self, name: str) -> Labels | None:
        column = self.columns[name]
        missing = column.missing[self.rows]
        if column.strays is not None or missing.mean() > _MOST_MISSING or is_treatment_name(name):
            return None
        if column.kind == "number" and time_rank(name) is not None:
            return None
        return labels_of(column, self.rows)

    @property
    def _innermost(self) -> CodedFactor:
        return self._factor(self.terms[0])

    def _parts(self) -> Iterator[tuple[str, Part]]:
        """Yield the columns that identify units, and what they identify."""
        inner = self._innermost
        others = [self._factor(term) for term in self.terms[1:]]
        for name, labels in self.labels.items():
            if any(name in term for term in self.terms) or name in self.reasons:
                continue
            parts: list[Part | None] = [
                part_of(labels, self._spread(labels, factor)) for factor in (inner, *others)
            ]
            kept = next((part for part in parts if part in ("same", "outer")), parts[0])
            if kept in (None, "code") and self._has_traits(name, inner):
                kept = "reused"
            if kept == "code" and self._numbers_units(name):
                kept = "same"
            if kept is not None:
                yield name, kept

    def _has_traits(self, name: str, inner: CodedFactor) -> bool:
        """Return whether labels that may be reused have traits in each group, as units have.

        A trait is a number that is constant for each label of a group, but not for the group or label.
        """
        labels = self.labels[name]
        if (
            (labels.codes < 0).any()
            or labels.count > MOST_FACTOR_LEVELS
            or not is_reused(name, self._spread(labels, inner))
        ):
            return False
        cells, alone = self._factor([*self.terms[0], name]), self._factor([name])
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

    def _numbers_units(self, name: str) -> bool:
        """Return whether labels, such as ward 1, 2, 3, number the smallest units within larger ones."""
        term, units = self.terms[0], len(self._innermost.labels)
        if len(term) == 1 or (self.labels[name].codes < 0).any():
            return False
        return len(self._factor([*term[:-1], name]).labels) == units

    def _is_reused_in_term(self, name: str, term: Sequence[str]) -> bool:
        """Return whether a label of an inner column occurs in several larger units."""
        labels = labels_of(self.columns[name], self.rows)
        above = self._factor(term[: term.index(name)])
        return labels is not None and (s := self._spread(labels, above)).cells > s.labels

    def _find_owner(self) -> None:
        """Put larger units before a group whose labels are used again in each of them."""
        group = self.terms[0][0]
        labels = labels_of(self.columns[group], self.rows)
        if labels is None or not is_unit_name(group) or names_persons(group):
            return
        for name, found in self.labels.items():
            several = ROWS_PER_UNIT * found.count <= len(found.codes) and (found.codes >= 0).all()
            if several and is_unit_name(name) and not (names_objects(name) or names_persons(name)):
                s = self._spread(labels, self._factor([name]))
                if s.groups > s.labels and not s.constant and is_reused(group, s):
                    self.terms[0].insert(0, name)
                    self._say_reused(group, name)
                    return

    def _say_reused(self, inner: str, outer: str) -> None:
        units = len(self._factor([outer, inner]).labels)
        self.remarks.append(
            f"The labels of {inner} are used again in each {outer}: the same label in two levels of {outer} "
            f"stands for two units. The models use {inner} within {outer} ({units} units)."
        )

    def _add_inner(self) -> bool:
        """Add the next smaller units that have several rows each; return whether there are any."""
        parts = {
            name: part
            for name, part in self._parts()
            if part in ("inner", "reused") and (self.labels[name].codes >= 0).all()
        }
        found = {name: self._factor([*self.terms[0], name]) for name in parts}
        found = {
            name: factor
            for name, factor in found.items()
            if len(factor.codes) >= ROWS_PER_UNIT * len(factor.labels)
        }
        if not found:
            return False
        coarsest = min(len(factor.labels) for factor in found.values())
        same = [name for name, factor in found.items() if len(factor.labels) == coarsest]
        chosen = min(same, key=lambda name: (parts[name] == "reused", not is_unit_name(name)))
        self.reasons |= {
            name: f"identifies the same units as {chosen}"
            for name in same
            if name != chosen and np.array_equal(_first_rows(found[name]), _first_rows(found[chosen]))
        }
        self._append(chosen, coarsest, reused=parts[chosen] == "reused")
        return True

    def _append(self, name: str, units: int, *, reused: bool) -> None:
        outer = self._innermost
        if reused:
            self._say_reused(name, self.terms[0][-1])
        else:
            self.remarks.append(
                f"{name} identifies units within {outer.name} ({units} in {len(outer.labels)}), so it is a "
                "level of its own."
            )
        self.terms[0].append(name)

    def _add_outer(self) -> bool:
        """Add the next larger units; return whether there are any."""
        top = self._factor(self.terms[0][:1])
        found = []
        for name, labels in self.labels.items():
            if name not in self.terms[0] and (labels.codes >= 0).all():
                s = self._spread(labels, top)
                if s.constant and part_of_constant(labels, s) == "outer":
                    found.append((labels.count, name))
        if not found:
            return False
        count, name = max(found)
        self.remarks.append(
            f"Each {top.name} lies in one {name} ({len(top.labels)} in {count}), so {name} is a level of its "
            "own."
        )
        self.terms[0].insert(0, name)
        return True

    def _reason(self, name: str, part: Part) -> str:
        group = self._innermost.name
        count = self.labels[name].count
        return {
            "row": f"has {count} values in {int(self.rows.sum())} rows: it identifies the rows",
            "same": f"identifies the levels of {self._same_as(name)}",
            "outer": f"labels {count} larger units, each with several levels of {group}",
            "inner": f"labels {count} units within the levels of {group}",
            "reused": f"labels units within the levels of {group}; its labels are used again in each",
            "number": f"labels the rows of each level of {group}",
            "crossed": f"has {count} labels, which occur in several levels of {group}: crossed units",
        }[part]

    def _same_as(self, name: str) -> str:
        """Return the name of the factor within which a label is constant."""
        for term in self.terms:
            for factor in reversed(self.chain(term)):
                if self._spread(self.labels[name], factor).constant:
                    return factor.name
        return self._innermost.name


def _first_rows(factor: CodedFactor) -> NDArray[np.intp]:
    """Return for each row the first row of its unit, which is the same for factors with the same units."""
    first = np.full(len(factor.labels), len(factor.codes), dtype=np.intp)
    np.minimum.at(first, factor.codes, np.arange(len(factor.codes)))
    found: NDArray[np.intp] = first[factor.codes]
    return found
