"""The columns of a file as a reader returns them, before types are assigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.records.base import Notice

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "NumberColumn",
    "RawColumn",
    "RawTable",
    "ReadOptions",
    "Reader",
    "TextColumn",
    "UnreadableFile",
    "text_column",
]


class UnreadableFile(Exception):  # noqa: N818 - the caller turns it into a DataError
    """A file cannot be read.

    Attributes
    ----------
    what : str
        The reason, without the file's name.
    hint : str or None
    key : str
        The key of the spec's ``data`` block that is at fault.
    """

    def __init__(self, what: str, hint: str | None = None, *, key: str = "file") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.key = key


class ReadOptions(Protocol):
    """The keys of the spec's ``data`` block that a reader may use."""

    @property
    def encoding(self) -> str | None:
        """Encoding of text."""

    @property
    def delimiter(self) -> str | None:
        """Character between columns of text."""

    @property
    def sheet(self) -> str | None:
        """Name of a workbook's sheet."""


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn:
    """A column of text.

    Attributes
    ----------
    name : str
    values : pyarrow string array, length n
        Null where the cell is empty; markers such as ``NA`` are still text.
    cells : bool
        Whether the file has no types, so that the text may spell numbers.
    levels : tuple of str or None
        The values in the order that the file declares, if it does.
    ordered : bool
        Whether the file declares this order to be meaningful.
    label : str or None
        The file's label of the column.
    """

    name: str
    values: pa.Array
    cells: bool = False
    levels: tuple[str, ...] | None = None
    ordered: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NumberColumn:
    """A column of numbers.

    Attributes
    ----------
    name : str
    values : ndarray of float64, shape (n,)
        NaN where the cell is empty.
    labels : mapping of float to str
        The file's value labels, in ascending order of the values.
    label : str or None
        The file's label of the column.
    """

    name: str
    values: NDArray[np.float64]
    labels: Mapping[float, str] = field(default_factory=dict)
    label: str | None = None


RawColumn = TextColumn | NumberColumn


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """The columns of a file; they have one length and unique names."""

    columns: tuple[RawColumn, ...]
    rows: int
    notices: tuple[Notice, ...] = ()


class Reader(Protocol):
    """Reads one format. To add a format, write a module of ``data.readers`` with such a function.

    A reader raises `UnreadableFile`, or lets the errors of its library pass. It does not decide about types,
    missing-value markers or levels; `mlm_steps.data.types` does.
    """

    def __call__(self, path: Path, options: ReadOptions) -> RawTable:
        """Return the file's columns."""


def text_column(
    name: str, values: Sequence[str | None], *, cells: bool = False, label: str | None = None
) -> TextColumn:
    """Return a column of Python strings as a text column."""
    import pyarrow as pa

    return TextColumn(name, pa.array(values, pa.string()), cells=cells, label=label)
