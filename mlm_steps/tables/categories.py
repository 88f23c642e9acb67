"""Counts per category at the level of the variable (statistics, sections 1 and 20)."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Table, table_of

__all__ = ["categories"]

COLUMNS = ("variable", "level", "unit", "category", "n", "share")


def categories(run: RunRecords) -> Table:
    """Return one row per category, or per value of a number with two values.

    ``unit`` is the factor whose groups are counted, empty for observations; ``level`` is the rank of these
    units.
    """
    profile = run.data_profile
    rows: list[dict[str, Cell]] = [
        {
            "variable": each.variable,
            "level": profile.ranks[each.unit] if each.unit else 1,
            "unit": each.unit or None,
            "category": each.category,
            "n": each.n,
            "share": each.share,
        }
        for each in profile.descriptives.categories
    ]
    return table_of("categories", COLUMNS, [(row, {"unit": "not_applicable"}) for row in rows])
