"""Reader of SAS files."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.labelled import read_labelled
from mlm_steps.data.limits import check_size
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return the columns of a .sas7bdat file; the format has no value labels."""
    import pyreadstat

    check_size(path, pyreadstat.read_sas7bdat, "number_rows", "number_columns")
    return read_labelled(path, pyreadstat.read_sas7bdat, encoding=options.encoding)
