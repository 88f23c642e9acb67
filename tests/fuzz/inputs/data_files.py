"""Random data files of every format: tables with hostile cells, and valid files with damaged bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from .words import PAYLOADS, PIECES

FILES = Path(__file__).resolve().parents[2] / "unit" / "data" / "files"
"""Small files of R, SPSS and SAS, which the damaged ones are made from."""
BINARY = ("parquet", "feather", "xlsx", "sav", "dta", "sas7bdat", "rds", "rda")
COLUMNS = ["y", "x", "z", "w", "g", "h", "c"]

CELLS = [
    "", " ", "NA", "NaN", ".", "Inf", "-inf", "1e400", "1e308", "1e-320", "-0", "9" * 20, "1,5", "1 000",
    "12%", "'1", "a", "a ", "A", "é", "\x1b[31m", "\ufeff", '"', '""', '"a', "a\nb", '"a\nb"', '"a,b"',
    "=1+1", "#N/A", "TRUE", "s0", "\u2028", "2011-01-01", "x" * 3000, "\x0b", "\x7f", "\ud800", "٣", "1_0",
    "0x1F", "NULL", "-99", "999",
]  # fmt: skip


def data_file(rng: random.Random) -> tuple[str, bytes]:
    """Return the name and the content of a data file."""
    if rng.random() < 0.55:
        return _delimited(rng)
    ending = rng.choice(BINARY)
    content = _of_cells(rng, ending) if rng.random() < 0.5 else b""
    content = content or rng.choice(_valid(ending))
    if rng.random() < 0.7:
        content = _damaged(rng, content, ending)
    if rng.random() < 0.05:
        ending = rng.choice([*BINARY, "csv", "txt", "rdata"])
    return f"a.{ending}", content


def _table(rng: random.Random) -> list[list[str]]:
    """Return rows of cells, the names first, some of them hostile."""
    rows = rng.choice([60, 60, 60, 60, 3, 1, 0])
    table = [list(COLUMNS)]
    table += [
        [
            f"{rng.gauss(0, 1):.3f}",
            str(i % 13),
            str(i % 7),
            str(i // 6 % 4),
            f"s{i // 6}",
            f"p{i % 5}",
            "abc"[i % 3],
        ]
        for i in range(rows)
    ]
    for _ in range(rng.choice([0, 1, 1, 2, 5, 30])):
        row = rng.choice(table)
        row[rng.randrange(len(row))] = rng.choice([*CELLS, *PAYLOADS])
    if rng.random() < 0.2:
        column, cell = rng.randrange(7), rng.choice([*CELLS, *PAYLOADS])
        for row in table[rng.randrange(2) :]:
            row[column] = cell
    return table


def _delimited(rng: random.Random) -> tuple[str, bytes]:
    delimiter = rng.choice([",", ",", ",", ",", ";", "\t", "|", " ", "::"])
    text = rng.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(delimiter.join(row) for row in _table(rng))
    for _ in range(rng.choice([0, 0, 1, 3])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES + CELLS) + text[at + rng.randint(0, 9) :]
    encoding = rng.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "latin-1", "utf-16-le", "utf-32", "cp1252"])
    content = text.encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")
    if rng.random() < 0.05:
        content = rng.randbytes(rng.randint(0, 3000))
    name = rng.choice(["a.csv"] * 12 + ["a.tsv", "a.txt", "a.csv.gz", "a.txt.zst", "a.tsv.gz"])
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    if name.endswith(".zst"):
        import zstandard

        content = zstandard.compress(content)
    return name, _damaged(rng, content, "") if name.endswith(
        ("gz", "zst")
    ) and rng.random() < 0.5 else content


def _of_cells(rng: random.Random, ending: str) -> bytes:
    """Return a valid file with hostile cells; empty if the format cannot be written or cannot hold them."""
    table = _table(rng)
    cells: dict[str, list[Any]] = {
        name or str(i): [_typed(rng, row[i]) for row in table[1:]] for i, name in enumerate(table[0])
    }
    try:
        return _WRITERS[ending](rng, cells) if ending in _WRITERS else b""
    except Exception:  # the writer refuses such cells; a damaged valid file is tried instead
        return b""


def _typed(rng: random.Random, cell: str) -> Any:
    """Return a cell as the number that it is, else as text."""
    try:
        return float(cell) if rng.random() < 0.98 else rng.choice([None, True, b"x", 2**60])
    except ValueError:
        return cell


def _one_kind(column: list[Any]) -> list[Any]:
    return column if all(isinstance(cell, float) for cell in column) else [str(cell) for cell in column]


def _arrow(rng: random.Random, cells: dict[str, list[Any]]) -> Any:
    import pyarrow as pa

    arrays = {name: pa.array(_one_kind(column)) for name, column in cells.items()}
    for name in list(arrays):
        if rng.random() < 0.1:
            arrays[name] = rng.choice(_ARROW_KINDS)(pa, arrays[name])
    return pa.table(list(arrays.values()), names=list(arrays))


_ARROW_KINDS: list[Callable[[Any, Any], Any]] = [
    lambda _, column: column.dictionary_encode(),
    lambda pa, column: pa.array([[1]] * len(column)),
    lambda pa, column: pa.array([{"a": 1}] * len(column)),
    lambda pa, column: pa.nulls(len(column)),
    lambda pa, column: pa.array([2**63 - 1] * len(column)),
    lambda pa, column: pa.array([10**18] * len(column), pa.timestamp("ns")),
    lambda pa, column: pa.array([-(2**62)] * len(column), pa.timestamp("s")),
    lambda pa, column: pa.array([2**62] * len(column), pa.date64()),
    lambda pa, column: pa.array([2**30] * len(column), pa.date32()),
    lambda pa, column: pa.array([10**40] * len(column), pa.decimal256(70, 20)),
    lambda pa, column: pa.array([b"\xff"] * len(column)),
    lambda pa, column: pa.array([float("inf")] * len(column), pa.float16()),
    lambda pa, column: pa.array([2**60] * len(column), pa.duration("us")),
    lambda pa, column: pa.array([True] * len(column)),
]


def _parquet(rng: random.Random, cells: dict[str, list[Any]]) -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(_arrow(rng, cells), stream, compression=rng.choice(["none", "snappy", "zstd", "gzip"]))
    return stream.getvalue()


def _feather(rng: random.Random, cells: dict[str, list[Any]]) -> bytes:
    from pyarrow import feather

    stream = io.BytesIO()
    feather.write_feather(_arrow(rng, cells), stream, compression=rng.choice(["uncompressed", "zstd", "lz4"]))
    return stream.getvalue()


def _xlsx(rng: random.Random, cells: dict[str, list[Any]]) -> bytes:
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(cells))
    for row in zip(*cells.values(), strict=True):
        sheet.append(list(row))
    for _ in range(rng.choice([0, 0, 2])):
        sheet.cell(rng.randint(1, 40), rng.randint(1, 9)).value = rng.choice(
            [
                "=1/0",
                "=cmd|'x'!A1",
                datetime.date(1900, 1, 1),
                datetime.time(1),
                True,
                1e300,
                -1e-300,
                "#REF!",
            ]
        )
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _stata(rng: random.Random, cells: dict[str, list[Any]]) -> bytes:
    import pandas as pd

    stream = io.BytesIO()
    frame = pd.DataFrame({name: _one_kind(column) for name, column in cells.items()})
    frame.to_stata(stream, write_index=False, version=rng.choice([114, 117, 118]))
    return stream.getvalue()


_WRITERS: dict[str, Callable[[random.Random, dict[str, list[Any]]], bytes]] = {
    "parquet": _parquet,
    "feather": _feather,
    "xlsx": _xlsx,
    "dta": _stata,
}


@cache
def _valid(ending: str) -> list[bytes]:
    """Return valid files of a format."""
    found = [path.read_bytes() for path in sorted(FILES.glob(f"*.{ending}"))]
    cells: dict[str, list[Any]] = {
        "y": [float(i % 7) + i / 10 for i in range(60)],
        "x": [float(i % 13) for i in range(60)],
        "g": [f"s{i // 6}" for i in range(60)],
        "c": ["abc"[i % 3] for i in range(60)],
    }
    return found + ([_WRITERS[ending](random.Random(1), cells)] if ending in _WRITERS else [])


def _damaged(rng: random.Random, content: bytes, ending: str) -> bytes:
    """Return content with bytes changed, cut out, repeated or cut off, inside of its compression or not."""
    if ending == "xlsx" and rng.random() < 0.8:
        return _damaged_part(rng, content)
    for magic, unpack, pack in _PACKED:
        if content.startswith(magic) and rng.random() < 0.9:
            return pack(_bytes_changed(rng, unpack(content)))
    return _bytes_changed(rng, content)


_PACKED: list[tuple[bytes, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = [
    (b"\x1f\x8b", gzip.decompress, lambda content: gzip.compress(content, mtime=0)),
    (b"BZh", bz2.decompress, bz2.compress),
    (b"\xfd7zXZ\x00", lzma.decompress, lzma.compress),
]


def _bytes_changed(rng: random.Random, content: bytes) -> bytes:
    for _ in range(rng.choice([1, 1, 1, 2, 5, 20])):
        at = rng.randrange(len(content) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            content = content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
        elif kind == 1:
            word = rng.choice(
                [b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0" * 8, b"\xff\xff\xff\x7f"]
            )
            content = content[:at] + word + content[at + len(word) :]
        elif kind == 2:
            content = content[:at] + content[at + rng.randint(1, 40) :]
        elif kind == 3:
            content = content[:at] + content[at : at + 40] + content[at:]
        elif kind == 4 and rng.random() < 0.3:
            content = content[:at]
        elif content[at : at + 1]:
            content = content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :]
    return content


def _damaged_part(rng: random.Random, content: bytes) -> bytes:
    """Return a workbook one of whose parts is damaged, the archive itself being sound."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(parts))
    if rng.random() < 0.2:
        del parts[name]
    elif rng.random() < 0.5:
        at = rng.randrange(len(parts[name]) + 1)
        parts[name] = parts[name][:at] + rng.choice(PAYLOADS).encode() + parts[name][at:]
    else:
        parts[name] = _bytes_changed(rng, parts[name])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, part in parts.items():
            archive.writestr(zipfile.ZipInfo(each), part)
    return stream.getvalue()
