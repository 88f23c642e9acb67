"""Read the files of a spec and make one table of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from mlm_steps.data.raw import RawTable
from mlm_steps.data.read import read_file
from mlm_steps.records.data_profile import PreparationStep
from mlm_steps.spec import LoadedSpec

__all__ = ["Combined", "combine"]


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """One table that was made from the files of a spec.

    Attributes
    ----------
    table : RawTable
    steps : tuple of PreparationStep
        What was done, in order, the reading of files included.
    """

    table: RawTable
    steps: tuple[PreparationStep, ...]


def combine(loaded: LoadedSpec) -> Combined:
    """Return the table on which columns get types; raise DataError with all faults."""
    table = read_file(loaded)
    name = PurePath(loaded.spec.data.files[0]).name
    step = PreparationStep(
        kind="read", words=f"read {name}", rows_after=table.rows, columns_after=len(table.columns)
    )
    return Combined(table, (step,))
