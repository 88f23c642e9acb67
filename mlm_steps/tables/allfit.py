"""Refits of rungs by every optimiser, one row per optimiser and start (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import AllFitRecord, RungRefits
from mlm_steps.records.allfit import RefitRow
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["allfit"]

COLUMNS = (
    "model",
    "optimiser",
    "start",
    "d",
    "delta_d",
    "max_dbeta_se",
    "max_dsd",
    "evaluations",
    "seconds",
    "status",
)


def allfit(run: RunRecords) -> Table:
    """Return the refits of all checked rungs; ``seconds`` is empty, as in the table ``fit``."""
    record = run.result(AllFitRecord, "allfit")
    rungs = record.rungs if isinstance(record, AllFitRecord) else ()
    return table_of("allfit", COLUMNS, [_row(rung, refit) for rung in rungs for refit in rung.refits])


def _row(rung: RungRefits, refit: RefitRow) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        "model": rung.model,
        "optimiser": refit.optimizer,
        "start": refit.start,
        "d": refit.criterion,
        "delta_d": refit.delta,
        "max_dbeta_se": refit.max_dbeta_se,
        "max_dsd": refit.max_dsd,
        "evaluations": refit.evaluations,
        "seconds": None,
        "status": refit.status,
    }
    code = "not_installed" if refit.status == "not_installed" else "not_estimable"
    numbers = ("d", "delta_d", "max_dbeta_se", "max_dsd", "evaluations")
    return cells, {**dict.fromkeys(numbers, code), "seconds": "in_provenance"}
