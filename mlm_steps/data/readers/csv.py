"""Reader of delimited text; the delimiter is detected."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.delimited import read_delimited
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of a .csv, .csv.gz or .csv.zst file."""
    return read_delimited(path, options)
