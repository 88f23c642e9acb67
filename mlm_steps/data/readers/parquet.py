"""Reader of Parquet files."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.arrow import from_arrow
from mlm_steps.data.limits import require_few_cells
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:  # noqa: ARG001 - one signature for all readers
    """Return the columns of a Parquet file."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    require_few_cells(file.metadata.num_rows, file.metadata.num_columns)
    return from_arrow(file.read())
