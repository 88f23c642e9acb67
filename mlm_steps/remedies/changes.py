"""How the fixed effects of two fits differ."""

from __future__ import annotations

from collections.abc import Mapping

from mlm_steps.engine import LmmFit
from mlm_steps.records.remedies import CoefficientChange

__all__ = ["coefficient_changes", "renamed_column"]

Pair = tuple[float, float]


def coefficient_changes(
    here: LmmFit, there: LmmFit, names: Mapping[str, str]
) -> tuple[CoefficientChange, ...]:
    """Return the coefficients of two fits side by side, those of the first in its order.

    Parameters
    ----------
    here, there : LmmFit
    names : mapping of str to str
        For each column of the first fit, what the second calls it.
    """
    old, new = _coefficients(here), _coefficients(there)
    rows = [_change(column, names[column], old[column], new.get(names[column])) for column in old]
    known = set(names.values())
    return (*rows, *(_change(None, column, None, new[column]) for column in new if column not in known))


def _coefficients(fit: LmmFit) -> dict[str, Pair]:
    values = zip(fit.beta.tolist(), fit.se.tolist(), strict=True)
    return dict(zip(fit.design.columns, values, strict=True))


def _change(column: str | None, other: str, here: Pair | None, there: Pair | None) -> CoefficientChange:
    both = here is not None and there is not None
    change = there[0] - here[0] if here is not None and there is not None else None
    return CoefficientChange(
        column=column,
        column_there=other if there is not None else None,
        estimate=None if here is None else here[0],
        se=None if here is None else here[1],
        estimate_there=None if there is None else there[0],
        se_there=None if there is None else there[1],
        change=change,
        change_se=None if change is None or here is None else change / here[1],
        se_ratio=there[1] / here[1] if both and here is not None and there is not None else None,
    )


def renamed_column(column: str, names: Mapping[str, str]) -> str:
    """Return what a column is called where other columns of the data stand in for some.

    >>> renamed_column("ses:sectorCatholic", {"ses": "ses_within_school"})
    'ses_within_school:sectorCatholic'
    """
    return ":".join(names.get(part, part) for part in column.split(":"))
