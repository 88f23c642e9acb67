"""The comparisons of the rungs in all variants of the analysis (statistics, section 20)."""

from __future__ import annotations

from mlm_steps.records import ComparisonRecord
from mlm_steps.records.run import RunRecords
from mlm_steps.records.variants import Variant, variants_of
from mlm_steps.tables.base import Cell, Codes, Table, table_of
from mlm_steps.tables.comparison import COLUMNS as ALL_COLUMNS
from mlm_steps.tables.comparison import comparison_row
from mlm_steps.tables.variants import axis_cells, axis_codes

__all__ = ["variant_comparisons"]

NOT_HERE = ("p_adjusted", "adjustment")
"""The columns of the table of comparisons that a variant does not have: its p values are not adjusted."""
WITHIN_A_VARIANT = tuple(name for name in ALL_COLUMNS if name not in NOT_HERE)
"""The columns that a variant has."""
COLUMNS = ("variant", *WITHIN_A_VARIANT, "outcome", "subset", "file")


def variant_comparisons(run: RunRecords) -> Table:
    """Return one row per variant and comparison; the other columns are those of the table ``comparison``."""
    rows = [_row(variant, each) for variant in variants_of(run) for each in variant.comparisons]
    return table_of("variant_comparisons", COLUMNS, rows)


def _row(variant: Variant, record: ComparisonRecord) -> tuple[dict[str, Cell], Codes]:
    cells, codes = comparison_row(record, None, "none")
    kept = {name: cell for name, cell in cells.items() if name in WITHIN_A_VARIANT}
    own = {name: code for name, code in codes.items() if name not in NOT_HERE}
    return kept | axis_cells(variant), {**own, **axis_codes()}
