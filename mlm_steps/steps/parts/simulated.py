"""Put the bootstrap replicates of a comparison into its record."""

from __future__ import annotations

from collections.abc import Sequence

from mlm_steps.records import ComparisonRecord, Notice, SimulationRecord
from mlm_steps.records.failure import Absence

__all__ = ["with_simulations"]


def with_simulations(
    record: ComparisonRecord, parts: Sequence[SimulationRecord | Absence]
) -> ComparisonRecord:
    """Return the record of a comparison with what its replicates say; as it is where there are none."""
    absent = next((part for part in parts if isinstance(part, Absence)), None)
    if absent is not None:
        text = f"The bootstrap of '{record.larger}' against '{record.smaller}' failed: {absent.reason}"
        notice = Notice(code="bootstrap_failures", severity="warning", text=text, model=record.larger)
        codes = {"p_boot_code": "not_estimable", "notices": (*record.notices, notice)}
        return record.model_copy(update=codes)
    statistics = [p.statistics for p in parts if isinstance(p, SimulationRecord) and p.statistics is not None]
    if not statistics:
        return record
    import numpy as np

    from mlm_steps.compare.bootstrap import p_of
    from mlm_steps.records.simulation import with_p_boot

    simulated = np.array([s for part in statistics for s in part], dtype=np.float64)
    return with_p_boot(record, p_of(simulated, record.statistic or 0.0))
