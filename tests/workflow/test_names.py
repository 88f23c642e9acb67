"""Columns with odd names, and coefficients to which R gives one name, from the data to the report."""

import csv
import re

import numpy as np
import pandas as pd
import pytest

from tests.workflow.conftest import mlm

COLLIDED = """\
version: 1
data:
  file: data.csv
  columns: {a: {type: category, levels: [x, bc]}, ab: {type: category, levels: [y, c]}}
prelude:
  - {name: ols, formula: "y ~ a + ab + abc"}
ladder:
  - {name: first, formula: "y ~ a + (1 | g)"}
  - {name: second, formula: "y ~ ab + (1 | g)"}
  - {name: both, formula: "y ~ a + ab + (1 | g)"}
  - {name: all, formula: "y ~ a + ab + abc + (a | g)"}
contrasts:
  - {name: one, hypothesis: "a[bc] = 0"}
  - {name: difference, weights: {"ab[c]": 1, "a[bc]": -1}}
compare: none
tests: {rlrt: false, ranova: false}
intervals: {variance: none, icc: none}
report: {formats: [md]}
"""


def table(run, name):
    with (run / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def collided(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collided")
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(20), 12)
    frame = pd.DataFrame({"g": groups, "abc": rng.normal(size=240)})
    frame["a"], frame["ab"] = rng.choice(["x", "bc"], 240), rng.choice(["y", "c"], 240)
    slope = 2 + rng.normal(size=20)[groups]
    frame["y"] = slope * (frame["a"] == "bc") + 10 * (frame["ab"] == "c") - 3 * frame["abc"]
    frame["y"] += rng.normal(size=240) + rng.normal(size=20)[groups]
    frame.to_csv(folder / "data.csv", index=False)
    (folder / "pipeline.yaml").write_text(COLLIDED)
    found = mlm("run", cwd=folder)
    assert found.returncode == 0, found.stderr
    return folder


def test_every_coefficient_has_a_row_of_its_own(collided):
    rows = table(collided / "results" / "pipeline", "fixed")
    columns = [(row["model"], row["term"], row["column"]) for row in rows]
    assert columns == [
        ("first", "(Intercept)", "(Intercept)"), ("first", "a", "abc"),
        ("second", "(Intercept)", "(Intercept)"), ("second", "ab", "abc"),
        ("both", "(Intercept)", "(Intercept)"), ("both", "a", "a[bc]"), ("both", "ab", "ab[c]"),
        ("all", "(Intercept)", "(Intercept)"), ("all", "a", "a[bc]"), ("all", "ab", "ab[c]"),
        ("all", "abc", "`abc`"),
    ]  # fmt: skip
    found = {row["column"]: float(row["estimate"]) for row in rows if row["model"] == "all"}
    assert found["a[bc]"] == pytest.approx(2, abs=1)
    assert found["ab[c]"] == pytest.approx(10, abs=0.5)
    assert found["`abc`"] == pytest.approx(-3, abs=0.5)
    assert len({row["symbol"] for row in rows if row["model"] == "all"}) == 4


def test_the_ladder_table_has_one_line_for_a_coefficient_in_all_rungs(collided):
    report = (collided / "results" / "pipeline" / "report.md").read_text(encoding="utf-8")
    cells = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in report.splitlines()
        if line.startswith(("| a [bc]", "| ab [c]", "| abc")) and line.count("|") == 6
    }
    filled = {head.partition(" γ")[0]: [bool(cell) for cell in row] for head, row in cells.items()}
    assert filled["a [bc]"] == [True, False, True, True]
    assert filled["ab [c]"] == [False, True, True, True]
    assert filled["abc"] == [False, False, False, True]
    assert re.search(r"^y was [\d.]+ higher for a = bc than for \w+ ", report, re.MULTILINE)
    assert re.search(r"^y was [\d.]+ higher for ab = c than for \w+ ", report, re.MULTILINE)
    assert re.search(r"y was [\d.]+ lower for each additional unit of abc ", report)


def test_contrasts_find_a_coefficient_in_every_rung_that_has_it(collided):
    rows = table(collided / "results" / "pipeline", "contrasts")
    assert [(row["model"], row["contrast"]) for row in rows] == [
        ("first", "one"), ("both", "one"), ("both", "difference"), ("all", "one"), ("all", "difference")
    ]  # fmt: skip
    fixed = {
        (r["model"], r["column"]): r["estimate"] for r in table(collided / "results" / "pipeline", "fixed")
    }
    own = [row["estimate"] for row in rows if row["contrast"] == "one"]
    assert own == [fixed["first", "abc"], fixed["both", "a[bc]"], fixed["all", "a[bc]"]]


@pytest.mark.parametrize("contrast", ['hypothesis: "abc = 0"', 'weights: {"abc": 1}'])
@pytest.mark.parametrize("rungs", [("first", "second"), ("both",), ("first", "both")])
def test_an_ambiguous_word_is_refused_at_its_place(collided, contrast, rungs):
    lines = [
        line
        for line in COLLIDED.splitlines()
        if "name: all" not in line
        and not any(f"name: {r}," in line for r in {"first", "second", "both"} - set(rungs))
    ]
    spec = "\n".join(line for line in lines if "name: difference" not in line)
    spec = spec.replace('hypothesis: "a[bc] = 0"', contrast)
    (collided / "ambiguous.yaml").write_text(spec + "\n")
    found = mlm("validate", "ambiguous.yaml", cwd=collided)
    assert found.returncode == 2
    assert "contrasts[0]" in found.stderr
    assert "abc is ambiguous: a[bc] or ab[c]" in found.stderr


ODD = """\
version: 1
data:
  file: data.csv
  columns: {"a:b": {type: category, levels: [u, "v:w", "[q]"]}, "T/ype": {type: category, level: 2}}
  derive: {"w`in": {center: "SES (z|)", within: "School ID"}}
prelude:
  - {name: ols, formula: "`Final %` ~ `SES (z|)` + `a:b`"}
ladder:
  - {name: "null", formula: "`Final %` ~ 1 + (1 | `School ID`)"}
  - {name: slope, formula: "`Final %` ~ `SES (z|)` + `if` + `.` + (`SES (z|)` | `School ID`)"}
  - {name: cross, formula: "`Final %` ~ `SES (z|)` * `T/ype` + `a:b` + `w\\\\`in` + (`a:b` || `School ID`)"}
contrasts:
  - {name: c, weights: {"`a:b`v:w": 1, "`a:b`[q]": -1}}
slopes: [{focal: "SES (z|)", moderator: "T/ype"}]
means: [{of: "a:b"}]
on_singular: [center, drop_correlation, drop_slope, drop_term]
report: {formats: [html, md]}
"""


def test_odd_names_go_all_the_way(tmp_path):
    rng = np.random.default_rng(11)
    groups = np.repeat(np.arange(24), 12)
    frame = pd.DataFrame({"School ID": [f"S{i:02d}" for i in groups], "if": rng.normal(size=288)})
    frame["SES (z|)"] = rng.normal(size=288) + rng.normal(size=24)[groups]
    frame["a:b"] = rng.choice(["u", "v:w", "[q]"], 288)
    frame["T/ype"] = np.where(groups % 2, "Pub", "Ca:th")
    frame["."] = rng.normal(size=288)
    frame["Final %"] = 0.5 * frame["SES (z|)"] + rng.normal(size=24)[groups] + rng.normal(size=288)
    frame.to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "pipeline.yaml").write_text(ODD)
    found = mlm("run", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    remedies = table(tmp_path / "results" / "pipeline", "remedies")
    assert {row["status"] for row in remedies} <= {"converged", "singular"}
    assert not [row for row in remedies if row["verdict"] == "not_estimable"]
