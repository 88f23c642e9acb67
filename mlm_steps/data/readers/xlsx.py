"""Reader of Excel workbooks."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.limits import SHEET_COLUMNS, SHEET_ROWS, require_few_cells, require_plausible
from mlm_steps.data.naming import name_columns
from mlm_steps.data.raw import (
    NumberColumn,
    RawColumn,
    RawTable,
    ReadOptions,
    UnreadableFile,
    about_dates,
    rows_in_words,
    text_column,
)
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.records.base import Notice
from mlm_steps.spec.written import quoted

__all__ = ["SHEETS", "read"]

SHEETS = "first_sheet"
"""Code of the notice on a workbook with several sheets."""

_EXACT = 2**53
"""From this size on, float64 cannot represent all whole numbers; such columns become text."""


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return a sheet of an .xlsx workbook, by default the first; its first row not skipped is the header."""
    import openpyxl

    with zipfile.ZipFile(path) as archive:
        require_plausible(sum(part.file_size for part in archive.infolist()), path.stat().st_size)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = _sheet(book, options.sheet)
        others = () if options.sheet else _about_others(book, sheet)
        found = sheet.iter_rows(min_row=options.skip + 1, values_only=True)
        rows = list(_filled_rows(found))
    finally:
        book.close()
    if len(rows) < 2:
        what = "has a header and no rows" if rows else "is empty"
        if options.skip:
            raise UnreadableFile(f"{what} below its first {rows_in_words(options.skip)}", key="skip")
        raise UnreadableFile(what, others[0].text if others else None)
    width = max(map(len, rows))
    cells = [[row[i] if i < len(row) else None for row in rows] for i in range(width)]
    filled = [any(map(_filled, column[1:])) for column in cells]
    header = [_text(column[0]).strip() if _filled(column[0]) else "" for column in cells]
    names, notices = name_columns(header, filled)
    columns = tuple(_column(names[i], cells[i][1:]) for i in names)
    dates = [about_dates(names[i]) for i in names if _has_dates(cells[i][1:])]
    return RawTable(columns, len(rows) - 1, (*others, *notices, *dates))


def _filled_rows(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that have a cell; UnreadableFile for more rows or columns than a sheet can have.

    openpyxl yields an empty row for each number that a workbook skips.
    """
    cells = 0
    for position, row in enumerate(found, start=1):
        if position > SHEET_ROWS or len(row) > SHEET_COLUMNS:
            what = f"claims more than the {SHEET_ROWS} rows or {SHEET_COLUMNS} columns that a sheet can have"
            raise UnreadableFile(what, "the file may be damaged")
        if any(map(_filled, row)):
            cells += len(row)
            require_few_cells(cells, 1)
            yield row


def _sheet(book: Any, name: str | None) -> Any:
    """Return a worksheet by name or by its number from 1; the first one without either."""
    if not book.worksheets:
        raise UnreadableFile("has no sheet with cells")
    if name is None:
        return book.worksheets[0]
    titles = [sheet.title for sheet in book.worksheets]
    if name in titles:
        return book.worksheets[titles.index(name)]
    if name.isdecimal() and 1 <= int(name) <= len(titles):
        return book.worksheets[int(name) - 1]
    hint = did_you_mean(name, titles) or f"its sheets are {listing(titles)}"
    raise UnreadableFile(f"has no sheet {quoted(name)}", hint, key="sheet")


def _about_others(book: Any, sheet: Any) -> tuple[Notice, ...]:
    """Return a notice that names the sheet that is read, if the workbook has several."""
    others = [other.title for other in book.worksheets if other is not sheet]
    if not others:
        return ()
    count = "one more" if len(others) == 1 else f"{len(others)} more"
    text = (
        f"The workbook's first sheet, {quoted(sheet.title)}, is read; it has {count}: "
        f"{listing(map(quoted, others))}. The key data.sheet says which to read."
    )
    return (Notice(code=SHEETS, severity="warning", text=text),)


def _filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _has_dates(cells: Sequence[Any]) -> bool:
    """Return whether every cell that is filled is a date or a time."""
    present = [cell for cell in cells if _filled(cell)]
    return bool(present) and all(isinstance(cell, (date, time)) for cell in present)


def _column(name: str, cells: Sequence[Any]) -> RawColumn:
    present = [cell for cell in cells if _filled(cell)]
    numbers = all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in present)
    if present and numbers and not any(isinstance(cell, int) and abs(cell) >= _EXACT for cell in present):
        return NumberColumn(name, np.array([float(cell) if _filled(cell) else np.nan for cell in cells]))
    return text_column(name, [_text(cell) if _filled(cell) else None for cell in cells], cells=True)


def _text(cell: Any) -> str:
    """Return the value of a cell as text, in the form in which a user would type it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, (date, time)):
        return cell.isoformat().removesuffix("T00:00:00")
    return str(cell)
