"""Reader of Stata files."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.labelled import read_labelled
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of a .dta file with their value labels; . and .a to .z are missing."""
    import pyreadstat

    return read_labelled(path, pyreadstat.read_dta, encoding=options.encoding)
