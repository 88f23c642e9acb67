"""Curves of the power of planned studies (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records.power import PowerRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Table, table_of

__all__ = ["power_curve"]

COLUMNS = ("scenario", "effect", "x_name", "x", "power", "ci_low", "ci_high", "method")
NOT_APPLICABLE = "not_applicable"


def power_curve(run: RunRecords) -> Table:
    """Return one row per point of a curve, over numbers of groups or over sizes of the effect."""
    record = run.result(PowerRecord, "power_result")
    scenarios = record.scenarios if isinstance(record, PowerRecord) else ()
    rows = (
        (
            {
                "scenario": scenario.closed.name,
                **{name: getattr(point, name) for name in ("effect", "x_name", "x", "power", "method")},
                "ci_low": point.low,
                "ci_high": point.high,
            },
            dict.fromkeys(("ci_low", "ci_high"), NOT_APPLICABLE),
        )
        for scenario in scenarios
        for point in scenario.curve
    )
    return table_of("power_curve", COLUMNS, rows)
