"""Fixed effects of a rung beside those of each alternative, one row per coefficient and alternative."""

from __future__ import annotations

from mlm_steps.records import RemedyRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.tables.base import Table, table_of

__all__ = ["remedies_fixed"]

COLUMNS = (
    "model",
    "remedy",
    "alternative",
    "formula",
    "column",
    "column_there",
    "estimate",
    "se",
    "estimate_there",
    "se_there",
    "change",
    "change_se",
    "se_ratio",
)


def remedies_fixed(run: RunRecords) -> Table:
    """Return the coefficients; ``_there`` marks the alternative, ``change_se`` is in SEs of the rung."""
    record = run.result(RemedyRecord, "remedies")
    rungs = record.rungs if isinstance(record, RemedyRecord) else ()
    rows = [
        (
            {
                "model": rung.model,
                "remedy": other.remedy,
                "alternative": rung.name_of(other),
                "formula": other.formula,
                **change.model_dump(include=set(COLUMNS)),
            },
            dict.fromkeys(COLUMNS, "not_in_model"),
        )
        for rung in rungs
        for other in rung.alternatives
        for change in other.changes
    ]
    return table_of("remedies_fixed", COLUMNS, rows)
