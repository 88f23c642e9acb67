"""Reader of files of R with the ending .rds."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.r_files import read_r
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of an .rds file: a data frame, or one of a list of data frames."""
    return read_r(path, options.object)
