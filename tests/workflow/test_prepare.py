"""The analysis sample can be saved with a codebook, and models of the saved file are the same."""

import csv

import pandas as pd
import pytest

from .conftest import mlm

SPEC = """\
version: 1
name: sample
data:
  file: raw.csv
  columns:
    x: {label: "Hours | week", unit: h}
    size: {levels: [small, big]}
  filter: ["x < 9"]
  derive:
    x_w: {center: x, within: g}
    late: {expr: "if_else(x > 5, 'yes', 'no')"}
ladder:
  - {name: m, formula: "y ~ x_w + size + late + (1 | g)"}
estimation: {allfit: never}
report: {formats: [md]}
"""
AGAIN = """\
version: 1
name: again
data:
  file: sample.csv
  columns: {size: {levels: [small, big]}, late: {levels: ["yes", "no"]}}
ladder:
  - {name: m, formula: "y ~ x_w + size + late + (1 | g)"}
estimation: {allfit: never}
report: {formats: [md]}
"""


@pytest.fixture
def folder(tmp_path):
    rows = ["g,x,size,note,y"]
    for i in range(120):
        x, y = i * 37 % 101 / 10, "" if i % 29 == 7 else f"{(i * 53 % 97) / 10 + i % 12:.2f}"
        rows.append(f's{i % 12},{x},{"big" if i % 5 < 2 else "small"},"a, {i}",{y}')
    (tmp_path / "raw.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "pipeline.yaml").write_text(SPEC)
    return tmp_path


def fixed(folder, name):
    with (folder / "results" / name / "tables" / "fixed.csv").open(encoding="utf-8", newline="") as file:
        return [{key: row[key] for key in ("column", "estimate", "se", "df")} for row in csv.DictReader(file)]


def test_models_of_the_saved_sample_are_the_same(folder):
    assert mlm("run", cwd=folder).returncode == 0
    saved = mlm("prepare", "--save", "sample.csv", cwd=folder)
    assert saved.returncode == 0, saved.stderr
    assert "filter x < 9: 120 → " in saved.stdout
    (folder / "again.yaml").write_text(AGAIN)
    assert mlm("run", "again.yaml", cwd=folder).returncode == 0
    assert fixed(folder, "again") == fixed(folder, "sample")


def test_every_format_holds_the_sample(folder):
    for name in ("a.csv", "b.tsv", "c.parquet"):
        assert mlm("prepare", "--save", name, cwd=folder).returncode == 0
    frames = [
        pd.read_csv(folder / "a.csv"),
        pd.read_csv(folder / "b.tsv", sep="\t"),
        pd.read_parquet(folder / "c.parquet"),
    ]
    for frame in frames:
        assert list(frame.columns) == ["g", "x", "size", "note", "y", "x_w", "late"]
        assert frame["x_w"].tolist() == frames[0]["x_w"].tolist()
        assert frame["late"].astype(str).tolist() == frames[0]["late"].tolist()


def test_the_codebook_names_every_column_and_step(folder):
    assert mlm("prepare", "--save", "sample.csv", cwd=folder).returncode == 0
    book = (folder / "sample.codebook.md").read_text(encoding="utf-8")
    assert "1. read raw.csv: 120 rows" in book
    assert "2. filter x \\< 9: 120 → " in book
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in book.splitlines() if line[:2] == "| "}
    assert set(lines) == {"Column", "---", "g", "x", "size", "note", "y", "x\\_w", "late"} or "x_w" in lines
    assert "| Hours \\| week | h | number |" in lines["x"]
    assert "small (" in lines["size"]
    assert lines["size"].index("small (") < lines["size"].index("big (")
    assert "x centred within g" in book


def test_the_same_spec_saves_the_same_bytes(folder):
    for name in ("one", "two"):
        (folder / name).mkdir()
        assert mlm("prepare", "--save", f"{name}/s.csv", cwd=folder).returncode == 0
        assert mlm("prepare", "--save", f"{name}/s.parquet", "--force", cwd=folder).returncode == 0
    for name in ("s.csv", "s.parquet", "s.codebook.md"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (
            ("--save", "s.doc"),
            "s.doc: the format .doc cannot be written (the formats are .csv,",
        ),
        (("--save", "no/s.csv"), "no/s.csv: its folder does not exist (make it first)"),
        (("--save", "raw.csv"), "raw.csv: there is a file of this name (replace it by --force)"),
        (("--save", "raw.csv", "--force"), "raw.csv: the spec reads this file"),
        (("none.yaml", "--save", "s.csv"), "none.yaml"),
    ],
)
def test_a_sample_that_cannot_be_saved_writes_nothing(folder, words, fault):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = mlm("prepare", *words, cwd=folder)
    assert done.returncode == 2
    assert fault in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_faulty_spec_lists_its_faults_and_saves_nothing(folder):
    spec = folder / "pipeline.yaml"
    spec.write_text(SPEC.replace("+ size", "+ sise").replace("x < 9", "z < 9"))
    done = mlm("prepare", "--save", "s.csv", cwd=folder)
    assert done.returncode == 2
    assert "'sise'" in done.stderr
    assert "z" in done.stderr
    assert not (folder / "s.csv").exists()
    assert not (folder / "s.codebook.md").exists()


def test_an_existing_sample_is_replaced_only_by_force(folder):
    assert mlm("prepare", "--save", "s.csv", cwd=folder).returncode == 0
    first = (folder / "s.csv").read_bytes()
    spec = folder / "pipeline.yaml"
    spec.write_text(SPEC.replace("x < 9", "x < 8"))
    assert mlm("prepare", "--save", "s.csv", cwd=folder).returncode == 2
    assert (folder / "s.csv").read_bytes() == first
    assert mlm("prepare", "--save", "s.csv", "--force", cwd=folder).returncode == 0
    assert (folder / "s.csv").read_bytes() != first
