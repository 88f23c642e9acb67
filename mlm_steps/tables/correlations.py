"""Correlations within and between groups (statistics, sections 1 and 20)."""

from __future__ import annotations

from collections.abc import Iterator

from mlm_steps.records.descriptives import CorrelationLayer
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["correlations"]

COLUMNS = ("layer", "grouping_factor", "inside", "variable_1", "variable_2", "correlation", "n")


def correlations(run: RunRecords) -> Table:
    """Return one row per layer and pair of variables.

    The layer ``within`` holds values minus their group means, ``between`` holds group means weighted by group
    size; ``inside`` is the factor in whose groups the means are compared. ``n`` is the number of observations
    or of groups.
    """
    layers = run.data_profile.descriptives.correlations
    return table_of("correlations", COLUMNS, (row for layer in layers for row in _rows(layer)))


def _rows(layer: CorrelationLayer) -> Iterator[tuple[dict[str, Cell], Codes]]:
    for first, values in zip(layer.variables[1:], layer.rows, strict=True):
        for second, value in zip(layer.variables, values, strict=False):
            yield (
                {
                    "layer": layer.layer,
                    "grouping_factor": layer.factor,
                    "inside": layer.inside,
                    "variable_1": first,
                    "variable_2": second,
                    "correlation": value,
                    "n": layer.n,
                },
                {"inside": "not_applicable", "correlation": "not_estimable"},
            )
