"""Reader of Excel workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.naming import name_columns
from mlm_steps.data.raw import NumberColumn, RawColumn, RawTable, ReadOptions, Unreadable, text_column

__all__ = ["read"]

_EXACT = 2**53
"""From here on float64 no longer tells neighbouring whole numbers apart; such a column is text."""


def read(path: Path, options: ReadOptions) -> RawTable:
    """Return one sheet of an .xlsx workbook, the first unless ``sheet`` names one; row 1 is the header."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        rows = [
            row for row in _sheet(book, options.sheet).iter_rows(values_only=True) if any(map(_filled, row))
        ]
    finally:
        book.close()
    if len(rows) < 2:
        raise Unreadable("has a header and no rows" if rows else "is empty")
    width = max(map(len, rows))
    cells = [[row[i] if i < len(row) else None for row in rows] for i in range(width)]
    filled = [any(map(_filled, column[1:])) for column in cells]
    header = [_text(column[0]).strip() if _filled(column[0]) else "" for column in cells]
    names, notices = name_columns(header, filled)
    return RawTable(tuple(_column(names[i], cells[i][1:]) for i in names), len(rows) - 1, notices)


def _sheet(book: Any, name: str | None) -> Any:
    """Return a worksheet by name, or the first one."""
    if name is None:
        return book.worksheets[0]
    found = next((sheet for sheet in book.worksheets if sheet.title == name), None)
    if found is None:
        sheets = ", ".join(sheet.title for sheet in book.worksheets)
        raise Unreadable(f"has no sheet {name!r}", f"its sheets are {sheets}", key="sheet")
    return found


def _filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _column(name: str, cells: Sequence[Any]) -> RawColumn:
    present = [cell for cell in cells if _filled(cell)]
    numbers = all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in present)
    if present and numbers and not any(isinstance(cell, int) and abs(cell) >= _EXACT for cell in present):
        return NumberColumn(name, np.array([float(cell) if _filled(cell) else np.nan for cell in cells]))
    return text_column(name, [_text(cell) if _filled(cell) else None for cell in cells], cells=True)


def _text(cell: Any) -> str:
    """Return a cell as a person would type it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, (date, time)):
        return cell.isoformat().removesuffix("T00:00:00")
    return str(cell)
