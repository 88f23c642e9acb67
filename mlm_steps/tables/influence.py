"""Influence of groups and rows on the models (statistics, section 20)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.influence import FactorInfluence, InfluenceRecord, ModelInfluence
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, Cell, Codes, Table, table_of

__all__ = ["influence"]

COLUMNS = (
    "model",
    "level",
    "effect",
    "dfbetas",
    "cook",
    "rvc",
    "covratio",
    "approx",
    "unit",
    "grouping_factor",
    "estimate",
    "se",
    "p",
    "changes",
    "n",
    "leverage",
)
NOT_APPLICABLE = "not_applicable"


def influence(run: RunRecords) -> Table:
    """Return the influence of groups, a row per coefficient and variance component, then of rows.

    ``estimate``, ``se`` and ``p`` are those without the group. ``changes`` says whether the sign or the
    significance of the coefficient changes. ``rvc`` is the relative change of a component. For a row of the
    data, ``level`` is its number in the analysis sample. The reason why groups were not deleted is the code
    of their cells.
    """
    record = run.result(InfluenceRecord, "influence")
    models = record.models if isinstance(record, InfluenceRecord) else ()
    return table_of("influence", COLUMNS, (row for model in models for row in _rows(model)))


def _rows(found: ModelInfluence) -> Iterator[tuple[dict[str, Cell], Codes]]:
    for factor in found.factors:
        yield from _groups(found, factor)
    for row in found.rows:
        cells: dict[str, Cell] = {"level": str(row.row), "unit": "row", "cook": row.cook, "n": 1}
        yield _row(found, cells | {"approx": True, "leverage": row.leverage}, NOT_APPLICABLE)


def _groups(found: ModelInfluence, factor: FactorInfluence) -> Iterator[tuple[dict[str, Cell], Codes]]:
    shared: dict[str, Cell] = {
        "unit": "group", "grouping_factor": factor.grouping_factor, "approx": factor.approximate,
    }  # fmt: skip
    if factor.code is not None:
        yield _row(found, shared | {"approx": None}, factor.code)
    changed = {(change.level, change.column): " and ".join(change.what) for change in factor.changes}
    for place, level in enumerate(factor.levels):
        own = shared | {"level": level, "n": factor.n[place]}
        whole: dict[str, Cell] = {"cook": factor.cook[place], "covratio": factor.covratio[place]}
        code = NOT_ESTIMABLE if level in factor.reasons else NOT_APPLICABLE
        for at, column in enumerate(found.columns):
            cells: dict[str, Cell] = {
                "effect": column,
                "dfbetas": factor.dfbetas[place][at],
                "estimate": factor.estimate[place][at],
                "se": factor.se[place][at],
                "p": factor.p[place][at],
                "changes": changed.get((level, column), "none") if code == NOT_APPLICABLE else None,
            }
            yield _row(found, own | whole | cells, code)
        for at, name in enumerate(found.components):
            rvc = factor.rvc[place][at]
            zero = {"rvc": "boundary"} if code == NOT_APPLICABLE else {}
            yield _row(found, own | {"effect": name, "rvc": rvc}, code, zero)


def _row(
    found: ModelInfluence, cells: dict[str, Cell], code: str, others: Codes | None = None
) -> tuple[dict[str, Cell], Codes]:
    """Return a row whose empty cells have a code; coefficients and components leave some cells empty."""
    codes = {**dict.fromkeys(COLUMNS, code), **(others or {})}
    return {**dict.fromkeys(COLUMNS), "model": found.model, **cells}, codes
