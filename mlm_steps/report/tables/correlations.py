"""Correlations of the variables within groups and between them."""

from __future__ import annotations

from mlm_steps.records.descriptives import CorrelationLayer
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.text.grid import Grid, columns, row
from mlm_steps.report.text.notation import correlation
from mlm_steps.report.text.text import Number, Phrase, join, say, source

__all__ = ["correlation_tables"]

MOST_CORRELATED = 10
"""Largest number of variables in a table of correlations; a wider one does not fit a page."""
CORRELATION_NOTE = (
    "Pearson correlations; within groups of deviations from the group means, between groups of the group "
    "means weighted by group size. A category of two levels counts as 1 for its second level."
)


def correlation_tables(given: ReportInput) -> list[Grid]:
    """Return the correlations of two layers in each table: within groups, and between them."""
    layers = list(given.run.data_profile.descriptives.correlations)
    found = []
    while layers:
        lower = layers.pop(0)
        paired = lower.layer == "within" and layers and layers[0].factor == lower.factor
        upper = layers.pop(0) if paired else None
        if len(lower.variables) <= MOST_CORRELATED:
            found.append(_correlation_table(given, lower, upper))
    return found


def _layer(given: ReportInput, layer: CorrelationLayer) -> Phrase:
    group = given.prose.units(layer.factor)
    if layer.layer == "within":
        return ("within ", *group)
    said = layer.inside is None or layer.inside in layer.factor.split(":")
    inside = () if said or layer.inside is None else (" within ", *given.prose.units(layer.inside))
    return ("between ", *group, *inside)


def _correlation_table(given: ReportInput, lower: CorrelationLayer, upper: CorrelationLayer | None) -> Grid:
    names = [given.names.effect(name, {}) for name in lower.variables]
    layers = [lower] if upper is None else [lower, upper]
    place: Phrase = ()
    if upper is not None:
        below, above = _layer(given, lower), _layer(given, upper)
        place = say("Below the diagonal {below}, above it {above}. ", below=below, above=above)
    size = len(names)
    rows = []
    for i in range(size):
        cells: list[Number | Phrase | None] = []
        for j in range(size):
            layer = lower if j < i else upper
            if i == j:
                cells.append(("–",))
            else:
                cells.append(None if layer is None else _coefficient(layer, i, j))
        rows.append(row((f"{i + 1}. ", *names[i]), cells))
    return Grid(
        caption=("Correlations ", *join([_layer(given, layer) for layer in layers], last=" and ")),
        columns=columns("Variable", *(f"{i + 1}" for i in range(size))),
        rows=tuple(rows),
        notes=((*place, CORRELATION_NOTE),),
        wide=True,
    )


def _coefficient(layer: CorrelationLayer, i: int, j: int) -> Number | None:
    first, second = max(i, j), min(i, j)
    value = layer.rows[first - 1][second]
    if value is None:
        return None
    names = (layer.variables[first], layer.variables[second])
    keys = (layer.layer, layer.factor, *names, "correlation")
    return Number(correlation(value), source("correlations", *keys))
