"""Limits on data files, and unpacking within them.

A packed file of a few kilobytes can hold gigabytes of one repeated byte. Such a file is refused before it
fills the memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mlm_steps.data.raw import RawColumn, TextColumn, UnreadableFile
from mlm_steps.spec.written import quoted

__all__ = [
    "check_size",
    "require_few_cells",
    "require_few_columns",
    "require_plausible",
    "require_short_cells",
    "unpacked",
]

MOST_COLUMNS = 10_000
"""A data file may have at most this many columns; to check and describe 10 000 takes about ten seconds."""
MOST_CELLS = 500_000_000
"""A data file of a binary format may have at most this many cells, which take 4 GB as numbers."""
UNPACKED_FREE = 256 * 1024 * 1024
"""Bytes to which a packed file of any size may unpack."""
MOST_EXPANSION = 100
"""A packed file may unpack to this many times its size, where this is more than ``UNPACKED_FREE``. Files of
data rarely exceed 20 times."""
LONGEST_CELL = 100_000
"""Most bytes of a value in a text column; labels are compared and sorted character by character."""
SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384
"""Rows and columns of the largest sheet that Excel can have; a workbook that claims more is damaged."""

_DAMAGED = "the file may be damaged"


def require_few_columns(count: int) -> None:
    """Raise UnreadableFile for too many columns."""
    if count > MOST_COLUMNS:
        hint = "save the columns that the analysis uses in a file of their own"
        raise UnreadableFile(f"has {count} columns; at most {MOST_COLUMNS} are read", hint)


def require_few_cells(rows: int, columns: int) -> None:
    """Raise UnreadableFile for too many columns, or more cells than fit into memory."""
    require_few_columns(columns)
    if rows * columns > MOST_CELLS:
        what = f"has {rows} rows of {columns} columns; at most {MOST_CELLS} cells are read"
        raise UnreadableFile(what, "save the columns that the analysis uses in a file of their own")


def require_short_cells(columns: Iterable[RawColumn]) -> None:
    """Raise UnreadableFile for a text that is too long to be a value."""
    import pyarrow.compute as pc

    for column in columns:
        if not isinstance(column, TextColumn):
            continue
        lengths = pc.binary_length(column.values)
        longest = pc.max(lengths).as_py() or 0
        if longest > LONGEST_CELL:
            row = pc.index(lengths, longest).as_py() + 1
            what = f"has a value of {longest} bytes in row {row} of column {quoted(column.name)}"
            raise UnreadableFile(what, f"at most {LONGEST_CELL} are read; is a quote not closed there?")


def require_plausible(unpacked_size: int, packed_size: int) -> None:
    """Raise UnreadableFile if a packed file unpacks to more bytes than a file of data does."""
    most = _most(packed_size)
    if unpacked_size > most:
        what = f"unpacks to more than {most // 1024 // 1024} MB, over {MOST_EXPANSION} times its size"
        raise UnreadableFile(what, "if these are data, unpack the file yourself")


def check_size(path: Path, read: Any, rows: str, columns: str) -> None:
    """Read the head of a file of SAS or SPSS, and raise UnreadableFile for too many cells.

    Parameters
    ----------
    path : Path
    read : callable
        A function of pyreadstat.
    rows, columns : str
        The attributes of its description that hold the numbers of rows and columns.
    """
    _, meta = read(str(path), metadataonly=True)
    require_few_cells(getattr(meta, rows) or 0, getattr(meta, columns) or 0)


def unpacked(content: bytes, kind: str) -> bytes:
    """Return the content of a packed file.

    Parameters
    ----------
    content : bytes
    kind : {"gz", "bz2", "xz", "zst"}

    Raises
    ------
    UnreadableFile
        It is cut off, or unpacks to implausibly many bytes.
    """
    most = _most(len(content))
    if kind == "zst":
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True) as stream:
            found = bytes(stream.read(most + 1))
    else:
        found = _streams(content, kind, most)
    require_plausible(len(found), len(content))
    return found


def _most(packed_size: int) -> int:
    return max(UNPACKED_FREE, MOST_EXPANSION * packed_size)


def _streams(content: bytes, kind: str, most: int) -> bytes:
    """Return the content of all streams of a file, at most one byte more than allowed."""
    parts: list[bytes] = []
    left = most + 1
    while content and left > 0:
        stream = _decompressor(kind)
        parts.append(stream.decompress(content, left))
        left -= len(parts[-1])
        if not stream.eof and left > 0:
            raise UnreadableFile("is packed and cut off", _DAMAGED)
        content = stream.unused_data.lstrip(b"\0") if stream.eof else b""
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _decompressor(kind: str) -> Any:
    if kind == "gz":
        import zlib

        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    if kind == "bz2":
        import bz2

        return bz2.BZ2Decompressor()
    import lzma

    return lzma.LZMADecompressor()
