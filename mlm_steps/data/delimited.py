"""Read delimited text as columns of untyped cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mlm_steps.data.limits import require_few_columns, unpacked
from mlm_steps.data.naming import name_columns
from mlm_steps.data.plain_numbers import LARGE, has_codes, plain_columns, sound_numbers, spelt_missing
from mlm_steps.data.raw import (
    NumberColumn,
    PlainNumbers,
    RawColumn,
    RawTable,
    ReadOptions,
    TextColumn,
    UnreadableFile,
    rows_in_words,
)

__all__ = ["as_utf8", "read_delimited", "sniff_delimiter"]

DELIMITERS = (",", ";", "\t", "|")
WHITESPACE = "whitespace"
"""The word that stands for runs of blanks as delimiter."""
_SNIFFED = 16 * 1024
"""Bytes from which the delimiter is guessed; several lines of any usual file."""
_SNIFFED_LINES = 5
"""At least this many lines are used to guess the delimiter, even if they are long."""
_BLOCK = 1 << 24
"""Bytes that are parsed at a time. A row may not be longer; 16 MB exceed the rows of real data files."""
_SINGLE_QUOTED = re.compile(rb"(?<![^\s])'([^'\"\n]*)'(?=\s|$)")
_LINE_ENDS = re.compile(rb"(?m)^[ \t]+|[ \t]+$")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_OR_QUOTED = re.compile(rb'("[^"]*")|[ \t]+')
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_delimited(
    path: Path, options: ReadOptions, *, delimiter: str | None = None, blanks: bool = False
) -> RawTable:
    """Return the columns of a delimited text file, cells as text.

    Parameters
    ----------
    path : Path
        Read through gzip or zstandard when its name ends in ``.gz`` or ``.zst``.
    options : ReadOptions
        Its ``delimiter`` has priority over the argument; without either, it is guessed among , ; tab and |.
        Its ``skip`` is the number of lines above the header.
    delimiter : str, optional
    blanks : bool
        Whether runs of blanks separate the columns if no delimiter splits every line evenly.

    Raises
    ------
    UnreadableFile
        The file is not text in its encoding, is empty, has only a header, has rows of unequal length, or
        repeats a column name.
    """
    content, above = _below(as_utf8(_unpack(path), options.encoding), options.skip)
    delimiter = options.delimiter or delimiter or sniff_delimiter(content, blanks=blanks)
    if delimiter == WHITESPACE:
        content, delimiter = split_at_blanks(content), "\t"
    header = _header(content, delimiter, above)
    header = [name.strip() for name in header]
    require_few_columns(len(header))
    columns = _with_numbers(content, delimiter, header, options.plain_numbers)
    columns = columns or _parse(content, delimiter, len(header), above)
    if not columns or not len(columns[0]):
        raise UnreadableFile("has a header and no rows")
    filled = [
        any(map(str.strip, column.unique().to_pylist())) if not name else True
        for name, column in zip(header, columns, strict=True)
    ]
    names, notices = name_columns(header, filled)
    return RawTable(
        columns=tuple(_column(names[i], columns[i]) for i in names), rows=len(columns[0]), notices=notices
    )


def _column(name: str, values: Any) -> RawColumn:
    if isinstance(values, np.ndarray):
        return NumberColumn(name, values)
    return TextColumn(name, values, cells=True)


def _below(content: bytes, skip: int) -> tuple[bytes, int]:
    """Return the text from the header on, and the number of lines above it."""
    start = 0
    for _ in range(skip):
        start = content.find(b"\n", start) + 1
        if not start:
            break
    below = content[start:].lstrip(b"\r\n") if start or not skip else b""
    blank = not below or below.isspace()
    if blank and skip and content.strip():
        raise UnreadableFile(f"has nothing below its first {rows_in_words(skip, 'line')}", key="skip")
    if blank:
        raise UnreadableFile("is empty", "the first line names the columns, each further line is a row")
    return below, content.count(b"\n", 0, len(content) - len(below))


def _unpack(path: Path) -> bytes:
    content, kind = path.read_bytes(), path.suffix.lower().removeprefix(".")
    return unpacked(content, kind) if kind in ("gz", "zst") else content


def as_utf8(content: bytes, encoding: str | None) -> bytes:
    """Return text as UTF-8 without byte-order mark; encoding None means UTF-8, or UTF-16 with a mark."""
    if encoding is None and content.isascii() and b"\0" not in content:
        return content
    if encoding is None:
        encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except LookupError:
        raise UnreadableFile(
            f"no encoding is called {encoding!r}", "for example utf-8, latin-1, cp1252", key="encoding"
        ) from None
    except UnicodeDecodeError as error:
        raise _undecodable(content, error) from None
    if "\0" in text:
        raise UnreadableFile("contains zero bytes, so it is not text", "is it a file of another format?")
    return text.removeprefix("\ufeff").encode()


def _undecodable(content: bytes, error: UnicodeDecodeError) -> UnreadableFile:
    line = content.count(b"\n", 0, error.start) + 1
    name = "UTF-8" if error.encoding.startswith("utf-8") or error.encoding == "utf8" else error.encoding
    return UnreadableFile(
        f"line {line} is not valid {name} (byte 0x{content[error.start]:02x})",
        "name its encoding, for example encoding: latin-1 or encoding: cp1252",
        key="file" if name == "UTF-8" else "encoding",
    )


def _header(content: bytes, delimiter: str, above: int) -> list[str]:
    """Return the first row; quoted names may span several lines."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline=None)
    try:
        return next(csv.reader(text, delimiter=delimiter))
    except csv.Error:  # a field exceeds the limit of the csv module, usually because a quote is not closed
        fault = _irregular(content, delimiter, 0, above)
        raise fault or UnreadableFile(f"line {above + 1} cannot be read as names") from None


def _head(content: bytes) -> str:
    """Return complete lines from the start of the text."""
    start = 0
    for _ in range(_SNIFFED_LINES):
        start = content.find(b"\n", start) + 1
        if not start or start > _BLOCK:
            break
    head = content[: max(_SNIFFED, start)]
    if len(content) > len(head) and b"\n" in head:
        head = head[: head.rfind(b"\n") + 1]
    return head.decode(errors="ignore")


def sniff_delimiter(content: bytes, *, blanks: bool = False) -> str:
    r"""Return the delimiter that splits most lines into the same number of fields; a comma if none does.

    With ``blanks``, the result is ``whitespace`` if no delimiter splits every line evenly and runs of blanks
    do better.

    >>> sniff_delimiter(b"y;x\n1,5;2\n")
    ';'
    >>> sniff_delimiter(b"y  x\n1.5 2\n", blanks=True)
    'whitespace'
    """
    head = _head(content)
    best = max(DELIMITERS, key=lambda delimiter: _evenness(head, delimiter))
    if blanks and _evenness(head, best)[0] < 1.0:
        split = split_at_blanks(head.encode()).decode()
        return WHITESPACE if _evenness(split, "\t") > _evenness(head, best) else best
    return best


def split_at_blanks(content: bytes) -> bytes:
    r"""Return text with a tab for each run of blanks outside quotes, as R's ``read.table`` splits lines.

    If the header has one field less than the rows, as R's ``write.table`` writes it, the column of row names
    gets an empty name. A value in single quotes is put in double quotes.

    >>> split_at_blanks(b"a b\n1  'x y'\n 2 z \n")
    b'a\tb\n1\t"x y"\n2\tz\n'
    """
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"'" in content:
        content = _SINGLE_QUOTED.sub(rb'"\1"', content)
    content = _LINE_ENDS.sub(rb"", content)
    if b'"' in content:
        content = _BLANKS_OR_QUOTED.sub(lambda found: found[1] or b"\t", content)
    else:
        content = _BLANKS.sub(b"\t", content)
    header, _, rest = content.partition(b"\n")
    fields = len(next(csv.reader([header.decode()], delimiter="\t"), ()))
    first = next((line for line in rest[:_BLOCK].split(b"\n", _SNIFFED_LINES) if line), b"")
    unnamed = len(next(csv.reader([first.decode()], delimiter="\t"), ())) == fields + 1
    return b'""\t' * unnamed + content


def _evenness(head: str, delimiter: str) -> tuple[float, int]:
    """Return the share of lines with as many fields as the first, and that number; (0, 0) without fields."""
    try:
        widths = [len(row) for row in csv.reader(io.StringIO(head, newline=None), delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] == 1:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def _with_numbers(
    content: bytes, delimiter: str, header: Sequence[str], numbers: PlainNumbers | None
) -> list[Any] | None:
    """Return the columns of a large file, plain numbers as float64 and all others as string arrays.

    The result is None if the file is to be read as text: it is small or irregular, or some cells are codes.
    """
    if numbers is None or len(content) < LARGE:
        return None
    import pyarrow as pa

    wide = len(header)
    try:
        end = content.rfind(b"\n", 0, _SNIFFED) + 1
        head = _read(content[:end], delimiter, [pa.string()] * wide)
        plain = plain_columns(header, [column.to_pylist() for column in head.columns], numbers)
        if not plain or has_codes(content, delimiter):
            return None
        types = [pa.float64() if i in plain else pa.string() for i in range(wide)]
        table = _read(content, delimiter, types, spelt_missing(numbers.missing))
    except pa.ArrowInvalid:
        return None
    if content.count(b'"') % 2:
        return None
    columns = [
        sound_numbers(column) if i in plain else column.combine_chunks()
        for i, column in enumerate(table.columns)
    ]
    return None if any(column is None for column in columns) else columns


def _read(content: bytes, delimiter: str, types: Sequence[Any], missing: Sequence[str] | None = None) -> Any:
    """Return an arrow table whose columns have the given types; the first row is not read."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    names = [str(position) for position in range(len(types))]
    return arrow.read_csv(
        pa.BufferReader(content + b"\n"),
        read_options=arrow.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=_BLOCK),
        # Without quotes no cell has a line end; arrow need not parse twice to find the rows.
        parse_options=arrow.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in content),
        convert_options=arrow.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)), null_values=missing
        ),
    )


def _parse(content: bytes, delimiter: str, width: int, above: int) -> list[Any]:
    """Return one string array per column."""
    import pyarrow as pa

    try:
        table = _read(content, delimiter, [pa.string()] * width)
    except pa.ArrowInvalid as error:
        fault = _irregular(content, delimiter, width, above)
        raise fault or UnreadableFile(str(error).splitlines()[0]) from None
    if content.count(b'"') % 2 and (fault := _irregular(content, delimiter, width, above)):
        raise fault
    return [column.combine_chunks() for column in table.columns]


def _irregular(content: bytes, delimiter: str, width: int, above: int) -> UnreadableFile | None:
    """Return a fault for the first irregular line, located with Python's slower csv reader.

    The content begins below ``above`` lines of the file.
    """
    rows = csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter, strict=True)
    widths: list[tuple[int, int]] = []
    begin = above + 1
    try:
        for row in rows:
            if row:
                widths.append((begin, len(row)))
            begin = above + rows.line_num + 1
    except csv.Error as error:
        quoted = b'"' in next(islice(io.BytesIO(content), begin - above - 1, None), b"")
        what = "starts a quoted text that is not closed" if quoted else ""
        if "limit" in str(error):
            too_long = f"has a value of more than {csv.field_size_limit()} characters"
            what = f"{what}, or {too_long}" if quoted else too_long
        return UnreadableFile(f"line {begin} {what}", 'look for a lone "')
    line, found = next(((at, fields) for at, fields in widths if fields != width), (0, 0))
    if not line:
        return None
    hint = "quote a value that holds the delimiter, or name the delimiter"
    if len(widths) > 1 and all(fields == width + 1 for _, fields in widths[1:]):
        hint = "R's write.table does not name the column of row names: use write.csv, or col.names = NA"
    return UnreadableFile(f"line {line} has {found} fields, the header has {width}", hint)
