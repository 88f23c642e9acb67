"""Decide which levels the models have: the groups that the user named, and units that the file identifies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.factors import CodedFactor
from mlm_steps.data.survey.identifiers import Identifiers
from mlm_steps.data.survey.parts import ROWS_PER_UNIT, is_reused, part_of_constant
from mlm_steps.data.survey.words import is_unit_name, names_objects, names_persons
from mlm_steps.data.types import TypedColumn

__all__ = ["UnitSearch", "Units"]

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
    """The search for the levels of the models.

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
        self.identifiers = Identifiers(columns, rows, spare)
        self.terms = [list(term) for term in terms]
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
        self.reused += [name for name, term in inner if self.identifiers.is_reused_in_term(name, term)]
        parts = dict(self.identifiers.parts(self.terms, self.reasons))
        for name, part in parts.items():
            if part != "code":
                self.reasons.setdefault(name, self.identifiers.reason(name, part, self.terms))
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
            labels = self.identifiers.labels_of(one[0])
            if labels is None or one not in self.terms or other not in self.terms:
                continue
            s = self.identifiers.spread(labels, self.identifiers.factor(other))
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
        return self.identifiers.chain(term)

    @property
    def _innermost(self) -> CodedFactor:
        return self.identifiers.factor(self.terms[0])

    def _find_owner(self) -> None:
        """Put larger units before a group whose labels are used again in each of them."""
        group = self.terms[0][0]
        labels = self.identifiers.labels_of(group)
        if labels is None or not is_unit_name(group) or names_persons(group):
            return
        for name, found in self.identifiers.labels.items():
            several = ROWS_PER_UNIT * found.count <= len(found.codes) and (found.codes >= 0).all()
            if several and is_unit_name(name) and not (names_objects(name) or names_persons(name)):
                s = self.identifiers.spread(labels, self.identifiers.factor([name]))
                if s.groups > s.labels and not s.constant and is_reused(group, s):
                    self.terms[0].insert(0, name)
                    self._say_reused(group, name)
                    return

    def _say_reused(self, inner: str, outer: str) -> None:
        units = len(self.identifiers.factor([outer, inner]).labels)
        self.remarks.append(
            f"The labels of {inner} are used again in each {outer}: the same label in two levels of {outer} "
            f"stands for two units. The models use {inner} within {outer} ({units} units)."
        )

    def _add_inner(self) -> bool:
        """Add the next smaller units that have several rows each; return whether there are any."""
        parts = {
            name: part
            for name, part in self.identifiers.parts(self.terms, self.reasons)
            if part in ("inner", "reused") and (self.identifiers.labels[name].codes >= 0).all()
        }
        found = {name: self.identifiers.factor([*self.terms[0], name]) for name in parts}
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
        top = self.identifiers.factor(self.terms[0][:1])
        found = []
        for name, labels in self.identifiers.labels.items():
            if name not in self.terms[0] and (labels.codes >= 0).all():
                s = self.identifiers.spread(labels, top)
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


def _first_rows(factor: CodedFactor) -> NDArray[np.intp]:
    """Return for each row the first row of its unit, which is the same for factors with the same units."""
    first = np.full(len(factor.labels), len(factor.codes), dtype=np.intp)
    np.minimum.at(first, factor.codes, np.arange(len(factor.codes)))
    found: NDArray[np.intp] = first[factor.codes]
    return found
