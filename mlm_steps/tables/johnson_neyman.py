"""Johnson-Neyman regions, one row per slope along a number (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.effects import Region, SimpleSlopes
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.effect_cells import conditions, effects_of

__all__ = ["johnson_neyman"]

COLUMNS = (
    "model",
    "focal",
    "moderator",
    "bound_low",
    "bound_high",
    "region",
    "observed_low",
    "observed_high",
    "significant",
    "share_significant",
    "unit",
    "n_units",
    "df_method",
    "focal_contrast",
    "conditions",
)


def johnson_neyman(run: RunRecords) -> Table:
    """Return the regions of all rungs.

    ``region`` tells whether the slope differs from 0 outside the bounds, inside them or nowhere.
    ``significant`` is the part of this region within the observed range, and ``share_significant`` the share
    of units in it. Units are levels of the grouping factor ``unit``, or rows. If there is only one bound, the
    cell of the other bound is empty.
    """
    rows = [_row(pair, pair.region) for pair in effects_of(run).slopes if pair.region is not None]
    return table_of("johnson_neyman", COLUMNS, rows)


def _row(pair: SimpleSlopes, region: Region) -> tuple[dict[str, Cell], Codes]:
    bounds = region.bounds
    stretches = "; ".join(f"{each.low!r} to {each.high!r}" for each in region.stretches)
    cells: dict[str, Cell] = {
        "model": pair.model,
        "focal": pair.focal,
        "moderator": pair.moderator,
        "bound_low": bounds[0] if bounds else None,
        "bound_high": bounds[-1] if len(bounds) > 1 else None,
        "region": region.region,
        "observed_low": region.observed_low,
        "observed_high": region.observed_high,
        "significant": stretches or None,
        "share_significant": region.share,
        "unit": region.unit,
        "n_units": region.n_units,
        "df_method": pair.df_method,
        "focal_contrast": pair.focal_contrast,
        "conditions": conditions(pair.conditions),
    }
    empty = ("bound_low", "bound_high", "significant", "unit", "focal_contrast", "conditions")
    return cells, dict.fromkeys(empty, "not_applicable")
