"""Read and write Parquet with one thread, since steps run in parallel forks that must not inherit threads."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from mlm_steps.records.base import damaged
from mlm_steps.records.whole import write_whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_parquet", "write_parquet"]

NO_METADATA = (ValueError, LookupError, TypeError, AttributeError)
"""What pyarrow raises if the description of the columns for pandas, a text within the file, is damaged."""


def read_parquet(path: Path) -> pd.DataFrame:
    """Return the frame in a file; raise UsageError if it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as stream:  # pyarrow accepts only names in valid UTF-8
            table = pq.ParquetFile(stream).read(use_threads=False)
        table.validate(full=True)  # a damaged file may have offsets that lead out of its memory
        # A column of the table is freed as soon as the frame has it: large data need no second copy.
        frame: pd.DataFrame = table.to_pandas(use_threads=False, split_blocks=True, self_destruct=True)
    except (pa.ArrowException, OSError, *NO_METADATA) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise damaged(path) from error
    return frame


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame; equal frames give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False, nthreads=1), content, compression="zstd")
    write_whole(path, content.getvalue())
