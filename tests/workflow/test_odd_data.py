"""Data at the edge: what cannot be summarised does not hide what can be fitted."""

import csv

import numpy as np

from .conftest import mlm

LADDER = """\
ladder:
  - {name: null, formula: "y ~ 1 + (1 | g)"}
  - {name: a, formula: "y ~ x + (1 | g)"}
"""


def write(folder, rows, ladder=LADDER):
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    (folder / "odd.csv").write_text(f"g,x,y\n{lines}\n")
    (folder / "pipeline.yaml").write_text(f"version: 1\nname: odd\ndata: {{file: odd.csv}}\n{ladder}")


def test_an_outcome_that_a_predictor_reproduces_leaves_the_other_rungs(tmp_path):
    write(tmp_path, [(i % 4, i, 2 * i) for i in range(40)])
    done = mlm("run", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    fits = (tmp_path / "results" / "odd" / "tables" / "fit.csv").read_text().splitlines()
    assert "null" in [line.split(",")[0] for line in fits]


def test_numbers_whose_squares_overflow_are_refused(tmp_path):
    write(tmp_path, [(i % 4, (i * 7) % 5, f"{i % 9}e200") for i in range(40)])
    done = mlm("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "squares" in done.stderr


def test_a_variance_of_zero_is_no_reference_for_a_reduction(tmp_path):
    noise = np.random.default_rng(5).normal(size=(8, 6))
    noise -= noise.mean(axis=1, keepdims=True)
    rows = [(g, x, 3 * x + noise[g, x]) for g in range(8) for x in range(6)]
    write(tmp_path, rows, LADDER + '  - {name: b, formula: "y ~ x + I(x^2) + (1 | g)"}\n')
    assert mlm("run", cwd=tmp_path).returncode == 0
    with (tmp_path / "results" / "odd" / "tables" / "variance_explained.csv").open(newline="") as stream:
        found = [row for row in csv.DictReader(stream) if row["scope"].startswith("g:")]
    assert found
    assert [row for row in found if row["value"] and abs(float(row["value"])) > 1e3] == []
