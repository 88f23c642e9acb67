"""Put the bootstrap replicates of a comparison into its record."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mlm_steps.records import ComparisonRecord, Notice, SimulationRecord
from mlm_steps.records.failure import Absence
from mlm_steps.records.simulation import p_of, with_p_boot

__all__ = ["with_simulations"]


def with_simulations(
    record: ComparisonRecord, parts: Sequence[SimulationRecord | Absence]
) -> ComparisonRecord:
    """Return the record of a comparison with the p value of its replicates, if it has replicates."""
    absent = next((part for part in parts if isinstance(part, Absence)), None)
    if absent is not None:
        text = f"The bootstrap of '{record.larger}' against '{record.smaller}' failed: {absent.reason}"
        notice = Notice(code="bootstrap_failures", severity="warning", text=text, model=record.larger)
        return record.with_values(p_boot_code="not_estimable", notices=(*record.notices, notice))
    statistics = [p.statistics for p in parts if isinstance(p, SimulationRecord) and p.statistics is not None]
    if not statistics:
        return record
    simulated = [math.nan if value is None else value for part in statistics for value in part]
    return with_p_boot(record, p_of(simulated, record.statistic or 0.0))
