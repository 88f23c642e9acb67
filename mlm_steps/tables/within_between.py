"""Pooled, within, between and contextual slopes of single predictors (statistics, sections 1 and 20)."""

from __future__ import annotations

from mlm_steps.records import SlopeComparison, SlopeEstimate
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of

__all__ = ["within_between"]

NUMBERS = ("estimate", "se", "df", "p", "ci_low", "ci_high")
COLUMNS = ("outcome", "variable", "grouping_factor", "slope", *NUMBERS, "opposite")


def within_between(run: RunRecords) -> Table:
    """Return one row per predictor and slope, from models with this predictor alone.

    ``opposite`` says whether two of the pooled, the within and the
    between slope have opposite signs.
    """
    found = run.data_profile.slopes
    return table_of("within_between", COLUMNS, (_row(each, slope) for each in found for slope in each.slopes))


def _row(of: SlopeComparison, slope: SlopeEstimate) -> tuple[dict[str, Cell], Codes]:
    cells: dict[str, Cell] = {
        "outcome": of.outcome,
        "variable": of.variable,
        "grouping_factor": of.factor,
        "slope": slope.kind,
        **{name: getattr(slope, name) for name in NUMBERS},
        "opposite": of.opposite,
    }
    return cells, {}
