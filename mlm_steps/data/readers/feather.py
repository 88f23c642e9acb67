"""Reader of Feather files."""

from __future__ import annotations

from pathlib import Path

from mlm_steps.data.arrow import from_arrow
from mlm_steps.data.raw import RawTable, ReadOptions

__all__ = ["read"]


def read(path: Path, options: ReadOptions) -> RawTable:  # noqa: ARG001 - one signature for all readers
    """Return the columns of a Feather file."""
    from pyarrow import feather

    return from_arrow(feather.read_table(path))
