"""Reader of Excel workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.naming import name_columns
from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable, ReadOptions, UnreadableFile, text_column
from mlm_steps.errors import did_you_mean, listing
from mlm_steps.records.base import Notice
from mlm_steps.spec.written import quoted

__all__ = ["SHEETS", "read"]

SHEETS = "first_sheet"
"""Code of the notice on a workbook with several sheets."""

_EXACT = 2**53
"""From this size on, float64 cannot represent all whole numbers; such columns become text."""


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return one sheet of an .xlsx workbook: the named sheet or else the first. Row 1 is the header."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = _sheet(book, options.sheet)
        others = () if options.sheet else _about_others(book, sheet)
        rows = [row for row in sheet.iter_rows(values_only=True) if any(map(_filled, row))]
    finally:
        book.close()
    if len(rows) < 2:
        what = "has a header and no rows" if rows else "is empty"
        raise UnreadableFile(what, others[0].text if others else None)
    width = max(map(len, rows))
    cells = [[row[i] if i < len(row) else None for row in rows] for i in range(width)]
    filled = [any(map(_filled, column[1:])) for column in cells]
    header = [_text(column[0]).strip() if _filled(column[0]) else "" for column in cells]
    names, notices = name_columns(header, filled)
    columns = tuple(_column(names[i], cells[i][1:]) for i in names)
    return RawTable(columns, len(rows) - 1, (*others, *notices))


def _sheet(book: Any, name: str | None) -> Any:
    """Return a worksheet by name, or the first one."""
    if not book.worksheets:
        raise UnreadableFile("has no sheet with cells")
    if name is None:
        return book.worksheets[0]
    titles = [sheet.title for sheet in book.worksheets]
    if name not in titles:
        hint = did_you_mean(name, titles) or f"its sheets are {listing(titles)}"
        raise UnreadableFile(f"has no sheet {quoted(name)}", hint, key="sheet")
    return book.worksheets[titles.index(name)]


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
