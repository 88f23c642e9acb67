"""Least squares within each cluster, one row per cluster and coefficient (R's ``lmList``)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.cost import CostRecord, SeparateFits
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import NOT_ESTIMABLE, Cell, Codes, Table, table_of

__all__ = ["lm_list"]

COLUMNS = ("model", "group", "level", "n_j", "rank", "term", "column", "estimate", "se", "own_se")


def lm_list(run: RunRecords) -> Table:
    """Return the coefficients of the level-1 part of the last rung within each cluster.

    ``se`` has the residual standard deviation of all clusters, ``own_se`` that of the cluster. ``rank`` is
    that of the cluster's columns; a coefficient is missing where its rows do not determine it.
    """
    found = run.result(CostRecord, "cost")
    separate = found.separate if isinstance(found, CostRecord) else None
    return table_of("lm_list", COLUMNS, [] if separate is None else _rows(separate))


def _rows(of: SeparateFits) -> Iterator[tuple[dict[str, Cell], Codes]]:
    codes = dict.fromkeys(COLUMNS, NOT_ESTIMABLE)
    for j, level in enumerate(of.levels):
        for k, column in enumerate(of.columns):
            yield (
                {
                    "model": of.model,
                    "group": of.cluster,
                    "level": level,
                    "n_j": of.sizes[j],
                    "rank": of.ranks[j],
                    "term": of.terms[k],
                    "column": column,
                    "estimate": of.estimates[k][j],
                    "se": of.se[k][j],
                    "own_se": of.own_se[k][j],
                },
                codes,
            )
