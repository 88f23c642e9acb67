"""The columns of a file as a reader returns them, before types are assigned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlm_steps.errors import listing
from mlm_steps.records.base import Notice

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "NumberColumn",
    "PlainNumbers",
    "RawColumn",
    "RawTable",
    "ReadOptions",
    "Reader",
    "TextColumn",
    "UnreadableFile",
    "about_dates",
    "about_declared_missing",
    "rows_in_words",
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


@dataclass(frozen=True, slots=True)
class PlainNumbers:
    """Which columns of a text file may be read as numbers at once, without their text.

    Attributes
    ----------
    kept_as_text : frozenset of str
        Columns whose text is needed, whatever it spells.
    missing : tuple of str
        Cells that mean a missing value, besides empty ones.
    """

    kept_as_text: frozenset[str]
    missing: tuple[str, ...]


class ReadOptions(Protocol):
    """The keys of the spec's ``data`` block that a reader may use."""

    @property
    def encoding(self) -> str | None:
        """Encoding of text."""

    @property
    def delimiter(self) -> str | None:
        """Character between columns of text, or ``whitespace``."""

    @property
    def sheet(self) -> str | None:
        """Name or number of a workbook's sheet."""

    @property
    def skip(self) -> int:
        """Lines of a text file, or rows of a sheet, above the names of the columns."""

    @property
    def object(self) -> str | None:
        """Name of a data frame in a file of R."""

    @property
    def plain_numbers(self) -> PlainNumbers | None:
        """Which columns may be read as numbers at once; None if all cells are to stay text."""


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


def rows_in_words(count: int, noun: str = "row") -> str:
    """Return a number with its noun.

    >>> rows_in_words(1), rows_in_words(3, "line")
    ('1 row', '3 lines')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def about_dates(name: str) -> Notice:
    """Return the notice on a column of dates or times, which is read as text."""
    text = (
        f"{name} holds dates or times, read as text such as 2024-05-31. As a predictor it is a category with "
        "one level per date; for a slope over time, use a column that holds the time as a number."
    )
    return Notice(code="dates_as_text", severity="info", text=text, subject=name)


def about_declared_missing(
    name: str, rows: Mapping[float | str, int], labels: Mapping[Any, str]
) -> tuple[Notice, ...]:
    """Return a notice on values that the file declares missing, with their labels and numbers of rows.

    Parameters
    ----------
    name : str
    rows : mapping of float or str to int
        The rows of each such value; ``.a`` stands for a missing value of Stata or SAS.
    labels : mapping
        The file's value labels; the key of ``.a`` is ``a``.
    """
    if not rows:
        return ()
    parts = []
    for value, count in rows.items():
        code = f"{value:.15g}" if isinstance(value, float) else value
        label = labels.get(value, labels.get(code.removeprefix(".")))
        parts.append(f"{f'{label} ({code})' if label else code} in {rows_in_words(count)}")
    text = f"The file declares values of {name} missing: {listing(parts)}."
    return (Notice(code="declared_missing", severity="info", text=text, subject=name),)
