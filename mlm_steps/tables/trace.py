"""The searches for the optima, one row per evaluation of the criterion."""

from __future__ import annotations

from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_COMPUTED, Cell, Codes, Table, table_of

__all__ = ["trace"]

COLUMNS = ("model", "method", "evaluation", "criterion", "max_gradient")


def trace(run: RunRecords) -> Table:
    """Return the evaluations of each search; searches of rungs without an optimum come last.

    The gradient is missing if the optimiser did not request it.
    """
    rows: list[tuple[dict[str, Cell], Codes]] = [
        (
            dict(zip(COLUMNS, (fit.model, optimum.method, *point), strict=True)),
            {"max_gradient": NOT_COMPUTED},
        )
        for fit in (*run.fits, *run.unreliable)
        for optimum in fit.optima
        for point in optimum.convergence.trace
    ]
    return table_of("trace", COLUMNS, rows)
