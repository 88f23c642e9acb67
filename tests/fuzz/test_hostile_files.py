"""Files that are made to exhaust memory, time or patience are refused soon, at their place."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import resource
import struct
import zipfile

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from pyarrow import feather

from mlm_steps.data import limits
from mlm_steps.spec.syntax import LARGEST_FILE

from .answers import ROWS, answer, judged

PLAIN = """\
version: 1
data: {{file: "{name}"}}
ladder:
  - {{name: "null", formula: "y ~ 1 + (1 | g)"}}
  - {{name: l1, formula: "{formula}"}}
"""
TABLE = "\n".join(ROWS) + "\n"
MB = 1024 * 1024
HEADER = "y,x,g\n"


def spec(name: str = "a.csv", formula: str = "y ~ x + (1 | g)", more: str = "") -> str:
    return PLAIN.format(name=name, formula=formula) + more


@pytest.fixture
def folder(tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "outside.csv").write_text(TABLE)
    (inner / "a.csv").write_text(TABLE)
    monkeypatch.chdir(inner)
    return inner


def refused(folder, text: str) -> str:
    code, said = judged(folder, text)
    assert code == 2, said
    assert len(said) < 20_000
    return said


class TestPaths:
    @pytest.mark.parametrize(
        "name",
        ["../outside.csv", "/etc/passwd", "~/x.csv", "~root/x.csv", "/proc/self/environ", "/proc/self/fd/0",
         "/dev/zero", "/dev/stdin", "inner/../../outside.csv", "file:///etc/passwd",
         "http://127.0.0.1:9/a.csv",
         "\\0", "a.csv\\0.txt", ".", "..", "/", "a.csv/b", "CON", "x" * 300, "$HOME/a.csv", "`id`.csv"],
    )  # fmt: skip
    def test_a_path_elsewhere_is_refused(self, folder, name):
        refused(folder, spec(name))

    @pytest.mark.parametrize(
        "target", ["/etc/passwd", "../outside.csv", "/proc/self/environ", "/dev/zero", "l.csv"]
    )
    def test_a_link_that_leads_elsewhere_is_refused(self, folder, target):
        (folder / "l.csv").symlink_to(target)
        refused(folder, spec("l.csv"))

    def test_a_folder_that_is_a_link_to_elsewhere_is_refused(self, folder):
        (folder / "up").symlink_to("..")
        assert "outside the spec's folder" in refused(folder, spec("up/outside.csv"))

    def test_a_pipe_is_not_waited_for(self, folder):
        os.mkfifo(folder / "p.csv")
        assert "not a regular file" in refused(folder, spec("p.csv"))

    @pytest.mark.parametrize("command", ["validate", "run", "power", "prepare"])
    def test_a_spec_that_is_a_pipe_or_a_device_is_not_waited_for(self, folder, command):
        os.mkfifo(folder / "pipe.yaml")
        more = ("--save", "s.csv") if command == "prepare" else ()
        for name in ("pipe.yaml", "/dev/zero", "/dev/stdin", "/proc/self/mem"):
            code, said = answer(command, name, *more)
            assert (code, "Traceback" in said) == (2, False), said


BOMB = b"1" * (limits.UNPACKED_FREE + 2)
PACKERS = {
    "b.csv.gz": lambda content: gzip.compress(content, 1),
    "b.csv.zst": zstandard.compress,
    "b.rds": lambda content: gzip.compress(content, 1),
    "b.rda": lambda content: bz2.compress(content, 1),
    "b.rdata": lambda content: lzma.compress(content, preset=0),
}


class TestBombs:
    @pytest.mark.parametrize("name", PACKERS)
    def test_a_small_file_that_unpacks_to_a_large_one_is_refused(self, folder, name, monkeypatch):
        monkeypatch.setattr(limits, "UNPACKED_FREE", 4 * MB)
        (folder / name).write_bytes(PACKERS[name](b"1" * (4 * MB + 2)))
        assert "unpacks to more than 4 MB" in refused(folder, spec(name))

    def test_the_memory_that_a_bomb_takes_is_bounded(self, folder):
        """One gigabyte in a file of a megabyte; memory grows by the limit, not by the content."""
        packer = zstandard.ZstdCompressor().compressobj()
        with (folder / "b.csv.zst").open("wb") as stream:
            for _ in range(1024):
                stream.write(packer.compress(b"1" * MB))
            stream.write(packer.flush())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert "unpacks to more than" in refused(folder, spec("b.csv.zst"))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown * 1024 < 3 * limits.UNPACKED_FREE

    def test_several_members_in_a_row_are_read_as_one(self, folder):
        half = len(TABLE) // 2
        parts = [gzip.compress(part.encode()) for part in (TABLE[:half], TABLE[half:])]
        (folder / "a.csv.gz").write_bytes(b"".join(parts) + b"\0" * 10)
        assert judged(folder, spec("a.csv.gz")) == (0, "")

    def test_a_workbook_that_unpacks_to_a_large_one_is_refused(self, folder, monkeypatch):
        monkeypatch.setattr(limits, "UNPACKED_FREE", 4 * MB)
        with zipfile.ZipFile(folder / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet1.xml", b" " * (5 * MB))
        assert "unpacks to more than 4 MB" in refused(folder, spec("b.xlsx"))

    @pytest.mark.parametrize(
        "changes",
        [('r="2"', 'r="999999999"'), ("A1:C61", "A1:XFD999999999"), ('r="A2"', 'r="ZZZZZ2"'),
         ('r="3"', 'r="1048577"')],
    )  # fmt: skip
    def test_a_workbook_that_claims_endless_rows_is_answered(self, folder, changes):
        path = folder / "b.xlsx"
        book = openpyxl.Workbook()
        for row in [["y", "x", "g"], *([i % 7, i % 5, f"s{i // 6}"] for i in range(60))]:
            book.active.append(row)
        book.save(path)
        replace_in(path, "xl/worksheets/sheet1.xml", *changes)
        judged(folder, spec("b.xlsx"))

    def test_entities_of_a_workbook_are_not_expanded(self, folder):
        path = folder / "b.xlsx"
        book = openpyxl.Workbook()
        book.active.append(["y", "x", "g"])
        book.save(path)
        entities = "".join(f"<!ENTITY a{i + 1} '{f'&a{i};' * 10}'>" for i in range(12))
        bomb = f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'x'>{entities}]><worksheet>&a12;</worksheet>"
        replace_in(path, "xl/worksheets/sheet1.xml", None, bomb)
        refused(folder, spec("b.xlsx"))

    def test_a_parquet_file_of_repeated_cells_is_refused(self, folder, monkeypatch):
        monkeypatch.setattr(limits, "MOST_CELLS", 10_000)
        column = pa.array(np.zeros(5001))
        pq.write_table(pa.table({"y": column, "x": column}), folder / "b.parquet")
        assert "at most 10000 cells" in refused(folder, spec("b.parquet"))


def replace_in(path, part: str, old: str | None, new: str) -> None:
    """Replace text in a part of a zip archive, or the whole part."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old is None or old in parts[part].decode()
    parts[part] = new.encode() if old is None else parts[part].decode().replace(old, new).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    path.write_bytes(stream.getvalue())


class TestText:
    def test_a_hundred_thousand_columns_are_refused(self, folder):
        names = ",".join(f"v{i}" for i in range(100_000))
        rows = "".join(f"{i % 7},{i % 5},s{i // 6}," + "1," * 99_999 + "1\n" for i in range(12))
        (folder / "w.csv").write_text(f"y,x,g,{names}\n{rows}")
        assert f"has 100003 columns; at most {limits.MOST_COLUMNS}" in refused(folder, spec("w.csv"))

    @pytest.mark.parametrize("cell", ["a" * (20 * MB), '"' + "a,\n" * (7 * MB) + '"', "1" * (20 * MB)])
    def test_a_cell_of_megabytes_is_refused_at_its_line(self, folder, cell):
        (folder / "c.csv").write_text(HEADER + "1,2,s1\n" * 30 + f"1,{cell},s2\n")
        said = refused(folder, spec("c.csv"))
        assert "row 31 of column 'x'" in said or "line 32 has a value" in said

    def test_a_name_of_megabytes_is_refused_at_its_line(self, folder):
        (folder / "c.csv").write_text("y,g," + "x" * (20 * MB) + "\n" + "1,s1,2\n" * 30)
        assert "line 1 has a value of more than" in refused(folder, spec("c.csv"))

    @pytest.mark.parametrize(
        "content",
        [b"y,x,g\n1,\x00,s\n", b"\x00" * 1000, "\ufeff\ufeffy,x,g\n".encode(), b"\xff\xfe\x00\xd8",
         b"\xed\xa0\x80,x\n",
         "y,x,g\n".encode("utf-16-le") * 9, b"\xff\xfe", "y,x,g\n1,\u202e2,s\n".encode(),
         b"y,x,g\n" + b"\r" * 9999],
    )  # fmt: skip
    def test_text_in_no_encoding_is_answered(self, folder, content):
        (folder / "t.csv").write_bytes(content)
        judged(folder, spec("t.csv"))

    def test_a_grouping_factor_of_many_levels_is_read(self, folder):
        rows = "".join(f"{i % 7 + i / 9e4},{i % 11},s{i // 2}\n" for i in range(200_000))
        (folder / "l.csv").write_text(HEADER + rows)
        assert judged(folder, spec("l.csv")) == (0, "")

    def test_a_factor_of_many_levels_is_refused_as_predictor(self, folder):
        rows = "".join(f"{i % 7 + i / 9e4},k{i // 2},s{i % 9}\n" for i in range(200_000))
        (folder / "l.csv").write_text(HEADER + rows)
        assert "100000 levels" in refused(folder, spec("l.csv"))


def nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + closing * depth


class TestYaml:
    @pytest.mark.parametrize(
        "text",
        [
            "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
                f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
            ),
            nested("[", "]", 50_000), nested("{a: ", "}", 50_000), "- " * 50_000 + "x", "? " * 20_000 + "x",
            "a: &a {b: *a}\n", "&a [*a]\n", "<<: *x\n", "x" * (LARGEST_FILE + 1), "x: " + "y" * (10 * MB),
            "version: 1\nversion: 1\n", "version: !!python/object/apply:os.system [id]\n",
            "version: !!int '1'\n",
            "version: !!python/name:os.system\n", "!!set {a, b}\n",
            "!<tag:yaml.org,2002:python/object:x> {}\n",
            "version: " + "9" * 100_000 + "\n", "version: 0x" + "f" * 100_000 + "\n",
            "version: 1e" + "9" * 9999 + "\n",
            "version: 1_0\n", "version: 1:30:00\n", "version: .inf\n", "--- 1\n--- 2\n",
            "%YAML 9.9\n---\nversion: 1\n",
            "%TAG ! tag:x:\n---\nversion: 1\n", "version: 1\n\x85name: x\n", "\u2028version: 1\n",
            "version: '\\ud800'\n",
            "#" * (LARGEST_FILE - 10), "\n" * (LARGEST_FILE - 10),
            "a:\n" * 60_000, "[" + "a," * 100_000, "{" + "a," * 100_000,
        ],
    )  # fmt: skip
    def test_yaml_that_exhausts_or_runs_something_is_refused(self, folder, text):
        refused(folder, text)

    @pytest.mark.parametrize(
        "formula",
        ["y ~ " + "+".join(f"v{i}" for i in range(10_000)) + " + (1 | g)",
         "y ~ x" + " + x" * 2400 + " + (1 | gg)",
         "y ~ poly(x, 1000000) + (1 | g)", "y ~ poly(x, 1000000, raw = TRUE) + (1 | g)",
         "y ~ ns(x, 1e6) + (1 | g)",
         "y ~ (" + " + ".join(f"v{i}" for i in range(40)) + ")^40 + (1 | g)", "y ~ " + "(" * 4000 + "x",
         "y ~ I(x^1e308) + I(1e308^x) + (1 | g)", "y ~ x + (1 | " + "g/" * 400 + "g)",
         "y ~ __import__('os') + (1 | g)",
         "y ~ x.__class__ + (1 | g)", "y ~ eval(x) + (1 | g)", "y ~ `x; import os` + (1 | g)",
         "y ~ {x} + (1 | g)"],
    )  # fmt: skip
    def test_a_formula_that_is_too_much_is_refused(self, folder, formula):
        refused(folder, spec(formula=formula))

    @pytest.mark.parametrize(
        "condition",
        ["(" * 100_000 + "x" + ")" * 100_000, "(" * 101 + "x > 1" + ")" * 101, "x > 1" + " and x > 1" * 2000,
         "x in [" + "1, " * 9000 + "1]", "x ~ 'a.*'", "grepl('(a+)+$', c)", "x.__class__ > 1",
         "__import__('os') > 1",
         "@x > 1", "x > 1; import os", "lambda: x", "x if x else x", "[i for i in x]", "x := 1",
         "pd.eval('1')"],
    )  # fmt: skip
    def test_a_filter_that_is_too_much_or_no_filter_is_refused(self, folder, condition):
        text = spec().replace('file: "a.csv"', f'file: "a.csv", filter: ["{condition}"]')
        refused(folder, text)

    @pytest.mark.parametrize("word", ["inf", "-inf", "nan", "Infinity", "1e400", "NaN", "1e308", "9" * 400])
    def test_words_for_infinite_numbers_in_data_are_answered(self, folder, word):
        (folder / "n.csv").write_text(TABLE.replace("\n2", f"\n{word}", 3).replace(",5,", f",{word},", 3))
        judged(folder, spec("n.csv"))


def test_offsets_that_lead_out_of_a_feather_file_are_refused(folder):
    """Without a check, the next function of Arrow that reads the texts ends the process."""
    path = folder / "o.feather"
    texts = [f"s{i % 9}" for i in range(60)]
    feather.write_feather(pa.table({"g": texts}), path, compression="uncompressed")
    offsets = struct.pack("<5i", *range(0, 10, 2))
    assert path.read_bytes().count(offsets) == 1
    path.write_bytes(path.read_bytes().replace(offsets, struct.pack("<5i", 0, 2**30, 4, 6, 8)))
    assert "cannot be read as .feather" in refused(folder, spec("o.feather"))
