"""Compute derived columns (statistics, section 4).

Means, standard deviations, ranks and counts come from the analysis sample or, with ``means_from: all``, from
all rows that the filters leave.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.derive.base import NotDerived, Rows
from mlm_steps.data.derive.declared import as_declared
from mlm_steps.data.derive.plan import Derivation, Plan, objection_to
from mlm_steps.data.places import Places
from mlm_steps.data.types import Misfit, TypedColumn
from mlm_steps.errors import Fault
from mlm_steps.records.base import Notice
from mlm_steps.spec import DataSpec

__all__ = ["Deriver"]


class Deriver:
    """Computes the columns of a plan.

    Parameters
    ----------
    plan : Plan
    data : DataSpec
    places : Places
    file : mapping of str to TypedColumn
        Columns of the file, all rows.

    Attributes
    ----------
    faults : list of Fault
        What could not be derived, in the order of computing.
    broken : set of str
        Columns that cannot be made.
    """

    def __init__(self, plan: Plan, data: DataSpec, places: Places, file: Mapping[str, TypedColumn]) -> None:
        self.plan = plan
        self.faults: list[Fault] = []
        self.broken = set(plan.broken)
        self._data = data
        self._places = places
        self._file = file
        self._notices: dict[str, tuple[Notice, ...]] = {}

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Notices on the columns as they were computed last, in the order of the spec."""
        return tuple(n for step in self.plan.planned for n in self._notices.get(step.name, ()))

    def derive(
        self,
        steps: tuple[Derivation, ...],
        columns: Mapping[str, TypedColumn],
        basis: NDArray[np.bool_],
    ) -> dict[str, TypedColumn]:
        """Return the columns of some steps, in order; those that cannot be made are left out.

        Parameters
        ----------
        steps : tuple of Derivation
        columns : mapping of str to TypedColumn
            Columns of the file and those that are derived already, of n rows.
        basis : ndarray of bool, shape (n,)
            Rows from which means, standard deviations, ranks and counts are computed.
        """
        known = dict(columns)
        made: dict[str, TypedColumn] = {}
        for step in steps:
            if step.name in self.broken or any(part in self.broken for part in step.parts):
                self.broken.add(step.name)
                continue
            try:
                made[step.name] = known[step.name] = self._one(step, known, basis)
            except NotDerived as fault:
                self.broken.add(step.name)
                at = self._places.data("derive", step.name, *fault.keys, offset=fault.offset)
                self.faults.append(Fault(at, fault.what, fault.hint, fault.excerpt))
            except Misfit as found:
                self.broken.add(step.name)
                at = self._places.column(step.name, found.key)
                self.faults.append(Fault(at, f"'{step.name}' {found.what}", found.hint))
        return made

    def _one(
        self, step: Derivation, columns: Mapping[str, TypedColumn], basis: NDArray[np.bool_]
    ) -> TypedColumn:
        for need in step.needs:
            objection = objection_to(need, columns[need.name])
            if objection:
                raise objection
        rows = Rows(step.name, columns, step.within, basis, frozenset(self._data.na), self._file)
        made = step.way.make(step.spec, rows)
        self._notices[step.name] = made.notices
        return as_declared(made.column, self._data.columns.get(step.name), self._data)
