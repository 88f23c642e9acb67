"""Reader of files of R with the ending .rda."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.r_files import read_r
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of an .rda file, one of the data frames that R's ``save`` has written."""
    return read_r(path, options.object)
