"""Numeric variables described at the level of their units (statistics, sections 1 and 20)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.descriptives import Spread, VariableDescription
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["descriptives"]

MOMENTS = ("mean", "sd", "minimum", "maximum")
OF_GROUPS = ("sd_within", "sd_between", "icc1", "icc2")
COLUMNS = (
    "variable", "level", "unit", "n", "missing", "varying", *MOMENTS, "grouping_factor", *OF_GROUPS,
)  # fmt: skip


def descriptives(run: RunRecords) -> Table:
    """Return one row per variable and grouping factor in whose groups several of its units lie.

    ``unit`` is the factor whose groups the variable describes, empty for observations; ``level`` is the rank
    of these units. A variable of the highest level has one row without ``grouping_factor``. ``varying`` is
    the number of groups left out because the variable has several values in them.
    """
    found = run.data_profile.descriptives.variables
    return table_of("descriptives", COLUMNS, (row for each in found for row in _rows(run, each)))


def _rows(run: RunRecords, of: VariableDescription) -> Iterator[tuple[dict[str, Cell], Codes]]:
    own: dict[str, Cell] = {
        "variable": of.variable,
        "level": run.data_profile.ranks[of.unit] if of.unit else 1,
        "unit": of.unit or None,
        "n": of.n,
        "missing": of.missing,
        "varying": of.varying,
        **{name: getattr(of, name) for name in MOMENTS},
    }
    codes = {**dict.fromkeys((*MOMENTS, *OF_GROUPS), "not_estimable"), "unit": "not_applicable"}
    nothing = {**codes, **dict.fromkeys(("grouping_factor", *OF_GROUPS), "not_applicable")}
    if not of.spreads:
        yield {**own, "grouping_factor": None, **dict.fromkeys(OF_GROUPS)}, nothing
    for spread in of.spreads:
        yield {**own, "grouping_factor": spread.factor, **_of_groups(spread)}, codes


def _of_groups(spread: Spread) -> dict[str, Cell]:
    return {name: getattr(spread, name) for name in OF_GROUPS}
