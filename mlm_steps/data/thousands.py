"""Remove separators of thousands, as the key ``thousands`` asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from mlm_steps.data.cells import THOUSANDS
from mlm_steps.data.raw import RawColumn, RawTable, TextColumn, UnreadableFile, rows_in_words
from mlm_steps.errors import listing
from mlm_steps.records.base import Notice
from mlm_steps.spec.written import quoted

__all__ = ["Grouped", "grouped_cells", "without_thousands"]


@dataclass(frozen=True, slots=True)
class Grouped:
    """How a column uses a sign that may separate thousands.

    Attributes
    ----------
    count : int
        Number of cells whose digits it separates in groups of three.
    example : str
        The first of them; empty if there is none.
    other : str
        The first cell of digits in which it does something else; empty if there is none.
    """

    count: int
    example: str
    other: str

    @property
    def consistent(self) -> bool:
        """Whether it separates thousands wherever it occurs, and does occur."""
        return self.count > 0 and not self.other


def without_thousands(table: RawTable, mark: str, decimal: str, as_text: Collection[str] = ()) -> RawTable:
    """Return a table whose cells are plain numbers where they were digits in groups of three.

    Parameters
    ----------
    table : RawTable
    mark : str
        The separator, a key of ``THOUSANDS``.
    decimal : str
        The decimal mark.
    as_text : collection of str
        Columns whose cells stay as they are written.

    Raises
    ------
    UnreadableFile
        Cells of one column have the mark before three digits and elsewhere, so that it may be a decimal mark.
    """
    columns: list[RawColumn] = []
    notices: list[Notice] = []
    unclear: list[str] = []
    for raw in table.columns:
        if not isinstance(raw, TextColumn) or not raw.cells or raw.name in as_text:
            columns.append(raw)
            continue
        found = grouped_cells(raw.values, mark, decimal)
        if found.count and found.other:
            unclear.append(f"{raw.name} holds {quoted(found.example)} and {quoted(found.other)}")
        columns.append(_plain(raw, mark, decimal) if found.count else raw)
        if found.count:
            notices.append(_about(raw.name, mark, found.count))
    if unclear:
        what = f"has cells in which {quoted(mark)} separates no thousands: {listing(unclear)}"
        hint = "three digits follow each separator of thousands; correct the cells, or leave thousands out"
        raise UnreadableFile(what, hint, key="thousands")
    return replace(table, columns=tuple(columns), notices=(*table.notices, *notices))


def grouped_cells(values: Any, mark: str, decimal: str) -> Grouped:
    """Return how cells of text use a sign that may separate thousands.

    Parameters
    ----------
    values : pyarrow string array
    mark, decimal : str
        The sign, a key of ``THOUSANDS``, and the decimal mark.

    Examples
    --------
    >>> import pyarrow as pa
    >>> grouped_cells(pa.array(["51,940", "830", "1,5"]), ",", ".")
    Grouped(count=1, example='51,940', other='1,5')
    """
    import pyarrow.compute as pc

    sign = THOUSANDS[mark]
    held = values.filter(pc.match_substring_regex(values, f"[0-9]{sign}[0-9]").fill_null(False))
    if not len(held):
        return Grouped(0, "", "")
    grouped = pc.match_substring_regex(held, _pattern(mark, decimal))
    digits = pc.match_substring_regex(held, rf"^\s*[-+]?(?:[0-9]|{sign}|\{decimal})+\s*$")
    first = held.filter(grouped)
    others = held.filter(pc.and_not(digits, grouped))
    words = [some[0].as_py() if len(some) else "" for some in (first, others)]
    return Grouped(len(first), *words)


def _plain(raw: TextColumn, mark: str, decimal: str) -> TextColumn:
    """Return a column without the separators in its grouped numbers."""
    import pyarrow.compute as pc

    grouped = pc.match_substring_regex(raw.values, _pattern(mark, decimal)).fill_null(False)
    bare = pc.replace_substring_regex(raw.values, THOUSANDS[mark], "")
    return replace(raw, values=pc.if_else(grouped, bare, raw.values))


def _pattern(mark: str, decimal: str) -> str:
    """Return the pattern of a number with separators; 0,123 is none, since a number begins with 1 to 9."""
    return rf"^\s*[-+]?[1-9][0-9]{{0,2}}(?:{THOUSANDS[mark]}[0-9]{{3}})+(?:\{decimal}[0-9]*)?\s*$"


def _about(name: str, mark: str, count: int) -> Notice:
    text = (
        f"{name} has separators of thousands ({mark}) in {rows_in_words(count)}; its numbers are read "
        "without them."
    )
    return Notice(code="thousands_separators", severity="info", text=text, subject=name)
