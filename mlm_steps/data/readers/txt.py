"""Reader of text whose columns are separated by a delimiter or by blanks."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.delimited import read_delimited
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of a .txt, .txt.gz or .txt.zst file; blanks separate them if no delimiter does."""
    return read_delimited(path, options, blanks=True)
