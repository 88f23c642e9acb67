"""Find the common sample together with the derived columns, each of which may depend on the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlm_steps.data.derive.apply import Deriver
from mlm_steps.data.derive.base import group_codes
from mlm_steps.data.filter import Filtered
from mlm_steps.data.places import Places
from mlm_steps.data.sample import CommonSample, common_sample
from mlm_steps.data.types import TypedColumn
from mlm_steps.data.values import ModelUse
from mlm_steps.errors import DataError

__all__ = ["complete_rows"]


def complete_rows(
    uses: Sequence[ModelUse], filtered: Filtered, deriver: Deriver, *, means_from_all: bool, places: Places
) -> tuple[CommonSample, dict[str, TypedColumn]]:
    """Return the rows that are complete on the variables of all models, and the derived columns.

    A mean is missing where its source is, so that its missing values are known before it is computed on the
    sample. Other columns are computed first. If one of them depends on a mean, its missing values may only be
    known afterwards; these rows are then dropped, and the columns are computed on the smaller sample.

    Raises
    ------
    DataError
        A column cannot be derived, or no row is complete.
    """
    rows, plan = len(filtered.rows), deriver.plan
    todo = tuple(step for step in plan.planned if step.name not in filtered.made)
    known = {**filtered.columns, **filtered.made}
    everything = np.ones(rows, dtype=bool)
    known |= deriver.derive(tuple(step for step in todo if not step.from_basis), known, everything)
    later = tuple(step for step in todo if step.from_basis)
    names = dict.fromkeys(name for use in uses for name in use.variables)
    roots = list(dict.fromkeys(root for name in names for root in sorted(plan.roots(name))))
    if deriver.faults:
        raise DataError(*deriver.faults)
    missing = {root: known[root].missing for root in roots if root in known}
    unknown = [root for root in roots if root not in known]
    factors = _factors(uses, known, rows)
    while True:
        sample = common_sample(missing, factors, rows, places.data("file"))
        made = deriver.derive(later, known, everything if means_from_all else sample.kept)
        if deriver.faults:
            raise DataError(*deriver.faults)
        gone = {root: made[root].missing & sample.kept for root in unknown}
        if not any(rows_gone.any() for rows_gone in gone.values()):
            break
        for root, rows_gone in gone.items():
            missing[root] = missing.get(root, np.zeros(rows, dtype=bool)) | rows_gone
    everything_known = {**known, **made}
    return sample, {step.name: everything_known[step.name] for step in plan.planned}


def _factors(
    uses: Sequence[ModelUse], columns: dict[str, TypedColumn], rows: int
) -> dict[str, NDArray[np.intp]]:
    """Return the group of each row for each grouping factor whose columns are known."""
    return {
        ":".join(group): group_codes([columns[part] for part in group], rows)
        for use in uses
        for group in use.groups
        if all(part in columns for part in group)
    }
