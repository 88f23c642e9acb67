"""Apply the filters of a spec one after the other, each to the rows that the ones before it leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.derive.apply import Deriver
from mlm_steps.data.expressions.evaluate import Evaluator
from mlm_steps.data.places import Places
from mlm_steps.data.types import TypedColumn
from mlm_steps.errors import Fault, FormulaError
from mlm_steps.language.parser import parse_expression
from mlm_steps.language.tree import Expression
from mlm_steps.records.data_profile import PreparationStep

__all__ = ["Filtered", "apply_filters"]

MOST_FAULTS = 40
"""After this many faults no further filter is applied: each fault searches all names for a similar one."""


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """The rows that the filters leave.

    Attributes
    ----------
    columns : dict of str to TypedColumn
        Columns of the file, n rows.
    made : dict of str to TypedColumn
        Derived columns that a filter needed, n rows, as computed on the rows before that filter.
    rows : ndarray of int, shape (n,)
        Position of each row in the table before the filters.
    steps : tuple of PreparationStep
    faults : tuple of Fault
    unread : bool
        Whether a filter could not be parsed, so that too many rows are left.
    """

    columns: dict[str, TypedColumn]
    made: dict[str, TypedColumn]
    rows: NDArray[np.intp]
    steps: tuple[PreparationStep, ...] = ()
    faults: tuple[Fault, ...] = ()
    unread: bool = False


def apply_filters(
    filters: tuple[str, ...],
    columns: Mapping[str, TypedColumn],
    rows: int,
    deriver: Deriver,
    places: Places,
) -> Filtered:
    """Return the rows that meet all conditions; a filter with a fault is skipped.

    Parameters
    ----------
    filters : tuple of str
    columns : mapping of str to TypedColumn
        Columns of the file, all rows.
    rows : int
        Their number.
    deriver : Deriver
        Makes the derived columns that a filter needs.
    places : Places
    """
    state = _State(dict(columns), rows, deriver, places)
    unread = False
    for position, text in enumerate(filters):
        try:
            expression = parse_expression(text)
        except FormulaError:  # the reader of the spec has reported it
            unread = True
            continue
        if len(state.faults) < MOST_FAULTS:
            state.apply(position, expression)
    state.settle()
    return Filtered(
        state.columns, state.made, state.rows, tuple(state.steps), tuple(state.faults), unread=unread
    )


class _State:
    """The rows that are left, while filters are applied.

    Rows are taken out of the columns when a derived column must be computed on those left, and at the end, so
    that several filters cost one copy.
    """

    def __init__(self, columns: dict[str, TypedColumn], rows: int, deriver: Deriver, places: Places) -> None:
        self.columns = columns
        self.made: dict[str, TypedColumn] = {}
        self.rows = np.arange(rows)
        self.left = np.ones(rows, dtype=bool)
        self.deriver = deriver
        self.places = places
        self.steps: list[PreparationStep] = []
        self.faults: list[Fault] = []

    def settle(self) -> None:
        """Take the rows that are dropped out of all columns."""
        if self.left.all():
            return
        for columns in (self.columns, self.made):
            for name, column in columns.items():
                columns[name] = replace(column, values=column.values[self.left])
        self.rows = self.rows[self.left]
        self.left = np.ones(len(self.rows), dtype=bool)

    def apply(self, position: int, expression: Expression) -> None:
        """Drop the rows that do not meet one condition."""
        self.derive_for(expression)
        if any(name in self.deriver.broken for name in expression.columns):
            return
        try:
            truths = Evaluator(expression, {**self.columns, **self.made}).condition()
        except FormulaError as error:
            (fault,) = error.faults
            at = self.places.filter(position, error.offset)
            self.faults.append(Fault(at, fault.what, fault.hint, fault.excerpt))
            return
        met = self.left & truths.true
        before, after = int(self.left.sum()), int(met.sum())
        missing = int((self.left & ~(truths.true | truths.false)).sum())
        if before and not after:
            self.faults.append(Fault(self.places.filter(position), *_leaves_nothing(before, missing)))
            return
        details = tuple(
            f"{step.name} is {step.words}" for step in self.deriver.plan.needed_by(expression.columns)
        )
        self.steps.append(_step(expression, before, after, missing, len(self.columns), details))
        self.left = met

    def derive_for(self, expression: Expression) -> None:
        """Compute the derived columns that a condition needs and that are not there yet."""
        needed = self.deriver.plan.needed_by(expression.columns)
        steps = tuple(step for step in needed if step.name not in self.made)
        if steps:
            self.settle()
            known = {**self.columns, **self.made}
            self.made |= self.deriver.derive(steps, known, np.ones(len(self.rows), dtype=bool))


def _leaves_nothing(before: int, missing: int) -> tuple[str, str]:
    what = f"no row is left: none of {before} rows meets the condition"
    if missing:
        what += f", which is missing in {missing}"
    return what, "check the values and their units, or remove the filter"


def _step(
    expression: Expression, before: int, after: int, missing: int, columns: int, details: tuple[str, ...]
) -> PreparationStep:
    return PreparationStep(
        kind="filter",
        words=f"filter {' '.join(expression.text.split())}",
        rows_before=before,
        rows_after=after,
        columns_before=columns,
        columns_after=columns,
        counts={"rows with a missing condition": missing} if missing else {},
        details=(*details, "the filter removed no row") if before == after else details,
    )
