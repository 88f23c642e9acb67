"""Count the title rows above the names of the columns, in a text file or a workbook."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from mlm_steps.data.delimited import DELIMITERS, as_utf8
from mlm_steps.data.raw import ReadOptions, UnreadableFile
from mlm_steps.data.read import format_of

__all__ = ["title_rows"]

_LOOKED_AT = 200
"""Rows that are looked at; titles are at the top."""
_MOST_TITLES = 30
"""More rows above the names of the columns are not taken for titles."""
_BYTES = 1 << 18
"""Bytes of text that are looked at, which hold these rows in any usual file."""
_FEWEST_ROWS = 3
"""Fewest rows of equal width below the titles, for a table to be recognised there."""


def title_rows(path: Path, options: ReadOptions) -> int:
    """Return the number of lines (of a text file) or rows (of a sheet) above the names of the columns.

    A title has fewer filled cells than the table below it. The names are the first row from which on the
    rows have as many cells as most rows, or one cell less where the row names have no name.
    """
    kind = format_of(path)
    if not path.is_file():
        return 0
    if kind == "xlsx":
        return _titles(_rows_of_sheet(path, options.sheet))
    if kind in ("csv", "tsv", "txt"):
        return _titles_of_text(path, options)
    return 0


def _titles(filled: Sequence[int]) -> int:
    """Return the number of rows above the table, from the number of filled cells of each row."""
    below = [width for width in filled if width]
    if len(below) < _FEWEST_ROWS + 1:
        return 0
    width, rows = Counter(below).most_common(1)[0]
    if width < 2 or rows < _FEWEST_ROWS:
        return 0
    first = next((at for at, cells in enumerate(filled) if cells >= width - (width > 2)), 0)
    return first if any(filled[:first]) and first <= _MOST_TITLES else 0


def _titles_of_text(path: Path, options: ReadOptions) -> int:
    """Return the number of title lines; 0 if the text cannot be decoded, which reading it will say."""
    try:
        text = as_utf8(_head(path), options.encoding).decode()
    except (UnreadableFile, OSError):
        return 0
    lines = list(islice(io.StringIO(text, newline=None), _LOOKED_AT))
    marks = (options.delimiter,) if options.delimiter and len(options.delimiter) == 1 else DELIMITERS
    counts = [_filled_fields(lines, mark) for mark in marks]
    # The delimiter is the one that splits most lines into the same number of fields, as in reading.
    best = max(counts, key=_evenness)
    if format_of(path) == "txt" and not options.delimiter:
        words = [len(line.split()) for line in lines]
        width = Counter(words).most_common(1)[0][0] if words else 0
        # A title in words may have more of them than the table has columns.
        best = max(best, [count if count <= width else 1 for count in words], key=_evenness)
    return _titles(best)


def _evenness(filled: Sequence[int]) -> tuple[int, int]:
    width, rows = Counter(filled).most_common(1)[0] if filled else (0, 0)
    return (rows, width) if width > 1 else (0, 0)


def _filled_fields(lines: Sequence[str], mark: str) -> list[int]:
    """Return the number of filled fields of each line; a field that spans lines counts in its first line."""
    filled = []
    reader = csv.reader(lines, delimiter=mark)
    begin = 0
    try:
        for row in reader:
            filled.append(sum(bool(cell.strip()) for cell in row))
            filled += [0] * (reader.line_num - begin - 1)
            begin = reader.line_num
    except csv.Error:
        return filled
    return filled


def _head(path: Path) -> bytes:
    """Return complete lines from the start of a file."""
    if path.suffix.lower() == ".gz":
        import gzip

        with gzip.open(path) as stream:
            head = stream.read(_BYTES)
    elif path.suffix.lower() == ".zst":
        import zstandard

        with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
            head = stream.read(_BYTES)
    else:
        with path.open("rb") as stream:
            head = stream.read(_BYTES)
    return head[: head.rfind(b"\n") + 1] if len(head) == _BYTES else head


def _rows_of_sheet(path: Path, name: str | None) -> list[int]:
    """Return the number of filled cells of the first rows of a sheet; none if the sheet does not exist."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        numbers = {str(place): sheet for place, sheet in enumerate(book.worksheets, 1)}
        sheet = sheets.get(name or "") or numbers.get(name or "1")
        if sheet is None:
            return []
        rows = sheet.iter_rows(max_row=_LOOKED_AT, values_only=True)
        return [sum(cell is not None and str(cell).strip() != "" for cell in row) for row in rows]
    finally:
        book.close()
